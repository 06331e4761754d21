//! Approvals, exceptions and emergencies in force, over the days of the period.

use super::super::model::Report;
use super::super::words::{Clock, counted};
use super::lanes::{Lanes, ROW, TOP};
use super::{Svg, WIDTH, fitting};
use crate::history::RecordHistory;
use crate::rules::{Instant, RecordKind};

/// Most records that are drawn; the table has all.
const DRAWN: usize = 24;

/// How a kind is drawn; nothing for those that let nothing pass.
fn class(kind: RecordKind) -> Option<&'static str> {
    match kind {
        RecordKind::Approval => Some("span approval"),
        RecordKind::Exception => Some("span accepted"),
        RecordKind::Emergency => Some("span emergency"),
        RecordKind::ReviewDecision | RecordKind::Register | RecordKind::AccessReview => None,
    }
}

/// The chart, if any of them was in force.
pub(super) fn records(report: &Report) -> Option<String> {
    let period = &report.completeness.frame.period;
    let lanes = Lanes { period, clock: Clock(period.offset) };
    let in_force = report.records.iter().filter(|own| own.in_force);
    let all: Vec<(&RecordHistory, &str)> = in_force.filter_map(|own| Some((own, class(own.kind)?))).collect();
    if all.is_empty() {
        return None;
    }
    let count = |kind: RecordKind| all.iter().filter(|(own, _)| own.kind == kind).count() as u64;
    let ended = all.iter().filter(|(own, _)| end(own).is_some_and(|end| end.seconds() < period.to)).count();
    let mut svg = Svg::new(
        "in-force",
        "Approvals, exceptions and emergencies in force",
        format!(
            "{}, {} and {}; {ended} of them ended or were removed before the period did.",
            counted(count(RecordKind::Approval), "approval", "approvals"),
            counted(count(RecordKind::Exception), "exception", "exceptions"),
            counted(count(RecordKind::Emergency), "emergency", "emergencies"),
        ),
    );
    let drawn = all.len().min(DRAWN);
    let rows = i64::try_from(drawn).unwrap_or_default();
    lanes.axis(&mut svg, rows);
    for (at, (own, class)) in (0_i64..).zip(all.iter().take(DRAWN)) {
        lane(&mut svg, &lanes, own, class, TOP + at * ROW);
    }
    let mut y = TOP + rows * ROW + 10;
    if all.len() > drawn {
        svg.text("legend", (8, y + 8), format_args!("{} more stand in the table", all.len() - drawn));
        y += 20;
    }
    legend(&mut svg, y);
    svg.height = y + 44;
    Some(svg.finish())
}

/// The first instant at which it was over.
fn end(own: &RecordHistory) -> Option<Instant> {
    let seconds = [own.ends, own.removed].into_iter().flatten().map(Instant::seconds).min()?;
    Some(Instant::from_seconds(seconds))
}

fn lane(svg: &mut Svg, lanes: &Lanes<'_>, own: &RecordHistory, class: &str, y: i64) {
    let (period, clock) = (lanes.period, lanes.clock);
    let from = own.begins.map_or(own.landed.seconds(), |begins| begins.seconds().max(own.landed.seconds()));
    let last = |end: Instant| clock.minute(Instant::from_seconds(end.seconds().saturating_sub(1)));
    let until = match (own.ends, own.removed) {
        (_, Some(removed)) if end(own) == Some(removed) => format!("removed {}", clock.minute(removed)),
        (Some(ends), _) => format!("until {}", last(ends)),
        (None, _) => "without an end".to_owned(),
    };
    svg.line("axis", (0, y), (WIDTH, y));
    svg.text("label", (4, y + 15), fitting(&own.record, 38));
    svg.text("sub", (4, y + 28), &until);
    let to = end(own).map_or(i64::MAX, Instant::seconds);
    let (x, stop) = (lanes.x(from), lanes.x(to));
    let told = format!("{}: from {}, {until}", own.record, clock.minute(Instant::from_seconds(from)));
    svg.rect(class, (x, y + 9), ((stop - x).max(4), 16), &told);
    if from < period.from {
        svg.path("before", &format!("M{} {}l8 -8v16z", x + 2, y + 17));
    }
    let stop = stop.max(x + 4);
    if to >= period.to {
        svg.path("onward", &format!("M{} {}l9 8l-9 8z", stop - 1, y + 9));
    } else if end(own) == own.removed {
        svg.path("cross", &format!("M{} {}l10 10m0 -10l-10 10", stop + 2, y + 12));
    } else {
        svg.line("ended", (stop, y + 6), (stop, y + 28));
    }
}

fn legend(svg: &mut Svg, y: i64) {
    let mut x = 8;
    for (class, label) in
        [("span approval", "approval"), ("span accepted", "exception"), ("span emergency", "emergency")]
    {
        svg.rect(class, (x, y), (18, 14), "");
        svg.text("legend", (x + 24, y + 12), label);
        x += 110;
    }
    svg.path("before", &format!("M8 {}l8 -8v16z", y + 30));
    svg.text("legend", (24, y + 34), "in force before the period");
    svg.path("onward", &format!("M206 {}l9 8l-9 8z", y + 22));
    svg.text("legend", (222, y + 34), "goes on after it");
    svg.line("ended", (346, y + 21), (346, y + 39));
    svg.text("legend", (354, y + 34), "ended by itself");
    svg.path("cross", &format!("M466 {}l10 10m0 -10l-10 10", y + 25));
    svg.text("legend", (484, y + 34), "removed");
}
