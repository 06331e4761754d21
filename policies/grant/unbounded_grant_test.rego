package countersign.grant.unbounded_grant_test

import rego.v1

import data.countersign.grant.unbounded_grant

day := 86400

duty(spans) := {"id": "SUPER", "title": "administer a whole system", "system": "erp", "spans": spans}

holder(spans) := {
	"name": "ann",
	"privileged_duties": [duty(spans)],
	"grant_limits": {"max_days": 90},
}

messages(spans) := {f.message |
	some f in unbounded_grant.finding with input as holder(spans) with data.countersign.as_of as 1000 * day
}

test_fires_without_an_end if {
	messages([{"from": 1000 * day}]) == {"ann would be able to administer a whole system in erp without an end; 90 days are allowed"}
}

test_fires_when_one_of_two_has_no_end if {
	count(messages([{"until": 1010 * day}, {}])) == 1
}

test_fires_when_the_end_is_too_late if {
	messages([{"from": 1000 * day, "until": 1091 * day}]) == {"ann would be able to administer a whole system in erp for 91 days; 90 are allowed"}
}

test_fires_when_no_beginning_is_written if {
	count(messages([{"until": 1091 * day}])) == 1
}

test_silent_when_it_ends_in_time if {
	count(messages([{"from": 1000 * day, "until": 1090 * day}, {"until": 1001 * day}])) == 0
}

test_silent_when_it_is_activated if {
	count(messages([])) == 0
}

test_silent_when_nothing_is_asked if {
	findings := unbounded_grant.finding with input as {"name": "ann", "privileged_duties": [duty([{}])]}
		with data.countersign.as_of as 0
	count(findings) == 0
}
