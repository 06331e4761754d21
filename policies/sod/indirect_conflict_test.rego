package countersign.sod.indirect_conflict_test

import rego.v1

import data.countersign.sod.indirect_conflict

conflict := {
	"id": "P2P-01",
	"title": "maintain supplier master + execute supplier payments",
	"severity": "critical",
	"systems": ["erp"],
	"through": ["as the owner of service:payer"],
}

ann(conflicts) := {"name": "ann", "conflicts": [], "indirect_conflicts": conflicts}

test_fires_on_an_indirect_conflict if {
	findings := indirect_conflict.finding with input as ann([conflict])
	some f in findings
	f.conflict == "P2P-01"
	f.severity == "critical"
	f.systems == ["erp"]
	f.message == "ann would hold conflicting duties indirectly, as the owner of service:payer: maintain supplier master + execute supplier payments; nothing that is declared stands in the way"
}

test_fires_and_says_whose_approval_it_takes if {
	guarded := object.union(conflict, {"guards": ["somebody else approves the change of acme/deploy (branch main)"]})
	findings := indirect_conflict.finding with input as ann([guarded])
	some f in findings
	endswith(f.message, "; somebody else approves the change of acme/deploy (branch main)")
}

test_silent_on_a_conflict_that_stands_by_itself if {
	findings := indirect_conflict.finding with input as {"name": "ann", "conflicts": [conflict]}
	count(findings) == 0
}

test_silent_without_conflicts if {
	findings := indirect_conflict.finding with input as ann([])
	count(findings) == 0
}
