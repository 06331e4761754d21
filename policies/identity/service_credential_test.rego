package countersign.identity.service_credential_test

import rego.v1

import data.countersign.identity.service_credential

messages(credential, life) := {f.message |
	some f in service_credential.finding with input as {
		"id": "service:bot",
		"name": "bot",
		"lifecycle": object.union(
			{
				"in_scope": false,
				"approved": {"by": {"id": "person:ann", "status": "active"}, "at": 500},
				"credentials": [object.union({"id": "k", "kind": "token", "temporary": false}, credential)],
			},
			life,
		),
	}
}

test_fires_when_issued_before_the_approval if {
	messages({"created": 499}, {}) == {"bot: the credential k was issued before anybody approved it"}
}

test_fires_when_it_works_on if {
	messages({"created": 500, "expires": 1001}, {"until": 1000}) == {"bot: the credential k works on after its last day"}
}

test_fires_for_both_apart if {
	count({f.key |
		some f in service_credential.finding with input as {
			"id": "service:bot",
			"name": "bot",
			"lifecycle": {
				"in_scope": false,
				"approved": {"by": {"id": "person:ann", "status": "active"}, "at": 500},
				"until": 1000,
				"credentials": [{"id": "k", "kind": "token", "temporary": false, "created": 1, "expires": 2000}],
			},
		}
	}) == 2
}

test_silent_within_its_life if {
	messages({"created": 500, "expires": 1000}, {"until": 1000}) == set()
	messages({}, {}) == set()
}
