//! A check as a comment on the change, and as the summary beside a build: the verdict in one line, then what somebody has
//! to do about it, then everything else folded or counted.
//!
//! What comes from files is escaped by [`crate::report::escape`]. What has no room is left off by whole findings, and
//! counted.

mod finding;

use std::io::{self, Write};

use super::check::{CheckReport, UnresolvedReport};
use super::groups::FindingGroup;
use super::sorted::{Sorted, at, primary, reasons, total};
use super::verdict::{Said, comparison, verdict};
use super::words::{count, findings, number};
use crate::gate::{RecordState, Weight};
use crate::report::escape::{cell, code, cut, inert};
use finding::{answered, full, short};

/// The line that a comment starts with, so that whoever wrote it finds it again.
const MARKER: &str = "<!-- countersign/check -->";
/// Most characters. GitHub takes 65,536 in a comment.
const MOST: usize = 60_000;
/// Kept free for what says how much was left off.
const KEPT: usize = 1_000;
/// Most rows of the table of what blocks.
const ROWS: usize = 30;
/// Most entries of any other list.
const LISTED: usize = 50;
/// Places of one reason.
const PLACES: usize = 3;
/// Most characters of one text.
const LONGEST: usize = 600;
/// Most characters of one in the table.
const SHORT: usize = 160;

/// Writes the report.
pub(super) fn write(report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(text(report).as_bytes())
}

/// The report.
fn text(report: &CheckReport) -> String {
    let sorted = Sorted::of(report);
    let tail = tail(report, &sorted);
    let mut page = Page { text: String::new(), room: MOST.saturating_sub(KEPT).saturating_sub(length(&tail)) };
    let Said { good, word, text } = verdict(report, sorted.blocking.len());
    let sign = if good { "✅" } else { "⛔" };
    page.add(&format!("{MARKER}\n### {sign} Countersign: {word}: {text}\n\n"));
    page.blocking(&sorted.blocking, report);
    page.rules_change(report);
    let warnings: Vec<String> = sorted.warnings.iter().map(short).collect();
    page.folded(&count(total(&sorted.warnings), "warning", "warnings"), &warnings);
    let approved: Vec<String> = sorted.approved.iter().map(answered).collect();
    page.folded(&format!("{} that somebody answers for", findings(total(&sorted.approved))), &approved);
    page.not_told(report);
    page.records(report);
    page.text.push_str(&tail);
    page.text
}

/// How a forge counts the length of a text: a sign outside of the basic plane is two.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// A sentence of others, not too long.
fn prose(text: &str) -> String {
    inert(&cut(text, LONGEST))
}

/// A name of others, not too long.
fn name(text: &str) -> String {
    code(&cut(text, LONGEST))
}

/// A file and line.
fn place(file: &str, line: Option<u32>) -> String {
    name(&at(file, line))
}

/// A text in the making.
struct Page {
    text: String,
    /// How many characters may still be written.
    room: usize,
}

impl Page {
    /// Adds a piece if there is room.
    fn add(&mut self, piece: &str) -> bool {
        let Some(room) = self.room.checked_sub(length(piece)) else { return false };
        self.room = room;
        self.text.push_str(piece);
        true
    }

    /// What blocks: a table of all, then one after the other in full.
    fn blocking(&mut self, groups: &[FindingGroup<'_>], report: &CheckReport) {
        if groups.is_empty() {
            return;
        }
        self.add("| | what blocks | where |\n|---|---|---|\n");
        let mut rows = 0;
        for group in groups.iter().take(ROWS) {
            let finding = group.lead;
            let at = primary(finding).map(|own| cell(&cut(&at(&own.file, own.line), SHORT)));
            let others = match group.others.len() {
                0 => String::new(),
                n => format!(" (and {})", count(n, "other", "others")),
            };
            let row = format!(
                "| **{}** | {} {}{others} | {} |\n",
                finding.severity.as_str(),
                cell(&cut(&finding.policy, SHORT)),
                inert(&cut(&finding.message, SHORT)),
                at.unwrap_or_default()
            );
            if !self.add(&row) {
                break;
            }
            rows += 1;
        }
        self.add("\n");
        let rest = groups.len() - rows;
        if rest > 0 {
            self.add(&format!("{} more that block are not in this table.\n\n", number(rest)));
        }
        let mut shown = 0;
        for (group, at) in groups.iter().zip(1..) {
            if !self.add(&full(group, at, report)) {
                break;
            }
            shown += 1;
        }
        let left = total(groups.get(shown..).unwrap_or_default());
        if left > 0 {
            // Room for it was kept.
            self.text.push_str(&format!(
                "**{} left off for want of room**; `countersign check --output json` has everything.\n\n",
                count(left, "finding that blocks is", "findings that block are")
            ));
        }
    }

    /// The rules that the change brings, weakening first.
    fn rules_change(&mut self, report: &CheckReport) {
        let Some(change) = report.rules_change.as_ref().filter(|change| !change.is_silent()) else { return };
        let whose = report.base.as_ref().map_or_else(|| "the target".to_owned(), |base| name(&base.label));
        let mut entries = Vec::new();
        for (weight, word) in [(Weight::Weakens, "weakens"), (Weight::Alters, "alters"), (Weight::Tightens, "tightens")]
        {
            for effect in change.effects.iter().filter(|effect| effect.weight == weight) {
                let at = effect.file.as_ref().map(|file| format!(" {}", place(file, effect.line))).unwrap_or_default();
                let author = if effect.concerns_author { " (concerns an author of this change)" } else { "" };
                entries.push(format!("- **{word}**: {}{at}{author}\n", prose(&effect.text)));
            }
        }
        if let Some(said) = change.flips_in_words() {
            entries.push(format!("- under them {said}\n"));
        }
        if let Some(open) =
            (!entries.is_empty()).then(|| format!("**Rules that this change brings**; those of {whose} judged it.\n\n"))
        {
            self.listed(&open, &entries, "\n");
        }
    }

    /// What the change brings and could not be told, by reason. What could not be told before is counted at the end.
    fn not_told(&mut self, report: &CheckReport) {
        let (mut new, mut entries) = (0, Vec::new());
        for ((existing, _, reason, consequence), found) in reasons(report) {
            if existing {
                continue;
            }
            new += found.len();
            let mut at: Vec<String> = found.iter().take(PLACES).copied().filter_map(gap).collect();
            if let Some(rest) = found.len().checked_sub(PLACES).filter(|rest| *rest > 0) {
                at.push(format!("and {} more", number(rest)));
            }
            let then = if consequence.is_empty() { String::new() } else { format!("; {}", prose(consequence)) };
            let at = if at.is_empty() { String::new() } else { format!(" {}", at.join(", ")) };
            entries.push(format!("- {}{then}{at}\n", prose(reason)));
        }
        let brings = if report.base.is_some() { " that this change brings" } else { "" };
        self.folded(&format!("{}{brings} could not be told", count(new, "thing", "things")), &entries);
    }

    /// Records that need somebody.
    fn records(&mut self, report: &CheckReport) {
        let entries: Vec<String> = report
            .records
            .iter()
            .filter(|record| record.state != RecordState::InForce)
            .map(|record| {
                let because =
                    if record.because.is_empty() { String::new() } else { format!(": {}", prose(&record.because)) };
                let (id, file) = (name(&record.id), name(&record.file));
                format!("- {} {id}{because}, of {}, in {file}\n", record.kind.as_str(), name(&record.owner))
            })
            .collect();
        let need = if entries.len() == 1 { "needs" } else { "need" };
        self.folded(&format!("{} {need} somebody", count(entries.len(), "record", "records")), &entries);
    }

    /// Entries that open on demand.
    fn folded(&mut self, title: &str, entries: &[String]) {
        if !entries.is_empty() {
            self.listed(&format!("<details><summary>{title}</summary>\n\n"), entries, "\n</details>\n\n");
        }
    }

    /// Entries between an opening and its end, as many as there is room for.
    fn listed(&mut self, open: &str, entries: &[String], close: &str) {
        let more = "- 1,000,000 more; `countersign check --output json` has everything\n";
        let least = length(open) + length(more) + length(close);
        let Some(mut room) = self.room.checked_sub(least) else { return };
        let mut text = String::new();
        let mut shown = 0;
        for entry in entries.iter().take(LISTED) {
            let Some(left) = room.checked_sub(length(entry)) else { break };
            room = left;
            text.push_str(entry);
            shown += 1;
        }
        let rest = entries.len() - shown;
        if rest > 0 {
            text.push_str(&format!("- {} more; `countersign check --output json` has everything\n", number(rest)));
        }
        self.add(&format!("{open}{text}{close}"));
    }
}

fn gap(found: &UnresolvedReport) -> Option<String> {
    found.file.as_ref().map(|file| place(file, found.line))
}

/// What stands at the end whatever there is room for: what was there before, what was judged, and what was kept.
fn tail(report: &CheckReport, sorted: &Sorted<'_>) -> String {
    let mut counts = Vec::new();
    let (existing, recorded) = (total(&sorted.existing), total(&sorted.recorded));
    if existing > 0 {
        let verb = if existing == 1 { "does" } else { "do" };
        counts.push(format!("{} {verb} not block", count(existing, "existing finding", "existing findings")));
    }
    if recorded > 0 {
        counts.push(format!("{} {} only recorded", findings(recorded), if recorded == 1 { "is" } else { "are" }));
    }
    let before = report.unresolved.iter().filter(|found| found.existing).count();
    if before > 0 {
        counts.push(format!("{} could not be told, before this change as now", count(before, "thing", "things")));
    }
    let (resolved, implied) = (total(&sorted.resolved), total(&sorted.implied));
    if resolved > 0 {
        counts.push(format!("this change resolves {}", findings(resolved)));
    }
    if implied > 0 {
        let come = if implied == 1 { "comes" } else { "come" };
        counts.push(format!("{} {come} along with a wider duty", findings(implied)));
    }
    let mut text = counts.iter().map(|line| format!("- {line}\n")).collect::<String>();
    if !text.is_empty() {
        text.push('\n');
    }
    let whose = match &report.base {
        Some(base) => format!("the rules of {}", name(&base.label)),
        None => "its own rules".to_owned(),
    };
    let digest = report.rules_digest.map(|digest| format!(" `sha256:{digest}`")).unwrap_or_default();
    text.push_str(&format!(
        "<sub>Judged: {}, as of {}, by Countersign {} under {whose}{digest}: {}, {}; {} of {} {} definitions.",
        prose(&comparison(report)),
        name(&report.as_of),
        name(&report.tool.version),
        count(report.policies.len(), "policy", "policies"),
        count(report.population.conflicts_static, "conflict", "conflicts"),
        number(report.population.definition_files),
        count(report.population.files, "file", "files"),
        if report.population.definition_files == 1 { "has" } else { "have" },
    ));
    if let Some(evidence) = &report.evidence {
        let kept = match (evidence.digest, &evidence.record) {
            (Some(digest), _) => format!("`sha256:{digest}`"),
            (None, Some(record)) => name(record),
            (None, None) => "none".to_owned(),
        };
        let because = evidence.because.as_ref().map(|because| format!(" ({})", prose(because))).unwrap_or_default();
        text.push_str(&format!(" Evidence: {kept}{because}."));
    }
    if let Some(command) = &report.reproduce {
        text.push_str(&format!(" Again: {}", name(command)));
    }
    text.push_str("</sub>\n");
    text
}
