//! What differs in accounts and groups, whatever it gives.

use std::collections::BTreeSet;

use super::super::finding::Side;
use super::model::{BesideChange, BesideKind};
use crate::access::{EdgeKind, Graph, Links, NodeId, Place, Site, Touched, place};
use crate::facts::Holder;

/// Everything that one graph says of accounts and groups and the other does not.
pub(super) fn beside(
    base: &Graph,
    head: &Graph,
    touched: &Touched,
    (base_links, head_links): (&Links, &Links),
) -> Vec<BesideChange> {
    let mut all = Vec::new();
    for holder in &touched.nodes {
        let (before, after) = (of(base, Side::Base, holder), of(head, Side::Head, holder));
        let told = |own: &BTreeSet<Told>, other: &BTreeSet<Told>, gained: bool| -> Vec<BesideChange> {
            let lone = own.iter().filter(|own| !other.iter().any(|known| (known.0, &known.1) == (own.0, &own.1)));
            let change = |(kind, what, place): &Told| BesideChange {
                kind: *kind,
                gained,
                who: holder.to_string(),
                what: what.clone(),
                place: place.clone(),
            };
            lone.map(change).collect()
        };
        all.extend(told(&after, &before, true));
        all.extend(told(&before, &after, false));
    }
    for (from, to, gained) in [(base_links, head_links, false), (head_links, base_links, true)] {
        for (account, owner, _) in Links::lost(from, to) {
            all.push(BesideChange {
                kind: BesideKind::Owner,
                gained,
                who: owner.to_string(),
                what: Some(Holder::Account(account.clone()).to_string()),
                place: None,
            });
        }
    }
    all.sort();
    all.dedup();
    all
}

type Told = (BesideKind, Option<String>, Option<(Side, Place)>);

/// What a graph says of one holder.
fn of(graph: &Graph, side: Side, holder: &Holder) -> BTreeSet<Told> {
    let Some((id, node)) = graph.find(holder).and_then(|id| Some((id, graph.node(id)?))) else {
        return BTreeSet::new();
    };
    let at = |site: Option<Site>| site.and_then(|site| place(&graph.units, site)).map(|place| (side, place));
    let mut told = BTreeSet::new();
    if matches!(holder, Holder::Account(_)) && is_there(graph, id) {
        told.insert((BesideKind::Account, None, at(node.site)));
    }
    for edge in graph.edges_of(id) {
        let kind = match edge.kind {
            EdgeKind::MemberOf => BesideKind::Membership,
            EdgeKind::ActsAs => BesideKind::ActsAs,
            // Whose an account is, is compared as each tree says it; who answers for a service is told by what it gives.
            EdgeKind::Owns | EdgeKind::Controls => continue,
        };
        let to = graph.node(edge.to).map(|node| node.holder.to_string());
        told.insert((kind, to, at(Some(edge.site))));
    }
    told
}

/// Whether a tree says anything of an account beside whose it is.
fn is_there(graph: &Graph, id: NodeId) -> bool {
    graph.node(id).is_some_and(|node| node.site.is_some())
        || !graph.grants_of(id).is_empty()
        || !graph.loose_grants_of(id).is_empty()
        || graph.edges_of(id).iter().any(|edge| edge.kind != EdgeKind::Owns)
}
