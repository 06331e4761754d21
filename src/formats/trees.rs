//! What the tests of formats share that read trees: making one, and running the cases that are one each.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cases::render_files;
use super::{Reader, Reading};
use crate::rules::{RuleFile, Rules};
use crate::source::{Content, FileKind, SourceFile, Tree};
use crate::store::Digest;

/// A tree of these files.
pub(super) fn tree(files: &[(&str, &str)]) -> Tree {
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

/// The rules of a configuration.
pub(super) fn rules(config: &str) -> Rules {
    Rules::load(&[RuleFile::new("countersign.yaml", config.as_bytes().to_vec())], None).unwrap()
}

/// Reads these files under no rules of their own.
pub(super) fn read(files: &[(&str, &str)]) -> Reading {
    Reader::default().read(&tree(files), &rules("version: 1\n"))
}

/// The members of each unit of a format.
pub(super) fn units<'r>(reading: &'r Reading, format: &str) -> Vec<Vec<&'r str>> {
    let own = reading.units.iter().filter(|unit| unit.format == format);
    own.map(|unit| unit.files.iter().map(|file| &**file).collect()).collect()
}

/// Runs every folder of `testdata/formats/` with a name like this: a tree, what its units of these formats declare in
/// `facts.snap`. A `countersign.yaml` in it counts.
pub(super) fn run_trees(pattern: &str, formats: &[&str]) {
    insta::glob!("../../testdata/formats", pattern, |folder| {
        let mut files = Vec::new();
        files_below(folder, folder, &mut files);
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.remove_snapshot_suffix();
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("facts", show(&files, formats)));
    });
}

/// What the units of these formats in a tree declare, as lines.
pub(super) fn show(files: &[(&str, &str)], formats: &[&str]) -> String {
    let all: Vec<RuleFile> = files.iter().map(|(path, text)| RuleFile::new(*path, text.as_bytes().to_vec())).collect();
    let reading = Reader::default().read(&tree(files), &Rules::load(&all, None).unwrap());
    let mut shown = String::new();
    for found in &reading.not_lowered {
        shown += &format!("{} {:?}: {}\n", found.file, found.gap, found.reason);
    }
    for unit in reading.units.iter().filter(|unit| formats.contains(&unit.format)) {
        let sources: Vec<(&str, &[u8])> = unit
            .files
            .iter()
            .map(|path| (&**path, files.iter().find(|(own, _)| *own == &**path).unwrap().1.as_bytes()))
            .collect();
        shown += &format!("unit {}\n{}", unit.files.join(" "), render_files(&unit.facts, &sources));
    }
    shown
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
