# METADATA
# title: an account that holds access was unlinked from its person
# description: >-
#   The change takes an account away from the identity it belonged to, or gives it to another one, while the
#   account still holds access. Conflicts between that account and the others would no longer be seen.
# custom:
#   id: CS-LINK-001
#   severity: high
#   scope: principal
#   input: principal/v1
#   when: unlinked
#   remediation: Keep the link, or remove what the account was granted in the same change.
package countersign.identity.unlinked_account

import rego.v1

finding contains f if {
	some link in input.unlinked
	not link.now
	f := {
		"key": link.account,
		"systems": [link.system],
		"message": sprintf("%s still holds access and is no longer linked to %s", [link.account, link.was]),
	}
}

finding contains f if {
	some link in input.unlinked
	link.now
	f := {
		"key": link.account,
		"systems": [link.system],
		"message": sprintf("%s still holds access and moved from %s to %s", [link.account, link.was, link.now]),
	}
}
