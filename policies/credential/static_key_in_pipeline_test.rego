package countersign.credential.static_key_in_pipeline_test

import rego.v1

import data.countersign.credential.static_key_in_pipeline

credential := {
	"id": "secret/AWS_SECRET_ACCESS_KEY",
	"kind": "access_key",
	"system": "github",
	"holder": {"id": "account:github/workflow/ci/deploy", "kind": "account"},
	"max_age_days": 90,
	"lifetime": {"kind": "unbounded"},
}

findings(more) := f if {
	f := static_key_in_pipeline.finding with input as object.union(credential, more)
}

test_fires_and_names_the_cloud if {
	some f in findings({"pipeline": {"cloud": "aws", "federation": false}})
	f.message == "account:github/workflow/ci/deploy holds secret/AWS_SECRET_ACCESS_KEY, a static key of AWS; nothing here lets pipelines in by OIDC yet"
}

test_says_that_there_is_a_way if {
	some f in findings({"pipeline": {"cloud": "azure", "federation": true}})
	endswith(f.message, "a static key of Azure; something here lets pipelines in by OIDC already")
}

test_silent_outside_of_pipelines if {
	count(findings({})) == 0
}
