package countersign.grant.wide_trust_test

import rego.v1

import data.countersign.grant.wide_trust

base := {
	"id": "t",
	"account": "account:aws:1/role/deployer",
	"name": "role/deployer",
	"system": "aws:1",
	"party": "anybody",
	"kind": "anyone",
	"narrowed_by": [],
	"unsure": false,
}

found(trust) := {[f.severity, f.message] |
	some f in wide_trust.finding with input as {"name": "x", "privileged_duties": [], "trusts": [object.union(base, trust)]}
}

github := {
	"kind": "federation",
	"party": "token.actions.githubusercontent.com",
	"issuer": {"host": "token.actions.githubusercontent.com", "kind": "github", "public": true},
	"audience": true,
}

test_fires_for_anybody if {
	found({}) == {["critical", "anybody may act as role/deployer"]}
}

test_fires_for_anybody_who_knows_a_secret if {
	found({"narrowed_by": ["sts:ExternalId"]}) == {["high", "anybody may act as role/deployer who knows an external id"]}
}

test_silent_when_anybody_is_of_the_organisation if {
	count(found({"narrowed_by": ["aws:PrincipalOrgID"]})) == 0
}

test_fires_for_another_account if {
	trust := {"kind": "account", "party": "aws:2", "whole": true}
	{severity | some [severity, _] in found(trust)} == {"high"}
	{severity | some [severity, _] in found(object.union(trust, {"whole": false}))} == {"medium"}
}

test_silent_when_the_other_account_is_meant if {
	count(found({"kind": "account", "party": "aws:2", "whole": true, "narrowed_by": ["sts:ExternalId"]})) == 0
}

severity_of(admits) := {s | some [s, _] in found(object.union(github, {"admits": admits, "subjects": ["repo:acme/*"]}))}

test_fires_for_subjects_by_how_many_they_are if {
	severity_of("everybody") == {"critical"}
	severity_of("owner") == {"high"}
	severity_of("project") == {"medium"}
	severity_of("nothing") == {"low"}
}

test_silent_when_one_subject_is_named if {
	count(found(object.union(github, {"admits": "one", "subjects": ["repo:acme/app:ref:refs/heads/main"]}))) == 0
	count(found(github)) == 0
}

test_fires_when_the_subject_is_not_tested if {
	messages := {message | some [_, message] in found(object.union(github, {"admits": "everybody"}))}
	messages == {"any workflow of anybody on GitHub may act as role/deployer: nothing tests whose token it is"}
}

test_fires_as_high_for_a_cluster if {
	cluster := {"issuer": {"host": "oidc.eks.x", "kind": "kubernetes", "public": false}, "party": "oidc.eks.x"}
	found(object.union(object.union(github, cluster), {"admits": "everybody"})) == {["high", "every workload of the cluster may act as role/deployer: nothing tests whose token it is"]}
}

test_fires_as_low_without_an_audience if {
	trust := object.union(github, {"admits": "one", "audience": false})
	{severity | some [severity, _] in found(trust)} == {"low"}
}

test_silent_when_an_audience_tells_users_apart if {
	pool := {"issuer": {"host": "cognito-identity.amazonaws.com", "kind": "cognito", "public": true}, "admits": "everybody"}
	count(found(object.union(github, pool))) == 0
}

test_fires_for_what_anybody_is_granted if {
	trust := {"kind": "public", "party": "allUsers", "account": "role:gcp/roles/x", "name": "roles/x"}
	found(trust) == {["medium", "anybody (allUsers) is granted roles/x"]}
	privileged := {f.severity |
		some f in wide_trust.finding with input as {
			"name": "allUsers",
			"privileged_duties": [{"id": "SUPER"}],
			"trusts": [object.union(base, trust)],
		}
	}
	privileged == {"critical"}
}

test_silent_when_nobody_is_trusted if {
	findings := wide_trust.finding with input as {"name": "x", "privileged_duties": [], "trusts": []}
	count(findings) == 0
}
