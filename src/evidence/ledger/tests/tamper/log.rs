//! Of the log itself: by somebody who can write to the storage, and by the holder of a key.

use super::*;

fn tile(kind: &str) -> String {
    format!("tile/{kind}/000.p/16")
}

/// Two leaves change places in the bundle of leaves.
fn reordered(storage: &MemoryStorage) -> Vec<Vec<u8>> {
    let mut leaves = leaf_bytes(storage);
    leaves.swap(FIRST, SECOND);
    leaves
}

fn entries(leaves: &[Vec<u8>]) -> Vec<u8> {
    leaves.iter().flat_map(|leaf| [&u16::try_from(leaf.len()).unwrap().to_be_bytes()[..], leaf].concat()).collect()
}

/// Without a key.
const STORED: &[Tampering] = &[
    ("the size in the checkpoint", |_, storage| {
        replace_slot(storage, Slot::Checkpoint, "\n16\n", "\n15\n");
        format!("- - the log cannot be opened: the checkpoint's signature of `{ORIGIN}` does not verify")
    }),
    ("the root in the checkpoint", |_, storage| {
        let text = String::from_utf8(checkpoint(storage)).unwrap();
        let root = text.lines().nth(2).unwrap();
        let other = if root.starts_with('A') { root.replacen('A', "B", 1) } else { format!("A{}", &root[1..]) };
        replace_slot(storage, Slot::Checkpoint, root, &other);
        format!("- - the log cannot be opened: the checkpoint's signature of `{ORIGIN}` does not verify")
    }),
    ("the name in the checkpoint", |_, storage| {
        replace_slot(storage, Slot::Checkpoint, ORIGIN, "example.com/another");
        "- - the log cannot be opened: the checkpoint".to_owned()
    }),
    ("the signature of the checkpoint", |_, storage| {
        let text = String::from_utf8(checkpoint(storage)).unwrap();
        let line = text.lines().nth(4).unwrap();
        let (rest, last) = line.split_at(line.len() - 10);
        let other = format!(
            "{rest}{}",
            if last.starts_with('A') { last.replacen('A', "B", 1) } else { format!("A{}", &last[1..]) }
        );
        replace_slot(storage, Slot::Checkpoint, line, &other);
        format!("- - the log cannot be opened: the checkpoint's signature of `{ORIGIN}` does not verify")
    }),
    ("the cosignature of a witness", |_, storage| {
        let text = String::from_utf8(checkpoint(storage)).unwrap();
        let line = text.lines().nth(5).unwrap();
        let (rest, last) = line.split_at(line.len() - 10);
        let other = format!(
            "{rest}{}",
            if last.starts_with('A') { last.replacen('A', "B", 1) } else { format!("A{}", &last[1..]) }
        );
        replace_slot(storage, Slot::Checkpoint, line, &other);
        format!("- - the log cannot be opened: the checkpoint's signature of `{WITNESS}` does not verify")
    }),
    ("the witness is gone from the checkpoint", |_, storage| {
        let text = String::from_utf8(checkpoint(storage)).unwrap();
        replace_slot(storage, Slot::Checkpoint, &format!("{}\n", text.lines().nth(5).unwrap()), "");
        "- - the checkpoint has 0 of the 1 witnesses that it needs".to_owned()
    }),
    ("the checkpoint is gone", |_, storage| {
        storage.tamper_slot(Slot::Checkpoint, None);
        "- - the log cannot be opened: there is no log here".to_owned()
    }),
    ("the checkpoint is gone, and every word of it", |good, storage| {
        storage.tamper_slot(Slot::Checkpoint, None);
        storage.tamper_slot(Slot::Head, None);
        for prefix in ["trust/", "tile/", "index/", "staged/"] {
            delete_all(storage, prefix);
        }
        format!("- {} it is signed and not in the log", good.ids[FIRST])
    }),
    ("the hint to the first key is gone", |good, storage| {
        storage.tamper(&names::trust(good.ids[0]), None);
        "- - the log cannot be opened: the checkpoint of".to_owned()
    }),
    ("a hash in a tile", |_, storage| {
        edit(storage, &tile("0"), |bytes| bytes[70] ^= 1);
        "- - the log contradicts itself: ".to_owned()
    }),
    ("a tile is gone", |_, storage| {
        delete(storage, &tile("0"));
        "- - the log lacks `tile/0/000.p/16`".to_owned()
    }),
    ("a tile is cut off", |_, storage| {
        edit(storage, &tile("0"), |bytes| bytes.truncate(100));
        "- - the log contradicts itself: `tile/0/000.p/16` has 100 bytes, and 512 belong there".to_owned()
    }),
    ("a byte of a leaf", |_, storage| {
        edit(storage, &tile("entries"), |bytes| bytes[40] ^= 1);
        "- - the log contradicts itself: leaf 0 in `tile/entries/000.p/16` is not the one in the tree".to_owned()
    }),
    ("the leaves are gone", |_, storage| {
        delete(storage, &tile("entries"));
        "- - the log lacks `tile/entries/000.p/16`".to_owned()
    }),
    ("two leaves are exchanged", |_, storage| {
        storage.tamper(&tile("entries"), Some(entries(&reordered(storage))));
        "- - the log contradicts itself: leaf 2 in `tile/entries/000.p/16` is not the one in the tree".to_owned()
    }),
    ("a leaf is put in", |_, storage| {
        let mut leaves = leaf_bytes(storage);
        leaves.insert(5, Leaf::unsigned(b"anything").to_bytes());
        storage.tamper(&tile("entries"), Some(entries(&leaves)));
        "- - the log contradicts itself: leaf 5 in `tile/entries/000.p/16` is not the one in the tree".to_owned()
    }),
    ("an unsigned leaf stands for a signed one", |good, storage| {
        let mut leaves = leaf_bytes(storage);
        leaves[FIRST] = Leaf::Unsigned { digest: good.ids[FIRST].0 }.to_bytes();
        storage.tamper(&tile("entries"), Some(entries(&leaves)));
        "- - the log contradicts itself: leaf 2 in `tile/entries/000.p/16` is not the one in the tree".to_owned()
    }),
    ("the size in the head", |_, storage| {
        replace_slot(storage, Slot::Head, "\"size\":16", "\"size\":17");
        "- - the log contradicts itself: its checkpoint states 16 leaves".to_owned()
    }),
    ("the root in the head", |_, storage| {
        let head = storage.read_slot(Slot::Head).unwrap().unwrap().0;
        let mut head: Value = serde_json::from_slice(&head).unwrap();
        head["tree"]["root"] = json!(Digest::of(b"another"));
        storage.tamper_slot(Slot::Head, Some(canonical(&head)));
        "- - the log contradicts itself: its checkpoint states 16 leaves".to_owned()
    }),
    ("the name in the head", |_, storage| {
        replace_slot(storage, Slot::Head, ORIGIN, "example.com/another");
        format!("- - the log is `example.com/another`, and `{ORIGIN}` was asked for")
    }),
    ("the head is no head", |_, storage| {
        storage.tamper_slot(Slot::Head, Some(b"{}".to_vec()));
        "- - the log's `head` cannot be read".to_owned()
    }),
    ("the head is gone", |_, storage| {
        storage.tamper_slot(Slot::Head, None);
        "- - the log lacks `head`".to_owned()
    }),
    ("an entry of the index names another place", |good, storage| {
        let name = index_of(storage, FIRST);
        storage.tamper(&name, Some(b"3".to_vec()));
        format!("{}the log's index has it at 3", good.at(FIRST))
    }),
    ("an entry of the index is gone", |good, storage| {
        delete(storage, &index_of(storage, FIRST));
        format!("{}the log's index does not have it", good.at(FIRST))
    }),
    ("an entry of the index is no place", |good, storage| {
        storage.tamper(&index_of(storage, FIRST), Some(b"first".to_vec()));
        format!("{}the log contradicts itself: `{}` does not name the place", good.at(FIRST), index_of(storage, FIRST))
    }),
    ("a signed record that was never logged", |_, storage| {
        let payload = canonical(&statement(99));
        let id = Ledger::new(storage).keep(&statement(99), objects()).unwrap();
        let signature = key(1).sign(&signed_bytes(&payload)).unwrap();
        let name = names::bundle(id, key(1).public_key());
        storage.tamper(&name, Some(bundle_of(payload, signature, key(1).public_key()).to_json()));
        format!("- {id} it is signed and not in the log: `{name}`")
    }),
    ("the log and its files as they were five records ago, with what was recorded since", |good, storage| {
        for slot in [Slot::Head, Slot::Checkpoint] {
            let (bytes, _) = good.earlier.read_slot(slot).unwrap().unwrap();
            storage.tamper_slot(slot, Some(bytes));
        }
        format!("- {} it is signed and not in the log", good.ids[15])
    }),
];

#[test]
fn every_change_of_the_log_is_told() {
    assert_told(STORED);
}

fn index_of(storage: &MemoryStorage, place: usize) -> String {
    let name = leaves(storage)[place].key().to_string();
    format!("index/{}/{}", &name[..2], &name[2..])
}

fn in_place_of(storage: &MemoryStorage, place: usize, leaf: Vec<u8>) {
    let mut leaves = leaf_bytes(storage);
    leaves[place] = leaf;
    rebuild(storage, &leaves, &key(1));
}

const REWRITTEN: &str = "- - the anchor of march: the log has been rewritten since";

/// With the log's key, and with a witness that signs whatever it is given: what does not show by itself shows by a
/// checkpoint that was kept.
const REBUILT: &[Tampering] = &[
    ("two leaves are exchanged in a log that is made anew", |_, storage| {
        rebuild(storage, &reordered(storage), &key(1));
        REWRITTEN.to_owned()
    }),
    ("a leaf is left out of a log that is made anew", |good, storage| {
        let mut leaves = leaf_bytes(storage);
        leaves.remove(SECOND);
        rebuild(storage, &leaves, &key(1));
        format!("- {} it is signed and not in the log", good.ids[SECOND])
    }),
    ("a leaf and its record are left out of a log that is made anew", |good, storage| {
        let mut leaves = leaf_bytes(storage);
        leaves.remove(SECOND);
        rebuild(storage, &leaves, &key(1));
        delete_all(storage, good.name(SECOND).strip_suffix(".json").unwrap());
        "- - the anchor of march: it had 16 records, and 15 are left: the end was cut off".to_owned()
    }),
    ("one record is left out and another put in", |good, storage| {
        let mut leaves = leaf_bytes(storage);
        leaves.remove(SECOND);
        rebuild(storage, &leaves, &key(1));
        delete_all(storage, good.name(SECOND).strip_suffix(".json").unwrap());
        let reader = LogReader::open(storage, &log_keys(), &[]).unwrap();
        assert_eq!(reader.size(), 15);
        record(&open(storage, key(1)), [90]);
        cosign(storage, WITNESS, &key(8), 1_800_000_300);
        REWRITTEN.to_owned()
    }),
    ("an unsigned leaf stands for a signed one in a log that is made anew", |good, storage| {
        in_place_of(storage, FIRST, Leaf::Unsigned { digest: good.ids[FIRST].0 }.to_bytes());
        format!("- {} it is signed and not in the log: `{}`", good.ids[FIRST], good.bundle(FIRST))
    }),
    ("a leaf by Ed25519 says that it is Rekor's", |_, storage| {
        let leaf: Value = serde_json::from_slice(&leaf_bytes(storage)[FIRST]).unwrap();
        let spec = json!({ "hashedRekordV002": leaf["spec"] });
        in_place_of(storage, FIRST, canonical(&json!({ "apiVersion": "0.0.2", "kind": "hashedrekord", "spec": spec })));
        "2 - the leaf is not canonical JSON, or has fields that do not belong there".to_owned()
    }),
    ("a leaf of a kind that is not known", |_, storage| {
        in_place_of(storage, FIRST, canonical(&json!({ "apiVersion": "countersign.dev/log/v2", "kind": "x" })));
        "2 - a leaf of kind `x`, version `countersign.dev/log/v2`, is not known".to_owned()
    }),
    ("a leaf with a signature of something else", |good, storage| {
        let mut leaf = leaves(storage)[FIRST].clone();
        if let Leaf::Ed25519(signed) = &mut leaf {
            signed.signature[5] ^= 1;
        }
        in_place_of(storage, FIRST, leaf.to_bytes());
        format!("{}the signature in the log is not one of the record by its key", good.at(FIRST))
    }),
    ("a leaf that says that another key signed", |good, storage| {
        let Leaf::Ed25519(signed) = leaves(storage)[FIRST].clone() else { unreachable!() };
        let signed = Signed { key: key(6).public_key().clone(), ..signed };
        in_place_of(storage, FIRST, Leaf::Ed25519(signed).to_bytes());
        format!("{}the signature in the log is not one of the record by its key", good.at(FIRST))
    }),
    ("a record has two leaves by one key", |good, storage| {
        let mut leaves = leaf_bytes(storage);
        leaves.push(leaves[FIRST].clone());
        rebuild(storage, &leaves, &key(1));
        format!("16 {} the log has it already, by the same key, at 2", good.ids[FIRST])
    }),
    ("the log begins with another record", |good, storage| {
        let leaves = leaf_bytes(storage);
        rebuild(storage, &leaves[1..], &key(1));
        format!("0 {} the log does not begin with a key that signs for itself", good.ids[1])
    }),
    ("another key signed the checkpoint", |_, storage| {
        let statement = about(TrustAction::Add, Role::Recorder, key(6).public_key(), 0);
        let id = Ledger::new(storage).keep_statement(&statement).unwrap();
        storage.tamper(&names::trust(id), Some(Vec::new()));
        rebuild(storage, &leaf_bytes(storage), &key(6));
        "- - no key that counts at its end signed the checkpoint".to_owned()
    }),
    ("the whole ledger is another one, by the same key", |_, storage| {
        delete_all(storage, "");
        storage.tamper_slot(Slot::Head, None);
        storage.tamper_slot(Slot::Checkpoint, None);
        record(&begin(storage, key(1)), 1..=20);
        REWRITTEN.to_owned()
    }),
    ("the whole ledger is another one, by another key", |_, storage| {
        delete_all(storage, "");
        storage.tamper_slot(Slot::Head, None);
        storage.tamper_slot(Slot::Checkpoint, None);
        let (recorder, genesis) = Recorder::begin(storage, ORIGIN, key(6), None, instant(0)).unwrap();
        record(&recorder, 1..=20);
        format!("0 {} the log begins with the key {}", genesis.id, fingerprint(&key(6)))
    }),
];

#[test]
fn every_log_that_is_made_anew_is_told() {
    assert_told(REBUILT);
}

/// Without a checkpoint that was kept and without a witness, an earlier copy is as good as the ledger was then. What
/// remains are traces that a careless hand left, and the time at which a witness saw it.
#[test]
fn an_earlier_copy_is_told_by_anchors_and_by_the_witness_alone() {
    let verifying = Verifying { anchors: Vec::new(), ..GOOD.verifying.clone() };
    let found = verify(&GOOD.earlier, &verifying).unwrap();
    assert_eq!(found.problems, []);
    assert_eq!(found.witnesses, [(WITNESS.to_owned(), 1_800_000_000)], "and the witness says when it saw that");
    let found = verify(&GOOD.earlier, &GOOD.verifying).unwrap();
    assert_problems(&found, &["the anchor of march: it had 16 records, and 11 are left: the end was cut off"]);
}

/// A log of two levels of tiles.
#[test]
fn tiles_of_every_level_are_looked_at() {
    let storage = MemoryStorage::new();
    let recorder = begin(&storage, key(1));
    let ids: Vec<RecordId> =
        (0..300).map(|minute| recorder.ledger().keep(&statement(minute), objects()).unwrap()).collect();
    recorder.log_unsigned(&ids).unwrap();
    assert_eq!(clean(&storage).unsigned, 300);
    for (name, told) in [
        ("tile/0/000", "the log contradicts itself"),
        ("tile/0/001.p/45", "the log contradicts itself"),
        ("tile/1/000.p/1", "the log contradicts itself"),
        ("tile/entries/000", "leaf 0 in `tile/entries/000` is not the one in the tree"),
        ("tile/entries/001.p/45", "leaf 256 in `tile/entries/001.p/45` is not the one in the tree"),
    ] {
        let copy = storage.clone();
        edit(&copy, name, |bytes| bytes[10] ^= 1);
        let lines = lines(&verified(&copy));
        assert!(lines.iter().any(|line| line.contains(told)), "{name}: {lines:#?}");
        let copy = storage.clone();
        delete(&copy, name);
        let lines = self::lines(&verified(&copy));
        assert!(lines.iter().any(|line| line.contains("the log lacks `tile/")), "{name}: {lines:#?}");
    }
}

/// What was begun is checked too: a head that is ahead of its checkpoint by the batch that it names.
#[test]
fn a_head_may_be_one_batch_ahead() {
    let storage = ledger_of(2);
    let before = checkpoint(&storage);
    record(&open(&storage, key(1)), [3]);
    storage.tamper_slot(Slot::Checkpoint, Some(before));
    let found = verified(&storage);
    assert!(lines(&found).iter().all(|line| line.contains("it is signed and not in the log")), "{:#?}", lines(&found));
    assert!(matches!(crate::evidence::log::head_agrees(&storage, &log_keys()), Ok(())));
    open(&storage, key(1));
    clean(&storage);
    let agrees = |storage: &MemoryStorage| crate::evidence::log::head_agrees(storage, &log_keys());
    storage.tamper_slot(Slot::Checkpoint, None);
    assert!(matches!(agrees(&storage), Err(LogError::Gone(name)) if name == "checkpoint"));
}
