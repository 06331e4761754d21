//! Guards that a change takes away: boundaries, guardrails, denials, and conditions of statements and of trust.
//!
//! Base and head are compared as they are joined. A guard is only missed where what it guarded is still there: somebody
//! who is gone needs no boundary. What a guard lets through beyond before is told by covering patterns, not by text, so
//! that a document that is written otherwise and says the same is the same.

mod cover;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use self::cover::{Kept, beyond, gives_as_much, guards, is_short, left_open, lost_of, same, touches};
use super::describe::{Describe, Substance};
use super::finding::{Finding, Location, LocationRole, Side};
use super::proof::statement_words;
use super::side::{Evaluated, Evaluator, Tree};
use super::trusting::short;
use crate::access::federation::Federation;
use crate::access::{Container, ContainerId, EdgeKind, Graph, NodeId, Place, Site, place};
use crate::duties::Holdings;
use crate::facts::{Condition, Effect, Holder, Native, RoleKind, Statement};
use crate::formats::pipelines::INDIRECT;
use crate::policy::input::{GuardInput, PrincipalInput};
use crate::policy::{EngineError, Policy, RawFinding, Scope as PolicyScope, When};

/// A guard that base has and head has not.
#[derive(Debug, Clone)]
pub(super) struct LostGuard {
    pub(super) input: GuardInput,
    /// Where it stood.
    was: Option<Place>,
    /// Where what it guarded stands now.
    is: Option<Place>,
}

/// Everything that a change takes away of guards.
#[derive(Debug, Default)]
pub(super) struct LostGuards {
    /// By whom it guarded.
    holders: HashMap<Holder, Vec<LostGuard>>,
    /// By the role that has it, in head.
    roles: HashMap<ContainerId, Vec<LostGuard>>,
    /// Of all that is in a system, by the role in base that has it.
    guardrails: BTreeMap<Native, Vec<LostGuard>>,
}

/// Most comparisons of patterns and conditions of two documents. Of longer ones a statement that is not there as it was
/// counts as weakened: nobody hides a change in length.
const MOST_COMPARED: usize = 1_000_000;

impl LostGuards {
    pub(super) fn between(base: Option<&Graph>, head: &Graph) -> Self {
        let Some(base) = base else { return Self::default() };
        let between = Between { base, head };
        let mut found = Self::default();
        for (id, container) in head.containers() {
            let (Some(role), RoleKind::Role | RoleKind::Document) = (&container.role, container.kind) else { continue };
            let Some(before) = base.role(role).and_then(|id| base.container(id)) else { continue };
            let lost = between.of_statements(&before.statements, &container.statements, before, container);
            if !lost.is_empty() {
                found.roles.insert(id, lost);
            }
        }
        let mut boundaries = Boundaries::new();
        for number in 0.. {
            let id = NodeId(number);
            let Some(node) = head.node(id) else { break };
            let Some(before) = base.find(&node.holder) else { continue };
            let mut lost = between.of_boundary(before, id, &mut boundaries);
            lost.extend(between.of_trusts(before, id));
            lost.extend(between.of_grants(before, id));
            if !lost.is_empty() {
                found.holders.insert(node.holder.clone(), lost);
            }
        }
        found.guardrails = between.guardrails();
        found
    }

    /// Those of a principal: of itself, its accounts and the groups that these are in, and of the roles that it holds.
    pub(super) fn of(&self, graph: &Graph, principal: NodeId, holdings: &Holdings) -> Vec<LostGuard> {
        if self.holders.is_empty() && self.roles.is_empty() {
            return Vec::new();
        }
        // What it may act as is a principal of its own.
        let mut nodes = BTreeSet::from([principal]);
        let mut open = vec![principal];
        while let Some(node) = open.pop() {
            let edges = graph.edges_of(node).iter().filter(|edge| edge.kind != EdgeKind::ActsAs);
            open.extend(edges.map(|edge| edge.to).filter(|to| nodes.insert(*to)));
        }
        let of_nodes =
            nodes.iter().filter_map(|id| graph.node(*id)).filter_map(|node| self.holders.get(&node.holder)).flatten();
        let containers: BTreeSet<ContainerId> = holdings
            .held
            .iter()
            .filter(|held| held.actor.is_some_and(|actor| nodes.contains(&actor)))
            .map(|held| held.container)
            .collect();
        let of_roles = containers.iter().filter_map(|id| self.roles.get(id)).flatten();
        let mut all: Vec<LostGuard> = of_nodes.chain(of_roles).cloned().collect();
        all.sort_by(|a, b| a.input.id.cmp(&b.input.id));
        all.dedup_by(|a, b| a.input.id == b.input.id);
        all
    }

    /// Those of a document that stands alone.
    pub(super) fn of_role(&self, role: ContainerId) -> Vec<LostGuard> {
        self.roles.get(&role).cloned().unwrap_or_default()
    }
}

/// What became of a boundary for another one or none: how, and what it lets through beyond.
type Boundaries = HashMap<(ContainerId, Option<ContainerId>), Option<(&'static str, Option<String>)>>;

type Written = (Arc<Statement>, Option<Site>);

struct Between<'a> {
    base: &'a Graph,
    head: &'a Graph,
}

impl Between<'_> {
    fn lost(&self, input: GuardInput, was: Option<Site>, is: Option<Site>) -> LostGuard {
        let was = was.and_then(|site| place(&self.base.units, site));
        let is = is.and_then(|site| place(&self.head.units, site));
        LostGuard { input, was, is }
    }

    /// What statements no longer ask, and what is no longer denied.
    fn of_statements(
        &self,
        before: &[Written],
        after: &[Written],
        base: &Container,
        head: &Container,
    ) -> Vec<LostGuard> {
        let is_guarded = |own: &Statement| own.effect == Effect::Deny || own.conditions.iter().any(guards);
        let unchanged = || before.len() == after.len() && before.iter().zip(after).all(|(a, b)| same(&a.0, &b.0));
        if before.iter().all(|(own, _)| !is_guarded(own)) || unchanged() {
            return Vec::new();
        }
        let others: Vec<&Statement> = after.iter().map(|(own, _)| &**own).collect();
        let kept = Kept::of(&others);
        let is_short = is_short(before.iter().map(|(own, _)| &**own), &others);
        let system = self.base.systems.get(base.system).map(|own| own.id.to_string()).unwrap_or_default();
        let name = base.role.as_ref().map(|role| short(&role.name)).unwrap_or_default();
        let mut found = Vec::new();
        for (statement, site) in before {
            if kept.has(statement) {
                continue;
            }
            let words = statement_words(statement);
            match statement.effect {
                Effect::Deny => {
                    let denies: Vec<&Statement> =
                        others.iter().copied().filter(|own| own.effect == Effect::Deny && is_short).collect();
                    let Some(open) = left_open(statement, &denies) else { continue };
                    let words = statement_words(&open);
                    let touched = !is_short || denies.iter().any(|own| touches(own, statement));
                    let input = GuardInput {
                        id: format!("deny of {name}: {words}{}", texts(&statement.conditions)),
                        kind: "deny",
                        change: if touched { "weakened" } else { "removed" },
                        system: system.clone(),
                        text: format!("the denial of {words}{}", texts(&statement.conditions)),
                        key: None,
                        beyond: None,
                    };
                    found.push(self.lost(input, *site, head.site));
                }
                // What is given is told by what it confers, where it is too long to tell what it asks.
                Effect::Allow if !is_short => {}
                Effect::Allow => {
                    let asks =
                        |own: &Statement, key: &str| own.conditions.iter().any(|own| guards(own) && *own.key == *key);
                    for condition in statement.conditions.iter().filter(|condition| guards(condition)) {
                        let gives = |own: &&Written| own.0.effect == Effect::Allow && gives_as_much(&own.0, statement);
                        // Base gave it without that as well: nothing is lost.
                        if before.iter().filter(gives).any(|(own, _)| !asks(own, &condition.key)) {
                            continue;
                        }
                        let bare = after
                            .iter()
                            .filter(gives)
                            .find_map(|(own, at)| Some((lost_of(condition, &own.conditions)?, *at)));
                        let Some((change, at)) = bare else { continue };
                        let input = GuardInput {
                            id: format!("condition of {name}: {words} under {}", condition.text),
                            kind: "condition",
                            change,
                            system: system.clone(),
                            text: format!("`{}` on {words}", condition.text),
                            key: Some(condition.key.to_string()),
                            beyond: None,
                        };
                        found.push(self.lost(input, *site, at));
                    }
                }
            }
        }
        found
    }

    fn of_boundary(&self, before: NodeId, after: NodeId, known: &mut Boundaries) -> Vec<LostGuard> {
        let (Some(was), Some(is)) = (self.base.node(before), self.head.node(after)) else { return Vec::new() };
        let (Some(old), Holder::Account(account)) = (was.boundary, &is.holder) else { return Vec::new() };
        // Somebody who is only named still is nobody whom this tree guards.
        if is.site.is_none() {
            return Vec::new();
        }
        let change = known
            .entry((old, is.boundary))
            .or_insert_with(|| match is.boundary {
                None => Some(("removed", None)),
                Some(new) => {
                    let (old, new) = (self.base.container(old)?, self.head.container(new)?);
                    beyond(new, old).map(|beyond| ("weakened", Some(beyond)))
                }
            })
            .clone();
        let Some((change, beyond)) = change else { return Vec::new() };
        let written = boundary_site(self.head, account);
        // One that nothing here defines may limit as much; that it is not defined is told.
        if is.boundary.is_none() && written.is_some() {
            return Vec::new();
        }
        let name = |graph: &Graph, id: Option<ContainerId>| {
            let container = id.and_then(|id| graph.container(id));
            container.and_then(|own| own.role.as_ref()).map(|role| short(&role.name))
        };
        let old_name = name(self.base, Some(old)).unwrap_or_default();
        let text = match name(self.head, is.boundary) {
            Some(new) if new != old_name => format!("the permissions boundary {old_name}, with {new} in its place"),
            _ => format!("the permissions boundary {old_name}"),
        };
        let input = GuardInput {
            id: format!("boundary of {account}"),
            kind: "boundary",
            change,
            system: account.system.to_string(),
            text,
            key: None,
            beyond,
        };
        let stood = boundary_site(self.base, account).or(was.site);
        vec![self.lost(input, stood, written.or(is.site))]
    }

    /// Conditions that trust in somebody no longer has.
    fn of_trusts(&self, before: NodeId, after: NodeId) -> Vec<LostGuard> {
        let account = match self.head.node(after).map(|node| &node.holder) {
            Some(Holder::Account(account)) => account,
            _ => return Vec::new(),
        };
        let (old, new) = (self.base.trusts_of(before), self.head.trusts_of(after));
        let mut found = Vec::new();
        let weight = |all: &[crate::access::Trust]| all.iter().map(|own| own.conditions.len() + 1).sum::<usize>();
        if weight(old).saturating_mul(weight(new)) > MOST_COMPARED {
            return found;
        }
        let conditions = |graph: &Graph, ids: &[crate::access::ConditionId]| -> Vec<Condition> {
            ids.iter().filter_map(|id| graph.condition(*id)).cloned().collect()
        };
        for was in old {
            let asked = conditions(self.base, &was.conditions);
            // What is asked of tokens is told by how many of them get in.
            let others = Federation::of(&was.trusted, &asked).map(|own| own.others);
            let is_told = |key: &Arc<str>| others.as_ref().is_some_and(|others| !others.contains(key));
            for condition in asked.iter().filter(|condition| guards(condition) && !is_told(&condition.key)) {
                let alike = || new.iter().filter(|own| own.trusted == was.trusted);
                let lost = alike()
                    .map(|own| (lost_of(condition, &conditions(self.head, &own.conditions)), own))
                    .collect::<Vec<_>>();
                // As long as one of them is as it was, another statement may be new; that is a new trust.
                let Some((Some(change), own)) = lost.first().filter(|_| lost.iter().all(|(lost, _)| lost.is_some()))
                else {
                    continue;
                };
                let input = GuardInput {
                    id: format!("trust of {account} under {}", condition.text),
                    kind: "condition",
                    change,
                    system: account.system.to_string(),
                    text: match &*condition.key {
                        "review" | "environment" => format!("a review ({})", condition.text),
                        _ => format!("`{}` on the trust of {}", condition.text, short(&account.name)),
                    },
                    key: Some(condition.key.to_string()),
                    beyond: None,
                };
                found.push(self.lost(input, Some(was.site), Some(own.site)));
            }
        }
        found
    }

    /// What inline statements no longer ask or deny, and roles that deny and are no longer held.
    fn of_grants(&self, before: NodeId, after: NodeId) -> Vec<LostGuard> {
        let is_guarding = |own: &Container| {
            let guarded = |own: &Statement| own.effect == Effect::Deny || own.conditions.iter().any(guards);
            own.statements.iter().any(|(own, _)| guarded(own))
        };
        let old: Vec<&Container> = containers(self.base, before).into_iter().filter(|own| is_guarding(own)).collect();
        if old.is_empty() {
            return Vec::new();
        }
        let new = containers(self.head, after);
        if new.is_empty() {
            return Vec::new();
        }
        let written = |all: &[&Container], is_inline: bool| -> Vec<Written> {
            let wanted = all.iter().filter(|own| !is_inline || own.role.is_none());
            wanted.flat_map(|own| own.statements.iter().cloned()).collect()
        };
        let after = written(&new, false);
        let mut found = Vec::new();
        for container in old {
            let gone = match &container.role {
                None => true,
                Some(role) => !new.iter().any(|own| own.role.as_ref() == Some(role)),
            };
            // Of a role that is no longer held, what it gave is gone with its conditions; what it denied is what was guarded.
            let is_inline = container.role.is_none();
            let guarding: Vec<Written> = container
                .statements
                .iter()
                .filter(|(statement, _)| is_inline || statement.effect == Effect::Deny)
                .cloned()
                .collect();
            if gone
                && !guarding.is_empty()
                && let Some(head) = new.first()
            {
                found.extend(self.of_statements(&guarding, &after, container, head));
            }
        }
        found
    }

    fn guardrails(&self) -> BTreeMap<Native, Vec<LostGuard>> {
        let mut found: BTreeMap<Native, Vec<LostGuard>> = BTreeMap::new();
        for system in self.base.systems.iter() {
            let Some(idx) = self.base.systems.find(&system.id) else { continue };
            let old: Vec<&Container> =
                self.base.guardrails(idx).iter().filter_map(|id| self.base.container(*id)).collect();
            if old.is_empty() {
                continue;
            }
            let new = self.head.systems.find(&system.id).map(|idx| self.head.guardrails(idx)).unwrap_or_default();
            let new: Vec<&Container> = new.iter().filter_map(|id| self.head.container(*id)).collect();
            let after = new.iter().flat_map(|own| &own.statements).map(|(statement, _)| &**statement);
            let after: Vec<&Statement> = after.filter(|statement| statement.effect == Effect::Deny).collect();
            let kept = Kept::of(&after);
            let before = old.iter().flat_map(|own| &own.statements).map(|(own, _)| &**own);
            let compared: &[&Statement] = if is_short(before, &after) { &after } else { &[] };
            for container in old {
                let Some(role) = &container.role else { continue };
                let remains = new.iter().find(|own| own.role.as_ref() == Some(role));
                for (statement, site) in &container.statements {
                    if statement.effect != Effect::Deny || kept.has(statement) {
                        continue;
                    }
                    let Some(open) = left_open(statement, compared) else { continue };
                    let words = statement_words(&open);
                    let input = GuardInput {
                        id: format!("guardrail {role}: {words}{}", texts(&statement.conditions)),
                        kind: "guardrail",
                        change: if remains.is_some() { "weakened" } else { "removed" },
                        system: system.id.to_string(),
                        text: format!("the denial of {words}{} by {}", texts(&statement.conditions), role.name),
                        key: None,
                        beyond: None,
                    };
                    let at = remains.and_then(|own| own.site);
                    found.entry(role.clone()).or_default().push(self.lost(input, *site, at));
                }
            }
        }
        found
    }
}

/// Where an account's boundary is written.
fn boundary_site(graph: &Graph, account: &Native) -> Option<Site> {
    let facts = (0u32..).zip(&graph.units);
    let mut all = facts.flat_map(|(unit, own)| own.facts.accounts.iter().map(move |account| (unit, account)));
    let (unit, fact) = all.find(|(_, own)| own.id == *account && own.boundary.is_some())?;
    fact.boundary.as_ref().map(|(_, origin)| Site { unit, origin: *origin })
}

/// What a node itself is granted.
fn containers(graph: &Graph, node: NodeId) -> Vec<&Container> {
    let grants = graph.grants_of(node).iter().filter_map(|grant| graph.grant(*grant));
    grants.filter_map(|grant| graph.container(grant.container)).collect()
}

fn texts(conditions: &[Condition]) -> String {
    let texts: Vec<&str> = conditions.iter().map(|condition| &*condition.text).collect();
    if texts.is_empty() { String::new() } else { format!(" where {}", texts.join(" and ")) }
}

impl Evaluator<'_> {
    /// Guardrails that are gone or deny less: whoever is under one may be declared elsewhere, so that each is asked about
    /// as what guards them.
    pub(super) fn lost_guardrails(
        &self,
        tree: &Tree<'_>,
        describe: &Describe<'_>,
        all: &mut Evaluated,
    ) -> Result<(), EngineError> {
        let mut engine = self.bundle.engine();
        for (role, guards) in &tree.lost_guards.guardrails {
            let input = PrincipalInput {
                id: format!("role:{role}"),
                kind: "guardrail",
                name: format!("whoever is under {}", short(&role.name)),
                guards: guards.iter().map(|guard| guard.input.clone()).collect(),
                ..super::inputs::nobody()
            };
            let (_, answers) =
                self.ask(&mut engine, (tree.side, PolicyScope::Principal), &input.id, &input, Some(When::Guards))?;
            all.findings.extend(answers.iter().map(|(policy, raw)| {
                let substance = describe.of_guards(raw, guards);
                describe.of_guardrail(policy, raw, role, substance)
            }));
        }
        Ok(())
    }
}

impl Describe<'_> {
    /// What stands behind a finding that names guards: what is there without them, and where they stood.
    pub(super) fn of_guards(&self, raw: &RawFinding, guards: &[LostGuard]) -> Substance {
        let mut substance = Substance::default();
        for guard in guards.iter().filter(|guard| raw.access.contains(&guard.input.id)) {
            substance.locations.extend(self.places_of(guard));
        }
        substance.in_scope =
            substance.locations.iter().any(|location| self.evaluator.rules.in_scope.matches(&location.place.file));
        super::describe::order_locations(&mut substance.locations);
        substance
    }

    fn places_of(&self, guard: &LostGuard) -> impl Iterator<Item = Location> {
        let verb = if guard.input.change == "removed" { "is gone" } else { "is weaker" };
        let is = guard.is.clone().map(|place| (Side::Head, place, format!("{} {verb} here", guard.input.text), false));
        let was = guard.was.clone().map(|place| (Side::Base, place, format!("{} stood here", guard.input.text), false));
        is.into_iter().chain(was).map(|(side, place, text, added)| Location {
            side,
            place,
            role: LocationRole::Related,
            text,
            added,
        })
    }

    /// Puts the places of guards into a finding about a document that stands alone.
    pub(super) fn place_guards(&self, finding: &mut Finding, policy: &Policy, raw: &RawFinding, guards: &[LostGuard]) {
        if policy.metadata.custom.when == Some(When::Guards) {
            let substance = self.of_guards(raw, guards);
            if !substance.locations.is_empty() {
                finding.locations = substance.locations;
                finding.in_scope |= substance.in_scope;
            }
        }
    }
}
