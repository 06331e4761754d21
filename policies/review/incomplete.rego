# METADATA
# title: an access review was closed before everything was decided
# description: >-
#   A review is complete when somebody decided each item that was frozen. Whoever abstains has not decided: the
#   access stays, and nobody has said that it should.
# custom:
#   id: CS-REVIEW-003
#   severity: medium
#   scope: record
#   input: record/v1
#   remediation: Open a review of what was left, and have somebody else decide it.
package countersign.review.incomplete

import rego.v1

finding contains f if {
	input.kind == "access_review"
	input.campaign.closed
	left := count([1 | some item in input.campaign.items; not is_decided(item)])
	left > 0
	f := {
		"key": "incomplete",
		"message": sprintf("the access review %s was closed with %d of %d items that nobody decided", [
			input.id,
			left,
			count(input.campaign.items),
		]),
	}
}

is_decided(item) if item.decision.disposition != "abstain"
