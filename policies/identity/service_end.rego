# METADATA
# title: a service identity outlives its end
# description: >-
#   A bot, an integration or an agent was retired, or the last day has passed on which it was needed, and it still has
#   an account, a credential or access. What nobody watches any more is what somebody else takes over.
# custom:
#   id: CS-NHI-006
#   severity: high
#   scope: service_identity
#   input: service_identity/v1
#   remediation: Remove its accounts, credentials and grants, or say until when it is needed and why.
package countersign.identity.service_end

import rego.v1

finding contains f if {
	some ended in ends
	count(left) > 0
	f := {"message": sprintf("%s %s and still has %s", [input.name, ended, concat(", ", sort(left))])}
}

ends contains "was retired" if data.countersign.as_of >= input.lifecycle.retired

ends contains "is past its last day" if {
	data.countersign.as_of >= input.lifecycle.until
	not retired
}

retired if data.countersign.as_of >= input.lifecycle.retired

left contains sprintf("accounts: %d", [input.lifecycle.accounts]) if input.lifecycle.accounts > 0

left contains sprintf("grants: %d", [input.lifecycle.grants]) if input.lifecycle.grants > 0

left contains sprintf("credentials: %d", [count(alive)]) if count(alive) > 0

alive contains credential.id if {
	some credential in input.lifecycle.credentials
	not over(credential)
}

over(credential) if data.countersign.as_of >= credential.expires
