//! Tables of the report for spreadsheets: one file a table, the first row its header.

use super::model::Report;
use super::sheets::{Cell, Sheet, sheets};
use super::words::{machine, proof, shown_by, state};
use crate::history::{Looked, Span};
use crate::syntax::{CsvTable, RowEnd};

/// A table in the making, by the name of its file.
struct Table {
    file: &'static str,
    table: CsvTable,
}

impl Table {
    fn new(file: &'static str, header: &[&str]) -> Self {
        Self { file, table: CsvTable::new(header, RowEnd::CrLf) }
    }

    fn row<T: AsRef<str>>(&mut self, cells: &[T]) {
        self.table.row(cells);
    }

    fn finish(self) -> (String, String) {
        (self.file.to_owned(), self.table.finish())
    }
}

fn text<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

/// The tables of a report: the name of each file, and its text.
#[must_use]
pub fn csv_files(report: &Report) -> Vec<(String, String)> {
    let mut all = vec![
        landings(report),
        ways(report),
        days(report),
        policies(report),
        exposures(report),
        accepted(report),
        frameworks(report),
        versions(report),
    ];
    for own in sheets(report) {
        all.push((format!("{}.csv", own.id), sheet_csv(&own)));
    }
    all
}

/// One section's table as CSV.
#[must_use]
pub fn sheet_csv(own: &Sheet) -> String {
    let header: Vec<&str> = own.columns.iter().map(|column| column.name).collect();
    let mut table = CsvTable::new(&header, RowEnd::CrLf);
    for row in &own.rows {
        table.row(&row.iter().map(cell).collect::<Vec<_>>());
    }
    table.finish()
}

/// A cell as machines read it.
fn cell(own: &Cell) -> String {
    match own {
        Cell::Text(text)
        | Cell::Severity(text)
        | Cell::Finding(text)
        | Cell::Landing(text)
        | Cell::Policy(text)
        | Cell::Digest(text) => text.clone(),
        Cell::List(list) | Cell::Records(list) => list.join("; "),
        Cell::Number(number) => text(*number),
        Cell::At(at) => at.map(machine).unwrap_or_default(),
        Cell::Until(end) => Cell::last(*end).map(machine).unwrap_or_default(),
        Cell::Is(is) => yes(*is),
        Cell::Blank => String::new(),
    }
}

fn landings(report: &Report) -> (String, String) {
    let mut table = Table::new(
        "landings.csv",
        &["commit", "at", "authors", "subject", "state", "evaluation", "proof", "judged", "accepted_by", "changed"],
    );
    for own in &report.completeness.landings {
        table.row(&[
            own.commit.clone(),
            machine(own.at),
            own.authors.join("; "),
            own.subject.clone(),
            state(own.state).to_owned(),
            text(own.evaluation),
            proof(own.proof).to_owned(),
            text(own.judged),
            own.accepted_by.join("; "),
            own.changed.join("; "),
        ]);
    }
    table.finish()
}

/// A row for each time, and one for each way that was not taken, so that zero is there with whether anybody looked.
fn ways(report: &Report) -> (String, String) {
    let mut table = Table::new("ways.csv", &["way", "shown_by", "looked", "times", "at", "commit", "who", "what"]);
    for own in &report.completeness.ways {
        let looked = match own.looked {
            Looked::Yes => "yes",
            Looked::InPart => "in_part",
            Looked::No => "no",
        };
        let times = match own.looked {
            Looked::No if own.taken.is_empty() => "?".to_owned(),
            _ => own.taken.len().to_string(),
        };
        let of_way = [own.title.clone(), shown_by(own.shown_by).to_owned(), looked.to_owned(), times];
        for taken in &own.taken {
            let of_time = [machine(taken.at), text(taken.commit.as_ref()), taken.who.clone(), taken.what.clone()];
            table.row(&[of_way.as_slice(), of_time.as_slice()].concat());
        }
        if own.taken.is_empty() {
            table.row(&[of_way.as_slice(), [const { String::new() }; 4].as_slice()].concat());
        }
    }
    table.finish()
}

fn days(report: &Report) -> (String, String) {
    let mut table = Table::new("days.csv", &["day", "landed", "ungated", "evaluated", "night"]);
    for own in &report.completeness.days {
        let [landed, ungated, evaluated] = [own.landed, own.ungated, own.evaluated].map(|n| n.to_string());
        table.row(&[own.day.clone(), landed, ungated, evaluated, own.night.title().to_owned()]);
    }
    table.finish()
}

fn policies(report: &Report) -> (String, String) {
    let mut table = Table::new(
        "policies.csv",
        &[
            "policy",
            "title",
            "severity",
            "evaluations",
            "subjects",
            "failed",
            "blocked",
            "open",
            "allowed_example",
            "denied_example",
            "accepted_example",
            "error_example",
            "requirements",
        ],
    );
    for own in &report.policies {
        table.row(&[
            own.id.clone(),
            own.title.clone(),
            own.severity.clone(),
            own.evaluations.to_string(),
            own.subjects.to_string(),
            own.failed.to_string(),
            own.blocked.to_string(),
            own.open.to_string(),
            text(own.examples.allowed),
            text(own.examples.denied),
            text(own.examples.accepted),
            text(own.examples.error),
            own.requirements.join("; "),
        ]);
    }
    table.finish()
}

/// A row for each span; what names the finding and its days in all stand in each of them.
fn exposures(report: &Report) -> (String, String) {
    let mut table = Table::new(
        "exposures.csv",
        &[
            "fingerprint",
            "policy",
            "severity",
            "subject",
            "conflict",
            "duties",
            "systems",
            "observed_in",
            "days",
            "accepted",
            "accepted_by",
            "span",
            "from",
            "from_commit",
            "from_record",
            "since_before",
            "to",
            "to_commit",
            "to_record",
            "span_accepted_by",
        ],
    );
    for own in &report.exposures {
        let of_finding = [
            own.fingerprint.clone(),
            own.policy.clone(),
            own.severity.clone(),
            own.subject.clone(),
            text(own.conflict.as_ref()),
            own.duties.join("; "),
            own.systems.join("; "),
            own.observed_in.join("; "),
            own.days.to_string(),
            yes(own.accepted),
            own.accepted_by.join("; "),
        ];
        for (at, span) in own.spans.iter().enumerate() {
            let Span { from, from_commit, from_record, since_before, to, to_commit, to_record, accepted_by } = span;
            let of_span = [
                (at + 1).to_string(),
                machine(*from),
                from_commit.clone(),
                text(from_record.map(|own| own.to_string())),
                yes(*since_before),
                text(to.map(machine)),
                text(to_commit.as_ref()),
                text(to_record.map(|own| own.to_string())),
                accepted_by.join("; "),
            ];
            table.row(&[of_finding.as_slice(), of_span.as_slice()].concat());
        }
    }
    table.finish()
}

fn accepted(report: &Report) -> (String, String) {
    let mut table = Table::new("accepted.csv", &["record", "landings", "findings"]);
    for own in &report.accepted {
        table.row(&[own.record.clone(), own.landings.join("; "), own.findings.join("; ")]);
    }
    table.finish()
}

fn frameworks(report: &Report) -> (String, String) {
    let mut table = Table::new("frameworks.csv", &["framework", "title", "requirement", "policies"]);
    for own in &report.frameworks {
        for (requirement, policies) in &own.requirements {
            table.row(&[own.id.clone(), own.title.clone(), requirement.clone(), policies.join("; ")]);
        }
    }
    table.finish()
}

fn versions(report: &Report) -> (String, String) {
    let mut table = Table::new("versions.csv", &["engine", "rules", "first", "last", "evaluations"]);
    for own in &report.completeness.versions {
        table.row(&[
            own.engine.clone(),
            own.rules.clone(),
            machine(own.first),
            machine(own.last),
            own.evaluations.to_string(),
        ]);
    }
    table.finish()
}
