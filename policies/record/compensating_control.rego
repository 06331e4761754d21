# METADATA
# title: the control that makes up for an exception does not work
# description: >-
#   An exception tolerates a finding because a compensating control makes up for it. That control is recorded
#   as ineffective, or nobody has recorded for more than twice its frequency that it was operated.
# custom:
#   id: CS-REC-002
#   severity: medium
#   scope: record
#   input: record/v1
#   remediation: Operate the control and record when, or end the exception and clear its finding.
package countersign.record.compensating_control

import rego.v1

finding contains f if {
	in_force
	not input.compensating_control.effective
	f := {
		"key": "ineffective",
		"message": sprintf(
			"the compensating control %s of the exception %s is recorded as ineffective",
			[input.compensating_control.id, input.id],
		),
	}
}

finding contains f if {
	in_force
	control := input.compensating_control
	last := object.get(control, "last_operated", input.begins)
	data.countersign.as_of - last > (2 * control.frequency_days) * 86400
	f := {
		"key": "not operated",
		"message": sprintf(
			"the compensating control %s of the exception %s has not been recorded as operated for more than %d days",
			[control.id, input.id, 2 * control.frequency_days],
		),
	}
}

in_force if {
	input.kind == "exception"
	not input.removed
	input.begins <= data.countersign.as_of
	data.countersign.as_of < input.ends
}
