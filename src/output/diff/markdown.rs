//! The comment on a pull request: short, the most important first, details folded.
//!
//! Names come from the repository, so none of them is trusted: each is code, in which Markdown and the forge find neither
//! links nor mentions nor HTML, and a bar ends no cell. Titles are rules' and are escaped sign by sign.

use super::super::check::StepReport;
use super::super::words::{count, list, number};
use super::groups::{Block, blocks, conflict_blocks, extent, headline, place, quiet};
use super::{AccountDiff, DiffOutcome, DiffReport, Direction, EscalationDiff, ShiftKind};
use crate::gate::BesideKind;
use crate::report::escape;

/// Most characters of a comment. GitHub takes 65,536; what stands around it is the caller's.
const MOST: usize = 60_000;
/// Kept free for what says how much was left out.
const KEPT: usize = 600;
/// Most lines of the tables that are always open.
const ROWS: usize = 30;
/// Most names in a cell.
const NAMES: usize = 3;
/// Most characters of one name; longer ones are cut and say so.
const LONGEST: usize = 200;

/// The diff as a comment.
#[must_use]
pub fn diff_markdown(report: &DiffReport) -> String {
    let mut page = Page { text: String::new(), left_out: 0 };
    page.report(report);
    page.text
}

struct Page {
    text: String,
    left_out: usize,
}

/// Prose that says what it says and nothing else, in one line and not too long.
fn plain(text: &str) -> String {
    escape::inert(&escape::cut(text, LONGEST))
}

/// A name as code, not too long.
fn code(text: &str) -> String {
    escape::code(&escape::cut(text, LONGEST))
}

/// A name as code in a table, not too long.
fn cell(text: &str) -> String {
    escape::cell(&escape::cut(text, LONGEST))
}

fn names(who: &[&str]) -> String {
    let all: Vec<String> = who.iter().map(|who| cell(who)).collect();
    list(&all, NAMES)
}

impl Page {
    /// Adds a piece if there is room; else it is counted.
    fn add(&mut self, piece: &str) -> bool {
        // The forge counts characters, and a sign outside of the basic plane as two.
        let length = |text: &str| text.encode_utf16().count();
        if length(&self.text) + length(piece) + KEPT > MOST {
            self.left_out += 1;
            return false;
        }
        self.text.push_str(piece);
        true
    }

    fn report(&mut self, report: &DiffReport) {
        let (base, head) = (code(&report.base.label), code(&report.head.label));
        if report.outcome == DiffOutcome::Unchanged {
            self.add(&format!("**Access diff:** {} ({base} → {head}).\n", headline(report)));
            self.quiet(report);
            return;
        }
        self.add(&format!("### Access diff\n\n{}\n\n", headline(report)));
        let duties = blocks(report);
        let conflicts = conflict_blocks(report);
        self.table("Duties", &duties);
        self.table("Conflicts", &conflicts);
        self.escalations(&report.escalations);
        self.not_told(report);
        self.quiet(report);
        let paths = duties.iter().map(|block| (&block.example.principal, &block.example.duty, &block.example.path));
        let legs = conflicts
            .iter()
            .filter(|block| !block.rows.is_empty())
            .flat_map(|block| block.example.legs.iter().map(|leg| (&block.example.principal, &leg.duty, &leg.path)));
        let escalations = report.escalations.iter().map(|own| (&own.principal, &own.system, &own.path));
        let mut told = std::collections::BTreeSet::new();
        let mut paths: Vec<String> = paths
            .chain(legs)
            .chain(escalations)
            .filter(|(who, what, path)| !path.is_empty() && told.insert((*who, *what)))
            .map(|(who, what, path)| format!("- {} and {}\n{}", code(who), code(what), steps(path)))
            .collect();
        self.folded("Paths", &mut paths);
        let mut who: Vec<String> = duties.iter().filter(|block| block.who.len() > NAMES).map(everybody).collect();
        who.extend(conflicts.iter().filter(|block| block.who.len() > NAMES).map(everybody));
        self.folded("Who", &mut who);
        let mut permissions: Vec<String> = Vec::new();
        for own in &report.permissions {
            for (sign, all) in [("+", &own.gained), ("-", &own.lost)] {
                permissions.extend(all.iter().map(|permission| {
                    format!(
                        "- {sign} {} in {}: {}{}\n",
                        code(&own.principal),
                        code(&permission.system),
                        code(&permission.step.text),
                        at(&permission.step)
                    )
                }));
            }
        }
        self.folded("Other permissions", &mut permissions);
        let mut accounts: Vec<String> = report.accounts.iter().map(account).collect();
        self.folded("Accounts and memberships", &mut accounts);
        if self.left_out > 0 {
            let text = format!(
                "{} left out for want of room; `countersign diff --format json` has them all.\n\n",
                count(self.left_out, "entry was", "entries were")
            );
            self.text.push_str(&text);
        }
        let text = format!("<sub>{base} → {head}. This judges nothing: `countersign check` does.</sub>\n");
        self.text.push_str(&text);
    }

    /// What many gain or lose alike, a line each.
    fn table<T>(&mut self, title: &str, all: &[Block<'_, T>]) {
        if all.is_empty() {
            return;
        }
        let heads = format!("**{title}**\n\n| | who | what | on what | since |\n|---|---|---|---|---|\n");
        if !self.add(&heads) {
            self.left_out += all.len();
            return;
        }
        let (mut rows, mut more) = (0, 0);
        for block in all {
            let since = match &block.at {
                Some(at) => format!("{} {}", cell(&block.alike), cell(at)),
                None => cell(&block.alike),
            };
            if block.rows.is_empty() {
                let what = format!("{} along with a wider duty", number(block.along));
                let line = format!("| {} | {} | {what} | | {since} |\n", word(block.direction), names(&block.who));
                self.add(&line);
            }
            for (at, row) in block.rows.iter().enumerate() {
                if rows >= ROWS {
                    more += 1;
                    continue;
                }
                rows += 1;
                let severity = row.severity.map(|severity| format!("**{}** ", severity.0.as_str())).unwrap_or_default();
                let mark = if row.privileged { " **privileged**" } else { "" };
                let along = match block.along {
                    along if along > 0 && at + 1 == block.rows.len() => format!(" and {along} that come along"),
                    _ => String::new(),
                };
                let line = format!(
                    "| {} | {} | {severity}{} {}{mark}{along} | {} {} | {since} |\n",
                    word(block.direction),
                    names(&block.who),
                    cell(&row.id),
                    plain(&row.title),
                    cell(&row.system),
                    cell(&row.extent),
                );
                self.add(&line);
            }
        }
        if more > 0 {
            self.left_out += more;
            self.add(&format!("\n{} more\n", number(more)));
        }
        self.text.push('\n');
    }

    fn escalations(&mut self, all: &[EscalationDiff]) {
        if all.is_empty() {
            return;
        }
        self.add("**Escalations**\n\n");
        for own in all.iter().take(ROWS) {
            let what = match own.change {
                ShiftKind::Gained => "could come to administer",
                ShiftKind::Changed => "could come to administer, otherwise than before,",
                ShiftKind::Lost => "could no longer come to administer",
            };
            let on = extent(own.change, &own.respects, &own.before, &own.after);
            self.add(&format!("- {} {what} {} {}\n", code(&own.principal), code(&own.system), code(&on)));
        }
        let more = all.len().saturating_sub(ROWS);
        if more > 0 {
            self.left_out += more;
            self.add(&format!("- {} more\n", number(more)));
        }
        self.text.push('\n');
    }

    fn not_told(&mut self, report: &DiffReport) {
        if report.not_told.is_empty() {
            return;
        }
        self.add("**Could not be told**: it may give more than stands above\n\n");
        for own in report.not_told.iter().take(ROWS) {
            let at = place(own.file.as_deref(), own.line).map(|at| format!(" {}", code(&at))).unwrap_or_default();
            self.add(&format!("- {}{at}: {}\n", code(&own.reason), plain(&own.consequence)));
        }
        let more = report.not_told.len().saturating_sub(ROWS);
        if more > 0 {
            self.left_out += more;
            self.add(&format!("- {} more\n", number(more)));
        }
        self.text.push('\n');
    }

    fn quiet(&mut self, report: &DiffReport) {
        for (text, of) in quiet(report) {
            let paths: Vec<String> = of.iter().map(|path| code(path)).collect();
            self.add(&format!("\nBeside access, {text} {}\n\n", list(&paths, 8)));
        }
    }

    /// Entries that open on demand.
    fn folded(&mut self, title: &str, entries: &mut Vec<String>) {
        if entries.is_empty() {
            return;
        }
        let (open, close) =
            (format!("<details><summary>{title} ({})</summary>\n\n", entries.len()), "\n</details>\n\n");
        // What is opened is closed, so the room for that is taken first.
        let length = |text: &str| text.encode_utf16().count();
        let least = length(&open) + length(close) + entries.first().map_or(0, |first| length(first));
        if length(&self.text) + least + KEPT > MOST {
            self.left_out += entries.len();
            return;
        }
        self.text.push_str(&open);
        for entry in entries.drain(..) {
            if length(&self.text) + length(&entry) + length(close) + KEPT > MOST {
                self.left_out += 1;
            } else {
                self.text.push_str(&entry);
            }
        }
        self.text.push_str(close);
    }
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Gains => "➕ gains",
        Direction::HasMore => "🔼 more",
        Direction::HasLess => "🔽 less",
        Direction::Loses => "➖ loses",
    }
}

fn at(step: &StepReport) -> String {
    place(step.file.as_deref(), step.line).map(|at| format!(" {}", code(&at))).unwrap_or_default()
}

fn steps(path: &[StepReport]) -> String {
    path.iter().map(|step| format!("  1. {}{}\n", code(&step.text), at(step))).collect()
}

fn everybody<T>(block: &Block<'_, T>) -> String {
    let what: Vec<String> = block.rows.iter().map(|row| code(&row.id)).collect();
    let who: Vec<String> = block.who.iter().map(|who| code(who)).collect();
    format!(
        "- {} {} {}: {}\n",
        count(who.len(), "principal", "principals"),
        block.direction.verb(true),
        list(&what, 5),
        list(&who, 40)
    )
}

fn account(own: &AccountDiff) -> String {
    let sign = if own.change == ShiftKind::Lost { "-" } else { "+" };
    let (who, of) = (code(&own.who), code(own.of.as_deref().unwrap_or_default()));
    let text = match own.what {
        BesideKind::Account => who,
        BesideKind::Owner => format!("{of} counts as {who}'s"),
        BesideKind::Membership => format!("{who} belongs to {of}"),
        BesideKind::ActsAs => format!("{who} may act as {of}"),
    };
    let at = place(own.file.as_deref(), own.line).map(|at| format!(" {}", code(&at))).unwrap_or_default();
    format!("- {sign} {text}{at}\n")
}
