//! What may be removed and when, what is removed, and what stays.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::evidence::log::disturbed::{Disturbed, What};
use crate::rules::{RetentionClass, RetentionConfig};

/// A minute of the tenth day, a little before every purge here that others come in between.
const LATER: i64 = 10 * 24 * 60 - 1;

pub(super) const DANA: &str = "person:dana.cole";

/// A day of a record's retention, from the beginning of every log here.
pub(super) fn day(day: i64) -> i64 {
    BEGAN + 86_400 * day
}

fn rfc3339(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap().to_string()
}

/// A record of what landed that is kept for so many days and names these objects of its own.
pub(super) fn landed(minute: i64, days: Option<i64>, own: &[Arc<[u8]>]) -> (Statement, Objects) {
    let mut statement = statement(minute);
    statement.predicate.invocation.mode = "record".into();
    let until = days.map(|days| rfc3339(day(days)));
    statement.predicate.retention = Some(Retention { class: RetentionClass::Blocked, until });
    let mut objects = objects();
    // Policies are named one by one, each an object.
    for bytes in own {
        let digest = sha256(objects.add_bytes(bytes));
        let descriptor = crate::evidence::ResourceDescriptor { name: None, uri: None, digest };
        statement.predicate.policy.push(descriptor);
    }
    statement.predicate.result_digest = sha256(statement.predicate.digest_of_result());
    (statement, objects)
}

pub(super) fn bytes(text: &str) -> Arc<[u8]> {
    text.as_bytes().into()
}

pub(super) fn has(storage: &MemoryStorage, text: &str) -> bool {
    storage.read(&names::object(&Digest::of(text.as_bytes()))).unwrap().is_some()
}

pub(super) fn purging(now: i64) -> Purging {
    Purging { now, config: None, only: BTreeSet::new(), at_once: 2 }
}

/// Records with objects of their own: `a` and `b` are kept for ten days, `c` for thirty; `b` and `c` share one.
pub(super) fn three() -> (MemoryStorage, [RecordId; 3]) {
    let storage = MemoryStorage::new();
    let recorder = begin(&storage, key(1));
    let made = [(1, 10, ["a", "ab"]), (2, 10, ["ab", "bc"]), (3, 30, ["bc", "c"])];
    let ids = made.map(|(minute, days, own)| {
        let (statement, objects) = landed(minute, Some(days), &own.map(bytes));
        recorder.record(&statement, objects, None).unwrap().id
    });
    (storage, ids)
}

#[test]
fn what_is_due_goes_and_what_a_kept_record_names_stays() {
    let (storage, [a, b, c]) = three();
    let recorder = open(&storage, key(1));
    let before = purge(&recorder, &purging(day(10) - 1), DANA).unwrap();
    assert_eq!((before.records, before.objects), (0, 0));
    let plan = Plan::of(&storage, &Survey::read(&storage).unwrap(), &purging(day(10))).unwrap();
    assert_eq!(plan.due.iter().map(|due| due.record).collect::<Vec<_>>(), [a, b]);
    let own = |text: &str| Digest::of(text.as_bytes());
    assert_eq!(plan.objects, [BTreeSet::from([own("a"), own("ab")])]);
    assert_eq!(plan.kept, [Kept::Next { record: c, until: day(30) }]);
    assert!(has(&storage, "a"), "a plan removes nothing");
    let purged = purge(&recorder, &purging(day(10)), DANA).unwrap();
    assert_eq!((purged.records, purged.objects, purged.finished), (2, 2, 0));
    assert_eq!(["a", "ab", "bc", "c"].map(|text| has(&storage, text)), [false, false, true, true]);
    let found = verify(&storage, &Verifying { now: Some(day(10)), ..Verifying::default() }).unwrap();
    assert_eq!(found.problems, []);
    assert_eq!((found.erased, found.tombstones, found.signed), (2, 1, 3));
    // Nothing is left to do.
    assert_eq!(purge(&recorder, &purging(day(11)), DANA).unwrap(), Purged::default());
    let last = purge(&recorder, &purging(day(30)), DANA).unwrap();
    assert_eq!((last.records, has(&storage, "bc"), has(&storage, "c")), (1, false, false));
    assert_eq!(storage.list(names::OBJECTS).unwrap(), [] as [String; 0]);
    assert_eq!(clean(&storage).erased, 3);
}

#[test]
fn a_record_that_is_not_due_is_refused_by_name() {
    let (storage, [a, _, c]) = three();
    let recorder = open(&storage, key(1));
    let only = |id| Purging { only: [id].into(), ..purging(day(12)) };
    let error = purge(&recorder, &only(c), DANA).unwrap_err();
    assert_eq!(error.to_string(), format!("the record {c} (blocked) is kept until 2026-12-21 00:00 UTC"));
    let genesis = RecordId(leaves(&storage)[0].digest());
    let error = purge(&recorder, &only(genesis), DANA).unwrap_err();
    assert_eq!(error.to_string(), format!("nothing of the record {genesis} is ever removed"));
    assert_eq!(clean(&storage).tombstones, 0);
    // One of two that share: what the other names stays.
    let purged = purge(&recorder, &only(a), DANA).unwrap();
    assert_eq!((purged.records, has(&storage, "a"), has(&storage, "ab")), (1, false, true));
    clean(&storage);
}

/// A configuration of today lengthens, and never shortens.
#[test]
fn a_shorter_period_frees_nothing_that_was_recorded_under_a_longer_one() {
    let (storage, [.., c]) = three();
    let survey = Survey::read(&storage).unwrap();
    let with = |text: &str, now: i64| {
        let blocked = Some(crate::syntax::Spanned { value: text.to_owned(), span: crate::syntax::Span::default() });
        let config = Some(RetentionConfig { blocked, ..RetentionConfig::default() });
        Plan::of(&storage, &survey, &Purging { config, ..purging(now) }).unwrap().due.len()
    };
    assert_eq!((with("1 day", day(29)), with("1 day", day(30))), (2, 3));
    assert_eq!((with("60 days", day(59)), with("60 days", day(61))), (0, 3));
    assert_eq!(with("forever", day(10_000)), 0);
    let error = Plan::of(&storage, &survey, &Purging { only: [c].into(), ..purging(day(29)) }).unwrap_err();
    assert!(error.to_string().contains("is kept until"), "{error}");
}

#[test]
fn what_says_nothing_of_its_date_is_kept_for_the_default() {
    let storage = ledger_of(1);
    let survey = Survey::read(&storage).unwrap();
    let due = |now| Plan::of(&storage, &survey, &purging(now)).unwrap().due.len();
    let until = "2033-11-21T00:01:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
    assert_eq!((due(until - 1), due(until)), (0, 1));
}

#[test]
fn holds_keep_what_they_cover_until_they_are_lifted() {
    let (storage, [a, b, _]) = three();
    let recorder = open(&storage, key(1));
    let place = |covers: Covers| {
        hold(&recorder, HoldAction::Place { covers }, "person:lea.stern", "case 7", instant(9)).unwrap().id
    };
    let of = |id| place(Covers { records: [id].into(), ..Covers::default() });
    let held = of(b);
    let error = purge(&recorder, &Purging { only: [b].into(), ..purging(day(10)) }, DANA).unwrap_err();
    let wanted = format!("the record {b} is under the hold {held}, which person:lea.stern placed");
    assert_eq!(error.to_string(), wanted);
    let purged = purge(&recorder, &purging(day(10)), DANA).unwrap();
    assert_eq!(purged.records, 1);
    assert_eq!(["a", "ab"].map(|text| has(&storage, text)), [false, true]);
    assert_eq!(clean(&storage).holds.iter().map(|hold| hold.id).collect::<Vec<_>>(), [held]);
    let lift = |id| hold(&recorder, HoldAction::Lift { hold: id }, DANA, "closed", instant(10));
    lift(held).unwrap();
    assert!(matches!(lift(held), Err(EvidenceError::Retention(RetentionError::NoHold(_)))));
    assert!(matches!(lift(a), Err(EvidenceError::Retention(RetentionError::NoHold(_)))));
    // Each of these covers b.
    for covers in [
        Covers::default(),
        Covers { repository: Some("https://git.example/acme/access".to_owned()), ..Covers::default() },
        Covers { from: Some(instant(2)), until: Some(instant(3)), ..Covers::default() },
    ] {
        let id = place(covers.clone());
        assert_eq!(purge(&recorder, &purging(day(10)), DANA).unwrap().records, 0, "{covers:?}");
        lift(id).unwrap();
    }
    for covers in [
        Covers { from: Some(instant(3)), ..Covers::default() },
        Covers { until: Some(instant(2)), ..Covers::default() },
        Covers { records: [a].into(), ..Covers::default() },
    ] {
        place(covers);
    }
    assert_eq!(purge(&recorder, &purging(day(10)), DANA).unwrap().records, 1);
    clean(&storage);
}

#[test]
fn a_hold_over_a_repository_covers_its_records_and_those_that_name_none() {
    let storage = MemoryStorage::new();
    let recorder = begin(&storage, key(1));
    let of = |minute: i64, uri: Option<&str>| {
        let (mut statement, objects) = landed(minute, Some(1), &[bytes(&format!("{minute}"))]);
        if let Some(uri) = uri {
            let digest = [("gitCommit".into(), "c".repeat(40))].into();
            let uri = Some(uri.to_owned());
            statement.subject.push(crate::evidence::ResourceDescriptor { name: None, uri, digest });
        }
        recorder.record(&statement, objects, None).unwrap().id
    };
    let (own, other, none) =
        (of(1, Some("git+https://a.example/x")), of(2, Some("git+https://a.example/y")), of(3, None));
    let covers = Covers { repository: Some("https://a.example/x".to_owned()), ..Covers::default() };
    hold(&recorder, HoldAction::Place { covers }, DANA, "case 8", instant(4)).unwrap();
    let plan = Plan::of(&storage, &Survey::read(&storage).unwrap(), &purging(day(2))).unwrap();
    assert_eq!(plan.due.iter().map(|due| due.record).collect::<Vec<_>>(), [other]);
    let held: HashSet<RecordId> = plan
        .kept
        .iter()
        .filter_map(|kept| if let Kept::Held { record, .. } = kept { Some(*record) } else { None })
        .collect();
    assert_eq!(held, [own, none].into());
}

#[test]
fn erasing_takes_what_names_somebody_before_its_date_and_says_why() {
    let (storage, [_, b, c]) = three();
    let recorder = open(&storage, key(1));
    let (statement, objects) = landed(4, None, &[bytes("mail: Mira.Vale@example.com\n"), bytes("d")]);
    let d = recorder.record(&statement, objects, None).unwrap().id;
    let erasing = |subject: Option<&str>, objects: &[&str], reason: &str| Erasing {
        now: day(1),
        subject: subject.map(str::to_owned),
        objects: objects.iter().map(|text| Digest::of(text.as_bytes())).collect(),
        reason: reason.to_owned(),
    };
    let refused = |erasing: &Erasing| erase(&recorder, erasing, DANA).unwrap_err().to_string();
    assert_eq!(refused(&erasing(Some("mira.vale@example.com"), &[], " ")), "no reason is given");
    assert_eq!(refused(&erasing(Some(" "), &[], "x")), "nothing is named that is to be erased");
    assert!(refused(&erasing(Some("mira"), &[], "Mira asked")).contains("the reason has the words"));
    assert!(refused(&erasing(None, &["nothing like it"], "x")).contains("is not there"));
    let all = HoldAction::Place { covers: Covers { records: [d].into(), ..Covers::default() } };
    let held = hold(&recorder, all, DANA, "case 9", instant(9)).unwrap().id;
    assert!(refused(&erasing(Some("mira.vale@example.com"), &[], "request 12")).contains("is under the hold"));
    hold(&recorder, HoldAction::Lift { hold: held }, DANA, "closed", instant(10)).unwrap();
    let erased = erase(&recorder, &erasing(Some("mira.vale@EXAMPLE.com"), &[], "request 12"), DANA).unwrap();
    assert_eq!((&erased.records, erased.objects.len()), (&[d].into(), 1));
    assert_eq!(erased.statements, BTreeSet::new());
    assert!(!has(&storage, "mail: Mira.Vale@example.com\n") && has(&storage, "d"));
    assert_eq!((clean(&storage).erased, clean(&storage).tombstones), (1, 1));
    // An object that several records share goes for all of them.
    let erased = erase(&recorder, &erasing(None, &["bc"], "request 13"), DANA).unwrap();
    assert_eq!(erased.records, [b, c].into());
    assert_eq!((clean(&storage).erased, has(&storage, "a")), (3, true));
    // Its date still comes for what remains.
    let purged = purge(&recorder, &purging(day(10)), DANA).unwrap();
    assert_eq!((purged.records, has(&storage, "ab")), (2, false));
    assert_eq!(clean(&storage).erased, 4);
}

#[test]
fn what_was_erased_may_be_recorded_again() {
    let (storage, _) = three();
    let recorder = open(&storage, key(1));
    let erasing =
        Erasing { now: day(1), subject: None, objects: [Digest::of(b"c")].into(), reason: "request 14".to_owned() };
    erase(&recorder, &erasing, DANA).unwrap();
    let (statement, objects) = landed(LATER, Some(90), &[bytes("c")]);
    recorder.record(&statement, objects, None).unwrap();
    assert!(has(&storage, "c"));
    // A removal that is finished is not done again.
    purge(&recorder, &purging(day(31)), DANA).unwrap();
    assert!(has(&storage, "c"));
    clean(&storage);
}

/// A storage that says that it keeps what is removed.
struct Keeps(MemoryStorage);

impl Storage for Keeps {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, crate::evidence::log::StorageError> {
        self.0.read(name)
    }
    fn create(&self, name: &str, bytes: &[u8]) -> Result<(), crate::evidence::log::StorageError> {
        self.0.create(name, bytes)
    }
    fn read_slot(
        &self,
        slot: Slot,
    ) -> Result<Option<(Vec<u8>, crate::evidence::log::Version)>, crate::evidence::log::StorageError> {
        self.0.read_slot(slot)
    }
    fn swap_slot(
        &self,
        slot: Slot,
        expected: Option<&crate::evidence::log::Version>,
        bytes: &[u8],
    ) -> Result<crate::evidence::log::Swap, crate::evidence::log::StorageError> {
        self.0.swap_slot(slot, expected, bytes)
    }
    fn list(&self, prefix: &str) -> Result<Vec<String>, crate::evidence::log::StorageError> {
        self.0.list(prefix)
    }
    fn keeps(&self) -> Option<String> {
        Some("versions are kept".to_owned())
    }
}

#[test]
fn a_storage_that_cannot_erase_says_so_and_is_left_as_it_was() {
    let (storage, _) = three();
    let storage = Keeps(storage);
    let before = storage.0.list("").unwrap();
    let (recorder, _) = Recorder::open(&storage, key(1)).unwrap();
    let error = purge(&recorder, &purging(day(40)), DANA).unwrap_err();
    assert_eq!(error.to_string(), "what is removed here is not gone: versions are kept");
    let erasing =
        Erasing { now: day(1), subject: None, objects: [Digest::of(b"c")].into(), reason: "request".to_owned() };
    assert!(matches!(
        erase(&recorder, &erasing, DANA),
        Err(EvidenceError::Retention(RetentionError::CannotErase { .. }))
    ));
    assert_eq!(storage.0.list("").unwrap(), before);
    clean(&storage.0);
}

#[test]
fn who_acts_is_named() {
    let (storage, _) = three();
    let recorder = open(&storage, key(1));
    for who in ["dana", "person:", "group:x", ""] {
        let error = purge(&recorder, &purging(day(40)), who).unwrap_err();
        assert!(matches!(error, EvidenceError::Retention(RetentionError::Who(_))), "{who}");
    }
    assert_eq!(clean(&storage).tombstones, 0);
}

/// A purge may end at any operation: what is there verifies, nothing that is kept is lost, and the next one finishes.
#[test]
fn a_purge_may_end_at_any_operation() {
    let (begun, _) = three();
    let script = |storage: &Disturbed<'_, MemoryStorage>| -> Result<Purged, EvidenceError> {
        let (recorder, _) = Recorder::open(storage, key(1))?;
        purge(&recorder, &Purging { at_once: 1, ..purging(day(10)) }, DANA)
    };
    let calm = begun.clone();
    let watched = Disturbed::undisturbed(&calm);
    script(&watched).unwrap();
    let operations = watched.count.get();
    assert!(operations > 60, "{operations}");
    let mut finished = 0;
    for at in 1..=operations {
        for after in [false, true] {
            let context = format!("operation {at}, after its effect: {after}");
            let storage = begun.clone();
            assert!(script(&Disturbed::new(&storage, at, after, What::End)).is_err(), "{context}");
            for problem in verified(&storage).problems {
                // Between the log and the file that follows from it.
                assert!(problem.what.contains(".sigstore.json` is not there"), "{context}: {problem:?}");
            }
            let recorder = open(&storage, key(1));
            let again = purge(&recorder, &Purging { at_once: 1, ..purging(day(11)) }, DANA).unwrap();
            finished += again.finished;
            assert_eq!(["a", "ab", "bc", "c"].map(|text| has(&storage, text)), [false, false, true, true], "{context}");
            let found = clean(&storage);
            assert_eq!((found.erased, found.not_logged), (2, 0), "{context}");
            assert_eq!(storage.list(names::PURGES).unwrap().len() % 2, 0, "{context}");
        }
    }
    assert!(finished > 2, "{finished} objects were left");
}

/// While a purge is about to do something, somebody records what names the objects that it removes.
#[test]
fn a_recorder_may_come_in_between_at_any_operation_of_a_purge() {
    let (begun, _) = three();
    let again = || landed(LATER, Some(90), &[bytes("a"), bytes("ab")]);
    let calm = begun.clone();
    let watched = Disturbed::undisturbed(&calm);
    purge(&Recorder::open(&watched, key(1)).unwrap().0, &purging(day(10)), DANA).unwrap();
    for at in 1..=watched.count.get() {
        for after in [false, true] {
            let context = format!("operation {at}, after its effect: {after}");
            let storage = begun.clone();
            let meanwhile = || {
                let (statement, objects) = again();
                open(&storage, key(1)).record(&statement, objects, None).unwrap();
            };
            let disturbed = Disturbed::new(&storage, at, after, What::Meanwhile(&meanwhile));
            let purged = purge(&Recorder::open(&disturbed, key(1)).unwrap().0, &purging(day(10)), DANA);
            purged.unwrap_or_else(|error| panic!("{context}: {error}"));
            assert!(has(&storage, "a") && has(&storage, "ab"), "{context}");
            assert_eq!(verified(&storage).problems, [], "{context}");
        }
    }
}

/// While a recorder or a judge is about to do something, somebody removes what it names, since nothing else does.
#[test]
fn a_purge_may_come_in_between_at_any_operation_of_a_recorder() {
    let (begun, _) = three();
    for judge in [false, true] {
        let script = |storage: &Disturbed<'_, MemoryStorage>| {
            let (statement, objects) = landed(LATER, Some(90), &[bytes("a"), bytes("ab")]);
            if judge {
                Ledger::new(storage).keep(&statement, objects).unwrap();
            } else {
                Recorder::open(storage, key(1)).unwrap().0.record(&statement, objects, None).unwrap();
            }
        };
        let calm = begun.clone();
        let watched = Disturbed::undisturbed(&calm);
        script(&watched);
        for at in 1..=watched.count.get() {
            for after in [false, true] {
                let context = format!("judge: {judge}, operation {at}, after its effect: {after}");
                let storage = begun.clone();
                let meanwhile = || drop(purge(&open(&storage, key(1)), &purging(day(10)), DANA).unwrap());
                script(&Disturbed::new(&storage, at, after, What::Meanwhile(&meanwhile)));
                assert!(has(&storage, "a") && has(&storage, "ab"), "{context}");
                assert_eq!(verified(&storage).problems, [], "{context}");
            }
        }
    }
}

/// A hold that comes between the decision and its tombstone keeps what it covers.
#[test]
fn a_hold_may_come_in_between_at_any_operation_of_a_purge() {
    let (begun, [_, b, _]) = three();
    let calm = begun.clone();
    let watched = Disturbed::undisturbed(&calm);
    purge(&Recorder::open(&watched, key(1)).unwrap().0, &purging(day(10)), DANA).unwrap();
    let mut kept = 0;
    for at in 1..=watched.count.get() {
        let storage = begun.clone();
        let meanwhile = || {
            let covers = Covers { records: [b].into(), ..Covers::default() };
            hold(&open(&storage, key(1)), HoldAction::Place { covers }, DANA, "case", instant(9)).unwrap();
        };
        let disturbed = Disturbed::new(&storage, at, false, What::Meanwhile(&meanwhile));
        purge(&Recorder::open(&disturbed, key(1)).unwrap().0, &purging(day(10)), DANA).unwrap();
        let found = verified(&storage);
        let lacking: Vec<&Problem> =
            found.problems.iter().filter(|found| found.what.contains("is not there")).collect();
        assert!(lacking.is_empty(), "operation {at}: {lacking:?}");
        kept += u32::from(has(&storage, "ab"));
    }
    assert!(kept > 10, "{kept} times the hold came early enough");
}

/// What one record of a random ledger is: the day until which it is kept, and which of a few objects it names.
#[derive(Debug, Clone)]
struct Made {
    days: i64,
    names: BTreeSet<u8>,
}

#[derive(Debug, Clone)]
enum Step {
    Purge { day: i64, at_once: usize },
    Hold(usize),
    Lift(usize),
}

fn steps() -> impl Strategy<Value = (Vec<Made>, Vec<Step>)> {
    let made =
        (1_i64..20, proptest::collection::btree_set(0_u8..8, 0..4)).prop_map(|(days, names)| Made { days, names });
    let step = prop_oneof![
        3 => (0_i64..24, 1_usize..4).prop_map(|(day, at_once)| Step::Purge { day, at_once }),
        1 => (0_usize..7).prop_map(Step::Hold),
        1 => (0_usize..7).prop_map(Step::Lift),
    ];
    (proptest::collection::vec(made, 1..7), proptest::collection::vec(step, 1..6))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// After any purges and holds, exactly those objects are gone that no record names which is still kept.
    #[test]
    fn what_goes_is_what_no_kept_record_names((made, steps) in steps()) {
        let storage = MemoryStorage::new();
        let recorder = begin(&storage, key(1));
        let text = |number: u8| format!("object {number}");
        let ids: Vec<RecordId> = (1..)
            .zip(&made)
            .map(|(minute, made)| {
                let own: Vec<Arc<[u8]>> = made.names.iter().map(|number| bytes(&text(*number))).collect();
                let (statement, objects) = landed(minute, Some(made.days), &own);
                recorder.record(&statement, objects, None).unwrap().id
            })
            .collect();
        let (mut purged, mut now) = (vec![false; made.len()], 0);
        let mut holds: Vec<(usize, RecordId)> = Vec::new();
        for step in steps {
            match step {
                Step::Purge { day: later, at_once } => {
                    now = later.max(now);
                    purge(&recorder, &Purging { at_once, ..purging(day(now)) }, DANA).unwrap();
                    for (number, made) in made.iter().enumerate() {
                        let held = holds.iter().any(|(own, _)| *own == number);
                        purged[number] |= made.days <= now && !held;
                    }
                }
                Step::Hold(number) if number < made.len() => {
                    let covers = Covers { records: [ids[number]].into(), ..Covers::default() };
                    let at = instant(30 + holds.len() as i64);
                    let id = hold(&recorder, HoldAction::Place { covers }, DANA, "case", at).unwrap().id;
                    if !holds.contains(&(number, id)) {
                        holds.push((number, id));
                    }
                }
                Step::Lift(number) if number < holds.len() => {
                    let (_, id) = holds.remove(number);
                    hold(&recorder, HoldAction::Lift { hold: id }, DANA, "closed", instant(50)).unwrap();
                }
                Step::Hold(_) | Step::Lift(_) => {}
            }
            for number in 0..8 {
                let named = made.iter().any(|made| made.names.contains(&number));
                let kept = made.iter().zip(&purged).any(|(made, purged)| !purged && made.names.contains(&number));
                prop_assert_eq!(has(&storage, &text(number)), named && kept, "object {}", number);
            }
            let sample = SAMPLE.1.iter().all(|own| storage.read(&names::object(&Digest::of(own))).unwrap().is_some());
            prop_assert_eq!(sample, purged.iter().any(|purged| !purged));
            prop_assert_eq!(&verified(&storage).problems, &[]);
        }
    }
}
