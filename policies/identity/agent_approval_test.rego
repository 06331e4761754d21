package countersign.identity.agent_approval_test

import rego.v1

import data.countersign.identity.agent_approval

person(id) := {"id": id, "status": "active"}

agent(operators, approvers) := {
	"id": "service:agent",
	"name": "agent",
	"type": "ai_agent",
	"operators": operators,
	"approvers": approvers,
}

messages(document) := found if {
	found := {f.message | some f in agent_approval.finding} with input as document
}

test_fires_without_an_approver if {
	messages(agent([person("person:ann")], [])) == {"the AI agent agent has no approver"}
}

test_fires_where_approvers_are_left_out if {
	messages({"id": "service:agent", "name": "agent", "type": "ai_agent"}) == {"the AI agent agent has no approver"}
}

test_fires_when_no_approver_works_here if {
	gone := {{"id": "person:ben", "status": "departed"}, {"id": "person:zoe", "status": "unknown"}}
	found := messages(agent([person("person:ann")], [approver | some approver in gone]))
	found == {"no approver of the AI agent agent is an active person who is declared here"}
}

test_fires_when_an_operator_approves if {
	found := messages(agent([person("person:ann")], [person("person:ann"), person("person:ben")]))
	found == {"person:ann operates the AI agent agent and approves what it does"}
}

test_fires_on_a_conflict_with_its_operator if {
	shared := {
		"id": "P2P-03",
		"person": "person:ann",
		"severity": "critical",
		"systems": ["erp"],
		"its": ["approve supplier invoices"],
		"theirs": ["enter supplier invoices"],
	}
	found := messages(object.union(agent([person("person:ann")], [person("person:ben")]), {"shared_conflicts": [shared]}))
	found == {"the AI agent agent can approve supplier invoices, and person:ann, who controls it, can enter supplier invoices"}
}

test_silent_with_an_approver_of_its_own if {
	count(messages(agent([person("person:ann")], [person("person:ben")]))) == 0
}

test_silent_while_the_approver_is_on_leave if {
	count(messages(agent([person("person:ann")], [{"id": "person:ben", "status": "leave"}]))) == 0
}
