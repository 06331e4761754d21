//! What a grant would do, for the person who is asked to give it: what somebody could do then, what the gate would say,
//! and who would have to agree.

use std::collections::BTreeSet;
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr as _;

use super::super::check::FindingReport;
use super::super::groups::{FindingGroup, group, part_implied};
use super::super::simulate::{HoldingReport, SimulateReport, Supposed, SupposedReport};
use super::super::sorted::tolerated;
use super::super::words::{count, findings, list};
use super::super::{Group, Options};
use super::LISTED;
use super::finding::Writer;
use super::source::Sources;
use super::style::{Ink, Style, clean};
use crate::gate::{Outcome, State, Texts};
use crate::rules::Enforcement;

/// Writes the simulation.
pub(in crate::output) fn write(
    report: &SimulateReport,
    texts: &dyn Texts,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let style = Style::new(options);
    let mut sources = Sources::new(texts);
    let mut page = Page { report, writer: Writer { style: &style, sources: &mut sources, out: String::new() } };
    page.write();
    out.write_all(page.writer.out.as_bytes())
}

struct Page<'a, 't> {
    report: &'a SimulateReport,
    writer: Writer<'a, 't>,
}

impl<'a> Page<'a, '_> {
    fn write(&mut self) {
        for (number, supposed) in self.report.supposed.iter().enumerate() {
            self.writer.push(&clean(&sentence(supposed)), if number == 0 { " if " } else { " and " }, "   ");
        }
        self.blank();
        self.holdings("would be gained", &self.report.gained);
        self.holdings("would be lost", &self.report.lost);
        if self.report.gained.is_empty() && self.report.lost.is_empty() {
            self.writer.push("nobody would gain or lose a duty", " ", "   ");
            self.blank();
        }
        let (own, implied) = part_implied(&self.report.findings);
        let pick = |wanted: fn(&FindingReport) -> bool| -> Vec<FindingGroup<'a>> {
            group(own.iter().copied().filter(|finding| wanted(finding)))
        };
        for group in &pick(|finding| finding.decision.blocks) {
            self.writer.full(group);
            self.blank();
        }
        for group in &pick(|finding| {
            finding.state == State::Introduced
                && !finding.decision.blocks
                && finding.decision.enforcement == Enforcement::Warn
        }) {
            self.writer.short(group);
            self.blank();
        }
        let answered = pick(|finding| finding.state == State::Introduced && tolerated(finding));
        for group in answered.iter().take(LISTED) {
            self.writer.answered(group.lead);
        }
        if !answered.is_empty() {
            self.blank();
        }
        let lists = [
            (
                "would be recorded only:",
                pick(|finding| {
                    finding.state == State::Introduced
                        && finding.decision.enforcement == Enforcement::Record
                        && !finding.decision.blocks
                        && !tolerated(finding)
                }),
            ),
            ("would be resolved:", pick(|finding| finding.state == State::Resolved && !finding.decision.blocks)),
        ];
        for (title, groups) in lists.iter().filter(|(_, groups)| !groups.is_empty()) {
            self.writer.push(title, " ", "   ");
            for group in groups.iter().take(LISTED) {
                self.writer.line_of(group);
            }
            self.blank();
        }
        let live = implied.iter().filter(|finding| finding.state == State::Introduced).count();
        if live > 0 && !self.writer.style.options.show.contains(&Group::Implied) {
            let come = if live == 1 { "comes" } else { "come" };
            let text = format!("{} {come} along with a wider duty; `--format json` has them all", findings(live));
            self.writer.push(&text, " ", "   ");
            self.blank();
        }
        self.unresolved();
        self.verdict();
    }

    /// One line a duty and scope; what comes along with a wider one is counted.
    fn holdings(&mut self, title: &str, all: &[HoldingReport]) {
        let own: Vec<&HoldingReport> = all.iter().filter(|own| own.included_in.is_none()).collect();
        if all.is_empty() {
            return;
        }
        let mut rows: Vec<[String; 4]> = own.iter().map(|own| row(own)).collect();
        rows.dedup();
        self.writer.push(&format!("{} {title}:", count(rows.len(), "duty", "duties")), " ", "   ");
        let mut widths = [0; 4];
        for row in &rows {
            for (width, text) in widths.iter_mut().zip(row) {
                *width = (*width).max(text.width());
            }
        }
        for row in rows.iter().take(LISTED) {
            let cells: Vec<String> = row
                .iter()
                .zip(widths)
                .map(|(text, width)| format!("{text}{}", " ".repeat(width.saturating_sub(text.width()))))
                .collect();
            self.writer.push(clean(&cells.join("  ")).trim_end(), "   ", "       ");
        }
        let more = rows.len().saturating_sub(LISTED);
        if more > 0 {
            self.writer.push(&format!("and {more} more; `--format json` has them all"), "   ", "     ");
        }
        let along: BTreeSet<(&str, &str)> =
            all.iter().filter(|own| own.included_in.is_some()).map(|own| (&*own.principal, &*own.duty)).collect();
        if !along.is_empty() {
            let come = if along.len() == 1 { "comes" } else { "come" };
            self.writer.push(&format!("{} more {come} along", along.len()), "   ", "     ");
        }
        self.blank();
    }

    fn unresolved(&mut self) {
        let style = self.writer.style;
        let mark = style.paint(Ink::Warning, "?");
        for found in self.report.unresolved.iter().take(LISTED) {
            let text = format!("{}; {}", found.reason, found.consequence);
            self.writer.push(&clean(&text), &format!(" {mark} "), "   ");
        }
        if !self.report.unresolved.is_empty() {
            self.blank();
        }
    }

    fn verdict(&mut self) {
        let style = self.writer.style;
        let blocking = self.report.findings.iter().filter(|finding| finding.decision.blocks).count();
        let answered = self.report.findings.iter().any(|own| own.state == State::Introduced && tolerated(own));
        let warned = self
            .report
            .findings
            .iter()
            .filter(|own| own.state == State::Introduced && own.decision.enforcement == Enforcement::Warn)
            .filter(|own| !own.decision.blocks)
            .count();
        let (ink, word, text) = match self.report.outcome {
            Outcome::Blocked => (Ink::Error, "would be blocked", {
                let need = if blocking == 1 { "needs" } else { "need" };
                format!("{} {need} an answer", findings(blocking))
            }),
            Outcome::NotEvaluated => (Ink::Error, "would not be evaluated", "a definition is broken".to_owned()),
            Outcome::NothingCollected => (
                Ink::Error,
                "nothing would be judged",
                "definitions are expected here (`in_scope`) and none were found, or no policy ran".to_owned(),
            ),
            Outcome::Clean | Outcome::NotApplicable => (
                Ink::Good,
                "would pass",
                match warned {
                    0 if answered => "somebody has answered for what the gate would find".to_owned(),
                    0 => "the gate would find nothing new".to_owned(),
                    n => format!("{} to look at", count(n, "warning", "warnings")),
                },
            ),
        };
        let line = format!("{}: {text}; nothing was written", style.paint(ink, word));
        self.writer.push(&line, " ", "   ");
    }

    fn blank(&mut self) {
        self.writer.out.push('\n');
    }
}

fn sentence(supposed: &SupposedReport) -> String {
    let SupposedReport { action, role, system, holder, scope, until } = supposed;
    let verb = match action {
        Supposed::Grant => "were given",
        Supposed::Revoke => "no longer had",
    };
    let scope: Vec<String> =
        scope.iter().map(|(name, values)| format!("{} {}", name.replace('_', " "), list(values, 5))).collect();
    let on = if scope.is_empty() { String::new() } else { format!(" on {}", scope.join(", ")) };
    let until = until.as_ref().map(|until| format!(" until {until}")).unwrap_or_default();
    format!("{holder} {verb} {role} in {system}{on}{until}")
}

fn row(own: &HoldingReport) -> [String; 4] {
    let mark = if own.privileged { " (privileged)" } else { "" };
    let held = match (own.held.as_str(), own.indirect) {
        (held, true) => format!("{held}, indirectly"),
        ("certain", false) => String::new(),
        (held, false) => held.to_owned(),
    };
    let on = if own.on.is_empty() { format!("in {}", own.system) } else { format!("on {}", own.on) };
    [
        own.principal.clone(),
        format!("{}{mark}", own.duty),
        own.title.clone(),
        format!("{on}  {held}").trim_end().to_owned(),
    ]
}
