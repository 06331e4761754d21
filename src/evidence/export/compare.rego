# Asks about every document, and compares what is said with what is expected.
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

found[name] := answers if {
	some name, one in exported.inputs
	exported.subjects[name].query == "about_principal"
	answers := about_principal with input as one
}

found[name] := answers if {
	some name, one in exported.inputs
	exported.subjects[name].query == "about_role"
	answers := about_role with input as one
}

found[name] := answers if {
	some name, one in exported.inputs
	exported.subjects[name].query == "about_service_identity"
	answers := about_service_identity with input as one
}

found[name] := answers if {
	some name, one in exported.inputs
	exported.subjects[name].query == "about_credential"
	answers := about_credential with input as one
}

found[name] := answers if {
	some name, one in exported.inputs
	exported.subjects[name].query == "about_secret"
	answers := about_secret with input as one
}

found[name] := answers if {
	some name, one in exported.inputs
	exported.subjects[name].query == "about_document"
	answers := about_document with input as one
}

found[name] := answers if {
	some name, one in exported.inputs
	exported.subjects[name].query == "about_record"
	answers := about_record with input as one
}

found[name] := answers if {
	some name, one in exported.inputs
	exported.subjects[name].query == "about_repository"
	answers := about_repository with input as one
}

found[name] := answers if {
	some name, one in exported.inputs
	exported.subjects[name].query == "about_attribution"
	answers := about_attribution with input as one
}
