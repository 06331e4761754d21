package countersign.credential.rotation_test

import rego.v1

import data.countersign.credential.rotation

credential := {
	"id": "aws_kms_key.main",
	"kind": "encryption_key",
	"system": "aws",
	"holder": {"id": "account:aws/aws_kms_key.main", "kind": "account"},
	"max_age_days": 365,
	"lifetime": {"kind": "unknown"},
}

findings(own) := f if {
	f := rotation.finding with input as object.union(credential, {"rotation": own})
}

test_fires_when_it_is_off if {
	some f in findings({"kind": "off"})
	f.message == "nothing replaces the encryption key aws_kms_key.main"
}

test_fires_when_it_is_too_slow if {
	some f in findings({"kind": "every", "days": 366})
	f.message == "the encryption key aws_kms_key.main is replaced every 366 days; at most 365 are allowed"
}

test_silent_when_often_enough_or_not_said if {
	count(findings({"kind": "every", "days": 365})) == 0
	count(findings({"kind": "unsaid"})) == 0
}

test_silent_of_what_nothing_replaces if {
	found := rotation.finding with input as credential
	count(found) == 0
}
