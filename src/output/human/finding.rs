//! One finding: in full with its source, or in two or three lines.

use super::super::Group;
use super::super::brief::{held_by, reach};
use super::super::check::{FindingReport, LegReport, LocationReport, StepReport};
use super::super::groups::FindingGroup;
use super::super::sorted::places;
use super::super::unblock::unblock;
use super::super::words::{count, list};
use super::snippet;
use super::source::Sources;
use super::style::{Ink, Style, clean, columns};
use crate::rules::{Enforcement, Severity};

/// Holders named before the rest is counted.
const HOLDERS: usize = 5;
/// Holders named when all are asked for.
const ALL_HOLDERS: usize = 200;
/// Most places drawn for one finding.
const PLACES: usize = 6;
/// Where the text of a field starts.
const FIELD: usize = 11;

/// Writes findings.
pub(super) struct Writer<'a, 't> {
    pub(super) style: &'a Style<'a>,
    pub(super) sources: &'a mut Sources<'t>,
    pub(super) out: String,
}

impl Writer<'_, '_> {
    /// A finding in full: header, source, path, risk, fix, who can let it pass.
    pub(super) fn full(&mut self, group: &FindingGroup<'_>) {
        let finding = group.lead;
        self.header(finding);
        let places = self.places(finding);
        snippet::draw(self.style, self.sources, &places, &mut self.out);
        for leg in &finding.path {
            self.leg(leg);
        }
        self.extent(finding);
        self.private(finding);
        self.holders(group);
        self.implied(finding);
        if let Some(conflict) = finding.conflict.as_ref().filter(|conflict| !conflict.risk.is_empty()) {
            self.field("risk", Ink::Plain, &conflict.risk);
        }
        self.fix(finding);
        self.gate(group);
        self.references(finding);
    }

    /// A finding in two or three lines.
    pub(super) fn short(&mut self, group: &FindingGroup<'_>) {
        let finding = group.lead;
        self.header(finding);
        if self.style.options.show.contains(&Group::Source) {
            let places = self.places(finding);
            snippet::draw(self.style, self.sources, &places, &mut self.out);
        } else if let Some(place) = finding.locations.first() {
            let text = format!("{}  {}", self.style.file(&place.file, place.line), clean(&place.text));
            self.line("at", &text);
        }
        self.extent(finding);
        self.private(finding);
        self.holders(group);
        let because = match finding.decision.enforcement {
            Enforcement::Warn => format!("only a warning, since {}", finding.decision.because),
            _ => finding.decision.because.clone(),
        };
        self.field("gate", Ink::Plain, &because);
        if let Some(fix) = &finding.fix {
            self.field("fix", Ink::Plain, &fix.text);
        }
    }

    /// A finding in one line.
    pub(super) fn line_of(&mut self, group: &FindingGroup<'_>) {
        let finding = group.lead;
        let mut text = format!("{} {}", self.style.paint(Ink::Bold, &finding.policy), clean(&finding.message));
        if !group.others.is_empty() {
            text.push_str(&format!(" (and {})", count(group.others.len(), "other", "others")));
        }
        if let Some(place) = finding.locations.first() {
            text.push_str(&format!("  {}", self.style.file(&place.file, place.line)));
        }
        let mark = self.style.sign("·", "-");
        self.push(&text, &format!("   {mark} "), "     ");
    }

    /// A finding that somebody said yes to, with who did.
    pub(super) fn answered(&mut self, finding: &FindingReport) {
        let record = finding.decision.record.as_ref().map(|record| format!(" ({record})")).unwrap_or_default();
        let text = format!(
            "{} {}",
            self.style.paint(Ink::Bold, &finding.policy),
            clean(&format!("{}: {}{record}", finding.message, finding.decision.because)),
        );
        let mark = format!(" {} ", self.style.paint(Ink::Good, self.style.sign("✓", "+")));
        self.push(&text, &mark, "   ");
    }

    fn header(&mut self, finding: &FindingReport) {
        let blocks = finding.decision.blocks;
        let (ink, mark) = match (blocks, finding.decision.enforcement) {
            (true, _) => (Ink::Error, self.style.sign("×", "x")),
            (false, Enforcement::Warn) => (Ink::Warning, self.style.sign("⚠", "!")),
            _ => (Ink::Dim, self.style.sign("·", "-")),
        };
        let severity = match finding.severity {
            Severity::Critical | Severity::High if blocks => ink,
            _ => Ink::Bold,
        };
        let text = format!(
            "{} {}  {}",
            self.style.paint(Ink::Bold, &finding.policy),
            self.style.paint(severity, finding.severity.as_str()),
            self.style.paint(if blocks { Ink::Bold } else { Ink::Plain }, &finding.message),
        );
        let mark = format!(" {} ", self.style.paint(ink, mark));
        self.push(&text, &mark, "   ");
    }

    /// Which places to draw: everything the change adds and each other leg where it is conferred. The rest of the way
    /// is in the path.
    fn places<'f>(&self, finding: &'f FindingReport) -> Vec<&'f LocationReport> {
        if self.style.options.show.contains(&Group::Source) {
            return finding.locations.iter().take(PLACES * 2).collect();
        }
        places(finding)
    }

    /// The way to one duty, a line a step, with where each is written.
    fn leg(&mut self, leg: &LegReport) {
        let title = format!(
            "{} {}",
            self.style.paint(Ink::Bold, &leg.title),
            self.style.paint(Ink::Dim, &format!("in {}", leg.system)),
        );
        self.line("path", &title);
        let arrow = self.style.sign("→ ", "> ");
        let mut rows: Vec<(String, Option<String>)> = Vec::new();
        let mut before = "";
        for step in &leg.steps {
            let text = match continued(before, &step.text) {
                Some(rest) if !before.is_empty() => format!("{arrow}{}", clean(rest)),
                _ => clean(&step.text).into_owned(),
            };
            rows.push((text, self.place(step)));
            before = &step.text;
        }
        // Places stand in one column, behind the widest text that leaves them room; wider ones put theirs below.
        let room = rows.iter().filter_map(|(_, place)| place.as_deref()).map(columns).max().unwrap_or(0) + 2;
        let fits = |text: &str| FIELD + columns(text) + room <= self.style.width;
        let aligned = rows.iter().filter(|(text, _)| fits(text)).map(|(text, _)| columns(text)).max().unwrap_or(0);
        let indent = " ".repeat(FIELD);
        for (text, place) in rows {
            let Some(place) = place else {
                self.push(&text, &indent, &format!("{indent}  "));
                continue;
            };
            if fits(&text) {
                let pad = " ".repeat(aligned.saturating_sub(columns(&text)) + 2);
                self.out.push_str(&format!("{indent}{text}{pad}"));
            } else {
                self.push(&text, &indent, &format!("{indent}  "));
                self.out.push_str(&format!("{indent}    "));
            }
            self.out.push_str(&place);
            self.out.push('\n');
        }
    }

    fn place(&self, step: &StepReport) -> Option<String> {
        step.file.as_ref().map(|file| self.style.file(file, step.line))
    }

    /// How far it goes, where that needs saying.
    fn extent(&mut self, finding: &FindingReport) {
        for (label, text) in reach(finding) {
            self.field(label, Ink::Plain, &text);
        }
    }

    /// Who else has it by the same role.
    fn holders(&mut self, group: &FindingGroup<'_>) {
        let all = self.style.options.show.contains(&Group::Holders);
        let most = if all { ALL_HOLDERS } else { HOLDERS };
        let Some(mut text) = held_by(group, most) else { return };
        if group.others.len() > HOLDERS && !all {
            text.push_str(" (`--show holders`)");
        }
        self.field("held by", Ink::Plain, &text);
    }

    /// What a log or a file must not hold.
    fn private(&mut self, finding: &FindingReport) {
        if let Some(note) = finding.private.as_ref().filter(|_| self.style.options.private) {
            self.field("private", Ink::Plain, note);
        }
    }

    /// What comes along with a wide duty.
    fn implied(&mut self, finding: &FindingReport) {
        if !finding.implies.is_empty() {
            let what = count(finding.implies.len(), "duty or conflict", "duties and conflicts");
            self.field("implies", Ink::Plain, &format!("{what}: {}", list(&finding.implies, 5)));
        }
    }

    fn fix(&mut self, finding: &FindingReport) {
        match &finding.fix {
            Some(fix) => {
                let at = fix
                    .file
                    .as_ref()
                    .map(|file| format!(" at {}", self.style.file(file, fix.line)))
                    .unwrap_or_default();
                let proven = self.style.paint(Ink::Dim, "(proven: without it, this finding is gone)");
                self.line("fix", &format!("{}{at} {proven}", clean(&fix.text)));
            }
            None if !finding.remediation.is_empty() => self.field("fix", Ink::Plain, &finding.remediation),
            None => {}
        }
    }

    /// Why it stops the change, and who can let it pass.
    fn gate(&mut self, group: &FindingGroup<'_>) {
        if let Some(unblock) = unblock(group) {
            self.field("or", Ink::Plain, &unblock.who);
            for not in &unblock.not {
                self.field("", Ink::Dim, not);
            }
            // As it is, so that it can be copied.
            for line in unblock.command.lines() {
                let command = self.style.paint(Ink::Command, line);
                self.out.push_str(&format!("{}{command}\n", " ".repeat(FIELD)));
            }
        }
        self.field("blocks", Ink::Plain, &format!("since {}", group.lead.decision.because));
    }

    /// Where to read more: for those who must answer to an auditor.
    fn references(&mut self, finding: &FindingReport) {
        let mut parts = Vec::new();
        if let Some(conflict) = &finding.conflict {
            parts.push(format!("{} of {}", conflict.id, conflict.ruleset));
        }
        let mut frameworks: Vec<(&str, Vec<&str>)> = Vec::new();
        for control in &finding.frameworks {
            match frameworks.last_mut() {
                Some((framework, controls)) if *framework == control.framework => controls.push(&control.control),
                _ => frameworks.push((&control.framework, vec![&control.control])),
            }
        }
        parts.extend(frameworks.iter().map(|(framework, controls)| format!("{framework} {}", controls.join(" "))));
        if !parts.is_empty() {
            self.field("see", Ink::Dim, &parts.join(self.style.sign("\u{a0}· ", "; ")));
        }
    }

    /// A labelled text.
    pub(super) fn field(&mut self, label: &str, ink: Ink, text: &str) {
        let indent = " ".repeat(FIELD);
        let label = format!("   {:<width$}", label, width = FIELD - 3);
        let plain = self.style.wrap(&clean(text), &indent, &indent);
        for (number, line) in plain.iter().enumerate() {
            let text = self.style.paint(ink, line.trim_start());
            let label = if number == 0 { self.style.paint(Ink::Dim, &label) } else { indent.clone() };
            self.out.push_str(&format!("{label}{text}\n"));
        }
    }

    /// A labelled text that is painted already.
    pub(super) fn line(&mut self, label: &str, painted: &str) {
        let label = format!("   {:<width$}", label, width = FIELD - 3);
        let label = self.style.paint(Ink::Dim, &label);
        self.push(painted, &label, &" ".repeat(FIELD));
    }

    pub(super) fn push(&mut self, painted: &str, first: &str, rest: &str) {
        for line in self.style.wrap(painted, first, rest) {
            self.out.push_str(line.trim_end());
            self.out.push('\n');
        }
    }
}

/// What a step says beyond the thing that the step before ended with: `a uses b`, `b is granted c`.
fn continued<'t>(before: &str, text: &'t str) -> Option<&'t str> {
    let mut found = None;
    for (at, _) in text.match_indices(' ') {
        let (subject, rest) = text.split_at(at);
        let named = before.match_indices(subject).any(|(start, _)| {
            let end = start + subject.len();
            before.get(..start).is_some_and(|b| b.ends_with(' '))
                && before.get(end..).is_some_and(|after| after.is_empty() || after.starts_with(" on "))
        });
        if named {
            found = Some(rest.trim_start());
        }
    }
    found
}
