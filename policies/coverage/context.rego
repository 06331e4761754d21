# METADATA
# title: access of another repository cannot be relied on
# description: >-
#   The configuration names a graph of another repository's access that is not there, is not the one that is
#   pinned, cannot be read, or is older than allowed. Conflicts with what stands there may go unseen.
# custom:
#   id: CS-COVER-002
#   severity: high
#   scope: repository
#   input: repository/v1
#   remediation: Write the graph anew with `countersign access export` in the repository that it is of, and pin its digest under `context` in countersign.yaml.
package countersign.coverage.context

import rego.v1

finding contains f if {
	some graph in input.context
	graph.state in {"missing", "altered", "broken"}
	f := {
		"key": graph.id,
		"message": sprintf("the graph %s counts for nothing: %s", [graph.file, words[graph.state]]),
	}
}

# What is old counts all the same: it is more than nothing.
finding contains f if {
	some graph in input.context
	graph.state == "stale"
	f := {
		"key": graph.id,
		"severity": "medium",
		"message": sprintf(
			"the graph %s is %d days old; at most %d are allowed",
			[graph.file, graph.age_days, graph.max_age_days],
		),
	}
}

words := {
	"missing": "there is no such file",
	"altered": "it is not the file whose digest is pinned",
	"broken": "it cannot be read",
}
