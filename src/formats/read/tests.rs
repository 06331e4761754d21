//! What becomes of each file, and what two trees share.

use std::sync::Arc;

use super::*;
use crate::rules::RuleFile;
use crate::source::FileKind;

const ROLE: &str = "apiVersion: countersign.dev/v1\nkind: Role\nmetadata: {id: clerk}\nspec: {system: ledger}\n";
const BROKEN: &str = "apiVersion: countersign.dev/v1\nkind: Role\nspec: {\n";
const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#;
const RBAC: &str = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\nrules: []\n";
const ORG: &str = "orgs:\n  acme:\n    admins: [ada]\n";

fn file(path: &str, content: Content) -> SourceFile {
    SourceFile { path: path.into(), kind: FileKind::Regular, content }
}

fn written(path: &str, text: &[u8]) -> SourceFile {
    file(path, Content::Bytes { bytes: Arc::from(text), digest: Digest::of(text) })
}

fn tree(mut files: Vec<SourceFile>) -> Tree {
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Tree { files, commit: None, tree: None }
}

fn rules(config: &str) -> Rules {
    Rules::load(&[RuleFile::new("countersign.yaml", config.as_bytes().to_vec())], None).unwrap()
}

/// The class of one file under a configuration.
fn class(config: &str, file: SourceFile) -> Class {
    let reading = Reader::default().read(&tree(vec![file]), &rules(config));
    let [class] = *reading.classes else { panic!("{:?}", reading.classes) };
    class
}

#[test]
fn every_kind_of_file_has_its_class() {
    let cases: [(&str, &[u8], Class); 9] = [
        ("roles.yaml", ROLE.as_bytes(), Class::Definition),
        ("roles.yaml", BROKEN.as_bytes(), Class::NotEvaluated),
        ("countersign.yaml", ROLE.as_bytes(), Class::Rule),
        (".countersign/approvals/a.yaml", ROLE.as_bytes(), Class::Rule),
        ("compose.yaml", b"services: {web: {image: shop}}\n", Class::Other),
        ("compose.yaml", b"services: {web: [\n", Class::Other),
        ("photo.yaml", b"\x89PNG\0apiVersion: countersign.dev/v1", Class::Other),
        ("empty.yaml", b"", Class::Other),
        ("roles.yaml", b"apiVersion: countersign.dev/v1\nkind: Role\n# \xff\n", Class::NotEvaluated),
    ];
    for (path, text, expected) in cases {
        assert_eq!(class("version: 1\n", written(path, text)), expected, "{path}: {}", String::from_utf8_lossy(text));
    }
}

#[test]
fn classes_stand_in_the_order_of_the_tree() {
    let files = vec![written("b.yaml", ROLE.as_bytes()), written("a.txt", b"text"), written("c.yaml", b"{")];
    let reading = Reader::default().read(&tree(files), &rules("version: 1\n"));
    assert_eq!(reading.classes, [Class::Other, Class::Definition, Class::Other]);
}

#[test]
fn a_definition_is_known_by_its_content_whatever_the_file_is_called() {
    for name in ["roles", "roles.txt", "roles.conf.bak", "LICENSE", "a.rs"] {
        for text in [ROLE, RBAC, POLICY, ORG, r#"{"orgs": {"acme": {"admins": ["ada"]}}}"#] {
            assert_eq!(class("version: 1\n", written(name, text.as_bytes())), Class::Definition, "{name}: {text}");
        }
    }
}

#[test]
fn prose_that_quotes_a_definition_is_left_alone() {
    let text = format!("# Roles\n\nWrite:\n\n```yaml\n{ROLE}```\n");
    assert_eq!(class("version: 1\n", written("docs/roles.md", text.as_bytes())), Class::Other);
}

#[test]
fn broken_data_in_scope_is_reported_even_when_it_looks_like_nothing() {
    let broken = || written("access/who.yaml", b"a: [\n");
    assert_eq!(class("version: 1\n", broken()), Class::Other);
    assert_eq!(class("version: 1\nin_scope: [\"access/**\"]\n", broken()), Class::NotEvaluated);
}

#[test]
fn utf_16_is_not_taken_for_a_picture() {
    for big in [false, true] {
        let units = std::iter::once(0xFEFF).chain(ROLE.encode_utf16());
        let bytes: Vec<u8> = units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
        assert_eq!(class("version: 1\n", written("roles.yaml", &bytes)), Class::NotEvaluated, "big-endian: {big}");
    }
}

#[test]
fn include_and_exclude_decide_what_is_read() {
    let role = |path| written(path, ROLE.as_bytes());
    let include = "version: 1\ninclude: [\"erp/**\"]\n";
    assert_eq!(class(include, role("erp/a/roles.yaml")), Class::Definition);
    assert_eq!(class(include, role("crm/roles.yaml")), Class::Excluded);
    let both = "version: 1\ninclude: [\"erp/**\"]\nexclude: [erp/examples]\n";
    assert_eq!(class(both, role("erp/roles.yaml")), Class::Definition);
    assert_eq!(class(both, role("erp/examples/roles.yaml")), Class::Excluded);
    // What is excluded is not even looked at.
    assert_eq!(class(both, written("erp/examples/bad.yaml", BROKEN.as_bytes())), Class::Excluded);
}

#[test]
fn what_could_not_be_read_is_reported_unless_nothing_is_lost() {
    let config = rules("version: 1\n");
    let unreadable = || NotRead::Unreadable { reason: "permission denied".to_owned() };
    let cases = [
        ("a.yaml", NotRead::Link { inside: true }, Class::NotRead, None),
        ("a.yaml", NotRead::Link { inside: false }, Class::NotRead, Some(Gap::NotRead)),
        ("vendor", NotRead::Submodule, Class::NotRead, Some(Gap::NotRead)),
        ("a.yaml", unreadable(), Class::NotEvaluated, Some(Gap::Broken)),
        ("a.png", unreadable(), Class::NotRead, Some(Gap::NotRead)),
        ("a.json", NotRead::TooLarge { bytes: 1 << 40 }, Class::NotEvaluated, Some(Gap::Broken)),
        ("a.mp4", NotRead::TooLarge { bytes: 1 << 40 }, Class::NotRead, Some(Gap::NotRead)),
    ];
    for (path, reason, class, gap) in cases {
        let reading = Reader::default().read(&tree(vec![file(path, Content::NotRead(reason.clone()))]), &config);
        assert_eq!(reading.classes, [class], "{path}: {reason}");
        assert_eq!(reading.not_lowered.first().map(|found| found.gap), gap, "{path}: {reason}");
    }
}

#[test]
fn a_file_says_which_formats_it_holds() {
    let both = format!("{ROLE}---\n{RBAC}---\nneither: true\n");
    let reading = Reader::default()
        .read(&tree(vec![written("all.yaml", both.as_bytes())]), &rules("version: 1\nin_scope: [all.yaml]\n"));
    assert_eq!(reading.formats["all.yaml"], BTreeSet::from(["kubernetes-rbac", "manifest"]));
    assert_eq!(reading.in_scope, 1);
    assert_eq!(reading.units.len(), 2);
}

#[test]
fn two_trees_share_what_they_have_in_common() {
    let rules = rules("version: 1\n");
    let reader = Reader::default();
    let first =
        reader.read(&tree(vec![written("a.yaml", ROLE.as_bytes()), written("b.yaml", RBAC.as_bytes())]), &rules);
    let second =
        reader.read(&tree(vec![written("a.yaml", ROLE.as_bytes()), written("b.yaml", ORG.as_bytes())]), &rules);
    let facts = |reading: &Reading, path: &str| {
        reading.units.iter().find(|unit| unit.files.iter().any(|file| **file == *path)).unwrap().facts.clone()
    };
    assert!(Arc::ptr_eq(&facts(&first, "a.yaml"), &facts(&second, "a.yaml")));
    assert!(!Arc::ptr_eq(&facts(&first, "b.yaml"), &facts(&second, "b.yaml")));
    // The facts of a moved file are lowered again, since a path can name the system.
    let moved = reader.read(&tree(vec![written("moved.yaml", ROLE.as_bytes())]), &rules);
    assert!(!Arc::ptr_eq(&facts(&first, "a.yaml"), &facts(&moved, "moved.yaml")));
    // Only the organisation's tree is kept, since its unit may gain files; the others were lowered alone.
    assert_eq!(reader.parsed.lock().unwrap().len(), 1);
}

#[test]
fn the_system_of_a_path_is_part_of_what_is_remembered() {
    let reader = Reader::default();
    let text = "apiVersion: countersign.dev/v1\nkind: Role\nmetadata: {id: clerk}\nspec: {}\n";
    let files = || tree(vec![written("erp/a.yaml", text.as_bytes())]);
    let system = |config: &str| reader.read(&files(), &rules(config)).units[0].facts.roles[0].id.system.clone();
    assert_eq!(&*system("version: 1\nsystems: [{paths: [erp], id: blue}]\n"), "blue");
    assert_eq!(&*system("version: 1\nsystems: [{paths: [erp], id: green}]\n"), "green");
}
