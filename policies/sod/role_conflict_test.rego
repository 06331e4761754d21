package countersign.sod.role_conflict_test

import rego.v1

import data.countersign.sod.role_conflict

test_fires_on_a_conflict_inside_the_role if {
	findings := role_conflict.finding with input as {
		"name": "ap-all",
		"conflicts": [{"id": "P2P-13", "title": "a + b", "severity": "critical", "systems": ["erp"]}],
	}
	some f in findings
	f.conflict == "P2P-13"
	f.message == "ap-all gives conflicting duties to everyone who holds it: a + b"
}

test_silent_without_conflicts if {
	findings := role_conflict.finding with input as {"name": "ap-clerk", "conflicts": []}
	count(findings) == 0
}
