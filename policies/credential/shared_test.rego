package countersign.credential.shared_test

import rego.v1

import data.countersign.credential.shared

credential := {
	"id": "secret/NPM_TOKEN",
	"kind": "token",
	"system": "github",
	"holder": {"id": "account:github/workflow/ci/build", "kind": "account"},
	"max_age_days": 90,
	"lifetime": {"kind": "unknown"},
}

findings(more) := f if {
	f := shared.finding with input as object.union(credential, more)
}

test_fires_when_two_workloads_use_one if {
	some f in findings({"used_by": ["workflow/ci", "workflow/release"]})
	f.key == "shared"
	f.message == "2 workloads use one credential, secret/NPM_TOKEN: workflow/ci, workflow/release"
}

test_fires_high_when_it_is_somebodys if {
	some f in findings({"used_by": ["workflow/ci"], "person": "person:mira"})
	f.key == "person"
	f.severity == "high"
	f.message == "workflow/ci uses the credential secret/NPM_TOKEN, which is person:mira's own"
}

test_silent_when_one_workload_uses_its_own if {
	count(findings({"used_by": ["workflow/ci"]})) == 0
	count(findings({})) == 0
}
