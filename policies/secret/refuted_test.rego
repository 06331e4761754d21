package countersign.secret.refuted_test

import rego.v1

import data.countersign.secret.refuted

secret(verdict, why) := {
	"id": "secret:00",
	"kind": "github_pat",
	"title": "GitHub personal access token, classic",
	"verdict": verdict,
	"refuted_by": why,
	"tier": "record",
	"lifetime": {"kind": "unbounded"},
	"length": 40,
	"files": ["README.md"],
}

messages(i) := m if {
	m := {f.message | some f in refuted.finding} with input as i
}

test_fires_on_what_is_refuted if {
	messages(secret("refuted", "checksum")) == {"GitHub personal access token, classic in README.md is none: its checksum is wrong"}
}

test_fires_for_a_reason_that_is_newer_than_it if {
	messages(secret("refuted", "other")) == {"GitHub personal access token, classic in README.md is none: it is refuted"}
}

test_silent_on_what_is_not if {
	messages(secret("proved", "checksum")) == set()
}
