# METADATA
# title: one principal holds conflicting duties indirectly
# description: >-
#   Some side of a conflict is held only by way of something that the principal controls: a pipeline that it may
#   write, a bot, an integration or an agent that it answers for or operates. It takes one more step than access of
#   one's own, and it is a way around the separation all the same.
# custom:
#   id: CS-SOD-003
#   severity: high
#   scope: principal
#   input: principal/v1
#   when: indirect_conflicts
#   remediation: Have somebody else approve what the pipeline or the service identity does, give the service identity another owner, or take away one side.
package countersign.sod.indirect_conflict

import rego.v1

finding contains f if {
	some conflict in input.indirect_conflicts
	f := {
		"conflict": conflict.id,
		"systems": conflict.systems,
		"severity": conflict.severity,
		"message": sprintf("%s would hold conflicting duties indirectly, %s: %s; %s", [
			input.name, concat(" and ", conflict.through), conflict.title, guards(conflict),
		]),
	}
}

guards(conflict) := "nothing that is declared stands in the way" if not conflict.guards

guards(conflict) := concat(" and ", conflict.guards) if conflict.guards
