//! One finding in a few labelled lines, for formats that have room for no more: where it stands, how to clear it, who can
//! let it pass, and how to see it again.

use super::check::{CheckReport, FindingReport};
use super::groups::FindingGroup;
use super::sorted::{at, places};
use super::unblock::{CONTINUED, Unblock, unblock};
use super::words::{count, extent, list};
use crate::duties::Certainty;
use crate::gate::Change;
use crate::rules::Enforcement;

/// Holders named before the rest is counted.
const HOLDERS: usize = 5;

/// A label and what is said under it.
pub(super) type Line = (&'static str, String);

/// The lines of a finding behind its message.
pub(super) fn brief(group: &FindingGroup<'_>, report: &CheckReport) -> Vec<Line> {
    let finding = group.lead;
    let mut lines: Vec<Line> = places(finding)
        .into_iter()
        .map(|place| ("At", format!("{}: {}", at(&place.file, place.line), place.text)))
        .collect();
    lines.extend(reach(finding).into_iter().map(|(label, text)| match label {
        "wider" => ("Wider", text),
        "only if" => ("Only if", text),
        _ => ("Unsure", text),
    }));
    lines.extend(held_by(group, HOLDERS).map(|text| ("Held by", text)));
    if let Some(conflict) = finding.conflict.as_ref().filter(|conflict| !conflict.risk.is_empty()) {
        lines.push(("Risk", conflict.risk.clone()));
    }
    lines.extend(fix(finding).map(|text| ("Fix", text)));
    let because = &finding.decision.because;
    if !finding.decision.blocks {
        let verb = match finding.decision.enforcement {
            Enforcement::Warn => "only a warning, since",
            _ => "it does not stop this change:",
        };
        lines.push(("Gate", format!("{verb} {because}")));
        return lines;
    }
    lines.push(("Gate", format!("it stops this change, since {because}")));
    let (who, ask) = way(group);
    lines.extend(who.map(|text| ("Or", text)));
    lines.extend(ask.map(|command| ("To ask for that", command)));
    lines.extend(report.reproduce.iter().map(|command| ("To see it again", command.clone())));
    lines
}

/// How far a finding goes, where that needs saying: under `wider`, `only if` or `unsure`.
pub(super) fn reach(finding: &FindingReport) -> Vec<Line> {
    let mut lines = Vec::new();
    if finding.change == Some(Change::Widened) {
        let beyond = extent(&finding.delta);
        let on = if beyond.is_empty() { String::new() } else { format!(", on {beyond}") };
        lines.push(("wider", format!("it goes further than before{on}")));
    }
    match finding.held {
        Certainty::Certain => {}
        Certainty::Conditional => {
            let mut conditions: Vec<&String> = finding.extent.iter().flat_map(|part| &part.conditions).collect();
            conditions.sort();
            conditions.dedup();
            if !conditions.is_empty() {
                lines.push(("only if", list(&conditions, 3)));
            }
        }
        Certainty::Unknown => {
            lines.push(("unsure", "part of it is only known elsewhere, so it may not hold".to_owned()));
        }
    }
    lines
}

/// Who else has a finding by the same role.
pub(super) fn held_by(group: &FindingGroup<'_>, most: usize) -> Option<String> {
    if group.others.is_empty() {
        return None;
    }
    let names: Vec<&str> = group.others.iter().map(|other| other.subject.name.as_str()).collect();
    let role = group
        .lead
        .explained_by
        .as_deref()
        .filter(|_| group.others.iter().all(|other| other.policy == group.lead.policy));
    let who = match role {
        Some(role) => format!("{}, by {role}", count(names.len(), "other", "others")),
        None => count(names.len(), "principal", "principals"),
    };
    Some(format!("{who}: {}", list(&names, most)))
}

/// What clears a finding, in a sentence; `None` when nobody knows.
fn fix(finding: &FindingReport) -> Option<String> {
    fix_in(finding, str::to_owned, at)
}

/// The same in another notation: `prose` writes a text, `place` a file with its line.
pub(super) fn fix_in(
    finding: &FindingReport,
    prose: impl Fn(&str) -> String,
    place: impl Fn(&str, Option<u32>) -> String,
) -> Option<String> {
    match &finding.fix {
        Some(fix) => {
            let at = fix.file.as_ref().map(|file| format!(" at {}", place(file, fix.line))).unwrap_or_default();
            Some(format!("{}{at} (proven: without it, this finding is gone)", prose(&fix.text)))
        }
        None => Some(prose(&finding.remediation)).filter(|text| !text.is_empty()),
    }
}

/// How findings that block can pass as they are: who can say so, and the command that asks for it in one line.
pub(super) fn way(group: &FindingGroup<'_>) -> (Option<String>, Option<String>) {
    if group.lead.decision.who_may.is_none() {
        return (Some("nobody can let it pass as it is; it has to be mended".to_owned()), None);
    }
    let Some(Unblock { who, not, command }) = unblock(group) else { return (None, None) };
    let not: String = not.iter().map(|not| format!("; {not}")).collect();
    (Some(format!("{who}{not}")), Some(command.replace(CONTINUED, " ")))
}
