# METADATA
# title: a small conflict
# custom:
#   id: CS-SOD-001
#   severity: high
#   scope: principal
#   input: principal/v1
package house.mine

import rego.v1

finding contains f if {
	some conflict in input.conflicts
	conflict.severity == "low"
	f := {"conflict": conflict.id, "systems": conflict.systems, "message": sprintf("%s meets a small conflict", [input.name])}
}
