package countersign.identity.mover_access_test

import rego.v1

import data.countersign.identity.mover_access

since := 1690000000

person(access) := {
	"id": "person:ann",
	"name": "ann",
	"employment": {"departed": false, "returned": false, "position_since": since},
	"access": access,
}

grant(from) := {"id": "role:erp/clerk", "kind": "grant", "system": "erp", "from": from}

findings(i) := f if {
	f := mover_access.finding with input as i with data.countersign.as_of as since + (30 * 86400)
}

test_fires_on_what_is_older_than_the_position if {
	some f in findings(person([grant(since - 1)]))
	f.message == "employment records ask for a review of the access of ann to erp"
	f.access == ["role:erp/clerk"]
	f.private == "in another position for 30 days"
}

test_fires_once_on_what_has_no_beginning if {
	github := {"id": "role:github/admin", "kind": "grant", "system": "github"}
	found := findings(person([grant(since - 1), github]))
	count(found) == 1
	some f in found
	f.message == "employment records ask for a review of the access of ann to erp, github"
}

test_silent_when_it_begins_with_the_position if {
	count(findings(person([grant(since), grant(since + 1)]))) == 0
}

test_silent_about_people_who_have_left if {
	gone := object.union(person([grant(since - 1)]), {"employment": {"departed": true, "position_since": since}})
	count(findings(gone)) == 0
}

test_silent_without_an_imported_position if {
	stayed := {"name": "ann", "employment": {"departed": false, "returned": true}, "access": [grant(1)]}
	count(findings(stayed)) == 0
}
