package countersign.credential.passwords_test

import rego.v1

import data.countersign.credential.passwords

credential := {
	"id": "passwords/main",
	"kind": "password",
	"system": "aws",
	"holder": {"id": "group:aws/everybody with a password", "kind": "group"},
	"max_age_days": 90,
	"lifetime": {"kind": "unknown"},
}

findings(own) := f if {
	f := passwords.finding with input as object.union(credential, {"passwords": own})
}

test_fires_with_every_fault if {
	some f in findings({"declared": true, "min_length": 8, "classes": 1, "history": 0, "attempts": 20})
	f.key == "weak"
	f.message == "passwords/main asks too little of passwords: 1 kinds of signs are enough, 2 are asked for, 20 attempts are allowed, 10 at most are asked for, 8 signs are enough, 12 are asked for, the last 0 may not come again, 4 are asked for"
}

test_fires_when_nothing_is_declared if {
	some f in findings({"declared": false})
	f.key == "absent"
}

test_silent_when_enough_is_asked if {
	count(findings({"declared": true, "min_length": 12, "classes": 2, "history": 4, "attempts": 10})) == 0
}

test_silent_of_what_is_not_known if {
	count(findings({"declared": true})) == 0
	found := passwords.finding with input as credential
	count(found) == 0
}
