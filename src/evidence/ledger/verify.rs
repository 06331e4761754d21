//! Whether the ledger is what it says: every record signed, in the log, whole, and in order.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::attachment::{ATTACHMENT_TYPE, AttachmentStatement};
use super::recorder::{Hints, recorded_at};
use super::trust::Trust;
use super::trust_statement::{TRUST_TYPE, TrustStatement};
use super::{Ledger, RecordId, Role, names};
use crate::evidence::error::EvidenceError;
use crate::evidence::log::{Checkpoint, Leaf, LogProof, LogReader, NoteKey, Storage, leaf_hash, verify_consistency};
use crate::evidence::manifest::canonical;
use crate::evidence::objects::ReadObjects as _;
use crate::evidence::references::{self, Seen};
use crate::evidence::statement::{PREDICATE_TYPE, Statement, test_result};
use crate::keys::{Envelope, PAYLOAD_TYPE, PublicKey, SigstoreBundle, pae};
use crate::store::Digest;

/// How many leaves are looked at together.
const CHUNK: usize = 1024;
/// Seconds by which a later record may say that it was made earlier: clocks differ.
const CLOCKS_DIFFER: i64 = 300;

/// What whoever verifies knows by other ways.
#[derive(Debug, Clone, Default)]
pub struct Verifying {
    /// The fingerprint of the first key, confirmed with the log's keeper.
    pub confirmed: Option<Digest>,
    /// Checkpoints that were kept elsewhere, as they were signed.
    pub anchors: Vec<(String, Vec<u8>)>,
    /// The records that are asked about; all when empty.
    pub only: BTreeSet<RecordId>,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The record's place in the log.
    pub index: Option<u64>,
    /// The record.
    pub record: Option<RecordId>,
    /// What is wrong, in words.
    pub what: String,
}

/// What verifying found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// The log's name; `None` when there is no log.
    pub origin: Option<String>,
    /// How many leaves it has.
    pub size: u64,
    /// The root of its tree.
    pub root: Option<Digest>,
    /// The fingerprint of its first key.
    pub genesis: Option<Digest>,
    /// The witnesses that cosigned the last checkpoint, and when.
    pub witnesses: Vec<(String, u64)>,
    /// Whom the log says to trust.
    pub trust: Trust,
    /// Signed evaluations.
    pub signed: u64,
    /// Evaluations that nobody signed.
    pub unsigned: u64,
    /// Statements about external evidence.
    pub attached: u64,
    /// Signatures of others over records, by keys that are not the log's: who trusts them verifies them.
    pub countersigned: u64,
    /// Records that are kept and not in the log.
    pub not_logged: u64,
    /// Checkpoints from elsewhere that the log is consistent with.
    pub anchors: usize,
    /// What is wrong, in the order of places.
    pub problems: Vec<Problem>,
}

/// Verifies a ledger: every leaf, or the records that are asked about, with everything that they name.
///
/// # Errors
/// [`EvidenceError`] when the storage cannot be read. What is wrong with the evidence is no error but a problem.
pub fn verify<S: Storage + Sync>(storage: &S, verifying: &Verifying) -> Result<Verification, EvidenceError> {
    let ledger = Ledger::new(storage);
    let mut found = Verification::default();
    // What the storage says of keys only helps to open the log: what counts follows from the log itself.
    let hints = match Hints::read(&ledger) {
        Ok(hints) => hints,
        Err(error @ EvidenceError::Storage(_)) => return Err(error),
        Err(error) => {
            found.problem(None, None, format!("the statements about keys cannot be read: {error}"));
            Hints { origin: None, keys: Vec::new() }
        }
    };
    let check = Check { ledger, verifying, seen: Mutex::default(), log_keys: hints.of_log() };
    match LogReader::open(storage, &check.log_keys, &hints.witnesses()) {
        Ok(reader) => check.log(&reader, &mut found)?,
        Err(crate::evidence::log::LogError::Absent) if hints.origin.is_none() => {}
        Err(error) => found.problem(None, None, format!("the log cannot be opened: {error}")),
    }
    found.problems.sort();
    found.problems.dedup();
    Ok(found)
}

impl Verification {
    fn problem(&mut self, index: Option<u64>, record: Option<RecordId>, what: String) {
        self.problems.push(Problem { index, record, what });
    }
}

struct Check<'a, S> {
    ledger: Ledger<&'a S>,
    verifying: &'a Verifying,
    /// Objects that were looked at.
    seen: Mutex<HashSet<Digest>>,
    log_keys: Vec<NoteKey>,
}

impl<S> Seen for Check<'_, S> {
    fn first(&self, digest: Digest) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(digest)
    }
}

/// What one leaf came to, before the order of leaves is looked at.
struct Looked {
    index: u64,
    leaf: Option<Leaf>,
    id: Option<RecordId>,
    payload: Option<Vec<u8>>,
    what: Vec<String>,
}

impl<S: Storage + Sync> Check<'_, S> {
    fn log(&self, reader: &LogReader<&S>, found: &mut Verification) -> Result<(), EvidenceError> {
        found.size = reader.size();
        found.root = Some(reader.root());
        let mut logged: HashSet<RecordId> = HashSet::new();
        let mut latest: Option<i64> = None;
        let mut chunk: Vec<(u64, Vec<u8>)> = Vec::with_capacity(CHUNK);
        let walked = reader.for_each(0, |index, bytes| -> Result<(), EvidenceError> {
            chunk.push((index, bytes.to_vec()));
            if chunk.len() == CHUNK {
                self.chunk(&std::mem::take(&mut chunk), found, &mut logged, &mut latest);
            }
            Ok(())
        });
        self.chunk(&chunk, found, &mut logged, &mut latest);
        if let Err(error) = walked {
            found.problem(None, None, error.to_string());
        }
        found.origin = Some(found.trust.origin.clone()).filter(|origin| !origin.is_empty());
        found.genesis = found.trust.keys.first().map(|own| own.key.fingerprint());
        self.checkpoint(reader, found);
        self.anchors(reader, found);
        self.beside(&logged, found)
    }

    fn chunk(
        &self,
        chunk: &[(u64, Vec<u8>)],
        found: &mut Verification,
        logged: &mut HashSet<RecordId>,
        latest: &mut Option<i64>,
    ) {
        let looked: Vec<Looked> = chunk.par_iter().map(|(index, bytes)| self.look(*index, bytes)).collect();
        for Looked { index, leaf, id, payload, what } in looked {
            for what in what {
                found.problem(Some(index), id, what);
            }
            let (Some(leaf), Some(id)) = (leaf, id) else { continue };
            logged.insert(id);
            let Some(payload) = payload else { continue };
            self.placed(index, &leaf, id, &payload, found);
            let at = recorded_at(&payload).filter(|_| leaf.signature().is_some());
            if let (Some(at), Some(before)) = (at, *latest)
                && at + CLOCKS_DIFFER < before
            {
                found.problem(Some(index), Some(id), "it says that it was made before the record before it".to_owned());
            }
            *latest = at.max(*latest);
        }
    }

    /// What a leaf is by itself: its record, its signature, everything that the record names.
    fn look(&self, index: u64, bytes: &[u8]) -> Looked {
        let mut looked = Looked { index, leaf: None, id: None, payload: None, what: Vec::new() };
        let leaf = match Leaf::parse(bytes) {
            Ok(leaf) => leaf,
            Err(error) => {
                looked.what.push(error.to_string());
                return looked;
            }
        };
        let id = RecordId(leaf.digest());
        looked.id = Some(id);
        let asked = self.verifying.only.is_empty() || self.verifying.only.contains(&id);
        match self.ledger.payload(id) {
            Ok(payload) => {
                let about_keys = memchr::memmem::find(&payload, TRUST_TYPE.as_bytes()).is_some();
                if asked || about_keys {
                    self.record(id, &leaf, &payload, bytes, &mut looked.what);
                }
                looked.payload = Some(payload);
            }
            Err(error) if asked => looked.what.push(error.to_string()),
            Err(_) => {}
        }
        looked.leaf = Some(leaf);
        looked
    }

    fn record(&self, id: RecordId, leaf: &Leaf, payload: &[u8], bytes: &[u8], what: &mut Vec<String>) {
        let signed = pae(PAYLOAD_TYPE, payload);
        if !leaf.stands_for(&signed) {
            what.push("the signature in the log is not one of the record by its key".to_owned());
        }
        if let Some(signature) = leaf.signature() {
            let name = names::bundle(id, &signature.key);
            what.extend(self.bundle(&name, payload, &signature.key, Some(&signature.signature)).err());
        }
        what.extend(self.proof(id, leaf_hash(bytes)).err());
        match serde_json::from_slice::<Statement>(payload) {
            Ok(statement) if statement.predicate_type == PREDICATE_TYPE => {
                self.evaluation(id, leaf, payload, &statement, what);
            }
            _ if memchr::memmem::find(payload, TRUST_TYPE.as_bytes()).is_some() => {}
            _ if memchr::memmem::find(payload, ATTACHMENT_TYPE.as_bytes()).is_some() => {
                what.extend(self.attachment(payload).err());
            }
            Ok(_) => what.push("it is of a kind that this binary does not know".to_owned()),
            Err(error) => what.push(format!("it is no record of an evaluation: {error}")),
        }
    }

    fn evaluation(&self, id: RecordId, leaf: &Leaf, payload: &[u8], statement: &Statement, what: &mut Vec<String>) {
        if canonical(statement) != payload {
            what.push("it has fields that this binary does not know, or is not canonical JSON".to_owned());
        }
        let predicate = &statement.predicate;
        let result = Digest::of(&canonical(&predicate.result())).to_string();
        if predicate.result_digest.get("sha256") != Some(&result) {
            what.push(format!("its resultDigest is not that of its result, {result}"));
        }
        let expected = canonical(&test_result(statement));
        match self.ledger.storage.read(&names::test_result(id)) {
            Ok(Some(bytes)) if bytes == expected => {}
            Ok(Some(_)) => what.push("its test result says something else than it does".to_owned()),
            Ok(None) => what.push("its test result is not there".to_owned()),
            Err(error) => what.push(error.to_string()),
        }
        if let Some(signature) = leaf.signature() {
            let name = names::test_result_bundle(id, &signature.key);
            what.extend(self.bundle(&name, &expected, &signature.key, None).err());
        }
        references::walk(predicate, &self.ledger, self, &mut |error| what.push(error.to_string()));
    }

    /// What is said of external evidence, and the file where it is kept.
    fn attachment(&self, payload: &[u8]) -> Result<(), String> {
        let statement: AttachmentStatement =
            serde_json::from_slice(payload).map_err(|error| format!("it says nothing of a file: {error}"))?;
        if statement.predicate_type != ATTACHMENT_TYPE || canonical(&statement) != payload {
            return Err("it is of a kind that this binary does not know".to_owned());
        }
        let file = statement.file().ok_or("it names no file by a SHA-256")?;
        if statement.predicate.kept && self.first(file) {
            self.ledger.object(&file).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Whether a bundle is there, is over this payload, and by this key.
    fn bundle(&self, name: &str, payload: &[u8], key: &PublicKey, signature: Option<&[u8]>) -> Result<(), String> {
        let bytes = self.ledger.storage.read(name).map_err(|error| error.to_string())?;
        let bytes = bytes.ok_or_else(|| format!("`{name}` is not there"))?;
        let bundle = SigstoreBundle::parse(&bytes).map_err(|error| format!("`{name}`: {error}"))?;
        let Envelope { payload: own, signatures, .. } = &bundle.envelope;
        if own != payload {
            return Err(format!("`{name}` is over another payload"));
        }
        // That of the log was verified already.
        if signature.is_some() && signatures.first().map(|own| own.sig.as_slice()) == signature {
            return Ok(());
        }
        bundle.envelope.verify(std::slice::from_ref(key)).map(drop).map_err(|error| format!("`{name}`: {error}"))?;
        if signature.is_some() { Err(format!("`{name}` has another signature than the log")) } else { Ok(()) }
    }

    fn proof(&self, id: RecordId, leaf: Digest) -> Result<(), String> {
        let name = names::proof(id);
        let bytes = self.ledger.storage.read(&name).map_err(|error| error.to_string())?;
        // A writer that was stopped after logging had no time for it, and anybody can make it.
        let Some(bytes) = bytes else { return Ok(()) };
        let proof = LogProof::parse(&bytes).map_err(|error| format!("`{name}`: {error}"))?;
        proof.verify(leaf, &self.log_keys, &[]).map(drop).map_err(|error| format!("`{name}`: {error}"))
    }

    /// What a leaf is where it stands: by whom, and what it says of keys.
    fn placed(&self, index: u64, leaf: &Leaf, id: RecordId, payload: &[u8], found: &mut Verification) {
        if memchr::memmem::find(payload, TRUST_TYPE.as_bytes()).is_some()
            && let Ok(statement) = serde_json::from_slice::<TrustStatement>(payload)
            && statement.predicate_type == TRUST_TYPE
        {
            if let Err(error) = found.trust.take(index, leaf, &statement, self.verifying.confirmed) {
                found.problem(Some(index), Some(id), error.to_string());
            }
            return;
        }
        if index == 0 {
            found.problem(Some(0), Some(id), super::TrustError::NoGenesis.to_string());
        }
        let external = memchr::memmem::find(payload, ATTACHMENT_TYPE.as_bytes()).is_some();
        match leaf.signature() {
            None => found.unsigned += 1,
            Some(signed) if found.trust.counts(&signed.key, Role::Recorder, index) => {
                *(if external { &mut found.attached } else { &mut found.signed }) += 1;
            }
            Some(signed) => {
                let what = format!("its key {} does not count here", signed.key.fingerprint());
                found.problem(Some(index), Some(id), what);
            }
        }
    }

    fn checkpoint(&self, reader: &LogReader<&S>, found: &mut Verification) {
        let opened = reader.checkpoint();
        let counting = found.trust.of_log(found.size);
        if !opened.signers.iter().any(|signer| counting.contains(signer)) {
            found.problem(None, None, "no key that counts at its end signed the checkpoint".to_owned());
        }
        let known = found.trust.witnesses(found.size);
        let counting = opened.cosignatures.iter().filter(|own| known.contains(&own.witness));
        let mut names: BTreeSet<&str> = BTreeSet::new();
        for own in counting {
            if names.insert(own.witness.name()) {
                found.witnesses.push((own.witness.name().to_owned(), own.time));
            }
        }
        let (has, needs) = (found.witnesses.len(), found.trust.required_witnesses);
        if has < needs {
            found.problem(None, None, format!("the checkpoint has {has} of the {needs} witnesses that it needs"));
        }
    }

    /// Holds the log against checkpoints that were kept where its keeper cannot reach them.
    fn anchors(&self, reader: &LogReader<&S>, found: &mut Verification) {
        for (name, note) in &self.verifying.anchors {
            match self.anchor(reader, note) {
                Ok(()) => found.anchors += 1,
                Err(what) => found.problem(None, None, format!("the anchor {name}: {what}")),
            }
        }
    }

    fn anchor(&self, reader: &LogReader<&S>, note: &[u8]) -> Result<(), String> {
        let opened = Checkpoint::open(note, &self.log_keys, &[]).map_err(|error| error.to_string())?;
        let Checkpoint { size, root, .. } = opened.checkpoint;
        if size > reader.size() {
            return Err(format!("it had {size} records, and {} are left: the end was cut off", reader.size()));
        }
        let proof = reader.consistency_proof(size).map_err(|error| error.to_string())?;
        verify_consistency(&proof, size, root, reader.size(), reader.root())
            .map_err(|error| format!("the log has been rewritten since: {error}"))
    }

    /// Signatures of others: each must be over the record that it stands beside.
    fn countersigned(&self, names: &[String], found: &mut Verification) {
        for (name, id) in names.iter().filter_map(|name| Some((name, names::id_of_bundle(name)?))) {
            if found.trust.keys.iter().any(|own| *name == names::bundle(id, &own.key)) {
                continue;
            }
            let bytes = self.ledger.storage.read(name).ok().flatten().unwrap_or_default();
            match SigstoreBundle::parse(&bytes) {
                Ok(bundle) if RecordId::of(&bundle.envelope.payload) == id => found.countersigned += 1,
                Ok(_) => found.problem(None, Some(id), format!("`{name}` is over another payload")),
                Err(error) => found.problem(None, Some(id), format!("`{name}`: {error}")),
            }
        }
    }

    /// Records that are kept and not in the log. A signed one was logged, or should have been.
    fn beside(&self, logged: &HashSet<RecordId>, found: &mut Verification) -> Result<(), EvidenceError> {
        for fan in 0..=u8::MAX {
            let names = self.ledger.storage.list(&format!("{}{fan:02x}/", names::RECORDS))?;
            let ids = names.iter().filter_map(|name| names::id_of_statement(name));
            self.countersigned(&names, found);
            for id in ids.filter(|id| !logged.contains(id)) {
                found.not_logged += 1;
                let signed = names.iter().any(|name| names::is_bundle(id, name));
                if signed {
                    found.problem(None, Some(id), "it is signed and not in the log".to_owned());
                }
                if let Err(error) = self.ledger.payload(id) {
                    found.problem(None, Some(id), error.to_string());
                }
            }
        }
        for id in self.verifying.only.iter().filter(|id| !logged.contains(id)) {
            found.problem(None, Some(*id), "it is not in the log".to_owned());
        }
        Ok(())
    }
}
