package countersign.grant.wildcard_test

import rego.v1

import data.countersign.grant.wildcard

open := {"id": "KMSALL", "title": "do everything in KMS", "system": "aws", "severity": "high", "open_ended": true}

closed := {"id": "SUPER", "title": "administer a whole system", "system": "aws", "severity": "critical"}

test_fires_on_a_duty_without_an_end if {
	findings := wildcard.finding with input as {"name": "ann", "privileged_duties": [open]}
	some f in findings
	f.duty == "KMSALL"
	f.severity == "high"
	f.message == "ann would be able to do everything in KMS in aws"
}

test_silent_on_other_privileged_duties if {
	findings := wildcard.finding with input as {"name": "ann", "privileged_duties": [closed]}
	count(findings) == 0
}
