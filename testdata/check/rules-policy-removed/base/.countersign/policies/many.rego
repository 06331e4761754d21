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

finding contains {"message": sprintf("%s holds %d duties", [input.name, count(input.duties)])} if {
	input.kind == "person"
	count(input.duties) > 2
}
