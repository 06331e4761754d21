# METADATA
# title: nobody independent approved a service identity
# description: >-
#   Who approved that a bot, an integration or an agent exists is its owner, or operates it, or is no person who is
#   declared here. An approval by whoever gains by it is none.
# custom:
#   id: CS-NHI-004
#   severity: medium
#   scope: service_identity
#   input: service_identity/v1
#   remediation: Have somebody else approve it who neither owns nor operates it, and name them under `approved`.
package countersign.identity.service_approval

import rego.v1

approver := input.lifecycle.approved.by

finding contains f if {
	approver.id == input.owner.id
	f := {"key": "owner", "message": sprintf("%s was approved by its owner, %s", [input.name, approver.id])}
}

finding contains f if {
	some operator in input.operators
	operator.id == approver.id
	not operator.id == input.owner.id
	f := {"key": "operator", "message": sprintf("%s was approved by %s, who operates it", [input.name, approver.id])}
}

finding contains f if {
	approver.status == "unknown"
	f := {
		"key": "unknown",
		"message": sprintf("%s was approved by %s, who is no person that is declared here", [input.name, approver.id]),
	}
}
