# METADATA
# title: a service identity has no active owner
# description: >-
#   Nobody who still works here answers for a bot, an integration or an agent, so nobody reviews what it may
#   do or notices when it is misused.
# custom:
#   id: CS-NHI-001
#   severity: high
#   scope: service_identity
#   input: service_identity/v1
#   remediation: Name an active person as owner, or remove the service identity and what it was granted.
package countersign.identity.service_owner

import rego.v1

finding contains {"message": sprintf("%s has no owner", [input.name])} if {
	not input.owner
}

finding contains f if {
	input.owner.status == "departed"
	not input.owner.imported
	f := {"message": sprintf("the owner of %s, %s, has left", [input.name, input.owner.id])}
}

# What only imported employment facts say is in no message, since messages travel.
finding contains f if {
	input.owner.status == "departed"
	input.owner.imported
	f := {
		"message": sprintf("the owner of %s, %s, is no active person who is declared here", [input.name, input.owner.id]),
		"private": "has left",
	}
}

finding contains f if {
	input.owner.status == "unknown"
	f := {"message": sprintf("the owner of %s, %s, is not a person who is declared here", [input.name, input.owner.id])}
}
