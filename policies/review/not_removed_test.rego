package countersign.review.not_removed_test

import rego.v1

import data.countersign.review.not_removed

day := 86400

found(disposition, access, landed, at) := f if {
	f := not_removed.finding with data.countersign.as_of as at
		with input as {
			"kind": "access_review", "id": "R", "removed": false,
			"campaign": {"revoke_within_days": 14, "items": [{
				"item": "a", "principal": "person:ann", "what": "role:erp/clerk", "system": "erp", "access": access,
				"decision": {"disposition": disposition, "decided": 0, "landed": landed, "by": {"id": "person:max"}},
			}]},
		}
}

test_silent_until_the_days_are_over if {
	count(found("revoke", "same", true, (14 * day) - 1)) == 0
}

test_fires_when_the_days_are_over if {
	count(found("revoke", "same", true, 14 * day)) == 1
	count(found("revoke", "changed", true, 14 * day)) == 1
}

test_silent_when_it_is_gone if {
	count(found("revoke", "gone", true, 90 * day)) == 0
}

test_fires_when_what_should_have_changed_has_not if {
	count(found("modify", "same", true, 14 * day)) == 1
}

test_silent_when_it_has_changed if {
	count(found("modify", "changed", true, 90 * day)) == 0
	count(found("modify", "gone", true, 90 * day)) == 0
}

test_silent_for_what_was_kept if {
	count(found("keep", "same", true, 90 * day)) == 0
}

test_fires_less_hard_for_a_decision_that_only_arrives if {
	some f in found("revoke", "same", false, 90 * day)
	f.severity == "medium"
}
