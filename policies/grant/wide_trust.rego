# METADATA
# title: an account lets strangers act as it
# description: >-
#   A role, service account or application may be acted as by somebody who is not described here: anybody, another
#   account of a cloud that need not be meant, or too many of those whom an issuer of tokens vouches for. Conditions
#   count for what they keep out, not for being there.
# custom:
#   id: CS-GRANT-004
#   severity: high
#   scope: principal
#   input: principal/v1
#   when: trusts
#   remediation: Name exactly who may act as it, and have the trust test it.
package countersign.grant.wide_trust

import rego.v1

# Anybody.
finding contains f if {
	some trust in input.trusts
	trust.kind == "anyone"
	not names_who(trust)
	f := about(trust, "anybody", anybody_severity(trust), sprintf("%s may act as %s%s", [who(trust), trust.name, secret(trust)]))
}

# Another account of AWS.
finding contains f if {
	some trust in input.trusts
	trust.kind == "account"
	count(trust.narrowed_by) == 0
	f := about(trust, "account", account_severity(trust), sprintf("%s may act as %s, and nothing asks for an external id or an organisation", [stranger(trust), trust.name]))
}

# Tokens of an issuer.
finding contains f if {
	some trust in input.trusts
	trust.kind == "federation"
	trust.admits in {"everybody", "owner", "project"}
	not by_audience(trust)
	f := about(trust, "subject", subject_severity(trust), sprintf("%s may act as %s%s", [let_in(trust), trust.name, because(trust)]))
}

# A test that lets nobody in is no danger, and not what somebody meant.
finding contains f if {
	some trust in input.trusts
	trust.kind == "federation"
	trust.admits == "nothing"
	f := about(trust, "nobody", "low", sprintf("nobody may act as %s by tokens of %s: no subject is ever %s", [trust.name, trust.party, quoted(trust)]))
}

# For whom the token was made. AWS holds it against the provider's list in any case.
finding contains f if {
	some trust in input.trusts
	trust.kind == "federation"
	trust.audience == false
	trust.issuer.kind != "cognito"
	f := about(trust, "audience", "low", sprintf("the trust of %s does not test for whom tokens of %s were made", [trust.name, trust.party]))
}

# What is granted to those whom anybody can be.
finding contains f if {
	some trust in input.trusts
	trust.kind == "public"
	f := about(trust, trust.account, public_severity(trust), sprintf("anybody (%s) is granted %s", [trust.party, trust.name]))
}

about(trust, matter, severity, message) := {
	"key": sprintf("%s by %s: %s", [trust.account, trust.party, matter]),
	"systems": [trust.system],
	"access": [trust.id],
	"severity": severity,
	"message": message,
}

# An external id is no name: whoever knows it may be anybody.
names_who(trust) if {
	some key in trust.narrowed_by
	lower(key) != "sts:externalid"
}

who(trust) := "anybody" if {
	trust.party == "anybody"
} else := sprintf("anybody (%s)", [trust.party])

secret(trust) := " who knows an external id" if {
	count(trust.narrowed_by) > 0
} else := ""

anybody_severity(trust) := "high" if {
	count(trust.narrowed_by) > 0
} else := "critical"

stranger(trust) := sprintf("the whole account %s, which nothing here describes,", [trust.party]) if {
	trust.whole
} else := sprintf("%s of an account that nothing here describes", [trust.party])

account_severity(trust) := "high" if {
	trust.whole
} else := "medium"

# Whose users an audience tells apart: an identity pool, an application.
by_audience(trust) if {
	trust.admits == "everybody"
	trust.audience
	trust.issuer.kind in {"cognito", "public", "other"}
}

subject_severity(trust) := "medium" if {
	count(trust.narrowed_by) > 0
} else := "critical" if {
	trust.admits == "everybody"
	trust.issuer.public
} else := "high" if {
	trust.admits in {"everybody", "owner"}
} else := "medium"

let_in(trust) := phrases[trust.issuer.kind][trust.admits] if {
	phrases[trust.issuer.kind][trust.admits]
} else := sprintf("%s of %s", [general[trust.admits], trust.party])

phrases := {
	"github": {
		"everybody": "any workflow of anybody on GitHub",
		"owner": "every repository of one owner",
		"project": "every branch and pull request of a repository",
	},
	"gitlab": {
		"everybody": "any pipeline of that GitLab",
		"owner": "every project of a group",
		"project": "every branch and tag of a project",
	},
	"terraform": {
		"everybody": "any workspace of anybody on HCP Terraform",
		"owner": "every workspace of an organisation or project",
	},
	"kubernetes": {
		"everybody": "every workload of the cluster",
		"project": "every workload of a namespace",
	},
}

general := {
	"everybody": "whoever has a token",
	"owner": "every project of one owner, by tokens",
	"project": "every branch and pull request of a project, by tokens",
}

because(trust) := sprintf(" (%s)", [quoted(trust)]) if {
	count(trust.subjects) > 0
} else := ": nothing tests whose token it is"

quoted(trust) := concat(" or ", [sprintf("`%s`", [subject]) | some subject in trust.subjects])

public_severity(_) := "critical" if {
	count(input.privileged_duties) > 0
} else := "high" if {
	startswith(input.name, "system:")
} else := "medium"
