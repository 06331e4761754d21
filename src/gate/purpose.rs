//! What a service identity holds beyond what is declared of it, and names in such a declaration that nothing knows.
//!
//! A duty that is named covers what it includes, and the permissions that confer it. Permissions are only compared one
//! by one where some are named: an identity that is declared by its duties may look at what it works on.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::{Container, Graph, SystemIdx, covers, intersects};
use crate::duties::{Catalogue, DutyIdx, HeldContainer, Holdings, Matcher, Support, certainty_under};
use crate::facts::{Effect, Gap, Origin, Patterns, Statement, Text, Unresolved};
use crate::rules::Severity;
use crate::syntax::nearest;

/// What kind of thing is held beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ExcessKind {
    /// A duty.
    Duty,
    /// A permission that confers no duty which is listed.
    Permission,
}

impl ExcessKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Duty => "duty",
            Self::Permission => "permission",
        }
    }
}

/// Something that is held beyond, with every way in which it is.
pub(super) struct Excess {
    pub(super) kind: ExcessKind,
    /// The duty's id, or the permission.
    pub(super) id: Text,
    pub(super) title: Text,
    pub(super) system: SystemIdx,
    pub(super) severity: Option<Severity>,
    pub(super) supports: Vec<Support>,
}

/// What may be held.
struct Purpose {
    duties: BTreeSet<DutyIdx>,
    permissions: Patterns,
    /// Whether permissions are compared one by one.
    by_permission: bool,
}

impl Purpose {
    fn of(catalogue: &Catalogue, may_hold: &[(Text, Origin)]) -> Self {
        let mut duties = BTreeSet::new();
        let mut permissions = Vec::new();
        for (name, _) in may_hold {
            match catalogue.find_duty(name) {
                Some(duty) => {
                    duties.insert(duty);
                    duties.extend(catalogue.duty(duty).into_iter().flat_map(|duty| &duty.includes));
                }
                None => permissions.push(name.clone()),
            }
        }
        let by_permission = !permissions.is_empty();
        Self { duties, permissions: Patterns::of(permissions), by_permission }
    }
}

/// What somebody holds beyond what may be held.
pub(super) fn excess(matcher: &Matcher<'_>, holdings: &Holdings, may_hold: &[(Text, Origin)]) -> Vec<Excess> {
    let purpose = Purpose::of(matcher.catalogue, may_hold);
    let mut all = duties_beyond(matcher, holdings, &purpose);
    if purpose.by_permission {
        let told: BTreeSet<(u32, u32, u32)> =
            all.iter().flat_map(|own| &own.supports).flat_map(Support::parts).collect();
        all.extend(permissions_beyond(matcher, holdings, &purpose, &told));
    }
    all
}

fn duties_beyond(matcher: &Matcher<'_>, holdings: &Holdings, purpose: &Purpose) -> Vec<Excess> {
    let mut all = Vec::new();
    for held in holdings.duties.iter().filter(|held| !purpose.duties.contains(&held.duty)) {
        let Some(duty) = matcher.catalogue.duty(held.duty) else { continue };
        // What comes along with another duty is told by that one.
        let own = held.supports.iter().filter(|support| support.via.is_none() && support.under.is_none());
        let beyond = |support: &&Support| {
            !support.parts().all(|part| {
                let statement = matcher.matches.statement(matcher.graph, &holdings.held, part);
                statement.is_some_and(|own| within(own, &purpose.permissions))
            })
        };
        let supports: Vec<Support> = own.filter(beyond).cloned().collect();
        if !supports.is_empty() {
            all.push(Excess {
                kind: ExcessKind::Duty,
                id: duty.id.clone(),
                title: duty.title.clone(),
                system: held.system,
                severity: duty.privileged,
                supports,
            });
        }
    }
    all
}

fn permissions_beyond(
    matcher: &Matcher<'_>,
    holdings: &Holdings,
    purpose: &Purpose,
    told: &BTreeSet<(u32, u32, u32)>,
) -> Vec<Excess> {
    let conferring = matcher.catalogue.leaves().filter(|leaf| purpose.duties.contains(&leaf.duty));
    let mut allowed = purpose.permissions.clone();
    allowed.list.extend(conferring.map(|leaf| leaf.permission.clone()));
    let denies = denies(matcher, holdings);
    let mut found: BTreeMap<(Text, SystemIdx), Vec<Support>> = BTreeMap::new();
    for (number, held) in (0u32..).zip(&holdings.held).filter(|(_, held)| !held.scope.is_empty()) {
        for (inner, container) in inside(matcher, held) {
            for (at, (statement, _)) in (0u32..).zip(&container.statements) {
                if statement.effect == Effect::Deny || told.contains(&(number, inner, at)) {
                    continue;
                }
                for named in beyond(statement, &allowed) {
                    let denied = denies.iter().any(|deny| {
                        deny.actions.cover(&named, true)
                            && statement.resources.list.iter().all(|own| deny.resources.cover(own, false))
                    });
                    if !denied {
                        let supports = found.entry((named, container.system)).or_default();
                        supports.push(support(matcher, (number, held), inner, at, statement));
                    }
                }
            }
        }
    }
    found
        .into_iter()
        .map(|((id, system), supports)| Excess {
            kind: ExcessKind::Permission,
            title: format!("use the permission {id}").into(),
            id,
            system,
            severity: None,
            supports,
        })
        .collect()
}

fn inside<'m>(matcher: &'m Matcher<'_>, held: &HeldContainer) -> impl Iterator<Item = (u32, &'m Container)> {
    let flat = (0u32..).zip(matcher.matches.flat(held.container));
    flat.filter_map(|(number, inner)| Some((number, matcher.graph.container(inner.container)?)))
}

/// What is taken without any condition.
fn denies<'m>(matcher: &'m Matcher<'_>, holdings: &Holdings) -> Vec<&'m Statement> {
    let containers = holdings.held.iter().flat_map(|held| inside(matcher, held));
    let statements = containers.flat_map(|(_, container)| &container.statements).map(|(statement, _)| &**statement);
    statements.filter(|own| own.effect == Effect::Deny && own.conditions.is_empty()).collect()
}

/// Whether a statement gives nothing but what is named.
fn within(statement: &Statement, named: &Patterns) -> bool {
    beyond(statement, named).is_empty()
}

/// What a statement gives of actions that are not named, as it is written.
fn beyond(statement: &Statement, named: &Patterns) -> Vec<Text> {
    let actions = &statement.actions;
    if actions.negated {
        return vec![format!("everything but {}", actions.list.join(", ")).into()];
    }
    let listed = actions.list.iter().filter(|own| !named.cover(own, true)).cloned();
    let ranges = actions.ranges.iter().map(|range| Text::from(format!("{} to {}", range.low, range.high)));
    listed.chain(ranges).collect()
}

fn support(
    matcher: &Matcher<'_>,
    (number, held): (u32, &HeldContainer),
    inner: u32,
    at: u32,
    statement: &Statement,
) -> Support {
    let graph = matcher.graph;
    let mut conditions = held.conditions.clone();
    conditions.extend(statement.conditions.iter().filter_map(|condition| graph.condition_id(condition)));
    conditions.sort_unstable();
    conditions.dedup();
    Support {
        held: number,
        inner,
        statement: at,
        also: Vec::new(),
        via: None,
        under: None,
        scope: held.scope.clone(),
        validity: held.validity,
        certainty: certainty_under(conditions.iter().filter_map(|id| graph.condition(*id))),
        conditions,
    }
}

/// Names of what may be held that are no duty and no permission which a ruleset or a definition names: an error in the
/// declaration, with the number of its unit.
pub(super) fn unknown_names(graph: &Graph, catalogue: &Catalogue) -> Vec<(Unresolved, Option<u32>)> {
    let mut all = Vec::new();
    for (unit, facts) in (0u32..).zip(graph.units.iter().map(|unit| &unit.facts)) {
        for service in &facts.services {
            for (name, origin) in service.may_hold.iter().flatten() {
                if is_known(graph, catalogue, name) {
                    continue;
                }
                let near = nearest(name, catalogue.duties().map(|(_, duty)| &*duty.id));
                let near = near.map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
                all.push((
                    Unresolved {
                        gap: Gap::Broken,
                        reason: format!(
                            "`may_hold` of service:{} names `{name}`, which is no duty, and no permission that a \
                             ruleset or a definition here names{near}",
                            service.id
                        ),
                        consequence: "it counts as nothing that the service identity may hold".to_owned(),
                        origin: *origin,
                    },
                    Some(unit),
                ));
            }
        }
    }
    all
}

fn is_known(graph: &Graph, catalogue: &Catalogue, name: &str) -> bool {
    let meets = |own: &str| own != "*" && (covers(own, name, true) || covers(name, own, true));
    let wide = |own: &str| own != "*" && intersects(own, name, true);
    catalogue.find_duty(name).is_some()
        || catalogue.leaves().any(|leaf| meets(&leaf.permission))
        || graph.containers().any(|(_, container)| {
            container.statements.iter().any(|(statement, _)| statement.actions.list.iter().any(|own| wide(own)))
        })
}
