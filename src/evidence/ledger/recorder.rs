//! Signing records and logging them.

use super::attachment::{ATTACHMENT_TYPE, AttachmentStatement};
use super::trust_statement::{TRUST_TYPE, TrustAction, TrustStatement};
use super::{Ledger, RecordId, Role, names};
use crate::evidence::error::EvidenceError;
use crate::evidence::log::{Healed, Leaf, Log, NoteKey, Storage};
use crate::evidence::manifest::{Objects, canonical};
use crate::evidence::statement::{Statement, test_result};
use crate::keys::{Envelope, EvidenceKey, PAYLOAD_TYPE, PublicKey, SigstoreBundle, pae};

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

/// What the statements about keys say that a storage holds: hints, until the log was read.
pub(super) struct Hints {
    pub(super) origin: Option<String>,
    pub(super) keys: Vec<(Role, PublicKey, Option<String>)>,
}

impl Hints {
    pub(super) fn read<S: Storage>(ledger: &Ledger<S>) -> Result<Self, EvidenceError> {
        let mut hints = Self { origin: None, keys: Vec::new() };
        for id in names::ids_below(&ledger.storage.list(names::TRUST)?) {
            let statement: TrustStatement = ledger.statement(id)?;
            let said = statement.predicate;
            if said.action == TrustAction::Genesis {
                hints.origin = Some(said.origin);
            }
            let Ok(key) = PublicKey::from_pem(&said.public_key) else { continue };
            hints.keys.push((said.role, key, said.name));
        }
        Ok(hints)
    }

    pub(super) fn of_log(&self) -> Vec<NoteKey> {
        let origin = self.origin.as_deref().unwrap_or_default();
        let keys = self.keys.iter().filter(|(role, ..)| *role == Role::Recorder);
        keys.filter_map(|(_, key, _)| NoteKey::of_log(origin, key).ok()).collect()
    }

    pub(super) fn witnesses(&self) -> Vec<NoteKey> {
        let keys = self.keys.iter().filter(|(role, ..)| *role == Role::Witness);
        keys.filter_map(|(_, key, name)| NoteKey::of_witness(name.as_deref()?, key).ok()).collect()
    }
}

impl<'a, S: Storage> Recorder<'a, S> {
    /// Begins a log with the key that it trusts first. `at` is now, RFC 3339.
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
        let mut genesis = TrustStatement::new(TrustAction::Genesis, Role::Recorder, origin, key.public_key(), at);
        genesis.predicate.required_witnesses = required_witnesses;
        let recorder = Self { ledger: Ledger::new(storage), log: Log::create(storage, origin, key)? };
        let logged = recorder.trust(&genesis)?;
        Ok((recorder, logged))
    }

    /// Opens the log of a storage, and finishes what another writer left.
    ///
    /// # Errors
    /// [`EvidenceError`]: there is none, it is damaged, or of the storage or key.
    pub fn open(storage: &'a S, key: EvidenceKey) -> Result<(Self, Option<Healed>), EvidenceError> {
        let ledger = Ledger::new(storage);
        let hints = Hints::read(&ledger)?;
        let origin = hints.origin.clone().ok_or(EvidenceError::NoLog)?;
        let (log, healed) = Log::open(storage, &origin, key, hints.of_log())?;
        Ok((Self { ledger, log }, healed))
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
        let Some(last) = reader.size().checked_sub(1) else { return Ok(()) };
        let id = RecordId(reader.leaf(last)?.digest());
        // A record that is gone says nothing of time.
        let Some(at) = self.ledger.payload(id).ok().and_then(|bytes| recorded_at(&bytes)) else { return Ok(()) };
        if at > now + CLOCKS_DIFFER { Err(EvidenceError::Clock { now, logged: at }) } else { Ok(()) }
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
        let id = self.ledger.keep(statement, objects)?;
        let result = canonical(&test_result(statement));
        let name = names::test_result_bundle(id, self.log.key().public_key());
        if self.ledger.storage.read(&name)?.is_none() {
            self.ledger.storage.create(&name, &self.bundle(&name, result)?.to_json())?;
        }
        let logged = self.sign(id, &canonical(statement))?;
        if let Some(commit) = commit {
            self.ledger.storage.create(&names::recorded(commit, id), b"")?;
        }
        Ok(logged)
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
            leaves.push(Leaf::unsigned(&pae(PAYLOAD_TYPE, &self.ledger.payload(*id)?)));
        }
        let appended = self.log.append(&leaves)?;
        let logged = ids.iter().zip(appended.positions).map(|(id, index)| Logged {
            id: *id,
            index,
            healed: appended.healed.clone(),
        });
        logged.map(|logged| self.prove(&logged).map(|()| logged)).collect()
    }

    fn bundle(&self, name: &str, payload: Vec<u8>) -> Result<SigstoreBundle, EvidenceError> {
        let key = self.log.key();
        let envelope = Envelope::sign(payload, key).map_err(EvidenceError::Key)?;
        SigstoreBundle::new(envelope, key.public_key())
            .map_err(|error| EvidenceError::Bundle { name: name.to_owned(), error })
    }

    /// Signs what is kept, unless this key has, and logs it.
    fn sign(&self, id: RecordId, payload: &[u8]) -> Result<Logged, EvidenceError> {
        let key = self.log.key().public_key();
        let name = names::bundle(id, key);
        // Some keys sign differently each time: the first signature stays.
        let bundle = match self.ledger.storage.read(&name)? {
            Some(bytes) => {
                SigstoreBundle::parse(&bytes).map_err(|error| EvidenceError::Bundle { name: name.clone(), error })?
            }
            None => {
                let bundle = self.bundle(&name, payload.to_vec())?;
                self.ledger.storage.create(&name, &bundle.to_json())?;
                bundle
            }
        };
        let signature = bundle.envelope.signatures.first().map(|signature| signature.sig.clone()).unwrap_or_default();
        let leaf = Leaf::signed(&pae(PAYLOAD_TYPE, payload), signature, key.clone())
            .map_err(|error| EvidenceError::Leaf { record: id, error })?;
        let appended = self.log.append(&[leaf])?;
        let index = appended.positions.first().copied().unwrap_or_default();
        let logged = Logged { id, index, healed: appended.healed };
        self.prove(&logged)?;
        Ok(logged)
    }

    /// Puts the proof beside a record, unless one is there: a proof stays one.
    fn prove(&self, logged: &Logged) -> Result<(), EvidenceError> {
        let name = names::proof(logged.id);
        if self.ledger.storage.read(&name)?.is_none() {
            let proof = self.log.reader(&[])?.proof(logged.index)?;
            match self.ledger.storage.create(&name, &proof.to_bytes()) {
                // Another writer was first, with a proof at another checkpoint.
                Err(error) if error.kind == crate::evidence::log::StorageErrorKind::Differs => {}
                done => done?,
            }
        }
        Ok(())
    }
}

/// When a record says that it was made, in epoch seconds: of an evaluation its end, of other statements `at`.
pub(super) fn recorded_at(payload: &[u8]) -> Option<i64> {
    let value: serde_json::Value = serde_json::from_slice(payload).ok()?;
    let predicate = &value["predicate"];
    let text = match value["predicateType"].as_str()? {
        TRUST_TYPE | ATTACHMENT_TYPE => predicate["at"].as_str()?,
        _ => predicate["invocation"]["finishedOn"].as_str()?,
    };
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}
