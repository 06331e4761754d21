package countersign.identity.service_lifecycle_test

import rego.v1

import data.countersign.identity.service_lifecycle

person(id, status) := {"id": sprintf("person:%s", [id]), "status": status}

whole := {
	"id": "service:bot",
	"name": "bot",
	"owner": person("ann", "active"),
	"purpose": "reads",
	"review_by": 2000,
	"lifecycle": {
		"in_scope": true,
		"approved": {"by": person("bea", "active"), "at": 500},
		"credentials": [{"id": "k", "kind": "token", "temporary": false, "created": 600}],
	},
}

keys(service) := {f.key | some f in service_lifecycle.finding with input as service with data.countersign.as_of as 1000}

without(path) := json.remove(whole, [path])

life(more) := object.union(whole, {"lifecycle": object.union(whole.lifecycle, more)})

approved(by) := life({"approved": {"by": by, "at": 500}})

credential(more) := life({"until": 1500, "credentials": [object.union({"id": "k", "kind": "token", "temporary": false, "created": 600}, more)]})

test_fires_for_each_missing_step if {
	keys(without("purpose")) == {"purpose"}
	keys(without("review_by")) == {"review"}
	keys(without("lifecycle/approved")) == {"approval"}
	keys(without("lifecycle/credentials/0/created")) == {"issue"}
	keys(life({"stage": "test"})) == {"end"}
}

test_fires_low_for_what_is_missing_and_medium_for_what_contradicts if {
	{f.severity | some f in service_lifecycle.finding with input as without("purpose") with data.countersign.as_of as 1000} == {"low"}
	{f.severity | some f in service_lifecycle.finding with input as approved(person("ann", "active")) with data.countersign.as_of as 1000} == set()
}

test_fires_when_whoever_gains_approved_it if {
	keys(approved(person("ann", "active"))) == {"approved by owner"}
	operated := object.union(approved(person("cid", "active")), {"operators": [person("dan", "active"), person("cid", "active")]})
	keys(operated) == {"approved by operator"}
	both := object.union(approved(person("ann", "active")), {"operators": [person("ann", "active")]})
	keys(both) == {"approved by owner"}
}

test_fires_when_nobody_knows_the_approver if {
	keys(approved(person("zoe", "unknown"))) == {"approved by nobody"}
}

test_fires_when_the_review_is_overdue if {
	keys(object.union(whole, {"review_by": 1000})) == {"overdue"}
}

test_fires_for_a_credential_that_does_not_fit if {
	keys(credential({"created": 499})) == {"k: issued"}
	keys(credential({"expires": 1501})) == {"k: ends"}
	keys(credential({"created": 499, "expires": 1501})) == {"k: issued", "k: ends"}
}

test_silent_when_every_step_is_declared if {
	keys(whole) == set()
	keys(life({"stage": "test", "until": 3000})) == set()
	keys(credential({"created": 500, "expires": 1500})) == set()
}

test_silent_when_who_approved_left_since if {
	keys(approved(person("bea", "departed"))) == set()
}

test_silent_on_the_last_day_of_its_review_and_when_retired if {
	keys(object.union(whole, {"review_by": 1001})) == set()
	keys(object.union(life({"retired": 900}), {"review_by": 1000})) == set()
}

test_silent_out_of_scope_of_what_is_missing if {
	keys({"id": "service:bot", "name": "bot", "lifecycle": {"in_scope": false}}) == set()
}

test_silent_of_credentials_that_are_issued_anew if {
	keys(life({"credentials": [{"id": "k", "kind": "federated", "temporary": true}]})) == set()
}
