# METADATA
# title: a reviewer kept flagged access without a reason
# description: >-
#   Access that takes part in a conflict or gives a privileged duty may stay when somebody says why. Whoever
#   abstains says why too, so that somebody else can take it up.
# custom:
#   id: CS-REVIEW-004
#   severity: high
#   scope: record
#   input: record/v1
#   remediation: Write the reason beside the decision.
package countersign.review.unexplained

import rego.v1

finding contains f if {
	input.kind == "access_review"
	some item in input.campaign.items
	trim_space(item.decision.reason) == ""
	what := unexplained(item)
	f := {
		"key": item.item,
		"systems": [item.system],
		"message": sprintf("%s %s %s of %s in the access review %s without a reason%s", [
			item.decision.by.id,
			what.does,
			item.what,
			item.principal,
			input.id,
			what.although,
		]),
	}
}

unexplained(item) := {"does": "abstains from", "although": ""} if item.decision.disposition == "abstain"

unexplained(item) := {"does": "keeps", "although": sprintf(", and it is flagged: %s", [concat(", ", item.flags)])} if {
	item.decision.disposition == "keep"
	count(item.flags) > 0
}
