# METADATA
# title: a small conflict
# custom:
#   id: HOUSE-001
#   severity: high
#   scope: principal
#   input: principal/v1
package house.two

import rego.v1

finding contains f if {
	some conflict in input.conflicts
	conflict.severity == "low"
	f := {"conflict": conflict.id, "systems": conflict.systems, "message": sprintf("%s meets a small conflict", [input.name])}
}
