//! Signing records and logging them.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::attachment::AttachmentStatement;
use super::hints::Hints;
use super::hold_statement::HoldStatement;
use super::retained::seconds;
use super::tombstone_statement::TombstoneStatement;
use super::trust_statement::{TrustAction, TrustStatement};
use super::{Ledger, RecordId, Role, bundle_of, names, signed_bytes};
use crate::evidence::canonical::canonical;
use crate::evidence::error::EvidenceError;
use crate::evidence::log::{
    Healed, Leaf, Log, LogError, LogReader, NoteError, NoteKey, Slot, Storage, StorageErrorKind, TILE_WIDTH, tidy,
};
use crate::evidence::manifest::Objects;
use crate::evidence::statement::{Invocation, Statement, test_result};
use crate::keys::{EvidenceKey, SigstoreBundle};

/// How far a clock may be behind what was logged before it counts as running backwards, in seconds: machines differ.
const CLOCKS_DIFFER: i64 = 300;

/// Where a record is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// The record.
    pub id: RecordId,
    /// Its place.
    pub index: u64,
    /// What other writers had left to do, and this one did.
    pub healed: Vec<Healed>,
}

/// Signs records with one key and logs them.
pub struct Recorder<'a, S> {
    ledger: Ledger<&'a S>,
    log: Log<&'a S>,
}

impl<'a, S: Storage> Recorder<'a, S> {
    /// Begins a log with the key that it trusts first. `at` is now, RFC 3339. A beginning that was stopped is finished.
    ///
    /// # Errors
    /// [`EvidenceError`]: there is a log already, a name that cannot be one, or of the storage or key.
    pub fn begin(
        storage: &'a S,
        origin: &str,
        key: EvidenceKey,
        required_witnesses: Option<usize>,
        at: String,
    ) -> Result<(Self, Logged), EvidenceError> {
        let ledger = Ledger::new(storage);
        let hints = Hints::read(&ledger)?;
        let own = NoteKey::of_log(origin, key.public_key()).map_err(LogError::from)?;
        match LogReader::open(storage, &[hints.of_log(), vec![own.clone()]].concat(), &[]) {
            Ok(reader) if reader.size() == 0 => {}
            Err(LogError::Absent) => {}
            Ok(_) | Err(LogError::Checkpoint(NoteError::Unsigned(_))) => return Err(LogError::Exists.into()),
            Err(error) => return Err(error.into()),
        }
        let mut genesis = TrustStatement::new(TrustAction::Genesis, Role::Recorder, origin, key.public_key(), at);
        genesis.predicate.required_witnesses = required_witnesses;
        // One that was stopped has said the same at another time: a log begins with one statement.
        let same = |earlier: &TrustStatement| {
            let mut earlier = earlier.clone();
            earlier.predicate.at.clone_from(&genesis.predicate.at);
            earlier == genesis
        };
        let genesis = hints.beginnings().find(|earlier| same(earlier)).cloned().unwrap_or(genesis);
        // Before the log: without the statement nobody finds the key that signed the checkpoint.
        let id = ledger.keep_statement(&genesis)?;
        storage.create(&names::trust(id), b"")?;
        let log = match storage.read_slot(Slot::Head)? {
            None if storage.read_slot(Slot::Checkpoint)?.is_some() => {
                return Err(LogError::Gone(Slot::Head.name().to_owned()).into());
            }
            None => Log::create(storage, origin, key)?,
            Some(_) => Log::open(storage, origin, key, Vec::new())?.0,
        };
        let reader = log.reader(&[])?;
        // It may have been logged and not been published.
        if reader.size() > 0 && reader.leaf(0)?.digest() != id.0 {
            return Err(LogError::Exists.into());
        }
        let recorder = Self { ledger, log };
        let logged = recorder.trust(&genesis)?;
        Ok((recorder, logged))
    }

    /// Opens the log of a storage, and finishes what another writer left.
    ///
    /// # Errors
    /// [`EvidenceError`]: there is none, it is damaged, the key does not count in it, or of the storage or key.
    pub fn open(storage: &'a S, key: EvidenceKey) -> Result<(Self, Option<Healed>), EvidenceError> {
        let ledger = Ledger::new(storage);
        let hints = Hints::read(&ledger)?;
        if hints.beginnings().next().is_none() {
            return Err(EvidenceError::NoLog);
        }
        let keys = hints.of_log();
        let reader = match LogReader::open(storage, &keys, &[]) {
            Err(LogError::Absent) => return Err(EvidenceError::NoLog),
            opened => opened?,
        };
        let origin = reader.checkpoint().checkpoint.origin.clone();
        // Nothing that is logged can be taken back: a key that does not count must not sign.
        let trust = hints.trust(&reader)?;
        if !trust.counts(key.public_key(), Role::Recorder, reader.size()) {
            // A beginning that was stopped counts nothing, and is begun again.
            let none = trust.keys.is_empty() && reader.size() == 0;
            let fingerprint = key.public_key().fingerprint();
            return Err(if none { EvidenceError::NoLog } else { EvidenceError::KeyDoesNotCount(fingerprint) });
        }
        let (log, healed) = Log::open(storage, &origin, key, keys)?;
        let recorder = Self { ledger, log };
        let reader = recorder.log.reader(&[])?;
        if let Some(last) = reader.size().checked_sub(1) {
            recorder.complete(&reader, last)?;
        }
        Ok((recorder, healed))
    }

    /// The ledger that it writes to.
    pub fn ledger(&self) -> &Ledger<&'a S> {
        &self.ledger
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        self.log.origin()
    }

    /// The last published checkpoint, as it is signed.
    ///
    /// # Errors
    /// [`EvidenceError`] of the log.
    pub fn checkpoint(&self) -> Result<Vec<u8>, EvidenceError> {
        Ok(self.log.reader(&[])?.note().to_vec())
    }

    /// Refuses to go on with a clock that is behind what was logged last.
    ///
    /// # Errors
    /// [`EvidenceError::Clock`].
    pub fn check_clock(&self, now: i64) -> Result<(), EvidenceError> {
        let reader = self.log.reader(&[])?;
        for index in (0..reader.size()).rev() {
            let leaf = reader.leaf(index)?;
            // What nobody signed says what it likes, and a record that is gone says nothing.
            if leaf.signature().is_none() {
                continue;
            }
            let payload = self.ledger.payload(RecordId(leaf.digest())).ok();
            let Some(at) = payload.and_then(|payload| made_at(&payload)) else { continue };
            return if at > now + CLOCKS_DIFFER { Err(EvidenceError::Clock { now, logged: at }) } else { Ok(()) };
        }
        Ok(())
    }

    /// Keeps, signs and logs an evaluation. `commit` is what it records the landing of.
    ///
    /// # Errors
    /// [`EvidenceError`]; giving it again is safe.
    pub fn record(
        &self,
        statement: &Statement,
        objects: Objects,
        commit: Option<&str>,
    ) -> Result<Logged, EvidenceError> {
        let (id, leaf) = self.kept(statement, objects)?;
        let logged = self.log_signed(id, leaf)?;
        if let Some(commit) = commit {
            self.ledger.storage.create(&names::recorded(commit, id), b"")?;
        }
        Ok(logged)
    }

    /// Keeps, signs and logs evaluations that have landed together, by one change of the log.
    ///
    /// # Errors
    /// As [`record`](Self::record), of any of them; others may be logged.
    pub fn record_all(
        &self,
        evaluations: impl IntoIterator<Item = (Statement, Objects)>,
    ) -> Result<Vec<Logged>, EvidenceError> {
        let mut ids = Vec::new();
        let mut leaves = Vec::new();
        for (statement, objects) in evaluations {
            let (id, leaf) = self.kept(&statement, objects)?;
            ids.push(id);
            leaves.push(leaf);
        }
        self.append(&ids, &leaves)
    }

    /// Keeps and signs an evaluation, and returns its leaf.
    fn kept(&self, statement: &Statement, objects: Objects) -> Result<(RecordId, Leaf), EvidenceError> {
        let id = self.ledger.keep(statement, objects)?;
        let result = canonical(&test_result(statement));
        let name = names::test_result_bundle(id, self.log.key().public_key());
        // Before the record is logged, since nobody else can sign it.
        if self.ledger.storage.read(&name)?.is_none() {
            let key = self.log.key();
            let signature = key.sign(&signed_bytes(&result)).map_err(EvidenceError::Key)?;
            self.ledger.storage.create(&name, &bundle_of(result, signature, key.public_key()).to_json())?;
        }
        Ok((id, self.signed(id, &canonical(statement))?))
    }

    /// Logs a statement about a key.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub fn trust(&self, statement: &TrustStatement) -> Result<Logged, EvidenceError> {
        let id = self.ledger.keep_statement(statement)?;
        // The hint first: without it nobody finds the key that signed the checkpoint.
        self.ledger.storage.create(&names::trust(id), b"")?;
        self.sign(id, &canonical(statement))
    }

    /// Keeps, signs and logs a statement about external evidence.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub fn attach(&self, statement: &AttachmentStatement) -> Result<Logged, EvidenceError> {
        self.attach_keeping(statement, Objects::default())
    }

    /// The same, with the file itself.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub fn attach_keeping(&self, statement: &AttachmentStatement, objects: Objects) -> Result<Logged, EvidenceError> {
        let id = self.ledger.keep_naming(statement, objects)?;
        self.sign(id, &canonical(statement))
    }

    /// Logs a statement about a legal hold.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub(super) fn hold(&self, statement: &HoldStatement) -> Result<Logged, EvidenceError> {
        let id = self.ledger.keep_statement(statement)?;
        self.sign(id, &canonical(statement))
    }

    /// Logs a statement about what is about to be removed.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub(super) fn bury(&self, statement: &TombstoneStatement) -> Result<Logged, EvidenceError> {
        let id = self.ledger.keep_statement(statement)?;
        self.sign(id, &canonical(statement))
    }

    /// Logs records that nobody signed: those of the judge. That they are in the log says when they were seen.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub fn log_unsigned(&self, ids: &[RecordId]) -> Result<Vec<Logged>, EvidenceError> {
        let mut leaves = Vec::new();
        for id in ids {
            leaves.push(Leaf::unsigned(&signed_bytes(&self.ledger.payload(*id)?)));
        }
        self.append(ids, &leaves)
    }

    /// Signs what is kept, unless this key has, and logs it.
    fn sign(&self, id: RecordId, payload: &[u8]) -> Result<Logged, EvidenceError> {
        self.log_signed(id, self.signed(id, payload)?)
    }

    fn log_signed(&self, id: RecordId, leaf: Leaf) -> Result<Logged, EvidenceError> {
        let logged = self.append(&[id], &[leaf])?.pop();
        logged.ok_or_else(|| EvidenceError::malformed(id.0, "the log took it and does not say where it is"))
    }

    /// Appends the leaves of records, and writes what stands beside them.
    fn append(&self, ids: &[RecordId], leaves: &[Leaf]) -> Result<Vec<Logged>, EvidenceError> {
        let appended = self.log.append(leaves)?;
        let reader = self.log.reader(&[])?;
        // From the last one back, so that those which were appended together are looked at once.
        for index in appended.positions.iter().collect::<BTreeSet<_>>().into_iter().rev() {
            self.complete(&reader, *index)?;
        }
        // Each append leaves tiles that a full one replaces. Whether they go matters to nobody but the disk.
        if appended.positions.iter().any(|index| (index + 1).is_multiple_of(TILE_WIDTH)) {
            let _ = tidy(self.ledger.storage, self.log.accepted());
        }
        let logged = ids.iter().zip(appended.positions);
        Ok(logged.map(|(id, index)| Logged { id: *id, index, healed: appended.healed.clone() }).collect())
    }

    /// Signs what is kept, unless this key has, and returns its leaf.
    ///
    /// The log has the signature first, and the bundle follows from it: so there is never a signed record that is not in
    /// the log, and whoever comes next can finish what lacks.
    fn signed(&self, id: RecordId, payload: &[u8]) -> Result<Leaf, EvidenceError> {
        let key = self.log.key();
        let signed = signed_bytes(payload);
        let name = names::bundle(id, key.public_key());
        // Some keys ask a person each time, or sign differently each time: the first signature stays.
        let signature = match self.ledger.storage.read(&name)? {
            Some(bytes) => {
                let bundle = SigstoreBundle::parse(&bytes).map_err(|error| EvidenceError::Bundle { name, error })?;
                bundle.envelope.signatures.into_iter().next().map(|signature| signature.sig).unwrap_or_default()
            }
            None => key.sign(&signed).map_err(EvidenceError::Key)?,
        };
        Leaf::signed(&signed, signature, key.public_key().clone())
            .map_err(|error| EvidenceError::Leaf { record: id, error })
    }

    /// Writes what stands beside the leaf at a place, after what other writers did not come to write for the leaves
    /// before it. So a leaf that has everything says the same of all leaves before it, and the search ends there.
    fn complete(&self, reader: &LogReader<&&'a S>, index: u64) -> Result<(), EvidenceError> {
        let mut lacking = vec![(index, reader.leaf(index)?)];
        for before in (0..index).rev() {
            let leaf = reader.leaf(before)?;
            let last = match leaf.signature() {
                Some(signed) => names::bundle(RecordId(leaf.digest()), &signed.key),
                None => names::proof(RecordId(leaf.digest())),
            };
            // Where the record is gone, nothing can be written.
            if self.ledger.storage.read(&last)?.is_some() || self.ledger.payload(RecordId(leaf.digest())).is_err() {
                break;
            }
            lacking.push((before, leaf));
        }
        for (index, leaf) in lacking.into_iter().rev() {
            self.write_beside(reader, index, &leaf)?;
        }
        Ok(())
    }

    /// Writes what follows from a leaf and its record, the bundle last.
    fn write_beside(&self, reader: &LogReader<&&'a S>, index: u64, leaf: &Leaf) -> Result<(), EvidenceError> {
        let (id, storage) = (RecordId(leaf.digest()), self.ledger.storage);
        let proof = names::proof(id);
        // A proof stays one, and one for a record is enough.
        if storage.read(&proof)?.is_none() {
            match storage.create(&proof, &reader.proof(index)?.to_bytes()) {
                // Another writer was first, with a proof at another checkpoint.
                Err(error) if error.kind == StorageErrorKind::Differs => {}
                done => done?,
            }
        }
        let Some(signed) = leaf.signature() else { return Ok(()) };
        let payload = self.ledger.payload(id)?;
        if let Some(commit) = landed(&payload) {
            storage.create(&names::recorded(&commit, id), b"")?;
        }
        let name = names::bundle(id, &signed.key);
        if storage.read(&name)?.is_none() {
            // Of the signatures of others only the bundle follows from the log.
            if signed.key == *self.log.key().public_key() {
                self.ledger.sign_for_ssh(id, &payload, self.log.key())?;
            }
            storage.create(&name, &bundle_of(payload, signed.signature.clone(), &signed.key).to_json())?;
        }
        Ok(())
    }
}

/// The commit whose landing a statement records.
fn landed(payload: &[u8]) -> Option<String> {
    let statement: Statement = serde_json::from_slice(payload).ok()?;
    let predicate = statement.predicate;
    predicate.head.git_commit.filter(|_| predicate.invocation.mode == "record")
}

/// When a tombstone says that it was made, or an evaluation that it ended, in epoch seconds.
fn made_at(payload: &[u8]) -> Option<i64> {
    let tombstone = || serde_json::from_slice::<TombstoneStatement>(payload).ok();
    finished_at(payload).or_else(|| seconds(&tombstone()?.predicate.at))
}

/// When an evaluation says that it ended, in epoch seconds.
pub(super) fn finished_at(payload: &[u8]) -> Option<i64> {
    let statement: Finished = serde_json::from_slice(payload).ok()?;
    seconds(&statement.predicate.invocation.finished_on)
}

/// An evaluation, as far as its end is asked for.
#[derive(Deserialize)]
struct Finished {
    predicate: FinishedPredicate,
}

#[derive(Deserialize)]
struct FinishedPredicate {
    invocation: Invocation,
}
