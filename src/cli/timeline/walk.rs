//! Goes through a branch, landing by landing, and reads a tree only where something was changed that may matter.
//!
//! What a landing changes is asked of git for the whole branch at once. A landing that touches no file that declares
//! something, that is read by one, or that is a record, and whose new files declare nothing, leaves everything as it was.
//! Where a tree is read and declares the same word for word, nothing is judged. What is declared also changes by itself, on
//! the days that the files name: there the tree is judged again.

use std::collections::{BTreeMap, HashMap};

use super::super::Env;
use super::super::error::CliError;
use super::super::matters::{Matters, is_special};
use super::super::progress::Progress;
use super::judge::{Judge, Ready, RulesBy, may_matter};
use super::kept::{Kept, Moment, Tail, What};
use crate::formats::{Class, Reader};
use crate::rules::{Rules, is_evidence_path};
use crate::source::{Branch, Past, Step, Steps, Tree};

/// The files of so many landings are asked for at once.
const LANDINGS_AT_ONCE: usize = 256;

/// Goes through one branch.
pub(super) struct Walk<'a, 'e> {
    pub(super) judge: Judge<'a, 'e>,
    pub(super) past: Past,
    pub(super) branch: &'a Branch,
    /// When each commit landed.
    pub(super) times: &'a [i64],
    pub(super) now: i64,
    /// What is known so far.
    pub(super) kept: Kept,
    steps: Steps,
    /// Whether a file that was new somewhere declares nothing, by path and object.
    silent: HashMap<(String, String), bool>,
    /// Up to which landing that is known.
    looked_up_to: usize,
    /// The tree that was read last; what landed since leaves it as it is.
    ready: Option<Ready>,
}

impl<'a, 'e> Walk<'a, 'e> {
    pub(super) fn new(
        judge: Judge<'a, 'e>,
        past: Past,
        branch: &'a Branch,
        times: &'a [i64],
        now: i64,
        kept: Kept,
    ) -> Self {
        let (steps, silent) = (Steps::new(), HashMap::new());
        Self { judge, past, branch, times, now, kept, steps, silent, looked_up_to: 0, ready: None }
    }

    /// Goes on from what is known to the tip, and on to now.
    ///
    /// # Errors
    /// What git does not tell. A landing that cannot be judged is no error: it is said to be unknown.
    pub(super) fn run(&mut self, env: &Env<'_>) -> Result<(), CliError> {
        let from = self.kept.landings;
        let commits = &self.branch.commits;
        if let Some(tip) = commits.last().filter(|_| from < commits.len()) {
            // What lies behind what is known depends on what comes now.
            self.kept.tail = None;
            let known = from.checked_sub(1).and_then(|at| commits.get(at)).map(|own| own.commit.as_str());
            self.steps = self.past.steps(known, &tip.commit)?;
        }
        self.looked_up_to = from;
        let progress = Progress::counting(
            env,
            commits.len() - from.min(commits.len()),
            "reading change {pos} of {len}, {eta} to go",
        );
        for number in from..commits.len() {
            let Some(at) = self.times.get(number).copied() else { break };
            for moment in self.days_before(number, at) {
                self.kept.push(moment);
            }
            if self.needs_a_look(number) {
                self.land(number, at);
            }
            self.kept.landings = number + 1;
            progress.step();
        }
        self.kept.tip = commits.last().map(|own| own.commit.clone());
        if !self.knows_the_tail() {
            let moments = self.days_before(commits.len(), self.now.saturating_add(1));
            self.kept.tail = Some(Tail { until: self.now, moments });
        }
        Ok(())
    }

    /// Whether a landing may change what is declared.
    fn needs_a_look(&mut self, number: usize) -> bool {
        if number == 0 || self.kept.instants.is_none() {
            return true;
        }
        let Some(commit) = self.branch.commits.get(number) else { return false };
        let Some(changed) = self.steps.get(&commit.commit) else { return false };
        // What is not known yet is known once anything has changed.
        if self.kept.is_unknown() || self.ready.is_none() && self.kept.matters.is_none() {
            return true;
        }
        if changed.iter().any(|step| self.may_matter(step)) {
            return true;
        }
        if number >= self.looked_up_to {
            self.look_at_new_files(number);
        }
        let changed = self.steps.get(&commit.commit).into_iter().flatten();
        let declares = |step: &Step| {
            let Some(object) = &step.object else { return false };
            self.silent.get(&(step.path.clone(), object.clone())).is_none_or(|silent| !silent)
        };
        changed.filter(|step| !is_evidence_path(&step.path) && !self.is_rule(step)).any(declares)
    }

    fn may_matter(&self, step: &Step) -> bool {
        if is_evidence_path(&step.path) {
            return false;
        }
        let by = &self.judge.by;
        let own = match (&self.ready, &self.kept.matters, by.today()) {
            (Some(ready), _, _) => ready.may_matter(&step.path, by),
            (None, Some(matters), Some(rules)) => may_matter(matters, rules, &step.path, by),
            _ => true,
        };
        own || !step.plain && !self.is_rule(step) || self.kept.last.broken.contains(&step.path)
    }

    /// Whether a path is a rule, while the rules of the work tree judge.
    fn is_rule(&self, step: &Step) -> bool {
        self.judge.by.today().is_some_and(|rules| rules.config.is_rule(&step.path))
    }

    /// Reads the files that some landings brought, each by itself, and notes which declare nothing. Where one is not in
    /// this clone nothing is noted, and each of these landings is read in full.
    fn look_at_new_files(&mut self, number: usize) {
        self.looked_up_to = number + LANDINGS_AT_ONCE;
        let landings = self.branch.commits.iter().skip(number).take(LANDINGS_AT_ONCE);
        let mut wanted: BTreeMap<(&str, &str), ()> = BTreeMap::new();
        for step in landings.filter_map(|own| self.steps.get(&own.commit)).flatten() {
            let Some(object) = step.object.as_deref().filter(|_| step.plain) else { continue };
            if !is_special(&step.path) && !self.is_rule(step) {
                wanted.insert((&step.path, object), ());
            }
        }
        self.silent.clear();
        let wanted: Vec<(&str, &str)> = wanted.into_keys().collect();
        let Some(rules) = self.ready.as_ref().map(Ready::rules).or(self.judge.by.today()) else { return };
        let Ok(files) = self.past.files(&wanted) else { return };
        let reader = Reader::default();
        // A tree has one file at a path: what a path had at several times stands in as many trees.
        let mut layers: Vec<(Tree, Vec<(&str, &str)>)> = Vec::new();
        let (mut depth, mut last) = (0, "");
        for (file, key) in files.into_iter().zip(&wanted) {
            depth = if last == key.0 { depth + 1 } else { 0 };
            last = key.0;
            if layers.len() <= depth {
                layers.push((Tree { files: Vec::new(), commit: None, tree: None }, Vec::new()));
            }
            if let Some((tree, keys)) = layers.get_mut(depth) {
                tree.files.push(file);
                keys.push(*key);
            }
        }
        for (tree, keys) in layers {
            let classes = reader.read(&tree, rules).classes;
            for ((path, object), class) in keys.into_iter().zip(classes) {
                let silent = matches!(class, Class::Other | Class::Excluded);
                self.silent.insert((path.to_owned(), object.to_owned()), silent);
            }
        }
    }

    /// Judges what landed.
    fn land(&mut self, number: usize, at: i64) {
        let Some(commit) = self.branch.commits.get(number) else { return };
        let matters = self.kept.matters.take();
        let before = matters.iter().flat_map(Matters::files).chain(self.kept.last.broken.iter().map(String::as_str));
        let read = self.past.alone(commit).map_err(CliError::from).and_then(|own| self.judge.read(own, before));
        let ready = match read {
            Ok(ready) => ready,
            Err(error) => {
                self.ready = None;
                self.kept.instants = Some(Vec::new());
                return self.kept.push(Moment::unknown(Some(number), at, error.one_line()));
            }
        };
        let same = self.ready.as_ref().is_some_and(|known| self.judge.is_same(known, &ready));
        if !same || self.kept.is_unknown() {
            let what = self.judged(&ready, at);
            self.kept.push(Moment { landing: Some(number), at, what });
        }
        self.kept.instants = Some(ready.instants.iter().copied().collect());
        self.kept.matters = Some(ready.matters.clone());
        self.ready = Some(ready);
    }

    fn judged(&mut self, ready: &Ready, at: i64) -> What {
        match self.judge.judge(ready, at) {
            Ok(standing) => self.kept.difference(standing),
            Err(error) => What::Unknown(error.one_line()),
        }
    }

    /// What happens by itself after the last landing and before an instant. `number` is the landing that comes next.
    fn days_before(&mut self, number: usize, until: i64) -> Vec<Moment> {
        let Some(last) = number.checked_sub(1).and_then(|last| self.times.get(last)).copied() else {
            return Vec::new();
        };
        let days: Vec<i64> =
            self.kept.instants.iter().flatten().copied().filter(|day| last < *day && *day < until).collect();
        if days.is_empty() || self.kept.is_unknown() {
            return Vec::new();
        }
        let Some(ready) = self.take_ready(number - 1) else { return Vec::new() };
        let mut moments = Vec::new();
        let mut standing = self.kept.last.clone();
        let mut is_known = true;
        for day in days {
            let what = match self.judge.judge(&ready, day) {
                Ok(now) if is_known && now == standing => continue,
                Ok(now) => {
                    let what = Kept::between(&standing, &now);
                    (standing, is_known) = (now, true);
                    what
                }
                Err(error) => {
                    is_known = false;
                    What::Unknown(error.one_line())
                }
            };
            moments.push(Moment { landing: None, at: day, what });
        }
        self.ready = Some(ready);
        moments
    }

    /// The tree after a landing.
    fn take_ready(&mut self, number: usize) -> Option<Ready> {
        if let Some(ready) = self.ready.take() {
            return Some(ready);
        }
        let comparison = self.past.alone(self.branch.commits.get(number)?).ok()?;
        self.judge.read(comparison, self.kept.last.broken.iter().map(String::as_str)).ok()
    }

    /// Whether it is known what happened by itself since the last landing.
    fn knows_the_tail(&self) -> bool {
        let Some(tail) = &self.kept.tail else { return false };
        !self.kept.instants.iter().flatten().any(|day| tail.until < *day && *day <= self.now)
    }
}

impl RulesBy {
    /// The rules of the work tree, where they judge.
    pub(super) fn today(&self) -> Option<&Rules> {
        match self {
            Self::Today(today) => Some(&today.1),
            Self::Own => None,
        }
    }
}
