package countersign.identity.service_owner_test

import rego.v1

import data.countersign.identity.service_owner

service(owner) := {"id": "service:bot", "name": "bot", "owner": owner}

test_fires_without_an_owner if {
	findings := service_owner.finding with input as {"id": "service:bot", "name": "bot"}
	findings == {{"message": "bot has no owner"}}
}

test_fires_when_the_owner_has_left if {
	findings := service_owner.finding with input as service({"id": "person:ann", "status": "departed"})
	findings == {{"message": "the owner of bot, person:ann, has left"}}
}

test_fires_without_saying_what_was_imported if {
	findings := service_owner.finding with input as service({"id": "person:ann", "status": "departed", "imported": true})
	some f in findings
	f.message == "the owner of bot, person:ann, is no active person who is declared here"
	f.private == "has left"
}

test_fires_when_the_owner_is_nobody_declared if {
	findings := service_owner.finding with input as service({"id": "person:zoe", "status": "unknown"})
	count(findings) == 1
}

test_silent_with_an_active_owner if {
	findings := service_owner.finding with input as service({"id": "person:ann", "status": "active"})
	count(findings) == 0
}

test_silent_when_the_owner_is_on_leave if {
	findings := service_owner.finding with input as service({"id": "person:ann", "status": "leave"})
	count(findings) == 0
}
