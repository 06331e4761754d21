//! Findings as evidence keeps them, as far as the history of a branch asks for them.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Deserializer};

use crate::evidence::{EvidenceError, FindingPieces, ReadObjects};
use crate::rules::{Enforcement, RecordKind};
use crate::store::Digest;

/// Most pieces that are remembered: some hundred MB. When there are more, all are forgotten, and read again.
const MOST_PIECES: usize = 100_000;
/// Most objects between the beginnings of lists and their pieces, of about a thousand bytes.
const MOST_BETWEEN: usize = 10_000;

/// The findings of an evaluation, in the pieces in which they are kept.
#[derive(Debug, Clone, Default)]
pub struct KeptFindings(pub(super) Vec<Arc<[KeptFinding]>>);

impl KeptFindings {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &KeptFinding> {
        self.0.iter().flat_map(|piece| piece.iter())
    }
}

/// Reads the findings of many evaluations. From one to the next few findings change, so that what two lists share is read
/// once.
pub struct FindingsReader<'a> {
    objects: &'a (dyn ReadObjects + Sync),
    pieces: Mutex<HashMap<Digest, Arc<[KeptFinding]>>>,
    between: Mutex<HashMap<Digest, Arc<[u8]>>>,
}

impl<'a> FindingsReader<'a> {
    /// A reader of a ledger's objects that has read nothing yet.
    pub fn new(objects: &'a (dyn ReadObjects + Sync)) -> Self {
        Self { objects, pieces: Mutex::default(), between: Mutex::default() }
    }

    /// The findings of a list.
    ///
    /// # Errors
    /// [`EvidenceError`] when an object is missing or damaged.
    pub fn of(&self, list: Digest) -> Result<KeptFindings, EvidenceError> {
        let found = FindingPieces::of(list, self)?;
        let pieces: Vec<Arc<[KeptFinding]>> =
            found.pieces.iter().map(|piece| self.piece(*piece)).collect::<Result<_, EvidenceError>>()?;
        found.hold(pieces.iter().map(|piece| piece.len()).sum())?;
        Ok(KeptFindings(pieces))
    }

    fn piece(&self, digest: Digest) -> Result<Arc<[KeptFinding]>, EvidenceError> {
        if let Some(known) = known(&self.pieces, &digest) {
            return Ok(known);
        }
        let bytes = self.objects.object(&digest)?;
        let read: Vec<KeptFinding> =
            serde_json::from_slice(&bytes).map_err(|error| EvidenceError::malformed(digest, &error.to_string()))?;
        Ok(remember(&self.pieces, MOST_PIECES, digest, read.into()))
    }
}

/// What stands between the beginning of a list and its pieces is remembered as it is.
impl ReadObjects for FindingsReader<'_> {
    fn object(&self, digest: &Digest) -> Result<Vec<u8>, EvidenceError> {
        if let Some(known) = known(&self.between, digest) {
            return Ok(known.to_vec());
        }
        Ok(remember(&self.between, MOST_BETWEEN, *digest, self.objects.object(digest)?.into()).to_vec())
    }
}

fn known<T: Clone>(of: &Mutex<HashMap<Digest, T>>, digest: &Digest) -> Option<T> {
    of.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
}

fn remember<T: Clone>(within: &Mutex<HashMap<Digest, T>>, most: usize, digest: Digest, value: T) -> T {
    let mut all = within.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() >= most {
        all.clear();
    }
    all.insert(digest, value.clone());
    value
}

/// A finding as evidence keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KeptFinding {
    pub(super) fingerprint: String,
    pub(super) policy: String,
    pub(super) severity: String,
    pub(super) subject: KeptSubject,
    #[serde(default)]
    pub(super) systems: Vec<String>,
    state: String,
    #[serde(default)]
    pub(super) conflict: Option<String>,
    #[serde(default)]
    pub(super) duties: Vec<String>,
    #[serde(default)]
    decision: KeptDecision,
    /// The record that answers it, or that no longer does.
    #[serde(default)]
    record: Option<KeptRecord>,
    /// What a wider finding speaks for.
    #[serde(default)]
    pub(super) under: Option<String>,
    /// The files beside the tree that its paths lead through, such as `import:sap/agr_users.csv`.
    #[serde(default, rename = "legs", deserialize_with = "imports")]
    pub(super) imports: Vec<String>,
}

/// Of every leg only what was imported is remembered: a list may have a hundred thousand findings.
fn imports<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    struct Leg {
        #[serde(default)]
        steps: Vec<Step>,
    }
    #[derive(Deserialize)]
    struct Step {
        #[serde(default)]
        file: Option<String>,
    }
    let legs: Vec<Leg> = Vec::deserialize(from)?;
    let files = legs.into_iter().flat_map(|leg| leg.steps).filter_map(|step| step.file);
    let named: BTreeSet<String> = files.filter(|file| file.starts_with("import:")).collect();
    Ok(named.into_iter().collect())
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct KeptSubject {
    pub(super) id: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct KeptDecision {
    /// What the rules ask for.
    #[serde(default)]
    enforcement: Option<Enforcement>,
    #[serde(default)]
    blocks: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct KeptRecord {
    kind: RecordKind,
    id: String,
}

impl KeptFinding {
    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// The conflict that it is about, if it is about one.
    #[must_use]
    pub fn conflict(&self) -> Option<&str> {
        self.conflict.as_deref()
    }

    /// Whether it stopped the change.
    #[must_use]
    pub fn stops(&self) -> bool {
        self.decision.blocks
    }

    /// Whether a record let it pass.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.record().is_some()
    }

    /// Kind and id of the record that let it pass: what was new would have stopped the change without it, and what was
    /// there before is answered by it. One that has lapsed lets nothing pass, and a register only lists.
    pub(super) fn record(&self) -> Option<String> {
        let would_stop = self.decision.enforcement.is_some_and(|own| own >= Enforcement::Approve);
        let passes = match &*self.state {
            "resolved" | "lapsed" => false,
            "existing" => true,
            _ => would_stop,
        };
        let record = self.record.as_ref().filter(|own| own.kind != RecordKind::Register);
        let record = record.filter(|_| passes && !self.decision.blocks);
        record.map(|record| format!("{} {}", record.kind.as_str(), record.id))
    }

    pub(super) fn is_there(&self) -> bool {
        self.state != "resolved"
    }

    /// Whether the change brought it, or something else made it count: what was there before stops nobody.
    pub(super) fn counts(&self) -> bool {
        self.is_there() && self.state != "existing"
    }
}
