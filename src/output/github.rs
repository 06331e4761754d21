//! Commands of a workflow of GitHub Actions: annotations on the lines of a change.
//!
//! GitHub shows ten errors, ten warnings and ten notices of a step and drops the rest without a word. So the weightiest
//! come first, and the last line says how many more there are and where. A finding has one error, where the change adds
//! to it; where the change adds another leg there is a notice, which takes no room from errors. Legs that were there
//! before are named with file and line.

use std::cmp::Reverse;
use std::io::{self, Write};

use super::brief::brief;
use super::check::{CheckReport, FindingReport, LocationReport};
use super::groups::FindingGroup;
use super::human::style::clean;
use super::sorted::{Sorted, at, not_told, places, primary, total};
use super::verdict::{Said, verdict};
use super::words::{capital, count, list, number, sentence};
use crate::gate::Outcome;
use crate::report::escape::cut;

/// Annotations of one kind that GitHub shows of a step.
const SHOWN: usize = 10;
/// Notices before the one that says what is left.
const NOTICES: usize = SHOWN - 1;
/// Most characters of a message: a runner cuts what has more than 4,096.
const MESSAGE: usize = 3_900;
/// Most characters of a line of a message that is no command, and of a title.
const LINE: usize = 240;
/// Places that are named of what is left.
const PLACES: usize = 5;

/// What an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Error,
    Warning,
    Notice,
}

/// One annotation.
struct Annotation {
    kind: Kind,
    place: Option<Place>,
    title: String,
    text: String,
}

/// Lines of a file.
struct Place {
    file: String,
    line: Option<u32>,
    end_line: Option<u32>,
    column: Option<u32>,
}

impl Place {
    fn of(place: &LocationReport) -> Self {
        // A place that ends before the first sign of a line ends on the line before.
        let end_line = match (place.end_line, place.end_column) {
            (Some(line), Some(1)) => Some(line.saturating_sub(1)),
            (line, _) => line,
        };
        let end_line = end_line.max(place.line);
        // A runner takes columns of a place on one line only.
        let column = place.column.filter(|_| end_line == place.line);
        Self { file: place.file.clone(), line: place.line, end_line, column }
    }
}

/// Writes the report.
pub(super) fn write(report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    let sorted = Sorted::of(report);
    let all = annotations(report, &sorted);
    let mut left: Vec<(&str, Vec<&Annotation>)> = Vec::new();
    for (kind, most, what) in
        [(Kind::Error, SHOWN, "that block"), (Kind::Warning, SHOWN, "that warn"), (Kind::Notice, NOTICES, "to know of")]
    {
        let own: Vec<&Annotation> = all.iter().filter(|annotation| annotation.kind == kind).collect();
        for annotation in own.iter().take(most) {
            out.write_all(annotation.command().as_bytes())?;
        }
        let rest: Vec<&Annotation> = own.into_iter().skip(most).collect();
        if !rest.is_empty() {
            left.push((what, rest));
        }
    }
    out.write_all(last(report, &sorted, &left).as_bytes())
}

/// Everything that there is to annotate, the weightiest first within its kind.
fn annotations(report: &CheckReport, sorted: &Sorted<'_>) -> Vec<Annotation> {
    let mut all = Vec::new();
    let blocking = by_weight(&sorted.blocking);
    if report.outcome == Outcome::NothingCollected {
        let Said { word, text, .. } = verdict(report, sorted.blocking.len());
        all.push(Annotation { kind: Kind::Error, place: None, title: capital(word), text: sentence(&capital(&text)) });
    }
    all.extend(blocking.iter().map(|group| annotation(Kind::Error, group, report)));
    all.extend(by_weight(&sorted.warnings).iter().map(|group| annotation(Kind::Warning, group, report)));
    all.extend(blocking.iter().flat_map(|group| other_legs(group.lead)));
    for group in by_weight(&sorted.approved).iter().chain(&by_weight(&sorted.recorded)) {
        all.push(annotation(Kind::Notice, group, report));
    }
    for found in not_told(report).filter(|found| !found.existing) {
        let consequence = if found.consequence.is_empty() { String::new() } else { format!("; {}", found.consequence) };
        all.push(Annotation {
            kind: Kind::Notice,
            place: found.file.as_ref().map(|file| Place {
                file: file.clone(),
                line: found.line,
                end_line: found.line,
                column: None,
            }),
            title: "Could not be told".to_owned(),
            text: sentence(&capital(&cut(&clean(&format!("{}{consequence}", found.reason)), LINE * 2))),
        });
    }
    all
}

fn by_weight<'g, 'a>(groups: &'g [FindingGroup<'a>]) -> Vec<&'g FindingGroup<'a>> {
    let mut groups: Vec<&FindingGroup<'_>> = groups.iter().collect();
    groups.sort_by_key(|group| Reverse(group.lead.severity));
    groups
}

fn annotation(kind: Kind, group: &FindingGroup<'_>, report: &CheckReport) -> Annotation {
    let finding = group.lead;
    let mut lines = vec![sentence(&capital(&cut(&clean(&finding.message), LINE * 2)))];
    lines.extend(brief(group, report).into_iter().map(|(label, text)| {
        let is_command = label.starts_with("To ");
        let text = clean(&text);
        format!("{label}: {}", if is_command { text.into_owned() } else { cut(&text, LINE * 2) })
    }));
    Annotation {
        kind,
        place: primary(finding).map(Place::of),
        title: title(finding),
        text: cut(&lines.join("\n"), MESSAGE),
    }
}

/// A notice for each further leg that the change adds.
fn other_legs(finding: &FindingReport) -> Vec<Annotation> {
    let Some(first) = primary(finding) else { return Vec::new() };
    let message = cut(&clean(&finding.message), LINE * 2);
    places(finding)
        .into_iter()
        .filter(|place| place.added && (&place.file, place.line) != (&first.file, first.line))
        .map(|place| Annotation {
            kind: Kind::Notice,
            place: Some(Place::of(place)),
            title: title(finding),
            text: format!(
                "{}\nTogether with {}: {}",
                sentence(&capital(&cut(&clean(&place.text), LINE * 2))),
                cut(&clean(&at(&first.file, first.line)), LINE),
                sentence(&message)
            ),
        })
        .collect()
}

fn title(finding: &FindingReport) -> String {
    cut(&clean(&format!("{} {}: {}", finding.policy, finding.severity.as_str(), finding.title)), LINE)
}

/// The last line: the verdict, what is not annotated, and where that is. It is an annotation itself where something had no
/// room, since nobody reads the log of a step that shows annotations.
fn last(report: &CheckReport, sorted: &Sorted<'_>, left: &[(&str, Vec<&Annotation>)]) -> String {
    let Said { word, text, .. } = verdict(report, sorted.blocking.len());
    let mut parts = vec![format!("{word}: {text}")];
    for (what, rest) in left {
        let mut at: Vec<String> = rest.iter().filter_map(|own| own.place.as_ref()).map(Place::shown).collect();
        at.dedup();
        let at = if at.is_empty() { String::new() } else { format!(", at {}", list(&at, PLACES)) };
        parts.push(format!("{} {what} had no room{at}", number(rest.len())));
    }
    let existing = total(&sorted.existing);
    if existing > 0 {
        let verb = if existing == 1 { "does" } else { "do" };
        parts.push(format!("{} {verb} not block", count(existing, "existing finding", "existing findings")));
    }
    if left.is_empty() {
        return format!("Countersign: {}\n", parts.join("; "));
    }
    parts.push("`--output markdown` and `--output json` have more".to_owned());
    let title = "Countersign".to_owned();
    Annotation { kind: Kind::Notice, place: None, title, text: parts.join("; ") }.command()
}

impl Place {
    fn shown(&self) -> String {
        cut(&clean(&at(&self.file, self.line)), LINE)
    }
}

impl Annotation {
    /// The line that makes it, with its end.
    fn command(&self) -> String {
        let name = match self.kind {
            Kind::Error => "error",
            Kind::Warning => "warning",
            Kind::Notice => "notice",
        };
        let mut properties = Vec::new();
        if let Some(place) = &self.place {
            properties.push(format!("file={}", property(&place.file)));
            for (name, value) in [("line", place.line), ("endLine", place.end_line), ("col", place.column)] {
                properties.extend(value.map(|value| format!("{name}={value}")));
            }
        }
        properties.push(format!("title={}", property(&self.title)));
        format!("::{name} {}::{}\n", properties.join(","), data(&self.text))
    }
}

/// A message as a command takes it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property as a command takes it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_message_or_a_property_is_written_otherwise() {
        assert_eq!(data("50%: a,b\r\n::error::x"), "50%25: a,b%0D%0A::error::x");
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
    }

    #[test]
    fn columns_are_for_one_line_and_an_end_before_a_line_is_on_the_line_before() {
        let mut place = crate::output::fixture::blocked()
            .report()
            .findings
            .iter()
            .find_map(|finding| finding.locations.first().cloned())
            .unwrap();
        (place.line, place.column, place.end_line, place.end_column) = (Some(4), Some(3), Some(5), Some(1));
        let shown = Place::of(&place);
        assert_eq!((shown.line, shown.end_line, shown.column), (Some(4), Some(4), Some(3)));
        place.end_column = Some(2);
        let shown = Place::of(&place);
        assert_eq!((shown.line, shown.end_line, shown.column), (Some(4), Some(5), None));
    }
}
