package countersign.identity.service_review_test

import rego.v1

import data.countersign.identity.service_review

test_fires_when_the_day_has_passed if {
	count(service_review.finding) == 1 with input as {"id": "service:bot", "name": "bot", "review_by": 1000, "lifecycle": {"in_scope": false}}
		with data.countersign.as_of as 1000
}

test_silent_on_the_day if {
	count(service_review.finding) == 0 with input as {"id": "service:bot", "name": "bot", "review_by": 1000, "lifecycle": {"in_scope": false}}
		with data.countersign.as_of as 999
}

test_silent_when_it_is_retired_or_has_no_day if {
	count(service_review.finding) == 0 with input as {"id": "service:bot", "name": "bot", "review_by": 1000, "lifecycle": {"in_scope": false, "retired": 900}}
		with data.countersign.as_of as 2000
	count(service_review.finding) == 0 with input as {"id": "service:bot", "name": "bot", "lifecycle": {"in_scope": false}}
		with data.countersign.as_of as 2000
}
