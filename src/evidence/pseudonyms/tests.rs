//! What is left of people's names in what is kept, and what comes back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use rayon::prelude::*;

use super::*;
use crate::evidence::judging::{acme, judge, judged, write};
use crate::evidence::log::MemoryStorage;
use crate::evidence::references::{self, Looked};
use crate::evidence::{Difference, Ledger, reperform};
use crate::policy::untrusted::Isolation;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn table() -> PseudonymTable {
    PseudonymTable::with_key([7; 32])
}

fn again(
    statement: &Statement,
    objects: &dyn ReadObjects,
    table: Option<&PseudonymTable>,
) -> Result<Option<Difference>, EvidenceError> {
    reperform(statement, objects, None, table, &Isolation::InProcess, VERSION).map(|found| found.difference)
}

/// Everything that is kept, in one piece.
fn everything(statement: &Statement, objects: &Objects) -> String {
    let mut all = serde_json::to_string(statement).unwrap();
    for bytes in objects.bytes() {
        all.push_str(&String::from_utf8_lossy(bytes));
        all.push('\n');
    }
    all
}

/// Which of these names stand in a text, as words of their own.
fn standing(text: &str, people: &BTreeSet<String>) -> BTreeSet<String> {
    let words = Words::of(people.iter().map(String::as_str), &Objects::default()).unwrap();
    let mut found = BTreeSet::new();
    words.replaced(text.as_bytes(), |name| {
        found.insert(name.to_owned());
        String::new()
    });
    found
}

/// Every case that is judged anywhere in the tests, with pseudonyms.
#[test]
fn no_name_of_anybody_is_left_and_everything_comes_out_the_same_again() {
    let named = AtomicUsize::new(0);
    let cases = judged();
    assert!(cases.len() > 340, "{} cases", cases.len());
    cases.par_iter().for_each(|(case, judged)| {
        let (plain, objects) = judged.statement("2026-11-21T00:00:00Z", "2026-11-21T00:00:01Z");
        let people: BTreeSet<String> = objects.people().keys().cloned().collect();
        let before = everything(&plain, &objects);
        let mut table = table();
        let (statement, objects) = pseudonymise(&mut table, plain.clone(), objects).unwrap();
        let after = everything(&statement, &objects);
        let left = standing(&after, &people);
        // What our own objects are written in stays theirs.
        let ours = everything(&statement, &Objects::default());
        assert!(left.iter().all(|name| ours.contains(name.as_str())), "{}: {left:?}", case.display());
        // Of who is declared and found nothing of, a record may say nothing.
        named.fetch_add(usize::from(!standing(&before, &people).is_empty()), Ordering::Relaxed);
        // It is whole.
        let wrong = references::walk(&statement.predicate, &objects, &Looked::default());
        assert_eq!(wrong, BTreeSet::new(), "{}", case.display());
        assert_eq!(statement.predicate.verdict, plain.predicate.verdict);
        let storage = MemoryStorage::new();
        let id = Ledger::new(&storage).keep(&statement, objects).unwrap();
        let ledger = Ledger::new(&storage);
        let kept: Statement = ledger.statement(id).unwrap();
        let again =
            reperform(&kept, &ledger, judged.opened.people.as_ref(), Some(&table), &Isolation::InProcess, VERSION);
        let again = again.unwrap_or_else(|error| panic!("{}: {error}", case.display()));
        assert_eq!(again.difference, None, "{}", case.display());
        // A second record by the same table has the same pseudonyms.
        let (other, made) = judged.statement("", "");
        let (other, _) = pseudonymise(&mut table, other, made).unwrap();
        assert_eq!(other.predicate.result_digest, statement.predicate.result_digest);
    });
    let named = named.into_inner();
    assert!(named > 250, "records of {named} cases name somebody");
}

#[test]
fn who_is_forgotten_leaves_everything_whole_and_is_not_judged_again() {
    let mut table = table();
    let (plain, objects) = acme().statement("", "");
    let subject = objects.people().values().find(|subject| subject.starts_with("person:alice")).unwrap().clone();
    let (statement, objects) = pseudonymise(&mut table, plain.clone(), objects).unwrap();
    let rows = table.to_bytes();
    assert!(String::from_utf8(rows.clone()).unwrap().contains("alice"));
    assert!(table.forget(&subject) > 0);
    assert_eq!(table.forget(&subject), 0);
    let alice = acme().statement("", "").1.people().iter().filter(|(_, own)| **own == subject).count();
    assert!(alice > 0);
    assert!(!String::from_utf8(table.to_bytes()).unwrap().contains("alice"), "her rows are gone");
    assert_eq!(references::walk(&statement.predicate, &objects, &Looked::default()), BTreeSet::new());
    let error = again(&statement, &objects, Some(&table)).unwrap_err();
    assert!(matches!(error, EvidenceError::Pseudonyms(PseudonymError::Forgotten(_))), "{error}");
    // What is kept of her later has the same pseudonyms, and brings no row back.
    let (later, made) = acme().statement("", "");
    let (later, _) = pseudonymise(&mut table, later, made).unwrap();
    assert_eq!(later.predicate.result_digest, statement.predicate.result_digest);
    assert!(!String::from_utf8(table.to_bytes()).unwrap().contains("alice"));
    // A row that lacks otherwise is no erasure.
    let mut lost = PseudonymTable::parse(&rows).unwrap();
    lost.lose_rows();
    let error = again(&statement, &objects, Some(&lost)).unwrap_err();
    assert!(matches!(error, EvidenceError::Pseudonyms(PseudonymError::NoRow(_))), "{error}");
}

#[test]
fn without_its_table_a_record_says_which_one_it_needs() {
    let mut table = table();
    let (plain, objects) = acme().statement("", "");
    let (statement, objects) = pseudonymise(&mut table, plain, objects).unwrap();
    let error = again(&statement, &objects, None).unwrap_err();
    assert_eq!(error.to_string(), format!("it has pseudonyms for people, of the table {}", table.id()));
    let other = PseudonymTable::with_key([8; 32]);
    let error = again(&statement, &objects, Some(&other)).unwrap_err();
    assert!(matches!(error, EvidenceError::Pseudonyms(PseudonymError::OtherTable { .. })), "{error}");
}

/// Somebody writes into a file what another one is called in the evidence, or what nobody is.
#[test]
fn a_pseudonym_that_somebody_writes_is_a_text_like_any_other() {
    let mut table = table();
    let known = table.pseudonym("mira");
    let files: [(&str, &[u8]); 2] = [
        (
            "people.yaml",
            b"apiVersion: countersign.dev/v1\nkind: Person\nmetadata: {id: mira}\nspec: {emails: [Mira@x.example]}\n",
        ),
        (
            "more.yaml",
            &format!(
                "apiVersion: countersign.dev/v1\nkind: System\nmetadata: {{id: erp}}\nspec: {{type: netsuite}}\n# {known} \
                 pseudonym-{} MIRA Mirabelle\n",
                "0".repeat(32)
            )
            .into_bytes(),
        ),
    ];
    let tree = tempfile::tempdir().unwrap();
    write(tree.path(), &files);
    let (statement, objects) = judge(tree.path(), None).statement("", "");
    let (statement, objects) = pseudonymise(&mut table, statement, objects).unwrap();
    let kept = everything(&statement, &objects);
    assert!(kept.contains("Mirabelle") && !kept.contains("MIRA") && !kept.contains("mira@"), "{kept}");
    assert_eq!(again(&statement, &objects, Some(&table)).unwrap(), None);
    let restored: Vec<Arc<[u8]>> = {
        let list = statement.predicate.pseudonyms.as_ref();
        let known = Known::of(list, &objects, Some(&table)).unwrap().unwrap();
        let restored = known.restored(&objects);
        objects.bytes().map(|bytes| restored.object(&Digest::of(bytes)).unwrap().into()).collect()
    };
    for (_, bytes) in files {
        assert!(restored.iter().any(|own| **own == *bytes), "{}", String::from_utf8_lossy(bytes));
    }
}

/// Words that a person may be called and that our own objects are written in.
#[test]
fn people_may_be_called_as_our_objects_are_written() {
    let tree = tempfile::tempdir().unwrap();
    let people: Vec<String> = ["schema", "path", "sha256", "kind", "pass", "findings", "count", "inputs", "Pay", "true"]
        .iter()
        .map(|id| {
            format!(
                "apiVersion: countersign.dev/v1\nkind: Person\nmetadata: {{id: {id:?}, name: 'Ed \"{id}\" \\ O''Neil'}}\nspec: \
                 {{emails: ['{id}@x.example']}}\n"
            )
        })
        .collect();
    write(tree.path(), &[("people.yaml", people.join("---\n").as_bytes())]);
    let judged = judge(tree.path(), None);
    let (statement, objects) = judged.statement("", "");
    let mut table = table();
    let (statement, objects) = pseudonymise(&mut table, statement, objects).unwrap();
    assert_eq!(references::walk(&statement.predicate, &objects, &Looked::default()), BTreeSet::new());
    assert_eq!(again(&statement, &objects, Some(&table)).unwrap(), None);
}

#[test]
fn a_tables_file_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.json");
    TableFile::create(&path).unwrap();
    assert!(matches!(TableFile::create(&path), Err(PseudonymError::Exists(_))));
    let mut file = TableFile::open(&path).unwrap();
    let pseudonym = file.table.pseudonym("mira");
    file.table.add(&pseudonym, "person:mira", "mira");
    file.save().unwrap();
    drop(file);
    assert_eq!(PseudonymTable::read(&path).unwrap().text(&pseudonym).unwrap(), "mira");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(TableFile::open(&path), Err(PseudonymError::Exposed { mode: 0o640, .. })));
    }
    for wrong in ["", "{}", "[]", "{\"schema\":\"countersign.dev/pseudonyms/v2\"}"] {
        assert!(matches!(PseudonymTable::parse(wrong.as_bytes()), Err(PseudonymError::Malformed(_))), "{wrong}");
    }
    assert!(matches!(TableFile::open(&folder.path().join("none")), Err(PseudonymError::Unreadable { .. })));
}

/// The digest is the one that another implementation of HMAC-SHA-256 gives.
#[test]
fn pseudonyms_are_keyed_digests() {
    // printf 'countersign.dev/pseudonym/v1\nmira' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707…07
    assert_eq!(table().pseudonym("mira"), "pseudonym-16de5a807efd25c24017242a291b39a6");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the words and the bytes, what is replaced comes back, and only the words that stand there matter.
    #[test]
    fn what_is_replaced_comes_back(
        words in proptest::collection::btree_set("[abÉ.@ ]{1,5}", 1..6),
        text in "[abABéÉ.@ \"\\\\\n0]{0,40}",
    ) {
        let table = table();
        let found = Words::of(words.iter().map(String::as_str), &Objects::default()).unwrap();
        let mut used = BTreeMap::new();
        let mut replaced = |found: &Words| {
            let bytes = found.replaced(text.as_bytes(), |word| {
                used.insert(table.pseudonym(word), word.to_owned());
                table.pseudonym(word)
            });
            bytes.unwrap_or_else(|| text.clone().into_bytes())
        };
        let first = replaced(&found);
        let mut objects = Objects::default();
        let digest = objects.add_bytes(&first.clone().into());
        let fewer = Words::of(used.values().map(String::as_str).collect::<Vec<_>>(), &Objects::default()).unwrap();
        let restored = Restored { objects: &objects, texts: &used }.object(&digest).unwrap();
        prop_assert_eq!(String::from_utf8(restored).unwrap(), text.clone());
        let second = fewer.replaced(text.as_bytes(), |word| table.pseudonym(word));
        prop_assert_eq!(second.unwrap_or_else(|| text.into_bytes()), first);
    }
}
