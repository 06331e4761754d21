//! What is staged and touches nothing that declares access: said without judging the whole tree again.
//!
//! A full run of `check --staged` leaves behind which paths of the two trees matter: those that declare something, and
//! those that something else looked at. Where the next commit changes none of them, and nothing that it brings declares
//! access or may be a secret, both sides come to the same, and the change brings no finding. That answer rests on the
//! trees alone, told apart as git tells them apart; whatever is unknown, unusual or in doubt is judged in full.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::Env;
use super::check::{CheckArgs, READ_LIMIT};
use crate::formats::gate::CODEOWNERS_PLACES;
use crate::formats::{Class, ReadPlaces, Reader, Reading};
use crate::gate::{self, Judgement, Outcome, Record, State, rule_files};
use crate::rules::{Rules, is_rule_path};
use crate::source::{self, Comparison, Head, Request, StagedChange, Tree};
use crate::store::{Cache, Digest};

/// Endings of files that mean something beside others, or to formats that know them by their neighbours. What has one is
/// judged in full.
const TOLD_BY_NEIGHBOURS: [&str; 14] = [
    ".csv",
    ".tsv",
    ".txt",
    ".toml",
    ".tfvars",
    ".xml",
    ".ini",
    ".conf",
    ".cfg",
    ".properties",
    ".tpl",
    ".tmpl",
    ".j2",
    ".bicep",
];

/// What of a tree matters.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Matters {
    /// The files that declare something, or could not be read as they should.
    files: BTreeSet<String>,
    /// The places that other files looked at.
    places: ReadPlaces,
    /// How many findings the tree had when it was judged.
    existing: usize,
}

/// A change that touches nothing.
pub(super) struct Untouched {
    /// How many paths it changes.
    pub(super) changed: usize,
    /// How many findings there are, whoever brought them.
    pub(super) existing: usize,
}

/// A full run.
#[derive(Clone, Copy)]
pub(super) struct Full<'a> {
    pub(super) comparison: &'a Comparison,
    pub(super) rules: &'a Rules,
    pub(super) record: &'a Record,
    pub(super) reader: &'a Reader,
}

impl Untouched {
    /// The page of such a run.
    pub(super) fn page(&self) -> String {
        let what = match self.changed {
            0 => "nothing is staged".to_owned(),
            1 => "the file that is staged declares no access and holds no secret".to_owned(),
            n => format!("none of the {n} files that are staged declares access or holds a secret"),
        };
        let standing = match self.existing {
            0 => String::new(),
            1 => " 1 finding was there before; `countersign check --show existing` shows it\n".to_owned(),
            n => format!(" {n} findings were there before; `countersign check --show existing` lists them\n"),
        };
        let kept = "   kept    nothing: the index is not recorded\n";
        format!("{standing}   judged  staged changes, compared with HEAD\n{kept}\n clean: {what}\n")
    }
}

/// What is known of what is staged.
pub(super) struct Staged {
    change: StagedChange,
    cache: Cache,
    program: String,
}

impl Staged {
    /// What is staged, if nothing is asked of the run but to judge it. Whatever goes wrong here goes wrong again in the
    /// full run, which says so.
    pub(super) fn of(args: &CheckArgs, env: &Env<'_>) -> Option<Self> {
        if !args.is_plain() {
            return None;
        }
        let program = program(env)?;
        let git = env.git();
        let request = Request {
            cwd: &env.cwd,
            path: &args.path,
            base: None,
            head: Head::Staged,
            read_limit: READ_LIMIT,
            env: &git,
        };
        let change = source::staged_change(&request).ok()??;
        let cache = Cache::new(change.git_common_dir.join("countersign").join("cache"));
        Some(Self { change, cache, program })
    }

    fn key(&self, tree: Digest) -> Digest {
        Digest::of(format!("matters/v1 {} {tree}", self.program).as_bytes())
    }

    /// What the full run would say, where that is known.
    pub(super) fn untouched(&self, as_of: i64) -> Option<Untouched> {
        let known = self.cache.get(&self.key(self.change.base))?;
        let matters: Matters = serde_json::from_slice(&known).ok()?;
        let changed = &self.change.changed;
        let comparison = &self.change.read(READ_LIMIT, is_rule_path).ok()?;
        let rules = Rules::load_in(&rule_files(comparison.rules_tree()), None, comparison.repository.as_ref()).ok()?;
        let may_matter = |path: &String| {
            matters.files.contains(path)
                || matters.places.hold(path)
                || is_special(path)
                || is_rule_path(path)
                || rules.config.is_rule(path)
                || rules.mappings_of(path).next().is_some()
        };
        if changed.iter().any(may_matter) {
            return None;
        }
        let changed_only = |tree: &Tree| Tree {
            files: tree
                .files
                .iter()
                .filter(|file| changed.binary_search(&file.path.to_string()).is_ok())
                .cloned()
                .collect(),
            commit: None,
            tree: None,
        };
        let (head, base) = (changed_only(&comparison.head), changed_only(comparison.base.as_ref()?));
        let reader = Reader::default();
        let declares = |tree: &Tree| !is_silent(&reader.read(tree, &rules));
        if declares(&head) || declares(&base) || !reader.hidden(&head, &base, &rules).is_empty() {
            return None;
        }
        let secrets = gate::search(comparison, &rules, as_of).ok()?;
        if head.files.iter().any(|file| secrets.head.files.contains_key(&file.path)) {
            return None;
        }
        self.keep(self.change.head, &matters);
        Some(Untouched { changed: changed.len(), existing: matters.existing })
    }

    /// Keeps what a full run found out, unless the index has changed meanwhile.
    pub(super) fn remember(&self, args: &CheckArgs, env: &Env<'_>, full: &Full<'_>) {
        let Full { comparison, rules, record, reader } = *full;
        let Some(now) = Self::of(args, env) else { return };
        let passed = matches!(record.judgement.outcome, Outcome::Clean | Outcome::NotApplicable);
        let same = (now.change.base, now.change.head) == (self.change.base, self.change.head);
        // Files of other trees say something of this one: what is known of this tree alone is not all.
        if !passed || !same || !rules.context.is_empty() {
            return;
        }
        let places = reader.places();
        let existing = existing(&record.judgement);
        let paths = |reading: &Reading, tree: &Tree| -> BTreeSet<String> {
            let told = tree.files.iter().zip(&reading.classes);
            let told = told.filter(|(_, class)| !matches!(class, Class::Other | Class::Excluded));
            let told = told.map(|(file, _)| &file.path);
            let members = reading.units.iter().flat_map(|unit| &*unit.files);
            told.chain(members).map(ToString::to_string).collect()
        };
        if let (Some(base), Some(tree)) = (&record.base, &comparison.base) {
            let files = paths(base, tree);
            self.keep(self.change.base, &Matters { files, places: places.clone(), existing });
        }
        let files = paths(&record.head, &comparison.head);
        self.keep(self.change.head, &Matters { files, places, existing });
    }

    fn keep(&self, tree: Digest, matters: &Matters) {
        if let Ok(bytes) = serde_json::to_vec(matters) {
            self.cache.put(&self.key(tree), &bytes);
        }
    }
}

/// Which program this is: what another one found out is not what this one would.
fn program(env: &Env<'_>) -> Option<String> {
    let found = std::fs::metadata(env.binary.as_ref()?).ok()?;
    let changed = found.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}", env.version, found.len(), changed.as_nanos()))
}

/// Whether nothing in a tree declares anything, or should and cannot.
fn is_silent(reading: &Reading) -> bool {
    reading.formats.is_empty()
        && reading.not_lowered.is_empty()
        && reading.classes.iter().all(|class| matches!(class, Class::Other | Class::Excluded))
}

/// Whether a path means something by its name or by its neighbours.
fn is_special(path: &str) -> bool {
    let hidden = path.split('/').any(|part| part.starts_with('.'));
    let told = TOLD_BY_NEIGHBOURS.iter().any(|ending| path.to_ascii_lowercase().ends_with(ending));
    hidden || told || CODEOWNERS_PLACES.contains(&path) || Path::new(path).extension().is_none()
}

fn existing(judgement: &Judgement) -> usize {
    judgement.findings.iter().filter(|judged| judged.state != State::Resolved && judged.finding.under.is_none()).count()
}
