# METADATA
# title: access that a review revoked is still there
# description: >-
#   What is revoked goes, and what has to be modified becomes another, within the days that the review was opened
#   with. Whether it did is read from what is declared, never from a ticket.
# custom:
#   id: CS-REVIEW-006
#   severity: high
#   scope: record
#   input: record/v1
#   remediation: Remove the access, by every path that the review names.
package countersign.review.not_removed

import rego.v1

finding contains f if {
	input.kind == "access_review"
	not input.removed
	some item in input.campaign.items
	what := left(item)
	data.countersign.as_of >= item.decision.decided + (input.campaign.revoke_within_days * 86400)
	f := object.union(weight(item), {
		"key": item.item,
		"systems": [item.system],
		"message": sprintf("%s %s %s of %s in the access review %s more than %d days ago, and it is %s", [
			item.decision.by.id,
			what.did,
			item.what,
			item.principal,
			input.id,
			input.campaign.revoke_within_days,
			what.still,
		]),
	})
}

left(item) := {"did": "revoked", "still": "still there"} if {
	item.decision.disposition == "revoke"
	item.access != "gone"
}

left(item) := {"did": "said to modify", "still": "as it was"} if {
	item.decision.disposition == "modify"
	item.access == "same"
}

# The change that brings a decision of long ago should land all the same.
weight(item) := {} if item.decision.landed

weight(item) := {"severity": "medium"} if not item.decision.landed
