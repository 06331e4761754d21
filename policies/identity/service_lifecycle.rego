# METADATA
# title: a step in the life of a service identity is not shown
# description: >-
#   Of a bot, an integration or an agent in scope something is missing that an auditor asks for: what it is for, who
#   approved that it exists, when each of its credentials was issued, when somebody looks at it again, and for one that
#   was made for tests, when it ends.
# custom:
#   id: CS-NHI-002
#   severity: low
#   scope: service_identity
#   input: service_identity/v1
#   remediation: Declare the missing step in the manifest of the service identity.
package countersign.identity.service_lifecycle

import rego.v1

finding contains f if {
	input.lifecycle.in_scope
	some step in missing
	f := {"key": step, "message": sprintf("%s: nothing declares %s", [input.name, words[step]])}
}

missing contains "purpose" if not input.purpose

missing contains "approval" if not input.lifecycle.approved

missing contains "review" if {
	not input.review_by
	not input.lifecycle.retired
}

missing contains "issue" if {
	some credential in input.lifecycle.credentials
	not credential.temporary
	not credential.created
}

missing contains "end" if {
	input.lifecycle.stage == "test"
	not input.lifecycle.until
	not input.lifecycle.retired
}

words := {
	"purpose": "what it is for",
	"approval": "who approved it",
	"review": "when somebody looks at it again",
	"issue": "when its credentials were issued",
	"end": "when it ends, although it was made for tests",
}
