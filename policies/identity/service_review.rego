# METADATA
# title: the review of a service identity is overdue
# description: >-
#   The day has passed by which somebody was to look at a bot, an integration or an agent again.
# custom:
#   id: CS-NHI-005
#   severity: medium
#   scope: service_identity
#   input: service_identity/v1
#   remediation: Look at what it holds, name who did and when under `reviewed`, and set the next `review_by`.
package countersign.identity.service_review

import rego.v1

finding contains f if {
	data.countersign.as_of >= input.review_by
	not input.lifecycle.retired
	f := {"message": sprintf("the review of %s is overdue", [input.name])}
}
