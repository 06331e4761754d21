# METADATA
# title: too little is asked of passwords
# description: >-
#   A password policy takes passwords that can be guessed, or none is declared where people have passwords. The bounds are
#   those of PCI DSS 4.0, 8.3.4, 8.3.6 and 8.3.7: twelve signs of two kinds, none of the last four, ten attempts.
# custom:
#   id: CS-CRED-006
#   severity: medium
#   scope: credential
#   input: credential/v1
#   remediation: Ask for at least twelve signs of two kinds, refuse the last four passwords, and lock after ten attempts; better, let people in by single sign-on alone.
package countersign.credential.passwords

import rego.v1

finding contains f if {
	input.passwords.declared == true
	count(faults) > 0
	f := {
		"credential": input.id,
		"systems": [input.system],
		"key": "weak",
		"message": sprintf("%s asks too little of passwords: %s", [input.id, concat(", ", sort(faults))]),
	}
}

finding contains f if {
	input.passwords.declared == false
	f := {
		"credential": input.id,
		"systems": [input.system],
		"key": "absent",
		"message": sprintf(
			"%s has a password, and no definition says what %s asks of passwords",
			[input.holder.id, input.system],
		),
	}
}

faults contains sprintf("%d signs are enough, 12 are asked for", [input.passwords.min_length]) if {
	input.passwords.min_length < 12
}

faults contains sprintf("%d kinds of signs are enough, 2 are asked for", [input.passwords.classes]) if {
	input.passwords.classes < 2
}

faults contains sprintf("the last %d may not come again, 4 are asked for", [input.passwords.history]) if {
	input.passwords.history < 4
}

faults contains sprintf("%d attempts are allowed, 10 at most are asked for", [input.passwords.attempts]) if {
	input.passwords.attempts > 10
}
