package countersign.coverage.not_evaluated_test

import rego.v1

import data.countersign.coverage.not_evaluated

document(gap) := {"file": "rbac.yaml", "gap": gap, "reason": "the key `a` is written twice"}

test_fires_on_a_broken_definition if {
	findings := not_evaluated.finding with input as document("broken")
	some f in findings
	f.severity == "high"
	f.message == "rbac.yaml could not be evaluated: the key `a` is written twice"
}

test_warns_of_an_unsupported_form if {
	findings := not_evaluated.finding with input as document("unsupported")
	some f in findings
	f.severity == "medium"
}

test_silent_on_a_dangling_reference if {
	findings := not_evaluated.finding with input as document("dangling")
	count(findings) == 0
}

test_warns_of_definitions_out_of_sight if {
	hidden := {"file": "archive/rbac.yaml", "format": "kubernetes", "gap": "not_read", "reason": "out of sight"}
	findings := not_evaluated.finding with input as hidden
	some f in findings
	f.severity == "medium"
}

test_silent_on_what_nobody_can_read if {
	link := {"file": "link", "format": "", "gap": "not_read", "reason": "it is a link"}
	count(not_evaluated.finding) == 0 with input as link
}
