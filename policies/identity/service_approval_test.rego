package countersign.identity.service_approval_test

import rego.v1

import data.countersign.identity.service_approval

person(id, status) := {"id": sprintf("person:%s", [id]), "status": status}

keys(by, operators) := {f.key |
	some f in service_approval.finding with input as {
		"id": "service:bot",
		"name": "bot",
		"owner": person("ann", "active"),
		"operators": operators,
		"lifecycle": {"in_scope": false, "approved": {"by": by, "at": 1}},
	}
}

test_fires_when_the_owner_approved if {
	keys(person("ann", "active"), []) == {"owner"}
	keys(person("ann", "active"), [person("ann", "active")]) == {"owner"}
}

test_fires_when_an_operator_approved if {
	keys(person("bea", "active"), [person("cid", "active"), person("bea", "active")]) == {"operator"}
}

test_fires_when_nobody_knows_the_approver if {
	keys(person("zoe", "unknown"), []) == {"unknown"}
}

test_silent_when_somebody_else_did_even_if_they_left_since if {
	keys(person("bea", "active"), [person("cid", "active")]) == set()
	keys(person("bea", "departed"), []) == set()
}

test_silent_without_an_approval if {
	count(service_approval.finding) == 0 with input as {"id": "service:bot", "name": "bot", "lifecycle": {"in_scope": true}}
}
