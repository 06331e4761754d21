use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;
use serde_json::{Value, json};

use super::super::{ExportError, Exported, files, opa};
use crate::evidence::judging::{Judged, acme, judged};
use crate::gate::judging::{AS_OF, Opened};
use crate::gate::policy_data;
use crate::policy::{Engine, Input};
use crate::rules::RuleFile;

pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// An engine that has loaded what the README's command loads.
pub(super) fn engine(files: &Files) -> Engine {
    let mut engine = Engine::empty().with_data(serde_json::json!({}));
    for (name, bytes) in files {
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        let text = std::str::from_utf8(bytes).unwrap();
        if file.ends_with(".rego") {
            engine.add(&RuleFile::new(name.clone(), bytes.clone()), text).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        } else if file.ends_with(".json") && folder != "inputs" {
            engine.add_data(serde_json::from_str(text).unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }
    engine
}

/// What the driver says.
pub(super) fn report(files: &Files) -> Value {
    let report = engine(files).value("data.countersign.export.report", &Input::new(Value::Null));
    report.unwrap_or_else(|error| panic!("{error}")).unwrap()
}

/// Of one case: documents, findings, duties, conflicts, and what differs.
type Compared = (usize, usize, usize, usize, Option<String>);

/// Employment facts are used here, so that policies that ask for them answer: only writing such an export is refused.
#[test]
fn every_case_is_derived_again() {
    let each = |(case, judged): &(&Path, &Judged)| -> Option<Compared> {
        let (exported, files) = files(&judged.opened.task()).ok()?;
        let report = report(&files);
        let Exported { documents, findings, sampled, principals } = exported;
        let counts = (&report["documents"], &report["findings"], &report["principals derived again"]);
        assert_eq!(counts, (&json!(documents), &json!(findings), &json!(sampled)), "{}", case.display());
        assert_eq!(sampled, principals, "a case is small");
        let joined: Value = serde_json::from_slice(&files["derive/expected.json"]).unwrap();
        let count = |name: &str| joined["countersign"]["joined"][name].as_array().unwrap().len();
        let differs = (report["differences"] != json!([])).then(|| format!("{case:?}: {}", report["differences"]));
        Some((documents, findings, count("duties"), count("conflicts"), differs))
    };
    let all: Vec<Compared> = judged().par_iter().filter_map(each).collect();
    let wrong: Vec<&String> = all.iter().filter_map(|compared| compared.4.as_ref()).collect();
    assert!(wrong.is_empty(), "{} cases differ: {wrong:#?}", wrong.len());
    let sum = |of: fn(&Compared) -> usize| all.iter().map(of).sum::<usize>();
    let (documents, findings) = (sum(|compared| compared.0), sum(|compared| compared.1));
    let (duties, conflicts) = (sum(|compared| compared.2), sum(|compared| compared.3));
    // So that a change that exports less is noticed.
    assert!(documents > 1000 && findings > 1500, "{documents} documents, {findings} findings");
    assert!(duties > 1500 && conflicts > 300, "{duties} duties, {conflicts} conflicts");
}

fn exported(opened: &Opened) -> Files {
    files(&opened.task()).unwrap().1
}

/// Opens the folder `head` of a place.
fn opened(place: &Path) -> Opened {
    Opened::case(place).unwrap()
}

/// Every finding that the judgement has in head or base is one that some document's policies have.
#[test]
fn what_is_expected_are_the_findings_of_the_judgement() {
    let files = exported(&acme().opened);
    let expected: Value = serde_json::from_slice(&files["expected.json"]).unwrap();
    let inputs: Value = serde_json::from_slice(&files["inputs.json"]).unwrap();
    let mut told: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (name, answers) in expected["countersign"]["exported"]["expected"].as_object().unwrap() {
        let subject = inputs["countersign"]["exported"]["subjects"][name]["subject"].as_str().unwrap();
        for answer in answers.as_array().unwrap() {
            assert!(answer.get("message").is_none() && answer.get("private").is_none());
            *told.entry((answer["policy"].as_str().unwrap().to_owned(), subject.to_owned())).or_default() += 1;
        }
    }
    let judged = acme();
    for judged in &judged.record.judgement.findings {
        let key = (judged.finding.policy.to_string(), judged.finding.subject.id.to_string());
        assert!(told.contains_key(&key), "{key:?}");
    }
}

/// A document's file is what `inputs.json` has under its name, and nothing else is there.
#[test]
fn files_of_documents_are_those_of_the_list() {
    let files = exported(&acme().opened);
    let inputs: Value = serde_json::from_slice(&files["inputs.json"]).unwrap();
    let listed = inputs["countersign"]["exported"]["inputs"].as_object().unwrap();
    let own: BTreeMap<&str, Value> = files
        .iter()
        .filter_map(|(name, bytes)| Some((name.strip_prefix("inputs/")?, serde_json::from_slice(bytes).unwrap())))
        .collect();
    assert_eq!(own.len(), listed.len());
    for (name, input) in listed {
        assert_eq!(own[&*format!("{name}.json")], *input);
    }
}

/// Policies are written as they are, and what the run was asked at is their data.
#[test]
fn policies_in_force_are_unchanged() {
    let files = exported(&acme().opened);
    for (path, text) in crate::policy::BUILT_IN {
        let id = text.split("id: ").nth(1).unwrap().lines().next().unwrap();
        assert_eq!(files[&format!("policies/{id}.rego")], text.as_bytes(), "{path}");
    }
    assert_eq!(serde_json::from_slice::<Value>(&files["data.json"]).unwrap(), policy_data(AS_OF));
}

#[test]
fn twice_is_the_same_to_the_byte() {
    assert_eq!(exported(&acme().opened), exported(&acme().opened));
}

/// Changes one JSON file of an export.
fn changed(files: &Files, name: &str, pointer: &str, change: impl FnOnce(&mut Value)) -> Files {
    let mut files = files.clone();
    let mut json: Value = serde_json::from_slice(&files[name]).unwrap();
    change(json.pointer_mut(pointer).unwrap_or_else(|| panic!("{name} has no {pointer}")));
    files.insert(name.to_owned(), serde_json::to_vec(&json).unwrap());
    files
}

/// The comparison is none that always says yes: whatever is changed on one side is told.
#[test]
fn what_was_changed_differs() {
    let files = exported(&acme().opened);
    assert_eq!(report(&files)["differences"], json!([]));
    let alice = "0001-principal-person_alice.ng";
    let atoms = "derive/atoms.json";
    let told = |files: &Files| report(files)["differences"].to_string();
    let of = |name: &str, pointer: &str, change: &dyn Fn(&mut Value)| told(&changed(&files, name, pointer, change));

    let input = format!("/countersign/exported/inputs/{alice}/conflicts");
    assert!(of("inputs.json", &input, &|list| *list = json!([])).contains("not found"));
    let expected = format!("/countersign/exported/expected/{alice}");
    assert!(of("expected.json", &expected, &|list| *list = json!([])).contains("not expected"));
    assert!(
        of("inputs.json", "/countersign/exported/inputs", &|all| drop(all.as_object_mut().unwrap().remove(alice)))
            .contains("neither here nor there")
    );
    let grants = "/countersign/atoms/grants/account:sap-treasury~1ANG";
    assert!(of(atoms, grants, &|list| *list = json!([])).contains(r#"{"not derived":["person:alice.ng","P2P-03""#));
    let grant = format!("{grants}/1");
    assert!(of(atoms, &grant, &|grant| grant["until"] = json!(AS_OF)).contains(r#"["person:alice.ng","PAY""#));
    assert!(of(atoms, &grant, &|grant| grant["held"] = json!("unknown")).contains(r#""unknown"]"#));
    assert!(of(atoms, &grant, &|grant| grant["scope"]["legal_entity"] = json!(["US01"])).contains("P2P-03"));
    let claims = "/countersign/atoms/claims/head/account:sap-treasury~1ANG";
    assert!(of(atoms, claims, &|list| *list = json!(["person:ben.okafor"])).contains(r#"["person:ben.okafor","PAY""#));
    let joined = "/countersign/joined/conflicts";
    assert!(
        of("derive/expected.json", joined, &|list| drop(list.as_array_mut().unwrap().pop())).contains("not joined")
    );
}

#[test]
fn a_folder_with_something_in_it_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let into = place.path().join("out/for-opa");
    let acme = &acme().opened;
    let again = |into: &Path| opa(&acme.task(), into);
    let first = again(&into).unwrap();
    assert_eq!(first.principals, first.sampled);
    for (name, bytes) in exported(acme) {
        assert_eq!(std::fs::read(into.join(name)).unwrap(), bytes);
    }
    assert!(matches!(again(&into), Err(ExportError::NotEmpty(_))));
    assert!(matches!(again(&into.join("README.md")), Err(ExportError::Folder(..))));
}

/// Employment facts that were imported are written nowhere.
#[test]
fn imported_employment_facts_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let (_, judged) = judged().into_iter().find(|(_, judged)| judged.opened.people.is_some()).unwrap();
    let refused = opa(&judged.opened.task(), &place.path().join("out"));
    assert!(matches!(refused, Err(ExportError::Employment)));
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join("head").join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

const SYSTEM: &str = "apiVersion: countersign.dev/v1\nkind: System\nmetadata: {id: ledger}\nspec: {type: netsuite}\n";

/// Secrets beside definitions are no part of what policies see, whether their file can be read or not.
#[test]
fn no_secret_is_exported() {
    let secret = "hunter2-correct-horse-battery";
    let place = tempfile::tempdir().unwrap();
    let token = format!(
        "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/service-account-token\nmetadata: {{name: t, namespace: n, \
         annotations: {{kubernetes.io/service-account.name: bot}}}}\nstringData: {{token: {secret}}}\n"
    );
    write(place.path(), "system.yaml", SYSTEM);
    write(place.path(), "secret.yaml", &token);
    let role = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules: []\n";
    write(place.path(), "broken.yaml", &format!("{token}{role}---\nkind: Secret\nstringData: {{a: {secret}\nb: [\n"));
    write(place.path(), "twice.yaml", &format!("{role}{}", token.replace("stringData:", "data: {}\ndata:")));
    let files = exported(&opened(place.path()));
    assert!(files.keys().any(|name| name.contains("document")), "{:?}", files.keys());
    for (name, bytes) in files {
        assert!(!String::from_utf8_lossy(&bytes).contains(secret), "{name}");
    }
}

/// Of many principals those with findings are taken, and others so that about fifty are.
#[test]
fn of_many_principals_a_sample_is_derived() {
    let place = tempfile::tempdir().unwrap();
    let mut people = String::new();
    let mut grants = String::new();
    for number in 0..200 {
        people.push_str(&format!(
            "apiVersion: countersign.dev/v1\nkind: Person\nmetadata: {{id: p{number:03}}}\nspec: {{accounts: [{{system: \
             ledger, name: P{number}}}]}}\n---\n"
        ));
        let permissions = if number == 77 { "[Bills, Pay Bills]" } else { "[Bills]" };
        grants.push_str(&format!(
            "apiVersion: countersign.dev/v1\nkind: Grant\nspec: {{system: ledger, to: 'account:ledger/P{number}', \
             permissions: {permissions}, scope: {{legal_entity: [DE01]}}}}\n---\n"
        ));
    }
    write(place.path(), "system.yaml", SYSTEM);
    write(place.path(), "people.yaml", &people);
    write(place.path(), "grants.yaml", &grants);
    let (exported, files) = files(&opened(place.path()).task()).unwrap();
    assert_eq!((exported.principals, exported.sampled), (200, 51));
    let report = report(&files);
    assert_eq!((&report["differences"], &report["principals derived again"]), (&json!([]), &json!(51)));
    let atoms: Value = serde_json::from_slice(&files["derive/atoms.json"]).unwrap();
    let atoms = &atoms["countersign"]["atoms"];
    assert!(atoms["sample"].as_array().unwrap().contains(&json!("person:p077")));
    assert_eq!(atoms["accounts"].as_object().unwrap().len(), 51, "what concerns nobody of the sample is left out");
}

/// Every step of every leg, with its line; cells that a spreadsheet would run are quoted.
#[test]
fn paths_stand_in_a_table() {
    let files = exported(&acme().opened);
    let mut reader = csv::Reader::from_reader(&*files["paths.csv"]);
    let rows: Vec<Vec<String>> = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let alice: Vec<&Vec<String>> =
        rows.iter().filter(|row| row[1] == "CS-SOD-001" && row[2] == "person:alice.ng").collect();
    let pay: Vec<(&str, &str)> = alice.iter().filter(|row| row[3] == "PAY").map(|row| (&*row[4], &*row[6])).collect();
    assert_eq!(
        pay,
        [("1", "people/finance.yaml"), ("2", "erp/grants/treasury.yaml"), ("3", "erp/roles/sap-treasury.yaml")]
    );
    assert!(alice.iter().all(|row| row[7].parse::<u32>().is_ok() && row[8] == "head"));

    let place = tempfile::tempdir().unwrap();
    write(
        place.path(),
        "=SUM(A1).yaml",
        &SYSTEM.replace("{type: netsuite}", "{type: netsuite, owner: 'person:nobody'}"),
    );
    let text = String::from_utf8(exported(&opened(place.path()))["paths.csv"].clone()).unwrap();
    assert!(text.contains(",'=SUM(A1).yaml,"), "{text}");
}
