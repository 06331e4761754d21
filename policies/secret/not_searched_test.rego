package countersign.secret.not_searched_test

import rego.v1

import data.countersign.secret.not_searched

messages(gap) := m if {
	i := {"file": "dump.bin", "format": "", "gap": gap, "reason": "permission denied", "in_scope": false}
	m := {f.message | some f in not_searched.finding} with input as i
}

test_fires_where_nothing_could_be_looked_for if {
	messages("not_searched") == {"dump.bin could not be searched for secrets: permission denied"}
}

test_silent_on_what_concerns_definitions if {
	messages("broken") == set()
	messages("not_read") == set()
}
