//! What a principal holds, thing by thing, so that somebody can decide about each.
//!
//! An *item* is one role, or permissions without one, that one principal holds in one system on one scope, by however
//! many paths. A membership, or the right to act as an account, is an item where nothing here says what it gives; else
//! what it gives is. The digest of an item is made of names alone, so that moving a file changes nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use super::flat::flatten;
use super::graph::{ContainerId, EdgeKind, Graph, NodeId};
use super::held::{AccessKind, name, own_ways};
use super::reach::{Reach, reach};
use super::units::Site;
use crate::facts::scope::{Dimension, Scope};
use crate::facts::{Holder, Patterns, Statement, Text, Validity};
use crate::store::Digest;

/// One thing that a principal holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What everything below comes to.
    pub digest: Digest,
    /// What: `role:SYSTEM/NAME`, `permissions:SYSTEM/DIGEST`, `group:SYSTEM/NAME` or `account:SYSTEM/NAME`.
    pub what: Text,
    /// What kind of thing.
    pub kind: AccessKind,
    /// The system that it counts in.
    pub system: Text,
    /// On what, without the system.
    pub scope: Scope,
    /// When it counts.
    pub validity: Validity,
    /// Under which conditions, in words, sorted.
    pub conditions: Vec<String>,
    /// What it permits.
    pub contents: Digest,
    /// The paths by which it is held, in words, sorted.
    pub paths: Vec<String>,
    /// The accounts by which it is held, sorted.
    pub accounts: Vec<String>,
    /// The role, or the permissions, where something here defines them.
    pub container: Option<ContainerId>,
    /// The places in the reach's list of grants.
    pub held: BTreeSet<u32>,
    /// Where it is granted: the grants, and the memberships and trusts on the way.
    pub sites: BTreeSet<Site>,
}

/// What tells items of one principal apart.
type Key = (Text, Text, Scope, Validity, Vec<String>);

/// What the paths of one item come to.
struct Draft {
    kind: AccessKind,
    contents: Digest,
    container: Option<ContainerId>,
    paths: BTreeSet<String>,
    accounts: BTreeSet<String>,
    held: BTreeSet<u32>,
    sites: BTreeSet<Site>,
}

/// Digests of what roles permit, each made once.
#[derive(Debug, Default)]
pub struct Contents(HashMap<ContainerId, Digest>);

impl Contents {
    /// The digest of all that a role permits, roles inside it included.
    fn of(&mut self, graph: &Graph, container: ContainerId) -> Digest {
        *self.0.entry(container).or_insert_with(|| {
            let inside = flatten(graph, container);
            let containers = inside.iter().filter_map(|inner| graph.container(inner.container));
            let statements = containers.flat_map(|container| &container.statements);
            let mut lines: Vec<String> = statements.map(|(statement, _)| said(statement).to_string()).collect();
            lines.sort();
            lines.dedup();
            Digest::of(lines.join("\n").as_bytes())
        })
    }
}

/// What a statement says, without where it is written.
fn said(statement: &Statement) -> Value {
    let patterns = |patterns: &Patterns| {
        let mut list: Vec<&str> = patterns.list.iter().map(|text| &**text).collect();
        list.sort_unstable();
        let ranges: Vec<[&str; 2]> = patterns.ranges.iter().map(|range| [&*range.low, &*range.high]).collect();
        json!([patterns.negated, list, ranges])
    };
    let mut conditions: Vec<[&str; 2]> = statement.conditions.iter().map(|own| [&*own.key, &*own.text]).collect();
    conditions.sort_unstable();
    let fields = statement.fields.as_ref().map(|fields| -> BTreeMap<&str, Value> {
        fields.iter().map(|(field, values)| (&**field, patterns(values))).collect()
    });
    json!([
        statement.effect,
        patterns(&statement.actions),
        patterns(&statement.resources),
        statement.level,
        conditions,
        statement.scope.lists(),
        fields,
    ])
}

/// Everything that a principal holds at an instant or will hold later, as items in a fixed order.
#[must_use]
pub fn items(graph: &Graph, principal: NodeId, as_of: i64, contents: &mut Contents) -> Vec<Item> {
    items_in(graph, principal, &reach(graph, principal, as_of), as_of, contents)
}

/// Like [`items`], of what a search found.
#[must_use]
pub fn items_in(graph: &Graph, principal: NodeId, reached: &Reach, as_of: i64, contents: &mut Contents) -> Vec<Item> {
    let mut drafts: BTreeMap<Key, Draft> = BTreeMap::new();
    // What a service identity holds is its own, whoever answers for it.
    let own = own_ways(graph, reached);
    let is_own = |way: u32| own.get(way as usize).copied().unwrap_or_default();
    for (number, way) in (0u32..).zip(&reached.ways).filter(|(number, _)| is_own(*number)) {
        if let Some((kind, what, system)) = leaf(graph, reached, number) {
            let key = (what, system, Scope::unknown(), way.validity, conditions(graph, &way.conditions));
            add(&mut drafts, key, kind, nothing(), None).follow(graph, reached, number);
        }
        for loose in graph.loose_grants_of(way.node) {
            let validity = way.validity.intersect(loose.validity);
            if validity.is_empty() || validity.until.is_some_and(|until| until <= as_of) {
                continue;
            }
            let what: Text = format!("role:{}", loose.role).into();
            let key = (what, loose.role.system.clone(), Scope::unknown(), validity, conditions(graph, &way.conditions));
            let draft = add(&mut drafts, key, AccessKind::Grant, nothing(), None);
            draft.follow(graph, reached, number);
            draft.granted(
                graph,
                reached,
                number,
                &format!("is granted {}, which nothing here defines", loose.role.name),
            );
            draft.sites.insert(loose.site);
        }
    }
    for (at, found) in (0u32..).zip(&reached.held).filter(|(_, found)| is_own(found.way)) {
        let (Some(way), Some(grant)) = (reached.ways.get(found.way as usize), graph.grant(found.grant)) else {
            continue;
        };
        let Some(container) = graph.container(grant.container) else { continue };
        let system = graph.systems.get(container.system).map(|system| system.id.clone()).unwrap_or_default();
        let scope = graph.scope(grant.scope).map(|scope| without_system(scope)).unwrap_or_default();
        let mut all = way.conditions.clone();
        all.extend_from_slice(&grant.conditions);
        let validity = way.validity.intersect(grant.validity);
        let words = scope.to_string();
        let on = if words.is_empty() { String::new() } else { format!(" on {words}") };
        let called = match (&container.role, &container.title) {
            (Some(role), _) => role.name.to_string(),
            (None, Some(title)) => title.to_string(),
            (None, None) => "permissions of its own".to_owned(),
        };
        let key = (name(container, &system), system, scope, validity, conditions(graph, &all));
        let given = contents.of(graph, grant.container);
        let draft = add(&mut drafts, key, AccessKind::Grant, given, Some(grant.container));
        draft.follow(graph, reached, found.way);
        draft.granted(graph, reached, found.way, &format!("is granted {called}{on}"));
        draft.sites.insert(grant.site);
        draft.held.insert(at);
    }
    let holder = graph.node(principal).map(|node| node.holder.to_string()).unwrap_or_default();
    drafts.into_iter().map(|(key, draft)| draft.item(&holder, key)).collect()
}

fn add(
    drafts: &mut BTreeMap<Key, Draft>,
    key: Key,
    kind: AccessKind,
    contents: Digest,
    container: Option<ContainerId>,
) -> &mut Draft {
    drafts.entry(key).or_insert_with(|| Draft {
        kind,
        contents,
        container,
        paths: BTreeSet::new(),
        accounts: BTreeSet::new(),
        held: BTreeSet::new(),
        sites: BTreeSet::new(),
    })
}

/// What the end of a way is, where it is a membership or an account of which nothing says what it gives.
fn leaf(graph: &Graph, reached: &Reach, number: u32) -> Option<(AccessKind, Text, Text)> {
    let way = reached.ways.get(number as usize)?;
    let (before, edge) = way.from?;
    let kind = graph.edges_of(reached.ways.get(before as usize)?.node).get(edge as usize)?.kind;
    let gives = !graph.grants_of(way.node).is_empty()
        || !graph.loose_grants_of(way.node).is_empty()
        || !graph.edges_of(way.node).is_empty();
    let (kind, word) = match kind {
        EdgeKind::MemberOf => (AccessKind::Membership, "group"),
        EdgeKind::ActsAs => (AccessKind::ActsAs, "account"),
        EdgeKind::Owns | EdgeKind::Controls => return None,
    };
    match graph.node(way.node).map(|node| &node.holder) {
        Some(Holder::Account(native) | Holder::Group(native)) if !gives => {
            Some((kind, format!("{word}:{native}").into(), native.system.clone()))
        }
        _ => None,
    }
}

fn nothing() -> Digest {
    Digest::of(b"")
}

fn conditions(graph: &Graph, ids: &[super::graph::ConditionId]) -> Vec<String> {
    let texts: BTreeSet<String> =
        ids.iter().filter_map(|id| graph.condition(*id)).map(|condition| condition.text.to_string()).collect();
    texts.into_iter().collect()
}

/// The system is told apart from the scope.
fn without_system(scope: &Scope) -> Scope {
    let own = scope.iter().filter(|(dimension, _)| **dimension != Dimension::system());
    own.fold(Scope::unknown(), |scope, (dimension, values)| scope.with(dimension.clone(), values.clone()))
}

impl Draft {
    /// Takes down how a way leads to its end.
    fn follow(&mut self, graph: &Graph, reached: &Reach, way: u32) {
        let mut words = Vec::new();
        for (node, number) in reached.steps(way) {
            let Some(edge) = graph.edges_of(node).get(number as usize) else { continue };
            let (Some(from), Some(to)) = (graph.node(node), graph.node(edge.to)) else { continue };
            words.push(format!("{} {} {}", from.holder, edge.kind.verb(), to.holder));
            // Whose an account is, is no grant.
            if edge.kind != EdgeKind::Owns {
                self.sites.insert(edge.site);
            }
        }
        let account = reached.ways.get(way as usize).and_then(|way| graph.node(way.account?));
        self.accounts.extend(account.map(|node| node.holder.to_string()));
        if self.kind != AccessKind::Grant {
            self.paths.insert(words.join("; "));
        }
    }

    /// Takes down the path of a grant at the end of a way.
    fn granted(&mut self, graph: &Graph, reached: &Reach, way: u32, what: &str) {
        let mut words: Vec<String> = Vec::new();
        for (node, number) in reached.steps(way) {
            let Some(edge) = graph.edges_of(node).get(number as usize) else { continue };
            if let (Some(from), Some(to)) = (graph.node(node), graph.node(edge.to)) {
                words.push(format!("{} {} {}", from.holder, edge.kind.verb(), to.holder));
            }
        }
        let end = reached.ways.get(way as usize).and_then(|way| graph.node(way.node));
        words.extend(end.map(|node| format!("{} {what}", node.holder)));
        self.paths.insert(words.join("; "));
    }

    fn item(self, holder: &str, (what, system, scope, validity, conditions): Key) -> Item {
        let kind = match self.kind {
            AccessKind::Grant => "grant",
            AccessKind::Membership => "membership",
            AccessKind::ActsAs => "acts_as",
        };
        let all = json!([
            "item/v1",
            holder,
            &*what,
            kind,
            &*system,
            scope.lists(),
            validity.from,
            validity.until,
            conditions,
            self.contents,
            self.paths,
        ]);
        Item {
            digest: Digest::of(all.to_string().as_bytes()),
            what,
            kind: self.kind,
            system,
            scope,
            validity,
            conditions,
            contents: self.contents,
            paths: self.paths.into_iter().collect(),
            accounts: self.accounts.into_iter().collect(),
            container: self.container,
            held: self.held,
            sites: self.sites,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::fixture::{World, allow, between, holder};

    fn of(world: &World, who: &str) -> Vec<Item> {
        let graph = world.graph();
        let node = graph.find(&holder(who)).unwrap();
        items(&graph, node, 100, &mut Contents::default())
    }

    fn company() -> World {
        let mut world = World::default();
        world.system("erp", "sap");
        world.person("ann", &["erp/ANN"]);
        world.role("erp/clerk", vec![allow(&["VIEW"])]);
        world
    }

    #[test]
    fn two_paths_to_one_role_are_one_item_and_both_are_told() {
        let mut world = company();
        world.grant("account:erp/ANN", "erp/clerk");
        world.group("erp/team", true);
        world.member("account:erp/ANN", "erp/team");
        world.grant("group:erp/team", "erp/clerk");
        let all = of(&world, "person:ann");
        let [one] = all.as_slice() else { panic!("{all:#?}") };
        assert_eq!(
            (&*one.what, one.paths.len(), one.accounts.as_slice()),
            ("role:erp/clerk", 2, &["account:erp/ANN".to_owned()][..])
        );
        assert!(one.paths.iter().any(|path| path.contains("account:erp/ANN belongs to group:erp/team; group:erp/team is granted clerk")));
    }

    #[test]
    fn a_group_that_gives_nothing_here_is_an_item_and_one_that_gives_is_not() {
        let mut world = company();
        world.group("erp/elsewhere", true);
        world.member("account:erp/ANN", "erp/elsewhere");
        world.group("erp/team", true);
        world.member("account:erp/ANN", "erp/team");
        world.grant("group:erp/team", "erp/clerk");
        let what: Vec<String> = of(&world, "person:ann").iter().map(|item| item.what.to_string()).collect();
        assert_eq!(what, ["group:erp/elsewhere", "role:erp/clerk"]);
    }

    #[test]
    fn an_item_is_another_one_when_its_role_permits_more_or_it_lasts_longer() {
        let digest = |change: &dyn Fn(&mut World)| {
            let mut world = company();
            world.grant("account:erp/ANN", "erp/clerk").validity = between(50, 200);
            change(&mut world);
            of(&world, "person:ann")[0].digest
        };
        let same = digest(&|_| {});
        assert_eq!(same, digest(&|_| {}));
        let wider = digest(&|world| world.facts.roles[0].statements = vec![allow(&["VIEW", "PAY"])]);
        let longer = digest(&|world| world.facts.grants[0].validity = between(50, 300));
        assert_ne!(same, wider);
        assert_ne!(same, longer);
        assert_ne!(wider, longer);
    }

    #[test]
    fn what_has_ended_is_no_item() {
        let mut world = company();
        world.grant("account:erp/ANN", "erp/clerk").validity = between(50, 100);
        assert!(of(&world, "person:ann").is_empty());
    }
}
