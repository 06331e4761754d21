package countersign.grant.removed_guard_test

import rego.v1

import data.countersign.grant.removed_guard

guard := {
	"id": "boundary of aws/dev",
	"kind": "boundary",
	"change": "removed",
	"system": "aws",
	"text": "the permissions boundary limits",
}

holder(kind, duties) := {"name": "dev", "kind": kind, "duties": duties, "guards": [guard]}

severities(kind, duties) := {f.severity | some f in removed_guard.finding with input as holder(kind, duties)}

test_fires_as_high_when_something_is_held if {
	severities("account", [{"id": "IAMALL"}]) == {"high"}
}

test_fires_as_medium_when_nothing_is_held if {
	severities("account", []) == {"medium"}
}

test_fires_as_high_for_a_guardrail if {
	severities("guardrail", []) == {"high"}
}

test_fires_with_what_it_was if {
	some f in removed_guard.finding with input as holder("account", [])
	f.message == "this change removes the permissions boundary limits, which limits dev"
	f.access == ["boundary of aws/dev"]
}

test_fires_with_what_a_weaker_boundary_lets_through if {
	weaker := object.union(guard, {"change": "weakened", "beyond": "sqs:*"})
	some f in removed_guard.finding with input as {"name": "arn:aws:iam::1:role/dev", "kind": "account", "duties": [], "guards": [weaker]}
	f.message == "this change weakens the permissions boundary limits, which limits role/dev: it would let sqs:* through"
}

test_silent_when_no_guard_is_lost if {
	findings := removed_guard.finding with input as {"name": "dev", "kind": "account", "duties": [], "guards": []}
	count(findings) == 0
}
