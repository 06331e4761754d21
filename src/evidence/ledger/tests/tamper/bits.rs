//! Any bit of any file.

use super::*;

/// Six leaves: two keys, a witness that is needed, evaluations by each key and by nobody.
static SMALL: LazyLock<MemoryStorage> = LazyLock::new(|| {
    let storage = MemoryStorage::new();
    let (recorder, _) = Recorder::begin(&storage, ORIGIN, key(1), Some(1), instant(0)).unwrap();
    let mut witness = about(TrustAction::Add, Role::Witness, key(8).public_key(), 1);
    witness.predicate.name = Some(WITNESS.to_owned());
    recorder.trust(&witness).unwrap();
    recorder.record(&statement(2), objects(), Some("c0ffee")).unwrap();
    let judged = recorder.ledger().keep(&statement(3), objects()).unwrap();
    recorder.log_unsigned(&[judged]).unwrap();
    recorder.trust(&about(TrustAction::Add, Role::Recorder, ecdsa_key(3).public_key(), 4)).unwrap();
    record(&open(&storage, ecdsa_key(3)), [5]);
    cosign(&storage, WITNESS, &key(8), 1_800_000_000);
    clean(&storage);
    storage
});

/// A file of the ledger, or a slot.
#[derive(Clone, Debug)]
enum File {
    Object(String),
    Slot(Slot),
}

impl File {
    fn all(storage: &MemoryStorage) -> Vec<(Self, Vec<u8>)> {
        let objects = storage.list("").unwrap().into_iter().map(|name| {
            let bytes = read(storage, &name);
            (Self::Object(name), bytes)
        });
        let slots =
            [Slot::Head, Slot::Checkpoint].map(|slot| (Self::Slot(slot), storage.read_slot(slot).unwrap().unwrap().0));
        objects.chain(slots).collect()
    }

    fn set(&self, storage: &MemoryStorage, bytes: Vec<u8>) {
        match self {
            Self::Object(name) => storage.tamper(name, Some(bytes)),
            Self::Slot(slot) => storage.tamper_slot(*slot, Some(bytes)),
        }
    }

    /// Why a change of it may go unnoticed, where it may.
    fn excused(&self, storage: &MemoryStorage) -> Option<&'static str> {
        match self {
            // Tiles and leaves of an earlier size are in the tile and the leaves of the last: nobody reads them again.
            Self::Object(name) if name.starts_with("tile/") && !name.ends_with(".p/6") => Some("superseded"),
            Self::Object(name) if name.starts_with("staged/") => Some("what was staged is in the log"),
            Self::Object(name) if name.starts_with("objects/") => {
                // A frame can be written in more than one way.
                let digest: Digest = name["objects/".len()..].replace(".zst", "").replace('/', "").parse().unwrap();
                Ledger::new(storage).object(&digest).is_ok().then_some("another frame of the same bytes")
            }
            Self::Slot(Slot::Head) => Some("of the batch that is finished"),
            _ => None,
        }
    }
}

/// A ledger in which a change was not told is right, and goes on.
fn assert_harmless(storage: &MemoryStorage, context: &str) {
    let recorder = open(storage, key(1));
    record(&recorder, [2, 9]);
    cosign(storage, WITNESS, &key(8), 1_800_000_100);
    let found = verified(storage);
    assert_eq!((found.problems.as_slice(), found.size, found.signed), (&[][..], 7, 3), "{context}");
}

#[test]
fn any_bit_of_any_file_that_is_changed_is_told_or_does_no_harm() {
    let small = &*SMALL;
    let files = File::all(small);
    // Names that only say where to look have no bytes.
    let empty = files.iter().filter(|(_, bytes)| bytes.is_empty());
    for (file, _) in empty {
        let File::Object(name) = file else { panic!("{file:?}") };
        assert!(["trust/", "recorded/", "judged/"].iter().any(|hint| name.starts_with(hint)), "{name}");
    }
    let flips: Vec<(&File, &[u8], usize)> = files
        .iter()
        .filter(|(_, bytes)| !bytes.is_empty())
        .flat_map(|(file, bytes)| {
            // The first and the last bit, and some between that differ from file to file.
            let seed = Digest::of(format!("{file:?}").as_bytes()).0;
            let bits = bytes.len() * 8;
            let between = |four: &[u8]| u32::from_le_bytes(four.try_into().unwrap()) as usize % bits;
            let sampled: Vec<usize> = seed.chunks(4).take(6).map(between).chain([0, bits - 1]).collect();
            sampled.into_iter().map(move |bit| (file, &**bytes, bit))
        })
        .collect();
    assert!(flips.len() > 500, "{}", flips.len());
    let unnoticed = flips.par_iter().filter_map(|(file, bytes, bit)| {
        let storage = small.clone();
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        file.set(&storage, bytes);
        let context = format!("bit {bit} of {file:?}");
        match verify(&storage, &Verifying::default()) {
            Ok(found) if found.problems.is_empty() => {
                let why = file.excused(&storage).unwrap_or_else(|| panic!("{context} was not told"));
                assert_harmless(&storage, &context);
                Some(why)
            }
            _ => None,
        }
    });
    let unnoticed: Vec<&str> = unnoticed.collect();
    println!("{} flips, {} told, {} harmless", flips.len(), flips.len() - unnoticed.len(), unnoticed.len());
    // A frame and a head are mostly told.
    let count = |why: &str| unnoticed.iter().filter(|own| **own == why).count();
    assert!(count("another frame of the same bytes") * 20 < flips.len(), "{unnoticed:?}");
    assert!(count("of the batch that is finished") < 8, "{unnoticed:?}");
}

/// What is only a hint may go: what it led to is not found that way, and everything verifies.
#[test]
fn hints_prove_nothing() {
    let storage = SMALL.clone();
    delete_all(&storage, "recorded/");
    delete_all(&storage, "judged/");
    let nowhere = RecordId(Digest::of(b"nowhere"));
    storage.create(&names::recorded("c0ffee", nowhere), b"").unwrap();
    storage.create(&names::judged("c0ffee", nowhere), b"").unwrap();
    clean(&storage);
    // A hint to a key that is not the first: the log says itself who is trusted, but who signed the checkpoint is not
    // found.
    let found = leaves(&storage);
    storage.tamper(&names::trust(RecordId(found[4].digest())), None);
    assert_problems(&verified(&storage), &["the log cannot be opened: the checkpoint of"]);
}
