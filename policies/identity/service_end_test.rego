package countersign.identity.service_end_test

import rego.v1

import data.countersign.identity.service_end

service(life) := {
	"id": "service:bot",
	"name": "bot",
	"lifecycle": object.union({"in_scope": false, "accounts": 0, "grants": 0}, life),
}

messages(life, as_of) := {f.message |
	some f in service_end.finding with input as service(life)
		with data.countersign.as_of as as_of
}

test_fires_when_it_is_retired_and_holds_something if {
	messages({"retired": 1000, "accounts": 1, "grants": 2}, 1000) == {"bot was retired and still has accounts: 1, grants: 2"}
}

test_fires_when_its_last_day_is_over if {
	key := {"id": "k", "kind": "token", "temporary": false}
	messages({"until": 1000, "credentials": [key]}, 1000) == {"bot is past its last day and still has credentials: 1"}
}

test_fires_once_when_both_are_over if {
	count(messages({"until": 900, "retired": 1000, "accounts": 1}, 1000)) == 1
}

test_silent_before_its_end if {
	messages({"until": 1000, "accounts": 1, "grants": 1}, 999) == set()
	messages({"accounts": 1, "grants": 1}, 9999) == set()
}

test_silent_when_nothing_is_left if {
	old := {"id": "k", "kind": "token", "temporary": false, "expires": 800}
	messages({"retired": 1000, "credentials": [old]}, 2000) == set()
}
