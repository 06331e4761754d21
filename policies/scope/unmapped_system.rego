# METADATA
# title: a system in scope is mapped to no process
# description: >-
#   Access to a system is declared in scope, and nothing says which process of financial reporting the system carries,
#   or why it carries none. Whoever reads the access cannot tell what depends on it.
# custom:
#   id: CS-SCOPE-001
#   severity: low
#   scope: repository
#   input: repository/v1
#   remediation: Name the processes in the System manifest, or say there under `excluded` why it carries none.
package countersign.scope.unmapped_system

import rego.v1

finding contains f if {
	some thing in input.owned
	thing.kind == "system"
	thing.reporting.in_scope
	thing.reporting.processes == []
	not thing.reporting.excluded
	f := {"key": thing.id, "message": sprintf(words[thing.reporting.described], [thing.name])}
}

words := {
	true: "the system %s is in scope, and its manifest names no process that it carries",
	false: "the system %s is in scope, and no manifest describes it",
}
