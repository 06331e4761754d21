//! Checkpoints that somebody kept elsewhere.

use super::*;

fn anchored(storage: &MemoryStorage, note: Vec<u8>) -> Verification {
    verify(storage, &Verifying { anchors: vec![("of march".to_owned(), note)], ..Verifying::default() }).unwrap()
}

#[test]
fn a_log_that_only_grew_is_consistent_with_what_was_kept() {
    let storage = ledger_of(3);
    let notes: Vec<Vec<u8>> = (4..=7)
        .map(|minute| {
            let note = checkpoint(&storage);
            record(&open(&storage, key(1)), [minute]);
            note
        })
        .collect();
    for note in notes {
        let found = anchored(&storage, note);
        assert_eq!((found.problems.as_slice(), found.anchors), (&[][..], 1));
    }
    assert_eq!(anchored(&storage, checkpoint(&storage)).anchors, 1);
}

#[test]
fn an_earlier_copy_of_the_storage_lacks_what_came_after() {
    let earlier = ledger_of(3);
    let storage = earlier.clone();
    record(&open(&storage, key(1)), [4, 5]);
    // By itself an earlier copy is a whole ledger: only who kept a later checkpoint can tell.
    clean(&earlier);
    let found = anchored(&earlier, checkpoint(&storage));
    assert_problems(&found, &["the anchor of march: it had 6 records, and 4 are left: the end was cut off"]);
    assert_eq!(found.anchors, 0);
}

#[test]
fn two_logs_that_begin_alike_contradict_each_other() {
    let one = ledger_of(3);
    let other = one.clone();
    record(&open(&one, key(1)), [4]);
    let note = checkpoint(&one);
    record(&open(&other, key(1)), [5]);
    for _ in 0..2 {
        clean(&other);
        assert_problems(&anchored(&other, note.clone()), &["the anchor of march: the log has been rewritten since"]);
        // And not less so when the other one grows.
        record(&open(&other, key(1)), [6]);
    }
}

#[test]
fn an_anchor_is_a_checkpoint_of_this_log() {
    let storage = ledger_of(3);
    let mut bent = checkpoint(&storage);
    *bent.last_mut().unwrap() = b' ';
    assert_problems(&anchored(&storage, bent), &["the anchor of march: not a signed checkpoint"]);
    let other = MemoryStorage::new();
    record(&begin(&other, key(2)), [1]);
    assert_problems(&anchored(&storage, checkpoint(&other)), &["is not signed by one of the keys given for that log"]);
}
