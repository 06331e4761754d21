//! The path of every finding as a table that a hand can trace.

use crate::gate::{Judged, Judgement, Side};
use crate::source::{Comparison, Tree};
use crate::syntax::{CsvTable, LineIndex, RowEnd};

const HEADER: [&str; 9] = ["fingerprint", "policy", "subject", "duty", "step", "text", "file", "line", "tree"];

/// `paths.csv`: for each finding each leg's steps in order; for a finding without legs, the places that it names.
pub(super) fn table(judgement: &Judgement, comparison: &Comparison) -> String {
    let mut table = CsvTable::new(&HEADER, RowEnd::Lf);
    for judged in &judgement.findings {
        for step in steps(judged) {
            let finding = &judged.finding;
            let (file, line, tree) = match step.place {
                Some((side, place)) => {
                    let line = line(comparison, side, &place.file, place.span.start);
                    (&*place.file, line, if side == Side::Head { "head" } else { "base" })
                }
                None => ("", String::new(), ""),
            };
            let fingerprint = finding.fingerprint.to_string();
            table.row::<&str>(&[
                &fingerprint,
                &finding.policy,
                &finding.subject.id,
                step.duty,
                &step.number.to_string(),
                step.text,
                file,
                &line,
                tree,
            ]);
        }
    }
    table.finish()
}

struct Row<'a> {
    duty: &'a str,
    number: usize,
    text: &'a str,
    place: Option<(Side, &'a crate::access::Place)>,
}

fn steps(judged: &Judged) -> Vec<Row<'_>> {
    let finding = &judged.finding;
    if finding.legs.is_empty() {
        let places = finding.locations.iter().zip(1..);
        return places
            .map(|(location, number)| Row {
                duty: "",
                number,
                text: &location.text,
                place: Some((location.side, &location.place)),
            })
            .collect();
    }
    let legs =
        finding.legs.iter().flat_map(|leg| leg.steps.iter().zip(1..).map(move |(step, number)| (leg, step, number)));
    legs.map(|(leg, step, number)| Row {
        duty: &leg.duty,
        number,
        text: &step.text,
        place: step.place.as_ref().map(|(side, place)| (*side, place)),
    })
    .collect()
}

fn line(comparison: &Comparison, side: Side, path: &str, offset: u32) -> String {
    let tree: Option<&Tree> = match side {
        Side::Head => Some(&comparison.head),
        Side::Base => comparison.base.as_ref(),
    };
    let bytes = tree.and_then(|tree| tree.get(path)).and_then(|file| file.bytes());
    bytes.map(|bytes| LineIndex::new(bytes).position(offset).line.to_string()).unwrap_or_default()
}
