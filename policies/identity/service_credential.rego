# METADATA
# title: a credential does not fit the life of its service identity
# description: >-
#   A credential was issued before anybody approved the service identity, or works on after its end.
# custom:
#   id: CS-NHI-007
#   severity: medium
#   scope: service_identity
#   input: service_identity/v1
#   remediation: Replace the credential by one that was issued after the approval and ends with the service identity.
package countersign.identity.service_credential

import rego.v1

finding contains f if {
	some credential in input.lifecycle.credentials
	credential.created < input.lifecycle.approved.at
	f := {
		"key": sprintf("%s: issued", [credential.id]),
		"message": sprintf("%s: the credential %s was issued before anybody approved it", [input.name, credential.id]),
	}
}

finding contains f if {
	some credential in input.lifecycle.credentials
	credential.expires > input.lifecycle.until
	f := {
		"key": sprintf("%s: ends", [credential.id]),
		"message": sprintf("%s: the credential %s works on after its last day", [input.name, credential.id]),
	}
}
