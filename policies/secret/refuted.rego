# METADATA
# title: what looks like a secret is none
# description: >-
#   A checksum is wrong, it does not decode, or it is a placeholder, a reference or a digest. It is kept as a
#   record, so that nothing is left out in silence.
# custom:
#   id: CS-SECRET-003
#   severity: low
#   scope: secret
#   input: secret/v1
#   remediation: Nothing, unless it is one after all.
package countersign.secret.refuted

import rego.v1

finding contains f if {
	input.verdict == "refuted"
	f := {"message": sprintf("%s in %s is none: %s", [input.title, place, why])}
}

place := sprintf("%s and %d more files", [input.files[0], count(input.files) - 1]) if {
	count(input.files) > 2
} else := concat(" and ", input.files)

why := object.get(words, input.refuted_by, "it is refuted")

words := {
	"checksum": "its checksum is wrong",
	"structure": "it does not decode",
	"placeholder": "it is a placeholder",
	"reference": "it is a reference",
	"ciphertext": "it is encrypted",
	"identifier": "it is a digest or an identifier",
	"allowed": "its rule allows it",
}
