# METADATA
# title: an access review is decided by somebody who must not
# description: >-
#   Whoever decides whether access stays was asked to, or acts for who was, works here, and neither holds it nor
#   wrote the grant. What nobody could be asked about, or who was asked abstains from, the owners of the controls
#   decide.
# custom:
#   id: CS-REVIEW-001
#   severity: high
#   scope: record
#   input: record/v1
#   remediation: Take the decision back, and have it made by the reviewer who was asked or by a deputy.
package countersign.review.independence

import rego.v1

finding contains f if {
	input.kind == "access_review"
	some item in input.campaign.items
	why := reason(item)
	f := {
		"key": item.item,
		"systems": [item.system],
		"message": sprintf("%s decided in the access review %s about %s of %s, and %s", [
			item.decision.by.id,
			input.id,
			item.what,
			item.principal,
			why,
		]),
	}
}

reason(item) := "that is their own access" if {
	item.decision.by.id in item.subjects
} else := "last changed what grants it" if {
	item.decision.by.id == item.provisioner
} else := "does not work here" if {
	item.decision
	not item.decision.by.status in {"active", "leave"}
} else := sprintf("%s was asked", [item.reviewer]) if {
	item.decision
	item.reviewer
	not may(item)
} else := "nobody was asked: an owner of the controls decides" if {
	item.decision
	not item.reviewer
	not item.decision.control_owner
}

may(item) if item.decision.by.id == item.reviewer

may(item) if item.decision.deputy
