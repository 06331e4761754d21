//! What a change does to effective access: who comes to hold what, and who no longer does. It judges nothing.
//!
//! Both trees are read, linked and joined as the gate does, under the target's rules and the union of their links. Only
//! those are matched who reach something that differs; everybody else holds the same. Ways to administer a system may
//! lead through what others hold, so these are looked for again once anything differs.

mod beside;
mod causes;
mod compare;
mod model;
mod unread;

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;

use self::causes::Causes;
pub use self::model::{
    AccessChange, Because, BesideChange, BesideKind, ConflictChange, Counted, DutyChange, EscalationChange, NotTold,
    Permission, PermissionChange, RulesTouched, Way,
};
use super::finding::{Side, SubjectKind};
use super::proof::Keys;
use super::run::read;
use super::side::{self, Tree, Under};
use super::standing::Standings;
use super::task::RunError;
use crate::access::{ContainerId, Graph, Links, NodeId, PrincipalKind, Touched, touched};
use crate::duties::{Catalogue, Escalations, Holdings, Matcher};
use crate::facts::{Holder, Native, RoleKind};
use crate::formats::Reading;
use crate::rules::{Rules, is_record_path};
use crate::source::{self, Comparison, SourceFile};

/// Works out what a comparison's change does, at an instant in epoch seconds. Without a base everything is gained.
///
/// # Errors
/// [`RunError::Mappings`] when mappings of the rules do not fit the files that they are about.
pub fn access_change(comparison: &Comparison, rules: &Rules, as_of: i64) -> Result<AccessChange, RunError> {
    change(comparison, rules, as_of, Whom::Touched)
}

/// Who is looked at one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whom {
    /// Whoever reaches something that differs.
    Touched,
    /// Everybody: it must come to the same.
    #[cfg(test)]
    Everybody,
}

fn change(comparison: &Comparison, rules: &Rules, as_of: i64, whom: Whom) -> Result<AccessChange, RunError> {
    let (base_reading, head_reading) = read(None, comparison, rules, &[])?;
    let nothing = (source::Tree { files: Vec::new(), commit: None, tree: None }, Reading::default());
    let (base_files, base_reading) = match (&comparison.base, base_reading) {
        (Some(files), Some(reading)) => (files, reading),
        _ => (&nothing.0, nothing.1.clone()),
    };
    let catalogue = Catalogue::of(&rules.definitions);
    let (base_units, head_units) = (side::units(&base_reading), side::units(&head_reading));
    let (base_links, base_gaps) = Links::of_tree(&base_units, &rules.config.links);
    let (head_links, head_gaps) = Links::of_tree(&head_units, &rules.config.links);
    let links = Links::union(&base_links, &head_links);
    let standings = Standings::of(&head_units, Some(&base_units), None, as_of);
    // What systems are is knowledge, and the target's counts, as when the gate judges.
    let systems = super::run::systems_of(&base_reading);
    let known = &rules.known_roles;
    let under = Under { links: &links, link_gaps: base_gaps, systems: &[], standing: &standings.base };
    let base_tree = Tree::join(Side::Base, base_files, &base_reading, &catalogue, known, under);
    let under = Under { links: &links, link_gaps: head_gaps, systems: &systems, standing: &standings.head };
    let head_tree = Tree::join(Side::Head, &comparison.head, &head_reading, &catalogue, known, under);

    let touched = match whom {
        Whom::Touched => touched(&base_tree.graph, &head_tree.graph),
        #[cfg(test)]
        Whom::Everybody => tests::everything(&base_tree.graph, &head_tree.graph),
    };
    let base = Joined::of(&base_tree, &catalogue, as_of, Keys::of(&base_tree.graph, &base_links, &links));
    let head = Joined::of(&head_tree, &catalogue, as_of, Keys::of(&head_tree.graph, &head_links, &links));
    let mut change = AccessChange {
        counted: counted(&base, &head, &touched),
        beside: beside::beside(&base_tree.graph, &head_tree.graph, &touched, (&base_links, &head_links)),
        rules: rules_touched(comparison, base_files, rules, (&base_reading, &head_reading)),
        ..AccessChange::default()
    };
    (change.not_told, change.told_now) = unread::not_told(&head_tree, &base_tree, &catalogue);
    if touched.any {
        holdings(&mut change, &base, &head, &touched);
    }
    Ok(change)
}

/// One tree with what it takes to ask who holds what.
struct Joined<'a> {
    side: Side,
    graph: &'a Graph,
    matcher: Matcher<'a>,
    keys: Keys,
    principals: HashMap<&'a Holder, (NodeId, PrincipalKind)>,
}

impl<'a> Joined<'a> {
    fn of(tree: &'a Tree<'a>, catalogue: &'a Catalogue, as_of: i64, keys: Keys) -> Self {
        let graph = &tree.graph;
        let principals = graph.principals().into_iter();
        Self {
            side: tree.side,
            graph,
            matcher: Matcher { graph, catalogue, matches: &tree.matches, as_of },
            keys,
            principals: principals.filter_map(|(id, kind)| Some((&graph.node(id)?.holder, (id, kind)))).collect(),
        }
    }

    /// What a principal holds; nothing where it is none.
    fn holds(&self, holder: &Holder, escalations: &Escalations) -> Held {
        let Some((node, kind)) = self.principals.get(holder).copied() else { return Held::default() };
        let mut holdings = self.matcher.principal(node);
        holdings.escalations = escalations.of(&self.matcher, node);
        Held { node: Some(node), kind: Some(subject_kind(kind)), holdings }
    }

    /// What whoever will hold a document holds by it.
    fn gives(&self, document: Option<ContainerId>, escalations: &Escalations) -> Held {
        let Some(id) = document else { return Held::default() };
        let mut holdings = self.matcher.role(id);
        holdings.escalations = escalations.of_role(&self.matcher, id);
        Held { node: None, kind: Some(SubjectKind::Role), holdings }
    }
}

fn subject_kind(kind: PrincipalKind) -> SubjectKind {
    match kind {
        PrincipalKind::Person => SubjectKind::Person,
        PrincipalKind::Service => SubjectKind::Service,
        PrincipalKind::Account => SubjectKind::Account,
        PrincipalKind::Group => SubjectKind::Group,
    }
}

/// The policy documents that stand alone: as the gate does, they are taken for whoever will hold them.
fn alone(graph: &Graph) -> impl Iterator<Item = &Native> {
    let alone = graph.containers().filter(|(_, own)| own.kind == RoleKind::Document && !own.granted);
    alone.filter_map(|(_, own)| own.role.as_ref())
}

/// What one principal holds in one tree.
#[derive(Default)]
struct Held {
    node: Option<NodeId>,
    kind: Option<SubjectKind>,
    holdings: Holdings,
}

/// Both trees while one principal is compared.
struct Both<'a> {
    base: &'a Joined<'a>,
    head: &'a Joined<'a>,
    before: Held,
    after: Held,
    who: String,
    kind: SubjectKind,
}

/// What came of one principal.
#[derive(Default)]
struct Found {
    duties: Vec<DutyChange>,
    conflicts: Vec<ConflictChange>,
    escalations: Vec<EscalationChange>,
    permissions: Option<PermissionChange>,
}

fn holdings(change: &mut AccessChange, base: &Joined<'_>, head: &Joined<'_>, touched: &Touched) {
    let (before, after) = (Escalations::new(&base.matcher), Escalations::new(&head.matcher));
    let everybody: BTreeSet<&Holder> = base.principals.keys().chain(head.principals.keys()).copied().collect();
    let everybody: Vec<&Holder> = everybody.into_iter().collect();
    let found: Vec<Found> = everybody
        .par_iter()
        .filter_map(|holder| {
            let is_touched = touched.principals.contains(*holder);
            if !is_touched && !comes_to_other(holder, (base, &before), (head, &after)) {
                return None;
            }
            let (before, after) = (base.holds(holder, &before), head.holds(holder, &after));
            Both::of((base, before), (head, after), holder.to_string()).map(|both| both.found(is_touched))
        })
        .collect();
    // One that is attached somewhere now is told by those who hold it.
    let documents: BTreeSet<&Native> =
        alone(head.graph).chain(alone(base.graph).filter(|role| head.graph.role(role).is_none())).collect();
    let documents: Vec<Found> = documents
        .into_iter()
        .filter_map(|role| {
            let before = base.gives(base.graph.role(role), &before);
            let after = head.gives(head.graph.role(role), &after);
            Both::of((base, before), (head, after), format!("role:{role}")).map(|both| both.found(true))
        })
        .collect();
    for found in found.into_iter().chain(documents) {
        change.duties.extend(found.duties);
        change.conflicts.extend(found.conflicts);
        change.escalations.extend(found.escalations);
        change.permissions.extend(found.permissions);
    }
}

/// Whether somebody whose own access is as it was could come to administer something else.
fn comes_to_other(
    holder: &Holder,
    (base, before): (&Joined<'_>, &Escalations),
    (head, after): (&Joined<'_>, &Escalations),
) -> bool {
    let ways = |joined: &Joined<'_>, escalations: &Escalations| {
        let node = joined.principals.get(holder).map(|(node, _)| *node);
        node.map(|node| escalations.of(&joined.matcher, node)).unwrap_or_default()
    };
    let (before, after) = (ways(base, before), ways(head, after));
    (!before.is_empty() || !after.is_empty()) && compare::ways(base, &before).ne(&compare::ways(head, &after))
}

fn counted(base: &Joined<'_>, head: &Joined<'_>, touched: &Touched) -> Counted {
    Counted {
        principals: head.principals.len(),
        principals_before: base.principals.len(),
        touched: touched.principals.len(),
        grants: head.graph.grant_count,
        grants_before: base.graph.grant_count,
    }
}

/// What the change edits that is no access: rules, records, descriptions of systems.
fn rules_touched(
    comparison: &Comparison,
    base: &source::Tree,
    rules: &Rules,
    (before, after): (&Reading, &Reading),
) -> RulesTouched {
    let head = &comparison.head;
    let digest = |tree: &source::Tree, path: &str| tree.get(path).and_then(SourceFile::digest);
    let paths: BTreeSet<&str> = base.files.iter().chain(&head.files).map(|file| &*file.path).collect();
    let edited = paths.into_iter().filter(|path| digest(base, path) != digest(head, path));
    let governing = edited.filter(|path| rules.config.is_rule(path) || is_record_path(path));
    let (records, rules): (Vec<&str>, Vec<&str>) = governing.partition(|path| is_record_path(path));
    let (described, described_now) = (super::run::systems_of(before), super::run::systems_of(after));
    let same = |own: &&crate::facts::SystemFact| described_now.iter().any(|now| super::run::same_description(own, now));
    let mut systems: Vec<String> = described.iter().filter(|own| !same(own)).map(|own| own.id.to_string()).collect();
    systems.sort();
    systems.dedup();
    let owned = |paths: Vec<&str>| paths.into_iter().map(str::to_owned).collect();
    RulesTouched { rules: owned(rules), records: owned(records), systems }
}

impl<'a> Both<'a> {
    /// Somebody who is there on either side.
    fn of((base, before): (&'a Joined<'a>, Held), (head, after): (&'a Joined<'a>, Held), who: String) -> Option<Self> {
        let kind = after.kind.or(before.kind)?;
        Some(Self { base, head, before, after, who, kind })
    }

    /// All that differs.
    fn found(&self, is_touched: bool) -> Found {
        let duties = compare::duties(self);
        Found {
            conflicts: compare::conflicts(self),
            escalations: compare::escalations(self),
            permissions: if is_touched { compare::permissions(self, &duties) } else { None },
            duties,
        }
    }

    /// What leads to ways of one side, and what of it the other side has not.
    fn causes(&self, side: Side) -> Causes<'_> {
        let (own, held, other) = match side {
            Side::Head => (self.head, &self.after, self.base),
            Side::Base => (self.base, &self.before, self.head),
        };
        Causes { joined: own, held, other: &other.keys }
    }
}

#[cfg(test)]
mod tests;
