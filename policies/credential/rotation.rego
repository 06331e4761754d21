# METADATA
# title: nothing replaces a credential, or too seldom
# description: >-
#   A secret or key that its store could replace by itself is not replaced, or later than the configuration allows. What
#   was copied once works until somebody thinks of it.
# custom:
#   id: CS-CRED-004
#   severity: medium
#   scope: credential
#   input: credential/v1
#   remediation: Turn rotation on, at least as often as the configuration asks.
package countersign.credential.rotation

import rego.v1

finding contains f if {
	input.rotation.kind == "off"
	f := {
		"credential": input.id,
		"systems": [input.system],
		"message": sprintf("nothing replaces the %s %s", [object.get(words, input.kind, input.kind), input.id]),
	}
}

finding contains f if {
	input.rotation.kind == "every"
	input.rotation.days > input.max_age_days
	f := {
		"credential": input.id,
		"systems": [input.system],
		"message": sprintf(
			"the %s %s is replaced every %d days; at most %d are allowed",
			[object.get(words, input.kind, input.kind), input.id, input.rotation.days, input.max_age_days],
		),
	}
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
