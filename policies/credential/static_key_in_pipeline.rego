# METADATA
# title: a pipeline holds a static key of a cloud
# description: >-
#   A job is given a key of a cloud that somebody made once and nobody replaces. Whoever can change the workflow, or what
#   it runs, can copy the key. The clouds take a token that the pipeline has for minutes instead.
# custom:
#   id: CS-CRED-002
#   severity: high
#   scope: credential
#   input: credential/v1
#   remediation: Let the cloud trust the tokens of the pipeline by OIDC, name the role or account in the workflow, and delete the key.
package countersign.credential.static_key_in_pipeline

import rego.v1

finding contains f if {
	input.pipeline.cloud
	f := {
		"credential": input.id,
		"systems": [input.system],
		"message": sprintf(
			"%s holds %s, a static key of %s; %s",
			[input.holder.id, input.id, names[input.pipeline.cloud], way],
		),
	}
}

# whether there is a way without the key
way := "something here lets pipelines in by OIDC already" if input.pipeline.federation

else := "nothing here lets pipelines in by OIDC yet"

names := {
	"aws": "AWS",
	"gcp": "Google Cloud",
	"azure": "Azure",
}
