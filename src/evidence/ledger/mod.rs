//! The ledger: records, what they name, their signatures and the log of them, in one storage.
//!
//! | name | what |
//! |---|---|
//! | `records/ab/cdef….json` | an in-toto statement, as canonical JSON; its id is the SHA-256 of its DSSE PAE |
//! | `records/ab/cdef….KEY.sigstore.json` | a Sigstore bundle over it, one a signer; `KEY` begins the key's fingerprint |
//! | `records/ab/cdef….KEY.sshsig` | where the key is one of SSH, its signature for `ssh-keygen -Y verify` |
//! | `records/ab/cdef….test-result.json` | the same outcome as an in-toto `test-result/v0.1`, for readers that know that |
//! | `records/ab/cdef….tlog-proof` | the proof that the record is in the log |
//! | `objects/ab/cdef….zst` | what records name by digest, compressed |
//! | `judged/TREE/ID`, `recorded/COMMIT/ID`, `trust/ID` | where to look for a record: hints that prove nothing |
//! | `purges/ID.begun`, `purges/ID.ended` | how far a removal came, for those who write meanwhile and for the next one |
//!
//! and beside them the [log](super::log). Nothing is ever changed, so that any copy is as good as another; objects may be
//! removed, and a tombstone in the log says which and for which records. A record itself stays.

mod attachment;
mod hints;
mod hold_statement;
mod keeping;
mod look;
mod names;
mod purge;
mod recorder;
mod removal;
mod retained;
mod survey;
#[cfg(test)]
mod tests;
mod tombstone_statement;
mod trust;
mod trust_statement;
mod verify;
mod witness;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use attachment::{
    ATTACHMENT_TYPE, Attached, AttachmentPredicate, AttachmentPurpose, AttachmentStatement, AttachmentTier, CoveredTime,
};
pub use hold_statement::{Covers, HOLD_TYPE, HoldAction, HoldPredicate, HoldStatement};
pub use keeping::HoldInForce;
pub use purge::{Due, Erased, Erasing, Kept, Plan, Purged, Purging, erase, hold, is_who, purge};
pub use recorder::{Logged, Recorder};
pub(super) use retained::class_of;
pub use retained::{KeptUntil, Retention};
pub use survey::{RetentionError, Survey};
pub use tombstone_statement::{Buried, TOMBSTONE_TYPE, TombstoneCause, TombstonePredicate, TombstoneStatement};
pub use trust::{KeyInForce, Trust, TrustError};
pub use trust_statement::{Role, TRUST_TYPE, TrustAction, TrustPredicate, TrustStatement};
pub use verify::{Problem, Verification, Verifying, verify, verify_watched};
pub use witness::{Witness, WitnessError, Witnessed, add_cosignatures, begins_with, witness};

use self::hints::Hints;
use super::canonical::canonical;
use super::error::EvidenceError;
use super::log::{LogError, LogReader, Storage, Tidied};
use super::manifest::Objects;
use super::objects::ReadObjects;
use super::references::{self, Looked, Wrong};
use super::statement::{PREDICATE_TYPE, Statement, test_result};
use crate::keys::{Envelope, EnvelopeSignature, EvidenceKey, PAYLOAD_TYPE, PublicKey, SigstoreBundle, pae};
use crate::store::{Digest, DigestError, compress, decompress};

/// What names a record: the SHA-256 of what its signatures are over, the DSSE PAE of its statement. The leaf in the log
/// has the same digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct RecordId(pub Digest);

impl RecordId {
    /// The id of a statement's bytes.
    #[must_use]
    pub fn of(payload: &[u8]) -> Self {
        Self(Digest::of(&signed_bytes(payload)))
    }
}

/// What the signatures of a statement are over.
fn signed_bytes(payload: &[u8]) -> Vec<u8> {
    pae(PAYLOAD_TYPE, payload)
}

/// The one bundle of a signature over a payload.
fn bundle_of(payload: Vec<u8>, signature: Vec<u8>, key: &PublicKey) -> SigstoreBundle {
    let keyid = key.fingerprint().to_string();
    let signatures = vec![EnvelopeSignature { sig: signature, keyid: keyid.clone() }];
    SigstoreBundle { hint: keyid, envelope: Envelope { payload_type: PAYLOAD_TYPE.to_owned(), payload, signatures } }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RecordId {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        text.parse().map(Self)
    }
}

/// Where the statement of a record is, from the root of its ledger.
#[must_use]
pub fn record_name(id: RecordId) -> String {
    names::statement(id)
}

/// The ledger in a storage.
#[derive(Debug, Clone, Copy)]
pub struct Ledger<S> {
    /// Where it is.
    pub storage: S,
}

impl<S: Storage> Ledger<S> {
    /// The ledger in a storage; nothing is read or written yet.
    pub fn new(storage: S) -> Self {
        Self { storage }
    }

    /// Keeps an evaluation: what it names first, the record last. Keeping it again does nothing.
    ///
    /// # Errors
    /// [`EvidenceError`]; a record that is there is whole, and everything that it names is there.
    pub fn keep(&self, statement: &Statement, objects: Objects) -> Result<RecordId, EvidenceError> {
        let id = RecordId::of(&canonical(statement));
        self.keep_with(objects, || {
            self.storage.create(&names::test_result(id), &canonical(&test_result(statement)))?;
            self.keep_statement(statement)
        })?;
        for tree in statement.subject.iter().filter_map(|subject| subject.digest.get("gitTree")) {
            self.storage.create(&names::judged(tree, id), b"")?;
        }
        Ok(id)
    }

    /// Keeps a statement of any kind that names objects, the objects first.
    ///
    /// # Errors
    /// [`EvidenceError`]; a statement that is there names nothing that is not.
    pub fn keep_naming<T: Serialize>(&self, statement: &T, objects: Objects) -> Result<RecordId, EvidenceError> {
        self.keep_with(objects, || self.keep_statement(statement))
    }

    /// Keeps objects, then what names them.
    fn keep_with<T>(
        &self,
        objects: Objects,
        name_them: impl FnOnce() -> Result<T, EvidenceError>,
    ) -> Result<T, EvidenceError> {
        self.guarded(|| self.keep_objects(&objects), name_them)
    }

    /// Makes objects, then what names them. What was there already and was removed meanwhile, since nothing named it, is
    /// made once more: whoever removes looks at what names objects before and after, and says when.
    fn guarded<T>(
        &self,
        make: impl Fn() -> Result<(), EvidenceError>,
        name_them: impl FnOnce() -> Result<T, EvidenceError>,
    ) -> Result<T, EvidenceError> {
        let before = self.storage.list(names::PURGES)?;
        make()?;
        let done = name_them()?;
        if !names::purges_open(&before).is_empty() || self.storage.list(names::PURGES)? != before {
            make()?;
        }
        Ok(done)
    }

    /// Keeps objects alone.
    pub(in crate::evidence) fn keep_objects(&self, objects: &Objects) -> Result<(), EvidenceError> {
        let named: Vec<(String, Vec<u8>)> = objects
            .bytes()
            .map(|bytes| {
                let digest = Digest::of(bytes);
                let frame = compress(bytes).map_err(|error| EvidenceError::malformed(digest, &error.to_string()))?;
                Ok((names::object(&digest), frame))
            })
            .collect::<Result<_, EvidenceError>>()?;
        Ok(self.storage.create_all(&named)?)
    }

    /// Keeps a statement of any kind, and returns its id.
    ///
    /// # Errors
    /// [`EvidenceError`] of the storage.
    pub fn keep_statement<T: Serialize>(&self, statement: &T) -> Result<RecordId, EvidenceError> {
        let bytes = canonical(statement);
        let id = RecordId::of(&bytes);
        self.storage.create(&names::statement(id), &bytes)?;
        Ok(id)
    }

    /// The bytes of a record's statement, checked against its id.
    ///
    /// # Errors
    /// [`EvidenceError::NoRecord`], [`EvidenceError::WrongRecord`], or of the storage.
    pub fn payload(&self, id: RecordId) -> Result<Vec<u8>, EvidenceError> {
        let bytes = self.storage.read(&names::statement(id))?.ok_or(EvidenceError::NoRecord(id.to_string()))?;
        if RecordId::of(&bytes) == id { Ok(bytes) } else { Err(EvidenceError::WrongRecord(id)) }
    }

    /// A record's statement as `T`.
    ///
    /// # Errors
    /// As [`payload`](Self::payload); or it is a statement of another kind.
    pub fn statement<T: DeserializeOwned>(&self, id: RecordId) -> Result<T, EvidenceError> {
        let bytes = self.payload(id)?;
        serde_json::from_slice(&bytes).map_err(|error| EvidenceError::malformed(id.0, &error.to_string()))
    }

    /// The predicate type of a record.
    ///
    /// # Errors
    /// As [`statement`](Self::statement).
    pub fn predicate_type(&self, id: RecordId) -> Result<String, EvidenceError> {
        /// What every statement has.
        #[derive(Deserialize)]
        struct Any {
            #[serde(rename = "predicateType")]
            predicate_type: String,
        }
        Ok(self.statement::<Any>(id)?.predicate_type)
    }

    /// The evaluation that a record is; nothing for a record of another kind.
    ///
    /// # Errors
    /// As [`statement`](Self::statement).
    pub fn evaluation(&self, id: RecordId) -> Result<Option<Statement>, EvidenceError> {
        let bytes = self.payload(id)?;
        let malformed = |why: &str| EvidenceError::malformed(id.0, why);
        if look::kind_of(&bytes).map_err(|why| malformed(&why))? != PREDICATE_TYPE {
            return Ok(None);
        }
        serde_json::from_slice(&bytes).map(Some).map_err(|error| malformed(&error.to_string()))
    }

    /// Every record, in the order of ids.
    ///
    /// # Errors
    /// [`EvidenceError`] of the storage.
    pub fn records(&self) -> Result<Vec<RecordId>, EvidenceError> {
        Ok(self.storage.list(names::RECORDS)?.iter().filter_map(|name| names::id_of_statement(name)).collect())
    }

    /// The record whose id begins so.
    ///
    /// # Errors
    /// [`EvidenceError::NoRecord`] when none does, or several.
    pub fn find(&self, prefix: &str) -> Result<RecordId, EvidenceError> {
        if let Ok(id) = prefix.parse() {
            return Ok(id);
        }
        let none = || EvidenceError::NoRecord(prefix.to_owned());
        if prefix.len() < 4 || !prefix.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
            return Err(none());
        }
        let (fan, rest) = prefix.split_at(2);
        let found = self.storage.list(&format!("{}{fan}/{rest}", names::RECORDS))?;
        let found: Vec<RecordId> = found.iter().filter_map(|name| names::id_of_statement(name)).collect();
        match found.as_slice() {
            [one] => Ok(*one),
            _ => Err(none()),
        }
    }

    /// The names of an evaluation and of everything that it takes to judge it again: what it names first, the record last.
    ///
    /// # Errors
    /// As [`statement`](Self::statement), or that something is missing or damaged.
    fn names_of(&self, id: RecordId) -> Result<Vec<String>, EvidenceError> {
        let statement: Statement = self.statement(id)?;
        let read = Read { objects: self, digests: Mutex::default() };
        match references::walk(&statement.predicate, &read, &Looked::default()).pop_first() {
            None => {}
            Some(Wrong::Missing(digest)) => return Err(EvidenceError::NoObject(digest)),
            Some(what) => return Err(EvidenceError::malformed(id.0, &what.to_string())),
        }
        let digests = read.digests.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<String> = digests.iter().map(names::object).collect();
        names.push(names::test_result(id));
        names.push(names::statement(id));
        let trees = statement.subject.iter().filter_map(|subject| subject.digest.get("gitTree"));
        names.extend(trees.map(|tree| names::judged(tree, id)));
        Ok(names)
    }

    /// Copies an evaluation from another ledger, with everything that it takes to judge it again.
    ///
    /// # Errors
    /// As [`statement`](Self::statement), that something it names is missing or damaged, or of either storage.
    pub fn copy<T: Storage>(&self, other: &Ledger<T>, id: RecordId) -> Result<(), EvidenceError> {
        let read = |name: String| {
            let bytes = other.storage.read(&name)?.unwrap_or_default();
            Ok((name, bytes))
        };
        let files: Vec<_> = other.names_of(id)?.into_iter().map(read).collect::<Result<_, EvidenceError>>()?;
        // A record that is there is whole: what it names comes before it.
        let (objects, record): (Vec<_>, Vec<_>) = files.into_iter().partition(|(name, _)| names::is_object(name));
        self.guarded(
            || Ok(self.storage.create_all(&objects)?),
            || Ok(record.iter().try_for_each(|(name, bytes)| self.storage.create(name, bytes))?),
        )
    }

    /// Takes away what no reader of the log needs any more. Writers do so by themselves whenever a tile is full.
    ///
    /// # Errors
    /// [`EvidenceError::NoLog`], a log that cannot be read, or a storage that lets nothing be removed.
    pub fn tidy(&self) -> Result<Tidied, EvidenceError> {
        let keys = Hints::read(self)?.of_log();
        match super::log::tidy(&self.storage, &keys) {
            Err(LogError::Absent) => Err(EvidenceError::NoLog),
            done => Ok(done?),
        }
    }

    /// Adds somebody's signature over a record beside those that are there, and returns the name of its bundle. It is no
    /// part of the log: who trusts the key takes it for what it is.
    ///
    /// # Errors
    /// [`EvidenceError`] of the record, the key or the storage.
    pub fn countersign(&self, id: RecordId, key: &EvidenceKey) -> Result<String, EvidenceError> {
        let name = names::bundle(id, key.public_key());
        if self.storage.read(&name)?.is_none() {
            let payload = self.payload(id)?;
            let signature = key.sign(&signed_bytes(&payload)).map_err(EvidenceError::Key)?;
            self.sign_for_ssh(id, &payload, key)?;
            self.storage.create(&name, &bundle_of(payload, signature, key.public_key()).to_json())?;
        }
        Ok(name)
    }

    /// Adds the signature for `ssh-keygen`, where the key is one of SSH and has given none yet.
    fn sign_for_ssh(&self, id: RecordId, payload: &[u8], key: &EvidenceKey) -> Result<(), EvidenceError> {
        let name = names::ssh_signature(id, key.public_key());
        if !key.is_of_ssh() || self.storage.read(&name)?.is_some() {
            return Ok(());
        }
        if let Some(signature) = key.sign_for_ssh(payload).map_err(EvidenceError::Key)? {
            self.storage.create(&name, signature.as_bytes())?;
        }
        Ok(())
    }

    /// A record with everything that stands beside it, each file by what its name has behind the record's:
    /// `.json` is the statement, `.KEY.sigstore.json` a bundle.
    ///
    /// # Errors
    /// [`EvidenceError::NoRecord`], or of the storage.
    pub fn files_of(&self, id: RecordId) -> Result<Vec<(String, Vec<u8>)>, EvidenceError> {
        let prefix = names::bundles(id);
        let mut files = vec![(".json".to_owned(), self.payload(id)?)];
        for name in self.storage.list(&prefix)? {
            let suffix = name.get(prefix.len() - 1..).unwrap_or_default().to_owned();
            if suffix != ".json" {
                files.push((suffix, self.storage.read(&name)?.unwrap_or_default()));
            }
        }
        Ok(files)
    }

    /// Whom the log trusts, as its own statements say; nobody where there is no log. Whether the log is sound,
    /// [`verify`] tells.
    ///
    /// # Errors
    /// [`EvidenceError`] of the log or its storage.
    pub fn trust(&self) -> Result<Trust, EvidenceError> {
        let hints = hints::Hints::read(self)?;
        match LogReader::open(&self.storage, &hints.of_log(), &[]) {
            Err(LogError::Absent) => Ok(Trust::default()),
            opened => hints.trust(&opened?),
        }
    }

    /// The bundles over a record, by the beginning of their keys' fingerprints. Nothing of them is checked.
    ///
    /// # Errors
    /// [`EvidenceError`]: of the storage, or a file that is no bundle.
    pub fn bundles(&self, id: RecordId) -> Result<Vec<(String, SigstoreBundle)>, EvidenceError> {
        let names = self.storage.list(&names::bundles(id))?;
        let bundles = names.into_iter().filter(|name| names::is_bundle(id, name));
        bundles
            .map(|name| {
                let bytes = self.storage.read(&name)?.unwrap_or_default();
                let bundle = SigstoreBundle::parse(&bytes)
                    .map_err(|error| EvidenceError::Bundle { name: name.clone(), error })?;
                Ok((name, bundle))
            })
            .collect()
    }

    /// The records of what was judged for a git tree.
    ///
    /// # Errors
    /// [`EvidenceError`] of the storage.
    pub fn judged(&self, tree: &str) -> Result<Vec<RecordId>, EvidenceError> {
        Ok(names::ids_below(&self.storage.list(&names::judged_of(tree))?))
    }

    /// The records of what landed as a commit.
    ///
    /// # Errors
    /// [`EvidenceError`] of the storage.
    pub fn recorded(&self, commit: &str) -> Result<Vec<RecordId>, EvidenceError> {
        Ok(names::ids_below(&self.storage.list(&names::recorded_of(commit))?))
    }
}

/// Objects, with the digests of those that were read.
struct Read<'a> {
    objects: &'a dyn ReadObjects,
    digests: Mutex<BTreeSet<Digest>>,
}

impl ReadObjects for Read<'_> {
    fn object(&self, digest: &Digest) -> Result<Vec<u8>, EvidenceError> {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).insert(*digest);
        self.objects.object(digest)
    }
}

impl<S: Storage> ReadObjects for Ledger<S> {
    fn object(&self, digest: &Digest) -> Result<Vec<u8>, EvidenceError> {
        let frame = self.storage.read(&names::object(digest))?.ok_or(EvidenceError::NoObject(*digest))?;
        // What is no frame at all has no digest to show but its own.
        let bytes = decompress(&frame).unwrap_or(frame);
        if Digest::of(&bytes) == *digest { Ok(bytes) } else { Err(EvidenceError::WrongObject(*digest)) }
    }
}
