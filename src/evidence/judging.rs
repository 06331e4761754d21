//! Judging folders, for tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use rayon::prelude::*;

use super::{Objects, Run, Statement, statement_of};
use crate::gate::Record;
use crate::gate::judging::Opened;
use crate::rules::RuleError;

/// A judgement, and all that it was made from.
pub(super) struct Judged {
    pub(super) opened: Opened,
    pub(super) record: Record,
}

/// Judges one folder against another.
pub(super) fn judge(head: &Path, base: Option<&Path>) -> Judged {
    Judged::of(Opened::of(head, base, None)).unwrap()
}

/// The case of the documentation.
pub(super) fn acme() -> Judged {
    Judged::of(Opened::case(&acme_folder())).unwrap()
}

fn acme_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme")
}

/// Every case that is judged anywhere in the tests and comes to a judgement, with its folder. Of one whose rules or
/// records do not load, no evidence is kept.
pub(super) static CASES: LazyLock<Vec<(PathBuf, Judged)>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut all: Vec<PathBuf> = ["bypass", "check"]
        .iter()
        .flat_map(|name| std::fs::read_dir(root.join(name)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("head").is_dir())
        .collect();
    all.push(acme_folder());
    all.sort();
    let judged = all.into_par_iter().filter_map(|case| {
        let judged = Judged::of(Opened::case(&case)).ok()?;
        Some((case, judged))
    });
    judged.collect()
});

impl Judged {
    fn of(opened: Result<Opened, Vec<RuleError>>) -> Result<Self, Vec<RuleError>> {
        let opened = opened?;
        Ok(Self { record: opened.run()?, opened })
    }

    /// Its record, which says that it began and ended at these times, and what it names.
    pub(super) fn statement(&self, started: &str, finished: &str) -> (Statement, Objects) {
        let run = Run {
            mode: "gate",
            comparison: &self.opened.comparison,
            rules: &self.opened.rules,
            bundle: &self.opened.bundle,
            record: &self.record,
            secrets: &self.opened.secrets,
            strict: false,
            review: None,
            started_on: started.to_owned(),
            finished_on: finished.to_owned(),
            version: env!("CARGO_PKG_VERSION"),
            binary: None,
            ci: BTreeMap::new(),
        };
        let mut objects = Objects::default();
        let statement = statement_of(&run, &mut objects);
        (statement, objects)
    }
}

/// Writes files below a folder.
pub(super) fn write(root: &Path, files: &[(&str, &[u8])]) {
    for (path, bytes) in files {
        let file = root.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
}
