//! From when until when something was declared, from what each landing on a branch declares.
//!
//! Whoever reads the landings says what is there after each that changes anything, and which files could not be read.
//! What is gone while a file is newly broken may stand in that file: it is neither there nor gone until the file is read
//! again. The same goes for everything that was there when a whole landing cannot be judged.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duties::Certainty;
use crate::source::BranchCommit;

/// What kind of thing is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeclaredKind {
    /// A principal holds duties that conflict.
    Conflict,
    /// A principal holds a duty.
    Duty,
    /// Any other finding.
    Finding,
}

/// Something that a branch declares, without when.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Declared {
    /// What kind.
    pub kind: DeclaredKind,
    /// Whom or what it is about, by its id.
    pub subject: String,
    /// The conflict that it is about.
    pub conflict: Option<String>,
    /// The duty that is held, or the duties that meet.
    pub duties: Vec<String>,
    /// The systems, sorted.
    pub systems: Vec<String>,
    /// The policy whose finding it is; nothing for a duty that needs no approval.
    pub policy: Option<String>,
    /// What makes it the same finding elsewhere.
    pub fingerprint: Option<String>,
    /// Whether it is a duty that alone needs an approval.
    pub privileged: bool,
}

impl Declared {
    /// Whether somebody is to answer for it by a record.
    #[must_use]
    pub fn asks_for_a_record(&self) -> bool {
        self.kind != DeclaredKind::Duty || self.privileged
    }
}

/// How something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct There {
    /// The record that lets it pass, by its number.
    pub record: Option<u32>,
    /// How certainly it is held.
    pub held: Certainty,
}

/// What is declared at one time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// What is there, by the number of each thing.
    pub there: BTreeMap<u32, There>,
    /// The files that could not be read as they should.
    pub broken: BTreeSet<String>,
}

/// What is known of one time.
#[derive(Debug, Clone, Copy)]
pub enum Seen<'a> {
    /// All that could be read.
    Known(&'a Standing),
    /// Nothing: the landing could not be judged.
    Unknown,
}

/// From when to when something was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// When it came, in epoch seconds.
    pub from: i64,
    /// The landing that brought it; nothing where a day that the files name did.
    pub from_commit: Option<String>,
    /// Whether it was there already where the history that is here begins: since when is not known.
    pub since_before: bool,
    /// Whether the landing before could not be judged: it may have come earlier.
    pub after_gap: bool,
    /// When it went, in epoch seconds; nothing while it is there.
    pub to: Option<i64>,
    /// The landing that removed it; nothing where a day that the files name did.
    pub to_commit: Option<String>,
    /// When it is not known whether it was there: from, and until where that ended.
    pub unknown: Vec<(i64, Option<i64>)>,
    /// Which records let it pass, by their number, and when.
    pub records: Vec<Recorded>,
    /// How certainly it was held at best.
    pub held: Certainty,
}

/// From when to when a record let something pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The record's number.
    pub record: u32,
    /// From when, in epoch seconds.
    pub from: i64,
    /// Until when; nothing while it does.
    pub to: Option<i64>,
}

/// Puts intervals together, landing by landing.
#[derive(Debug)]
pub struct Intervals {
    /// Whether older history is not here.
    cut_off: bool,
    all: BTreeMap<u32, Vec<Stretch>>,
    /// What is there or may be, each with the broken files in which it may stand.
    open: BTreeMap<u32, BTreeSet<String>>,
    broken: BTreeSet<String>,
    /// Whether nothing was known of the time before; at first that is not a gap.
    gap: bool,
    any: bool,
}

impl Intervals {
    /// Nothing yet, of a history whose older part is `cut_off` or not.
    #[must_use]
    pub fn new(cut_off: bool) -> Self {
        let (all, open, broken) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Self { cut_off, all, open, broken, gap: false, any: false }
    }

    /// Takes in what is known from an instant on, by a landing or, without a commit, by a day that the files name. Instants
    /// come in order.
    pub fn observe(&mut self, at: i64, commit: Option<&str>, seen: Seen<'_>) {
        match seen {
            Seen::Known(standing) => self.known(at, commit, standing),
            Seen::Unknown => self.unknown(at),
        }
        self.any = true;
    }

    /// Every stretch of everything, oldest first.
    #[must_use]
    pub fn finish(self) -> BTreeMap<u32, Vec<Stretch>> {
        self.all
    }

    fn unknown(&mut self, at: i64) {
        for number in self.open.keys() {
            if let Some(stretch) = self.all.get_mut(number).and_then(|all| all.last_mut()) {
                stretch.doubt(at);
            }
        }
        self.gap = true;
    }

    fn known(&mut self, at: i64, commit: Option<&str>, standing: &Standing) {
        let newly: BTreeSet<String> = standing.broken.difference(&self.broken).cloned().collect();
        let all = &mut self.all;
        self.open.retain(|number, waits| {
            let Some(stretches) = all.get_mut(number) else { return false };
            let Some(stretch) = stretches.last_mut() else { return false };
            if let Some(there) = standing.there.get(number) {
                waits.clear();
                stretch.goes_on(at, *there);
                return true;
            }
            waits.retain(|path| standing.broken.contains(path));
            waits.extend(newly.iter().cloned());
            if !waits.is_empty() {
                stretch.doubt(at);
                return true;
            }
            stretch.ends(at, commit);
            if stretch.from == at {
                // It came and went in one push: the branch never had it.
                stretches.pop();
            }
            false
        });
        for (number, there) in &standing.there {
            if self.open.contains_key(number) {
                continue;
            }
            self.open.insert(*number, BTreeSet::new());
            let stretches = self.all.entry(*number).or_default();
            match stretches.last_mut() {
                // It went and came back in one push: the branch never lacked it.
                Some(last) if last.to == Some(at) => {
                    (last.to, last.to_commit) = (None, None);
                    last.goes_on(at, *there);
                }
                _ => stretches.push(Stretch::begin(at, commit, *there, self.cut_off && !self.any, self.gap)),
            }
        }
        self.all.retain(|_, stretches| !stretches.is_empty());
        self.broken.clone_from(&standing.broken);
        self.gap = false;
    }
}

impl Stretch {
    fn begin(at: i64, commit: Option<&str>, there: There, since_before: bool, after_gap: bool) -> Self {
        let mut own = Self {
            from: at,
            from_commit: commit.map(str::to_owned),
            since_before,
            after_gap,
            to: None,
            to_commit: None,
            unknown: Vec::new(),
            records: Vec::new(),
            held: there.held,
        };
        own.goes_on(at, there);
        own
    }

    fn goes_on(&mut self, at: i64, there: There) {
        self.held = self.held.max(there.held);
        self.is_sure(at);
        let last = self.records.last().filter(|own| own.to.is_none()).map(|own| own.record);
        if last == there.record {
            return;
        }
        self.without_record(at);
        let Some(record) = there.record else { return };
        match self.records.last_mut() {
            Some(own) if own.record == record && own.to == Some(at) => own.to = None,
            _ => self.records.push(Recorded { record, from: at, to: None }),
        }
    }

    /// From an instant on it is not known whether it is there.
    fn doubt(&mut self, at: i64) {
        if self.unknown.last().is_some_and(|(_, to)| to.is_none()) {
            return;
        }
        self.without_record(at);
        match self.unknown.last_mut() {
            Some((_, to)) if *to == Some(at) => *to = None,
            _ => self.unknown.push((at, None)),
        }
    }

    fn is_sure(&mut self, at: i64) {
        if let Some((_, to)) = self.unknown.last_mut().filter(|(_, to)| to.is_none()) {
            *to = Some(at);
        }
        self.unknown.retain(|(from, to)| *to != Some(*from));
    }

    fn without_record(&mut self, at: i64) {
        if let Some(own) = self.records.last_mut().filter(|own| own.to.is_none()) {
            own.to = Some(at);
        }
        self.records.retain(|own| own.to != Some(own.from));
    }

    fn ends(&mut self, at: i64, commit: Option<&str>) {
        self.is_sure(at);
        self.without_record(at);
        self.to = Some(at);
        self.to_commit = commit.map(str::to_owned);
    }

    /// The part of it before an instant; nothing where it came later.
    #[must_use]
    pub fn before(&self, end: i64) -> Option<Self> {
        let mut own = self.clone();
        if own.from >= end {
            return None;
        }
        if own.to.is_some_and(|to| to >= end) {
            (own.to, own.to_commit) = (None, None);
        }
        own.unknown.retain(|(from, _)| *from < end);
        for (_, to) in &mut own.unknown {
            *to = to.filter(|to| *to < end);
        }
        own.records.retain(|own| own.from < end);
        for record in &mut own.records {
            record.to = record.to.filter(|to| *to < end);
        }
        Some(own)
    }

    /// When no record let it pass, as far as it is known to have been there within a window: from and to.
    #[must_use]
    pub fn uncovered(&self, window: Window) -> Vec<(i64, i64)> {
        let whole = window.part(self.from, self.to);
        let unknown = self.unknown.iter().map(|(from, to)| window.part(*from, *to));
        let covered = self.records.iter().map(|own| window.part(own.from, own.to));
        let mut taken: Vec<(i64, i64)> = unknown.chain(covered).filter(|(from, to)| from < to).collect();
        taken.sort_unstable();
        let mut left = Vec::new();
        let mut at = whole.0;
        for (from, to) in taken {
            if from > at {
                left.push((at, from));
            }
            at = at.max(to);
        }
        if at < whole.1 {
            left.push((at, whole.1));
        }
        left
    }
}

/// A part of time: from an instant on, up to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its first second, in epoch seconds.
    pub from: i64,
    /// The first second after it.
    pub to: i64,
}

impl Window {
    /// What of a part of time is in it; empty where its end is not after its beginning.
    #[must_use]
    pub fn part(self, from: i64, to: Option<i64>) -> (i64, i64) {
        (from.max(self.from), to.unwrap_or(self.to).min(self.to))
    }

    fn seconds(self, from: i64, to: Option<i64>) -> i64 {
        let (from, to) = self.part(from, to);
        (to - from).max(0)
    }
}

/// What stretches of one thing come to within a window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    /// Seconds for which it was there.
    pub seconds: i64,
    /// Seconds for which it is not known.
    pub unknown: i64,
    /// Seconds for which it was there and no record let it pass.
    pub uncovered: i64,
    /// Whether it was there, or may have been, when the window began.
    pub at_start: bool,
    /// Whether it is there, or may be, when the window ends.
    pub at_end: bool,
    /// How often it came within the window.
    pub began: usize,
    /// How often that was not for the first time.
    pub came_back: usize,
    /// How often it went.
    pub ended: usize,
    /// How long those stretches had lasted that ended within the window and whose beginning is known, in seconds.
    pub lasted: Vec<i64>,
}

/// Sums up all stretches of one thing; nothing if it was not there within the window.
#[must_use]
pub fn sums(stretches: &[Stretch], window: Window) -> Option<Sums> {
    let mut own = Sums::default();
    for (number, stretch) in stretches.iter().enumerate() {
        let whole = window.seconds(stretch.from, stretch.to);
        if whole == 0 {
            continue;
        }
        let unknown: i64 = stretch.unknown.iter().map(|(from, to)| window.seconds(*from, *to)).sum();
        own.unknown += unknown;
        own.seconds += whole - unknown;
        own.uncovered += stretch.uncovered(window).iter().map(|(from, to)| to - from).sum::<i64>();
        if stretch.from < window.from {
            own.at_start = true;
        } else {
            own.began += 1;
            own.came_back += usize::from(number > 0);
        }
        match stretch.to.filter(|to| *to < window.to) {
            None => own.at_end = true,
            Some(to) => {
                own.ended += 1;
                own.lasted.extend((!stretch.since_before).then_some(to - stretch.from));
            }
        }
    }
    (own.at_start || own.began > 0).then_some(own)
}

/// When each commit of a branch landed, oldest first: as it says itself, but never before the one that it follows. A clock
/// that went wrong into the future is put back to the commit that came next, or to `now`. Second, how many were moved.
#[must_use]
pub fn landing_times(commits: &[BranchCommit], now: i64) -> (Vec<i64>, usize) {
    let mut times: Vec<i64> = commits.iter().map(|own| own.at).collect();
    let mut next = now;
    for at in times.iter_mut().rev() {
        if *at > now {
            *at = next;
        }
        next = *at;
    }
    let mut last = i64::MIN;
    for at in &mut times {
        *at = (*at).max(last);
        last = *at;
    }
    let moved = times.iter().zip(commits).filter(|(at, own)| **at != own.at).count();
    (times, moved)
}
