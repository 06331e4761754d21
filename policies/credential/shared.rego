# METADATA
# title: a workload uses somebody's credential, or several use one
# description: >-
#   A credential of a person works for a workload, which then acts as that person and stops when the person leaves. Or one
#   credential serves several workloads: what one of them loses, all lose, and no log tells which of them acted.
# custom:
#   id: CS-CRED-005
#   severity: medium
#   scope: credential
#   input: credential/v1
#   remediation: Give each workload an identity and a credential of its own.
package countersign.credential.shared

import rego.v1

finding contains f if {
	input.person
	count(input.used_by) > 0
	f := {
		"credential": input.id,
		"systems": [input.system],
		"key": "person",
		"severity": "high",
		"message": sprintf(
			"%s uses the credential %s, which is %s's own",
			[concat(", ", input.used_by), input.id, input.person],
		),
	}
}

finding contains f if {
	count(input.used_by) > 1
	f := {
		"credential": input.id,
		"systems": [input.system],
		"key": "shared",
		"message": sprintf(
			"%d workloads use one credential, %s: %s",
			[count(input.used_by), input.id, concat(", ", input.used_by)],
		),
	}
}
