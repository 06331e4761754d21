# METADATA
# title: access is older than the position it serves
# description: >-
#   A person has another position than when something was granted: its validity began before the change of
#   position, or has no beginning, so nobody has said that the new position needs it. Asked of imported
#   employment facts (`--people`, column `position_since`) alone; a position held since the first day (`start`)
#   is none that somebody moved to. A grant that begins on that day or later is
#   silent, so a review is recorded by giving the grant a new `from`.
# custom:
#   id: CS-LEAVER-002
#   severity: medium
#   scope: principal
#   input: principal/v1
#   when: employment
#   remediation: Remove what the new position does not need; give what it does need a `from` on or after the day of the review.
package countersign.identity.mover_access

import rego.v1

older contains access if {
	not input.employment.departed
	since := input.employment.position_since
	some access in input.access
	object.get(access, "from", 0) < since
}

finding contains f if {
	count(older) > 0
	systems := {access.system | some access in older}
	f := {
		"key": "moved",
		"access": [access.id | some access in older],
		"message": sprintf(
			"employment records ask for a review of the access of %s to %s",
			[input.name, concat(", ", sort(systems))],
		),
		"private": sprintf("in another position for %d days", [days]),
	}
}

days := floor((data.countersign.as_of - input.employment.position_since) / 86400)
