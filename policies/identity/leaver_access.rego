# METADATA
# title: access outlasts an employment
# description: >-
#   A person who has left still holds grants, memberships or the right to act as an account, by any of their
#   accounts. Whether a person has left is told by manifests or by imported employment facts (`--people`), and
#   the stricter of the two counts. The message says nothing of it, since messages travel into pull requests
#   and code scanning. Recording a departure reveals what remains and only warns; adding access blocks. A change
#   that takes a departure back is told too, since an approval by that person would count from then on.
# custom:
#   id: CS-LEAVER-001
#   severity: high
#   scope: principal
#   input: principal/v1
#   when: employment
#   remediation: Remove what the person holds, in the system and here, and give what must go on to somebody else.
package countersign.identity.leaver_access

import rego.v1

finding contains f if {
	input.employment.departed
	some system in {access.system | some access in input.access}
	f := {
		"systems": [system],
		"access": [access.id | some access in input.access; access.system == system],
		"message": sprintf("employment records do not support the access of %s to %s", [input.name, system]),
		"private": private,
	}
}

finding contains f if {
	input.employment.returned
	f := {
		"key": "returned",
		"severity": "medium",
		"message": sprintf("this change takes back what the target declares of the employment of %s", [input.name]),
	}
}

private := sprintf("left %d days ago", [floor((data.countersign.as_of - input.employment.ended) / 86400)]) if {
	input.employment.ended
} else := "has left; nobody gives the day"
