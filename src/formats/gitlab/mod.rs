//! Pipelines of GitLab CI/CD: which identities elsewhere each job takes on, and which credentials it holds.
//!
//! A job is an account in the system of its group, like a job of GitHub Actions. A `.gitlab-ci.yml` is read with the files of
//! the tree that it includes and the child pipelines that it starts. Syntax and meaning are those of GitLab's documentation,
//! "CI/CD YAML syntax reference".

mod config;
mod jobs;
mod tokens;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use super::documents::Documents;
use super::{Files, Format, Grouping, Recognise, Unit};
use crate::facts::{Facts, Gap, Text};
use crate::syntax::Node;

/// The row of the format table.
pub const FORMAT: Format = Format {
    name: "gitlab-ci",
    recognise: Recognise::Data(recognise),
    suspect: |path, _, _| is_named(path).then_some(Gap::Broken),
    unit: Grouping::Reaching(starts),
    lower,
};

/// The name that GitLab looks for.
const FILE: &str = ".gitlab-ci.yml";

/// The system of pipelines where the configuration names none.
const DEFAULT_SYSTEM: &str = "gitlab";

fn is_named(path: &str) -> bool {
    path.rsplit('/').next() == Some(FILE)
}

fn recognise(path: &str, document: &Node) -> bool {
    is_named(path) && document.as_map().is_some()
}

/// Each file starts a unit, unless the one at the root names it: then it is read there.
fn starts(all: &BTreeSet<&str>, tree: &Files<'_>) -> BTreeMap<String, Vec<String>> {
    let root = all.contains(FILE).then(|| tree.read(FILE)).flatten();
    let text = root.map(|file| String::from_utf8_lossy(&file.bytes).into_owned()).unwrap_or_default();
    all.iter()
        .filter(|path| **path == FILE || !text.contains(**path))
        .map(|path| ((*path).to_owned(), vec![(*path).to_owned()]))
        .collect()
}

fn lower(unit: &Unit<'_>) -> Facts {
    let mut facts = Facts::default();
    let (Some(tree), Some(first)) = (unit.tree, unit.files.first()) else { return facts };
    let system = first.system.as_ref().map_or_else(|| Text::from(DEFAULT_SYSTEM), |hint| hint.id.clone());
    let folder = first.path.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
    let mut reader = jobs::Reader { tree, system, facts: &mut facts, said: BTreeSet::new(), budget: config::MAX_NODES };
    reader.pipeline(&[first.path.to_owned()], &format!("pipeline/{folder}"), 0);
    facts
}

/// The documents of a file that are maps; a header that says what it may be given (`spec`) is none of its content.
fn content(documents: &Documents) -> Option<&Node> {
    match documents {
        Documents::Data(Ok(documents)) => documents
            .iter()
            .find(|node| node.as_map().is_some() && (node.get("spec").is_none() || documents.len() == 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::trees::{read, run_trees, units};

    #[test]
    fn cases() {
        run_trees("gitlab-*", &[FORMAT.name]);
    }

    #[test]
    fn a_file_that_the_root_reads_is_no_pipeline_of_its_own() {
        let reading = read(&[
            (".gitlab-ci.yml", "include: a/.gitlab-ci.yml\njob: {script: [x]}\n"),
            ("a/.gitlab-ci.yml", "inner: {script: [x]}\n"),
            ("b/.gitlab-ci.yml", "other: {script: [x]}\n"),
            ("c/ci.yml", "nothing: {script: [x]}\n"),
        ]);
        assert_eq!(
            units(&reading, FORMAT.name),
            [vec![".gitlab-ci.yml", "a/.gitlab-ci.yml"], vec!["b/.gitlab-ci.yml"]]
        );
    }

    #[test]
    fn includes_and_extends_in_circles_end() {
        let reading = read(&[
            (
                ".gitlab-ci.yml",
                "include: /x.yml\n.a: {extends: .b}\n.b: {extends: .a}\njob: {extends: .a, script: [x]}\n",
            ),
            (
                "x.yml",
                "include: {local: .gitlab-ci.yml}\nv: &v [!reference [v]]\nw: {script: !reference [w, script]}\n",
            ),
        ]);
        let facts = &reading.units[0].facts;
        let reasons: Vec<&str> = facts.unresolved.iter().map(|own| own.reason.as_str()).collect();
        assert!(reasons.iter().any(|own| own.contains("`extends`")), "{reasons:?}");
        assert!(reasons.iter().any(|own| own.contains("`!reference`")), "{reasons:?}");
    }
}
