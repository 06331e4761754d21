mod anchors;
mod buried;
mod clocks;
mod purging;
mod recording;
mod stops;
mod tamper;
mod trusting;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex};

use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};

use super::*;
use crate::evidence::inputs::KEPT;
use crate::evidence::judging::{judge, write};
use crate::evidence::log::{Checkpoint, Leaf, Log, LogReader, MemoryStorage, NoteKey, Slot, TILE_WIDTH};
use crate::evidence::manifest::{self, Pieces};
use crate::evidence::record::RULES;
use crate::evidence::references;
use crate::evidence::statement::{DigestSet, sha256};
use crate::keys::EvidenceKey;

/// The name of every log here.
const ORIGIN: &str = "example.com/evidence";
const WITNESS: &str = "witness.example.org";
/// When the first record of every log here was made, in epoch seconds; each record takes a minute.
const BEGAN: i64 = 1_795_219_200;

fn key(seed: u8) -> EvidenceKey {
    ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).into()
}

fn ecdsa_key(seed: u8) -> EvidenceKey {
    p256::ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap().into()
}

fn fingerprint(key: &EvidenceKey) -> Digest {
    key.public_key().fingerprint()
}

fn instant(minute: i64) -> String {
    jiff::Timestamp::from_second(BEGAN + 60 * minute).unwrap().to_string()
}

/// Two duties that conflict, in few files.
const FILES: &[(&str, &[u8])] = &[
    ("countersign.yaml", b"version: 1\nrulesets: [{id: cs-p2p, owner: person:olga}]\n"),
    (
        "people.yaml",
        b"apiVersion: countersign.dev/v1\nkind: Person\nmetadata: {id: olga}\nspec: {}\n---\n\
          apiVersion: countersign.dev/v1\nkind: Person\nmetadata: {id: mira}\nspec: {accounts: [{system: erp, name: M}]}\n",
    ),
    (
        "erp/system.yaml",
        b"apiVersion: countersign.dev/v1\nkind: System\nmetadata: {id: erp}\nspec: {type: netsuite}\n---\n\
          apiVersion: countersign.dev/v1\nkind: Role\nmetadata: {id: all}\nspec: {system: erp, permissions: [Bills, Pay Bills]}\n",
    ),
    (
        "erp/grants.yaml",
        b"apiVersion: countersign.dev/v1\nkind: Grant\nspec: {system: erp, to: account:erp/M, role: all}\n",
    ),
];

/// The evidence of one blocked change, which the records here share.
///
/// It names one of each kind of object: most of what a real one has ships with the binary, and every verification here
/// would look at it again.
static SAMPLE: LazyLock<(Statement, Vec<Arc<[u8]>>)> = LazyLock::new(|| {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [base, head] = [folders[0].path(), folders[1].path()];
    write(base, &FILES[..3]);
    write(head, FILES);
    let (mut statement, objects) = judge(head, Some(base)).statement("", "");
    assert_eq!(statement.predicate.verdict, "blocked");
    let mut few = Objects::default();
    let predicate = &mut statement.predicate;
    predicate.policy.truncate(1);
    predicate.rules_evaluated.truncate(1);
    let listed = |digest: &DigestSet, schema: &str| {
        let root = digest["sha256"].parse().unwrap();
        manifest::list(root, schema, &objects).unwrap().into_iter().rev().take(1).map(|entry| (String::new(), entry))
    };
    let rules = listed(&predicate.rules.digest, RULES).collect();
    predicate.rules.digest = sha256(few.add_list(RULES, rules, Pieces::SMALL_ENTRIES));
    let mut inputs: Value = (&objects as &dyn ReadObjects).json(digest_of(&predicate.inputs.digest)).unwrap();
    let kept = sha256(inputs["kept"].as_str().unwrap().parse().unwrap());
    let kept = few.add_list(KEPT, listed(&kept, KEPT).collect(), Pieces::SMALL_ENTRIES);
    inputs["kept"] = json!(kept);
    predicate.inputs.digest = sha256(few.add(&inputs));
    predicate.result_digest = sha256(predicate.digest_of_result());
    // Everything that it names still, and nothing else.
    let named = Named { few, all: objects, used: Mutex::default() };
    assert_eq!(references::walk(&statement.predicate, &named, &references::Looked::default()), BTreeSet::new());
    (statement, named.used.into_inner().unwrap().into_values().collect())
});

/// Remembers which objects were read.
struct Named {
    few: Objects,
    all: Objects,
    used: Mutex<BTreeMap<Digest, Arc<[u8]>>>,
}

impl ReadObjects for Named {
    fn object(&self, digest: &Digest) -> Result<Vec<u8>, EvidenceError> {
        let bytes = self.few.object(digest).or_else(|_| self.all.object(digest))?;
        self.used.lock().unwrap().insert(*digest, bytes.clone().into());
        Ok(bytes)
    }
}

fn digest_of(set: &DigestSet) -> Digest {
    set["sha256"].parse().unwrap()
}

/// A record that is like any other but for its time.
fn statement(minute: i64) -> Statement {
    let mut statement = SAMPLE.0.clone();
    statement.predicate.invocation.started_on = instant(minute);
    statement.predicate.invocation.finished_on = instant(minute);
    statement
}

fn objects() -> Objects {
    let mut objects = Objects::default();
    for bytes in &SAMPLE.1 {
        objects.add_bytes(bytes);
    }
    objects
}

/// A log that nothing was recorded in.
fn begin(storage: &MemoryStorage, key: EvidenceKey) -> Recorder<'_, MemoryStorage> {
    Recorder::begin(storage, ORIGIN, key, None, instant(0)).unwrap().0
}

fn open(storage: &MemoryStorage, key: EvidenceKey) -> Recorder<'_, MemoryStorage> {
    Recorder::open(storage, key).unwrap().0
}

/// Records one evaluation a minute.
fn record(recorder: &Recorder<'_, impl Storage>, minutes: impl IntoIterator<Item = i64>) -> Vec<Logged> {
    minutes.into_iter().map(|minute| recorder.record(&statement(minute), objects(), None).unwrap()).collect()
}

/// A log by one key with so many evaluations.
fn ledger_of(count: i64) -> MemoryStorage {
    let storage = MemoryStorage::new();
    record(&begin(&storage, key(1)), 1..=count);
    storage
}

fn about(action: TrustAction, role: Role, key: &PublicKey, minute: i64) -> TrustStatement {
    TrustStatement::new(action, role, ORIGIN, key, instant(minute))
}

fn verified(storage: &(impl Storage + Sync)) -> Verification {
    verify(storage, &Verifying::default()).unwrap()
}

/// Verifies a ledger in which nothing may be wrong.
fn clean(storage: &(impl Storage + Sync)) -> Verification {
    let found = verified(storage);
    assert_eq!(found.problems, []);
    found
}

/// What is wrong, one line each: place, record, and what.
fn lines(found: &Verification) -> Vec<String> {
    let line = |problem: &Problem| {
        let index = problem.index.map_or_else(|| "-".to_owned(), |index| index.to_string());
        let record = problem.record.map_or_else(|| "-".to_owned(), |id| id.to_string());
        format!("{index} {record} {}", problem.what)
    };
    found.problems.iter().map(line).collect()
}

/// Everything that is wrong is said in these words, and each of them says something.
#[track_caller]
fn assert_problems(found: &Verification, wanted: &[&str]) {
    let lines = lines(found);
    for wanted in wanted {
        assert!(lines.iter().any(|line| line.contains(wanted)), "`{wanted}` is not among {lines:#?}");
    }
    for line in &lines {
        assert!(wanted.iter().any(|wanted| line.contains(wanted)), "{line}");
    }
}

/// The log beneath, as somebody has it who writes to it without the ledger's care.
fn raw_log(storage: &MemoryStorage, key: EvidenceKey) -> Log<&MemoryStorage> {
    Log::open(storage, ORIGIN, key, log_keys()).unwrap().0
}

/// Signs a statement with any key and lets the first key's log take it, with everything that belongs beside it.
fn force(storage: &MemoryStorage, key: impl Fn() -> EvidenceKey, payload: &[u8]) -> (RecordId, u64) {
    let id = RecordId::of(payload);
    let signature = key().sign(&signed_bytes(payload)).unwrap();
    let leaf = Leaf::signed(&signed_bytes(payload), signature.clone(), key().public_key().clone()).unwrap();
    storage.create(&names::statement(id), payload).unwrap();
    let bundle = bundle_of(payload.to_vec(), signature, key().public_key()).to_json();
    storage.create(&names::bundle(id, key().public_key()), &bundle).unwrap();
    if let Ok(statement) = serde_json::from_slice::<Statement>(payload) {
        let result = canonical(&test_result(&statement));
        let signature = key().sign(&signed_bytes(&result)).unwrap();
        storage.create(&names::test_result(id), &result).unwrap();
        let bundle = bundle_of(result, signature, key().public_key()).to_json();
        storage.create(&names::test_result_bundle(id, key().public_key()), &bundle).unwrap();
    }
    (id, raw_log(storage, self::key(1)).append(&[leaf]).unwrap().positions[0])
}

/// The checkpoint that is published.
fn checkpoint(storage: &MemoryStorage) -> Vec<u8> {
    storage.read_slot(Slot::Checkpoint).unwrap().unwrap().0
}

fn log_keys() -> Vec<NoteKey> {
    [key(1), key(2), ecdsa_key(3), key(6)]
        .iter()
        .map(|key| NoteKey::of_log(ORIGIN, key.public_key()).unwrap())
        .collect()
}

/// Adds a witness's signature to the published checkpoint, as c2sp.org/tlog-cosignature has it.
fn cosign(storage: &MemoryStorage, name: &str, witness: &EvidenceKey, time: u64) {
    let note = checkpoint(storage);
    let text = Checkpoint::open(&note, &log_keys(), &[]).unwrap().checkpoint.text();
    let signature = witness.sign(format!("cosignature/v1\ntime {time}\n{text}").as_bytes()).unwrap();
    let vkey = NoteKey::of_witness(name, witness.public_key()).unwrap().to_string();
    let id = u32::from_str_radix(vkey.split('+').nth(1).unwrap(), 16).unwrap();
    let bytes = [&id.to_be_bytes()[..], &time.to_be_bytes(), &signature].concat();
    let line = format!("\u{2014} {name} {}\n", Base64::encode_string(&bytes));
    storage.tamper_slot(Slot::Checkpoint, Some([note.as_slice(), line.as_bytes()].concat()));
}

/// The leaves of the log, in order.
fn leaves(storage: &MemoryStorage) -> Vec<Leaf> {
    let reader = LogReader::open(storage, &log_keys(), &[]).unwrap();
    (0..reader.size()).map(|index| reader.leaf(index).unwrap()).collect()
}
