package countersign.identity.service_outside_test

import rego.v1

import data.countersign.identity.service_outside

day := 86400

control := {
	"id": "MC-09", "effective": true, "frequency_days": 7, "last_operated": 100 * day,
	"owner": {"id": "person:ann", "status": "active"}, "monitor": {"id": "person:bea", "status": "active"},
}

messages(life, as_of) := {f.message |
	some f in service_outside.finding with input as {"id": "service:bot", "name": "bot", "lifecycle": object.union({"in_scope": false}, life)}
		with data.countersign.as_of as as_of
}

test_fires_without_a_control if {
	messages({"tags": ["third_party"]}, 0) == {"bot is used by a third party, and no control makes up for it"}
}

test_fires_when_the_control_fails if {
	messages({"tags": ["no_log"], "compensating_control": object.union(control, {"effective": false})}, 100 * day) == {"the control MC-09 that makes up for bot is recorded as ineffective"}
	messages({"tags": ["no_log"], "compensating_control": object.remove(control, ["last_operated"])}, 0) == {"the control MC-09 that makes up for bot was never recorded as operated"}
	messages({"tags": ["no_log"], "compensating_control": control}, (114 * day) + 1) == {"the control MC-09 that makes up for bot has not been operated for more than twice its frequency"}
	nobody := object.union(control, {"monitor": {"id": "person:zoe", "status": "unknown"}})
	messages({"tags": ["no_log"], "compensating_control": nobody}, 100 * day) == {"the control MC-09 that makes up for bot is done by nobody who is declared here"}
}

test_silent_when_it_works_or_nothing_is_special if {
	messages({"tags": ["acquired"], "compensating_control": control}, 114 * day) == set()
	messages({}, 0) == set()
}
