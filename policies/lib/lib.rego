# Small things that policies need often, as `data.countersign.lib`. What stands here stays: no name changes its meaning,
# and none goes away.
package countersign.lib

import rego.v1

# The instant of the evaluation, in epoch seconds: the only clock that there is.
now := data.countersign.as_of

# Whole days from one instant to another; less than none where the other is earlier.
days_between(from, to) := floor((to - from) / 86400)

# Whole days from now to an instant.
days_until(instant) := days_between(now, instant)

# Whole days from an instant to now.
days_since(instant) := days_between(instant, now)

# Whether an id is a person's.
is_person(id) if startswith(id, "person:")

# Whether an id is a service identity's.
is_service(id) if startswith(id, "service:")

# Whether a subject certainly holds a duty, in whatever system.
holds(subject, duty) if {
	some held in subject.duties
	held.id == duty
	held.held == "certain"
}

# Whether a subject certainly holds a duty in a system.
holds_in(subject, duty, system) if {
	some held in subject.duties
	held.id == duty
	held.system == system
	held.held == "certain"
}

# Words as a sentence has them: `a`, `a and b`, `a, b and c`.
listed(words) := concat(" and ", words) if count(words) < 3

listed(words) := sprintf("%s and %s", [concat(", ", array.slice(all, 0, last)), all[last]]) if {
	all := [word | some word in words]
	last := count(all) - 1
	last > 1
}
