//! The same access, written in HCL, in a plan, in a template and in the JSON that AWS answers with, comes to the same
//! facts: one folder of `testdata/same-access/` a shape. What a check finds in them is the same too, as a test of the
//! command line holds.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Reader;
use super::cases::render_files;
use crate::rules::{RuleFile, Rules};
use crate::source::{Content, FileKind, SourceFile, Tree};
use crate::store::Digest;

/// What one file declares, as lines without their places. A role's or grant's statements belong to its line.
fn facts(path: &str, text: &str) -> BTreeSet<String> {
    let config = b"version: 1\nsystems:\n  - paths: [\"**\"]\n    id: aws:111122223333\n";
    let rules = Rules::load(&[RuleFile::new("countersign.yaml", config.to_vec())], None).unwrap();
    let content = Content::Bytes { bytes: Arc::from(text.as_bytes()), digest: Digest::of(text.as_bytes()) };
    let file = SourceFile { path: path.into(), kind: FileKind::Regular, content };
    let reading = Reader::default().read(&Tree { files: vec![file], commit: None, tree: None }, &rules);
    assert!(reading.not_lowered.is_empty(), "{path}: {:?}", reading.not_lowered);
    assert_eq!(reading.units.len(), 1, "{path}");
    let shown = render_files(&reading.units[0].facts, &[("", text.as_bytes())]);
    let mut lines: Vec<String> = Vec::new();
    for line in shown.lines().skip(1) {
        let (_, said) = line.trim_start().split_once(' ').unwrap();
        match lines.last_mut().filter(|_| line.starts_with(' ')) {
            Some(owner) => owner.push_str(&format!("\n  {said}")),
            None => lines.push(said.to_owned()),
        }
    }
    lines.into_iter().collect()
}

#[test]
fn four_languages_come_to_the_same_facts() {
    let mut shapes = 0;
    insta::glob!("../../testdata/same-access", "*/main.tf", |path| {
        let folder = path.parent().unwrap();
        shapes += 1;
        let of = |name: &str| facts(name, &std::fs::read_to_string(folder.join(name)).unwrap());
        let files = of("main.tf");
        assert!(!files.is_empty(), "{}", folder.display());
        assert!(files.iter().all(|line| !line.contains("Unknown:") && !line.contains("Broken:")), "{files:#?}");
        for other in ["plan.json", "stack.yaml", "account.json"] {
            assert_eq!(of(other), files, "{}: {other} (left) and main.tf", folder.display());
        }
    });
    assert!(shapes >= 12, "{shapes}");
}
