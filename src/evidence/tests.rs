use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::judging::{Judged, acme, judge};
use super::log::FolderStorage;
use super::*;

fn keep(judged: &Judged, folder: &Path, at: &str) -> Kept {
    let (statement, objects) = judged.statement(at, at);
    let id = ledger(folder).keep(&statement, objects).unwrap();
    Kept { path: folder.join(record_name(id)), id }
}

struct Kept {
    path: PathBuf,
    id: RecordId,
}

fn ledger(folder: &Path) -> Ledger<FolderStorage> {
    Ledger::new(FolderStorage::new(folder))
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Every entry of a list that is kept in pieces.
fn entries(store: &Ledger<FolderStorage>, digest: &str) -> Vec<Value> {
    let get =
        |digest: &str| -> Value { serde_json::from_slice(&store.object(&digest.parse().unwrap()).unwrap()).unwrap() };
    let root = get(digest);
    let mut level: Vec<Value> = root["pieces"].as_array().unwrap().clone();
    for _ in 0..=root["depth"].as_u64().unwrap() {
        level = level.iter().flat_map(|piece| get(piece.as_str().unwrap()).as_array().unwrap().clone()).collect();
    }
    assert_eq!(root["count"], level.len());
    level
}

/// Paths and digests of all files in a manifest.
fn files(store: &Ledger<FolderStorage>, digest: &str, prefix: &str, into: &mut BTreeMap<String, Value>) {
    for entry in entries(store, digest) {
        let path = format!("{prefix}{}", entry["name"].as_str().unwrap());
        match entry["folder"].as_str() {
            Some(folder) => files(store, folder, &format!("{path}/"), into),
            None => {
                into.insert(path, entry);
            }
        }
    }
}

fn bytes_below(folder: &Path) -> u64 {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        sum += if entry.path().is_dir() { bytes_below(&entry.path()) } else { entry.metadata().unwrap().len() };
    }
    sum
}

#[test]
fn a_record_is_a_statement_named_by_its_digest_and_everything_it_names_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let judged = acme();
    let kept = keep(judged, folder.path(), "2026-11-21T00:00:00Z");
    let bytes = std::fs::read(&kept.path).unwrap();
    assert_eq!(RecordId::of(&bytes), kept.id);
    let name = kept.id.to_string();
    assert!(kept.path.ends_with(format!("records/{}/{}.json", &name[..2], &name[2..])));

    let statement = read(&kept.path);
    assert_eq!(statement["_type"], STATEMENT_TYPE);
    assert_eq!(statement["predicateType"], PREDICATE_TYPE);
    let predicate = &statement["predicate"];
    assert_eq!(predicate["verdict"], "blocked");
    assert_eq!(predicate["evaluationTime"], "2026-11-21T00:00:00Z");
    assert_eq!(predicate["findings"]["blocking"].as_array().unwrap().len(), 3);

    let store = ledger(folder.path());
    let mut found = BTreeMap::new();
    files(&store, predicate["population"]["digest"]["sha256"].as_str().unwrap(), "", &mut found);
    let wanted: Vec<&str> = judged.opened.comparison.head.files.iter().map(|file| &*file.path).collect();
    assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), wanted, "every file of head, and no other");
    for file in &judged.opened.comparison.head.files {
        assert_eq!(found[&*file.path]["sha256"], file.digest().unwrap().to_string());
    }
    let findings = entries(&store, predicate["findings"]["digest"]["sha256"].as_str().unwrap());
    assert_eq!(findings.len(), judged.record.judgement.findings.len());
    let rules = entries(&store, predicate["rules"]["digest"]["sha256"].as_str().unwrap());
    assert!(rules.iter().any(|rule| rule["path"] == "countersign.yaml"));
}

/// A record in which nothing is left out that may be.
pub(super) fn full_statement() -> Statement {
    let (mut statement, _) = acme().statement("2026-11-21T00:00:00Z", "2026-11-21T00:00:00Z");
    let descriptor = statement.predicate.rules.clone();
    let predicate = &mut statement.predicate;
    predicate.config = Some(descriptor.clone());
    predicate.people = Some(statement::Imported { digest: descriptor.digest.clone(), count: 3 });
    predicate.imports = vec![descriptor.clone()];
    predicate.review = Some(descriptor.clone());
    predicate.pseudonyms = Some(descriptor);
    predicate.merge =
        Some(MergeInfo { strategy: "predicted".into(), merge_base: "0".repeat(40), git_tree: Some("1".repeat(40)) });
    predicate.error = Some("no rules".to_owned());
    predicate.retention =
        Some(Retention::of(crate::rules::RetentionClass::Attachment, 0, &crate::rules::RetentionConfig::default()));
    predicate.ci = BTreeMap::from([("runUri".into(), "https://ci.example/1".to_owned())]);
    let value = serde_json::to_value(&statement).unwrap();
    // Whoever adds a field that may be left out fills it in here.
    let fields = value["predicate"].as_object().unwrap().len();
    assert_eq!(fields, 26, "{value:#}");
    statement
}

#[test]
fn the_bytes_are_canonical() {
    let folder = tempfile::tempdir().unwrap();
    let kept = keep(acme(), folder.path(), "2026-11-21T00:00:00Z");
    let bytes = std::fs::read(&kept.path).unwrap();
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(serde_json_canonicalizer::to_vec(&value).unwrap(), bytes);
}

#[test]
fn what_two_identical_judgements_share_has_one_digest_and_their_times_are_outside_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = read(&keep(acme(), folder.path(), "2026-11-21T00:00:00Z").path);
    let second = read(&keep(acme(), folder.path(), "2026-11-21T07:00:00Z").path);
    assert_ne!(first, second);
    assert_eq!(first["predicate"]["resultDigest"], second["predicate"]["resultDigest"]);

    let other = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme/base");
    let third = read(&keep(&judge(&other, Some(&other)), folder.path(), "2026-11-21T00:00:00Z").path);
    assert_ne!(first["predicate"]["resultDigest"], third["predicate"]["resultDigest"]);
}

#[test]
fn a_passing_evaluation_and_an_error_are_kept_too() {
    let tree = tempfile::tempdir().unwrap();
    let evidence = tempfile::tempdir().unwrap();
    let empty = read(&keep(&judge(tree.path(), None), evidence.path(), "").path);
    assert_eq!(
        (&empty["predicate"]["verdict"], &empty["predicate"]["outcome"]),
        (&"pass".into(), &"not_applicable".into())
    );
    std::fs::write(tree.path().join("a.yaml"), "apiVersion: countersign.dev/v1\nkind: Person\nkind: Person\n").unwrap();
    let error = read(&keep(&judge(tree.path(), None), evidence.path(), "").path);
    assert_eq!(
        (&error["predicate"]["verdict"], &error["predicate"]["outcome"]),
        (&"error".into(), &"not_evaluated".into())
    );
}

/// A repository of 2,000 files, all in few folders, with many findings; one file changes.
#[test]
fn one_changed_file_among_two_thousand_adds_at_most_twenty_kilobytes() {
    let tree = tempfile::tempdir().unwrap();
    let evidence = tempfile::tempdir().unwrap();
    let role = "apiVersion: countersign.dev/v1\nkind: Role\nmetadata: {id: all}\nspec: {system: erp, permissions: [Vendors, Pay Bills]}\n";
    let system = "apiVersion: countersign.dev/v1\nkind: System\nmetadata: {id: erp}\nspec: {type: netsuite}\n";
    std::fs::write(tree.path().join("role.yaml"), format!("{role}---\n{system}")).unwrap();
    let grant = |n: usize, entity: &str| {
        format!(
            "apiVersion: countersign.dev/v1\nkind: Person\nmetadata: {{id: p{n}}}\nspec: {{}}\n---\napiVersion: \
             countersign.dev/v1\nkind: Grant\nspec: {{system: erp, to: 'person:p{n}', role: all, scope: {{legal_entity: \
             {entity}}}}}\n"
        )
    };
    for n in 0..1999 {
        let folder = tree.path().join(format!("people/{}", n % 3));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("person-{n:04}.yaml")), grant(n, "DE01")).unwrap();
    }
    let first = judge(tree.path(), Some(tree.path()));
    assert!(first.record.judgement.findings.len() > 1999, "the repository has many findings");
    keep(&first, evidence.path(), "2026-11-21T00:00:00Z");
    let before = bytes_below(evidence.path());
    std::fs::write(tree.path().join("people/1/person-1000.yaml"), grant(1000, "US01")).unwrap();
    keep(&judge(tree.path(), Some(tree.path())), evidence.path(), "2026-11-21T01:00:00Z");
    let added = bytes_below(evidence.path()) - before;
    assert!(added <= 20_000, "{added} bytes were added");
    println!("{added} bytes were added");
}

#[test]
fn nothing_is_kept_where_a_file_stands_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("evidence");
    std::fs::write(&blocked, "a file").unwrap();
    let judged = acme();
    let (statement, objects) = judged.statement("", "");
    ledger(&blocked).keep(&statement, objects).unwrap_err();
    assert_eq!(std::fs::read(&blocked).unwrap(), b"a file");
}

#[test]
fn the_version_of_the_rego_library_is_the_locked_one() {
    let lock = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let wanted = format!("name = \"regorus\"\nversion = \"{}\"", record::REGORUS_VERSION);
    assert!(lock.contains(&wanted), "{wanted}");
}
