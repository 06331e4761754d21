# METADATA
# title: an access review is late
# description: >-
#   Decisions are due by the day that the review was opened with, and late some days after. A decision that only
#   arrives then is late, whatever it says of when it was taken.
# custom:
#   id: CS-REVIEW-002
#   severity: medium
#   scope: record
#   input: record/v1
#   remediation: Have the reviewers decide what is left, and close the review.
package countersign.review.late

import rego.v1

finding contains f if {
	input.kind == "access_review"
	not input.campaign.closed
	not input.removed
	data.countersign.as_of >= input.campaign.late
	count(undecided) > 0
	f := {
		"key": "undecided",
		"message": sprintf("the access review %s is late: %d of %d items are undecided, for which %s", [
			input.id,
			count(undecided),
			count(input.campaign.items),
			concat(" and ", {called(item) | some item in undecided}),
		]),
	}
}

finding contains f if {
	input.kind == "access_review"
	not input.campaign.closed
	some item in input.campaign.items
	arrived(item) >= input.campaign.late
	f := {
		"key": sprintf("late/%s", [item.item]),
		"systems": [item.system],
		"message": sprintf("%s decided late in the access review %s about %s of %s", [
			item.decision.by.id,
			input.id,
			item.what,
			item.principal,
		]),
	}
}

undecided contains item if {
	some item in input.campaign.items
	not item.decision
}

called(item) := sprintf("%s was asked", [item.reviewer]) if item.reviewer

called(item) := "nobody could be asked" if not item.reviewer

arrived(item) := item.decision.decided if item.decision.landed

arrived(item) := max([item.decision.decided, data.countersign.as_of]) if not item.decision.landed
