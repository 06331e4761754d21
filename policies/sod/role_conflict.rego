# METADATA
# title: one role contains a conflict
# description: >-
#   A role gives two or more duties that must stay in different hands, so everyone who is given the role
#   holds the conflict.
# custom:
#   id: CS-SOD-002
#   severity: high
#   scope: role
#   input: role/v1
#   when: conflicts
#   remediation: Split the role so that each part holds one side of the conflict.
package countersign.sod.role_conflict

import rego.v1

finding contains f if {
	some conflict in input.conflicts
	f := {
		"conflict": conflict.id,
		"systems": conflict.systems,
		"severity": conflict.severity,
		"message": sprintf("%s gives conflicting duties to everyone who holds it: %s", [input.name, conflict.title]),
	}
}
