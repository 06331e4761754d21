# METADATA
# title: the change edits the rules that judge it
# description: >-
#   The gate is a control, and its rules are part of it: whoever could change them alone could let anything pass.
#   A change of the rules is judged by the rules of the target, and needs the approval of a person who owns them
#   and has no part in the change. Until somebody is named who owns them, it only warns. A rewriting that changes
#   nothing, and records that carry their own authority, are no change of the rules.
# custom:
#   id: CS-GATE-001
#   severity: critical
#   scope: repository
#   input: repository/v1
#   remediation: >-
#     Have a control owner approve the change, or take the rules out of it. Control owners are named under
#     `authority` in countersign.yaml.
package countersign.gate.changed_rules

import rego.v1

weakening := [effect | some effect in input.rules_change.effects; effect.weight == "weakens"]

gaining := [effect | some effect in input.rules_change.effects; effect.concerns_author]

finding contains f if {
	count(input.rules_change.effects) > 0
	f := {
		"key": "rules",
		"severity": severity,
		"message": sprintf("this change %s%s", [what, whom]),
	}
}

severity := "medium" if not input.rules_change.owned

severity := "critical" if {
	input.rules_change.owned
	count(weakening) > 0
}

severity := "high" if {
	input.rules_change.owned
	count(weakening) == 0
}

what := sprintf("would weaken the gate: %s", [weakening[0].text]) if count(weakening) == 1

what := sprintf("would weaken the gate in %d ways: %s, and more", [count(weakening), weakening[0].text]) if {
	count(weakening) > 1
}

what := sprintf("edits the rules of the gate: %s", [input.rules_change.effects[0].text]) if count(weakening) == 0

whom := "; somebody who made it would gain" if count(gaining) > 0

whom := "" if count(gaining) == 0
