package countersign.review.unexplained_test

import rego.v1

import data.countersign.review.unexplained

found(disposition, reason, flags) := f if {
	f := unexplained.finding with input as {
		"kind": "access_review", "id": "R",
		"campaign": {"items": [{
			"item": "a", "principal": "person:ann", "what": "role:erp/clerk", "system": "erp", "flags": flags,
			"decision": {"disposition": disposition, "reason": reason, "by": {"id": "person:max"}},
		}]},
	}
}

test_fires_when_a_flagged_item_is_kept_without_a_reason if {
	some f in found("keep", " ", ["P2P-03", "SUPER"])
	contains(f.message, "P2P-03, SUPER")
}

test_silent_when_there_is_a_reason if {
	count(found("keep", "a team of three", ["P2P-03"])) == 0
}

test_silent_when_nothing_is_flagged if {
	count(found("keep", "", [])) == 0
}

test_silent_when_it_is_revoked if {
	count(found("revoke", "", ["P2P-03"])) == 0
}

test_fires_when_somebody_abstains_without_a_reason if {
	count(found("abstain", "", [])) == 1
}
