//! `countersign.dev/timeline/v1`: from when until when a branch declared each access and each conflict.
//!
//! Within v1 optional fields may be added, and nothing else.

mod csv;
mod human;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::backtest::RulesOf;
use super::check::{self, Tool};
use crate::duties::Certainty;
use crate::history::{Declared, DeclaredKind, Stretch, Sums, Window, sums};
use crate::rules::{Instant, Severity};

pub use csv::timeline_csv;
pub use human::timeline_human;

/// The name of this version of the format.
pub const TIMELINE_SCHEMA: &str = "countersign.dev/timeline/v1";

const DAY: i64 = 86_400;

/// The JSON Schema of a timeline.
#[must_use]
pub fn timeline_schema() -> Schema {
    check::schema_of::<TimelineReport>()
}

/// From when until when a branch declared each access and each conflict. A field that can be absent is absent when it has
/// nothing to say; it is never `null`. Days are days within the time that was asked for, and one that was begun counts.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "countersign.dev/timeline/v1")]
pub struct TimelineReport {
    /// `countersign.dev/timeline/v1`. A reader refuses what it does not know.
    pub schema: &'static str,
    /// The program.
    pub tool: Tool,
    /// The branch.
    pub branch: String,
    /// Whose rules judged.
    pub rules: RulesOf,
    /// The first second that was asked for.
    pub from: Instant,
    /// The first second after it, or when it was asked.
    pub to: Instant,
    /// How many commits landed in that time.
    pub landings: usize,
    /// Whether the clone lacks older history.
    pub shallow: bool,
    /// How many landings have another time than their commit says, since it contradicts those around it.
    pub clocks_put_right: usize,
    /// The only subject that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The only duty that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duty: Option<String>,
    /// The only conflict that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<String>,
    /// The sums of what is listed, by kind.
    pub totals: Vec<TotalReport>,
    /// What could not be read, and when.
    pub not_read: Vec<NotReadReport>,
    /// Everything that was there at some time: conflicts first, then privileged duties.
    pub items: Vec<TimelineItem>,
}

/// What kind of thing is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    /// Duties that conflict, with one principal.
    Conflict,
    /// A duty that alone needs an approval.
    PrivilegedDuty,
    /// Any other finding: of a role, a credential, whoever left.
    Finding,
    /// A duty that is part of a conflict.
    Duty,
}

impl TimelineKind {
    /// Every kind, in the order in which they are told.
    pub const ALL: [Self; 4] = [Self::Conflict, Self::PrivilegedDuty, Self::Finding, Self::Duty];

    fn of(own: &Declared) -> Self {
        match own.kind {
            DeclaredKind::Conflict => Self::Conflict,
            _ if own.privileged => Self::PrivilegedDuty,
            DeclaredKind::Duty => Self::Duty,
            DeclaredKind::Finding => Self::Finding,
        }
    }

    /// The word in a table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conflict => "conflict",
            Self::PrivilegedDuty => "privileged_duty",
            Self::Duty => "duty",
            Self::Finding => "finding",
        }
    }
}

/// The sums of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TotalReport {
    /// Of what.
    pub of: TimelineKind,
    /// How many were there at some time.
    pub items: usize,
    /// How many of them were there when the time began.
    pub at_start: usize,
    /// How often one came.
    pub came: usize,
    /// How often one went.
    pub went: usize,
    /// How many of them are there when the time ends.
    pub at_end: usize,
    /// How often one came that had been there before.
    pub came_back: usize,
    /// How many of them did.
    pub items_that_came_back: usize,
    /// The days of all of them together.
    pub days: u64,
    /// The days on which it is not known whether they were there.
    pub days_not_known: u64,
    /// The days on which no record let them pass; absent of duties that need none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_without_record: Option<u64>,
    /// How many of them had such days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items_without_record: Option<usize>,
    /// How long those lasted that went.
    pub remediation: RemediationReport,
}

/// How long lasted what went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RemediationReport {
    /// How many times are counted.
    pub counted: usize,
    /// How many are not, since it is not known when they began.
    pub not_counted: usize,
    /// The time in the middle, in seconds; of an even number the mean of the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median_seconds: Option<i64>,
    /// The longest, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_seconds: Option<i64>,
}

/// Something that was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TimelineItem {
    /// What kind.
    pub kind: TimelineKind,
    /// Whom or what it is about.
    pub subject: String,
    /// The conflict, of a conflict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<String>,
    /// The duty that is held, or the duties that meet.
    pub duties: Vec<String>,
    /// What it is, in words.
    pub title: String,
    /// How bad it is, by the rules of today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The policy that finds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Where.
    pub systems: Vec<String>,
    /// What makes it the same finding elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// How certainly it was held at best.
    pub held: Certainty,
    /// Whether it was there when the time began.
    pub at_start: bool,
    /// Whether it is there when the time ends.
    pub at_end: bool,
    /// How often it came back.
    pub came_back: usize,
    /// On how many days it was there.
    pub days: u64,
    /// On how many days it is not known whether it was.
    pub days_not_known: u64,
    /// On how many days it was there and no record let it pass; absent of a duty that needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_without_record: Option<u64>,
    /// When, oldest first: also what lies before the time that was asked for.
    pub spans: Vec<TimelineSpan>,
}

/// From when to when something was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TimelineSpan {
    /// When it came.
    pub from: Instant,
    /// The landing that brought it; absent where a day that the files name did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_commit: Option<String>,
    /// Whether it was there already where the history that is here begins: since when is not known.
    pub since_before: bool,
    /// Whether the landing before could not be judged: it may have come earlier.
    pub after_gap: bool,
    /// When it went; absent while it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
    /// The landing that removed it; absent where a day that the files name did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_commit: Option<String>,
    /// On how many days of the time that was asked for it was there, as far as that is known.
    pub days: u64,
    /// When it is not known whether it was there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_known: Vec<TimelinePart>,
    /// Which records let it pass, and when.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<TimelineRecord>,
    /// When no record let it pass, within the time that was asked for; nothing of a duty that needs none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without_record: Vec<TimelinePart>,
}

/// A part of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TimelinePart {
    /// Its first second.
    pub from: Instant,
    /// The first second after it; absent while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
    /// Its days within the time that was asked for.
    pub days: u64,
}

/// When a record let something pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TimelineRecord {
    /// The record: `approval a1`.
    pub record: String,
    /// From when.
    pub from: Instant,
    /// Until when; absent while it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
}

/// What could not be read, and when.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct NotReadReport {
    /// Since when.
    pub from: Instant,
    /// The landing since which; absent where a day that the files name was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_commit: Option<String>,
    /// Until when; absent while that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
    /// The landing until which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_commit: Option<String>,
    /// The file; absent where nothing could be judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Why.
    pub because: String,
}

impl NotReadReport {
    /// What cannot be read from an instant on; `file` is absent where nothing could be judged.
    #[must_use]
    pub fn begun(at: i64, commit: Option<&str>, file: Option<&str>, because: &str) -> Self {
        Self {
            from: Instant::from_seconds(at),
            from_commit: commit.map(str::to_owned),
            to: None,
            to_commit: None,
            file: file.map(str::to_owned),
            because: because.to_owned(),
        }
    }

    /// The same, read again at an instant; nothing where that was at once.
    #[must_use]
    pub fn ended(mut self, at: i64, commit: Option<&str>) -> Option<Self> {
        self.to = Some(Instant::from_seconds(at));
        self.to_commit = commit.map(str::to_owned);
        (self.from.seconds() < at).then_some(self)
    }

    /// Whether some of it lies in a window.
    #[must_use]
    pub fn reaches(&self, window: Window) -> bool {
        let (from, to) = window.part(self.from.seconds(), self.to.map(Instant::seconds));
        from < to
    }
}

/// What was asked for.
#[derive(Debug, Clone)]
pub struct TimelineAsked {
    /// The version of this program.
    pub version: String,
    /// The branch.
    pub branch: String,
    /// Whose rules.
    pub rules: RulesOf,
    /// From when to when.
    pub window: Window,
    /// How many commits landed in that time.
    pub landings: usize,
    /// Whether the clone lacks older history.
    pub shallow: bool,
    /// How many landings have another time than they say.
    pub clocks: usize,
    /// The only subject.
    pub subject: Option<String>,
    /// The only duty.
    pub duty: Option<String>,
    /// The only conflict.
    pub conflict: Option<String>,
}

/// Something with what it is called, and when it was there.
#[derive(Debug, Clone)]
pub struct Track {
    /// What it is.
    pub declared: Declared,
    /// What it is, in words.
    pub title: String,
    /// How bad it is.
    pub severity: Option<Severity>,
    /// When it was there, oldest first, up to the end of the time that was asked for.
    pub stretches: Vec<Stretch>,
}

impl TimelineReport {
    /// Puts it together. `records` are the names of the records by their numbers.
    #[must_use]
    pub fn new(asked: TimelineAsked, tracks: Vec<Track>, records: &[String], not_read: Vec<NotReadReport>) -> Self {
        let window = asked.window;
        let mut told: Vec<(TimelineItem, Sums)> = tracks
            .into_iter()
            .filter_map(|track| {
                let sums = sums(&track.stretches, window)?;
                Some((item(track, &sums, window, records), sums))
            })
            .collect();
        told.sort_by(|(a, _), (b, _)| a.order().cmp(&b.order()));
        let totals = TimelineKind::ALL.into_iter().map(|of| total(of, &told)).collect();
        Self {
            schema: TIMELINE_SCHEMA,
            tool: Tool { name: "countersign", version: asked.version },
            branch: asked.branch,
            rules: asked.rules,
            from: Instant::from_seconds(window.from),
            to: Instant::from_seconds(window.to),
            landings: asked.landings,
            shallow: asked.shallow,
            clocks_put_right: asked.clocks,
            subject: asked.subject,
            duty: asked.duty,
            conflict: asked.conflict,
            totals,
            not_read,
            items: told.into_iter().map(|(item, _)| item).collect(),
        }
    }
}

impl TimelineItem {
    fn order(&self) -> impl Ord + '_ {
        let what = (&self.conflict, &self.duties, &self.policy, &self.systems, &self.fingerprint);
        (self.kind, Reverse(self.severity), &self.subject, what)
    }
}

fn item(track: Track, sums: &Sums, window: Window, records: &[String]) -> TimelineItem {
    let Track { declared, title, severity, stretches } = track;
    let asks = declared.asks_for_a_record();
    let spans = stretches.iter().map(|own| span(own, window, asks, records)).collect();
    let held = stretches.iter().map(|own| own.held).max().unwrap_or(Certainty::Conditional);
    TimelineItem {
        kind: TimelineKind::of(&declared),
        subject: declared.subject,
        conflict: declared.conflict,
        duties: declared.duties,
        title,
        severity,
        policy: declared.policy,
        systems: declared.systems,
        fingerprint: declared.fingerprint,
        held,
        at_start: sums.at_start,
        at_end: sums.at_end,
        came_back: sums.came_back,
        days: days(sums.seconds),
        days_not_known: days(sums.unknown),
        days_without_record: asks.then(|| days(sums.uncovered)),
        spans,
    }
}

fn span(own: &Stretch, window: Window, asks: bool, records: &[String]) -> TimelineSpan {
    let instant = Instant::from_seconds;
    let inside = |from: i64, to: Option<i64>| {
        let (from, to) = window.part(from, to);
        (to - from).max(0)
    };
    let unknown: i64 = own.unknown.iter().map(|(from, to)| inside(*from, *to)).sum();
    let part = |from: i64, to: Option<i64>| TimelinePart {
        from: instant(from),
        to: to.filter(|to| *to < window.to).map(instant),
        days: days(inside(from, to)),
    };
    let name = |number: u32| usize::try_from(number).ok().and_then(|at| records.get(at)).cloned().unwrap_or_default();
    let uncovered = if asks { own.uncovered(window) } else { Vec::new() };
    TimelineSpan {
        from: instant(own.from),
        from_commit: own.from_commit.clone(),
        since_before: own.since_before,
        after_gap: own.after_gap,
        to: own.to.map(instant),
        to_commit: own.to_commit.clone(),
        days: days(inside(own.from, own.to) - unknown),
        not_known: own.unknown.iter().map(|(from, to)| part(*from, *to)).collect(),
        records: own
            .records
            .iter()
            .map(|own| TimelineRecord { record: name(own.record), from: instant(own.from), to: own.to.map(instant) })
            .collect(),
        without_record: uncovered.into_iter().map(|(from, to)| part(from, Some(to))).collect(),
    }
}

/// Whole days; one that was begun counts.
fn days(seconds: i64) -> u64 {
    u64::try_from((seconds + DAY - 1) / DAY).unwrap_or_default()
}

fn total(of: TimelineKind, told: &[(TimelineItem, Sums)]) -> TotalReport {
    let own: Vec<&(TimelineItem, Sums)> = told.iter().filter(|(item, _)| item.kind == of).collect();
    let count = |is: &dyn Fn(&TimelineItem, &Sums) -> bool| own.iter().filter(|(item, sums)| is(item, sums)).count();
    let asks = of != TimelineKind::Duty;
    let ended: usize = own.iter().map(|(_, sums)| sums.ended).sum();
    let mut lasted: Vec<i64> = own.iter().flat_map(|(_, sums)| sums.lasted.iter().copied()).collect();
    lasted.sort_unstable();
    TotalReport {
        of,
        items: own.len(),
        at_start: count(&|item, _| item.at_start),
        came: own.iter().map(|(_, sums)| sums.began).sum(),
        went: ended,
        at_end: count(&|item, _| item.at_end),
        came_back: own.iter().map(|(_, sums)| sums.came_back).sum(),
        items_that_came_back: count(&|_, sums| sums.came_back > 0),
        days: own.iter().map(|(item, _)| item.days).sum(),
        days_not_known: own.iter().map(|(item, _)| item.days_not_known).sum(),
        days_without_record: asks.then(|| own.iter().filter_map(|(item, _)| item.days_without_record).sum()),
        items_without_record: asks.then(|| count(&|_, sums| sums.uncovered > 0)),
        remediation: RemediationReport {
            counted: lasted.len(),
            not_counted: ended - lasted.len(),
            median_seconds: median(&lasted),
            longest_seconds: lasted.last().copied(),
        },
    }
}

/// The middle of what is sorted.
fn median(sorted: &[i64]) -> Option<i64> {
    let upper = sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(*upper);
    }
    let lower = sorted.get(sorted.len() / 2 - 1)?;
    Some(lower + (upper - lower) / 2)
}
