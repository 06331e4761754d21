//! Folders with everything that judging them takes, for tests.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use rayon::prelude::*;

use super::*;
use crate::policy::Bundle;
use crate::policy::untrusted::Isolation;
use crate::rules::{People, RuleError, RuleFile, Rules};
use crate::source::{Comparison, GitEnv, Head, Request};

/// 2026-11-21T00:00:00Z.
pub(crate) const AS_OF: i64 = 1_795_219_200;

/// The policies of repositories without any of their own.
static BUILT_IN: LazyLock<Arc<Bundle>> = LazyLock::new(|| Arc::new(Bundle::load(&[], policy_data(AS_OF)).unwrap()));

/// Two folders that were opened, or one.
pub(crate) struct Opened {
    pub(crate) comparison: Comparison,
    pub(crate) rules: Rules,
    pub(crate) bundle: Arc<Bundle>,
    pub(crate) secrets: Secrets,
    pub(crate) people: Option<People>,
}

impl Opened {
    /// Opens a folder, and another one that it is compared with; the errors where the rules cannot be read.
    pub(crate) fn of(head: &Path, base: Option<&Path>, people: Option<People>) -> Result<Self, Vec<RuleError>> {
        // A folder within a work tree would stand for all of it.
        let above = head.parent().map_or_else(OsString::new, |above| above.canonicalize().unwrap().into());
        let env = GitEnv::new([("GIT_CEILING_DIRECTORIES".into(), above)], std::env::temp_dir());
        let base = base.map(|base| base.to_string_lossy().into_owned());
        let comparison = crate::source::open(&Request {
            cwd: Path::new("/"),
            path: head,
            base: base.as_deref(),
            head: Head::WorkTree,
            read_limit: 1 << 28,
            env: &env,
        })
        .unwrap();
        let rules = Rules::load(&rule_files(comparison.rules_tree()), None)?;
        let bundle = match &*rules.policies {
            [] => BUILT_IN.clone(),
            own => Arc::new(Bundle::load(own, policy_data(AS_OF))?),
        };
        let secrets = search(&comparison, &rules, AS_OF)?;
        Ok(Self { comparison, rules, bundle, secrets, people })
    }

    /// Opens the folders `head` and `base` of a case (`base` may be missing), with its employment facts.
    pub(crate) fn case(case: &Path) -> Result<Self, Vec<RuleError>> {
        let base = case.join("base");
        Self::of(&case.join("head"), base.is_dir().then_some(&*base), employment(case))
    }

    pub(crate) fn task(&self) -> Task<'_> {
        Task {
            people: self.people.as_ref(),
            isolation: &Isolation::InProcess,
            ..Task::new(&self.comparison, &self.rules, &self.bundle, AS_OF, &self.secrets)
        }
    }
}

/// The employment facts of a case: `people.csv` or `people.json` beside its folders.
fn employment(case: &Path) -> Option<People> {
    let path = ["people.csv", "people.json"].into_iter().map(|name| case.join(name)).find(|path| path.is_file())?;
    Some(People::read(&RuleFile::new(path.display().to_string(), std::fs::read(&path).unwrap())).unwrap())
}

/// A judgement, and all that it was made from.
pub(crate) struct Judged {
    pub(crate) opened: Opened,
    pub(crate) record: Record,
}

impl Judged {
    /// Judges what was opened; the errors where records or mappings cannot be read.
    pub(crate) fn of(opened: Opened) -> Result<Self, Vec<RuleError>> {
        let record = run(&opened.task()).map_err(|error| match error {
            RunError::Records(errors) | RunError::Mappings(errors) => errors,
            RunError::Engine(error) => panic!("{error}"),
        })?;
        Ok(Self { opened, record })
    }
}

/// A case of `testdata/check` or `testdata/bypass`, or the example company.
pub(crate) struct Case {
    pub(crate) folder: PathBuf,
    /// What it comes to; the errors where rules or records cannot be read.
    pub(crate) judged: Result<Judged, Vec<RuleError>>,
}

impl Case {
    /// Whether it is one of `testdata/NAME`.
    pub(crate) fn is_of(&self, name: &str) -> bool {
        self.folder.parent().is_some_and(|parent| parent.ends_with(name))
    }
}

/// Every case, judged once for all tests. A test takes them before it goes through them in parallel.
pub(crate) static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut folders: Vec<PathBuf> = ["bypass", "check"]
        .iter()
        .flat_map(|name| std::fs::read_dir(root.join(name)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.push(root.join("acme"));
    folders.sort();
    let cases = folders.into_par_iter().map(|folder| {
        let judged = Opened::case(&folder).and_then(Judged::of);
        Case { folder, judged }
    });
    cases.collect()
});
