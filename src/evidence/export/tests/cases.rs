use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::{Exported, files};
use crate::gate::{Task, policy_data, rule_files};
use crate::policy::untrusted::Isolation;
use crate::policy::{Bundle, Engine, Input};
use crate::rules::{People, RuleFile, Rules};
use crate::source::{self, GitEnv, Head, Request};

/// 2026-11-21T00:00:00Z.
const AS_OF: i64 = 1_795_219_200;

/// Gives the task of a case to something; `None` when its rules do not load.
pub(super) fn with_task<T>(case: &Path, use_people: bool, then: impl FnOnce(&Task<'_>) -> T) -> Option<T> {
    let env = GitEnv::new([], std::env::temp_dir());
    let base = case.join("base");
    let base = base.is_dir().then(|| base.to_string_lossy().into_owned());
    let comparison = source::open(&Request {
        cwd: Path::new("/"),
        path: &case.join("head"),
        base: base.as_deref(),
        head: Head::WorkTree,
        read_limit: 1 << 28,
        env: &env,
    })
    .unwrap();
    let people = ["people.csv", "people.json"].iter().map(|name| case.join(name)).find(|path| path.is_file());
    let people = people
        .filter(|_| use_people)
        .map(|path| People::read(&RuleFile::new(path.display().to_string(), std::fs::read(&path).unwrap())).unwrap());
    let rules = Rules::load(&rule_files(comparison.rules_tree()), None).ok()?;
    let bundle = Bundle::load(&rules.policies, policy_data(AS_OF)).unwrap();
    Some(then(&Task {
        comparison: &comparison,
        rules: &rules,
        bundle: &bundle,
        as_of: AS_OF,
        people: people.as_ref(),
        strict: false,
        review: None,
        isolation: &Isolation::InProcess,
        progress: &|_| {},
    }))
}

pub(super) fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut all: Vec<PathBuf> = ["bypass", "check"]
        .iter()
        .flat_map(|name| std::fs::read_dir(root.join(name)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("head").is_dir())
        .collect();
    all.push(root.join("acme"));
    all.sort();
    all
}

pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// An engine that has loaded what the README's command loads.
pub(super) fn engine(files: &Files) -> Engine {
    let mut engine = Engine::new(serde_json::json!({}));
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

pub(super) fn report(engine: &mut Engine) -> Value {
    engine.value("data.countersign.export.report", &Input::new(Value::Null)).unwrap().unwrap()
}

#[test]
fn every_case_is_derived_again() {
    let (mut documents, mut findings, mut principals, mut duties, mut conflicts) = (0, 0, 0, 0, 0);
    let mut wrong = Vec::new();
    for case in cases() {
        let found = with_task(&case, true, |task| files(task).ok()).flatten();
        let Some((exported, files)) = found else { continue };
        let report = match engine(&files).value("data.countersign.export.report", &Input::new(Value::Null)) {
            Ok(Some(report)) => report,
            other => {
                wrong.push(format!("{}: {other:?}", case.display()));
                continue;
            }
        };
        if report["differences"] != serde_json::json!([]) {
            wrong.push(format!("{}: {}", case.display(), report["differences"]));
        }
        let Exported { documents: all, findings: answers, sampled, .. } = exported;
        assert_eq!(report["documents"], all);
        assert_eq!(report["principals derived again"], sampled);
        assert_eq!(report["findings"], answers);
        let joined: Value = serde_json::from_slice(&files["derive/expected.json"]).unwrap();
        duties += joined["countersign"]["joined"]["duties"].as_array().unwrap().len();
        conflicts += joined["countersign"]["joined"]["conflicts"].as_array().unwrap().len();
        documents += all;
        findings += answers;
        principals += sampled;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    eprintln!("{documents} {findings} {principals} {duties} {conflicts}");
}
#[test]
fn debug() {
    let case =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(std::env::var("CASE").unwrap_or("acme".into()));
    let (_, files) = with_task(&case, true, |task| files(task).unwrap()).unwrap();
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tmp/export");
    let _ = std::fs::remove_dir_all(&out);
    for (name, bytes) in &files {
        let path = out.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    for rule in std::env::var("RULES").unwrap().split(' ') {
        let mut engine = engine(&files);
        let at = std::time::Instant::now();
        let value = engine.value(&format!("data.countersign.{rule}"), &Input::new(Value::Null));
        let text = format!("{value:?}");
        eprintln!("{rule}: {:?} {}", at.elapsed(), &text[..text.len().min(600)]);
    }
}
