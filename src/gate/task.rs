//! What a run of the gate is given, and what it leaves.

use std::collections::BTreeSet;
use std::fmt;

use super::judgement::Judgement;
use super::secrets::Secrets;
use crate::formats::{Reader, Reading, Revoked};
use crate::policy::untrusted::Isolation;
use crate::policy::{Bundle, EngineError};
use crate::rules::{ForgeReview, People, RuleError, Rules};
use crate::source::Comparison;
use crate::store::Digest;

/// What a run is given.
pub struct Task<'a> {
    /// The trees.
    pub comparison: &'a Comparison,
    /// The rules of the target.
    pub rules: &'a Rules,
    /// The policies.
    pub bundle: &'a Bundle,
    /// The instant of the evaluation, in epoch seconds.
    pub as_of: i64,
    /// Employment facts that were imported.
    pub people: Option<&'a People>,
    /// Whether doubt and conditions count as certainty.
    pub strict: bool,
    /// Grants that head is judged without.
    pub revoked: &'a [Revoked],
    /// What was found in the texts: [`search`](super::search).
    pub secrets: &'a Secrets,
    /// The forge's review of the change.
    pub review: Option<&'a ForgeReview>,
    /// Where policies of the change are asked, which nobody has accepted.
    pub isolation: &'a Isolation,
    /// What has read similar trees before, where that is worth its memory; the run has one of its own otherwise.
    pub reader: Option<&'a Reader>,
    /// Told what is being done, for a progress line.
    pub progress: &'a (dyn Fn(Stage) + Sync),
}

impl<'a> Task<'a> {
    /// A run of which nothing else is asked: nobody's employment is known, nothing is revoked or reviewed, doubt is no
    /// certainty, and a change's own policies are not asked.
    #[must_use]
    pub fn new(
        comparison: &'a Comparison,
        rules: &'a Rules,
        bundle: &'a Bundle,
        as_of: i64,
        secrets: &'a Secrets,
    ) -> Self {
        Self {
            comparison,
            rules,
            bundle,
            as_of,
            people: None,
            strict: false,
            revoked: &[],
            secrets,
            review: None,
            isolation: &Isolation::Nowhere,
            reader: None,
            progress: &|_| {},
        }
    }
}

/// What a run is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Searching this many files for secrets.
    Searching(usize),
    /// Parsing and lowering this many files.
    Reading(usize),
    /// Joining and evaluating the tree that head is compared with.
    EvaluatingBase,
    /// Joining and evaluating head.
    EvaluatingHead,
    /// Comparing and deciding.
    Deciding,
    /// Comparing the rules that the change brings with those of the target.
    ComparingRules,
}

/// What a run leaves for the evidence, beside the judgement.
pub struct Record {
    /// The judgement.
    pub judgement: Judgement,
    /// How head's files were read.
    pub head: Reading,
    /// How base's files were read.
    pub base: Option<Reading>,
    /// The people who made the change, as `person:ID`.
    pub authors: BTreeSet<String>,
    /// Which employment facts were imported: the file's digest and how many people it names, and nothing else.
    pub people: Option<(Digest, usize)>,
}

/// A run that could not be finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunError {
    /// A policy failed.
    Engine(EngineError),
    /// The change brings records that cannot be read. Nothing is judged by half of them.
    Records(Vec<RuleError>),
    /// Mappings of the rules do not fit the files that they are about.
    Mappings(Vec<RuleError>),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(error) => error.fmt(f),
            Self::Records(errors) => match errors.as_slice() {
                [one] => one.fmt(f),
                many => write!(f, "{} errors in records", many.len()),
            },
            Self::Mappings(errors) => match errors.as_slice() {
                [one] => one.fmt(f),
                many => write!(f, "{} errors in mappings", many.len()),
            },
        }
    }
}

impl std::error::Error for RunError {}

impl miette::Diagnostic for RunError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match self {
            Self::Engine(error) => error.help(),
            Self::Records(_) | Self::Mappings(_) => None,
        }
    }
}
