package countersign.credential.long_lived_test

import rego.v1

import data.countersign.credential.long_lived

as_of := 1700000000

day := 86400

credential(lifetime) := {
	"id": "ci-token",
	"kind": "token",
	"system": "github:acme",
	"holder": {"id": "service:ci", "kind": "service"},
	"max_age_days": 90,
	"lifetime": lifetime,
}

findings(i) := f if {
	f := long_lived.finding with input as i with data.countersign.as_of as as_of
}

test_fires_when_it_never_expires if {
	some f in findings(credential({"kind": "unbounded"}))
	f.credential == "ci-token"
	f.message == "the token ci-token of service:ci never expires"
}

test_fires_a_day_over_the_allowed_age if {
	count(findings(credential({"kind": "bounded", "until": as_of + (91 * day)}))) == 1
}

test_silent_at_the_allowed_age if {
	count(findings(credential({"kind": "bounded", "until": as_of + (90 * day)}))) == 0
}

test_age_counts_from_creation if {
	old := object.union(credential({"kind": "bounded", "until": as_of + day}), {"created": as_of - (200 * day)})
	some f in findings(old)
	f.message == "the token ci-token of service:ci lives 201 days; at most 90 are allowed"
}

test_days_that_are_said_count_whenever_it_is_made if {
	count(findings(credential({"kind": "bounded", "days": 90}))) == 0
	some f in findings(object.union(credential({"kind": "bounded", "days": 365}), {"created": as_of - (900 * day)}))
	f.message == "the token ci-token of service:ci lives 365 days; at most 90 are allowed"
}

test_silent_when_temporary_or_unknown if {
	count(findings(credential({"kind": "temporary"}))) == 0
	count(findings(credential({"kind": "unknown"}))) == 0
}
