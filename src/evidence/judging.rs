//! Judging folders, for tests.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Objects, Run, Statement, statement_of};
use crate::gate::{Record, Secrets, Task, policy_data, rule_files, run, search};
use crate::policy::Bundle;
use crate::policy::untrusted::Isolation;
use crate::rules::{People, RuleFile, Rules};
use crate::source::{self, Comparison, GitEnv, Head, Request};

/// 2026-11-21T00:00:00Z.
pub(super) const AS_OF: i64 = 1_795_219_200;

/// A judgement, and all that it was made from.
pub(super) struct Judged {
    pub(super) comparison: Comparison,
    rules: Rules,
    bundle: Bundle,
    pub(super) record: Record,
    pub(super) secrets: Secrets,
    pub(super) people: Option<People>,
}

/// Opens two folders and judges the one against the other; `None` when the rules or records do not load.
pub(super) fn try_judge(head: &Path, base: Option<&Path>, people: Option<People>) -> Option<Judged> {
    let env = GitEnv::new([], std::env::temp_dir());
    let base = base.map(|base| base.to_string_lossy().into_owned());
    let comparison = source::open(&Request {
        cwd: Path::new("/"),
        path: head,
        base: base.as_deref(),
        head: Head::WorkTree,
        read_limit: 1 << 28,
        env: &env,
    })
    .unwrap();
    let rules = Rules::load(&rule_files(comparison.rules_tree()), None).ok()?;
    let bundle = Bundle::load(&rules.policies, policy_data(AS_OF)).unwrap();
    let secrets = search(&comparison, &rules, AS_OF).ok()?;
    let task = Task {
        comparison: &comparison,
        rules: &rules,
        bundle: &bundle,
        as_of: AS_OF,
        people: people.as_ref(),
        strict: false,
        revoked: &[],
        secrets: &secrets,
        review: None,
        isolation: &Isolation::InProcess,
        progress: &|_| {},
    };
    let record = run(&task).ok()?;
    Some(Judged { comparison, rules, bundle, record, secrets, people })
}

/// Judges one folder against another.
pub(super) fn judge(head: &Path, base: Option<&Path>) -> Judged {
    try_judge(head, base, None).unwrap()
}

/// The folders `base` and `head` of a case, and its employment facts.
pub(super) fn judge_case(case: &Path) -> Option<Judged> {
    let base = case.join("base");
    let people = ["people.csv", "people.json"].iter().map(|name| case.join(name)).find(|path| path.is_file());
    let people = people
        .map(|path| People::read(&RuleFile::new(path.display().to_string(), std::fs::read(&path).unwrap())).unwrap());
    try_judge(&case.join("head"), base.is_dir().then_some(&*base), people)
}

/// The case of the documentation.
pub(super) fn acme() -> Judged {
    judge_case(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme")).unwrap()
}

impl Judged {
    /// Its record, which says that it began and ended at these times, and what it names.
    pub(super) fn statement(&self, started: &str, finished: &str) -> (Statement, Objects) {
        let run = Run {
            mode: "gate",
            comparison: &self.comparison,
            rules: &self.rules,
            bundle: &self.bundle,
            record: &self.record,
            secrets: &self.secrets,
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
