# Derives who holds which duty, and which conflicts that makes, from atoms: slowly, and so that a reader can check it.
# What is taken as given is in README.md. With `input.principal` one principal is derived; without it every sampled one.
package countersign.derive

import rego.v1

atoms := data.countersign.atoms

as_of := data.countersign.as_of

# Before and after every instant that a definition may name.
ever := -9007199254740991

never := 9007199254740991

# The greater is the stronger. Of steps on one way the weakest counts, of several ways the strongest.
rank := {"conditional": 0, "unknown": 1, "certain": 2}

words := ["conditional", "unknown", "certain"]

sample contains input.principal

sample contains p if {
	not input.principal
	some p in atoms.sample
}

# Scopes: for each dimension a set of values. `*` is all, `a/*` is everything below `a`, an absent dimension is unknown.

scope_of(written) := {dimension: {value | some value in values} | some dimension, values in written}

value_covers(wide, narrow) if wide == narrow

value_covers(wide, narrow) if {
	endswith(wide, "/*")
	startswith(narrow, trim_suffix(wide, "*"))
}

common(a, b) := b if "*" in a

common(a, b) := a if {
	"*" in b
	not "*" in a
}

common(a, b) := {y | some x in a; some y in b; value_covers(x, y)} | {x | some x in a; some y in b; value_covers(y, x)} if {
	not "*" in a
	not "*" in b
}

both_scopes(a, b) := object.union(
	object.union(a, b),
	{dimension: common(a[dimension], b[dimension]) | some dimension, _ in a; b[dimension]},
)

nowhere(scope) if {
	some values in scope
	count(values) == 0
}

values_cover(a, _) if "*" in a

values_cover(a, b) if {
	not "*" in b
	count([y | some y in b; not some_covers(a, y)]) == 0
}

some_covers(a, y) if {
	some x in a
	value_covers(x, y)
}

scope_covers(_, narrow) if nowhere(narrow)

scope_covers(wide, narrow) if {
	open := {dimension |
		some dimension in object.keys(wide)
		not values_cover(wide[dimension], object.get(narrow, dimension, {"*"}))
	}
	count(open) == 0
}

# What two things count in together; undefined where that is never, or over.

both_spans(a, b) := {"from": from, "until": until} if {
	from := max([object.get(a, "from", ever), object.get(b, "from", ever)])
	until := min([object.get(a, "until", never), object.get(b, "until", never)])
	from < until
	until > as_of
}

# Links: an account is whose one identity claims it, in head or else in base. Two that claim one account on the two
# sides count as one identity.

claimants(side, account) := by_manifest(side, account) | by_rule(side, account)

by_manifest(side, account) := {identity | some identity in object.get(atoms.claims[side], account, [])}

by_rule(side, account) := {concat("", ["person:", person.id]) |
	named := atoms.accounts[account]
	side in named.named
	some rule in atoms.link_rules
	rule.system == named.system
	some person in atoms.people[side]
	named.name == concat("", [rule.before, called(rule, person), rule.after])
}

called(rule, person) := person.lower if rule.folds

called(rule, person) := person.id if not rule.folds

only_claimant(side, account) := identity if {
	found := claimants(side, account)
	count(found) == 1
	some identity in found
}

in_head := {account: only_claimant("head", account) | some account, _ in atoms.accounts}

in_base := {account: only_claimant("base", account) | some account, _ in atoms.accounts}

owner := {account: object.get(in_head, account, object.get(in_base, account, "nobody")) |
	some account, _ in atoms.accounts
}

moved contains {in_head[account], in_base[account]} if {
	some account, _ in atoms.accounts
	in_head[account] != in_base[account]
}

both_identities contains identity if {
	some pair in moved
	some identity in pair
}

same := {identity: others |
	some identity in both_identities
	others := {other | some pair in moved; identity in pair; some other in pair}
}

counts_as[p] := graph.reachable(object.union({p: []}, same), [p]) if some p in sample

# Reach: every way to an account, a group or whatever somebody may act as.

judged contains p if {
	some p in sample
	object.get(owner, p, "nobody") == "nobody"
	not p in atoms.listed_groups
}

owned[p] := {{"to": account, "kind": "owns", "held": "certain"} |
	some account in account_ids
	owner[account] in counts_as[p]
} if some p in judged

account_ids := object.keys(atoms.accounts)

declared(at) := {edge | some edge in object.get(atoms.edges, at, [])}

steps_from(p, at) := owned[p] | declared(at) if at == p

steps_from(p, at) := declared(at) | accounts_of(at) if at != p

# Whoever controls a service identity comes to the accounts of it.
accounts_of(at) := set() if not startswith(at, "service:")

accounts_of(at) := {{"to": account, "kind": "owns", "held": "certain"} |
	some account in account_ids
	owner[account] in graph.reachable(object.union({at: []}, same), [at])
} if {
	startswith(at, "service:")
}

acting(_, edge) := edge.to if edge.kind in {"owns", "acts_as", "controls"}

acting(way, edge) := way.actor if edge.kind == "member_of"

# The account that somebody signs in with is the first on the way.
account_by(way, edge) := edge.to if {
	way.account == ""
	edge.to in account_ids
}

account_by(way, edge) := "" if {
	way.account == ""
	not edge.to in account_ids
}

account_by(way, _) := way.account if way.account != ""

step(p, so_far) := so_far | {next |
	some way in so_far
	some edge in steps_from(p, way.at)
	span := both_spans(way, edge)
	next := {
		"at": edge.to,
		"actor": acting(way, edge),
		"account": account_by(way, edge),
		"from": span.from,
		"until": span.until,
		"held": min([way.held, rank[edge.held]]),
	}
}

start_account(p) := p if p in account_ids

start_account(p) := "" if not p in account_ids

# Rego knows no recursion, so the steps are written out; `incomplete` says if more would lead further.
ways[p] := found if {
	some p in judged
	first := {{"at": p, "actor": p, "account": start_account(p), "from": ever, "until": never, "held": 2}}
	four := step(p, step(p, step(p, step(p, first))))
	eight := step(p, step(p, step(p, step(p, four))))
	found := step(p, step(p, step(p, step(p, eight))))
}

incomplete contains p if {
	some p in judged
	count(step(p, ways[p])) > count(ways[p])
}

# Grants at the end of the ways, and roles inside roles.

granted[p] := {held |
	some way in ways[p]
	some grant in object.get(atoms.grants, way.at, [])
	span := both_spans(way, grant)
	held := {
		"container": grant.container,
		"scope": scope_of(grant.scope),
		"actor": way.actor,
		"account": way.account,
		"from": span.from,
		"until": span.until,
		"held": min([way.held, rank[grant.held]]),
	}
} if some p in judged

nesting := {id: container.includes | some id, container in atoms.containers}

inside[id] := graph.reachable(nesting, [id]) if some id, _ in atoms.containers

# Denies. One that somebody holds without an account counts for all accounts, and so do guardrails of a system.

denies[p] := own_denies(p) | guardrails(p) if some p in judged

own_denies(p) := {deny |
	some held in granted[p]
	some id in inside[held.container]
	some written in atoms.containers[id].denies
	deny := {
		"system": atoms.containers[id].system,
		"actor": held.actor,
		"wide": held.account == "",
		"from": held.from,
		"until": held.until,
		"scope": held.scope,
		"own_scope": scope_of(written.scope),
		"held": min([held.held, rank[written.held]]),
		"takes": {taken | some taken in written.takes},
	}
}

guardrails(p) := {deny |
	some held in granted[p]
	some id in inside[held.container]
	system := atoms.containers[id].system
	some guardrail in object.get(atoms.guardrails, system, [])
	some written in atoms.containers[guardrail].denies
	deny := {
		"system": system,
		"actor": "",
		"wide": true,
		"from": ever,
		"until": never,
		"scope": {},
		"own_scope": scope_of(written.scope),
		"held": rank[written.held],
		"takes": {taken | some taken in written.takes},
	}
}

concerns(deny, _) if deny.wide

concerns(deny, held) if deny.actor == held.actor

# What is past does not matter.
lasts(deny, held) if {
	deny.from <= max([held.from, as_of])
	deny.until >= held.until
}

# How certainly it is denied, by each deny that takes all of it.
denied(p, held, id, hit, scope) := {deny.held |
	some deny in denies[p]
	deny.system == atoms.containers[id].system
	concerns(deny, held)
	[id, hit.statement, hit.requirement] in deny.takes
	lasts(deny, held)
	scope_covers(deny.scope, scope)
	scope_covers(deny.own_scope, scope)
}

# The boundary of an account lets through what some statement of it allows and none denies wherever it is given: those
# requirements stand with each of its statements.

boundary(held) := inside[atoms.boundaries[held.actor]]

limits(held, requirement) := {limit |
	some id in boundary(held)
	some limit in atoms.containers[id].limits
	requirement in limit.requirements
}

allowed_within(held, requirement) := {rank[limit.held] |
	some limit in limits(held, requirement)
	limit.effect == "allow"
}

denied_within(held, requirement) := {rank[limit.held] |
	some limit in limits(held, requirement)
	limit.effect == "deny"
}

within(held, _) := 2 if not atoms.boundaries[held.actor]

within(held, requirement) := min({max(allowed)} | refused) if {
	atoms.boundaries[held.actor]
	allowed := allowed_within(held, requirement)
	refused := denied_within(held, requirement)
	count(allowed) > 0
	not 2 in refused
}

# What the grants meet of the requirements of duties, each on its scope.

met[p] := {{
	"requirement": hit.requirement,
	"system": atoms.containers[id].system,
	"scope": scope,
	"from": held.from,
	"until": held.until,
	"held": certainty,
	"accounts": {held.account},
} |
	some held in granted[p]
	some id in inside[held.container]
	some hit in atoms.containers[id].hits
	scope := both_scopes(held.scope, scope_of(object.get(hit, "scope", {})))
	not nowhere(scope)
	taken := denied(p, held, id, hit, scope)
	not 2 in taken
	certainty := min(({held.held, rank[hit.held]} | taken) | {within(held, hit.requirement)})
} if some p in judged

# Duties. A binding has alternatives, and each of its requirements must be met on one scope at one time.

most_requirements := 8

parts(p, system, requirement) := {part |
	some part in met[p]
	part.system == system
	part.requirement == requirement
}

together(a, b) := {
	"system": a.system,
	"scope": scope,
	"from": span.from,
	"until": span.until,
	"held": min([a.held, b.held]),
	"accounts": a.accounts | b.accounts,
} if {
	scope := both_scopes(a.scope, b.scope)
	not nowhere(scope)
	span := both_spans(a, b)
}

further(_, _, requirements, number, so_far) := so_far if number >= count(requirements)

further(p, system, requirements, number, so_far) := found if {
	others := parts(p, system, requirements[number])
	found := {joined |
		some a in so_far
		some b in others
		joined := together(a, b)
	}
}

alternative_met(p, system, requirements) := eighth if {
	first := {object.remove(part, ["requirement"]) | some part in parts(p, system, requirements[0])}
	count(first) > 0
	second := further(p, system, requirements, 1, first)
	third := further(p, system, requirements, 2, second)
	fourth := further(p, system, requirements, 3, third)
	fifth := further(p, system, requirements, 4, fourth)
	sixth := further(p, system, requirements, 5, fifth)
	seventh := further(p, system, requirements, 6, sixth)
	eighth := further(p, system, requirements, 7, seventh)
}

too_long contains id if {
	some id, duty in atoms.duties
	some alternatives in duty.bindings
	some requirements in alternatives
	count(requirements) > most_requirements
}

systems_of[p] := {part.system | some part in met[p]} if some p in judged

held_requirements[p] := {part.requirement | some part in met[p]} if some p in judged

direct[p] := {held |
	some system in systems_of[p]
	some id in duty_ids
	some requirements in object.get(atoms.duties[id].bindings, atoms.systems[system], [])
	count({missing | some missing in requirements; not missing in held_requirements[p]}) == 0
	some part in alternative_met(p, system, requirements)
	held := object.union(part, {"duty": id})
} if some p in judged

# A duty means those that it includes, in systems that could confer them; and it may confer others.

duty_ids := object.keys(atoms.duties)

includes := {id: duty.includes | some id, duty in atoms.duties}

confers := {id: {other | some other in duty_ids; id in atoms.duties[other].any_duty} | some id in duty_ids}

meaning[id] := graph.reachable(includes, [id]) if some id in duty_ids

conferred[id] := graph.reachable(confers, [id]) if some id in duty_ids

binds(id, system) if atoms.systems[system] in atoms.duties[id].kinds

included[p] := {object.union(held, {"duty": id}) |
	some held in direct[p]
	some id in meaning[held.duty]
	binds(id, held.system)
} if some p in judged

duties[p] := {object.union(held, {"duty": id}) |
	some held in included[p]
	some id in conferred[held.duty]
} if some p in judged

# Conflicts: enough of the duties, on a common scope, at one time; some only by different accounts.

most_duties := 8

meet(conflict, a, b) := {
	"count": a.count + 1,
	"on": on,
	"from": span.from,
	"until": span.until,
	"held": min([a.held, b.held]),
	"systems": a.systems | {b.system},
	"accounts": a.accounts | b.accounts,
} if {
	span := both_spans(a, b)
	relevant := {dimension: b.scope[dimension] | some dimension in conflict.dimensions}
	on := both_scopes(a.on, relevant)
	not nowhere(on)
}

next_duty(_, conflict, number, so_far) := so_far if number >= count(conflict.duties)

next_duty(p, conflict, number, so_far) := with_it | without_it if {
	duty := conflict.duties[number]
	with_it := {met_so_far |
		some a in so_far
		a.count < conflict.at_least
		some b in duties[p]
		b.duty == duty
		met_so_far := meet(conflict, a, b)
	}
	left := (count(conflict.duties) - number) - 1
	without_it := {a | some a in so_far; a.count + left >= conflict.at_least}
}

meetings(p, conflict) := {meeting | some meeting in eighth; meeting.count == conflict.at_least; apart(conflict, meeting)} if {
	none := {{"count": 0, "on": {}, "from": ever, "until": never, "held": 2, "systems": set(), "accounts": set()}}
	first := next_duty(p, conflict, 0, none)
	second := next_duty(p, conflict, 1, first)
	third := next_duty(p, conflict, 2, second)
	fourth := next_duty(p, conflict, 3, third)
	fifth := next_duty(p, conflict, 4, fourth)
	sixth := next_duty(p, conflict, 5, fifth)
	seventh := next_duty(p, conflict, 6, sixth)
	eighth := next_duty(p, conflict, 7, seventh)
}

apart(conflict, _) if not conflict.distinct_accounts

apart(conflict, meeting) if {
	conflict.distinct_accounts
	count(meeting.accounts) > 1
}

too_long contains id if {
	some id, conflict in atoms.conflicts
	count(conflict.duties) > most_duties
}

held_ids[p] := {held.duty | some held in duties[p]} if some p in judged

# The result: each duty in each system, each conflict in each set of systems, as certainly as its strongest way.

duty_tuples contains [p, id, system, words[max(ranks)]] if {
	some p in judged
	some pair in {[held.duty, held.system] | some held in duties[p]}
	[id, system] := pair
	ranks := {held.held | some held in duties[p]; held.duty == id; held.system == system}
}

conflict_tuples contains [p, id, sort([system | some system in systems]), words[max(ranks)]] if {
	some p in judged
	some id, conflict in atoms.conflicts
	count([duty | some duty in conflict.duties; duty in held_ids[p]]) >= conflict.at_least
	found := meetings(p, conflict)
	some systems in {meeting.systems | some meeting in found}
	ranks := {meeting.held | some meeting in found; meeting.systems == systems}
}

# What the gate came to, and where the two differ.

expected_duties := {tuple | some tuple in data.countersign.joined.duties; tuple[0] in sample}

expected_conflicts := {tuple | some tuple in data.countersign.joined.conflicts; tuple[0] in sample}

differences contains {"not derived": tuple} if some tuple in expected_duties - duty_tuples

differences contains {"not joined": tuple} if some tuple in duty_tuples - expected_duties

differences contains {"not derived": tuple} if some tuple in expected_conflicts - conflict_tuples

differences contains {"not joined": tuple} if some tuple in conflict_tuples - expected_conflicts

differences contains {"more steps than are written out": p} if some p in incomplete

differences contains {"more parts than are written out": id} if some id in too_long

# All of it: of one principal, where `input.principal` names one.
of_principal := {"duties": duty_tuples, "conflicts": conflict_tuples, "differences": differences}
