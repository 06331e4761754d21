use super::*;

fn log_of(size: u64) -> MemoryStorage {
    let storage = MemoryStorage::new();
    create(&storage).append(&leaves(0..size)).unwrap();
    storage
}

#[test]
fn a_proof_file_is_checked_without_the_log() {
    let storage = log_of(1000);
    let reader = reader(&storage);
    let file = reader.proof(700).unwrap().to_bytes();
    drop(storage.clone());
    let proof = LogProof::parse(&file).unwrap();
    assert_eq!(proof.to_bytes(), file);
    let hash = leaf_hash(&leaf(700).to_bytes());
    let opened = proof.verify(hash, &log_keys(), &[]).unwrap();
    assert_eq!((opened.checkpoint.size, opened.checkpoint.root), (1000, reader.root()));
    assert!(matches!(proof.verify(leaf_hash(b"other"), &log_keys(), &[]), Err(LogProofError::Inclusion(_))));
    assert!(matches!(proof.verify(hash, &[], &[]), Err(LogProofError::Checkpoint(NoteError::Unsigned(_)))));
    let moved = LogProof { index: 701, ..proof.clone() };
    assert!(matches!(moved.verify(hash, &log_keys(), &[]), Err(LogProofError::Inclusion(_))));
    let outside = LogProof { index: 1000, ..proof.clone() };
    assert!(matches!(
        outside.verify(hash, &log_keys(), &[]),
        Err(LogProofError::Inclusion(ProofError::OutsideTree { .. }))
    ));
    let with_extra = LogProof { extra: Some(b"extra extra".to_vec()), ..proof };
    assert_eq!(LogProof::parse(&with_extra.to_bytes()).unwrap(), with_extra);
}

/// The forms of transparency-dev/formats, proof/tlog_proof_test.go.
#[test]
fn proof_files_have_the_form_of_the_specification() {
    let proof = LogProof { extra: None, index: 0, hashes: Vec::new(), checkpoint: b"checkpoint\n".to_vec() };
    assert_eq!(proof.to_bytes(), b"c2sp.org/tlog-proof@v1\nindex 0\n\ncheckpoint\n");
    for (text, line) in [
        ("wrong-header\nindex 0\n\ncheckpoint\n", 1),
        ("c2sp.org/tlog-proof@v1\nextra !!notbase64!!\nindex 0\n\ncheckpoint\n", 2),
        ("c2sp.org/tlog-proof@v1\n\n\ncheckpoint\n", 2),
        ("c2sp.org/tlog-proof@v1\nindex notanumber\n\ncheckpoint\n", 2),
        ("c2sp.org/tlog-proof@v1\nindex -5\n\ncheckpoint\n", 2),
        ("c2sp.org/tlog-proof@v1\nindex 05\n\ncheckpoint\n", 2),
        ("c2sp.org/tlog-proof@v1\nindex 0\n!!notbase64!!\n\ncheckpoint\n", 3),
        ("c2sp.org/tlog-proof@v1\nextra \nindex 0\nAAAA\n\ncheckpoint\n", 4),
        ("c2sp.org/tlog-proof@v1\nindex 0\n", 1),
        ("c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n\ncheckpoint\n", 3),
    ] {
        match LogProof::parse(text.as_bytes()) {
            Err(LogProofError::Malformed { line: found, .. }) => assert_eq!(found, line, "{text:?}"),
            other => panic!("{text:?}: {other:?}"),
        }
    }
}

#[test]
fn what_is_beyond_the_tree_is_an_error() {
    let storage = log_of(5);
    let reader = reader(&storage);
    for result in [
        reader.leaf(5).map(drop),
        reader.inclusion_proof(5).map(drop),
        reader.consistency_proof(6).map(drop),
        reader.leaf(u64::MAX).map(drop),
    ] {
        assert!(matches!(result, Err(LogError::OutsideTree { size: 5, .. })), "{result:?}");
    }
    assert_eq!(reader.consistency_proof(0).unwrap(), []);
    assert_eq!(reader.consistency_proof(5).unwrap(), []);
    assert_eq!(reader.position(&leaf(99).key()).unwrap(), None);
    let empty = log_of(0);
    let empty = self::reader(&empty);
    assert!(matches!(empty.leaf(0), Err(LogError::OutsideTree { .. })));
    assert!(matches!(empty.inclusion_proof(0), Err(LogError::OutsideTree { .. })));
}

/// An earlier checkpoint reads the log as it was, also once its partial objects are gone.
#[test]
fn a_log_is_read_at_an_earlier_checkpoint() {
    let storage = log_of(300);
    let (note, _) = storage.read_slot(Slot::Checkpoint).unwrap().unwrap();
    open(&storage).0.append(&leaves(300..700)).unwrap();
    for name in ["tile/0/001.p/44", "tile/entries/001.p/44"] {
        storage.tamper(name, None);
    }
    let earlier = LogReader::at(&storage, note, &log_keys(), &[]).unwrap();
    let all = all_leaves(&earlier);
    assert_eq!((all.len(), oracle::root(&all)), (300, earlier.root()));
    assert_eq!(earlier.position(&leaf(299).key()).unwrap(), Some(299));
    assert_eq!(earlier.position(&leaf(300).key()).unwrap(), None, "it came later");
    let now = reader(&storage);
    let proof = now.consistency_proof(300).unwrap();
    verify_consistency(&proof, 300, earlier.root(), 700, now.root()).unwrap();
}

/// Every object of the tree, changed in each way: reading it all notices, and names it or what it holds.
#[test]
fn every_change_of_every_object_is_noticed() {
    let storage = MemoryStorage::new();
    create(&storage).append(&leaves(0..600)).unwrap();
    let read_all = |storage: &MemoryStorage| -> Result<(), LogError> {
        let reader = LogReader::open(storage, &log_keys(), &[])?;
        reader.for_each(0, |_, _| Ok(()))
    };
    read_all(&storage).unwrap();
    let names = storage.list("tile/").unwrap();
    assert_eq!(names.len(), 7);
    for name in names {
        let bytes = storage.read(&name).unwrap().unwrap();
        let mut changes: Vec<Option<Vec<u8>>> = vec![None, Some(Vec::new()), Some(bytes[1..].to_vec())];
        for at in (0..bytes.len()).step_by(bytes.len() / 40 + 1).chain([bytes.len() - 1]) {
            let mut changed = bytes.clone();
            changed[at] ^= 0x40;
            changes.push(Some(changed));
            changes.push(Some(bytes[..at].to_vec()));
        }
        for change in changes {
            let tampered = storage.clone();
            tampered.tamper(&name, change);
            let error = read_all(&tampered).unwrap_err();
            assert!(matches!(error, LogError::Inconsistent(_) | LogError::Gone(_)), "{name}: {error}");
        }
    }
    let (note, _) = storage.read_slot(Slot::Checkpoint).unwrap().unwrap();
    for at in 0..note.len() {
        let mut changed = note.clone();
        changed[at] ^= 1;
        storage.tamper_slot(Slot::Checkpoint, Some(changed));
        assert!(read_all(&storage).is_err(), "byte {at} of the checkpoint");
    }
}

#[test]
fn reading_from_a_place_on_gives_the_rest_and_stops_when_told() {
    let storage = log_of(600);
    let reader = reader(&storage);
    for first in [0, 1, 255, 256, 511, 599, 600, 700] {
        let mut seen = Vec::new();
        reader
            .for_each(first, |index, bytes| {
                assert_eq!(bytes, leaf(index).to_bytes());
                seen.push(index);
                Ok::<(), LogError>(())
            })
            .unwrap();
        assert_eq!(seen, (first..600).collect::<Vec<_>>());
    }
    let stopped = reader.for_each(0, |index, _| if index == 300 { Err(LogError::Absent) } else { Ok(()) });
    assert!(matches!(stopped, Err(LogError::Absent)));
}
