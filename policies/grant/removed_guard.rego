# METADATA
# title: a guard is removed or weakened
# description: >-
#   The change takes away what limits somebody: a permissions boundary, a service control or deny policy, a denial,
#   or a condition of a statement or a trust (a second factor, a network, an organisation, a review), while what it
#   limited stays. Both sides are compared; a document that is written otherwise and limits as much is silent.
# custom:
#   id: CS-GRANT-006
#   severity: high
#   scope: principal
#   input: principal/v1
#   when: guards
#   remediation: Put the guard back, or take away what it guarded in the same change.
package countersign.grant.removed_guard

import rego.v1

finding contains f if {
	some guard in input.guards
	f := {
		"key": guard.id,
		"systems": [guard.system],
		"access": [guard.id],
		"severity": severity,
		"message": sprintf("this change %s %s, which limits %s%s", [verb[guard.change], guard.text, name, beyond(guard)]),
	}
}

# Of an ARN what stands behind the account.
name := split(input.name, ":")[5] if {
	startswith(input.name, "arn:")
} else := input.name

beyond(guard) := sprintf(": it would let %s through", [guard.beyond]) if {
	guard.beyond
} else := ""

verb := {"removed": "removes", "weakened": "weakens"}

# Whoever is under a guardrail may be declared elsewhere: it counts as if they held something.
default severity := "medium"

severity := "high" if input.kind == "guardrail"

severity := "high" if count(input.duties) > 0
