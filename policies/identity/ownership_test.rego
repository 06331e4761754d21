package countersign.identity.ownership_test

import rego.v1

import data.countersign.identity.ownership

thing(kind, more) := object.union({"kind": kind, "id": sprintf("%s:x", [kind]), "name": "x", "in_scope": false}, more)

owner(status) := {"owner": {"id": "person:ann", "status": status}}

findings(owned) := f if {
	f := ownership.finding with input as {"id": "repository", "owned": owned}
}

test_fires_when_the_owner_has_left_or_is_nobody if {
	found := findings([thing("system", owner("departed")), thing("ruleset", owner("unknown"))])
	{f.message | some f in found} == {
		"the owner of the system x, person:ann, is no active person who is declared here",
		"the owner of the ruleset x, person:ann, is no active person who is declared here",
	}
	{f.key | some f in found} == {"system:x", "ruleset:x"}
}

test_fires_low_without_an_owner_in_scope if {
	some f in findings([thing("system", {"in_scope": true})])
	f.severity == "low"
	f.message == "the system x names no owner"
}

test_silent_without_an_owner_elsewhere if {
	count(findings([thing("system", {})])) == 0
}

test_silent_with_an_owner_who_works_here if {
	count(findings([thing("system", owner("active")), thing("ruleset", owner("leave"))])) == 0
}
