package countersign.grant.privileged_duty_test

import rego.v1

import data.countersign.grant.privileged_duty

super := {"id": "SUPER", "title": "administer a whole system", "system": "kubernetes:prod", "severity": "critical"}

test_fires_on_a_privileged_duty if {
	findings := privileged_duty.finding with input as {"name": "ann", "privileged_duties": [super]}
	some f in findings
	f.duty == "SUPER"
	f.systems == ["kubernetes:prod"]
	f.message == "ann would be able to administer a whole system in kubernetes:prod"
}

test_silent_without_privileged_duties if {
	findings := privileged_duty.finding with input as {"name": "ann", "privileged_duties": []}
	count(findings) == 0
}

test_silent_on_what_has_no_end_which_another_policy_finds if {
	open := object.union(super, {"id": "KMSALL", "open_ended": true})
	findings := privileged_duty.finding with input as {"name": "ann", "privileged_duties": [open]}
	count(findings) == 0
}
