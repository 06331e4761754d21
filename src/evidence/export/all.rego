# Asks every policy about one document: with a principal's as input, `data.countersign.export.about_principal` is what
# the policies say of it. The rules at the end are written for the policies of this export.
package countersign.export

import rego.v1

# What a policy says without the words for people, which are no part of a verdict. Lists are sets: their order says
# nothing.
answer(policy, f) := object.union({"policy": policy}, {key: plain(value) |
	some key, value in f
	not key in {"message", "private", "policy"}
	not value in {null, [], set()}
})

plain(value) := {item | some item in value} if not is_string(value)

plain(value) := value if is_string(value)

# Each policy, asked where its metadata says: `scope`, and `when` for what must not be empty.
