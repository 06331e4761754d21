//! Kinds of tampering, each done to a copy of a good ledger: verifying says what is wrong and where.

mod bits;
mod files;
mod insider;
mod log;

use rayon::prelude::*;

use super::*;
use crate::evidence::log::{LogError, Signed, empty_root, leaf_hash};
use crate::store::compress;

/// A ledger in which everything is right, and what its auditor knows from elsewhere.
struct Good {
    storage: MemoryStorage,
    /// As it was five records before.
    earlier: MemoryStorage,
    /// What is logged at each place.
    ids: Vec<RecordId>,
    verifying: Verifying,
}

/// The place of an evaluation that the first key signed, and of the one after it.
const FIRST: usize = 2;
const SECOND: usize = 3;
/// The place of the statement that adds the second key, and of an evaluation by that key.
const ADDED: usize = 7;
const BY_SECOND: usize = 9;
/// The place of what nobody signed.
const UNSIGNED: usize = 12;

/// Fourteen records by two keys and a judge, with a witness that is needed.
static GOOD: LazyLock<Good> = LazyLock::new(|| {
    let storage = MemoryStorage::new();
    let (recorder, _) = Recorder::begin(&storage, ORIGIN, key(1), Some(1), instant(0)).unwrap();
    let mut witness = about(TrustAction::Add, Role::Witness, key(8).public_key(), 1);
    witness.predicate.name = Some(WITNESS.to_owned());
    recorder.trust(&witness).unwrap();
    record(&recorder, 2..=6);
    recorder.trust(&about(TrustAction::Add, Role::Recorder, ecdsa_key(3).public_key(), 7)).unwrap();
    record(&open(&storage, ecdsa_key(3)), 8..=10);
    let earlier = storage.clone();
    cosign(&earlier, WITNESS, &key(8), 1_800_000_000);
    let recorder = open(&storage, key(1));
    record(&recorder, [11]);
    let judged = recorder.ledger().keep(&statement(12), objects()).unwrap();
    recorder.log_unsigned(&[judged]).unwrap();
    record(&recorder, [13, 14, 15]);
    cosign(&storage, WITNESS, &key(8), 1_800_000_100);
    let anchors = vec![("of march".to_owned(), checkpoint(&storage))];
    let verifying = Verifying { confirmed: Some(fingerprint(&key(1))), anchors, ..Verifying::default() };
    let found = verify(&storage, &verifying).unwrap();
    assert_eq!((found.problems.as_slice(), found.size, found.signed, found.unsigned), (&[][..], 16, 12, 1));
    assert_eq!((found.anchors, found.witnesses.len()), (1, 1));
    let ids = leaves(&storage).iter().map(|leaf| RecordId(leaf.digest())).collect();
    Good { storage, earlier, ids, verifying }
});

/// What is done to a copy, and in what words it must be told.
type Tampering = (&'static str, fn(&Good, &MemoryStorage) -> String);

/// Does each to a copy of its own. What must be told is looked for among the lines `PLACE RECORD WHAT`.
fn assert_told(table: &[Tampering]) {
    // Made before threads that also verify wait for it.
    let good = &*GOOD;
    table.par_iter().for_each(|(name, tamper)| {
        let storage = good.storage.clone();
        let wanted = tamper(good, &storage);
        let lines = match verify(&storage, &good.verifying) {
            Ok(found) => lines(&found),
            Err(error) => vec![error.to_string()],
        };
        println!("| {name} | {} |", lines.first().map_or("", String::as_str));
        assert!(lines.iter().any(|line| line.contains(&wanted)), "{name}: `{wanted}` is not among {lines:#?}");
    });
}

impl Good {
    fn at(&self, place: usize) -> String {
        format!("{place} {} ", self.ids[place])
    }

    fn name(&self, place: usize) -> String {
        names::statement(self.ids[place])
    }

    fn bundle(&self, place: usize) -> String {
        let leaves = leaves(&self.storage);
        names::bundle(self.ids[place], &leaves[place].signature().unwrap().key)
    }

    fn test_result_bundle(&self, place: usize) -> String {
        self.bundle(place)
            .replace(&self.ids[place].to_string()[2..], &format!("{}.test-result", &self.ids[place].to_string()[2..]))
    }

    fn proof(&self, place: usize) -> String {
        names::proof(self.ids[place])
    }
}

fn read(storage: &MemoryStorage, name: &str) -> Vec<u8> {
    storage.read(name).unwrap().unwrap_or_else(|| panic!("{name}"))
}

/// Replaces the bytes of an object.
fn edit(storage: &MemoryStorage, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = read(storage, name);
    let before = bytes.clone();
    change(&mut bytes);
    assert_ne!(bytes, before, "{name}");
    storage.tamper(name, Some(bytes));
}

/// Replaces one text in an object by another.
fn replace(storage: &MemoryStorage, name: &str, from: &str, to: &str) {
    edit(storage, name, |bytes| *bytes = replaced(bytes, from, to));
}

fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text.contains(from), "{from}: {text}");
    text.replacen(from, to, 1).into_bytes()
}

fn replace_slot(storage: &MemoryStorage, slot: Slot, from: &str, to: &str) {
    let (bytes, _) = storage.read_slot(slot).unwrap().unwrap();
    storage.tamper_slot(slot, Some(replaced(&bytes, from, to)));
}

fn swap(storage: &MemoryStorage, a: &str, b: &str) {
    let (of_a, of_b) = (read(storage, a), read(storage, b));
    assert_ne!(of_a, of_b);
    storage.tamper(a, Some(of_b));
    storage.tamper(b, Some(of_a));
}

fn delete(storage: &MemoryStorage, name: &str) {
    edit(storage, name, Vec::clear);
    storage.tamper(name, None);
}

/// Takes away whatever begins so.
fn delete_all(storage: &MemoryStorage, prefix: &str) {
    storage.list(prefix).unwrap().iter().for_each(|name| storage.tamper(name, None));
}

/// The bytes of the leaves.
fn leaf_bytes(storage: &MemoryStorage) -> Vec<Vec<u8>> {
    leaves(storage).iter().map(Leaf::to_bytes).collect()
}

/// Makes another log of these leaves, as the holder of a key can do, and leaves no file that speaks of the one before.
fn rebuild(storage: &MemoryStorage, leaves: &[Vec<u8>], key: &EvidenceKey) {
    for prefix in ["tile/", "index/", "staged/"] {
        delete_all(storage, prefix);
    }
    for name in storage.list(names::RECORDS).unwrap().iter().filter(|name| name.ends_with(".tlog-proof")) {
        storage.tamper(name, None);
    }
    let mut level: Vec<Digest> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    let size = leaves.len();
    let hashes = level.iter().flat_map(|hash| hash.0).collect();
    let entry = |leaf: &Vec<u8>| [&u16::try_from(leaf.len()).unwrap().to_be_bytes()[..], leaf].concat();
    storage.tamper(&format!("tile/0/000.p/{size}"), Some(hashes));
    storage.tamper(&format!("tile/entries/000.p/{size}"), Some(leaves.iter().flat_map(entry).collect()));
    for (index, leaf) in leaves.iter().enumerate() {
        if let Ok(leaf) = Leaf::parse(leaf) {
            let name = leaf.key().to_string();
            let name = format!("index/{}/{}", &name[..2], &name[2..]);
            if storage.read(&name).unwrap().is_none() {
                storage.tamper(&name, Some(index.to_string().into_bytes()));
            }
        }
    }
    // The tree of RFC 6962, from below: what has no sibling goes up as it is.
    while level.len() > 1 {
        let up = |pair: &[Digest]| match pair {
            [left, right] => Digest::of(&[&[1][..], &left.0, &right.0].concat()),
            alone => alone[0],
        };
        level = level.chunks(2).map(up).collect();
    }
    let root = level[0];
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: size as u64, root };
    storage.tamper_slot(Slot::Checkpoint, Some(checkpoint.sign(key).unwrap()));
    let head = json!({
        "schema": "countersign.dev/log-head/v1",
        "origin": ORIGIN,
        "tree": { "size": size, "root": root },
        "batch": { "previous": { "size": 0, "root": empty_root() }, "staged": Digest::of(b"") },
    });
    storage.tamper_slot(Slot::Head, Some(canonical(&head)));
    cosign(storage, WITNESS, &self::key(8), 1_800_000_200);
}

#[test]
fn what_is_rebuilt_as_it_was_is_right() {
    let storage = GOOD.storage.clone();
    rebuild(&storage, &leaf_bytes(&storage), &key(1));
    assert_eq!(verify(&storage, &GOOD.verifying).unwrap().problems, []);
}

/// Whom to trust at one record follows from all records before it, so that none of them may lack.
#[test]
fn who_asks_about_one_record_is_told_of_a_revocation_that_was_hidden() {
    let storage = ledger_of(1);
    let recorder = open(&storage, key(1));
    recorder.trust(&about(TrustAction::Add, Role::Recorder, key(2).public_key(), 2)).unwrap();
    let revoked = recorder.trust(&about(TrustAction::Revoke, Role::Recorder, key(2).public_key(), 3)).unwrap();
    let (id, index) = force(&storage, || key(2), &canonical(&statement(4)));
    let verifying = Verifying { only: [id].into(), ..Verifying::default() };
    let told = format!("{index} {id} its key {} does not count here", fingerprint(&key(2)));
    assert_problems(&verify(&storage, &verifying).unwrap(), &[&told]);
    storage.tamper(&names::statement(revoked.id), None);
    storage.tamper(&names::trust(revoked.id), None);
    let told = format!("3 {0} there is no record `{0}`, or more than one, so that nobody can tell", revoked.id);
    assert_problems(&verify(&storage, &verifying).unwrap(), &[&told]);
}

#[test]
fn who_asks_about_some_records_is_told_of_those_alone() {
    let storage = GOOD.storage.clone();
    let [broken, whole] = [GOOD.ids[FIRST], GOOD.ids[BY_SECOND]];
    replace(&storage, &names::test_result(broken), "FAILED", "PASSED");
    let only = |ids: &[RecordId]| {
        verify(&storage, &Verifying { only: ids.iter().copied().collect(), ..GOOD.verifying.clone() }).unwrap()
    };
    let found = only(&[whole]);
    assert_eq!((found.problems.as_slice(), found.signed, found.unsigned), (&[][..], 1, 0));
    assert_problems(&only(&[whole, broken]), &["its test result says something else than it does"]);
    let unknown = RecordId(Digest::of(b"unknown"));
    assert_problems(&only(&[unknown]), &[&format!("- {unknown} it is not in the log")]);
}

/// An object that many records share is told once, of the first that names it, with how many do.
#[test]
fn a_shared_object_is_told_once_and_of_the_first_record() {
    let storage = GOOD.storage.clone();
    let digest = digest_of(&SAMPLE.0.predicate.findings.digest);
    delete(&storage, &names::object(&digest));
    let wanted = format!("{}the object {digest} is not there (13 records name it)", GOOD.at(FIRST));
    for _ in 0..5 {
        assert_eq!(lines(&verify(&storage, &GOOD.verifying).unwrap()), std::slice::from_ref(&wanted));
    }
}
