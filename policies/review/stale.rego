# METADATA
# title: a reviewer kept access that has changed since
# description: >-
#   A decision is about what was frozen when the review was opened. Where the access is another one by now (more
#   scope, a longer time, a role that permits more), nobody has reviewed what is there.
# custom:
#   id: CS-REVIEW-005
#   severity: medium
#   scope: record
#   input: record/v1
#   remediation: Have the changed access reviewed, in this review's successor or in one of its own.
package countersign.review.stale

import rego.v1

finding contains f if {
	input.kind == "access_review"
	not input.campaign.closed
	some item in input.campaign.items
	item.decision.disposition == "keep"
	item.access == "changed"
	f := {
		"key": item.item,
		"systems": [item.system],
		"message": sprintf("%s kept %s of %s in the access review %s, and that has changed since it was frozen", [
			item.decision.by.id,
			item.what,
			item.principal,
			input.id,
		]),
	}
}
