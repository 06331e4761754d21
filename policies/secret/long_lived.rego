# METADATA
# title: a long-lived secret stands in a text
# description: >-
#   Whoever can read the repository, a copy of it or the logs of its jobs can use the secret for as long as it
#   lives. Taking it out of the text does not take it out of the history: it has to be revoked.
# custom:
#   id: CS-SECRET-001
#   severity: high
#   scope: secret
#   input: secret/v1
#   remediation: Take it out of the text, and read it from a secret store or use an identity that needs no secret (OIDC, workload identity). An exception can name it by its digest.
package countersign.secret.long_lived

import rego.v1

finding contains f if {
	input.tier == "blocking"
	input.verdict != "refuted"
	f := {"message": sprintf("%s in %s: %s", [input.title, place, lives])}
}

place := sprintf("%s and %d more files", [input.files[0], count(input.files) - 1]) if {
	count(input.files) > 2
} else := concat(" and ", input.files)

lives := "it lives until somebody revokes it" if {
	input.lifetime.kind == "unbounded"
} else := sprintf("it lives for %d more days", [ceil((input.lifetime.until - data.countersign.as_of) / 86400)]) if {
	input.lifetime.kind == "bounded"
} else := "nothing in it says that it ends"
