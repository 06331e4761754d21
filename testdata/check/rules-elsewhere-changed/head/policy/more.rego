# METADATA
# title: a person holds any duty at all
# custom:
#   id: HOUSE-002
#   severity: low
#   scope: principal
#   input: principal/v1
#   when: duties
#   remediation: None is needed.
package house.more

import rego.v1

finding contains {"message": sprintf("%s holds %d duties", [input.name, count(input.duties)])}
