package countersign.credential.literal_test

import rego.v1

import data.countersign.credential.literal

credential := {
	"id": "secret/shop/db",
	"kind": "secret",
	"system": "kubernetes",
	"holder": {"id": "group:kubernetes/system:serviceaccounts:shop", "kind": "group"},
	"max_age_days": 90,
	"lifetime": {"kind": "unknown"},
}

findings(i) := f if {
	f := literal.finding with input as i
}

test_fires_when_the_value_is_written if {
	some f in findings(object.union(credential, {"literal": true}))
	f.message == "the value of the secret secret/shop/db is written in the definition"
}

test_silent_when_it_is_taken_from_elsewhere if {
	count(findings(credential)) == 0
	count(findings(object.union(credential, {"literal": false}))) == 0
}
