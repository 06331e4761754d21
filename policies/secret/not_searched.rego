# METADATA
# title: a file could not be searched for secrets
# description: >-
#   It could not be read, became shorter while it was read, or holds more than can be listed. What stands in it
#   is not known.
# custom:
#   id: CS-SECRET-004
#   severity: high
#   scope: document
#   input: document/v1
#   remediation: Make the file readable, or take it out of the tree. `countersign secrets` says the reason for each file.
package countersign.secret.not_searched

import rego.v1

finding contains f if {
	input.gap == "not_searched"
	f := {"message": sprintf("%s could not be searched for secrets: %s", [input.file, input.reason])}
}
