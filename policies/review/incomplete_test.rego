package countersign.review.incomplete_test

import rego.v1

import data.countersign.review.incomplete

found(campaign) := f if {
	f := incomplete.finding with input as {"kind": "access_review", "id": "R", "campaign": campaign}
}

item(disposition) := {"decision": {"disposition": disposition}}

test_silent_while_it_is_open if {
	count(found({"items": [{}]})) == 0
}

test_silent_when_everything_was_decided if {
	count(found({"closed": 5, "items": [item("keep"), item("revoke"), item("modify")]})) == 0
}

test_fires_when_an_item_was_not_decided if {
	some f in found({"closed": 5, "items": [item("keep"), {}]})
	contains(f.message, "1 of 2 items")
}

test_fires_when_somebody_abstained if {
	count(found({"closed": 5, "items": [item("abstain")]})) == 1
}
