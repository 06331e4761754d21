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
	some reviewer, open in undecided
	f := {
		"key": sprintf("undecided/%s", [reviewer]),
		"message": sprintf("the access review %s is late: %s has not decided %d of %d items", [
			input.id,
			called(reviewer),
			open,
			count([1 | some item in input.campaign.items; asked(item) == reviewer]),
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

undecided[reviewer] := open if {
	some item in input.campaign.items
	not item.decision
	reviewer := asked(item)
	open := count([1 | some other in input.campaign.items; not other.decision; asked(other) == reviewer])
}

asked(item) := object.get(item, "reviewer", "nobody")

called("nobody") := "nobody was asked, and an owner of the controls"

called(reviewer) := reviewer if reviewer != "nobody"

arrived(item) := item.decision.decided if item.decision.landed

arrived(item) := max([item.decision.decided, data.countersign.as_of]) if not item.decision.landed
