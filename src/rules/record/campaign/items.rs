//! What a campaign froze: `items.json`.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AccessReviewFile, ITEMS_FILE, campaign_path};
use crate::rules::dates::Instant;
use crate::rules::error::{RuleError, RuleFile};
use crate::store::Digest;

/// The schema that the file names.
pub const ITEMS_SCHEMA: &str = "countersign.dev/review-items/v1";

/// The file of the frozen items. It is written once and never edited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FrozenItems {
    /// What the file is.
    pub schema: String,
    /// Whose items these are.
    pub campaign: String,
    /// The items.
    pub items: Vec<FrozenItem>,
}

/// What kind of thing somebody holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// A role, or permissions without one.
    Grant,
    /// A membership in a group of which nothing here says what it gives.
    Membership,
    /// The right to act as an account of which nothing here says what it holds.
    ActsAs,
}

/// One thing that one principal held when the campaign was opened, with what a reviewer needs to decide about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FrozenItem {
    /// The digest of who holds what, on what, until when, on which conditions, by which paths, and of what it permits.
    pub item: Digest,
    /// Who: `person:ID`, `service:ID`, `account:SYSTEM/NAME` or `group:SYSTEM/NAME`.
    pub principal: String,
    /// What: `role:SYSTEM/NAME`, `permissions:SYSTEM/DIGEST`, `group:SYSTEM/NAME` or `account:SYSTEM/NAME`.
    pub what: String,
    /// What kind of thing.
    pub kind: ItemKind,
    /// The system that it counts in.
    pub system: String,
    /// On what, by dimension; a dimension that is absent is not known, and counts as all.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scope: BTreeMap<String, Vec<String>>,
    /// From when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Instant>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
    /// Under which conditions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// The digest of what it permits.
    pub contents: Digest,
    /// Of permissions without a role: what they permit, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permits: Vec<String>,
    /// The accounts by which it is held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// The people whose access it is, and who do not review it: `person:ID`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<String>,
    /// The paths by which it is held, in words.
    pub why: Vec<String>,
    /// What whoever granted it gave as the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub justifications: Vec<String>,
    /// The tickets of its grants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tickets: Vec<String>,
    /// What it lets its holder do: the duties that it gives, or takes part in giving.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duties: Vec<Flag>,
    /// The conflicts that it takes part in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Flag>,
    /// The privileged duties that it gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub privileged: Vec<Flag>,
    /// The last change of the lines that grant it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<LastChange>,
    /// The approvals whose time it is and that name it, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<String>,
    /// Who reviews it: `person:ID`. Nobody, where nobody can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<String>,
}

/// A conflict or a duty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    /// Its id.
    pub id: String,
    /// What it is, in words.
    pub title: String,
}

/// The commit that last changed what grants an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LastChange {
    /// The commit.
    pub commit: String,
    /// When it was made, as it says itself.
    pub at: Instant,
    /// Its author, as the commit names them.
    pub author: String,
    /// Who that is, where somebody declared has the address: `person:ID`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
}

impl FrozenItem {
    /// What makes a reviewer look twice: ids of conflicts and privileged duties.
    pub fn flags(&self) -> impl Iterator<Item = &Flag> {
        self.conflicts.iter().chain(&self.privileged)
    }
}

/// Reads the frozen items that an opening names.
pub(super) fn read(
    opening: &RuleFile,
    written: &AccessReviewFile,
    file: Option<&RuleFile>,
    id: &str,
) -> Result<Vec<FrozenItem>, RuleError> {
    let spec = &written.spec;
    let restore = || {
        format!("bring {} back from history; a campaign's frozen items are never edited", campaign_path(id, ITEMS_FILE))
    };
    let Some(file) = file else {
        return Err(opening
            .error(spec.snapshot.span, format!("the frozen items of the access review `{id}` are gone"))
            .with_help(restore()));
    };
    let found = Digest::of(&file.bytes);
    if found != spec.snapshot.value {
        return Err(file
            .error(None, format!("the frozen items of the access review `{id}` were edited: their digest is {found}, and it was opened over {}", spec.snapshot.value))
            .with_help(restore()));
    }
    let node = crate::rules::first_document(file)?;
    let items: FrozenItems = crate::rules::read(file, &node)?;
    let wrong =
        |message: String| Err(file.error(None, message).with_help("it was written by another version: use that one"));
    if items.schema != ITEMS_SCHEMA {
        return wrong(format!("the frozen items are `{}`, and `{ITEMS_SCHEMA}` is what can be read", items.schema));
    }
    if items.campaign != id || items.items.len() != spec.items {
        return Err(file.error(
            None,
            format!(
                "these are {} items of the access review `{}`, and {} of `{id}` were frozen",
                items.items.len(),
                items.campaign,
                spec.items
            ),
        ));
    }
    let mut known = BTreeSet::new();
    if let Some(twice) = items.items.iter().find(|item| !known.insert(item.item)) {
        return Err(file.error(None, format!("the item {} is frozen twice", twice.item)));
    }
    Ok(items.items)
}
