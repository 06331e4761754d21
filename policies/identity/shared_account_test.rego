package countersign.identity.shared_account_test

import rego.v1

import data.countersign.identity.shared_account

super := {"id": "SUPER", "title": "administer a whole system", "system": "erp", "severity": "critical"}

account(attribution, privileged) := {
	"id": "account:erp/SHARED",
	"kind": "account",
	"attribution": object.union({"system": "erp", "claimed_by": []}, attribution),
	"privileged_duties": privileged,
	"conflicts": [],
}

findings(i) := f if {
	f := shared_account.finding with input as i
}

both := {"claimed_by": ["person:ann", "service:bot"]}

test_fires_when_a_person_and_a_service_share_it if {
	some f in findings(account(both, []))
	f.message == "account:erp/SHARED is used by person:ann and service:bot"
	f.severity == "medium"
}

test_fires_higher_when_it_is_privileged if {
	some f in findings(account(both, [super]))
	f.severity == "high"
	f.key == "shared and privileged"
}

test_fires_low_when_it_is_nobodys_and_privileged if {
	some f in findings(account({"account": "service_account"}, [super]))
	f.severity == "low"
	f.key == "nobody"
}

test_fires_when_no_definition_says_what_it_is if {
	count(findings(account({}, [super]))) == 1
}

test_silent_when_it_is_nobodys_and_holds_little if {
	count(findings(account({}, []))) == 0
}

test_silent_about_roles_that_others_assume if {
	count(findings(account({"account": "assumed_role"}, [super]))) == 0
}
