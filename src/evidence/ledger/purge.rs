//! Legal holds, and removing what need not be kept any longer or may not be kept.
//!
//! What is removed are the objects that records name: the bytes of files, what was found in them, the file of an
//! attachment. An object goes only when no record that is kept still names it, since records share them. The statements
//! themselves, their signatures and the log stay, so that everything stays provable.

use std::collections::{BTreeMap, BTreeSet};

use super::hold_statement::{HoldAction, HoldPredicate, HoldStatement};
use super::removal::{finish, remove};
use super::retained::{Dated, KeptUntil};
use super::survey::{Reached, RetentionError, Survey, Without, look};
use super::tombstone_statement::{Buried, TombstoneCause, TombstonePredicate, TombstoneStatement};
use super::{Ledger, Logged, RecordId, Recorder, names};
use crate::evidence::canonical::canonical;
use crate::evidence::error::EvidenceError;
use crate::evidence::log::Storage;
use crate::evidence::objects::ReadObjects as _;
use crate::evidence::references::{Looked, Wrong};
use crate::rules::{RetentionClass, RetentionConfig};
use crate::store::Digest;

/// What may go.
#[derive(Debug, Clone)]
pub struct Purging {
    /// When it is, in epoch seconds.
    pub now: i64,
    /// How long evidence is kept today, where that is known: a record is kept until its own date and this one.
    pub config: Option<RetentionConfig>,
    /// These records and no others; whatever is due when empty.
    pub only: BTreeSet<RecordId>,
    /// How many records one tombstone names at most.
    pub at_once: usize,
}

/// A record that need not be kept any longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The record.
    pub record: RecordId,
    /// What it is.
    pub class: RetentionClass,
    /// When it was made, in epoch seconds.
    pub made: i64,
    /// Until when it was kept, in epoch seconds.
    pub until: i64,
}

/// A record that is kept, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// Its date has passed, and a hold covers it.
    Held {
        /// The record.
        record: RecordId,
        /// The record that placed the hold.
        hold: RecordId,
    },
    /// Its date comes first of all that are kept.
    Next {
        /// The record.
        record: RecordId,
        /// Its date, in epoch seconds.
        until: i64,
    },
}

/// What a purge would remove, and what it would not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Records of which objects go, in the order of their making.
    pub due: Vec<Due>,
    /// The objects that nothing else names, for so many records at once.
    pub objects: Vec<BTreeSet<Digest>>,
    /// What stays that one might expect to go.
    pub kept: Vec<Kept>,
}

/// What a purge did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purged {
    /// Objects that an earlier removal had left.
    pub finished: usize,
    /// Records of which something may be gone now.
    pub records: usize,
    /// Objects that were removed.
    pub objects: usize,
    /// The tombstones.
    pub tombstones: Vec<Logged>,
}

impl Plan {
    /// What may go, as a survey has it.
    ///
    /// # Errors
    /// [`RetentionError`] of a record that is asked for by name and is not due; [`EvidenceError`] of the storage.
    pub fn of<S: Storage>(storage: &S, survey: &Survey, purging: &Purging) -> Result<Self, EvidenceError> {
        let mut plan = Self::default();
        let mut next: Option<(i64, RecordId)> = None;
        for (id, dated) in &survey.records {
            let named = purging.only.contains(id);
            if !purging.only.is_empty() && !named || survey.keeping.is_purged(*id) {
                continue;
            }
            let until = dated.until(purging.config.as_ref());
            let (Some(class), Some(made), KeptUntil::Instant(instant)) = (dated.class, dated.made, until) else {
                if named {
                    return Err(RetentionError::NotYet { record: *id, class: dated.class, until }.into());
                }
                continue;
            };
            if !until.is_past(purging.now) {
                if named {
                    return Err(RetentionError::NotYet { record: *id, class: dated.class, until }.into());
                }
                next = Some(next.map_or((instant, *id), |next| next.min((instant, *id))));
                continue;
            }
            match survey.check_held(*id, dated) {
                Ok(()) => plan.due.push(Due { record: *id, class, made, until: instant }),
                Err(error) if named => return Err(error.into()),
                Err(RetentionError::Held { record, hold, .. }) => plan.kept.push(Kept::Held { record, hold }),
                Err(error) => return Err(error.into()),
            }
        }
        plan.kept.extend(next.map(|(until, record)| Kept::Next { record, until }));
        plan.due.sort_by_key(|due| (due.made, due.record));
        plan.objects = plan.unshared(storage, survey, purging.at_once)?;
        Ok(plan)
    }

    /// The objects of each part of what is due that neither a later part nor anything that is kept names.
    fn unshared<S: Storage>(
        &self,
        storage: &S,
        survey: &Survey,
        at_once: usize,
    ) -> Result<Vec<BTreeSet<Digest>>, EvidenceError> {
        let ledger = Ledger::new(storage);
        let due: BTreeSet<RecordId> = self.due.iter().map(|due| due.record).collect();
        let (kept, looked) = (Reached::new(&ledger), Looked::default());
        for id in survey.records.keys().filter(|id| !due.contains(id) && !survey.keeping.is_purged(**id)) {
            look(&ledger, *id, &kept, &looked)?;
        }
        let kept = kept.digests();
        let mut parts = Vec::new();
        // From the last part on, so that what several parts share goes with the last of them.
        let looked = Looked::default();
        for part in self.due.chunks(at_once.max(1)).rev() {
            let reached = Reached::new(&ledger);
            for due in part {
                look(&ledger, due.record, &reached, &looked)?;
            }
            parts.push(reached.digests().difference(&kept).copied().collect());
        }
        parts.reverse();
        Ok(parts)
    }
}

/// Removes what need not be kept any longer: what an earlier removal left first. Each part is announced by a tombstone
/// in the log before it goes. `by` is who does it.
///
/// # Errors
/// [`RetentionError`] where nothing may be removed; [`EvidenceError`] of the log or storage, and then the next purge goes
/// on where this one ended.
pub fn purge<S: Storage>(recorder: &Recorder<'_, S>, purging: &Purging, by: &str) -> Result<Purged, EvidenceError> {
    let storage = recorder.ledger().storage;
    check(storage, by)?;
    let mut survey = Survey::read(storage)?;
    let mut purged = Purged { finished: finish(recorder.ledger(), &mut survey)?, ..Purged::default() };
    let plan = Plan::of(storage, &survey, purging)?;
    for (due, objects) in plan.due.chunks(purging.at_once.max(1)).zip(plan.objects) {
        let records = due.iter().map(|due| buried(due.record, due.class, KeptUntil::Instant(due.until))).collect();
        let tombstone = TombstoneStatement::new(TombstonePredicate {
            origin: survey.origin.clone(),
            cause: TombstoneCause::Retention,
            records,
            objects,
            by: by.to_owned(),
            reason: None,
            at: rfc3339(purging.now),
        });
        purged.records += due.len();
        purged.objects += bury(recorder, &mut survey, &tombstone, &mut purged.tombstones)?;
    }
    Ok(purged)
}

/// What is to be erased before its date, because the law asks for it.
#[derive(Debug, Clone)]
pub struct Erasing {
    /// When it is, in epoch seconds.
    pub now: i64,
    /// Objects with this text in them, whatever the case of its letters.
    pub subject: Option<String>,
    /// These objects.
    pub objects: BTreeSet<Digest>,
    /// Why. It is recorded for good, and must not name who asked.
    pub reason: String,
}

/// What was erased, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    /// Objects that an earlier removal had left.
    pub finished: usize,
    /// The objects.
    pub objects: BTreeSet<Digest>,
    /// The records that name them, and cannot be judged again.
    pub records: BTreeSet<RecordId>,
    /// The records whose own statement has the text in it. It stays.
    pub statements: BTreeSet<RecordId>,
    /// The tombstone, where something was erased.
    pub tombstone: Option<Logged>,
}

impl Erased {
    /// What would be erased, as a survey has it.
    ///
    /// # Errors
    /// [`RetentionError`]: nothing is named, no reason is given, or a hold covers a record; [`EvidenceError`] of the
    /// storage.
    pub fn of<S: Storage>(storage: &S, survey: &Survey, erasing: &Erasing) -> Result<Self, EvidenceError> {
        let subject = erasing.subject.as_ref().map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
        if erasing.reason.trim().is_empty() {
            return Err(RetentionError::NoReason.into());
        }
        if subject.is_none() && erasing.objects.is_empty() {
            return Err(RetentionError::NothingNamed.into());
        }
        if subject.as_ref().is_some_and(|text| erasing.reason.to_lowercase().contains(text)) {
            return Err(RetentionError::ReasonNames.into());
        }
        let ledger = Ledger::new(storage);
        let mut erased = Self::default();
        for name in storage.list(names::OBJECTS)? {
            let Some(digest) = names::digest_of_object(&name) else { continue };
            let has = |text: &String| ledger.object(&digest).map(|bytes| contains(&bytes, text));
            if erasing.objects.contains(&digest) || subject.as_ref().map(has).transpose()?.unwrap_or_default() {
                erased.objects.insert(digest);
            }
        }
        if let Some(absent) = erasing.objects.difference(&erased.objects).next() {
            return Err(EvidenceError::NoObject(*absent));
        }
        let (without, looked) = (Without { objects: &ledger, gone: &erased.objects }, Looked::default());
        for (id, dated) in &survey.records {
            if let Some(text) = &subject
                && contains(&ledger.payload(*id)?, text)
            {
                erased.statements.insert(*id);
            }
            let lacks = |wrong: &Wrong| matches!(wrong, Wrong::Missing(digest) if erased.objects.contains(digest));
            if !survey.keeping.is_purged(*id) && look(&ledger, *id, &without, &looked)?.iter().any(lacks) {
                survey.check_held(*id, dated)?;
                erased.records.insert(*id);
            }
        }
        Ok(erased)
    }
}

/// Erases objects before their date.
///
/// # Errors
/// As [`Erased::of`] and [`purge`].
pub fn erase<S: Storage>(recorder: &Recorder<'_, S>, erasing: &Erasing, by: &str) -> Result<Erased, EvidenceError> {
    let storage = recorder.ledger().storage;
    check(storage, by)?;
    let mut survey = Survey::read(storage)?;
    let finished = finish(recorder.ledger(), &mut survey)?;
    let mut erased = Erased { finished, ..Erased::of(storage, &survey, erasing)? };
    if erased.objects.is_empty() {
        return Ok(erased);
    }
    let dated: BTreeMap<RecordId, &Dated> =
        erased.records.iter().filter_map(|id| Some((*id, survey.records.get(id)?))).collect();
    let of = |(id, dated): (RecordId, &Dated)| Some(buried(id, dated.class?, dated.says()));
    let tombstone = TombstoneStatement::new(TombstonePredicate {
        origin: survey.origin.clone(),
        cause: TombstoneCause::Erasure,
        records: dated.into_iter().filter_map(of).collect(),
        objects: erased.objects.clone(),
        by: by.to_owned(),
        reason: Some(erasing.reason.trim().to_owned()),
        at: rfc3339(erasing.now),
    });
    let mut tombstones = Vec::new();
    bury(recorder, &mut survey, &tombstone, &mut tombstones)?;
    erased.tombstone = tombstones.pop();
    Ok(erased)
}

/// Places or lifts a hold. `at` is now, RFC 3339.
///
/// # Errors
/// [`RetentionError`]: nobody, no reason, or a hold that is not in force; [`EvidenceError`] of the log or storage.
pub fn hold<S: Storage>(
    recorder: &Recorder<'_, S>,
    action: HoldAction,
    by: &str,
    reason: &str,
    at: String,
) -> Result<Logged, EvidenceError> {
    check_who(by)?;
    if reason.trim().is_empty() {
        return Err(RetentionError::NoReason.into());
    }
    if let HoldAction::Lift { hold } = &action {
        let survey = Survey::read(recorder.ledger().storage)?;
        if !survey.holds().any(|own| own.id == *hold) {
            return Err(RetentionError::NoHold(*hold).into());
        }
    }
    recorder.hold(&HoldStatement::new(HoldPredicate {
        origin: recorder.origin().to_owned(),
        action,
        by: by.to_owned(),
        reason: reason.trim().to_owned(),
        at,
    }))
}

/// Logs a tombstone, then removes what it names. Returns how many objects went.
fn bury<S: Storage>(
    recorder: &Recorder<'_, S>,
    survey: &mut Survey,
    tombstone: &TombstoneStatement,
    logged: &mut Vec<Logged>,
) -> Result<usize, EvidenceError> {
    let ledger = recorder.ledger();
    let id = RecordId::of(&canonical(tombstone));
    // Before the tombstone, so that whoever writes meanwhile knows.
    ledger.storage.create(&names::purge_begun(id), b"")?;
    logged.push(recorder.bury(tombstone)?);
    let named: BTreeSet<RecordId> = tombstone.predicate.records.iter().map(|buried| buried.record).collect();
    let looked_at = survey.records.keys().filter(|id| !named.contains(id)).copied().collect();
    remove(ledger, survey, id, tombstone, looked_at)
}

fn buried(record: RecordId, class: RetentionClass, until: KeptUntil) -> Buried {
    let kept_until = match until {
        KeptUntil::Instant(until) => Some(rfc3339(until)),
        KeptUntil::Forever => None,
    };
    Buried { record, class, kept_until }
}

/// Whether anything can be removed, before anything is written.
fn check<S: Storage>(storage: &S, by: &str) -> Result<(), EvidenceError> {
    check_who(by)?;
    match storage.keeps() {
        Some(keeps) => Err(RetentionError::CannotErase { keeps }.into()),
        None => Ok(()),
    }
}

fn check_who(by: &str) -> Result<(), RetentionError> {
    if is_who(by) { Ok(()) } else { Err(RetentionError::Who(by.to_owned())) }
}

/// Whether a text names a person or a service identity: `person:ID` or `service:ID`.
#[must_use]
pub fn is_who(text: &str) -> bool {
    ["person:", "service:"].iter().any(|kind| text.strip_prefix(kind).is_some_and(|id| !id.is_empty()))
}

/// Whether bytes have a text in them that is in lower case.
fn contains(bytes: &[u8], text: &str) -> bool {
    let lower = String::from_utf8_lossy(bytes).to_lowercase();
    memchr::memmem::find(lower.as_bytes(), text.as_bytes()).is_some()
}

fn rfc3339(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|at| at.to_string()).unwrap_or_default()
}
