# METADATA
# title: nothing makes up for what is special about a system
# description: >-
#   A system is run by a third party, came with an acquisition, or writes no log, so that what is declared here shows
#   less than elsewhere. No control is named that makes up for it, or the one that is named does not work, has not been
#   operated for more than twice its frequency, or is done by nobody who is declared here.
# custom:
#   id: CS-SCOPE-002
#   severity: medium
#   scope: repository
#   input: repository/v1
#   remediation: Name under `compensating_control` what makes up for it, operate it, and record when.
package countersign.scope.special_system

import rego.v1

finding contains f if {
	some thing in input.owned
	count(thing.reporting.tags) > 0
	not thing.reporting.compensating_control
	special := concat(" and ", [words[tag] | some tag in thing.reporting.tags])
	f := {
		"key": thing.id,
		"message": sprintf("the system %s is %s, and no control makes up for it", [thing.name, special]),
	}
}

finding contains f if {
	some thing in input.owned
	count(thing.reporting.tags) > 0
	control := thing.reporting.compensating_control
	reasons := fails(control)
	count(reasons) > 0
	why := concat(" and ", sort(reasons))
	f := {
		"key": thing.id,
		"message": sprintf("the control %s that makes up for the system %s %s", [control.id, thing.name, why]),
	}
}

fails(control) := (ineffective | never) | (overdue | nobody) if {
	ineffective := {"is recorded as ineffective" | control.effective == false}
	never := {"was never recorded as operated" | not control.last_operated}
	overdue := {"has not been operated for more than twice its frequency" |
		data.countersign.as_of - control.last_operated > (2 * control.frequency_days) * 86400
	}
	nobody := {"is done by nobody who is declared here" | control.monitor.status == "unknown"}
}

words := {
	"third_party": "run by a third party",
	"acquired": "from an acquisition",
	"no_log": "without a log",
}
