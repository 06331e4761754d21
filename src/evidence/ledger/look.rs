//! What one leaf of the log is by itself: its record, its signature, and everything that the record names.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::attachment::{ATTACHMENT_TYPE, Attached, AttachmentStatement};
use super::hold_statement::{HOLD_TYPE, HoldStatement};
use super::recorder::finished_at;
use super::retained::seconds;
use super::tombstone_statement::{TOMBSTONE_TYPE, TombstoneStatement};
use super::trust_statement::{TRUST_TYPE, TrustStatement};
use super::{Ledger, RecordId, bundle_of, names, signed_bytes};
use crate::evidence::canonical::canonical;
use crate::evidence::log::{
    Checkpoint, Leaf, LogProof, LogReader, NoteError, NoteKey, OpenedCheckpoint, Signed, Storage, leaf_hash,
};
use crate::evidence::objects::ReadObjects as _;
use crate::evidence::references::{self, Looked, Wrong};
use crate::evidence::statement::{PREDICATE_TYPE, STATEMENT_TYPE, Statement, test_result, test_result_in_full};
use crate::keys::{PublicKey, SigstoreBundle};
use crate::store::Digest;

/// What a leaf came to, before the order of leaves is looked at.
pub(super) struct Looks {
    pub(super) index: u64,
    pub(super) leaf: Option<Leaf>,
    pub(super) kind: Kind,
    /// Whether its signature, if it has one, is of the record by its key.
    pub(super) sound: bool,
    /// The checkpoint of the proof beside the record.
    pub(super) proof: Option<OpenedCheckpoint>,
    pub(super) what: Vec<String>,
    /// What is wrong with what the record names.
    pub(super) objects: BTreeSet<Wrong>,
}

/// What a record is.
pub(super) enum Kind {
    /// A statement about a key.
    Trust(Box<TrustStatement>),
    /// An evaluation, and when it says that it ended.
    Evaluation { asked: bool, at: Option<i64> },
    /// A statement about external evidence.
    Attachment {
        /// What it says where it is for something.
        told: Option<Box<Attached>>,
    },
    /// A statement about a legal hold.
    Hold(Box<HoldStatement>),
    /// A statement about what was removed.
    Tombstone(Box<TombstoneStatement>),
    /// It cannot be told.
    Unknown,
}

/// What every statement has.
#[derive(Deserialize)]
struct Any {
    #[serde(rename = "_type")]
    kind: String,
    #[serde(rename = "predicateType")]
    predicate_type: String,
}

pub(super) struct Looking<'a, S> {
    pub(super) ledger: Ledger<&'a S>,
    pub(super) reader: &'a LogReader<&'a S>,
    pub(super) log_keys: &'a [NoteKey],
    pub(super) only: &'a BTreeSet<RecordId>,
    pub(super) seen: &'a Seen,
    /// Told of every evaluation that is asked about, whatever is wrong with it.
    pub(super) watch: &'a (dyn Fn(RecordId, &Statement) + Sync),
}

/// What is remembered from leaf to leaf.
#[derive(Default)]
pub(super) struct Seen {
    /// The objects that records name.
    objects: Looked,
    /// The checkpoints of proofs, by their bytes.
    checkpoints: Mutex<HashMap<Vec<u8>, OpenedCheckpoint>>,
}

impl<S: Storage + Sync> Looking<'_, S> {
    /// Looks at the leaf at a place.
    pub(super) fn leaf(&self, index: u64, bytes: &[u8]) -> Looks {
        let (what, objects) = (Vec::new(), BTreeSet::new());
        let mut found = Looks { index, leaf: None, kind: Kind::Unknown, sound: false, proof: None, what, objects };
        let leaf = match Leaf::parse(bytes) {
            Ok(leaf) => leaf,
            Err(error) => {
                found.what.push(error.to_string());
                return found;
            }
        };
        let id = RecordId(leaf.digest());
        let asked = self.only.is_empty() || self.only.contains(&id);
        match self.ledger.payload(id) {
            Ok(payload) => self.record(id, &leaf, &payload, asked, &mut found),
            Err(error) if asked => found.what.push(error.to_string()),
            // Whom to trust at the records that are asked about follows from all that stand before them.
            Err(error) => found.what.push(format!("{error}, so that nobody can tell whether it was about keys")),
        }
        if asked {
            found.what.extend(self.index(index, &leaf).err());
            match self.proof(id, index, leaf_hash(bytes)) {
                Ok(proof) => found.proof = proof,
                Err(what) => found.what.push(what),
            }
        }
        found.leaf = Some(leaf);
        found
    }

    fn record(&self, id: RecordId, leaf: &Leaf, payload: &[u8], asked: bool, found: &mut Looks) {
        // Most records are not asked about and not about keys, and are not read any further.
        let has = |kind: &str| memchr::memmem::find(payload, kind.as_bytes()).is_some();
        if !asked && ![TRUST_TYPE, HOLD_TYPE, TOMBSTONE_TYPE].into_iter().any(has) {
            found.kind = Kind::Evaluation { asked, at: finished_at(payload) };
            return;
        }
        found.sound = leaf.stands_for(&signed_bytes(payload));
        if !found.sound {
            found.what.push("the signature in the log is not one of the record by its key".to_owned());
        }
        if let Some(signed) = leaf.signature() {
            let name = names::bundle(id, &signed.key);
            found.what.extend(self.bundle(&name, payload, &signed.key, Some(&signed.signature)).err());
        }
        // Most are evaluations, and are read once.
        if let Ok(statement) = serde_json::from_slice::<Statement>(payload)
            && statement.is_evaluation()
        {
            found.kind = Kind::Evaluation { asked, at: seconds(&statement.predicate.invocation.finished_on) };
            if asked {
                self.evaluation(id, leaf.signature(), payload, &statement, found);
                (self.watch)(id, &statement);
            }
            return;
        }
        match kind_of(payload) {
            Ok(kind) if kind == TRUST_TYPE => match read(payload, "it is no statement about a key") {
                Ok(statement) => found.kind = Kind::Trust(Box::new(statement)),
                Err(what) => found.what.push(what),
            },
            Ok(kind) if kind == HOLD_TYPE => match read(payload, "it is no statement about a hold") {
                Ok(statement) => found.kind = Kind::Hold(Box::new(statement)),
                Err(what) => found.what.push(what),
            },
            Ok(kind) if kind == TOMBSTONE_TYPE => match read(payload, "it is no tombstone") {
                Ok(statement) => found.kind = Kind::Tombstone(Box::new(statement)),
                Err(what) => found.what.push(what),
            },
            Ok(kind) if kind == PREDICATE_TYPE => {
                let error = serde_json::from_slice::<Statement>(payload).err();
                let why = error.map_or_else(String::new, |error| format!(": {error}"));
                found.what.push(format!("it is no record of an evaluation{why}"));
            }
            Ok(kind) if kind == ATTACHMENT_TYPE => {
                found.kind = Kind::Attachment { told: None };
                match self.attachment(payload) {
                    Ok((told, missing)) => {
                        found.kind = Kind::Attachment { told };
                        found.objects.extend(missing);
                    }
                    Err(what) => found.what.push(what),
                }
            }
            Ok(kind) => found.what.push(format!("it is of a kind that this binary does not know: {kind}")),
            Err(what) => found.what.push(what),
        }
    }

    fn evaluation(
        &self,
        id: RecordId,
        signed: Option<&Signed>,
        payload: &[u8],
        statement: &Statement,
        found: &mut Looks,
    ) {
        if canonical(statement) != payload {
            found.what.push(NOT_CANONICAL.to_owned());
        }
        let predicate = &statement.predicate;
        let result = predicate.digest_of_result().to_string();
        if predicate.result_digest.get("sha256") != Some(&result) {
            found.what.push(format!("its resultDigest is not that of its result, {result}"));
        }
        let mut expected = canonical(&test_result(statement));
        match self.ledger.storage.read(&names::test_result(id)) {
            Ok(Some(bytes)) if bytes == expected => {}
            Ok(Some(bytes)) if bytes == canonical(&test_result_in_full(statement)) => expected = bytes,
            Ok(Some(_)) => found.what.push("its test result says something else than it does".to_owned()),
            Ok(None) => found.what.push("its test result is not there".to_owned()),
            Err(error) => found.what.push(error.to_string()),
        }
        if let Some(signed) = signed {
            let name = names::test_result_bundle(id, &signed.key);
            found.what.extend(self.bundle(&name, &expected, &signed.key, None).err());
        }
        found.objects = references::walk(predicate, &self.ledger, &self.seen.objects);
    }

    /// What is said of external evidence, and what is wrong with the file where it is kept.
    fn attachment(&self, payload: &[u8]) -> Result<(Option<Box<Attached>>, Option<Wrong>), String> {
        let statement: AttachmentStatement =
            serde_json::from_slice(payload).map_err(|error| format!("it says nothing of a file: {error}"))?;
        if canonical(&statement) != payload {
            return Err(NOT_CANONICAL.to_owned());
        }
        let file = statement.file().ok_or("it names no file by a SHA-256")?;
        // Its place in the log is filled in by whoever goes through it.
        let told = statement.attached(0)?.map(Box::new);
        let kept = statement.predicate.kept.then(|| self.ledger.object(&file).err()).flatten();
        Ok((told, kept.map(Wrong::from)))
    }

    /// Whether a bundle is there, is over this payload, and by this key. `logged` is the signature in the log, which was
    /// verified.
    fn bundle(&self, name: &str, payload: &[u8], key: &PublicKey, logged: Option<&[u8]>) -> Result<(), String> {
        let bytes = self.ledger.storage.read(name).map_err(|error| error.to_string())?;
        let bytes = bytes.ok_or_else(|| format!("`{name}` is not there"))?;
        let whole = |signature: Vec<u8>| bundle_of(payload.to_vec(), signature, key).to_json();
        // Most are as their signer wrote them, which is told without reading them.
        if let Some(signature) = logged.map(<[u8]>::to_vec).or_else(|| SigstoreBundle::signature(&bytes))
            && whole(signature.clone()) == bytes
            && (logged.is_some() || key.verifies(&signed_bytes(payload), &signature))
        {
            return Ok(());
        }
        let bundle = SigstoreBundle::parse(&bytes).map_err(|error| format!("`{name}`: {error}"))?;
        if bundle.envelope.payload != payload {
            return Err(format!("`{name}` is over another payload"));
        }
        let signature = bundle.envelope.signatures.first().map(|own| own.sig.clone()).unwrap_or_default();
        match logged {
            Some(logged) if signature == logged => {}
            _ => {
                let verified = bundle.envelope.verify(std::slice::from_ref(key));
                verified.map_err(|error| format!("`{name}`: {error}"))?;
                if logged.is_some() {
                    return Err(format!("`{name}` has another signature than the log"));
                }
            }
        }
        // What is not signed in it decides nothing here, and would mislead another reader.
        if whole(signature) != bytes {
            return Err(format!("`{name}` has other words around its signature than its signer wrote"));
        }
        Ok(())
    }

    /// Whether the log's writers find the leaf where it is: else it would be logged once more.
    fn index(&self, index: u64, leaf: &Leaf) -> Result<(), String> {
        match self.reader.indexed(&leaf.key()).map_err(|error| error.to_string())? {
            Some(place) if place == index => Ok(()),
            Some(place) => Err(format!("the log's index has it at {place}")),
            None => Err("the log's index does not have it".to_owned()),
        }
    }

    /// The checkpoint of the proof that stands beside a record, where one does: a writer that was stopped had no time for
    /// it, and anybody can make it.
    fn proof(&self, id: RecordId, index: u64, leaf: Digest) -> Result<Option<OpenedCheckpoint>, String> {
        let name = names::proof(id);
        let wrong = |error: &dyn std::fmt::Display| format!("`{name}`: {error}");
        let bytes = self.ledger.storage.read(&name).map_err(|error| error.to_string())?;
        let Some(bytes) = bytes else { return Ok(None) };
        let proof = LogProof::parse(&bytes).map_err(|error| wrong(&error))?;
        let hash = if proof.index == index {
            leaf
        } else {
            // A record that two keys signed has two leaves and one proof.
            let other = self.reader.leaf(proof.index).map_err(|error| wrong(&error))?;
            if other.digest() != id.0 {
                return Err(format!("`{name}` is the proof of another record, at {}", proof.index));
            }
            leaf_hash(&other.to_bytes())
        };
        let opened = self.opened(&proof).map_err(|error| wrong(&error))?;
        proof.includes(hash, &opened.checkpoint).map_err(|error| wrong(&error))?;
        // The log writes none.
        if proof.extra.is_some() || proof.to_bytes() != bytes {
            return Err(format!("`{name}` has words that nothing vouches for"));
        }
        Ok(Some(opened))
    }
}

impl<S> Looking<'_, S> {
    /// The checkpoint of a proof. Records that were logged together share one, whose signature is checked once.
    fn opened(&self, proof: &LogProof) -> Result<OpenedCheckpoint, NoteError> {
        let mut known = self.seen.checkpoints.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = known.get(&proof.checkpoint) {
            return Ok(opened.clone());
        }
        drop(known);
        let opened = Checkpoint::open(&proof.checkpoint, self.log_keys, &[])?;
        known = self.seen.checkpoints.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_CHECKPOINTS {
            known.clear();
        }
        known.insert(proof.checkpoint.clone(), opened.clone());
        Ok(opened)
    }
}

/// Most checkpoints that are remembered, of some hundred bytes each.
const MOST_CHECKPOINTS: usize = 10_000;

const NOT_CANONICAL: &str = "it has fields that this binary does not know, or is not canonical JSON";

/// A statement of one kind, in canonical JSON.
fn read<T: DeserializeOwned + Serialize>(payload: &[u8], none: &str) -> Result<T, String> {
    let statement: T = serde_json::from_slice(payload).map_err(|error| format!("{none}: {error}"))?;
    if canonical(&statement) == payload { Ok(statement) } else { Err(NOT_CANONICAL.to_owned()) }
}

/// The type of a statement's predicate.
pub(super) fn kind_of(payload: &[u8]) -> Result<String, String> {
    let any: Any = serde_json::from_slice(payload).map_err(|error| format!("it is no statement: {error}"))?;
    if any.kind == STATEMENT_TYPE { Ok(any.predicate_type) } else { Err("it is no in-toto statement".to_owned()) }
}

/// What is logged of each record: the names that the bundles of its signatures have.
#[derive(Default)]
pub(super) struct InLog(HashMap<RecordId, BTreeSet<String>>);

impl InLog {
    pub(super) fn add(&mut self, leaf: &Leaf) {
        let id = RecordId(leaf.digest());
        let keys = self.0.entry(id).or_default();
        keys.extend(leaf.signature().map(|signed| names::bundle(id, &signed.key)));
    }

    /// Whether the record is in the log at all.
    pub(super) fn has(&self, id: RecordId) -> bool {
        self.0.contains_key(&id)
    }

    /// Whether the bundle of that name is of a signature in the log.
    pub(super) fn has_bundle(&self, id: RecordId, name: &str) -> bool {
        self.0.get(&id).is_some_and(|names| names.contains(name))
    }
}
