# METADATA
# title: nobody who works here answers for it
# description: >-
#   A system or a ruleset names an owner who has left or is no person who is declared here: nobody decides
#   about its access, and a ruleset without an active owner only warns. A System that names no owner is told
#   as low, and only where the configuration declares its file in scope. The message does not say which of
#   the two it is, since that can come from imported employment facts.
# custom:
#   id: CS-OWN-001
#   severity: medium
#   scope: repository
#   input: repository/v1
#   remediation: Name an active person as owner.
package countersign.identity.ownership

import rego.v1

finding contains f if {
	some thing in input.owned
	thing.owner.status in {"departed", "unknown"}
	f := {
		"key": thing.id,
		"message": sprintf(
			"the owner of the %s %s, %s, is no active person who is declared here",
			[thing.kind, thing.name, thing.owner.id],
		),
		"private": words[thing.owner.status],
	}
}

finding contains f if {
	some thing in input.owned
	not thing.owner
	thing.in_scope
	f := {
		"key": thing.id,
		"severity": "low",
		"message": sprintf("the %s %s names no owner", [thing.kind, thing.name]),
	}
}

words := {
	"departed": "has left",
	"unknown": "neither a manifest nor an import knows this person",
}
