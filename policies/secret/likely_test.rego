package countersign.secret.likely_test

import rego.v1

import data.countersign.secret.likely

secret(more) := object.union(
	{
		"id": "secret:00",
		"kind": "password",
		"title": "Password",
		"verdict": "shape",
		"tier": "advisory",
		"lifetime": {"kind": "unknown"},
		"length": 12,
		"files": ["notes.md"],
	},
	more,
)

messages(i) := m if {
	m := {f.message | some f in likely.finding} with input as i
}

test_fires_on_what_is_likely if {
	messages(secret({})) == {"Password in notes.md"}
}

test_says_that_it_is_short_lived if {
	messages(secret({"lifetime": {"kind": "temporary"}})) == {"Password in notes.md: it is short-lived"}
}

test_silent_on_what_blocks_and_what_is_refuted if {
	messages(secret({"tier": "blocking"})) == set()
	messages(secret({"verdict": "refuted", "refuted_by": "placeholder"})) == set()
}
