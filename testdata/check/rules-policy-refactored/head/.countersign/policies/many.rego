# METADATA
# title: a person holds too many duties
# custom:
#   id: HOUSE-001
#   severity: high
#   scope: principal
#   input: principal/v1
#   when: duties
#   remediation: Take some of them away.
package house.many

import rego.v1

# The most that is fine for one person.
most := 2

finding contains f if {
	too_many
	f := {"message": sprintf("%s has %d duties", [input.name, count(input.duties)])}
}

too_many if {
	most < count(input.duties)
	not is_other
}

is_other if input.kind != "person"
