package countersign.review.independence_test

import rego.v1

import data.countersign.review.independence

item(more) := object.union(
	{
		"item": "sha256:1", "principal": "person:ann", "what": "role:erp/clerk", "system": "erp",
		"reviewer": "person:max", "subjects": ["person:ann"], "flags": [], "access": "same",
	},
	more,
)

by(who) := {"decision": {
	"disposition": "keep", "reason": "", "decided": 5, "by": {"id": who, "status": "active"},
	"deputy": false, "control_owner": false, "landed": true,
}}

found(items) := f if {
	f := independence.finding with input as {
		"kind": "access_review", "id": "R", "campaign": {"items": items},
	}
}

said(one, text) if {
	some f in found([one])
	contains(f.message, text)
}

test_silent_when_the_reviewer_who_was_asked_decides if {
	count(found([item(by("person:max"))])) == 0
}

test_silent_without_a_decision if {
	count(found([item({})])) == 0
	count(found([object.remove(item({}), ["reviewer"])])) == 0
}

test_silent_when_a_deputy_decides if {
	count(found([item(object.union(by("person:eve"), {"decision": {"deputy": true}}))])) == 0
}

test_fires_when_the_subject_decides if {
	said(item(object.union(by("person:ann"), {"decision": {"deputy": true}})), "their own access")
}

test_fires_when_the_provisioner_decides if {
	said(item(object.union(by("person:max"), {"provisioner": "person:max"})), "last changed what grants it")
}

test_fires_when_somebody_decides_who_has_left if {
	said(item(object.union(by("person:max"), {"decision": {"by": {"status": "departed"}}})), "does not work here")
	said(item(object.union(by("person:max"), {"decision": {"by": {"status": "unknown"}}})), "does not work here")
}

test_fires_when_somebody_else_decides if {
	said(item(by("person:eve")), "person:max was asked")
	said(item(object.union(by("person:eve"), {"decision": {"control_owner": true}})), "person:max was asked")
}

test_fires_when_nobody_was_asked_and_no_owner_of_the_controls_decides if {
	said(object.remove(item(by("person:eve")), ["reviewer"]), "nobody was asked")
}

test_silent_when_nobody_was_asked_and_an_owner_of_the_controls_decides if {
	owner := object.union(by("person:eve"), {"decision": {"control_owner": true}})
	count(found([object.remove(item(owner), ["reviewer"])])) == 0
}
