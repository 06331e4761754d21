# Asks every policy about every document, and compares what it says with what is expected. `opa eval` of
# `data.countersign.export.report` does so for all documents; with one document as input, the rule of its scope
# (`data.countersign.export.principal` …) gives what the policies say of it.
package countersign.export

import rego.v1

exported := data.countersign.exported

report := {
	"differences": differences,
	"documents": count(found),
	"findings": sum([count(answers) | some answers in found]),
	"principals derived again": principals,
}

default principals := 0

principals := count(data.countersign.atoms.sample)

differences contains {"document": name, "not found": f} if {
	some name, answers in expected
	some f in answers
	not f in object.get(found, name, set())
}

differences contains {"document": name, "not expected": f} if {
	some name, answers in found
	some f in answers
	not f in object.get(expected, name, set())
}

differences contains {"document": name, "neither here nor there": true} if {
	some name in object.keys(found) - object.keys(expected)
}

differences contains {"document": name, "neither here nor there": true} if {
	some name in object.keys(expected) - object.keys(exported.inputs)
}

differences contains d if some d in data.countersign.derive.differences

expected := {name: {answer(f.policy, f) | some f in listed} | some name, listed in exported.expected}

# What a policy says without the words for people, which are no part of a verdict. Lists are sets: their order says
# nothing.
answer(policy, f) := object.union({"policy": policy}, {key: plain(value) |
	some key, value in f
	not key in {"message", "private", "policy"}
	not value in {null, [], set()}
})

plain(value) := {item | some item in value} if not is_string(value)

plain(value) := value if is_string(value)

found[name] := answers if {
	some name, one in exported.inputs
	exported.subjects[name].query == "principal"
	answers := principal with input as one
}

found[name] := answers if {
	some name, one in exported.inputs
	exported.subjects[name].query == "role"
	answers := role with input as one
}

found[name] := answers if {
	some name, one in exported.inputs
	exported.subjects[name].query == "service_identity"
	answers := service_identity with input as one
}

found[name] := answers if {
	some name, one in exported.inputs
	exported.subjects[name].query == "credential"
	answers := credential with input as one
}

found[name] := answers if {
	some name, one in exported.inputs
	exported.subjects[name].query == "document"
	answers := document with input as one
}

found[name] := answers if {
	some name, one in exported.inputs
	exported.subjects[name].query == "record"
	answers := record with input as one
}

found[name] := answers if {
	some name, one in exported.inputs
	exported.subjects[name].query == "repository"
	answers := repository with input as one
}

found[name] := answers if {
	some name, one in exported.inputs
	exported.subjects[name].query == "attribution"
	answers := attribution with input as one
}

# Each policy, asked where its metadata says: `scope`, and `when` for what must not be empty.
