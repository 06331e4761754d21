//! A timeline in a terminal.

use std::fmt::Write as _;

use super::{TimelineItem, TimelineKind, TimelineReport, TimelineSpan, TotalReport};
use crate::duties::Certainty;
use crate::output::backtest::RulesOf;
use crate::output::words::{count, number};
use crate::rules::Instant;

/// Most things that are shown of each kind, and most times of each; the JSON has all.
const SHOWN: (usize, usize) = (12, 6);
/// Most files that are named as not read.
const NOT_READ: usize = 5;

/// The timeline for people.
#[must_use]
pub fn timeline_human(report: &TimelineReport) -> String {
    let mut text = String::new();
    let rules = match report.rules {
        RulesOf::Today => "by the rules of this work tree",
        RulesOf::Then => "each landing by its own rules",
    };
    let _ = writeln!(
        text,
        "What {} declared from {} to {} UTC: {}, judged {rules}.",
        report.branch,
        minute(report.from),
        minute(report.to),
        count(report.landings, "landing", "landings"),
    );
    let only = [("subject", &report.subject), ("duty", &report.duty), ("conflict", &report.conflict)];
    for (what, wanted) in only {
        if let Some(wanted) = wanted {
            let _ = writeln!(text, "Only of the {what} {wanted}.");
        }
    }
    if report.shallow {
        text.push_str(
            "This clone is shallow: since when something was there is not known where it was there at first.\n\
             `git fetch --unshallow` gets the rest.\n",
        );
    }
    if report.clocks_put_right > 0 {
        let what = count(report.clocks_put_right, "landing has", "landings have");
        let _ = writeln!(text, "{what} a time that contradicts those around it, and counts as landing with the next.");
    }
    if report.items.is_empty() {
        text.push_str("\nNothing of that kind was declared in that time.\n");
    } else {
        text.push_str(&table(report));
    }
    text.push_str(&not_read(report));
    for kind in TimelineKind::ALL {
        let own: Vec<&TimelineItem> = report.items.iter().filter(|item| item.kind == kind).collect();
        if own.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{}", heading(kind));
        for item in own.iter().take(SHOWN.0) {
            text.push_str(&shown(item));
        }
        if own.len() > SHOWN.0 {
            let more = number(own.len() - SHOWN.0);
            let _ = writeln!(text, "  … and {more} more; `--format csv` has all.");
        }
    }
    text
}

fn heading(kind: TimelineKind) -> &'static str {
    match kind {
        TimelineKind::Conflict => "Conflicts",
        TimelineKind::PrivilegedDuty => "Privileged duties",
        TimelineKind::Duty => "Duties that are part of a conflict",
        TimelineKind::Finding => "Other findings",
    }
}

fn named(kind: TimelineKind) -> &'static str {
    match kind {
        TimelineKind::Conflict => "conflicts",
        TimelineKind::PrivilegedDuty => "privileged duties",
        TimelineKind::Duty => "duties in conflicts",
        TimelineKind::Finding => "other findings",
    }
}

fn table(report: &TimelineReport) -> String {
    let header =
        ["", "ITEMS", "AT START", "CAME", "WENT", "AT END", "CAME BACK", "DAYS", "WITHOUT RECORD", "NOT KNOWN"];
    let mut rows: Vec<[String; 10]> = vec![header.map(str::to_owned)];
    for total in report.totals.iter().filter(|own| own.items > 0) {
        rows.push([
            named(total.of).to_owned(),
            number(total.items),
            number(total.at_start),
            number(total.came),
            number(total.went),
            number(total.at_end),
            number(total.came_back),
            days(total.days),
            match (total.days_without_record, total.items_without_record) {
                (Some(0), _) => "0".to_owned(),
                (Some(own), Some(items)) => format!("{} ({items} of {})", days(own), total.items),
                _ => String::new(),
            },
            days(total.days_not_known),
        ]);
    }
    let widths: Vec<usize> =
        (0..10).map(|at| rows.iter().filter_map(|row| row.get(at)).map(String::len).max().unwrap_or(0)).collect();
    let mut text = String::from("\n");
    for row in &rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, width))| match at {
            0 => format!("  {cell:<width$}"),
            _ => format!("  {cell:>width$}"),
        });
        let line: String = cells.collect();
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text.push_str("\nDAYS: of all items together, within that time; a day that was begun counts.\n");
    for total in &report.totals {
        text.push_str(&remediation(total));
    }
    text
}

fn remediation(total: &TotalReport) -> String {
    let own = &total.remediation;
    let (Some(median), Some(longest)) = (own.median_seconds, own.longest_seconds) else { return String::new() };
    if total.of == TimelineKind::Duty {
        return String::new();
    }
    let what = named(total.of);
    let left = match own.not_counted {
        0 => String::new(),
        n => format!("; {n} more went whose beginning is not known"),
    };
    format!(
        "Time to remediate {what}: {} in the middle, {} at most, of {} that went{left}.\n",
        lasting(median),
        lasting(longest),
        own.counted,
    )
}

fn not_read(report: &TimelineReport) -> String {
    let mut text = String::new();
    for own in report.not_read.iter().take(NOT_READ) {
        let what = own.file.as_deref().unwrap_or("nothing could be judged");
        let since = commit(own.from_commit.as_deref());
        let until = match own.to {
            Some(to) => format!("to {}{}", minute(to), commit(own.to_commit.as_deref())),
            None => "on".to_owned(),
        };
        let _ = writeln!(text, "  {what}: {}, from {}{since} {until}", own.because, minute(own.from));
    }
    if text.is_empty() {
        return text;
    }
    if report.not_read.len() > NOT_READ {
        let _ = writeln!(text, "  … and {} more; `--format json` has all.", number(report.not_read.len() - NOT_READ));
    }
    format!("\nNot read, so that what may stand there is not known:\n{text}")
}

fn shown(item: &TimelineItem) -> String {
    let mut text = String::new();
    let severity = item.severity.map(|own| format!(" {}", own.as_str())).unwrap_or_default();
    let name = item.conflict.as_ref().or(item.duties.first()).or(item.policy.as_ref());
    let held = match item.held {
        Certainty::Certain => String::new(),
        other => format!(" ({})", other.as_str()),
    };
    let _ = writeln!(
        text,
        "  {}  {}{severity}  {}{held}{}",
        item.subject,
        name.map_or("", String::as_str),
        item.title,
        if item.systems.is_empty() { String::new() } else { format!(", in {}", item.systems.join(" and ")) },
    );
    let skipped = item.spans.len().saturating_sub(SHOWN.1);
    if skipped > 0 {
        let _ = writeln!(text, "    … {} before", count(skipped, "time", "times"));
    }
    for span in item.spans.iter().skip(skipped) {
        text.push_str(&time(span, item.days_without_record.is_some()));
    }
    text
}

fn time(span: &TimelineSpan, asks: bool) -> String {
    let from = match (&span.from_commit, span.since_before) {
        (_, true) => format!("before {}", minute(span.from)),
        (Some(_), false) => format!("{}{}", minute(span.from), commit(span.from_commit.as_deref())),
        (None, false) => format!("{} (by its date)", minute(span.from)),
    };
    let perhaps = if span.after_gap { ", perhaps earlier" } else { "" };
    let to = match (span.to, &span.to_commit) {
        (None, _) => "still there".to_owned(),
        (Some(to), Some(_)) => format!("to {}{}", minute(to), commit(span.to_commit.as_deref())),
        (Some(to), None) => format!("to {} (by its date)", minute(to)),
    };
    let mut text = format!("    {from}{perhaps} {to}, {}", day_count(span.days));
    let without: u64 = span.without_record.iter().map(|own| own.days).sum();
    if asks && without > 0 {
        let how = match span.records.is_empty() {
            true => ", without a record".to_owned(),
            false => format!(", {} of them without a record", days(without)),
        };
        text.push_str(&how);
    }
    for part in &span.not_known {
        let _ = write!(text, "; not known for {}", day_count(part.days));
    }
    text.push('\n');
    for own in &span.records {
        let until = own.to.map_or_else(|| "on".to_owned(), |to| format!("to {}", minute(to)));
        let _ = writeln!(text, "      {} from {} {until}", own.record, minute(own.from));
    }
    text
}

fn days(n: u64) -> String {
    number(usize::try_from(n).unwrap_or(usize::MAX))
}

fn day_count(n: u64) -> String {
    count(usize::try_from(n).unwrap_or(usize::MAX), "day", "days")
}

/// A commit's short name in brackets.
fn commit(name: Option<&str>) -> String {
    name.map(|name| format!(" ({})", name.get(..10).unwrap_or(name))).unwrap_or_default()
}

/// `2026-11-20 06:00`, UTC.
fn minute(at: Instant) -> String {
    let text = at.to_string();
    format!("{} {}", text.get(..10).unwrap_or_default(), text.get(11..16).unwrap_or_default())
}

/// How long, in its two largest units.
fn lasting(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}
