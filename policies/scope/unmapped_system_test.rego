package countersign.scope.unmapped_system_test

import rego.v1

import data.countersign.scope.unmapped_system

reporting := {"described": true, "in_scope": true, "processes": []}

thing(more) := object.union({"kind": "system", "id": "system:x", "name": "x", "in_scope": false, "reporting": reporting}, more)

findings(owned) := f if {
	f := unmapped_system.finding with input as {"id": "repository", "owned": owned}
}

test_fires_when_no_process_is_named if {
	some f in findings([thing({})])
	f.key == "system:x"
	f.message == "the system x is in scope, and its manifest names no process that it carries"
}

test_fires_when_nothing_describes_it if {
	some f in findings([thing({"reporting": {"described": false, "in_scope": true, "processes": []}})])
	f.message == "the system x is in scope, and no manifest describes it"
}

test_silent_when_mapped_or_left_out_with_a_reason if {
	count(findings([thing({"reporting": object.union(reporting, {"processes": ["purchase to pay"]})})])) == 0
	count(findings([thing({"reporting": object.union(reporting, {"excluded": "a sandbox"})})])) == 0
}

test_silent_out_of_scope_and_of_rulesets if {
	count(findings([thing({"reporting": object.union(reporting, {"in_scope": false})})])) == 0
	count(findings([{"kind": "ruleset", "id": "ruleset:x", "name": "x", "in_scope": true}])) == 0
}
