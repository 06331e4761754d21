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
