//! Access reviews: campaigns in which people decide, item by item, whether what was declared may stay.
//!
//! A campaign is a folder under `.countersign/campaigns/`. Its *opening* says what was frozen, by when it is decided and
//! by which rule reviewers were found; `items.json` holds what was frozen; each reviewer has a file for decisions, as YAML
//! or as a table; the *closing* says what came of it. Each of these names the digest of what it rests on, so that nothing
//! of it can be edited unseen. Here they are read and held against each other; who may decide what is for policies.

mod closing;
mod decisions;
mod items;
mod opening;
mod sheet;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub(super) use closing::is_sheet;
pub use closing::{ClosedFile, Closing, ClosingFile};
pub use decisions::{Decided, DecisionsFile, ItemDecision, ReviewerFile};
pub use items::{Flag, FrozenItem, FrozenItems, ITEMS_SCHEMA, ItemKind, LastChange};
pub use opening::{AccessReviewFile, Covers, Opening, ReviewerRule};
pub use sheet::COLUMNS as SHEET_COLUMNS;

use super::{RecordKind, Terms};
use crate::rules::error::{RuleError, RuleFile};
use crate::rules::is_yaml;
use crate::store::Digest;
use crate::syntax::Node;

/// The file of the frozen items in a campaign's folder.
pub const ITEMS_FILE: &str = "items.json";
/// The file of the opening.
pub const OPENING_FILE: &str = "campaign.yaml";
/// The file of the closing.
pub const CLOSING_FILE: &str = "closed.yaml";

/// One campaign, with all that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Campaign {
    /// Its id, which is the name of its folder.
    pub id: String,
    /// What was opened.
    pub opening: Opening,
    /// The opening's file.
    pub file: RuleFile,
    /// The digest of the opening's file, which everything else names.
    pub digest: Digest,
    /// What was frozen, in the order in which it is written.
    pub items: Vec<FrozenItem>,
    /// The reviewers' files, by path.
    pub reviewers: Vec<ReviewerFile>,
    /// What came of it, once it is closed.
    pub closing: Option<Closing>,
    /// Files that were changed after the closing had named them, added to them or taken away.
    pub altered: Vec<String>,
}

impl Campaign {
    /// The decision about each item, with the file that it stands in. An abstention is one where nobody else decided.
    #[must_use]
    pub fn decisions(&self) -> BTreeMap<Digest, (&ReviewerFile, &Decided)> {
        let all = self.reviewers.iter().flat_map(|file| file.decided.iter().map(move |decided| (file, decided)));
        let mut decisions: BTreeMap<Digest, (&ReviewerFile, &Decided)> = BTreeMap::new();
        for (file, decided) in all {
            let known = decisions.get(&decided.item);
            if known.is_none_or(|(_, known)| known.decision == ItemDecision::Abstain) {
                decisions.insert(decided.item, (file, decided));
            }
        }
        decisions
    }

    /// The first second at which it is late.
    #[must_use]
    pub fn late_from(&self) -> i64 {
        self.opening.due_until + i64::from(self.opening.grace_days) * 86_400
    }
}

/// A path in the folder of a campaign, from the root of the tree.
#[must_use]
pub fn campaign_path(id: &str, name: &str) -> String {
    format!("{}{id}/{name}", RecordKind::AccessReview.folder())
}

/// Whether an id can be the name of a folder everywhere.
#[must_use]
pub fn is_campaign_id(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !id.is_empty() && id.len() <= 100 && id.chars().all(plain) && !id.starts_with('.')
}

/// The files of one campaign, by what they are.
#[derive(Default)]
struct Folder<'f> {
    openings: Vec<(&'f RuleFile, AccessReviewFile)>,
    items: Option<&'f RuleFile>,
    yaml: Vec<(&'f RuleFile, DecisionsFile)>,
    tables: Vec<&'f RuleFile>,
    closings: Vec<(&'f RuleFile, ClosingFile)>,
}

/// Reads the campaigns among these files; `signatures` are those beside each of them.
pub(super) fn load(
    files: &[&RuleFile],
    signatures: &BTreeMap<&str, Vec<RuleFile>>,
) -> Result<Vec<Campaign>, Vec<RuleError>> {
    let mut errors = Vec::new();
    let mut folders: BTreeMap<&str, Vec<&RuleFile>> = BTreeMap::new();
    for file in files {
        let inside = file.path.strip_prefix(RecordKind::AccessReview.folder()).unwrap_or_default();
        match inside.split_once('/') {
            Some((id, name)) if !name.contains('/') => folders.entry(id).or_default().push(file),
            _ => errors.push(
                file.error(None, "this file of an access review is not in the folder of one")
                    .with_help("a campaign is a folder: let `countersign review open --id ID --due DAY` write it"),
            ),
        }
    }
    let mut campaigns = Vec::new();
    for (id, files) in folders {
        match one(id, &files, signatures) {
            Ok(campaign) => campaigns.push(campaign),
            Err(found) => errors.extend(found),
        }
    }
    if errors.is_empty() { Ok(campaigns) } else { Err(errors) }
}

fn one(id: &str, files: &[&RuleFile], signatures: &BTreeMap<&str, Vec<RuleFile>>) -> Result<Campaign, Vec<RuleError>> {
    let (folder, mut errors) = Folder::sort(files);
    let of = |file: &RuleFile| signatures.get(&*file.path).cloned().unwrap_or_default();
    let (file, written) = match folder.openings.as_slice() {
        [one] => one,
        [] => {
            errors.extend(files.first().map(|file| {
                file.error(None, format!("the access review `{id}` has no opening"))
                    .with_help(format!("bring {} back from history", campaign_path(id, OPENING_FILE)))
            }));
            return Err(errors);
        }
        [_, (second, _), ..] => {
            errors.push(second.error(None, format!("the access review `{id}` is opened twice")));
            return Err(errors);
        }
    };
    let digest = Digest::of(&file.bytes);
    let opening = Opening::read(file, id, written).map_err(|error| vec![error])?;
    let items = items::read(file, written, folder.items, id).map_err(|error| vec![error])?;
    let known = items.iter().map(|item| (item.item, item)).collect();
    let rests = decisions::RestsOn { id, digest, opened: opening.opened, items: known };
    let mut reviewers = Vec::new();
    for (file, written) in &folder.yaml {
        match decisions::read(file, written, of(file), &rests) {
            Ok(reviewer) => reviewers.push(reviewer),
            Err(found) => errors.extend(found),
        }
    }
    for file in &folder.tables {
        match sheet::read(file, of(file), &rests) {
            Ok(reviewer) => reviewers.push(reviewer),
            Err(found) => errors.extend(found),
        }
    }
    reviewers.sort_by(|a, b| a.terms.file.path.cmp(&b.terms.file.path));
    errors.extend(decisions::decided_twice(&reviewers));
    let mut altered = Vec::new();
    let closing = match folder.closings.as_slice() {
        [] => None,
        [(file, written)] => match Closing::read(file, written, &rests) {
            Ok(closing) => {
                altered = closing.altered(files, signatures);
                Some(closing)
            }
            Err(error) => {
                errors.push(error);
                None
            }
        },
        [_, (second, _), ..] => {
            errors.push(second.error(None, format!("the access review `{id}` is closed twice")));
            None
        }
    };
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Campaign { id: id.to_owned(), opening, file: (*file).clone(), digest, items, reviewers, closing, altered })
}

impl<'f> Folder<'f> {
    /// Tells files apart by their kind.
    fn sort(files: &[&'f RuleFile]) -> (Self, Vec<RuleError>) {
        let mut folder = Self::default();
        let mut errors = Vec::new();
        for file in files {
            if file.path.ends_with(&format!("/{ITEMS_FILE}")) {
                folder.items = Some(file);
            } else if is_yaml(&file.path) {
                if let Err(error) = folder.add(file) {
                    errors.push(error);
                }
            } else {
                folder.tables.push(file);
            }
        }
        (folder, errors)
    }

    fn add(&mut self, file: &'f RuleFile) -> Result<(), RuleError> {
        let node = crate::rules::first_document(file)?;
        let kind = node.get("kind");
        match kind.and_then(Node::as_str) {
            Some("AccessReview") => self.openings.push((file, crate::rules::read(file, &node)?)),
            Some("AccessReviewDecisions") => self.yaml.push((file, crate::rules::read(file, &node)?)),
            Some("AccessReviewClosing") => self.closings.push((file, crate::rules::read(file, &node)?)),
            _ => {
                return Err(file.error(kind.map(|node| node.span), "this is no file of an access review").with_help(
                    "its `kind` is AccessReview, AccessReviewDecisions or AccessReviewClosing; \
                         `countersign review open` writes the first two",
                ));
            }
        }
        Ok(())
    }
}

/// What a file of decisions has by way of terms: its reviewer gives it, and it does not end.
fn terms(file: &RuleFile, id: &str, reviewer: &str, signatures: Vec<RuleFile>, last: Option<i64>) -> Terms {
    Terms {
        kind: RecordKind::AccessReview,
        id: format!("{id}/{}", reviewer.strip_prefix("person:").unwrap_or(reviewer)),
        file: file.clone(),
        signatures,
        approvers: vec![reviewer.to_owned()],
        reason: String::new(),
        ticket: None,
        not_before: last,
        expires: i64::MAX,
    }
}
