package countersign.identity.leaver_access_test

import rego.v1

import data.countersign.identity.leaver_access

as_of := 1700000000

day := 86400

clerk := {"id": "role:erp/clerk", "kind": "grant", "system": "erp"}

team := {"id": "group:erp/team", "kind": "membership", "system": "erp"}

admin := {"id": "role:github/admin", "kind": "grant", "system": "github"}

person(employment, access) := {
	"id": "person:ann",
	"name": "ann",
	"employment": object.union({"departed": true, "returned": false}, employment),
	"access": access,
}

findings(i) := f if {
	f := leaver_access.finding with input as i with data.countersign.as_of as as_of
}

test_fires_once_a_system if {
	found := findings(person({}, [clerk, team, admin]))
	{f.systems[0] | some f in found} == {"erp", "github"}
	count(found) == 2
	some f in found
	f.systems == ["erp"]
	f.access == ["role:erp/clerk", "group:erp/team"]
}

test_fires_without_dates_in_the_message if {
	some f in findings(person({"ended": as_of - (12 * day)}, [clerk]))
	f.message == "employment records do not support the access of ann to erp"
	f.private == "left 12 days ago"
}

test_fires_when_nobody_gives_the_day if {
	some f in findings(person({}, [clerk]))
	f.private == "has left; nobody gives the day"
}

test_fires_when_a_departure_is_taken_back if {
	found := findings(person({"returned": true}, []))
	count(found) == 1
	some f in found
	f.key == "returned"
	f.severity == "medium"
}

test_silent_when_nothing_is_held if {
	count(findings(person({}, []))) == 0
}

test_silent_about_people_who_work_here if {
	count(findings(person({"departed": false, "position_since": 1}, [clerk]))) == 0
}
