//! An explanation for a terminal.

use std::fmt::Write as _;

use super::super::human::style::{clean, wrapping};
use super::{ExampleFile, ExampleReport, ExplainReport};
use crate::rules::Enforcement;

/// Writes an explanation under headings, at most `width` columns wide; examples and commands keep their lines.
#[must_use]
pub fn explain_human(report: &ExplainReport, width: usize) -> String {
    let mut page = Page { out: String::new(), width };
    let _ = writeln!(page.out, "{}  {}", report.id, clean(&report.title));
    let what = [report.severity.map(|severity| severity.to_string()), report.enforcement.map(does)];
    let what: Vec<String> = what.into_iter().flatten().collect();
    if !what.is_empty() {
        let _ = writeln!(page.out, "{}", what.join("; "));
    }
    if let Some(finding) = &report.finding {
        let place = finding.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        page.section("Here", &[format!("{}{place}", finding.message), format!("fingerprint {}", finding.fingerprint)]);
    }
    page.out.push('\n');
    page.paragraphs(&report.meaning, "");
    if !report.rests_on.is_empty() {
        page.out.push('\n');
        page.paragraphs(&report.rests_on, "  ");
    }
    if let Some(examples) = &report.examples {
        page.heading("It finds");
        page.example(&examples.fires, &examples.beside);
        page.heading("It leaves alone");
        page.example(&examples.silent, &[]);
    }
    page.section("What to do", &report.fix);
    page.section("Who can let it pass", &report.unblock);
    if !report.next.is_empty() {
        page.heading("Next");
        for next in &report.next {
            page.paragraphs(std::slice::from_ref(&next.what), "  ");
            let _ = writeln!(page.out, "    {}", next.command);
        }
    }
    if !report.serves.is_empty() {
        page.heading("Serves");
        for served in &report.serves {
            page.paragraphs(&[format!("{} {}  {}", served.framework, served.control, served.title)], "  ");
        }
    }
    page.out
}

/// What the gate does with a new finding.
pub(super) fn does(enforcement: Enforcement) -> String {
    match enforcement {
        Enforcement::Record => "a new one is recorded here and stops nobody",
        Enforcement::Warn => "a new one warns here and stops nobody",
        Enforcement::Approve => "a new one stops the change here until it is approved",
        Enforcement::Block => "a new one stops the change here",
    }
    .to_owned()
}

struct Page {
    out: String,
    width: usize,
}

impl Page {
    fn heading(&mut self, text: &str) {
        let _ = writeln!(self.out, "\n{text}");
    }

    fn section(&mut self, heading: &str, paragraphs: &[String]) {
        if !paragraphs.is_empty() {
            self.heading(heading);
            self.paragraphs(paragraphs, "  ");
        }
    }

    fn paragraphs(&mut self, paragraphs: &[String], indent: &str) {
        for paragraph in paragraphs {
            let options = wrapping(self.width).initial_indent(indent).subsequent_indent(indent);
            for line in textwrap::wrap(&clean(paragraph), options) {
                let _ = writeln!(self.out, "{}", line.trim_end());
            }
        }
    }

    fn example(&mut self, example: &ExampleReport, beside: &[ExampleFile]) {
        self.paragraphs(std::slice::from_ref(&example.says), "  ");
        for file in beside {
            self.file(file, "");
        }
        for file in &example.before {
            self.file(file, ", before");
        }
        for file in &example.files {
            self.file(file, if example.before.is_empty() { "" } else { ", after" });
        }
        if let Some(people) = &example.people {
            self.file(
                &ExampleFile { path: Some("people.csv".to_owned()), text: people.clone(), line: None },
                ", imported",
            );
        }
    }

    fn file(&mut self, file: &ExampleFile, what: &str) {
        let path = file.path.as_deref().unwrap_or("the document that the policy reads");
        let _ = writeln!(self.out, "\n    {path}{what}");
        for (number, line) in file.text.lines().enumerate() {
            let sign = if file.line == Some(number + 1) { "  > " } else { "    " };
            let _ = writeln!(self.out, "{}", format!("{sign}  {}", clean(line)).trim_end());
        }
    }
}
