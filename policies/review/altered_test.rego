package countersign.review.altered_test

import rego.v1

import data.countersign.review.altered

keys(removed, reopened, files) := k if {
	found := altered.finding with input as {
		"kind": "access_review", "id": "R", "removed": removed,
		"campaign": {"reopened": reopened, "altered": files},
	}
	k := {f.key | some f in found}
}

test_silent_when_nothing_was_altered if {
	keys(false, false, []) == set()
}

test_fires_when_it_is_removed if {
	keys(true, false, []) == {"removed"}
}

test_fires_when_its_opening_is_edited if {
	keys(false, true, []) == {"opening"}
}

test_fires_when_a_closed_file_is_edited if {
	keys(false, false, ["person-max.yaml"]) == {"closed/person-max.yaml"}
}

test_fires_when_it_does_not_freeze_what_is_declared if {
	some f in altered.finding with input as {
		"kind": "access_review", "id": "R", "removed": false,
		"campaign": {"reopened": false, "altered": [], "unlike": {"missing": 1, "otherwise": 0}},
	}
	f.severity == "medium"
}

test_fires_when_decisions_are_taken_away if {
	some f in altered.finding with input as {
		"kind": "access_review", "id": "R", "removed": false,
		"campaign": {"reopened": false, "altered": [], "withdrawn": 2},
	}
	f.key == "withdrawn"
}
