package countersign.identity.service_lifecycle_test

import rego.v1

import data.countersign.identity.service_lifecycle

whole := {
	"id": "service:bot",
	"name": "bot",
	"purpose": "reads",
	"review_by": 2000,
	"lifecycle": {
		"in_scope": true,
		"approved": {"by": {"id": "person:ann", "status": "active"}, "at": 1},
		"credentials": [{"id": "k", "kind": "token", "temporary": false, "created": 1}],
	},
}

keys(service) := {f.key | some f in service_lifecycle.finding with input as service}

without(path) := json.remove(whole, [path])

life(more) := object.union(whole, {"lifecycle": object.union(whole.lifecycle, more)})

test_fires_for_each_missing_step if {
	keys(without("purpose")) == {"purpose"}
	keys(without("review_by")) == {"review"}
	keys(without("lifecycle/approved")) == {"approval"}
	keys(without("lifecycle/credentials/0/created")) == {"issue"}
	keys(life({"stage": "test"})) == {"end"}
}

test_silent_when_every_step_is_declared if {
	keys(whole) == set()
	keys(life({"stage": "test", "until": 3000})) == set()
}

test_silent_out_of_scope if {
	keys({"id": "service:bot", "name": "bot", "lifecycle": {"in_scope": false}}) == set()
}

test_silent_of_credentials_that_are_issued_anew if {
	keys(life({"credentials": [{"id": "k", "kind": "federated", "temporary": true}]})) == set()
}
