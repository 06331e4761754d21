package countersign.record.compensating_control_test

import rego.v1

import data.countersign.record.compensating_control

day := 86400

exception(more) := {
	"kind": "exception",
	"id": "x",
	"removed": false,
	"begins": 100 * day,
	"ends": 300 * day,
	"compensating_control": object.union({"id": "CC-1", "frequency_days": 7, "effective": true}, more),
}

keys(record, at) := k if {
	found := compensating_control.finding with input as record with data.countersign.as_of as at
	k := {f.key | some f in found}
}

test_silent_while_it_is_operated if {
	keys(exception({"last_operated": 120 * day}), 134 * day) == set()
}

test_fires_when_it_was_not_operated_for_twice_its_frequency if {
	keys(exception({"last_operated": 120 * day}), (134 * day) + 1) == {"not operated"}
}

test_counts_from_the_beginning_when_it_never_was if {
	keys(exception({}), 114 * day) == set()
	keys(exception({}), 115 * day) == {"not operated"}
}

test_fires_when_it_is_ineffective if {
	keys(exception({"effective": false, "last_operated": 120 * day}), 121 * day) == {"ineffective"}
}

test_silent_outside_of_its_time if {
	keys(exception({"effective": false}), 99 * day) == set()
	keys(exception({"effective": false}), 300 * day) == set()
}

test_silent_about_other_records if {
	keys(object.union(exception({"effective": false}), {"kind": "approval"}), 200 * day) == set()
}
