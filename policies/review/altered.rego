# METADATA
# title: an access review is not what was declared, or was altered
# description: >-
#   What is opened says what is decided about, by whom and by when: all that is declared, as it is. What is closed
#   says what came of it. Neither is edited or taken away afterwards, and neither is a decision that has landed; its
#   reviewer may replace it by another one.
# custom:
#   id: CS-REVIEW-007
#   severity: high
#   scope: record
#   input: record/v1
#   remediation: Bring the files of the review back as they were, and open another review for what has to be different.
package countersign.review.altered

import rego.v1

finding contains f if {
	input.kind == "access_review"
	some f in problems
}

problems contains f if {
	input.removed
	f := {"key": "removed", "message": sprintf("this change removes the access review %s", [input.id])}
}

problems contains f if {
	input.campaign.reopened
	f := {"key": "opening", "message": sprintf("this change edits the opening of the access review %s", [input.id])}
}

problems contains f if {
	input.campaign.withdrawn > 0
	f := {
		"key": "withdrawn",
		"message": sprintf(
			"this change takes decisions of the access review %s away; items that are decided no more: %d",
			[input.id, input.campaign.withdrawn],
		),
	}
}

problems contains f if {
	some file in input.campaign.altered
	f := {
		"key": sprintf("closed/%s", [file]),
		"message": sprintf("%s of the access review %s is not as it was when that was closed", [file, input.id]),
	}
}

# Where the target has moved on since, opening it again is all that it takes, so this warns.
problems contains f if {
	unlike := input.campaign.unlike
	f := {
		"key": "frozen",
		"severity": "medium",
		"message": sprintf(
			"the access review %s does not freeze what is declared; items left out: %d, items that are otherwise: %d",
			[input.id, unlike.missing, unlike.otherwise],
		),
	}
}
