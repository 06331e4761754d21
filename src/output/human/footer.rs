//! The end of the page: what could not be told, what was looked at, and the verdict.

use super::super::Group;
use super::super::sorted::reasons;
use super::super::verdict::{Said, comparison, verdict};
use super::super::words::{count, list, number};
use super::Page;
use super::style::{Ink, clean};
use crate::gate::Outcome;

/// Kinds of gap shown unless all are asked for.
const REASONS: usize = 5;
/// Places shown for one reason.
const PLACES: usize = 3;
/// Reasons shown when all are asked for.
const ALL_REASONS: usize = 100;
/// Places of one reason shown when all are asked for.
const ALL_PLACES: usize = 100;

impl Page<'_, '_> {
    /// What could not be told: one line a reason of what the change brings; what could not be told before is counted.
    pub(super) fn unresolved(&mut self) {
        let report = self.report;
        if report.unresolved.is_empty() {
            return;
        }
        let all = self.writer.style.options.show.contains(&Group::Unresolved);
        let (most, places) = if all { (ALL_REASONS, ALL_PLACES) } else { (REASONS, PLACES) };
        let mut reasons = reasons(report);
        reasons.retain(|(existing, ..), _| all || !existing);
        let things = count(report.unresolved.len(), "thing", "things");
        let new = match report.unresolved.iter().filter(|found| !found.existing).count() {
            0 => ", none of them new".to_owned(),
            n if n == report.unresolved.len() => String::new(),
            n => format!(", {} of them new", number(n)),
        };
        if reasons.is_empty() {
            self.note(&format!("{things} could not be told{new}; `--show unresolved` lists them"));
            self.writer.out.push('\n');
            return;
        }
        self.note(&format!("{things} could not be told{new}:"));
        let mark = self.writer.style.sign("?", "?");
        for ((existing, _, reason, consequence), found) in reasons.iter().take(most) {
            let style = self.writer.style;
            let mut at: Vec<String> = Vec::new();
            for place in found.iter().take(places) {
                at.extend(place.file.as_ref().map(|file| style.file(file, place.line)));
            }
            let rest = found.len().saturating_sub(places);
            if rest > 0 {
                at.push(format!("and {} more", number(rest)));
            }
            let at = if at.is_empty() { String::new() } else { format!("  {}", at.join(", ")) };
            let ink = if *existing { Ink::Dim } else { Ink::Warning };
            let consequence = if consequence.is_empty() { String::new() } else { format!("; {consequence}") };
            let first = format!("   {} ", style.paint(ink, mark));
            self.writer.push(&format!("{}{at}", clean(&format!("{reason}{consequence}"))), &first, "     ");
        }
        let shown: usize = reasons.values().take(most).map(Vec::len).sum();
        let rest = report.unresolved.len() - shown;
        if rest > 0 {
            let list = if all { "`--output json` has them all" } else { "`--show unresolved` lists them" };
            self.writer.push(&format!("and {} more; {list}", number(rest)), "     ", "     ");
        }
        self.writer.out.push('\n');
    }

    /// What was looked at, and the verdict. `causes` is how many causes the blocking findings have.
    pub(super) fn footer(&mut self, causes: usize) {
        let report = self.report;
        if report.outcome != Outcome::NotApplicable {
            self.population();
            self.rules();
        }
        self.writer.field("judged", Ink::Plain, &comparison(report));
        if let Some(evidence) = &report.evidence {
            let style = self.writer.style;
            let mut text = match (&evidence.record, evidence.digest) {
                (Some(record), Some(digest)) => {
                    let digest = digest.to_string();
                    format!(
                        "{} {}",
                        clean(record),
                        style.paint(Ink::Dim, &format!("sha256:{}", digest.get(..12).unwrap_or_default()))
                    )
                }
                (Some(record), None) => clean(record).into_owned(),
                (None, _) => "nothing".to_owned(),
            };
            if let Some(because) = &evidence.because {
                let sep = if evidence.record.is_some() { "; " } else { ": " };
                text.push_str(&format!("{sep}{}", clean(because)));
            }
            self.writer.line("kept", &text);
        }
        if let Some(command) = &report.reproduce {
            let command = self.writer.style.paint(Ink::Command, command);
            let label = self.writer.style.paint(Ink::Dim, "   again   ");
            self.writer.out.push_str(&format!("{label}{command}\n"));
        }
        self.verdict(causes);
    }

    fn population(&mut self) {
        let population = &self.report.population;
        let definitions: u64 = population.definitions.values().sum();
        let principals: usize = population.principals.values().sum();
        let files = count(population.files, "file", "files");
        let mut text = match population.definition_files {
            0 => format!("{files}, none with definitions"),
            n => format!(
                "{files}, {} with definitions ({}); {}, {}",
                number(n),
                count(usize::try_from(definitions).unwrap_or(usize::MAX), "definition", "definitions"),
                count(principals, "principal", "principals"),
                count(population.grants, "grant", "grants"),
            ),
        };
        let mut but = Vec::new();
        if population.not_evaluated > 0 {
            but.push(format!(
                "{} with definitions could not be evaluated in full",
                count(population.not_evaluated, "file", "files")
            ));
        }
        if population.excluded > 0 {
            let are = if population.excluded == 1 { "is" } else { "are" };
            but.push(format!("{} {are} excluded", count(population.excluded, "file", "files")));
        }
        if population.unlinked_accounts > 0 {
            let are = if population.unlinked_accounts == 1 { "belongs" } else { "belong" };
            but.push(format!("{} {are} to nobody", count(population.unlinked_accounts, "account", "accounts")));
        }
        if !but.is_empty() {
            text.push_str("; ");
            text.push_str(&but.join(", "));
        }
        self.writer.field("read", Ink::Plain, &text);
    }

    fn rules(&mut self) {
        let report = self.report;
        let ran = count(report.policies.len(), "policy", "policies");
        let looked = count(report.population.conflicts_static, "conflict", "conflicts");
        let mut text = format!("{ran}, {looked}");
        let dynamic = report.population.conflicts_dynamic.len();
        if dynamic > 0 {
            let need = if dynamic == 1 { "needs" } else { "need" };
            text.push_str(&format!("; {} more {need} events and were not looked for", number(dynamic)));
        }
        self.writer.field("rules", Ink::Plain, &text);
        if !report.rules_differ.is_empty() {
            let whose = report.base.as_ref().map_or("the target", |base| &base.label);
            let text = format!(
                "this change edits {}, but the rules of {whose} judged it: {}",
                count(report.rules_differ.len(), "rule file", "rule files"),
                list(&report.rules_differ, 3),
            );
            self.writer.field("", Ink::Warning, &text);
        }
    }

    fn verdict(&mut self, causes: usize) {
        let Said { good, word, text } = verdict(self.report, causes);
        let style = self.writer.style;
        let ink = if good { Ink::Good } else { Ink::Error };
        let line = format!("{}: {text}", style.paint(ink, word));
        if !self.writer.out.is_empty() {
            self.writer.out.push('\n');
        }
        self.writer.push(&line, " ", "   ");
    }
}
