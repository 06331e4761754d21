//! Literal secrets of a comparison: searched for once, judged by policies like everything else.
//!
//! The search reads files that no format claims, and says of each text what stands where. It comes before the judgement,
//! since evidence cannot keep what it read: what was found is kept instead, and a judgement that is made again is given
//! that. Nothing here holds a secret.

mod judge;

pub(super) use judge::SecretsOf;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::rules::{RuleError, RuleFile, Rules, is_record_path};
use crate::secrets::{Buffer, DigestKey, Hit, ImportedRule, OwnRules, Scanner, Table, Tier, Unread, Verdict, own};
use crate::source::{Comparison, Content, FileKind, NotRead, SourceFile, Tree};
use crate::store::Digest;

/// What was found in the texts of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    /// In what is judged.
    pub head: Searched,
    /// In what it is compared with.
    pub base: Searched,
    /// In other trees that evidence keeps files of: the target's tip, where that is not base.
    pub target: Searched,
}

/// What was found in one tree, by file. A file about which there is nothing to say is not listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Searched {
    /// The files with hits, and those that could not be searched.
    pub files: BTreeMap<Arc<str>, SearchedFile>,
    /// How many files were searched.
    pub searched: u64,
    /// How many were not opened: archives and what is no text. Private keys were looked for in the latter all the same.
    pub unopened: u64,
}

/// What was found in one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchedFile {
    /// The hits, in the order of their places.
    pub hits: Vec<Hit>,
    /// Why the file, or a part of it, could not be searched. It is an outcome, and no pass.
    pub failure: Option<String>,
}

impl SearchedFile {
    /// Where something stands that may be a secret: whatever is shown or kept of the file leaves it out.
    #[must_use]
    pub fn hidden(&self) -> Vec<Range<usize>> {
        let secret = self.hits.iter().filter(|hit| !matches!(hit.verdict, Verdict::Refuted(_)));
        let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
        secret.map(|hit| at(hit.place.start)..at(hit.place.end)).collect()
    }
}

/// Searches the texts of a comparison for literal secrets, by what ships with the binary and the target's own rules.
/// Tokens that say how long they live are judged as of `as_of`, in epoch seconds.
///
/// # Errors
/// Every problem of the target's own rules for secrets, and rules that hold a secret themselves.
pub fn search(comparison: &Comparison, rules: &Rules, as_of: i64) -> Result<Secrets, Vec<RuleError>> {
    search_except(comparison, rules, as_of, &mut Quiet::default())
}

/// Texts about which there was nothing to say, by path and digest. It holds as long as the rules for secrets do; when it
/// was is no matter, since time only decides what a token that was found is worth.
#[derive(Debug, Clone, Default)]
pub struct Quiet(HashSet<(Arc<str>, Digest)>);

/// Searches as [`search`] does, but for texts that are known to hold nothing; adds those that turn out to.
///
/// # Errors
/// As [`search`].
pub fn search_except(
    comparison: &Comparison,
    rules: &Rules,
    as_of: i64,
    quiet: &mut Quiet,
) -> Result<Secrets, Vec<RuleError>> {
    let own = own_rules(rules)?;
    let key = DigestKey::of_repository(&repository(comparison, rules));
    let scanner = Scanner::new(Table::built_in(), key, as_of, own);
    let trees = [Some(&comparison.head), comparison.base.as_ref(), comparison.rules_tree.as_deref()];
    let mut texts: Vec<(&Arc<str>, Digest, &[u8])> = Vec::new();
    for file in trees.into_iter().flatten().flat_map(|tree| &tree.files) {
        if let (true, Content::Bytes { bytes, digest }) = (is_text(file), &file.content)
            && !quiet.0.contains(&(Arc::clone(&file.path), *digest))
        {
            texts.push((&file.path, *digest, bytes));
        }
    }
    // What a change leaves alone is searched once. The path says as what a text is read.
    texts.sort_unstable_by_key(|(path, digest, _)| (*path, *digest));
    texts.dedup_by_key(|(path, digest, _)| (*path, *digest));
    let looked_at: Vec<(Arc<str>, Digest)> =
        texts.iter().map(|(path, digest, _)| (Arc::clone(path), *digest)).collect();
    let scans: BTreeMap<(&str, Digest), SearchedText> = texts
        .into_par_iter()
        .map_init(Buffer::default, |buffer, (path, digest, bytes)| {
            let scan = scanner.scan_in(path, bytes, buffer);
            let (failure, unopened) = match scan.unread {
                None => (None, false),
                Some(Unread::Archive { .. } | Unread::Binary) => (None, true),
                Some(why) => (Some(why.to_string()), false),
            };
            ((&**path, digest), (SearchedFile { hits: scan.hits, failure }, unopened))
        })
        .filter(|(_, (file, unopened))| *unopened || !file.hits.is_empty() || file.failure.is_some())
        .collect();
    quiet.0.extend(looked_at.into_iter().filter(|(path, digest)| !scans.contains_key(&(&**path, *digest))));
    let told: Vec<RuleError> = rules_with_secrets(comparison, rules, &scans);
    if !told.is_empty() {
        return Err(told);
    }
    let of = |tree: Option<&Tree>| tree.map(|tree| searched(tree, &scans)).unwrap_or_default();
    Ok(Secrets {
        head: of(Some(&comparison.head)),
        base: of(comparison.base.as_ref()),
        target: of(comparison.rules_tree.as_deref()),
    })
}

/// Rules with a secret in them. Evidence keeps rules as they are, since their digests are what others verify; so there is
/// no judging by these.
fn rules_with_secrets(
    comparison: &Comparison,
    rules: &Rules,
    scans: &BTreeMap<(&str, Digest), SearchedText>,
) -> Vec<RuleError> {
    let tree = comparison.rules_tree();
    let own = rules.files.iter().chain(&rules.policies).filter(|file| !is_record_path(&file.path));
    let paths: BTreeSet<&str> = own.map(|file| &*file.path).collect();
    let found = paths.into_iter().filter_map(|path| {
        let digest = tree.get(path)?.digest()?;
        let (file, _) = scans.get(&(path, digest))?;
        let hit = file.hits.iter().find(|hit| hit.tier == Tier::Blocking)?;
        let kind = Table::built_in().kind(&hit.kind).map_or(&*hit.kind, |kind| &kind.title);
        // Without the text: whoever reads the error would read the secret.
        let file = RuleFile::new(path, Vec::new());
        let message = format!("{path}:{} holds a secret ({kind}), and rules are kept as they are", hit.place.line);
        Some(file.error(None, message).with_help("take it out, and revoke it: `countersign secrets` says how"))
    });
    found.collect()
}

/// What one text holds, and whether it was not opened.
type SearchedText = (SearchedFile, bool);

fn searched(tree: &Tree, scans: &BTreeMap<(&str, Digest), SearchedText>) -> Searched {
    let mut all = Searched::default();
    for file in tree.files.iter().filter(|file| is_text(file)) {
        match &file.content {
            Content::Bytes { digest, .. } => {
                all.searched += 1;
                let Some((found, unopened)) = scans.get(&(&*file.path, *digest)) else { continue };
                all.unopened += u64::from(*unopened);
                if !found.hits.is_empty() || found.failure.is_some() {
                    all.files.insert(file.path.clone(), found.clone());
                }
            }
            Content::NotRead(NotRead::Link { .. } | NotRead::Submodule) => {}
            Content::NotRead(why) => {
                let failure = Some(why.to_string());
                all.files.insert(file.path.clone(), SearchedFile { hits: Vec::new(), failure });
            }
        }
    }
    all
}

/// Whether a file is the tree's own: what is imported beside it is nobody's text of this repository.
fn is_text(file: &SourceFile) -> bool {
    matches!(file.kind, FileKind::Regular | FileKind::Executable)
}

/// What names the repository in every clone of it: what the configuration calls it, else where it is fetched from, else
/// its folder.
fn repository(comparison: &Comparison, rules: &Rules) -> String {
    let configured = rules.config.gate.repository().map(|(owner, name)| format!("{owner}/{name}"));
    let fetched = || comparison.repository.as_ref().and_then(|repository| repository.remote_url.clone());
    let folder = || comparison.root.file_name().map(|name| name.to_string_lossy().into_owned());
    configured.or_else(fetched).or_else(folder).unwrap_or_default()
}

/// The rules for secrets that the configuration lists. Of two with one id the later stands.
///
/// # Errors
/// Every problem of every file.
pub(super) fn own_rules(rules: &Rules) -> Result<Vec<ImportedRule>, Vec<RuleError>> {
    let files = &rules.secret_rules;
    let mut all: BTreeMap<String, ImportedRule> = BTreeMap::new();
    let mut errors = Vec::new();
    for file in files {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        // What a file extends is a rule too, and is listed.
        let mut extended = |path: &str| {
            let path = path.trim_start_matches("./");
            let path = if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
            files.iter().find(|file| *file.path == *path).cloned()
        };
        match own::read(file, &mut extended) {
            Ok(OwnRules { rules, notes: _ }) => all.extend(rules.into_iter().map(|rule| (rule.id().to_owned(), rule))),
            Err(found) => errors.extend(found),
        }
    }
    if errors.is_empty() { Ok(all.into_values().collect()) } else { Err(errors) }
}
