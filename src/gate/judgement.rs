//! The outcome of one run.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::finding::{Judged, Side};
use super::records::RecordStatus;
use super::rules_change::RulesChange;
use crate::access::Place;
use crate::facts::Gap;
use crate::rules::Severity;
use crate::source::Comparison;
use crate::store::Digest;

/// Whether the change may land.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing stops it.
    Pass,
    /// Some finding stops it.
    Blocked,
    /// It could not be judged.
    Error,
}

impl Verdict {
    /// As documents write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Blocked => "blocked",
            Self::Error => "error",
        }
    }
}

/// What a run came to; the binary turns it into an exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Clean.
    Clean,
    /// Nothing was expected and nothing is there.
    NotApplicable,
    /// Some finding stops the change.
    Blocked,
    /// The change introduces a definition that could not be evaluated.
    NotEvaluated,
    /// Definitions were expected and none were collected, or no policy ran.
    NothingCollected,
}

impl Outcome {
    /// As documents write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::NotApplicable => "not_applicable",
            Self::Blocked => "blocked",
            Self::NotEvaluated => "not_evaluated",
            Self::NothingCollected => "nothing_collected",
        }
    }
}

/// Something that could not be told, at its place.
#[derive(Debug, Clone, PartialEq)]
pub struct UnresolvedAt {
    /// Which kind.
    pub gap: Gap,
    /// Why.
    pub reason: String,
    /// What follows.
    pub consequence: String,
    /// Where; `None` when no single file is at fault.
    pub place: Option<Place>,
    /// Whether base has it too.
    pub existing: bool,
}

/// What was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Population {
    /// Files in the tree.
    pub files: usize,
    /// Files that hold definitions.
    pub definition_files: usize,
    /// Definitions, by kind.
    pub definitions: BTreeMap<String, u64>,
    /// Principals judged, by kind.
    pub principals: BTreeMap<&'static str, usize>,
    /// Grants.
    pub grants: usize,
    /// Files that are recognised as definitions and could not be evaluated, wholly or in part.
    pub not_evaluated: usize,
    /// Files that the configuration excludes.
    pub excluded: usize,
    /// Accounts that no person or service identity owns.
    pub unlinked_accounts: usize,
    /// Static conflicts that were looked for, and dynamic ones that were not, since they need events.
    pub conflicts_static: usize,
    /// Ids of the dynamic conflicts.
    pub conflicts_dynamic: Vec<Arc<str>>,
}

/// What one policy did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRun {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The digest of its text.
    pub digest: Digest,
    /// Its severity.
    pub severity: Severity,
    /// How many subjects of head it judged, those included that could not have a finding.
    pub subjects: usize,
    /// How many findings it has in head.
    pub findings: usize,
}

/// Everything that a run found out.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// The instant of the evaluation, in epoch seconds.
    pub as_of: i64,
    /// Findings: introduced first, then existing, then resolved; by severity, policy and subject.
    pub findings: Vec<Judged>,
    /// What became of each record.
    pub records: Vec<RecordStatus>,
    /// What could not be told.
    pub unresolved: Vec<UnresolvedAt>,
    /// What was looked at in head.
    pub population: Population,
    /// The type of each system.
    pub systems: BTreeMap<Arc<str>, Arc<str>>,
    /// What each policy did.
    pub policies: Vec<PolicyRun>,
    /// Whether the change may land.
    pub verdict: Verdict,
    /// What it came to.
    pub outcome: Outcome,
    /// What the change makes of the rules, if it edits any; the rules of the target judged.
    pub rules_change: Option<RulesChange>,
    /// How many inputs the engine was asked about, and how many answers were reused.
    pub asked: usize,
    /// See `asked`.
    pub reused: usize,
}

impl Judgement {
    /// Each system with its type.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &str)> {
        self.systems.iter().map(|(id, kind)| (&**id, &**kind))
    }
}

/// The texts that places point into.
pub trait Texts {
    /// The bytes of a file of one side.
    fn bytes(&self, side: Side, path: &str) -> Option<Arc<[u8]>>;
}

impl Texts for Comparison {
    fn bytes(&self, side: Side, path: &str) -> Option<Arc<[u8]>> {
        let tree = match side {
            Side::Head => &self.head,
            Side::Base => self.base.as_ref()?,
        };
        tree.get(path)?.bytes().cloned()
    }
}
