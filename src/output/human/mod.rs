//! For people: what a developer needs to clear the gate, and what everybody else needs to trust it.
//!
//! What blocks comes first and in full, since that is why it is read. Everything else is a line or two. The verdict is
//! the last line: it is what a terminal shows when the command is done.

pub(super) mod diff;
mod finding;
mod footer;
mod records;
mod rules;
pub(super) mod simulation;
mod snippet;
mod source;
pub(super) mod style;

use std::io::{self, Write};

use super::check::CheckReport;
use super::groups::FindingGroup;
use super::sorted::{Sorted, total};
use super::words::{findings, number};
use super::{Group, Options};
use crate::gate::Texts;
use finding::Writer;
use source::Sources;
use style::{Style, clean};

/// Blocking groups printed in full.
const FULL: usize = 25;
/// Other entries of one list.
const LISTED: usize = 50;
/// Approved findings named; the rest are counted.
const APPROVED: usize = 10;

/// Writes the report.
pub(super) fn write(report: &CheckReport, texts: &dyn Texts, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let style = Style::new(options);
    let mut sources = Sources::new(texts);
    let mut page = Page { report, writer: Writer { style: &style, sources: &mut sources, out: String::new() } };
    page.write();
    out.write_all(page.writer.out.as_bytes())
}

struct Page<'a, 't> {
    report: &'a CheckReport,
    writer: Writer<'a, 't>,
}

impl Page<'_, '_> {
    fn write(&mut self) {
        let sorted = Sorted::of(self.report);
        self.blocking(&sorted.blocking);
        self.warnings(&sorted.warnings);
        self.approved(&sorted.approved);
        self.summaries(&sorted);
        self.records();
        self.unresolved();
        self.rules_change();
        self.footer(sorted.blocking.len());
    }

    fn blocking(&mut self, groups: &[FindingGroup<'_>]) {
        for group in groups.iter().take(FULL) {
            self.writer.full(group);
            self.blank();
        }
        let rest = groups.get(FULL..).unwrap_or_default();
        self.listed(rest, "more that block");
        if !rest.is_empty() {
            self.blank();
        }
    }

    fn warnings(&mut self, groups: &[FindingGroup<'_>]) {
        for group in groups.iter().take(LISTED) {
            self.writer.short(group);
            self.blank();
        }
        let rest: usize = groups.iter().skip(LISTED).map(FindingGroup::len).sum();
        if rest > 0 {
            let more = if rest == 1 { "warning" } else { "warnings" };
            self.note(&format!("{} more {more} are not printed; `--output json` has them all", number(rest)));
            self.blank();
        }
    }

    /// Findings that a record answers: the reader should know that somebody said yes, and who.
    fn approved(&mut self, groups: &[FindingGroup<'_>]) {
        for group in groups.iter().take(APPROVED) {
            self.writer.answered(group.lead);
        }
        let rest: usize = groups.iter().skip(APPROVED).map(FindingGroup::len).sum();
        if rest > 0 {
            self.note(&format!("and {} more that somebody answers for", findings(rest)));
        }
        if !groups.is_empty() {
            self.blank();
        }
    }

    /// What does not stop anything: a line each, or a list if asked for.
    fn summaries(&mut self, sorted: &Sorted<'_>) {
        let before = self.writer.out.len();
        let n = total(&sorted.existing);
        if n > 0 {
            let verb = if n == 1 { "does" } else { "do" };
            let text = format!("{n} existing {} {verb} not block", noun(n), n = number(n));
            self.summary(&text, Group::Existing, "existing", &sorted.existing);
        }
        let n = total(&sorted.recorded);
        if n > 0 {
            let are = if n == 1 { "is" } else { "are" };
            self.summary(
                &format!("{} {are} only recorded", findings(n)),
                Group::Recorded,
                "recorded",
                &sorted.recorded,
            );
        }
        let n = total(&sorted.resolved);
        if n > 0 {
            let text = format!("this change resolves {}", findings(n));
            self.summary(&text, Group::Resolved, "resolved", &sorted.resolved);
        }
        let n = total(&sorted.implied);
        if n > 0 {
            let come = if n == 1 { "comes" } else { "come" };
            let text = format!("{} {come} along with a wider duty", findings(n));
            self.summary(&text, Group::Implied, "implied", &sorted.implied);
        }
        if self.writer.out.len() > before {
            self.blank();
        }
    }

    fn summary(&mut self, text: &str, group: Group, name: &str, groups: &[FindingGroup<'_>]) {
        if self.writer.style.options.show.contains(&group) {
            self.note(&format!("{text}:"));
            self.listed(groups, "more");
        } else {
            let list =
                if groups.len() == 1 && groups.iter().all(|group| group.others.is_empty()) { "it" } else { "them" };
            self.note(&format!("{text}; `--show {name}` lists {list}"));
        }
    }

    fn listed(&mut self, groups: &[FindingGroup<'_>], rest: &str) {
        for group in groups.iter().take(LISTED) {
            self.writer.line_of(group);
        }
        let left: usize = groups.iter().skip(LISTED).map(FindingGroup::len).sum();
        if left > 0 {
            self.writer.push(&format!("and {} {rest}; `--output json` has them all", number(left)), "     ", "     ");
        }
    }

    fn note(&mut self, text: &str) {
        self.writer.push(&clean(text), " ", "   ");
    }

    fn blank(&mut self) {
        self.writer.out.push('\n');
    }
}

fn noun(n: usize) -> &'static str {
    if n == 1 { "finding" } else { "findings" }
}
