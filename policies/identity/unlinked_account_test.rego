package countersign.identity.unlinked_account_test

import rego.v1

import data.countersign.identity.unlinked_account

link := {"account": "account:erp/ann", "system": "erp", "was": "person:ann"}

test_fires_when_the_link_is_gone if {
	findings := unlinked_account.finding with input as {"unlinked": [link]}
	some f in findings
	f.key == "account:erp/ann"
	f.message == "account:erp/ann still holds access and is no longer linked to person:ann"
}

test_fires_when_the_account_moved if {
	moved := object.union(link, {"now": "person:ben"})
	findings := unlinked_account.finding with input as {"unlinked": [moved]}
	some f in findings
	f.message == "account:erp/ann still holds access and moved from person:ann to person:ben"
}

test_silent_when_nothing_was_unlinked if {
	findings := unlinked_account.finding with input as {"unlinked": []}
	count(findings) == 0
}
