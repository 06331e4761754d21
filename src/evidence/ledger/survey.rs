//! Everything that decides what may be removed, read from the log itself and not from where somebody says to look.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use miette::Diagnostic;

use super::attachment::{ATTACHMENT_TYPE, AttachmentStatement};
use super::hints::Hints;
use super::hold_statement::{HOLD_TYPE, HoldStatement};
use super::keeping::{HoldInForce, Keeping};
use super::look::kind_of;
use super::retained::{Dated, KeptUntil};
use super::tombstone_statement::{TOMBSTONE_TYPE, TombstoneStatement};
use super::trust_statement::{TRUST_TYPE, TrustStatement};
use super::{Ledger, RecordId, Role, Trust, signed_bytes};
use crate::evidence::error::EvidenceError;
use crate::evidence::log::{Leaf, LogError, LogReader, Storage};
use crate::evidence::objects::ReadObjects;
use crate::evidence::references::{self, Looked, Wrong};
use crate::evidence::statement::{PREDICATE_TYPE, Statement};
use crate::rules::{RetentionClass, minute};
use crate::store::Digest;

/// Why something is not removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetentionError {
    /// A record whose date has not come.
    NotYet {
        /// The record.
        record: RecordId,
        /// What it is; `None` of what is always kept.
        class: Option<RetentionClass>,
        /// Until when it is kept.
        until: KeptUntil,
    },
    /// A record that a hold covers.
    Held {
        /// The record.
        record: RecordId,
        /// The record that placed the hold.
        hold: RecordId,
        /// By whom.
        by: String,
    },
    /// A storage that keeps what is removed from it.
    CannotErase {
        /// Where it keeps it, and what would erase it.
        keeps: String,
    },
    /// Who acts is neither a person nor a service.
    Who(String),
    /// No reason is given.
    NoReason,
    /// The reason has the words in it that are to be erased.
    ReasonNames,
    /// Nothing to look for.
    NothingNamed,
    /// A hold that is not in force.
    NoHold(RecordId),
    /// A record whose statement lacks, so that nobody can tell whether it was a hold.
    NotWhole {
        /// Its place in the log.
        index: u64,
        /// What is wrong.
        why: String,
    },
}

impl fmt::Display for RetentionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet { record, class: None, .. } => write!(f, "nothing of the record {record} is ever removed"),
            Self::NotYet { record, class: Some(class), until: KeptUntil::Instant(until) } => {
                write!(f, "the record {record} ({}) is kept until {}", class.as_str(), minute(*until))
            }
            Self::NotYet { record, class: Some(class), until: KeptUntil::Forever } => {
                write!(f, "the record {record} ({}) is kept without an end", class.as_str())
            }
            Self::Held { record, hold, by } => {
                write!(f, "the record {record} is under the hold {hold}, which {by} placed")
            }
            Self::CannotErase { keeps } => write!(f, "what is removed here is not gone: {keeps}"),
            Self::Who(who) => write!(f, "`{who}` is neither a person nor a service identity"),
            Self::NoReason => f.write_str("no reason is given"),
            Self::ReasonNames => f.write_str("the reason has the words in it that are to be erased"),
            Self::NothingNamed => f.write_str("nothing is named that is to be erased"),
            Self::NoHold(hold) => write!(f, "the hold {hold} is not in force"),
            Self::NotWhole { index, why } => write!(f, "the record at {index} cannot be read: {why}"),
        }
    }
}

impl std::error::Error for RetentionError {}

impl Diagnostic for RetentionError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self {
            Self::NotYet { class: None, .. } => {
                "statements about keys, holds and removals are what the log is proven by: leave it out"
            }
            Self::NotYet { .. } => "leave it out until then; `countersign evidence erase` is for what the law asks for",
            Self::Held { .. } => {
                "leave it alone, or have the hold lifted: `countersign evidence hold list` says why it is there"
            }
            Self::CannotErase { .. } => {
                "nothing was written or removed; keep evidence that must be erasable in a folder"
            }
            Self::Who(_) => "write it as `person:ID` or `service:ID`",
            Self::NoReason => "say why with --reason: it is recorded for good",
            Self::ReasonNames => "name the request and not the person: the reason is recorded for good",
            Self::NothingNamed => "name it with --subject TEXT or --object SHA256",
            Self::NoHold(_) => "`countersign evidence hold list` lists those that are",
            Self::NotWhole { .. } => "restore it from a copy: nothing is removed where a hold may have been taken away",
        }))
    }
}

/// What there is, and what the log says of it.
#[derive(Debug)]
pub struct Survey {
    /// The log's name.
    pub(super) origin: String,
    pub(super) keeping: Keeping,
    /// Every record, those beside the log included.
    pub(super) records: BTreeMap<RecordId, Dated>,
    trust: Trust,
    /// How much of the log was read.
    size: u64,
}

impl Survey {
    /// Reads the whole log. That it is a good one, [`verify`](super::verify) says.
    ///
    /// # Errors
    /// [`EvidenceError`]: there is no log, it cannot be read, or a record of it lacks.
    pub fn read<S: Storage>(storage: S) -> Result<Self, EvidenceError> {
        let mut survey = Self {
            origin: String::new(),
            keeping: Keeping::default(),
            records: BTreeMap::new(),
            trust: Trust::default(),
            size: 0,
        };
        survey.go_on(storage)?;
        Ok(survey)
    }

    /// Reads what came since.
    pub(super) fn go_on<S: Storage>(&mut self, storage: S) -> Result<(), EvidenceError> {
        let ledger = Ledger::new(&storage);
        let hints = Hints::read(&ledger)?;
        let reader = match LogReader::open(&storage, &hints.of_log(), &[]) {
            Err(LogError::Absent) => return Err(EvidenceError::NoLog),
            opened => opened?,
        };
        self.origin.clone_from(&reader.checkpoint().checkpoint.origin);
        reader.for_each(self.size, |index, bytes| self.leaf(&ledger, index, bytes))?;
        self.size = reader.size();
        for id in ledger.records()? {
            if let Entry::Vacant(entry) = self.records.entry(id) {
                entry.insert(Dated::of(&ledger.payload(id)?));
            }
        }
        Ok(())
    }

    fn leaf<S: Storage>(&mut self, ledger: &Ledger<S>, index: u64, bytes: &[u8]) -> Result<(), EvidenceError> {
        let leaf = Leaf::parse(bytes).map_err(|error| LogError::Leaf { index, error })?;
        let id = RecordId(leaf.digest());
        let payload = ledger.payload(id).map_err(|error| match error {
            error @ EvidenceError::Storage(_) => error,
            error => RetentionError::NotWhole { index, why: error.to_string() }.into(),
        })?;
        let kind = kind_of(&payload).unwrap_or_default();
        let sound = leaf.stands_for(&signed_bytes(&payload));
        let counts = leaf.signature().is_some_and(|own| self.trust.counts(&own.key, Role::Recorder, index));
        // What has no effect is told by whoever verifies.
        if kind == TRUST_TYPE && sound {
            if let Ok(statement) = serde_json::from_slice::<TrustStatement>(&payload) {
                let _ = self.trust.take(index, &leaf, &statement, None);
            }
        } else if kind == HOLD_TYPE && sound && counts {
            let statement: HoldStatement = serde_json::from_slice(&payload)
                .map_err(|error| RetentionError::NotWhole { index, why: error.to_string() })?;
            let _ = self.keeping.hold(index, id, &statement, &self.origin);
        } else if kind == TOMBSTONE_TYPE
            && sound
            && counts
            && let Ok(statement) = serde_json::from_slice::<TombstoneStatement>(&payload)
        {
            let records = &self.records;
            let dated = |record| {
                let beside = || ledger.payload(record).ok().map(|payload| Dated::of(&payload));
                records.get(&record).cloned().or_else(beside)
            };
            let _ = self.keeping.bury(id, statement, &self.origin, &dated);
        }
        self.records.insert(id, Dated::of(&payload));
        Ok(())
    }

    /// The holds that are in force.
    pub fn holds(&self) -> impl Iterator<Item = &HoldInForce> {
        self.keeping.holds()
    }

    /// Whether a tombstone says that an object is gone for a record.
    #[must_use]
    pub fn excuses(&self, record: RecordId, object: &Digest) -> bool {
        self.keeping.excuses(record, object)
    }

    /// Refuses what a hold covers.
    pub(super) fn check_held(&self, record: RecordId, dated: &Dated) -> Result<(), RetentionError> {
        match self.keeping.held(record, dated) {
            Some(hold) => Err(RetentionError::Held { record, hold: hold.id, by: hold.by.clone() }),
            None => Ok(()),
        }
    }
}

/// Looks at everything that a record names, and returns what is wrong with it. Other records than evaluations and kept
/// files name nothing.
pub(super) fn look<S: Storage>(
    ledger: &Ledger<S>,
    id: RecordId,
    objects: &dyn ReadObjects,
    looked: &Looked,
) -> Result<BTreeSet<Wrong>, EvidenceError> {
    let payload = ledger.payload(id)?;
    match kind_of(&payload).as_deref() {
        Ok(PREDICATE_TYPE) => {
            let statement: Statement = ledger.statement(id)?;
            Ok(references::walk(&statement.predicate, objects, looked))
        }
        Ok(ATTACHMENT_TYPE) => {
            let statement: AttachmentStatement = ledger.statement(id)?;
            let file = statement.file().filter(|_| statement.predicate.kept);
            Ok(file.and_then(|file| objects.object(&file).err()).map(Wrong::from).into_iter().collect())
        }
        _ => Ok(BTreeSet::new()),
    }
}

/// Objects, with the digests of those that were read and are whole.
pub(super) struct Reached<'a> {
    objects: &'a dyn ReadObjects,
    digests: Mutex<BTreeSet<Digest>>,
}

impl<'a> Reached<'a> {
    pub(super) fn new(objects: &'a dyn ReadObjects) -> Self {
        Self { objects, digests: Mutex::default() }
    }

    pub(super) fn digests(self) -> BTreeSet<Digest> {
        self.digests.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReadObjects for Reached<'_> {
    fn object(&self, digest: &Digest) -> Result<Vec<u8>, EvidenceError> {
        let bytes = self.objects.object(digest)?;
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).insert(*digest);
        Ok(bytes)
    }
}

/// Objects without some of them.
pub(super) struct Without<'a> {
    pub(super) objects: &'a dyn ReadObjects,
    pub(super) gone: &'a BTreeSet<Digest>,
}

impl ReadObjects for Without<'_> {
    fn object(&self, digest: &Digest) -> Result<Vec<u8>, EvidenceError> {
        if self.gone.contains(digest) { Err(EvidenceError::NoObject(*digest)) } else { self.objects.object(digest) }
    }
}
