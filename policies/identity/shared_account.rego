# METADATA
# title: an account is not one identity's
# description: >-
#   What an account does cannot be laid to anybody: several people claim it, or a person and a service do. It
#   is medium, and high when the account holds a privileged duty. An account that nobody claims is told as low
#   (recorded and not shown) and only when it holds a privileged duty or a conflict: a cluster has hundreds of
#   unlinked accounts that may do little, and naming them all would bury the rest. Roles that others assume
#   and cloud services are no accounts that somebody signs in with, and are left out.
# custom:
#   id: CS-NHI-010
#   severity: medium
#   scope: principal
#   input: principal/v1
#   when: attribution
#   remediation: Give each person and each service an account of its own, and link it in a Person or ServiceIdentity manifest.
package countersign.identity.shared_account

import rego.v1

finding contains f if {
	claims := input.attribution.claimed_by
	count(claims) > 1
	f := {
		"key": grades[privileged].key,
		"severity": grades[privileged].severity,
		"systems": [input.attribution.system],
		"message": sprintf("%s is used by %s%s", [input.id, concat(" and ", claims), grades[privileged].words]),
	}
}

finding contains f if {
	count(input.attribution.claimed_by) == 0
	signs_in
	count(input.privileged_duties) + count(input.conflicts) > 0
	f := {
		"key": "nobody",
		"severity": "low",
		"systems": [input.attribution.system],
		"message": sprintf("%s belongs to no person or service that is declared here", [input.id]),
	}
}

signs_in if not input.attribution.account in {"assumed_role", "cloud_service"}

privileged := count(input.privileged_duties) > 0

grades := {
	true: {"key": "shared and privileged", "severity": "high", "words": ", and holds a privileged duty"},
	false: {"key": "shared", "severity": "medium", "words": ""},
}
