# METADATA
# title: a way to administer a system
# description: >-
#   A principal does not administer the system, and could come to: by what it may do to identities, policies, code or
#   credentials, in one step or in several. Each step is shown with the permission that it takes.
# custom:
#   id: CS-GRANT-002
#   severity: critical
#   scope: principal
#   input: principal/v1
#   when: escalations
#   remediation: Take away one of the permissions of the way, limit it to resources that lead nowhere, or keep the identity that it reaches out of reach.
package countersign.grant.escalation

import rego.v1

finding contains f if {
	some escalation in input.escalations
	f := {
		"duty": "SUPER",
		"systems": [escalation.system],
		"message": message(escalation.system, escalation.ways[0]),
	}
}

message(system, way) := sprintf("%s could come to administer %s: %s", [input.name, system, steps(way)]) if {
	count(way.unknowns) == 0
}

message(system, way) := sprintf("%s may be able to come to administer %s: %s; it is not known %s", [
	input.name,
	system,
	steps(way),
	concat(", and ", way.unknowns),
]) if {
	count(way.unknowns) > 0
}

steps(way) := concat(", then ", [step(s) | some s in way.steps])

step(s) := sprintf("%s (%s)", [s.title, s.reaches]) if s.reaches

step(s) := s.title if {
	not s.reaches
	s.declared
}

step(s) := sprintf("%s (one that is not declared here)", [s.title]) if not s.declared
