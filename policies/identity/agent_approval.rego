# METADATA
# title: nobody independent approves what an AI agent does
# description: >-
#   An AI agent decides by itself what to do next. Whoever may change its instructions, tools or credentials
#   decides what that will be, so somebody else has to approve what it does, and it must not approve what they do.
# custom:
#   id: CS-SOD-004
#   severity: high
#   scope: service_identity
#   input: service_identity/v1
#   when: ai_agent
#   remediation: Name an approver who does not operate the agent, and take from the agent or from its operator one side of each conflict between them.
package countersign.identity.agent_approval

import rego.v1

operators := {operator.id | some operator in input.operators}

finding contains f if {
	count(object.get(input, "approvers", [])) == 0
	f := {"key": "approver", "message": sprintf("the AI agent %s has no approver", [input.name])}
}

# That an approver has left is said where it is declared; otherwise no more than that nobody is there.
finding contains f if {
	count(input.approvers) > 0
	count([approver | some approver in input.approvers; approver.status in {"active", "leave"}]) == 0
	f := {
		"key": "approver",
		"message": sprintf("no approver of the AI agent %s is an active person who is declared here", [input.name]),
	}
}

finding contains f if {
	some approver in input.approvers
	approver.id in operators
	f := {
		"key": sprintf("operator %s", [approver.id]),
		"message": sprintf("%s operates the AI agent %s and approves what it does", [approver.id, input.name]),
	}
}

# The operator's own finding is CS-SOD-003. This one warns the agent's owner, as that one warns the operator.
finding contains f if {
	some shared in input.shared_conflicts
	f := {
		"key": sprintf("conflict %s %s", [shared.id, shared.person]),
		"systems": shared.systems,
		"severity": "medium",
		"message": sprintf("the AI agent %s can %s, and %s, who controls it, can %s", [
			input.name, concat(" and ", shared.its), shared.person, concat(" and ", shared.theirs),
		]),
	}
}
