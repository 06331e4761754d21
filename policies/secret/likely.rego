# METADATA
# title: a text may hold a secret
# description: >-
#   It is assigned to a name that says so and looks drawn by chance, or it is a secret that is short-lived,
#   encrypted or for tests.
# custom:
#   id: CS-SECRET-002
#   severity: medium
#   scope: secret
#   input: secret/v1
#   remediation: Look at it. A secret belongs in a secret store; what only looks like one needs nothing.
package countersign.secret.likely

import rego.v1

finding contains f if {
	input.tier == "advisory"
	input.verdict != "refuted"
	f := {"message": sprintf("%s in %s%s", [input.title, place, lives])}
}

place := sprintf("%s and %d more files", [input.files[0], count(input.files) - 1]) if {
	count(input.files) > 2
} else := concat(" and ", input.files)

lives := ": it is short-lived" if {
	input.lifetime.kind == "temporary"
} else := ""
