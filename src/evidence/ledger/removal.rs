//! Removing what a tombstone names.
//!
//! The tombstone is in the log before anything is removed, so that a removal that was stopped is finished by the next one.
//! Records may be kept meanwhile that name what is being removed. What such a record names is left alone where it is seen
//! before, and put back where it is seen after; a record that comes later still finds out by itself, since it sees that
//! a removal went on ([`Ledger::keep`]).

use std::collections::{BTreeMap, BTreeSet};

use super::survey::{Reached, Survey, look};
use super::{Ledger, RecordId, TombstoneStatement, names};
use crate::evidence::error::EvidenceError;
use crate::evidence::log::Storage;
use crate::evidence::references::{Looked, Wrong};
use crate::store::Digest;

/// Removes what the tombstones name that were begun and not finished. Returns how many objects were still there.
pub(super) fn finish<S: Storage>(ledger: &Ledger<&S>, survey: &mut Survey) -> Result<usize, EvidenceError> {
    let mut removed = 0;
    for id in names::purges_open(&ledger.storage.list(names::PURGES)?) {
        let known = survey.keeping.tombstones.iter().find(|(own, _)| *own == id);
        match known.map(|(_, statement)| statement.clone()) {
            Some(statement) => removed += remove(ledger, survey, id, &statement, BTreeSet::new())?,
            None => {
                // It did not come into the log, and nothing was removed. Nobody needs its words.
                ledger.storage.remove_all(&[names::statement(id)])?;
                survey.records.remove(&id);
                ledger.storage.create(&names::purge_ended(id), b"")?;
            }
        }
    }
    Ok(removed)
}

/// Removes what a tombstone in the log names and no record needs, and returns how many objects that were. Of the records in
/// `looked_at` it is known that they need none of it.
pub(super) fn remove<S: Storage>(
    ledger: &Ledger<&S>,
    survey: &mut Survey,
    id: RecordId,
    tombstone: &TombstoneStatement,
    mut looked_at: BTreeSet<RecordId>,
) -> Result<usize, EvidenceError> {
    let mut targets = tombstone.predicate.objects.clone();
    // What came since the tombstone was decided on: records, and holds, which leave it without effect.
    survey.go_on(ledger.storage)?;
    let reached = Reached::new(ledger);
    let looked = Looked::default();
    for record in needing(survey, tombstone, &looked_at) {
        look(ledger, record, &reached, &looked)?;
        looked_at.insert(record);
    }
    for needed in reached.digests() {
        targets.remove(&needed);
    }
    let mut frames: BTreeMap<Digest, Vec<u8>> = BTreeMap::new();
    for digest in targets {
        if let Some(frame) = ledger.storage.read(&names::object(&digest))? {
            frames.insert(digest, frame);
        }
    }
    let removed: Vec<String> = frames.keys().map(names::object).collect();
    ledger.storage.remove_all(&removed)?;
    survey.go_on(ledger.storage)?;
    let mut put_back = 0;
    for record in needing(survey, tombstone, &looked_at) {
        put_back += restore(ledger, record, &mut frames)?;
    }
    ledger.storage.create(&names::purge_ended(id), b"")?;
    Ok(removed.len() - put_back)
}

/// The records for which nothing may lack, apart from those that were looked at.
fn needing(survey: &Survey, tombstone: &TombstoneStatement, looked_at: &BTreeSet<RecordId>) -> Vec<RecordId> {
    let needs = |id: &&RecordId| !looked_at.contains(*id) && !survey.keeping.may_lack(**id, tombstone);
    survey.records.keys().filter(needs).copied().collect()
}

/// Puts back what a record names, and returns how many objects that were.
fn restore<S: Storage>(
    ledger: &Ledger<&S>,
    record: RecordId,
    frames: &mut BTreeMap<Digest, Vec<u8>>,
) -> Result<usize, EvidenceError> {
    let mut count = 0;
    loop {
        let wrong = look(ledger, record, ledger, &Looked::default())?;
        let mut again = false;
        for wrong in wrong {
            let Wrong::Missing(digest) = wrong else { continue };
            if let Some(frame) = frames.remove(&digest) {
                ledger.storage.create(&names::object(&digest), &frame)?;
                (count, again) = (count + 1, true);
            }
        }
        // What was put back may name more.
        if !again {
            return Ok(count);
        }
    }
}
