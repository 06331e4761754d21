//! Judging folders, for tests.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Objects, Run, Statement, statement_of};
pub(super) use crate::gate::judging::Judged;
use crate::gate::judging::{CASES, Opened};

/// Judges one folder against another.
pub(super) fn judge(head: &Path, base: Option<&Path>) -> Judged {
    Opened::of(head, base, None).and_then(Judged::of).unwrap()
}

/// The case of the documentation.
pub(super) fn acme() -> &'static Judged {
    judged().into_iter().find(|(case, _)| case.ends_with("acme")).unwrap().1
}

/// Every case that is judged anywhere in the tests and comes to a judgement, with its folder. Of one whose rules or
/// records do not load, no evidence is kept.
pub(super) fn judged() -> Vec<(&'static Path, &'static Judged)> {
    CASES.iter().filter_map(|case| Some((&*case.folder, case.judged.as_ref().ok()?))).collect()
}

impl Judged {
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
