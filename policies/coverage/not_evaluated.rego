# METADATA
# title: a definition could not be evaluated
# description: >-
#   A file is recognised as a definition of access and could not be read, so what it gives is not known.
# custom:
#   id: CS-COVER-001
#   severity: high
#   scope: document
#   input: document/v1
#   remediation: Mend the file so that it can be read. A file that is not meant as a definition can be named under `exclude` in countersign.yaml.
package countersign.coverage.not_evaluated

import rego.v1

finding contains f if {
	input.gap == "broken"
	f := {
		"severity": "high",
		"message": sprintf("%s could not be evaluated: %s", [input.file, input.reason]),
	}
}

# A form that is not read yet, such as a template, is shown and stops nothing.
finding contains f if {
	input.gap == "unsupported"
	f := {
		"severity": "medium",
		"message": sprintf("%s was not evaluated: %s", [input.file, input.reason]),
	}
}

# Definitions that a change puts where nothing is read are out of sight, and may be in force all the same.
finding contains f if {
	input.gap == "not_read"
	input.format != ""
	f := {
		"severity": "medium",
		"message": sprintf("%s was not evaluated: %s", [input.file, input.reason]),
	}
}
