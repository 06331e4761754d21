//! What is staged and touches nothing that declares access: said without judging the whole tree again.
//!
//! A full run of `check --staged` leaves behind which paths of the two trees matter: those that declare something, and
//! those that something else looked at. Where the next commit changes none of them, and nothing that it brings declares
//! access or may be a secret, both sides come to the same, and the change brings no finding. That answer rests on the
//! trees alone, told apart as git tells them apart; whatever is unknown, unusual or in doubt is judged in full.

use serde::{Deserialize, Serialize};

use super::Env;
use super::check::{CheckArgs, READ_LIMIT};
use super::matters::{Matters, is_silent, program};
use crate::formats::Reader;
use crate::gate::{self, Judgement, Outcome, Record, State, rule_files};
use crate::rules::{Rules, is_rule_path};
use crate::source::{self, Comparison, Head, Request, StagedChange, Tree};
use crate::store::{Cache, Digest};

/// What is known of a tree.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Known {
    /// What of it matters.
    matters: Matters,
    /// How many findings it had when it was judged.
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
        Digest::of(format!("matters/v2 {} {tree}", self.program).as_bytes())
    }

    /// What the full run would say, where that is known.
    pub(super) fn untouched(&self, as_of: i64) -> Option<Untouched> {
        let known = self.cache.get(&self.key(self.change.base))?;
        let known: Known = serde_json::from_slice(&known).ok()?;
        let changed = &self.change.changed;
        let comparison = &self.change.read(READ_LIMIT, is_rule_path).ok()?;
        let rules = Rules::load_in(&rule_files(comparison.rules_tree()), None, comparison.repository.as_ref()).ok()?;
        let may_matter = |path: &String| known.matters.hold(path, &rules) || rules.config.is_rule(path);
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
        self.keep(self.change.head, &known);
        Some(Untouched { changed: changed.len(), existing: known.existing })
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
        if let (Some(base), Some(tree)) = (&record.base, &comparison.base) {
            let matters = Matters::of(base, tree, places.clone());
            self.keep(self.change.base, &Known { matters, existing });
        }
        let matters = Matters::of(&record.head, &comparison.head, places);
        self.keep(self.change.head, &Known { matters, existing });
    }

    fn keep(&self, tree: Digest, known: &Known) {
        if let Ok(bytes) = serde_json::to_vec(known) {
            self.cache.put(&self.key(tree), &bytes);
        }
    }
}

fn existing(judgement: &Judgement) -> usize {
    judgement.findings.iter().filter(|judged| judged.state != State::Resolved && judged.finding.under.is_none()).count()
}
