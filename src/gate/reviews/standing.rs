//! What a tree holds of what a campaign froze: never what a ticket says of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use crate::access::{Contents, Graph, Item, NodeId, items};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::rules::{Campaign, FrozenItem, ItemKind};
use crate::store::Digest;

/// What became of a frozen item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ItemNow {
    /// It is held as it was.
    Same,
    /// Something of it is held, and it is another item by now.
    Changed,
    /// Nothing of it is held.
    Gone,
}

impl ItemNow {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Gone => "gone",
        }
    }
}

/// What became of each item of a campaign in a tree, in the order in which they are frozen.
#[must_use]
pub fn standing(graph: &Graph, campaign: &Campaign, as_of: i64) -> Vec<ItemNow> {
    let names: HashMap<String, NodeId> =
        (0u32..).map(NodeId).map_while(|id| Some((graph.node(id)?.holder.to_string(), id))).collect();
    let frozen: BTreeSet<Digest> = campaign.items.iter().map(|item| item.item).collect();
    let mut contents = Contents::default();
    let mut known: BTreeMap<&str, Vec<Item>> = BTreeMap::new();
    // An account that belongs to nobody by now still holds what somebody held by it.
    for holder in campaign.items.iter().flat_map(|item| std::iter::once(&item.principal).chain(&item.accounts)) {
        if let (false, Some(node)) = (known.contains_key(holder.as_str()), names.get(holder)) {
            known.insert(holder, items(graph, *node, as_of, &mut contents));
        }
    }
    let held = |holder: &str| known.get(holder).into_iter().flatten();
    campaign
        .items
        .iter()
        .map(|item| {
            if held(&item.principal).any(|own| own.digest == item.item) {
                return ItemNow::Same;
            }
            let node = names.get(&item.principal);
            let owned = |account: &&String| {
                node.is_some_and(|node| graph.with_accounts(*node).any(|own| names.get(*account) == Some(&own)))
            };
            // What the principal holds by an account of its own is among what it holds.
            let holders = std::iter::once(&item.principal).chain(item.accounts.iter().filter(|own| !owned(own)));
            // What was decided about by itself is no remainder of something else.
            let mut others = holders.flat_map(|holder| held(holder)).filter(|own| !frozen.contains(&own.digest));
            if others.any(|own| is_of(item, own)) { ItemNow::Changed } else { ItemNow::Gone }
        })
        .collect()
}

/// Whether something held gives any of what was frozen: the same thing, or the same rights under another name, on a scope
/// that meets the frozen one.
fn is_of(frozen: &FrozenItem, held: &Item) -> bool {
    if frozen.system != *held.system || scope_of(frozen).intersect(&held.scope).is_empty() {
        return false;
    }
    if frozen.what == *held.what {
        return true;
    }
    let nothing = frozen.contents == Digest::of(b"");
    let same_rights = frozen.kind == ItemKind::Grant && !nothing && frozen.contents == held.contents;
    // Permissions without a role have no name but what they permit: whatever stands in their place is of them.
    let bare = |what: &str| what.starts_with("permissions:");
    same_rights || bare(&frozen.what) && bare(&held.what)
}

fn scope_of(frozen: &FrozenItem) -> Scope {
    let dimensions = frozen.scope.iter();
    dimensions.fold(Scope::unknown(), |scope, (name, values)| scope.with(Dimension::new(name), Values::of(values)))
}
