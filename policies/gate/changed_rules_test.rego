package countersign.gate.changed_rules_test

import rego.v1

import data.countersign.gate.changed_rules

change(owned, effects) := {"id": "repository", "owned": [], "rules_change": {
	"digest": "d",
	"owned": owned,
	"effects": effects,
}}

weaker := {"weight": "weakens", "text": "P2P-01 would warn instead of block", "concerns_author": true}

other := {"weight": "alters", "text": "CODEOWNERS changes", "concerns_author": false}

stricter := {"weight": "tightens", "text": "P2P-02 would block instead of warn", "concerns_author": false}

test_fires_critically_on_a_weakening_and_says_who_gains if {
	found := changed_rules.finding with input as change(true, [weaker, other])
	found == {{
		"key": "rules",
		"severity": "critical",
		"message": "this change would weaken the gate: P2P-01 would warn instead of block; somebody who made it would gain",
	}}
}

test_fires_once_for_several if {
	found := changed_rules.finding with input as change(true, [weaker, weaker])
	some f in found
	contains(f.message, "in 2 ways")
}

test_fires_high_on_any_other_change if {
	found := changed_rules.finding with input as change(true, [stricter])
	found == {{
		"key": "rules",
		"severity": "high",
		"message": "this change edits the rules of the gate: P2P-02 would block instead of warn",
	}}
}

test_fires_medium_without_an_owner if {
	found := changed_rules.finding with input as change(false, [weaker])
	some f in found
	f.severity == "medium"
}

test_silent_without_effects if {
	count(changed_rules.finding) == 0 with input as change(true, [])
}

test_silent_without_a_change if {
	count(changed_rules.finding) == 0 with input as {"id": "repository", "owned": []}
}
