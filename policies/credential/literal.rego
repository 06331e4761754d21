# METADATA
# title: a secret is written where a reference belongs
# description: >-
#   The value of a credential stands in a definition. Whoever reads the repository or its history has it, and it stays
#   there after it is replaced.
# custom:
#   id: CS-CRED-003
#   severity: high
#   scope: credential
#   input: credential/v1
#   remediation: Replace the credential, since it was readable, and let the definition refer to a secret store instead.
package countersign.credential.literal

import rego.v1

finding contains f if {
	input.literal
	f := {
		"credential": input.id,
		"systems": [input.system],
		"message": sprintf("the value of the %s %s is written in the definition", [object.get(words, input.kind, input.kind), input.id]),
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
