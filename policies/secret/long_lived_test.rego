package countersign.secret.long_lived_test

import rego.v1

import data.countersign.secret.long_lived

as_of := 1700000000

secret(more) := object.union(
	{
		"id": "secret:00",
		"kind": "github_pat",
		"title": "GitHub personal access token, classic",
		"verdict": "proved",
		"tier": "blocking",
		"lifetime": {"kind": "unbounded"},
		"length": 40,
		"files": ["deploy.sh"],
	},
	more,
)

messages(i) := m if {
	m := {f.message | some f in long_lived.finding} with input as i with data.countersign.as_of as as_of
}

test_fires_on_one_that_never_ends if {
	messages(secret({})) == {"GitHub personal access token, classic in deploy.sh: it lives until somebody revokes it"}
}

test_fires_on_one_that_ends_late if {
	bounded := {"lifetime": {"kind": "bounded", "until": as_of + (30 * 86400)}, "files": ["a", "b"]}
	messages(secret(bounded)) == {"GitHub personal access token, classic in a and b: it lives for 30 more days"}
}

test_fires_where_nothing_says_how_long if {
	several := {"lifetime": {"kind": "unknown"}, "files": ["a", "b", "c"]}
	messages(secret(several)) == {"GitHub personal access token, classic in a and 2 more files: nothing in it says that it ends"}
}

test_silent_when_advisory_or_refuted if {
	messages(secret({"tier": "advisory"})) == set()
	messages(secret({"verdict": "refuted", "refuted_by": "checksum"})) == set()
}
