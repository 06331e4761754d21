package countersign.identity.service_purpose_test

import rego.v1

import data.countersign.identity.service_purpose

pay := {"kind": "duty", "id": "PAY", "title": "execute supplier payments", "system": "sap-prod", "held": "certain"}

bot(excess) := {"id": "service:bot", "name": "bot", "may_hold": ["VBANK"], "excess": excess}

test_fires_on_a_duty_beyond_the_purpose if {
	findings := service_purpose.finding with input as bot([pay])
	findings == {{
		"severity": "high",
		"message": "bot holds more than its purpose says: execute supplier payments in sap-prod",
	}}
}

test_fires_as_critical_on_a_privileged_duty if {
	super := object.union(pay, {"id": "SUPER", "severity": "critical"})
	findings := service_purpose.finding with input as bot([pay, super])
	some f in findings
	f.severity == "critical"
}

test_fires_as_medium_on_permissions_alone if {
	findings := service_purpose.finding with input as bot([object.union(pay, {"kind": "permission"})])
	some f in findings
	f.severity == "medium"
}

test_fires_once_and_counts_the_rest if {
	many := [object.union(pay, {"title": sprintf("do %d", [n])}) | some n in numbers.range(1, 5)]
	findings := service_purpose.finding with input as bot(many)
	count(findings) == 1
	some f in findings
	f.message == "bot holds more than its purpose says: do 1 in sap-prod; do 2 in sap-prod; do 3 in sap-prod; and 2 more"
}

test_silent_within_the_purpose if {
	findings := service_purpose.finding with input as bot([])
	count(findings) == 0
}

test_silent_where_no_purpose_is_declared if {
	findings := service_purpose.finding with input as {"id": "service:bot", "name": "bot"}
	count(findings) == 0
}
