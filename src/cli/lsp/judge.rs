//! The tree with the open buffers laid over it, judged beside what the editor asks.
//!
//! One thread judges. It takes the newest state there is and gives up what a newer one has overtaken, so that typing never
//! queues up runs. Between runs it keeps what does not change: the trees as they were opened, what was parsed and lowered,
//! the policies, and which texts hold no secret.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::cli::check::READ_LIMIT;
use crate::cli::error::CliError;
use crate::cli::model::Model;
use crate::formats::Reader;
use crate::gate::{self, Judgement, Quiet, RunError, Secrets, Task, policy_data, rule_files};
use crate::output::{CheckReport, Revision, RunInfo};
use crate::policy::Bundle;
use crate::policy::untrusted::Isolation;
use crate::rules::{RuleError, RuleFile, Rules, is_rule_path};
use crate::source::{self, Comparison, GitEnv, Head, Request, SourceFile, Tree};
use crate::syntax::{Span, SyntaxError, hcl, parse};

/// How long nothing may change before a state is judged.
const PAUSE: Duration = Duration::from_millis(150);
/// Runs between which what was parsed is kept; texts that nobody needs any longer go with it.
const KEPT: usize = 200;
/// How long the trees and the instant of a judgement may stand, in seconds, where nothing says that they are old.
const STANDS: i64 = 600;
/// What a work tree is compared with where nothing else is asked for.
const DEFAULT_BASE: &str = "origin/HEAD";

/// What is judged, and with what.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) cwd: PathBuf,
    pub(super) path: PathBuf,
    pub(super) base: Option<String>,
    pub(super) git: GitEnv,
    pub(super) isolation: Isolation,
}

/// One state to be judged.
#[derive(Debug, Clone, Default)]
pub(super) struct Job {
    /// Its number; a later state has a greater one.
    pub(super) number: u64,
    /// The open buffers.
    pub(super) texts: BTreeMap<String, Arc<[u8]>>,
    pub(super) as_of: i64,
    /// Whether the disk may have changed.
    pub(super) reopen: bool,
}

impl Job {
    /// This state in the place of an earlier one that nobody judged.
    fn after(mut self, earlier: &Self) -> Self {
        self.reopen |= earlier.reopen;
        self
    }
}

/// Where the newest state waits.
#[derive(Debug, Default)]
pub(super) struct Slot {
    state: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    job: Option<Job>,
    closed: bool,
}

impl Slot {
    /// Puts a state in the place of whatever waits there.
    pub(super) fn put(&self, job: Job) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.job = Some(match state.job.take() {
            Some(waiting) => job.after(&waiting),
            None => job,
        });
        self.changed.notify_one();
    }

    /// Says that no state comes any longer.
    pub(super) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.changed.notify_one();
    }

    /// Waits for a state; `None` when none comes any longer.
    fn take(&self) -> Option<Job> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.closed {
                return None;
            }
            // Whoever types is waited for: half a word is not worth a run.
            if let Some(mut job) = state.job.take() {
                loop {
                    let waited = self.changed.wait_timeout(state, PAUSE).unwrap_or_else(PoisonError::into_inner);
                    state = waited.0;
                    match state.job.take() {
                        Some(newer) => job = newer.after(&job),
                        None if waited.1.timed_out() || state.closed => break,
                        None => {}
                    }
                }
                return Some(job).filter(|_| !state.closed);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether what is being judged is overtaken.
    fn is_overtaken(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.closed || state.job.is_some()
    }
}

/// What came of a state.
pub(super) enum Outcome {
    /// It is judged.
    Judged(Arc<Snapshot>),
    /// It could not be judged.
    Failed(Failed),
}

/// Why a state could not be judged.
#[derive(Debug, Clone, Default)]
pub(super) struct Failed {
    /// Which state.
    pub(super) number: u64,
    /// What is wrong in files of the tree.
    pub(super) faults: Vec<Fault>,
    /// What is wrong otherwise.
    pub(super) message: Option<String>,
}

/// What is wrong at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) file: String,
    /// The text that the place is in.
    pub(super) text: Arc<[u8]>,
    pub(super) span: Option<Span>,
    pub(super) message: String,
}

/// A state that was judged, with what it takes to ask more of it.
pub(super) struct Snapshot {
    pub(super) number: u64,
    pub(super) comparison: Comparison,
    pub(super) rules: Rules,
    pub(super) bundle: Arc<Bundle>,
    pub(super) judgement: Judgement,
    pub(super) report: CheckReport,
    /// Buffers that cannot be read as they are. They are judged as they last could be, so that half a line takes nothing
    /// away from other files.
    pub(super) unreadable: Vec<Fault>,
    reader: Arc<Reader>,
    isolation: Isolation,
    quiet: Quiet,
    model: OnceLock<Option<Model>>,
}

impl Snapshot {
    /// The tree of this state, joined, for questions.
    pub(super) fn model(&self) -> Option<&Model> {
        let join = || {
            let rules = self.rules.clone();
            Model::join_read(&self.reader, self.comparison.clone(), rules, self.judgement.as_of, None).ok()
        };
        self.model.get_or_init(join).as_ref()
    }

    /// The text of a file as it was judged.
    pub(super) fn text(&self, path: &str) -> Option<&Arc<[u8]>> {
        self.comparison.head.get(path).and_then(SourceFile::bytes)
    }

    /// Judges this state again with one more text in it.
    pub(super) fn with(&self, path: &str, text: &[u8]) -> Option<Judgement> {
        let texts = BTreeMap::from([(path.to_owned(), Arc::from(text))]);
        let mut comparison = self.comparison.clone();
        comparison.head = comparison.head.laid_over(&texts, READ_LIMIT);
        let rules = match comparison.base {
            Some(_) => self.rules.clone(),
            None => load(&comparison).ok()?,
        };
        let secrets = gate::search_except(&comparison, &rules, self.judgement.as_of, &mut self.quiet.clone()).ok()?;
        let task = Given {
            comparison: &comparison,
            rules: &rules,
            bundle: &self.bundle,
            as_of: self.judgement.as_of,
            secrets: &secrets,
            isolation: &self.isolation,
            reader: &self.reader,
        };
        task.judge().ok()
    }
}

/// What a run is given here.
struct Given<'a> {
    comparison: &'a Comparison,
    rules: &'a Rules,
    bundle: &'a Bundle,
    as_of: i64,
    secrets: &'a Secrets,
    isolation: &'a Isolation,
    reader: &'a Reader,
}

impl Given<'_> {
    fn judge(&self) -> Result<Judgement, RunError> {
        let Self { comparison, rules, bundle, as_of, secrets, isolation, reader } = *self;
        let task = Task { isolation, reader: Some(reader), ..Task::new(comparison, rules, bundle, as_of, secrets) };
        gate::run(&task).map(|record| record.judgement)
    }
}

/// The trees as they were opened.
struct Opened {
    comparison: Comparison,
    /// The instant for which they are judged.
    as_of: i64,
}

/// The thread that judges.
pub(super) struct Judge<'a> {
    setting: Setting,
    slot: &'a Slot,
    opened: Option<Opened>,
    reader: Arc<Reader>,
    runs: usize,
    bundle: Option<(Vec<RuleFile>, i64, Arc<Bundle>)>,
    quiet: (Vec<RuleFile>, Quiet),
    /// The last text of each open buffer that could be read.
    readable: BTreeMap<String, Arc<[u8]>>,
    /// The files that held definitions when there was a judgement last.
    definitions: Vec<Arc<str>>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(setting: Setting, slot: &'a Slot) -> Self {
        Self {
            setting,
            slot,
            opened: None,
            reader: Arc::default(),
            runs: 0,
            bundle: None,
            quiet: (Vec::new(), Quiet::default()),
            readable: BTreeMap::new(),
            definitions: Vec::new(),
        }
    }

    /// Judges whatever waits, until no state comes any longer.
    pub(super) fn run(&mut self, tell: &dyn Fn(Outcome)) {
        while let Some(job) = self.slot.take() {
            let number = job.number;
            match self.judge(job) {
                Ok(Some(snapshot)) => tell(Outcome::Judged(Arc::new(snapshot))),
                Ok(None) => {}
                Err(error) => tell(Outcome::Failed(failed(number, &error))),
            }
        }
    }

    fn judge(&mut self, job: Job) -> Result<Option<Snapshot>, CliError> {
        let is_old = |opened: &Opened| (job.as_of - opened.as_of).abs() > STANDS;
        let opened = match self.opened.take() {
            Some(opened) if !job.reopen && !is_old(&opened) => opened,
            _ => Opened { comparison: open(&self.setting)?, as_of: job.as_of },
        };
        let (mut comparison, as_of) = (opened.comparison.clone(), opened.as_of);
        self.opened = Some(opened);
        let texts: BTreeMap<String, Arc<[u8]>> =
            job.texts.into_iter().filter(|(path, _)| belongs(&comparison, path)).collect();
        let (texts, unreadable) = self.stand_in(&texts, &comparison.head);
        comparison.head = comparison.head.laid_over(&texts, READ_LIMIT);
        if self.slot.is_overtaken() {
            return Ok(None);
        }
        let rules = load(&comparison)?;
        let bundle = self.bundle(&rules, as_of)?;
        // What was found quiet was so under the rules for secrets of then.
        if self.quiet.0 != rules.secret_rules {
            self.quiet = (rules.secret_rules.clone(), Quiet::default());
        }
        let secrets = gate::search_except(&comparison, &rules, as_of, &mut self.quiet.1)?;
        if self.slot.is_overtaken() {
            return Ok(None);
        }
        self.runs += 1;
        if self.runs.is_multiple_of(KEPT) {
            self.reader = Arc::default();
        }
        let given = Given {
            comparison: &comparison,
            rules: &rules,
            bundle: &bundle,
            as_of,
            secrets: &secrets,
            isolation: &self.setting.isolation,
            reader: &self.reader,
        };
        let judgement = given.judge()?;
        let reading = self.reader.read(&comparison.head, &rules);
        self.definitions = reading.formats.into_keys().collect();
        let report = CheckReport::new(&judgement, &info(&comparison), &comparison);
        Ok(Some(Snapshot {
            number: job.number,
            comparison,
            rules,
            bundle,
            judgement,
            report,
            unreadable,
            reader: Arc::clone(&self.reader),
            isolation: self.setting.isolation.clone(),
            quiet: self.quiet.1.clone(),
            model: OnceLock::new(),
        }))
    }

    /// The policies; those of the last run where they are the same.
    fn bundle(&mut self, rules: &Rules, as_of: i64) -> Result<Arc<Bundle>, CliError> {
        if let Some((policies, instant, bundle)) = &self.bundle
            && (policies, *instant) == (&rules.policies, as_of)
        {
            return Ok(Arc::clone(bundle));
        }
        let bundle = Arc::new(Bundle::load(&rules.policies, policy_data(as_of))?);
        rules.check_policies(bundle.severities())?;
        self.bundle = Some((rules.policies.clone(), as_of, Arc::clone(&bundle)));
        Ok(bundle)
    }

    /// The buffers, with the last text that could be read in the place of one that cannot.
    fn stand_in(
        &mut self,
        texts: &BTreeMap<String, Arc<[u8]>>,
        head: &Tree,
    ) -> (BTreeMap<String, Arc<[u8]>>, Vec<Fault>) {
        self.readable.retain(|path, _| texts.contains_key(path));
        let mut shown = BTreeMap::new();
        let mut unreadable = Vec::new();
        for (path, text) in texts {
            let error = match readable(path, text) {
                Ok(()) => {
                    self.readable.insert(path.clone(), Arc::clone(text));
                    shown.insert(path.clone(), Arc::clone(text));
                    continue;
                }
                Err(error) => error,
            };
            let matters = is_rule_path(path) || self.definitions.iter().any(|known| **known == **path);
            let on_disk = || head.get(path)?.bytes().filter(|text| readable(path, text).is_ok()).cloned();
            match self.readable.get(path).cloned().or_else(on_disk).filter(|_| matters) {
                Some(last) => {
                    shown.insert(path.clone(), last);
                    let span = Some(error.span);
                    let message = format!("{error}; until it is mended, what could last be read is judged");
                    unreadable.push(Fault { file: path.clone(), text: Arc::clone(text), span, message });
                }
                // What was never read is judged as it is: the gate says what it makes of it.
                None => {
                    shown.insert(path.clone(), Arc::clone(text));
                }
            }
        }
        (shown, unreadable)
    }
}

/// Whether a buffer is a file of the tree, or a new one. What is on the disk and not in the tree is ignored there, or
/// another repository's.
fn belongs(comparison: &Comparison, path: &str) -> bool {
    comparison.head.get(path).is_some() || !comparison.root.join(path).exists()
}

/// Whether a text is what its name says.
fn readable(path: &str, text: &[u8]) -> Result<(), SyntaxError> {
    let ends = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
    if ends(&[".yaml", ".yml", ".json"]) {
        parse(text).map(|_| ())
    } else if ends(&[".tf", ".tofu", ".hcl"]) {
        hcl::parse(text).map(|_| ())
    } else {
        Ok(())
    }
}

/// Opens the work tree with what it is compared with. Without a base of its own that is the branch that `origin` calls its
/// head, where the clone knows one, and nothing otherwise.
fn open(setting: &Setting) -> Result<Comparison, CliError> {
    let request = Request {
        cwd: &setting.cwd,
        path: &setting.path,
        base: None,
        head: Head::WorkTree,
        read_limit: READ_LIMIT,
        env: &setting.git,
    };
    match &setting.base {
        Some(base) => Ok(source::open(&Request { base: Some(base), ..request })?),
        None => match source::open(&Request { base: Some(DEFAULT_BASE), ..request }) {
            Ok(comparison) => Ok(comparison),
            Err(_) => Ok(source::open(&request)?),
        },
    }
}

fn load(comparison: &Comparison) -> Result<Rules, CliError> {
    Ok(Rules::load_in(&rule_files(comparison.rules_tree()), None, comparison.repository.as_ref())?)
}

/// What the report says of the run: nothing is kept and there is nothing to run again.
fn info(comparison: &Comparison) -> RunInfo {
    let base = comparison.base_label.clone().map(|label| Revision { label, commit: None, tree: None });
    RunInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        head: Revision { label: comparison.head_label.clone(), commit: None, tree: None },
        base,
        ..RunInfo::default()
    }
}

fn failed(number: u64, error: &CliError) -> Failed {
    let of_rules = |errors: &[RuleError]| Failed { number, faults: errors.iter().map(fault).collect(), message: None };
    match error {
        CliError::Rules(errors) => of_rules(errors),
        CliError::Run(RunError::Records(errors) | RunError::Mappings(errors)) => of_rules(errors),
        other => {
            let help = other.diagnostics().iter().find_map(|own| own.help()).map(|help| format!("; {help}"));
            Failed { number, faults: Vec::new(), message: Some(format!("{other}{}", help.unwrap_or_default())) }
        }
    }
}

fn fault(error: &RuleError) -> Fault {
    let help = error.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    Fault {
        file: error.file.path.to_string(),
        text: Arc::clone(&error.file.bytes),
        span: error.span,
        message: format!("{}{help}", error.message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_state_takes_the_place_of_one_that_waits_and_the_disk_is_not_forgotten() {
        let slot = Slot::default();
        slot.put(Job { number: 1, reopen: true, ..Job::default() });
        assert!(slot.is_overtaken());
        slot.put(Job { number: 2, ..Job::default() });
        let job = slot.take().unwrap();
        assert_eq!((job.number, job.reopen), (2, true));
        assert!(!slot.is_overtaken());
        slot.close();
        assert!(slot.take().is_none());
        assert!(slot.is_overtaken());
    }

    #[test]
    fn a_text_is_readable_or_not_by_what_its_name_says() {
        for (path, text, reads) in [
            ("a.yaml", "a: [1", false),
            ("a.yaml", "a: 1", true),
            ("a.tf", "resource {", false),
            ("a.tf", "a = 1\n", true),
            ("a.tf.json", "{", false),
            ("a.md", "a: [1", true),
        ] {
            assert_eq!(readable(path, text.as_bytes()).is_ok(), reads, "{path}: {text}");
        }
    }
}
