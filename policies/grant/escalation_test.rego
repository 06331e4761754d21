package countersign.grant.escalation_test

import rego.v1

import data.countersign.grant.escalation

key := {
	"id": "AWS-KEY",
	"title": "make an access key of a user",
	"reaches": "account:aws/user/root",
	"declared": true,
}

put := {"id": "AWS-PUT", "title": "give its own user any permission", "declared": true}

pass := {"id": "AWS-PASS", "title": "have a new function run as a role", "declared": false}

found(steps, unknowns) := findings if {
	findings := escalation.finding with input as {
		"name": "ann",
		"escalations": [{"system": "aws", "held": "certain", "ways": [{"steps": steps, "unknowns": unknowns}]}],
	}
}

test_fires_on_a_way_and_tells_its_steps if {
	some f in found([key, put], [])
	f.duty == "SUPER"
	f.systems == ["aws"]
	f.message == concat("", [
		"ann could come to administer aws: make an access key of a user (account:aws/user/root), ",
		"then give its own user any permission",
	])
}

test_fires_on_a_way_to_what_is_not_declared if {
	some f in found([pass], ["which roles there are", "whether it rains"])
	f.message == concat("", [
		"ann may be able to come to administer aws: ",
		"have a new function run as a role (one that is not declared here); ",
		"it is not known which roles there are, and whether it rains",
	])
}

test_silent_without_ways if {
	findings := escalation.finding with input as {"name": "ann", "escalations": []}
	count(findings) == 0
}
