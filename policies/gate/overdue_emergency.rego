# METADATA
# title: an emergency is overdue
# description: >-
#   Emergency access and landings past the gate are let through before anybody else has looked. Somebody who
#   neither gave nor received it looks afterwards, within days; the access ends when the emergency does; what
#   landed is reconciled within hours. Until that is done, one person's word is all there is. A review by
#   somebody else answers for an emergency that was too long or reconciled too late; access that remains has to
#   go.
# custom:
#   id: CS-GATE-002
#   severity: high
#   scope: record
#   input: record/v1
#   remediation: Have somebody review it who neither gave nor received it, and take away access that remains.
package countersign.gate.overdue_emergency

import rego.v1

finding contains f if {
	input.kind == "emergency"
	some f in problems
}

problems contains f if {
	not reviewed
	data.countersign.as_of >= input.begins + (input.limits.review_within_days * 86400)
	f := {
		"key": "review",
		"message": sprintf(
			"nobody else has reviewed the emergency %s within %d days of its beginning",
			[input.id, input.limits.review_within_days],
		),
	}
}

problems contains f if {
	not reviewed
	input.ends - input.begins > input.limits.max_hours * 3600
	f := {
		"key": "length",
		"message": sprintf(
			"the emergency %s lasts longer than %d hours, and nobody else has reviewed it",
			[input.id, input.limits.max_hours],
		),
	}
}

# The change that reconciles late should land all the same, so this warns.
problems contains f if {
	not reviewed
	input.landed.reconciled - input.landed.at > input.limits.reconcile_within_hours * 3600
	f := {
		"key": "reconciliation",
		"severity": "medium",
		"message": sprintf(
			"what landed past the gate as %s was reconciled later than %d hours after, and nobody else has reviewed it",
			[input.landed.commit, input.limits.reconcile_within_hours],
		),
	}
}

problems contains f if {
	input.access_remains
	data.countersign.as_of >= input.ends
	f := {
		"key": "access",
		"message": sprintf("the emergency %s has ended, and its access remains", [input.id]),
	}
}

problems contains f if {
	input.access_remains
	data.countersign.as_of < input.ends
	some review in independent
	review.disposition == "revoke"
	f := {
		"key": "access",
		"message": sprintf("a review revokes the emergency %s, and its access remains", [input.id]),
	}
}

problems contains f if {
	input.removed
	not reviewed
	f := {
		"key": "removed",
		"message": sprintf("this change removes the emergency %s, which nobody else has reviewed", [input.id]),
	}
}

reviewed if count(independent) > 0

# A review by who gave or received it is none, and neither is one of what had not begun.
independent contains review if {
	some review in input.reviews
	review.decided >= input.begins
	not review.reviewer in involved
}

involved contains approver.id if some approver in input.approvers

involved contains id if some id in input.beneficiaries

involved contains input.subject
