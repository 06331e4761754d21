# METADATA
# title: a privileged duty is held without an end, or for longer than allowed
# description: >-
#   The configuration allows a privileged duty for so many days (`grants.privileged.max_days`), and somebody holds
#   one by a grant that has no end or a later one. Where no beginning is written it is counted from the day of the
#   evaluation. What must be activated each time it is used is bounded by that. Workloads are asked only where
#   `grants.privileged.workloads` says so.
# custom:
#   id: CS-GRANT-005
#   severity: high
#   scope: principal
#   input: principal/v1
#   when: grant_limits
#   remediation: Give the grant an end (`until`), or make the role one that is eligible and activated for a while.
package countersign.grant.unbounded_grant

import rego.v1

max_days := input.grant_limits.max_days

finding contains f if {
	some duty in input.privileged_duties
	some span in duty.spans
	not span.until
	f := {
		"duty": duty.id,
		"systems": [duty.system],
		"message": sprintf(
			"%s would be able to %s in %s without an end; %d days are allowed",
			[input.name, duty.title, duty.system, max_days],
		),
	}
}

finding contains f if {
	some duty in input.privileged_duties
	every span in duty.spans {
		span.until
	}
	longest := max({days(span) | some span in duty.spans})
	longest > max_days
	f := {
		"duty": duty.id,
		"systems": [duty.system],
		"message": sprintf(
			"%s would be able to %s in %s for %d days; %d are allowed",
			[input.name, duty.title, duty.system, longest, max_days],
		),
	}
}

days(span) := ceil((span.until - begin(span)) / 86400)

begin(span) := span.from if {
	span.from
} else := data.countersign.as_of
