package countersign.review.stale_test

import rego.v1

import data.countersign.review.stale

found(disposition, access, more) := f if {
	f := stale.finding with input as {
		"kind": "access_review", "id": "R",
		"campaign": object.union({"items": [{
			"item": "a", "principal": "person:ann", "what": "role:erp/clerk", "system": "erp", "access": access,
			"decision": {"disposition": disposition, "by": {"id": "person:max"}},
		}]}, more),
	}
}

test_fires_when_what_was_kept_has_changed if {
	count(found("keep", "changed", {})) == 1
}

test_silent_when_it_is_as_it_was_or_gone if {
	count(found("keep", "same", {})) == 0
	count(found("keep", "gone", {})) == 0
}

test_silent_for_what_had_to_change if {
	count(found("modify", "changed", {})) == 0
	count(found("revoke", "changed", {})) == 0
}

test_silent_once_it_is_closed if {
	count(found("keep", "changed", {"closed": 9})) == 0
}
