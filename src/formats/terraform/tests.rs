//! Whole trees: which units they make, what they declare, and what two trees share.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::formats::cases::render_files;
use crate::formats::{Class, Reader, Reading};
use crate::rules::{RuleFile, Rules};
use crate::source::{Content, FileKind, SourceFile, Tree};
use crate::store::Digest;

fn tree(files: &[(&str, &str)]) -> Tree {
    let mut files: Vec<SourceFile> = files
        .iter()
        .map(|(path, text)| SourceFile {
            path: (*path).into(),
            kind: FileKind::Regular,
            content: Content::Bytes { bytes: Arc::from(text.as_bytes()), digest: Digest::of(text.as_bytes()) },
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Tree { files, commit: None, tree: None }
}

fn rules(config: &str) -> Rules {
    Rules::load(&[RuleFile::new("countersign.yaml", config.as_bytes().to_vec())], None).unwrap()
}

pub(super) fn read(files: &[(&str, &str)]) -> Reading {
    Reader::default().read(&tree(files), &rules("version: 1\n"))
}

/// The members of each unit of Terraform.
fn units(reading: &Reading) -> Vec<Vec<&str>> {
    let own = reading.units.iter().filter(|unit| unit.format == "terraform");
    own.map(|unit| unit.files.iter().map(|file| &**file).collect()).collect()
}

fn files_below(root: &Path, folder: &Path, into: &mut Vec<(String, String)>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files_below(root, &path, into);
        } else if path.extension().is_none_or(|extension| extension != "snap") {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            into.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Runs every `testdata/formats/terraform-*/`: a tree, its units and facts in `facts.snap`.
#[test]
fn cases() {
    insta::glob!("../../../testdata/formats", "terraform-*", |folder| {
        let mut files = Vec::new();
        files_below(folder, folder, &mut files);
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let config =
            files.iter().find(|(path, _)| *path == "countersign.yaml").map_or("version: 1\n", |(_, text)| text);
        let reading = Reader::default().read(&tree(&files), &rules(config));
        let mut shown = String::new();
        for found in &reading.not_lowered {
            shown += &format!("{} {:?}: {}\n", found.file, found.gap, found.reason);
        }
        for unit in reading.units.iter().filter(|unit| unit.format == "terraform") {
            let sources: Vec<(&str, &[u8])> = unit
                .files
                .iter()
                .map(|path| (&**path, files.iter().find(|(own, _)| *own == &**path).unwrap().1.as_bytes()))
                .collect();
            shown += &format!("unit {}\n{}", unit.files.join(" "), render_files(&unit.facts, &sources));
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.remove_snapshot_suffix();
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("facts", shown));
    });
}

#[test]
fn each_root_is_a_unit_with_the_modules_that_it_calls() {
    let call = "module \"m\" {\n source = \"../m\"\n}\n";
    let reading = read(&[
        ("a/main.tf", call),
        ("b/main.tf", call),
        ("b/terraform.tfvars", ""),
        ("m/main.tf", "resource \"x\" \"y\" {\n v = file(\"${path.module}/v.txt\")\n}\n"),
        ("m/v.txt", "v"),
        ("ring/one/main.tf", "module \"m\" {\n source = \"../two\"\n}\n"),
        ("ring/two/main.tf", "module \"m\" {\n source = \"../one\"\n}\n"),
    ]);
    assert_eq!(
        units(&reading),
        [
            vec!["a/main.tf", "m/main.tf", "m/v.txt"],
            vec!["b/main.tf", "b/terraform.tfvars", "m/main.tf", "m/v.txt"],
            vec!["ring/one/main.tf", "ring/two/main.tf"],
        ]
    );
    // What a unit reads is part of what it declares.
    assert!(reading.classes.iter().all(|class| *class == Class::Definition), "{:?}", reading.classes);
}

#[test]
fn two_trees_share_a_configuration_until_something_that_it_read_differs() {
    let files = [
        ("a/main.tf", "module \"m\" {\n source = \"../m\"\n}\nlocals {\n f = fileset(path.module, \"*.json\")\n}\n"),
        ("b/main.tf", "resource \"x\" \"y\" {\n for_each = fileset(path.module, \"*.json\")\n}\n"),
        ("m/main.tf", "resource \"x\" \"y\" {\n v = fileexists(\"${path.module}/v.txt\")\n}\n"),
    ];
    let (reader, rules) = (Reader::default(), rules("version: 1\n"));
    let facts = |files: &[(&str, &str)]| {
        let reading = reader.read(&tree(files), &rules);
        let of =
            |folder: &str| reading.units.iter().find(|unit| unit.files[0].starts_with(folder)).unwrap().facts.clone();
        (of("a/"), of("b/"))
    };
    let with = |path: &'static str| files.iter().copied().chain([(path, "x")]).collect::<Vec<_>>();
    let base = facts(&files);
    for (head, same_a, same_b) in [
        (files.to_vec(), true, true),
        (with("c/unrelated.txt"), true, true),
        (with("m/v.txt"), false, true),
        (with("b/new.json"), true, false),
    ] {
        let own = facts(&head);
        assert_eq!((Arc::ptr_eq(&base.0, &own.0), Arc::ptr_eq(&base.1, &own.1)), (same_a, same_b), "{head:?}");
    }
}

#[test]
fn a_broken_file_costs_that_file() {
    let reading = read(&[
        ("good.tf", "resource \"aws_iam_user\" \"a\" {\n name = \"a\"\n}\n"),
        ("bad.tf", "resource \"aws_iam_user\" \"b\" {\n name = \n}\n"),
    ]);
    assert_eq!(reading.not_lowered.len(), 1);
    assert_eq!(&*reading.not_lowered[0].file, "bad.tf");
    assert_eq!(reading.units[0].facts.accounts.len(), 1);
}

#[test]
fn what_is_excluded_is_not_read() {
    let rules = rules("version: 1\nexclude: [\"m/**\"]\n");
    let files = [
        ("main.tf", "module \"m\" {\n source = \"./m\"\n}\n"),
        ("m/main.tf", "resource \"aws_iam_user\" \"a\" {\n name = \"a\"\n}\n"),
    ];
    let reading = Reader::default().read(&tree(&files), &rules);
    assert_eq!(units(&reading), [vec!["main.tf"]]);
    assert_eq!(reading.units[0].facts.unresolved[0].reason, "the module `./m` is not in the tree");
}
