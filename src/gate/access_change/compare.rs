//! One principal, compared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::escalation::escalation_path;
use super::super::finding::{Side, Step};
use super::super::proof::role_name;
use super::model::{ConflictChange, DutyChange, EscalationChange, Permission, PermissionChange, Way};
use super::{Both, Held, Joined};
use crate::access::{ConditionId, ContainerId, Graph, single_permissions};
use crate::duties::{DutyIdx, Escalation, Meeting, MetConflict, Part, Shift, Support, beyond, shift};
use crate::facts::scope::Scope;
use crate::facts::{Effect, Text, Validity};

/// Conditions in words; those that say the same are one.
fn texts(graph: &Graph, ids: &[ConditionId]) -> BTreeSet<Text> {
    ids.iter().filter_map(|id| graph.condition(*id)).map(|condition| condition.text.clone()).collect()
}

fn part(graph: &Graph, support: &Support) -> Part {
    Part {
        scope: (*support.scope).clone(),
        certainty: support.certainty,
        conditions: texts(graph, &support.conditions),
        validity: support.validity,
    }
}

fn system(joined: &Joined<'_>, idx: crate::access::SystemIdx) -> Text {
    joined.graph.systems.get(idx).map(|system| system.id.clone()).unwrap_or_default()
}

/// What of one side goes beyond the other, by the places in its list: more where there is more, else what is less.
fn telling(before: &[Part], after: &[Part], change: &Shift) -> (Side, Vec<usize>) {
    let (side, own, other) = if change.is_more() { (Side::Head, after, before) } else { (Side::Base, before, after) };
    let further: Vec<&Part> = beyond(own, other).collect();
    let places = (0..own.len()).filter(|at| own.get(*at).is_some_and(|part| further.contains(&part)));
    let places: Vec<usize> = places.collect();
    // Parts that only times taken apart tell from each other: any of them shows it.
    if places.is_empty() { (side, (0..own.len()).collect()) } else { (side, places) }
}

/// A list without what it says twice.
fn once(mut parts: Vec<Part>) -> Vec<Part> {
    parts.sort();
    parts.dedup();
    parts
}

/// The supports of each duty by system, with their parts.
fn held<'h>(joined: &Joined<'_>, held: &'h Held) -> BTreeMap<(DutyIdx, Text), Vec<(&'h Support, Part)>> {
    let mut all: BTreeMap<(DutyIdx, Text), Vec<(&Support, Part)>> = BTreeMap::new();
    for own in &held.holdings.duties {
        let supports = own.supports.iter().map(|support| (support, part(joined.graph, support)));
        all.entry((own.duty, system(joined, own.system))).or_default().extend(supports);
    }
    all
}

fn parts<T>(all: Option<&Vec<(T, Part)>>) -> Vec<Part> {
    all.into_iter().flatten().map(|(_, part)| part.clone()).collect()
}

/// What becomes of each duty.
pub(super) fn duties(both: &Both<'_>) -> Vec<DutyChange> {
    let catalogue = both.head.matcher.catalogue;
    let named = |idx: DutyIdx| catalogue.duty(idx).map(|duty| duty.id.clone());
    let (base, head) = (held(both.base, &both.before), held(both.head, &both.after));
    let keys: BTreeSet<&(DutyIdx, Text)> = base.keys().chain(head.keys()).collect();
    let mut found = Vec::new();
    for key in keys {
        let (before, after) = (parts(base.get(key)), parts(head.get(key)));
        let Some(change) = shift(&before, &after, both.head.matcher.as_of) else { continue };
        let Some(duty) = catalogue.duty(key.0) else { continue };
        let (side, telling) = telling(&before, &after, &change);
        let supports = if side == Side::Head { head.get(key) } else { base.get(key) };
        let telling: Vec<&Support> = telling.iter().filter_map(|at| Some(supports?.get(*at)?.0)).collect();
        let along = |support: &&Support| support.via.or(support.under);
        let all_along = telling.iter().all(|support| along(support).is_some());
        let way = telling.first().map(|support| both.causes(side).way(support)).unwrap_or_default();
        found.push(DutyChange {
            who: both.who.clone(),
            kind: both.kind,
            duty: duty.id.clone(),
            title: duty.title.clone(),
            privileged: duty.privileged.is_some(),
            system: key.1.clone(),
            shift: change,
            before: once(before),
            after: once(after),
            along: telling.first().and_then(along).filter(|_| all_along).and_then(named),
            way,
        });
    }
    found
}

fn meeting_part(graph: &Graph, meeting: &Meeting) -> Part {
    let ids: Vec<ConditionId> = meeting.conditions.iter().copied().collect();
    Part {
        scope: meeting.on.clone(),
        certainty: meeting.certainty,
        conditions: texts(graph, &ids),
        validity: meeting.validity,
    }
}

/// A conflict that is met, with its parts and their places.
struct Met<'h> {
    of: &'h MetConflict,
    parts: Vec<(usize, Part)>,
}

/// The conflicts by number and systems.
fn met<'h>(joined: &Joined<'_>, held: &'h Held) -> BTreeMap<(u32, BTreeSet<Text>), Met<'h>> {
    let of = |met: &'h MetConflict| {
        let systems: BTreeSet<Text> = met.systems.iter().map(|idx| system(joined, *idx)).collect();
        let meetings = met.meetings.iter().enumerate();
        let parts = meetings.map(|(at, meeting)| (at, meeting_part(joined.graph, meeting))).collect();
        ((met.conflict.0, systems), Met { of: met, parts })
    };
    held.holdings.conflicts.iter().map(of).collect()
}

/// What becomes of each conflict.
pub(super) fn conflicts(both: &Both<'_>) -> Vec<ConflictChange> {
    let catalogue = both.head.matcher.catalogue;
    let (base, head) = (met(both.base, &both.before), met(both.head, &both.after));
    let keys: BTreeSet<_> = base.keys().chain(head.keys()).collect();
    let mut found = Vec::new();
    for key in keys {
        let (before, after) = (parts(base.get(key).map(|met| &met.parts)), parts(head.get(key).map(|met| &met.parts)));
        let Some(change) = shift(&before, &after, both.head.matcher.as_of) else { continue };
        let (side, telling) = telling(&before, &after, &change);
        let own = if side == Side::Head { head.get(key) } else { base.get(key) };
        let Some(Met { of: met, parts: _ }) = own else { continue };
        let Some(conflict) = catalogue.conflict(met.conflict) else { continue };
        let meetings: Vec<&Meeting> = telling.iter().filter_map(|at| met.meetings.get(*at)).collect();
        let along = meetings.first().and_then(|meeting| meeting.under);
        let along = along.filter(|_| meetings.iter().all(|meeting| meeting.under.is_some()));
        found.push(ConflictChange {
            who: both.who.clone(),
            kind: both.kind,
            conflict: conflict.id.clone(),
            title: conflict.title.clone(),
            severity: conflict.severity,
            systems: key.1.clone(),
            shift: change,
            before: once(before),
            after: once(after),
            along: along.and_then(|idx| catalogue.duty(idx)).map(|duty| duty.id.clone()),
            legs: meetings.first().map(|meeting| legs(both, side, meeting)).unwrap_or_default(),
        });
    }
    found
}

fn legs(both: &Both<'_>, side: Side, meeting: &Meeting) -> Vec<(Text, Text, Way)> {
    let held = if side == Side::Head { &both.after } else { &both.before };
    let causes = both.causes(side);
    let leg = |(duty, support): &(u32, u32)| {
        let own = held.holdings.duties.get(*duty as usize)?;
        let duty = both.head.matcher.catalogue.duty(own.duty)?;
        Some((duty.id.clone(), duty.title.clone(), causes.way(own.supports.get(*support as usize)?)))
    };
    meeting.legs.iter().filter_map(leg).collect()
}

/// The ways to administer systems, by system.
pub(super) fn ways(joined: &Joined<'_>, all: &[Escalation]) -> BTreeMap<Text, Vec<Part>> {
    let mut found: BTreeMap<Text, Vec<Part>> = BTreeMap::new();
    for way in all {
        let part = Part {
            scope: (*way.scope).clone(),
            certainty: way.certainty,
            conditions: texts(joined.graph, &way.conditions),
            validity: way.validity,
        };
        found.entry(system(joined, way.system)).or_default().push(part);
    }
    found
}

/// What becomes of the ways by which a principal could come to administer systems.
pub(super) fn escalations(both: &Both<'_>) -> Vec<EscalationChange> {
    let (base, head) =
        (ways(both.base, &both.before.holdings.escalations), ways(both.head, &both.after.holdings.escalations));
    let systems: BTreeSet<&Text> = base.keys().chain(head.keys()).collect();
    let mut found = Vec::new();
    for id in systems {
        let of = |all: &BTreeMap<Text, Vec<Part>>| all.get(id).cloned().unwrap_or_default();
        let (before, after) = (of(&base), of(&head));
        let Some(change) = shift(&before, &after, both.head.matcher.as_of) else { continue };
        let (side, telling) = telling(&before, &after, &change);
        let (joined, held) = if side == Side::Head { (both.head, &both.after) } else { (both.base, &both.before) };
        let own: Vec<&Escalation> =
            held.holdings.escalations.iter().filter(|way| system(joined, way.system) == *id).collect();
        let Some(way) = telling.first().and_then(|at| own.get(*at)) else { continue };
        found.push(EscalationChange {
            who: both.who.clone(),
            kind: both.kind,
            system: id.clone(),
            shift: change,
            before: once(before),
            after: once(after),
            unknowns: way.unknowns.iter().cloned().collect(),
            steps: stages(both, side, (joined, held), way),
        });
    }
    found
}

fn stages(both: &Both<'_>, side: Side, (joined, held): (&Joined<'_>, &Held), way: &Escalation) -> Vec<Step> {
    let causes = both.causes(side);
    let mut steps = Vec::new();
    for stage in escalation_path(&joined.matcher, &held.holdings, way) {
        steps.extend(stage.steps.into_iter().map(|step| causes.placed(step)));
        let reached = stage.reaches.map(|holder| format!(": {holder}")).unwrap_or_default();
        steps.push(Step { text: format!("so it can {}{reached}", stage.title), place: None });
    }
    steps
}

/// What a permission is beside the name of its role: what it says, where and when it counts, what limits it.
type Meaning = (Text, Text, Scope, Validity, BTreeSet<Text>, Arc<[Text]>);

/// Permissions that a principal gains or loses beside those that a duty that changes is made of; `None` without any.
pub(super) fn permissions(both: &Both<'_>, duties: &[DutyChange]) -> Option<PermissionChange> {
    let told: BTreeSet<(&Text, &Text)> = duties.iter().map(|own| (&own.duty, &own.system)).collect();
    let (before, after) = (meanings(both, Side::Base, &told), meanings(both, Side::Head, &told));
    let only = |own: &BTreeMap<Meaning, Permission>, other: &BTreeMap<Meaning, Permission>| {
        let mut all: Vec<Permission> =
            own.iter().filter(|(key, _)| !other.contains_key(*key)).map(|(_, own)| own.clone()).collect();
        all.sort();
        all.dedup_by(|a, b| (&a.system, &a.text) == (&b.system, &b.text));
        all
    };
    let (gained, lost) = (only(&after, &before), only(&before, &after));
    (!gained.is_empty() || !lost.is_empty()).then(|| PermissionChange {
        who: both.who.clone(),
        kind: both.kind,
        gained,
        lost,
    })
}

fn meanings(both: &Both<'_>, side: Side, told: &BTreeSet<(&Text, &Text)>) -> BTreeMap<Meaning, Permission> {
    let (joined, held) = if side == Side::Head { (both.head, &both.after) } else { (both.base, &both.before) };
    let (graph, matches, catalogue) = (joined.graph, joined.matcher.matches, joined.matcher.catalogue);
    let causes = both.causes(side);
    let mut all = BTreeMap::new();
    for own in &held.holdings.held {
        let boundary = own.actor.and_then(|actor| graph.node(actor)).and_then(|node| node.boundary);
        for inner in matches.flat(own.container) {
            let (Some(container), Some(matched)) = (graph.container(inner.container), matches.of(inner.container))
            else {
                continue;
            };
            let id = system(joined, container.system);
            let limits = boundary.into_iter().chain(graph.guardrails(container.system).iter().copied());
            let limits: Arc<[Text]> = limits.flat_map(|limit| said(joined, limit)).collect();
            for (number, (statement, site)) in (0u32..).zip(&container.statements) {
                let hits = matched.hits.iter().filter(|hit| hit.statement == number);
                let duty_of = |hit: &crate::duties::Hit| {
                    catalogue.leaf_at(hit.leaf).and_then(|leaf| catalogue.duty(leaf.duty)).map(|duty| &duty.id)
                };
                let is_told = match statement.effect {
                    Effect::Allow => hits.filter_map(duty_of).any(|duty| told.contains(&(duty, &id))),
                    Effect::Deny => told.iter().any(|(_, system)| **system == id),
                };
                if is_told {
                    continue;
                }
                let verb = match statement.effect {
                    Effect::Allow => "permits ",
                    // What is denied says so by itself.
                    Effect::Deny => "",
                };
                let under: BTreeSet<Text> = texts(graph, &own.conditions);
                for (compared, words) in single_permissions(statement) {
                    let validity = ahead(own.validity, joined.matcher.as_of);
                    let meaning = (id.clone(), compared, (*own.scope).clone(), validity, under.clone(), limits.clone());
                    all.entry(meaning).or_insert_with(|| Permission {
                        system: id.clone(),
                        text: format!("{} {verb}{words}", role_name(container)),
                        unknown: false,
                        place: causes.place(site.or(container.site)),
                    });
                }
            }
        }
    }
    for way in &held.holdings.reach.ways {
        for loose in graph.loose_grants_of(way.node) {
            let validity = way.validity.intersect(loose.validity);
            let meaning = (
                loose.role.system.clone(),
                format!("role {}", loose.role.name).into(),
                Scope::unknown(),
                ahead(validity, joined.matcher.as_of),
                texts(graph, &way.conditions),
                Vec::new().into(),
            );
            let permission = Permission {
                system: loose.role.system.clone(),
                text: format!("{}, of which nothing here says what it permits", loose.role.name),
                unknown: true,
                place: causes.place(Some(loose.site)),
            };
            all.entry(meaning).or_insert(permission);
        }
    }
    all
}

/// When something counts; that it began in the past says nothing.
fn ahead(validity: Validity, as_of: i64) -> Validity {
    Validity { from: validity.from.filter(|from| *from > as_of), until: validity.until }
}

/// What a container says, that limits.
fn said(joined: &Joined<'_>, id: ContainerId) -> BTreeSet<Text> {
    let inside = joined.matcher.matches.flat(id).iter().filter_map(|inner| joined.graph.container(inner.container));
    let statements = inside.flat_map(|container| &container.statements);
    statements.flat_map(|(statement, _)| single_permissions(statement)).map(|(compared, _)| compared).collect()
}
