//! What many gain or lose alike, told once; and the phrases that renderers share.

use std::collections::{BTreeMap, BTreeSet};

use super::super::words::{count, list};
use super::{BecauseDiff, ConflictDiff, DiffOutcome, DiffReport, DutyDiff, PartDiff, ShiftKind};
use crate::duties::{Certainty, Respect};
use crate::rules::Severity;

/// Most phrases of one extent.
const PHRASES: usize = 4;
/// Most values of one dimension.
const VALUES: usize = 5;

/// Which way a change goes, the one to look at first first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::output) enum Direction {
    /// Somebody has it who had it not.
    Gains,
    /// Somebody has it further than before, whatever else.
    HasMore,
    /// Somebody has it less far than before.
    HasLess,
    /// Somebody has it no longer.
    Loses,
}

impl Direction {
    fn of(change: ShiftKind, respects: &BTreeSet<Respect>) -> Self {
        let more = |respect: &Respect| {
            matches!(respect, Respect::Wider | Respect::Longer | Respect::MoreCertain | Respect::FewerConditions)
        };
        match change {
            ShiftKind::Gained => Self::Gains,
            ShiftKind::Lost => Self::Loses,
            ShiftKind::Changed if respects.iter().any(more) => Self::HasMore,
            ShiftKind::Changed => Self::HasLess,
        }
    }

    /// What whoever it concerns does: `gains`, `gain`.
    pub(in crate::output) fn verb(self, several: bool) -> &'static str {
        match (self, several) {
            (Self::Gains, false) => "gains",
            (Self::Gains, true) => "gain",
            (Self::HasMore, false) => "has more of",
            (Self::HasMore, true) => "have more of",
            (Self::HasLess, false) => "has less of",
            (Self::HasLess, true) => "have less of",
            (Self::Loses, false) => "loses",
            (Self::Loses, true) => "lose",
        }
    }

    /// A sign that a log can show.
    pub(in crate::output) fn sign(self) -> &'static str {
        match self {
            Self::Gains => "+",
            Self::HasMore | Self::HasLess => "~",
            Self::Loses => "-",
        }
    }
}

/// One line of what many have alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::output) struct Row {
    /// The severity, of a conflict.
    pub(in crate::output) severity: Option<std::cmp::Reverse<Severity>>,
    /// Whether it needs an approval by itself.
    pub(in crate::output) privileged: bool,
    /// The duty or the conflict.
    pub(in crate::output) id: String,
    /// Its title.
    pub(in crate::output) title: String,
    /// The system, or systems.
    pub(in crate::output) system: String,
    /// On what, how certainly and how long, before and now as far as they differ.
    pub(in crate::output) extent: String,
}

/// What some principals gain or lose alike, by the same.
#[derive(Debug, Clone)]
pub(in crate::output) struct Block<'a, T> {
    /// Which way it goes.
    pub(in crate::output) direction: Direction,
    /// By what, in words that hold for all.
    pub(in crate::output) alike: String,
    /// Where that is written, if it is in one place for all.
    pub(in crate::output) at: Option<String>,
    /// Who.
    pub(in crate::output) who: Vec<&'a str>,
    /// What.
    pub(in crate::output) rows: Vec<Row>,
    /// How much more comes along with something wider.
    pub(in crate::output) along: usize,
    /// One of them, to show a path of.
    pub(in crate::output) example: &'a T,
}

impl<T> Block<'_, T> {
    /// Whether something in it is privileged.
    pub(in crate::output) fn is_privileged(&self) -> bool {
        self.rows.iter().any(|row| row.privileged)
    }
}

/// What is grouped.
struct Entry<'a, T> {
    direction: Direction,
    alike: String,
    at: Option<String>,
    who: &'a str,
    row: Row,
    along: bool,
    from: &'a T,
}

/// The duties in blocks, what matters most first.
pub(in crate::output) fn blocks(report: &DiffReport) -> Vec<Block<'_, DutyDiff>> {
    let entries = report.duties.iter().map(|own| {
        let DutyDiff { principal, duty, title, privileged, system, before, after, because, along, .. } = own;
        let direction = Direction::of(own.change, &own.respects);
        Entry {
            direction,
            alike: alike(because.as_ref(), direction),
            at: because.as_ref().and_then(place_of),
            who: principal,
            row: Row {
                severity: None,
                privileged: *privileged,
                id: duty.clone(),
                title: title.clone(),
                system: system.clone(),
                extent: extent(own.change, &own.respects, before, after),
            },
            along: along.as_ref().is_some_and(|wide| wide != duty),
            from: own,
        }
    });
    grouped(entries.collect())
}

/// The conflicts in blocks, what matters most first.
pub(in crate::output) fn conflict_blocks(report: &DiffReport) -> Vec<Block<'_, ConflictDiff>> {
    let entries = report.conflicts.iter().map(|own| {
        let ConflictDiff { principal, conflict, title, severity, systems, before, after, along, legs, .. } = own;
        let direction = Direction::of(own.change, &own.respects);
        // What one leg has of its own brings the conflict about.
        let because = legs.iter().find_map(|leg| leg.because.as_ref());
        let systems: Vec<&String> = systems.iter().collect();
        Entry {
            direction,
            alike: alike(because, direction),
            at: because.and_then(place_of),
            who: principal,
            row: Row {
                severity: Some(std::cmp::Reverse(*severity)),
                privileged: false,
                id: conflict.clone(),
                title: title.clone(),
                system: list(&systems, VALUES),
                extent: extent(own.change, &own.respects, before, after),
            },
            along: along.is_some(),
            from: own,
        }
    });
    let mut blocks = grouped(entries.collect());
    for block in &mut blocks {
        // Whoever administers a system has every conflict there is, which says no more than that.
        if block.example.along.is_some() {
            block.along = std::mem::take(&mut block.rows).len();
        }
    }
    blocks.sort_by_key(|block| (block.direction, block.rows.is_empty()));
    blocks
}

/// First those who have one line alike, by the same; then the lines that the same people have, by the same.
fn grouped<T>(entries: Vec<Entry<'_, T>>) -> Vec<Block<'_, T>> {
    type Same = (Direction, String);
    type Open<'a, T> = (Block<'a, T>, Vec<Row>);
    struct Line<'a, T> {
        who: BTreeSet<&'a str>,
        at: BTreeSet<Option<String>>,
        along: bool,
        example: &'a T,
    }
    let mut lines: BTreeMap<(Same, Row), Line<'_, T>> = BTreeMap::new();
    for entry in entries {
        let line = lines.entry(((entry.direction, entry.alike), entry.row)).or_insert_with(|| Line {
            who: BTreeSet::new(),
            at: BTreeSet::new(),
            along: true,
            example: entry.from,
        });
        line.who.insert(entry.who);
        line.at.insert(entry.at);
        line.along &= entry.along;
    }
    // What stands by itself, and what comes along with something wider.
    let mut blocks: BTreeMap<(Same, Vec<&str>), Open<'_, T>> = BTreeMap::new();
    for ((same, row), line) in lines {
        let who: Vec<&str> = line.who.iter().copied().collect();
        let one = if line.at.len() == 1 { line.at.into_iter().next().flatten() } else { None };
        let (block, along) = blocks.entry((same.clone(), who.clone())).or_insert_with(|| {
            let (direction, alike) = same;
            let (rows, along, example) = (Vec::new(), 0, line.example);
            (Block { direction, alike, at: one, who, rows, along, example }, Vec::new())
        });
        if line.along {
            along.push(row);
        } else {
            if block.rows.is_empty() {
                block.example = line.example;
            }
            block.rows.push(row);
        }
    }
    let whole = blocks.into_values().map(|(mut block, along)| {
        if block.rows.is_empty() {
            block.rows = along;
        } else {
            block.along = along.len();
        }
        block.rows.sort_by(|a, b| (a.severity, !a.privileged, a).cmp(&(b.severity, !b.privileged, b)));
        block
    });
    let mut blocks: Vec<Block<'_, T>> = whole.collect();
    blocks.sort_by(|a, b| {
        let key = |block: &Block<'_, T>| {
            let worst = block.rows.iter().filter_map(|row| row.severity).min();
            (block.direction, worst, !block.is_privileged(), std::cmp::Reverse(block.who.len()))
        };
        (key(a), &a.who, &a.alike).cmp(&(key(b), &b.who, &b.alike))
    });
    blocks
}

/// By what something comes or went, in words that hold for all who have it alike.
fn alike(because: Option<&BecauseDiff>, direction: Direction) -> String {
    match (because, direction) {
        (Some(because), Direction::Gains | Direction::HasMore) => because.alike.clone(),
        (Some(because), Direction::HasLess | Direction::Loses) => format!("that came {}", because.alike),
        (None, Direction::Gains | Direction::HasMore) => {
            "since something that limited it is gone or changed".to_owned()
        }
        (None, Direction::HasLess | Direction::Loses) => "since something limits it now".to_owned(),
    }
}

/// `file:line`.
pub(in crate::output) fn place_of(because: &BecauseDiff) -> Option<String> {
    place(because.step.file.as_deref(), because.step.line)
}

/// `file:line`, or the file alone.
pub(in crate::output) fn place(file: Option<&str>, line: Option<u32>) -> Option<String> {
    let file = file?;
    Some(line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}")))
}

/// How far something goes, before and now as far as that differs.
pub(in crate::output) fn extent(
    change: ShiftKind,
    respects: &BTreeSet<Respect>,
    before: &[PartDiff],
    after: &[PartDiff],
) -> String {
    let any = |wanted: &[Respect]| respects.iter().any(|respect| wanted.contains(respect));
    let mut phrases: Vec<String> = Vec::new();
    match change {
        ShiftKind::Gained | ShiftKind::Lost => {
            let parts = if change == ShiftKind::Gained { after } else { before };
            phrases.push(on(parts));
            phrases.extend(doubt(parts));
            phrases.extend(time(parts));
        }
        ShiftKind::Changed => {
            if any(&[Respect::Wider, Respect::Narrower]) {
                phrases.push(format!("{}, before {}", on(after), on(before)));
            } else {
                phrases.push(on(after));
            }
            let held = |parts: &[PartDiff]| doubt(parts).unwrap_or_else(|| "certain".to_owned());
            if any(&[Respect::MoreCertain, Respect::LessCertain, Respect::FewerConditions, Respect::MoreConditions]) {
                phrases.push(format!("{}, before {}", held(after), held(before)));
            } else {
                phrases.extend(doubt(after));
            }
            let lasting = |parts: &[PartDiff]| time(parts).unwrap_or_else(|| "without end".to_owned());
            if any(&[Respect::Longer, Respect::Shorter]) {
                phrases.push(format!("{}, before {}", lasting(after), lasting(before)));
            } else {
                phrases.extend(time(after));
            }
        }
    }
    phrases.join("; ")
}

/// On what, in words.
fn on(parts: &[PartDiff]) -> String {
    let mut phrases: BTreeSet<String> = BTreeSet::new();
    for part in parts {
        let dimensions = part.scope.iter().map(|(dimension, values)| {
            let dimension = dimension.replace('_', " ");
            match values.as_slice() {
                [all] if all == "*" => format!("every {dimension}"),
                values => format!("{dimension} {}", list(values, VALUES)),
            }
        });
        phrases.insert(dimensions.collect::<Vec<_>>().join(", "));
    }
    if phrases.is_empty() || phrases.contains("") {
        return "on everything".to_owned();
    }
    let more = phrases.len().saturating_sub(PHRASES);
    let more = if more > 0 { format!(" and on {more} more") } else { String::new() };
    let shown: Vec<String> = phrases.into_iter().take(PHRASES).collect();
    format!("on {}{more}", shown.join("; on "))
}

/// What makes it less than certain; nothing where some part is.
fn doubt(parts: &[PartDiff]) -> Option<String> {
    let best = parts.iter().map(|part| part.held).max()?;
    let conditions: BTreeSet<&String> =
        parts.iter().filter(|part| part.held == best).flat_map(|part| &part.conditions).collect();
    let conditions: Vec<&String> = conditions.into_iter().collect();
    match best {
        Certainty::Certain => None,
        Certainty::Conditional => Some(format!("only if {}", list(&conditions, VALUES))),
        Certainty::Unknown if conditions.is_empty() => Some("cannot be told for sure".to_owned()),
        Certainty::Unknown => Some(format!("cannot be told for sure: {}", list(&conditions, VALUES))),
    }
}

/// When it holds; nothing where some part always does.
fn time(parts: &[PartDiff]) -> Option<String> {
    let day = |text: &String| text.split('T').next().unwrap_or(text).to_owned();
    if parts.iter().any(|part| part.from.is_none() && part.until.is_none()) {
        return None;
    }
    let times: BTreeSet<String> = parts
        .iter()
        .map(|part| match (&part.from, &part.until) {
            (Some(from), Some(until)) => format!("from {} until {}", day(from), day(until)),
            (Some(from), None) => format!("from {}", day(from)),
            (None, Some(until)) => format!("until {}", day(until)),
            (None, None) => String::new(),
        })
        .collect();
    let times: Vec<String> = times.into_iter().collect();
    (!times.is_empty()).then(|| list(&times, 2))
}

/// What it comes to, in one line; what a reviewer reads first.
pub(in crate::output) fn headline(report: &DiffReport) -> String {
    let counted = &report.counted;
    match report.outcome {
        DiffOutcome::Unchanged => {
            return format!(
                "no effective access changes: {} and {} compared",
                count(counted.principals, "principal", "principals"),
                count(counted.grants, "grant", "grants"),
            );
        }
        DiffOutcome::Unknown => {
            return format!(
                "no known access changes, and {} could not be told",
                count(report.not_told.len(), "thing", "things")
            );
        }
        DiffOutcome::Changed => {}
    }
    let people = |wanted: &[Direction]| -> usize {
        let duties = report.duties.iter().map(|own| (own.change, &own.respects, &own.principal));
        let own = duties.filter(|(change, respects, _)| wanted.contains(&Direction::of(*change, respects)));
        own.map(|(_, _, who)| who).collect::<BTreeSet<_>>().len()
    };
    let mut parts: Vec<String> = Vec::new();
    let mut say = |n: usize, one: &str, many: &str| {
        if n > 0 {
            parts.push(count(n, one, many));
        }
    };
    let more = people(&[Direction::Gains, Direction::HasMore]);
    let less = people(&[Direction::Loses, Direction::HasLess]);
    say(more, "principal gains duties", "principals gain duties");
    say(less, "principal loses duties", "principals lose duties");
    let conflicts = |wanted: &[Direction]| {
        let own = report.conflicts.iter().filter(|own| own.along.is_none());
        own.filter(|own| wanted.contains(&Direction::of(own.change, &own.respects))).count()
    };
    say(conflicts(&[Direction::Gains, Direction::HasMore]), "conflict gained", "conflicts gained");
    say(conflicts(&[Direction::Loses, Direction::HasLess]), "conflict lost", "conflicts lost");
    let escalations =
        |lost: bool| report.escalations.iter().filter(|own| (own.change == ShiftKind::Lost) == lost).count();
    say(escalations(false), "escalation gained", "escalations gained");
    say(escalations(true), "escalation lost", "escalations lost");
    if parts.is_empty() {
        parts.push("no duty changes".to_owned());
    }
    let mut say = |n: usize, one: &str, many: &str| {
        if n > 0 {
            parts.push(count(n, one, many));
        }
    };
    say(
        report.permissions.len(),
        "principal whose other permissions differ",
        "principals whose other permissions differ",
    );
    say(report.accounts.len(), "difference in accounts and memberships", "differences in accounts and memberships");
    say(report.not_told.len(), "thing could not be told", "things could not be told");
    parts.join("; ")
}

/// What stands beside the headline and is no access: rules, records, descriptions.
pub(in crate::output) fn quiet(report: &DiffReport) -> Vec<(String, Vec<String>)> {
    let rules = &report.rules;
    let mut all = Vec::new();
    let mut say = |text: String, of: &[String]| {
        if !of.is_empty() {
            all.push((text, of.to_vec()));
        }
    };
    say(
        "rules are edited; both trees are read under the target's, and `countersign check` says what the edit does:"
            .to_owned(),
        &rules.rules,
    );
    say("records are edited, which give no access:".to_owned(), &rules.records);
    say("systems are described otherwise; what the target says of them holds here:".to_owned(), &rules.systems);
    all
}
