package countersign.coverage.context_test

import rego.v1

import data.countersign.coverage.context

graph(state) := {"id": "context:x", "file": ".countersign/context/x.json", "state": state, "max_age_days": 35}

findings(graphs) := f if {
	f := context.finding with input as {"id": "repository", "owned": [], "context": graphs}
}

test_fires_when_it_counts_for_nothing if {
	every state in ["missing", "altered", "broken"] {
		some f in findings([graph(state)])
		f.key == "context:x"
		contains(f.message, "counts for nothing")
		not f.severity
	}
}

test_fires_medium_when_it_is_old if {
	some f in findings([object.union(graph("stale"), {"age_days": 40})])
	f.severity == "medium"
	f.message == "the graph .countersign/context/x.json is 40 days old; at most 35 are allowed"
}

test_silent_when_it_is_usable if {
	count(findings([graph("usable")])) == 0
	count(findings([])) == 0
}

test_silent_where_nothing_is_named if {
	count(context.finding) == 0 with input as {"id": "repository", "owned": []}
}
