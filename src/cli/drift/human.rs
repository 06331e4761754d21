//! A drift as people read it: what somebody holds in fact first, then each side's own, then what was compared.

use std::fmt::Write as _;

use crate::cli::table;
use crate::output::{DriftReport, Exposed, ExposureReport, LineOutcome, LineReport};

/// Most things of one sort that are shown; the machine output has all.
const SHOWN: usize = 25;
/// Most permissions of one thing that are shown.
const PERMISSIONS: usize = 4;

/// The whole answer.
pub(super) fn drift(report: &DriftReport) -> String {
    let mut out = String::new();
    let commit = report.declared.commit.as_deref().map(|commit| format!(", commit {commit}")).unwrap_or_default();
    let _ = writeln!(out, "declared  {}{commit}", report.declared.label);
    for own in &report.observed {
        let read: Vec<String> = own.read.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        let sha256 = own.sha256.to_string();
        let taken = own.taken_at.as_ref().map(|at| format!(", said to be taken at {at}")).unwrap_or_default();
        let _ = writeln!(out, "observed  {}  sha256 {}…{taken}", own.file, sha256.get(..12).unwrap_or_default());
        let _ = writeln!(out, "          {} bytes: {}", own.bytes, read.join(", "));
    }
    exposures(report, &mut out);
    let sections = [
        (LineOutcome::NotDeclared, "Observed and not declared"),
        (LineOutcome::NotObserved, "Declared and not observed"),
        (LineOutcome::Inconclusive, "Declared, and not shown by an export that may be incomplete"),
    ];
    for (outcome, title) in sections {
        section(report, outcome, title, &mut out);
    }
    systems(report, &mut out);
    let known = report.gaps.iter().take(SHOWN);
    for (number, gap) in known.enumerate() {
        if number == 0 {
            out.push_str("\nNot told\n");
        }
        let _ = writeln!(out, "  {}  {}; {}", gap.at, gap.reason, gap.consequence);
    }
    more(report.gaps.len(), &mut out);
    verdict(report, &mut out);
    out
}

fn exposures(report: &DriftReport, out: &mut String) {
    let grave = |own: &&ExposureReport| own.what != Exposed::Duty;
    let shown: Vec<&ExposureReport> = report.exposures.iter().filter(grave).collect();
    if !shown.is_empty() {
        out.push_str("\nHeld in fact, and declared by nothing\n");
    }
    for own in shown.iter().take(SHOWN) {
        let severity = own.severity.map(|severity| format!("{severity} ")).unwrap_or_default();
        let what = match own.what {
            Exposed::Conflict => "conflict",
            Exposed::PrivilegedDuty | Exposed::Duty => "duty",
        };
        let _ = writeln!(out, "  {severity}{what} {}  {}: {}", own.id, own.principal, own.title);
        let rows: Vec<(String, String)> = own
            .path
            .iter()
            .map(|step| {
                let place = match (&step.file, step.line) {
                    (Some(file), Some(line)) => format!("{file}:{line}"),
                    (Some(file), None) => file.clone(),
                    (None, _) => String::new(),
                };
                (step.text.clone(), place)
            })
            .collect();
        let width = rows.iter().map(|(text, _)| text.chars().count()).max().unwrap_or_default().min(90);
        for (text, place) in rows {
            let line = format!("      {text:width$}  {place}");
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
    more(shown.len(), out);
    let others = report.exposures.len() - shown.len();
    if others > 0 {
        let ways = if others == 1 { "1 way to an ordinary duty is" } else { "ways to ordinary duties are" };
        let count = if others == 1 { String::new() } else { format!("{others} ") };
        let _ = writeln!(out, "\n{count}{ways} held in fact and declared by nothing; --format json lists them");
    }
}

fn section(report: &DriftReport, outcome: LineOutcome, title: &str, out: &mut String) {
    let lines: Vec<&LineReport> = report.lines.iter().filter(|line| line.outcome == outcome).collect();
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title}: {}", lines.len());
    for line in lines.iter().take(SHOWN) {
        let _ = writeln!(out, "  {}", sentence(line));
        let scope = line.scope.iter().map(|(dimension, values)| format!("{dimension} {}", values.join(", ")));
        let scope: Vec<String> = scope.collect();
        if !scope.is_empty() {
            let _ = writeln!(out, "      on {}", scope.join("; "));
        }
        if !line.duties.is_empty() {
            let _ = writeln!(out, "      confers {}", line.duties.join(", "));
        }
        if let Some(note) = &line.note {
            let _ = writeln!(out, "      {note}");
        }
        if let Some(place) = line.observed_at.as_ref().or(line.declared_at.as_ref()) {
            let _ = writeln!(out, "      at {place}");
        }
    }
    more(lines.len(), out);
}

fn sentence(line: &LineReport) -> String {
    let LineReport { subject, what, .. } = line;
    let permissions = || {
        let mut list: Vec<&str> = line.permissions.iter().take(PERMISSIONS).map(String::as_str).collect();
        let further = format!("{} more", line.permissions.len().saturating_sub(PERMISSIONS));
        if line.permissions.len() > PERMISSIONS {
            list.push(&further);
        }
        list.join("; ")
    };
    match line.aspect.as_str() {
        "grant" => format!("{subject} has {what}"),
        "membership" => format!("{subject} is in {what}"),
        "acts_as" => format!("{subject} may act as {what}"),
        "include" => format!("{subject} holds {what}"),
        "boundary" => format!("{subject} is limited by {what}"),
        "role" if line.permissions.is_empty() => format!("{subject} is there, and permits nothing"),
        "role" => format!("{subject} is there: {}", permissions()),
        _ => format!("{subject} is permitted {}", permissions()),
    }
}

fn systems(report: &DriftReport, out: &mut String) {
    let header =
        ["system", "agree", "not declared", "not observed", "inconclusive", "comes with it", "one side silent"];
    let rows: Vec<Vec<String>> = report
        .systems
        .iter()
        .filter(|system| system.compared)
        .map(|own| {
            let counts = [
                own.reconciled,
                own.not_declared,
                own.not_observed,
                own.inconclusive,
                own.comes_with,
                own.not_compared,
            ];
            std::iter::once(own.system.clone()).chain(counts.iter().map(ToString::to_string)).collect()
        })
        .collect();
    out.push('\n');
    if !rows.is_empty() {
        out.push_str(&table::aligned(&header, &rows));
    }
    for own in &report.systems {
        for note in &own.notes {
            let _ = writeln!(out, "{}: {note}", own.system);
        }
    }
    let mut told = std::collections::BTreeMap::<(&str, &str), usize>::new();
    for line in &report.lines {
        if let (LineOutcome::NotCompared | LineOutcome::ComesWith, Some(note)) = (line.outcome, &line.note) {
            *told.entry((&line.system, note)).or_default() += 1;
        }
    }
    for ((system, note), count) in told {
        let _ = writeln!(out, "{system}: {count} set aside: {note}");
    }
}

fn verdict(report: &DriftReport, out: &mut String) {
    let compared: Vec<&str> =
        report.systems.iter().filter(|system| system.compared).map(|own| own.system.as_str()).collect();
    let inconclusive: usize = report.systems.iter().map(|own| own.inconclusive).sum();
    let agree: usize = report.systems.iter().map(|own| own.reconciled).sum();
    out.push('\n');
    let text = if compared.is_empty() {
        "nothing was compared: no system is on both sides".to_owned()
    } else if report.drift > 0 {
        format!("{} on one side alone, {agree} on both, in {}", report.drift, compared.join(", "))
    } else if inconclusive > 0 {
        format!("{agree} on both sides, and of {inconclusive} it cannot be told, in {}", compared.join(", "))
    } else {
        format!("no drift: {agree} on both sides, in {}", compared.join(", "))
    };
    let _ = writeln!(out, "{text}, as of {}", report.as_of);
}

fn more(count: usize, out: &mut String) {
    if count > SHOWN {
        let _ = writeln!(out, "  … and {} more; --format json has all", count - SHOWN);
    }
}
