# METADATA
# title: the life of a service identity has a gap
# description: >-
#   Of a bot, an integration or an agent in scope a step is missing that an auditor asks for: what it is for, who approved
#   that it exists, when each of its credentials was issued, when somebody looks at it again, and for one that was made
#   for tests, when it ends. Or a step contradicts another: its owner or an operator approved it, or nobody who is
#   declared here did; its review is overdue; a credential is older than the approval or works on after its end.
# custom:
#   id: CS-NHI-002
#   severity: medium
#   scope: service_identity
#   input: service_identity/v1
#   remediation: Declare the missing step in the manifest of the service identity, or take the step that is overdue.
package countersign.identity.service_lifecycle

import rego.v1

life := input.lifecycle

# What nobody declares is told where the configuration declares its file in scope.
finding contains f if {
	life.in_scope
	some step in missing
	f := {"key": step, "severity": "low", "message": sprintf("%s: nothing declares %s", [input.name, words[step]])}
}

missing contains "purpose" if not input.purpose

missing contains "approval" if not life.approved

missing contains "review" if {
	not input.review_by
	not life.retired
}

missing contains "issue" if {
	some credential in life.credentials
	not credential.temporary
	not credential.created
}

missing contains "end" if {
	life.stage == "test"
	not life.until
	not life.retired
}

words := {
	"purpose": "what it is for",
	"approval": "who approved it",
	"review": "when somebody looks at it again",
	"issue": "when its credentials were issued",
	"end": "when it ends, although it was made for tests",
}

approver := life.approved.by

finding contains f if {
	approver.id == input.owner.id
	f := {"key": "approved by owner", "message": sprintf("%s was approved by its owner, %s", [input.name, approver.id])}
}

finding contains f if {
	some operator in input.operators
	operator.id == approver.id
	not operator.id == input.owner.id
	f := {"key": "approved by operator", "message": sprintf("%s was approved by %s, who operates it", [input.name, approver.id])}
}

finding contains f if {
	approver.status == "unknown"
	f := {
		"key": "approved by nobody",
		"message": sprintf("%s was approved by %s, who is no person that is declared here", [input.name, approver.id]),
	}
}

finding contains f if {
	data.countersign.as_of >= input.review_by
	not life.retired
	f := {"key": "overdue", "message": sprintf("the review of %s is overdue", [input.name])}
}

finding contains f if {
	some credential in life.credentials
	credential.created < life.approved.at
	f := {
		"key": sprintf("%s: issued", [credential.id]),
		"message": sprintf("%s: the credential %s was issued before anybody approved it", [input.name, credential.id]),
	}
}

finding contains f if {
	some credential in life.credentials
	credential.expires > life.until
	f := {
		"key": sprintf("%s: ends", [credential.id]),
		"message": sprintf("%s: the credential %s works on after its last day", [input.name, credential.id]),
	}
}
