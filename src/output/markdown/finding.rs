//! One finding: in full with both its legs, or in a line.

use super::super::brief::{fix_in, held_by, reach, way};
use super::super::check::{CheckReport, FindingReport, LegReport};
use super::super::groups::FindingGroup;
use super::super::sorted::{is_added, is_step_added, places, primary};
use super::super::words::{capital, number, sentence};
use super::{LONGEST, name, place, prose};
use crate::report::escape::{cut, fenced};
use crate::rules::Enforcement;

/// Holders named before the rest is counted.
const HOLDERS: usize = 5;
/// Most legs of a finding, and most steps of a leg.
const STEPS: usize = 12;

/// A finding in full: what it is, both legs, the fix, who can let it pass, and the commands for that.
pub(super) fn full(group: &FindingGroup<'_>, at: usize, report: &CheckReport) -> String {
    let finding = group.lead;
    let mut text = format!("#### {}\\. {}\n\n", number(at), prose(&finding.message));
    let title = sentence(&prose(&capital(&finding.title)));
    text.push_str(&format!("{} **{}**: {title}", name(&finding.policy), finding.severity.as_str()));
    if let Some(conflict) = &finding.conflict {
        if !conflict.risk.is_empty() {
            text.push_str(&format!(" {}", sentence(&prose(&conflict.risk))));
        }
        text.push_str(&format!(" See {} of {}.", name(&conflict.id), name(&conflict.ruleset)));
    }
    text.push_str("\n\n");
    text.push_str(&legs(finding));
    for (label, said) in reach(finding) {
        text.push_str(&format!("- **{}**: {}\n", capital(label), prose(&said)));
    }
    if let Some(who) = held_by(group, HOLDERS) {
        text.push_str(&format!("- **Held by** {}\n", prose(&who)));
    }
    if let Some(said) = fix_in(finding, prose, place) {
        text.push_str(&format!("- **Fix**: {said}\n"));
    }
    let (who, ask) = way(group);
    if let Some(who) = who {
        text.push_str(&format!("- **Or**: {}\n", prose(&who)));
    }
    text.push_str(&format!("- **It stops this change**, since {}\n\n", prose(&finding.decision.because)));
    let mut commands = Vec::new();
    if let Some(command) = ask {
        commands.extend(["# asks to let it pass; the words in capitals are yours".to_owned(), command]);
    }
    if let Some(command) = &report.reproduce {
        commands.extend(["# shows it again, on your machine".to_owned(), command.clone()]);
    }
    if !commands.is_empty() {
        text.push_str(&fenced(&commands));
        text.push('\n');
    }
    text
}

/// Both legs with file and line, what the change adds first; the places alone where there is no path.
fn legs(finding: &FindingReport) -> String {
    let mut text = String::new();
    if finding.path.is_empty() {
        for own in places(finding) {
            let new = if own.added { " **(this change)**" } else { "" };
            text.push_str(&format!("- {} {}{new}\n", place(&own.file, own.line), prose(&own.text)));
        }
        return text;
    }
    let mut legs: Vec<&LegReport> = finding.path.iter().take(STEPS).collect();
    legs.sort_by_key(|leg| !is_added(finding, leg));
    for leg in legs {
        text.push_str(&format!("- **{}** in {}\n", prose(&capital(&leg.title)), name(&leg.system)));
        for step in leg.steps.iter().take(STEPS) {
            let at = step.file.as_ref().map(|file| format!(" {}", place(file, step.line))).unwrap_or_default();
            let new = if is_step_added(finding, step) { " **(this change)**" } else { "" };
            text.push_str(&format!("  1. {}{at}{new}\n", prose(&step.text)));
        }
    }
    text
}

/// A finding in a line: what warns.
pub(super) fn short(group: &FindingGroup<'_>) -> String {
    let finding = group.lead;
    let at = primary(finding).map(|own| format!(" {}", place(&own.file, own.line))).unwrap_or_default();
    let verb = match finding.decision.enforcement {
        Enforcement::Warn => "only a warning, since ",
        _ => "",
    };
    let others = match held_by(group, HOLDERS) {
        Some(who) => format!("; held by {}", prose(&who)),
        None => String::new(),
    };
    let fix = finding.fix.as_ref().map(|fix| format!("; to clear it, {}", prose(&fix.text))).unwrap_or_default();
    format!(
        "- **{}** {} {}{at}: {verb}{}{others}{fix}\n",
        finding.severity.as_str(),
        name(&finding.policy),
        prose(&finding.message),
        prose(&finding.decision.because),
    )
}

/// A finding that somebody said yes to, with who did.
pub(super) fn answered(group: &FindingGroup<'_>) -> String {
    let finding = group.lead;
    let record = finding.decision.record.as_ref().map(|record| format!(" ({})", name(record))).unwrap_or_default();
    format!(
        "- **{}** {} {}: {}{record}\n",
        finding.severity.as_str(),
        name(&finding.policy),
        prose(&finding.message),
        prose(&cut(&finding.decision.because, LONGEST)),
    )
}
