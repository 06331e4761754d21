//! A report as marks in files, for an editor: each finding once where the change adds to it, with the other places beside
//! it, and each further leg that the change adds.

use super::brief::brief;
use super::check::{CheckReport, LocationReport};
use super::groups::FindingGroup;
use super::human::style::clean;
use super::sorted::{Sorted, at, not_told, places, primary};
use super::words::{capital, sentence};
use crate::gate::Side;
use crate::report::escape::cut;
use crate::rules::CONFIG_FILE;
use crate::store::Digest;
use crate::syntax::Position;

/// Most characters of one line of a text: an editor shows it beside the code.
const LINE: usize = 480;

/// What is said at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Where.
    pub place: MarkPlace,
    /// How much it weighs.
    pub weight: Weight,
    /// The policy; none for what could not be told.
    pub policy: Option<String>,
    /// What is said, in a few lines.
    pub text: String,
    /// The other places that belong to it.
    pub others: Vec<(MarkPlace, String)>,
    /// The finding that it shows where it stands first, by its fingerprint.
    pub finding: Option<Digest>,
}

/// A place in a file of head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkPlace {
    /// The file, from the root of the tree.
    pub file: String,
    /// From where to where; `None` for the file as a whole.
    pub range: Option<(Position, Position)>,
}

/// How much a mark weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It stops the change.
    Blocks,
    /// Somebody should look at it.
    Warns,
    /// It is good to know.
    Tells,
}

/// The marks of a report, the weightiest first. What was there before and weighs nothing has none, as in `check`.
#[must_use]
pub fn marks(report: &CheckReport) -> Vec<Mark> {
    let sorted = Sorted::of(report);
    let mut marks = Vec::new();
    for (weight, groups) in [
        (Weight::Blocks, &sorted.blocking),
        (Weight::Warns, &sorted.warnings),
        (Weight::Tells, &sorted.approved),
        (Weight::Tells, &sorted.recorded),
    ] {
        for group in groups {
            marks.push(mark(weight, group, report));
            marks.extend(other_legs(group));
        }
    }
    marks.extend(not_told(report).filter(|found| !found.existing).filter_map(|found| {
        let consequence = if found.consequence.is_empty() { String::new() } else { format!("; {}", found.consequence) };
        let start = found.line.map(|line| Position { line, column: 1 });
        Some(Mark {
            place: MarkPlace { file: found.file.clone()?, range: start.map(|start| (start, start)) },
            weight: Weight::Tells,
            policy: None,
            text: said(&format!("{}{consequence}", found.reason)),
            others: Vec::new(),
            finding: None,
        })
    }));
    marks
}

fn mark(weight: Weight, group: &FindingGroup<'_>, report: &CheckReport) -> Mark {
    let finding = group.lead;
    let own = primary(finding);
    let mut lines = vec![said(&finding.message)];
    // The places are beside the text, where an editor can lead to them.
    lines.extend(brief(group, report).into_iter().filter(|(label, _)| *label != "At").map(|(label, text)| {
        let text = clean(&text);
        let is_command = label.starts_with("To ");
        format!("{label}: {}", if is_command { text.into_owned() } else { cut(&text, LINE) })
    }));
    let others = places(finding).into_iter().chain(&finding.locations).filter(|place| place.side == Side::Head);
    let mut beside: Vec<(MarkPlace, String)> = Vec::new();
    for place in others.filter(|place| own.is_none_or(|own| !is_same(own, place))) {
        let at = MarkPlace::of(place);
        if !beside.iter().any(|(known, _)| *known == at) {
            beside.push((at, said(&place.text)));
        }
    }
    Mark {
        // What has no place of its own is held by the file that governs the gate.
        place: own.map_or_else(|| MarkPlace { file: CONFIG_FILE.to_owned(), range: None }, MarkPlace::of),
        weight,
        policy: Some(finding.policy.clone()),
        text: lines.join("\n"),
        others: beside,
        finding: Some(finding.fingerprint),
    }
}

/// Each further leg that the change adds to what stops it: who opens that file has to see it there.
fn other_legs(group: &FindingGroup<'_>) -> Vec<Mark> {
    let finding = group.lead;
    let Some(own) = primary(finding).filter(|_| finding.decision.blocks) else { return Vec::new() };
    let mut marks: Vec<Mark> = Vec::new();
    for place in places(finding).into_iter().filter(|place| place.added && !is_same(own, place)) {
        let text = format!(
            "{}\nTogether with {}: {}",
            said(&place.text),
            clean(&at(&own.file, own.line)),
            said(&finding.message)
        );
        let mark = Mark {
            place: MarkPlace::of(place),
            weight: Weight::Tells,
            policy: Some(finding.policy.clone()),
            text,
            others: vec![(MarkPlace::of(own), said(&own.text))],
            finding: None,
        };
        if !marks.iter().any(|known| known.place == mark.place) {
            marks.push(mark);
        }
    }
    marks
}

fn is_same(a: &LocationReport, b: &LocationReport) -> bool {
    (&a.file, a.line, a.column) == (&b.file, b.line, b.column)
}

fn said(text: &str) -> String {
    sentence(&capital(&cut(&clean(text), LINE)))
}

impl MarkPlace {
    fn of(place: &LocationReport) -> Self {
        let position = |line: Option<u32>, column: Option<u32>| Some(Position { line: line?, column: column? });
        let start = position(place.line, place.column);
        let end = position(place.end_line, place.end_column);
        Self { file: place.file.clone(), range: start.map(|start| (start, end.unwrap_or(start).max(start))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::fixture;

    #[test]
    fn every_finding_of_check_that_is_new_has_one_mark_and_nothing_else_has() {
        let report = fixture::blocked().report();
        let sorted = Sorted::of(&report);
        let wanted: usize =
            [&sorted.blocking, &sorted.warnings, &sorted.approved, &sorted.recorded].iter().map(|own| own.len()).sum();
        let marks = marks(&report);
        let shown: Vec<&Mark> = marks.iter().filter(|mark| mark.finding.is_some()).collect();
        assert_eq!(shown.len(), wanted);
        let blocking = shown.iter().filter(|mark| mark.weight == Weight::Blocks).count();
        assert_eq!(blocking, sorted.blocking.len());
        assert!(shown.iter().any(|mark| !mark.others.is_empty()));
    }

    #[test]
    fn a_mark_says_what_the_other_formats_say_and_names_no_place_in_its_text() {
        let report = fixture::blocked().report();
        let marks = marks(&report);
        insta::assert_debug_snapshot!(marks.first());
        assert!(marks.iter().all(|mark| !mark.text.contains("\nAt:")));
    }

    #[test]
    fn a_finding_without_a_place_stands_in_the_configuration() {
        let mut report = fixture::blocked().report();
        report.findings.retain(|finding| finding.decision.blocks);
        report.findings.truncate(1);
        report.findings[0].locations.clear();
        let marks = marks(&report);
        assert_eq!(marks[0].place, MarkPlace { file: CONFIG_FILE.to_owned(), range: None });
    }
}
