# METADATA
# title: nothing makes up for what is special about a service identity
# description: >-
#   A third party acts through a bot, an integration or an agent, or it came with an acquisition, or writes no log, and
#   no control is named that makes up for it, or the one that is named does not work or has not been operated for more
#   than twice its frequency.
# custom:
#   id: CS-NHI-008
#   severity: medium
#   scope: service_identity
#   input: service_identity/v1
#   remediation: Name under `compensating_control` what makes up for it, operate it, and record when.
package countersign.identity.service_outside

import rego.v1

control := input.lifecycle.compensating_control

finding contains f if {
	some tag in input.lifecycle.tags
	not control
	f := {"key": tag, "message": sprintf("%s %s, and no control makes up for it", [input.name, words[tag]])}
}

finding contains f if {
	count(input.lifecycle.tags) > 0
	count(fails) > 0
	why := concat(" and ", sort(fails))
	f := {"key": "control", "message": sprintf("the control %s that makes up for %s %s", [control.id, input.name, why])}
}

fails contains "is recorded as ineffective" if control.effective == false

fails contains "was never recorded as operated" if {
	control
	not control.last_operated
}

fails contains "has not been operated for more than twice its frequency" if {
	data.countersign.as_of - control.last_operated > (2 * control.frequency_days) * 86400
}

fails contains "is done by nobody who is declared here" if control.monitor.status == "unknown"

words := {
	"third_party": "is used by a third party",
	"acquired": "came with an acquisition",
	"no_log": "writes no log",
}
