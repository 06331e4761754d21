# METADATA
# title: one principal holds conflicting duties
# description: >-
#   A person, service identity or account can do two or more things that must stay in different hands,
#   on the same part of the organisation, by one role, by several grants or by several accounts.
# custom:
#   id: CS-SOD-001
#   severity: high
#   scope: principal
#   input: principal/v1
#   when: conflicts
#   remediation: Take away the grant of one side, narrow its scope so that the sides no longer meet, or ask the owner of the risk for an exception with a compensating control.
package countersign.sod.principal_conflict

import rego.v1

finding contains f if {
	some conflict in input.conflicts
	f := {
		"conflict": conflict.id,
		"systems": conflict.systems,
		"severity": conflict.severity,
		"message": sprintf("%s would hold conflicting duties: %s", [input.name, conflict.title]),
	}
}
