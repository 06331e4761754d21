//! What a change does to effective access, for people at a terminal or in a log.

use std::io::{self, Write};

use super::super::Options;
use super::super::check::StepReport;
use super::super::diff::{
    Block, DiffOutcome, DiffReport, Direction, ShiftKind, blocks, conflict_blocks, extent, headline, place, quiet,
};
use super::super::words::{count, list, number};
use super::style::{Ink, Style, clean};
use crate::gate::BesideKind;

/// Most blocks of one kind, lines of one block and lines of other lists.
const LISTED: usize = 20;
/// Most names of those who have something alike.
const NAMES: usize = 12;

/// Writes the diff.
pub(in crate::output) fn write(report: &DiffReport, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { style: Style::new(options), out: String::new() };
    page.report(report);
    out.write_all(page.out.as_bytes())
}

struct Page<'a> {
    style: Style<'a>,
    out: String,
}

impl Page<'_> {
    fn line(&mut self, text: &str, first: &str, rest: &str) {
        for line in self.style.wrap(text, first, rest) {
            self.out.push_str(line.trim_end());
            self.out.push('\n');
        }
    }

    fn blank(&mut self) {
        self.out.push('\n');
    }

    fn report(&mut self, report: &DiffReport) {
        let arrow = self.style.sign("→", "->");
        let sides = format!("{} {arrow} {}", clean(&report.base.label), clean(&report.head.label));
        let head = headline(report);
        if report.outcome == DiffOutcome::Unchanged {
            // One line, so that a reviewer may wave it through; what is no access follows if there is any.
            let text = format!("{sides}: {}", self.style.paint(Ink::Good, &head));
            self.line(&text, "", "  ");
            self.quiet(report);
            return;
        }
        let text = format!("{sides}: {}", self.style.paint(Ink::Bold, &head));
        self.line(&text, "", "  ");
        self.blank();
        self.duties(report);
        self.conflicts(report);
        self.escalations(report);
        self.permissions(report);
        self.accounts(report);
        self.not_told(report);
        self.quiet(report);
        self.line("this judges nothing: `countersign check` says whether the change may land", "", "  ");
    }

    fn duties(&mut self, report: &DiffReport) {
        let all = blocks(report);
        for block in all.iter().take(LISTED) {
            self.block(block, "duty", "duties");
            self.who(&block.who);
            let of = if block.who.len() > 1 { format!(" of {}", block.example.principal) } else { String::new() };
            let gave = match block.direction {
                Direction::HasLess | Direction::Loses => " that gave it",
                Direction::Gains | Direction::HasMore => "",
            };
            let of = format!("path{gave}{of}:");
            self.path(&of, &block.example.path);
            self.blank();
        }
        self.more(all.len(), "group of duties", "groups of duties");
    }

    fn conflicts(&mut self, report: &DiffReport) {
        let all = conflict_blocks(report);
        for block in all.iter().take(LISTED) {
            self.block(block, "conflict", "conflicts");
            self.who(&block.who);
            if block.rows.is_empty() {
                self.blank();
                continue;
            }
            for leg in &block.example.legs {
                let of = format!("{} {}, by {}:", leg.duty, leg.title, block.example.principal);
                self.path(&of, &leg.path);
            }
            self.blank();
        }
        self.more(all.len(), "group of conflicts", "groups of conflicts");
    }

    /// Who gains or loses what, by what.
    fn block<T>(&mut self, block: &Block<'_, T>, one: &str, many: &str) {
        let several = block.who.len() > 1;
        let who = match block.who.as_slice() {
            [one] => (*one).to_owned(),
            many => format!("{} principals", number(many.len())),
        };
        // Of what all comes along with something wider there are no lines.
        let what = count(block.rows.len().max(if block.rows.is_empty() { block.along } else { 0 }), one, many);
        let what = if block.rows.is_empty() { format!("{what} along with a wider duty") } else { what };
        let at = block.at.as_ref().map(|at| format!(" ({})", self.style.paint(Ink::File, at))).unwrap_or_default();
        let text = format!(
            "{} {} {what} {}{at}",
            self.style.paint(Ink::Bold, &who),
            block.direction.verb(several),
            clean(&block.alike)
        );
        let ink = match block.direction {
            Direction::Gains => Ink::Error,
            Direction::HasMore | Direction::HasLess => Ink::Warning,
            Direction::Loses => Ink::Good,
        };
        let sign = self.style.paint(ink, block.direction.sign());
        self.line(&text, &format!("{sign} "), "  ");
        for row in block.rows.iter().take(LISTED) {
            let severity = row.severity.map(|severity| format!("{}: ", severity.0.as_str())).unwrap_or_default();
            let mark = if row.privileged {
                format!(" [{}]", self.style.paint(Ink::Warning, "privileged"))
            } else {
                String::new()
            };
            let text = format!(
                "{severity}{} {}{mark} in {}, {}",
                self.style.paint(Ink::Bold, &row.id),
                clean(&row.title),
                clean(&row.system),
                clean(&row.extent)
            );
            self.line(&text, "    ", "        ");
        }
        let more = block.rows.len().saturating_sub(LISTED);
        if more > 0 {
            self.line(&format!("and {} more", number(more)), "    ", "        ");
        }
        if block.along > 0 && !block.rows.is_empty() {
            let come = if block.along == 1 { "comes" } else { "come" };
            self.line(&format!("and {} that {come} along with it", number(block.along)), "    ", "        ");
        }
    }

    fn who(&mut self, who: &[&str]) {
        if who.len() > 1 {
            self.line(&clean(&format!("who: {}", list(who, NAMES))), "  ", "    ");
        }
    }

    fn path(&mut self, of: &str, steps: &[StepReport]) {
        if steps.is_empty() {
            return;
        }
        self.line(&clean(of), "  ", "    ");
        for step in steps {
            let at = place(step.file.as_deref(), step.line).map(|at| format!("  {}", self.style.paint(Ink::File, &at)));
            self.line(&format!("{}{}", clean(&step.text), at.unwrap_or_default()), "    ", "      ");
        }
    }

    fn more(&mut self, all: usize, one: &str, many: &str) {
        let more = all.saturating_sub(LISTED);
        if more > 0 {
            self.line(&format!("and {} more: --format json has them all", count(more, one, many)), "", "  ");
            self.blank();
        }
    }

    fn escalations(&mut self, report: &DiffReport) {
        for own in report.escalations.iter().take(LISTED) {
            let (sign, ink, what) = match own.change {
                ShiftKind::Gained => ("+", Ink::Error, "could come to administer"),
                ShiftKind::Changed => ("~", Ink::Warning, "could come to administer, otherwise than before,"),
                ShiftKind::Lost => ("-", Ink::Good, "could no longer come to administer"),
            };
            let unknowns: Vec<&String> = own.unknowns.iter().collect();
            let unknowns =
                if unknowns.is_empty() { String::new() } else { format!("; undeclared: {}", list(&unknowns, 3)) };
            let text = format!(
                "{} {what} {}, {}{}",
                self.style.paint(Ink::Bold, &own.principal),
                clean(&own.system),
                clean(&extent(own.change, &own.respects, &own.before, &own.after)),
                clean(&unknowns)
            );
            let sign = self.style.paint(ink, sign);
            self.line(&text, &format!("{sign} "), "  ");
            self.path("path:", &own.path);
            self.blank();
        }
        self.more(report.escalations.len(), "escalation", "escalations");
    }

    fn permissions(&mut self, report: &DiffReport) {
        if report.permissions.is_empty() {
            return;
        }
        self.line("other permissions, which make no duty that changes:", "", "  ");
        for own in report.permissions.iter().take(LISTED) {
            let sides = [("+", &own.gained), ("-", &own.lost)];
            for (sign, all) in sides {
                for permission in all.iter().take(LISTED) {
                    let step = &permission.step;
                    let at = place(step.file.as_deref(), step.line)
                        .map(|at| format!("  {}", self.style.paint(Ink::File, &at)))
                        .unwrap_or_default();
                    let text = format!("{} in {}: {}", own.principal, permission.system, permission.step.text);
                    self.line(&format!("{}{at}", clean(&text)), &format!("{sign} "), "    ");
                }
                let more = all.len().saturating_sub(LISTED);
                if more > 0 {
                    self.line(&format!("{} and {} more", own.principal, number(more)), &format!("{sign} "), "    ");
                }
            }
        }
        self.blank();
        self.more(report.permissions.len(), "principal", "principals");
    }

    fn accounts(&mut self, report: &DiffReport) {
        if report.accounts.is_empty() {
            return;
        }
        self.line("accounts and memberships:", "", "  ");
        for own in report.accounts.iter().take(LISTED) {
            let sign = if own.change == ShiftKind::Lost { "-" } else { "+" };
            let of = own.of.as_deref().unwrap_or_default();
            let text = match own.what {
                BesideKind::Account => own.who.clone(),
                BesideKind::Owner => format!("{of} counts as {}'s", own.who),
                BesideKind::Membership => format!("{} belongs to {of}", own.who),
                BesideKind::ActsAs => format!("{} may act as {of}", own.who),
            };
            let at = place(own.file.as_deref(), own.line)
                .map(|at| format!("  {}", self.style.paint(Ink::File, &at)))
                .unwrap_or_default();
            self.line(&format!("{}{at}", clean(&text)), &format!("{sign} "), "    ");
        }
        self.blank();
        self.more(report.accounts.len(), "difference", "differences");
    }

    fn not_told(&mut self, report: &DiffReport) {
        if report.not_told.is_empty() {
            return;
        }
        self.line("what the change brings and could not be told; it may give more than stands above:", "", "  ");
        for own in report.not_told.iter().take(LISTED) {
            let at = place(own.file.as_deref(), own.line)
                .map(|at| format!("  {}", self.style.paint(Ink::File, &at)))
                .unwrap_or_default();
            let mark = self.style.paint(Ink::Warning, "?");
            let text = format!("{}; {}", own.reason, own.consequence);
            self.line(&format!("{}{at}", clean(&text)), &format!("{mark} "), "    ");
        }
        self.blank();
        self.more(report.not_told.len(), "thing", "things");
    }

    fn quiet(&mut self, report: &DiffReport) {
        for (text, of) in quiet(report) {
            self.line(&text, "", "  ");
            for path in of.iter().take(LISTED) {
                self.line(&clean(path), "  ", "    ");
            }
            self.more(of.len(), "file", "files");
        }
    }
}
