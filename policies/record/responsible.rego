# METADATA
# title: nobody who works here stands behind a record
# description: >-
#   Somebody who gave a record in force, or who answers for an exception or for the control that makes up for
#   it, has left or is no person who is declared here. What it tolerates is then tolerated by nobody. The
#   message does not say which of the two it is, since that can come from imported employment facts.
# custom:
#   id: CS-REC-001
#   severity: medium
#   scope: record
#   input: record/v1
#   remediation: Have somebody who works here take it over, or end the record.
package countersign.record.responsible

import rego.v1

finding contains f if {
	in_force
	some [part, who] in people
	who.status in {"departed", "unknown"}
	f := {
		"key": sprintf("%s %s", [part, who.id]),
		"message": sprintf(
			"the %s of the %s %s, %s, is no active person who is declared here",
			[part, replace(input.kind, "_", " "), input.id, who.id],
		),
		"private": words[who.status],
	}
}

people contains ["owner", input.owner]

people contains ["approver", who] if some who in input.approvers

people contains ["compensating control's owner", input.compensating_control.owner]

people contains ["compensating control's monitor", input.compensating_control.monitor]

in_force if {
	input.kind in {"approval", "exception", "emergency", "register"}
	not input.removed
	object.get(input, "begins", 0) <= data.countersign.as_of
	not ended
}

ended if input.ends <= data.countersign.as_of

words := {
	"departed": "has left",
	"unknown": "neither a manifest nor an import knows this person",
}
