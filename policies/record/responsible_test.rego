package countersign.record.responsible_test

import rego.v1

import data.countersign.record.responsible

who(id, status) := {"id": id, "status": status}

exception(more) := object.union(
	{
		"kind": "exception",
		"id": "x",
		"removed": false,
		"owner": who("person:ann", "active"),
		"approvers": [who("person:bob", "leave")],
		"begins": 100,
		"ends": 200,
		"compensating_control": {"owner": who("person:ann", "active"), "monitor": who("person:eve", "active")},
	},
	more,
)

keys(record, at) := k if {
	found := responsible.finding with input as record with data.countersign.as_of as at
	k := {f.key | some f in found}
}

test_silent_when_everybody_works_here if {
	keys(exception({}), 150) == set()
}

test_fires_for_each_who_does_not if {
	gone := {
		"owner": who("person:ann", "departed"),
		"approvers": [who("person:bob", "unknown"), who("person:cy", "active")],
		"compensating_control": {"owner": who("person:dot", "unknown"), "monitor": who("person:eve", "departed")},
	}
	keys(exception(gone), 150) == {
		"owner person:ann",
		"approver person:bob",
		"compensating control's owner person:dot",
		"compensating control's monitor person:eve",
	}
}

test_fires_for_a_register_which_does_not_end if {
	register := {
		"kind": "register", "id": "r", "removed": false, "begins": 1,
		"approvers": [who("person:bob", "departed")],
	}
	keys(register, 150) == {"approver person:bob"}
}

test_silent_before_it_begins_and_after_it_ends if {
	gone := {"owner": who("person:ann", "departed")}
	keys(exception(gone), 99) == set()
	keys(exception(gone), 200) == set()
	keys(exception(gone), 199) == {"owner person:ann"}
}

test_silent_about_what_was_reviewed_once if {
	keys(exception({"kind": "review_decision", "owner": who("person:ann", "departed")}), 150) == set()
}

test_no_message_says_who_has_left if {
	gone := exception({"owner": who("person:ann", "departed")})
	found := responsible.finding with input as gone with data.countersign.as_of as 150
	{f.message | some f in found} == {"the owner of the exception x, person:ann, is no active person who is declared here"}
}
