package countersign.review.late_test

import rego.v1

import data.countersign.review.late

day := 86400

item(id, more) := object.union({"item": id, "principal": "person:ann", "what": "role:erp/clerk", "system": "erp", "reviewer": "person:max"}, more)

decided(at, landed) := {"decision": {"disposition": "keep", "decided": at, "by": {"id": "person:max"}, "landed": landed}}

# Due by the end of day 9, late from day 15 on.
review(items, more) := {
	"kind": "access_review", "id": "R", "removed": false,
	"campaign": object.union({"opened": 0, "due": 10 * day, "late": 15 * day, "items": items}, more),
}

keys(record, at) := k if {
	found := late.finding with input as record with data.countersign.as_of as at
	k := {f.key | some f in found}
}

open := [item("a", {}), item("b", decided(day, true))]

test_silent_on_the_last_day_of_grace if {
	keys(review(open, {}), (15 * day) - 1) == set()
}

test_fires_the_day_after_the_grace if {
	keys(review(open, {}), 15 * day) == {"undecided"}
	keys(review(open, {}), 16 * day) == {"undecided"}
}

test_silent_when_everything_was_decided_in_time if {
	keys(review([item("b", decided((15 * day) - 1, true))], {}), 90 * day) == set()
}

test_silent_once_it_is_closed if {
	keys(review(open, {"closed": 20 * day}), 90 * day) == set()
}

test_fires_for_a_decision_after_the_grace if {
	keys(review([item("a", decided(15 * day, true))], {}), 16 * day) == {"late/a"}
}

test_fires_for_a_decision_that_says_it_is_older_than_it_is if {
	keys(review([item("a", decided(day, false))], {}), 15 * day) == {"late/a"}
	keys(review([item("a", decided(day, false))], {}), (15 * day) - 1) == set()
}

test_fires_once_for_all_that_is_undecided if {
	all := [item("a", {}), item("b", {"reviewer": "person:eve"}), item("c", decided(day, true))]
	some f in late.finding with input as review(all, {}) with data.countersign.as_of as 15 * day
	contains(f.message, "2 of 3 items are undecided, for which person:eve was asked and person:max was asked")
}

test_fires_for_items_that_nobody_was_asked_about if {
	keys(review([object.remove(item("a", {}), ["reviewer"])], {}), 15 * day) == {"undecided"}
}
