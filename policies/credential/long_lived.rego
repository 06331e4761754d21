# METADATA
# title: a declared credential lives too long
# description: >-
#   A credential never expires, or lives longer than the configuration allows. Whoever copies it once can
#   use it for as long as it lives.
# custom:
#   id: CS-CRED-001
#   severity: high
#   scope: credential
#   input: credential/v1
#   remediation: Use a credential that is issued for minutes (workload identity, OIDC federation, token requests), or give it an end within the allowed age.
package countersign.credential.long_lived

import rego.v1

finding contains f if {
	input.lifetime.kind == "unbounded"
	f := {
		"credential": input.id,
		"systems": [input.system],
		"message": sprintf("the %s %s of %s never expires", [object.get(words, input.kind, input.kind), input.id, input.holder.id]),
	}
}

finding contains f if {
	input.lifetime.kind == "bounded"
	days := lives
	days > input.max_age_days
	f := {
		"credential": input.id,
		"systems": [input.system],
		"message": sprintf(
			"the %s %s of %s lives %d days; at most %d are allowed",
			[object.get(words, input.kind, input.kind), input.id, input.holder.id, days, input.max_age_days],
		),
	}
}

# for how many days: as it is said, else from when it was made until it ends
lives := input.lifetime.days if input.lifetime.days

else := days if {
	start := object.get(input, "created", data.countersign.as_of)
	days := floor((input.lifetime.until - start) / 86400)
}

words := {
	"access_key": "access key",
	"service_account_key": "service account key",
	"token": "token",
	"password": "password",
	"certificate": "certificate",
	"ssh_key": "SSH key",
	"federated": "federated credential",
	"secret": "secret",
	"encryption_key": "encryption key",
}
