# METADATA
# title: everything of a kind is held, by a wildcard
# description: >-
#   A principal may do everything in a service, what that will offer one day too. Nobody has judged what is not there yet,
#   and nobody is asked when it comes.
# custom:
#   id: CS-GRANT-003
#   severity: high
#   scope: principal
#   input: principal/v1
#   when: privileged_duties
#   remediation: Name the actions that are needed instead of the wildcard, and what they are needed on.
package countersign.grant.wildcard

import rego.v1

finding contains f if {
	some duty in input.privileged_duties
	duty.open_ended
	f := {
		"duty": duty.id,
		"systems": [duty.system],
		"severity": duty.severity,
		"message": sprintf("%s would be able to %s in %s", [input.name, duty.title, duty.system]),
	}
}
