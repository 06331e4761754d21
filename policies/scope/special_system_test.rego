package countersign.scope.special_system_test

import rego.v1

import data.countersign.scope.special_system

day := 86400

control(more) := object.union(
	{
		"id": "MC-07", "effective": true, "frequency_days": 31, "last_operated": 100 * day,
		"owner": {"id": "person:ann", "status": "active"}, "monitor": {"id": "person:bea", "status": "active"},
	},
	more,
)

messages(reporting, as_of) := {f.message |
	owned := [{
		"kind": "system", "id": "system:x", "name": "x", "in_scope": false,
		"reporting": object.union({"described": true, "processes": []}, reporting),
	}]
	some f in special_system.finding with input as {"id": "repository", "owned": owned}
		with data.countersign.as_of as as_of
}

test_fires_without_a_control if {
	messages({"tags": ["third_party", "no_log"]}, 0) == {"the system x is run by a third party and without a log, and no control makes up for it"}
}

test_fires_when_the_control_does_not_work if {
	messages({"tags": ["acquired"], "compensating_control": control({"effective": false})}, 100 * day) == {"the control MC-07 that makes up for the system x is recorded as ineffective"}
}

test_fires_when_it_is_not_operated if {
	messages({"tags": ["acquired"], "compensating_control": control({})}, (162 * day) + 1) == {"the control MC-07 that makes up for the system x has not been operated for more than twice its frequency"}
	never := object.remove(control({}), ["last_operated"])
	messages({"tags": ["acquired"], "compensating_control": never}, 0) == {"the control MC-07 that makes up for the system x was never recorded as operated"}
}

test_fires_once_with_every_reason if {
	worse := control({"effective": false, "monitor": {"id": "person:zoe", "status": "unknown"}})
	messages({"tags": ["acquired"], "compensating_control": worse}, 100 * day) == {"the control MC-07 that makes up for the system x is done by nobody who is declared here and is recorded as ineffective"}
}

test_fires_when_nobody_does_it if {
	nobody := control({"monitor": {"id": "person:zoe", "status": "unknown"}})
	messages({"tags": ["acquired"], "compensating_control": nobody}, 100 * day) == {"the control MC-07 that makes up for the system x is done by nobody who is declared here"}
}

test_silent_when_it_works_or_nothing_is_special if {
	messages({"tags": ["acquired"], "compensating_control": control({})}, 162 * day) == set()
	messages({}, 0) == set()
}
