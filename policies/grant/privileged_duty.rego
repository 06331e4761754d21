# METADATA
# title: a privileged duty is held
# description: >-
#   A principal holds an ability that needs an approval by itself, such as administering a whole system.
#   The gate looks for the approval; this policy only states that the duty is held. Everything of a service by a wildcard
#   is the business of CS-GRANT-003.
# custom:
#   id: CS-GRANT-001
#   severity: high
#   scope: principal
#   input: principal/v1
#   when: privileged_duties
#   remediation: Grant something narrower, or have the grant approved by someone who neither receives nor proposes it.
package countersign.grant.privileged_duty

import rego.v1

finding contains f if {
	some duty in input.privileged_duties
	not duty.open_ended
	f := {
		"duty": duty.id,
		"systems": [duty.system],
		"severity": duty.severity,
		"message": sprintf("%s would be able to %s in %s", [input.name, duty.title, duty.system]),
	}
}
