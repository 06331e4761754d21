//! What a principal holds, whatever it confers: for questions about people rather than about duties.

use std::fmt;

use super::graph::{Container, EdgeKind, GrantId, Graph, NodeId};
use super::reach::{Reach, reach};
use super::units::Site;
use crate::facts::scope::Scope;
use crate::facts::{Holder, Patterns, Text, Validity};
use crate::store::Digest;

/// What kind of thing is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessKind {
    /// A grant of a role or of permissions.
    Grant,
    /// A membership in a group.
    Membership,
    /// The right to act as an account.
    ActsAs,
}

/// The step of the graph that gives something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A grant to a node.
    Grant(NodeId, GrantId),
    /// A step from a node: its number among that node's edges.
    Edge(NodeId, u32),
    /// A grant of a role that nothing defines.
    Loose,
}

/// Something that a principal holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Access {
    /// What: `role:SYSTEM/NAME`, `permissions:SYSTEM/DIGEST`, `group:SYSTEM/NAME` or `account:SYSTEM/NAME`.
    pub id: Text,
    /// What kind of thing.
    pub kind: AccessKind,
    /// The system that it counts in.
    pub system: Text,
    /// When it counts.
    pub validity: Validity,
    /// On what.
    pub scope: Scope,
    /// Where it is written.
    pub site: Site,
    /// What gives it.
    pub step: Step,
}

/// Everything that a principal holds at an instant or will hold later, by its accounts and its groups too.
#[must_use]
pub fn held(graph: &Graph, principal: NodeId, as_of: i64) -> Vec<Access> {
    let reached = reach(graph, principal, as_of);
    let mut all = Vec::new();
    // What a service identity holds is its own, whoever answers for it.
    let own = own_ways(graph, &reached);
    for (way, _) in reached.ways.iter().zip(&own).filter(|(_, own)| **own) {
        let before = way.from.and_then(|(before, edge)| Some((reached.ways.get(before as usize)?.node, edge)));
        if let Some((from, number)) = before
            && let Some(edge) = graph.edges_of(from).get(number as usize)
            && let Some(Holder::Account(native) | Holder::Group(native)) = graph.node(edge.to).map(|node| &node.holder)
        {
            let kind = match edge.kind {
                EdgeKind::Owns => None,
                EdgeKind::MemberOf => Some((AccessKind::Membership, format!("group:{native}"))),
                EdgeKind::ActsAs | EdgeKind::Controls => Some((AccessKind::ActsAs, format!("account:{native}"))),
            };
            all.extend(kind.map(|(kind, id)| Access {
                id: id.into(),
                kind,
                system: native.system.clone(),
                validity: way.validity,
                scope: Scope::unknown(),
                site: edge.site,
                step: Step::Edge(from, number),
            }));
        }
        for loose in graph.loose_grants_of(way.node) {
            let validity = way.validity.intersect(loose.validity);
            if !validity.is_empty() && validity.until.is_none_or(|until| until > as_of) {
                all.push(Access {
                    id: format!("role:{}", loose.role).into(),
                    kind: AccessKind::Grant,
                    system: loose.role.system.clone(),
                    validity,
                    scope: Scope::unknown(),
                    site: loose.site,
                    step: Step::Loose,
                });
            }
        }
    }
    for found in reached.held.iter().filter(|found| own.get(found.way as usize).copied().unwrap_or_default()) {
        let (Some(way), Some(grant)) = (reached.ways.get(found.way as usize), graph.grant(found.grant)) else {
            continue;
        };
        let Some(container) = graph.container(grant.container) else { continue };
        let system = graph.systems.get(container.system).map(|system| system.id.clone()).unwrap_or_default();
        all.push(Access {
            id: name(container, &system),
            kind: AccessKind::Grant,
            system,
            validity: way.validity.intersect(grant.validity),
            scope: graph.scope(grant.scope).map(|scope| (**scope).clone()).unwrap_or_default(),
            site: grant.site,
            step: Step::Grant(way.node, found.grant),
        });
    }
    all.sort_by(|a, b| {
        let key = |access: &Access| (access.system.clone(), access.id.clone(), access.validity, access.site);
        key(a).cmp(&key(b))
    });
    all.dedup();
    all
}

/// Of each way, whether no service identity that the principal controls is on it.
pub(super) fn own_ways(graph: &Graph, reached: &Reach) -> Vec<bool> {
    let mut own: Vec<bool> = Vec::with_capacity(reached.ways.len());
    for way in &reached.ways {
        // Each way comes after the one it continues.
        let before = way.from.and_then(|(before, edge)| {
            let from = reached.ways.get(before as usize)?;
            let kind = graph.edges_of(from.node).get(edge as usize)?.kind;
            Some(own.get(before as usize).copied().unwrap_or_default() && kind != EdgeKind::Controls)
        });
        own.push(before.unwrap_or(true));
    }
    own
}

/// A role by its name; permissions without one by what they are, so that others in their place are something else.
pub(super) fn name(container: &Container, system: &Text) -> Text {
    if let Some(role) = &container.role {
        return format!("role:{role}").into();
    }
    let mut statements: Vec<String> = container
        .statements
        .iter()
        .map(|(statement, _)| {
            let (actions, resources) = (Named(&statement.actions), Named(&statement.resources));
            let own = (statement.effect, actions, resources, statement.level);
            // What has no fields is named as it was before there were any.
            let fields = statement.fields.as_ref().map(|fields| format!(" {fields:?}")).unwrap_or_default();
            format!("{own:?} {} {:?}{fields}", statement.scope, statement.conditions)
        })
        .collect();
    statements.sort();
    let digest = Digest::of(statements.join("\n").as_bytes()).to_string();
    format!("permissions:{system}/{}", digest.get(..12).unwrap_or_default()).into()
}

/// Patterns as they go into a name. Names last: without ranges they are what they were before there were any.
struct Named<'a>(&'a Patterns);

impl fmt::Debug for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Patterns { negated, list, ranges } = self.0;
        let mut shown = f.debug_struct("Patterns");
        shown.field("negated", negated).field("list", list);
        if !ranges.is_empty() {
            shown.field("ranges", ranges);
        }
        shown.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::fixture::{World, allow, between, holder};

    fn ids(world: &World, who: &str) -> Vec<String> {
        let graph = world.graph();
        let node = graph.find(&holder(who)).unwrap();
        held(&graph, node, 100).iter().map(|access| access.id.to_string()).collect()
    }

    #[test]
    fn everything_counts_whatever_it_confers() {
        let mut world = World::default();
        world.system("erp", "sap");
        world.person("ann", &["erp/ANN"]);
        world.role("erp/clerk", vec![allow(&["VIEW"])]);
        world.grant("account:erp/ANN", "erp/clerk");
        world.grant("account:erp/ANN", "erp/nobody-defines-it");
        world.group("erp/team", true);
        world.member("account:erp/ANN", "erp/team");
        world.role("erp/of-team", vec![allow(&["VIEW"])]);
        world.grant("group:erp/team", "erp/of-team");
        world.acts_as("account:erp/ANN", "erp/ROBOT");
        world.grant("person:ann", "erp/clerk").validity = between(50, 100);
        assert_eq!(
            ids(&world, "person:ann"),
            ["account:erp/ROBOT", "group:erp/team", "role:erp/clerk", "role:erp/nobody-defines-it", "role:erp/of-team"]
        );
    }

    #[test]
    fn permissions_without_a_role_are_told_apart_by_what_they_are() {
        let named = |actions: &[&str]| {
            let mut world = World::default();
            world.permit("account:erp/ANN", "erp", vec![allow(actions)]);
            ids(&world, "account:erp/ANN")
        };
        assert_eq!(named(&["A"]), named(&["A"]));
        assert_ne!(named(&["A"]), named(&["A", "B"]));
        assert!(named(&["A"])[0].starts_with("permissions:erp/"));
    }

    #[test]
    fn an_account_without_anything_is_no_access() {
        let mut world = World::default();
        world.person("ann", &["erp/ANN"]);
        world.account("erp/ANN");
        assert!(ids(&world, "person:ann").is_empty());
    }
}
