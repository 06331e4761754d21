package countersign.gate.overdue_emergency_test

import rego.v1

import data.countersign.gate.overdue_emergency

day := 86400

emergency(more) := object.union(
	{
		"kind": "emergency",
		"id": "x",
		"subject": "person:ann",
		"beneficiaries": ["person:ann"],
		"approvers": [{"id": "person:bob", "status": "active"}],
		"begins": 0,
		"ends": 3600,
		"reviews": [],
		"access_remains": false,
		"removed": false,
		"limits": {"max_hours": 24, "review_within_days": 5, "reconcile_within_hours": 24},
	},
	more,
)

review(who, disposition) := {"reviewer": who, "decided": 7200, "disposition": disposition}

by_colleague := {"reviews": [review("person:eve", "keep")]}

keys(record, at) := k if {
	found := overdue_emergency.finding with input as record with data.countersign.as_of as at
	k := {f.key | some f in found}
}

test_silent_until_the_review_is_due if {
	keys(emergency({}), (5 * day) - 1) == set()
}

test_fires_when_the_review_is_due if {
	keys(emergency({}), 5 * day) == {"review"}
}

test_silent_when_somebody_else_reviewed if {
	keys(emergency(by_colleague), 9 * day) == set()
}

test_fires_when_the_approver_or_the_subject_reviewed if {
	keys(emergency({"reviews": [review("person:bob", "keep")]}), 9 * day) == {"review"}
	keys(emergency({"reviews": [review("person:ann", "keep")]}), 9 * day) == {"review"}
}

test_fires_when_the_owner_of_the_account_reviewed if {
	keys(emergency({"subject": "account:x/a", "reviews": [review("person:ann", "keep")]}), 9 * day) == {"review"}
}

test_fires_when_the_review_is_older_than_the_emergency if {
	keys(emergency({"begins": 10000, "ends": 12000, "reviews": [review("person:eve", "keep")]}), 9 * day) == {"review"}
}

test_fires_when_it_is_too_long if {
	keys(emergency({"ends": 25 * 3600}), 0) == {"length"}
	keys(emergency(object.union({"ends": 25 * 3600}, by_colleague)), 9 * day) == set()
}

test_fires_when_access_remains_after_its_end if {
	keys(emergency({"access_remains": true}), 3599) == set()
	keys(emergency({"access_remains": true}), 3600) == {"access"}
	keys(emergency(object.union({"access_remains": true}, by_colleague)), 9 * day) == {"access"}
}

test_fires_when_a_review_revokes_it if {
	revoked := {"reviews": [review("person:eve", "revoke")], "ends": day, "access_remains": true}
	keys(emergency(revoked), 8000) == {"access"}
	keys(emergency(object.union(revoked, {"access_remains": false})), 8000) == set()
}

test_fires_medium_when_it_was_reconciled_late if {
	landed := {"landed": {"commit": "c0ffee", "at": 0, "reconciled": (24 * 3600) + 1}}
	found := overdue_emergency.finding with input as emergency(landed) with data.countersign.as_of as 0
	{[f.key, f.severity] | some f in found} == {["reconciliation", "medium"]}
	keys(emergency({"landed": {"commit": "c0ffee", "at": 0, "reconciled": 24 * 3600}}), 0) == set()
}

test_fires_when_it_is_removed_unreviewed if {
	keys(emergency({"removed": true}), 0) == {"removed"}
	keys(emergency(object.union({"removed": true}, by_colleague)), 8000) == set()
}

test_silent_about_other_records if {
	keys(emergency({"kind": "exception"}), 99 * day) == set()
}
