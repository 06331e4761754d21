# METADATA
# title: a service identity holds more than its purpose says
# description: >-
#   A bot, an integration or an agent declares what it may hold, and holds more. What nobody meant it to do is what
#   somebody who takes it over can do, and what no review of its purpose looks at.
# custom:
#   id: CS-NHI-003
#   severity: high
#   scope: service_identity
#   input: service_identity/v1
#   when: excess
#   remediation: Take away what is beyond the purpose, or name it under `may_hold` and have the owner answer for it.
package countersign.identity.service_purpose

import rego.v1

finding contains f if {
	count(input.excess) > 0
	f := {
		"severity": severity,
		"message": sprintf("%s holds more than its purpose says: %s", [input.name, concat("; ", listed)]),
	}
}

# Names in order; many are counted.
titles := sort({title | some own in input.excess; title := sprintf("%s in %s", [own.title, own.system])})

most := 3

listed := titles if count(titles) <= most

listed := array.concat(array.slice(titles, 0, most), [sprintf("and %d more", [count(titles) - most])]) if {
	count(titles) > most
}

critical if {
	some own in input.excess
	own.severity == "critical"
}

duties if {
	some own in input.excess
	own.kind == "duty"
}

severity := "critical" if critical

severity := "high" if {
	duties
	not critical
}

severity := "medium" if {
	not duties
	not critical
}
