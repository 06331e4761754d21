//! What the log says of holds and of what was removed, from its beginning on.
//!
//! A tombstone excuses what lacks only as far as it was allowed to: its signer counts where it stands, every record that
//! it names had passed its date or the law asked for it, and no hold covered any of them at that place.
//!
//! Statements themselves are never removed. Whom the log trusts follows from each one before, so that a statement that
//! may lack could have been the revocation of the very key that says so.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::RecordId;
use super::hold_statement::{Covers, HoldAction, HoldStatement};
use super::retained::{Dated, KeptUntil, seconds};
use super::tombstone_statement::{TombstoneCause, TombstoneStatement};
use crate::store::Digest;

/// A hold that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldInForce {
    /// The record that placed it.
    pub id: RecordId,
    /// Its place in the log.
    pub index: u64,
    /// What it is over.
    pub covers: Covers,
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When it was placed, by its own word.
    pub at: String,
}

/// What the log says of holds and tombstones, up to some place.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    holds: BTreeMap<u64, HoldInForce>,
    /// Records whose date had passed, and every object that any tombstone names.
    purged: HashSet<RecordId>,
    objects: HashSet<Digest>,
    /// What was erased before its date, and for which records.
    erased: HashMap<Digest, BTreeSet<RecordId>>,
    pub(super) tombstones: Vec<(RecordId, TombstoneStatement)>,
}

impl Keeping {
    /// Takes in a statement about a hold, at a place, by a key that counts there.
    ///
    /// # Errors
    /// Why it has no effect, in words.
    pub(super) fn hold(
        &mut self,
        index: u64,
        id: RecordId,
        statement: &HoldStatement,
        origin: &str,
    ) -> Result<(), String> {
        let said = &statement.predicate;
        if said.origin != origin {
            return Err(format!("it is about the log {}", said.origin));
        }
        match &said.action {
            HoldAction::Place { covers } => {
                let (by, reason, at) = (said.by.clone(), said.reason.clone(), said.at.clone());
                self.holds.insert(index, HoldInForce { id, index, covers: covers.clone(), by, reason, at });
                Ok(())
            }
            HoldAction::Lift { hold } => {
                let before = self.holds.len();
                self.holds.retain(|_, own| own.id != *hold);
                if self.holds.len() < before { Ok(()) } else { Err("it lifts a hold that is not in force".to_owned()) }
            }
        }
    }

    /// Takes in a tombstone by a key that counts at its place. `dated` reads what a record says of itself. What is wrong
    /// with it is returned; it excuses nothing that it was not allowed to.
    pub(super) fn bury(
        &mut self,
        id: RecordId,
        statement: TombstoneStatement,
        origin: &str,
        dated: &dyn Fn(RecordId) -> Option<Dated>,
    ) -> Vec<String> {
        let said = &statement.predicate;
        if said.origin != origin {
            return vec![format!("it is about the log {}", said.origin)];
        }
        let Some(at) = seconds(&said.at) else { return vec!["it does not say when it was made".to_owned()] };
        if said.cause == TombstoneCause::Erasure && said.reason.as_deref().is_none_or(|why| why.trim().is_empty()) {
            return vec!["it erases and does not say why".to_owned()];
        }
        let mut wrong = Vec::new();
        for buried in &said.records {
            let record = buried.record;
            match self.refused(record, said.cause, at, dated) {
                Some(what) => wrong.push(what),
                None if said.cause == TombstoneCause::Retention => {
                    self.purged.insert(record);
                }
                None => {
                    for object in &said.objects {
                        self.erased.entry(*object).or_default().insert(record);
                    }
                }
            }
        }
        self.objects.extend(&said.objects);
        self.tombstones.push((id, statement));
        wrong
    }

    /// Why nothing of a record may be removed at an instant.
    fn refused(
        &self,
        record: RecordId,
        cause: TombstoneCause,
        at: i64,
        dated: &dyn Fn(RecordId) -> Option<Dated>,
    ) -> Option<String> {
        let Some(dated) = dated(record) else { return Some(format!("it names {record}, which is no record here")) };
        if dated.class.is_none() {
            return Some(format!("it names {record}, of which nothing is ever removed"));
        }
        if let Some(hold) = self.held(record, &dated) {
            return Some(format!("it removes what {record} names, and the hold {} covered it", hold.id));
        }
        match (cause, dated.says()) {
            (TombstoneCause::Retention, KeptUntil::Instant(until)) if until > at => {
                Some(format!("it removes what {record} names before its date, {}", minute(until)))
            }
            (TombstoneCause::Retention, KeptUntil::Forever) => {
                Some(format!("it removes what {record} names, which is kept without an end"))
            }
            _ => None,
        }
    }

    /// The first hold that covers a record.
    pub(super) fn held(&self, record: RecordId, dated: &Dated) -> Option<&HoldInForce> {
        self.holds.values().find(|hold| dated.is_covered(record, &hold.covers))
    }

    /// The holds that are in force.
    pub(super) fn holds(&self) -> impl Iterator<Item = &HoldInForce> {
        self.holds.values()
    }

    /// Whether a record's date had passed when what it names was removed.
    pub(super) fn is_purged(&self, record: RecordId) -> bool {
        self.purged.contains(&record)
    }

    /// Whether everything may lack that a record and a tombstone name.
    pub(super) fn may_lack(&self, record: RecordId, tombstone: &TombstoneStatement) -> bool {
        self.is_purged(record)
            || tombstone.predicate.records.iter().any(|buried| buried.record == record)
                && tombstone.predicate.objects.iter().all(|object| self.excuses(record, object))
    }

    /// Whether an object may lack for a record.
    pub(super) fn excuses(&self, record: RecordId, object: &Digest) -> bool {
        self.is_purged(record) && self.objects.contains(object)
            || self.erased.get(object).is_some_and(|records| records.contains(&record))
    }
}

fn minute(seconds: i64) -> String {
    crate::rules::minute(seconds)
}
