package countersign.sod.principal_conflict_test

import rego.v1

import data.countersign.sod.principal_conflict

conflict := {
	"id": "P2P-01",
	"title": "maintain supplier master + execute supplier payments",
	"severity": "critical",
	"systems": ["erp"],
}

test_fires_on_a_conflict if {
	findings := principal_conflict.finding with input as {"name": "ann", "conflicts": [conflict]}
	some f in findings
	f.conflict == "P2P-01"
	f.severity == "critical"
	f.message == "ann would hold conflicting duties: maintain supplier master + execute supplier payments"
}

test_one_finding_for_each_set_of_systems if {
	other := object.union(conflict, {"systems": ["bank", "erp"]})
	findings := principal_conflict.finding with input as {"name": "ann", "conflicts": [conflict, other]}
	count(findings) == 2
}

test_silent_without_conflicts if {
	findings := principal_conflict.finding with input as {"name": "ann", "conflicts": []}
	count(findings) == 0
}
