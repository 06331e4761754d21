//! Lanes over time: how long findings were there, and when which version judged.

use super::super::model::Report;
use super::super::words::{Clock, counted, rank, short};
use super::{Svg, WIDTH, fitting};
use crate::history::{Exposure, Period};
use crate::rules::Instant;

const LEFT: i64 = 284;
const LENGTH: i64 = WIDTH - LEFT - 58;
pub(super) const TOP: i64 = 26;
pub(super) const ROW: i64 = 35;

/// Most findings that are drawn; the table has all.
const DRAWN: usize = 20;

/// Findings by their days within the period, the longest first, and of those the worst.
pub(in super::super) fn longest(report: &Report) -> Vec<&Exposure> {
    let mut all: Vec<&Exposure> = report.exposures.iter().collect();
    all.sort_by_key(|own| std::cmp::Reverse((own.days, rank(&own.severity))));
    all
}

/// A stretch of time with lanes.
pub(super) struct Lanes<'a> {
    pub(super) period: &'a Period,
    pub(super) clock: Clock,
}

impl Lanes<'_> {
    /// The place of an instant; what is outside of the period stands at its end.
    pub(super) fn x(&self, at: i64) -> i64 {
        let (from, to) = (self.period.from, self.period.to);
        let all = i128::from(to.saturating_sub(from).max(1));
        let since = i128::from(at.clamp(from, to.max(from)).saturating_sub(from));
        LEFT + i64::try_from(since * i128::from(LENGTH) / all).unwrap_or_default()
    }

    /// The first days of months, or of years where there are many.
    pub(super) fn axis(&self, svg: &mut Svg, rows: i64) {
        let bottom = TOP + rows * ROW;
        let mut marks: Vec<(i64, String)> = Vec::new();
        for day in self.period.days() {
            if day.name.get(8..) == Some("01") || day.from == self.period.from {
                marks.push((day.from, day.name));
            }
        }
        let each = marks.len().div_ceil(6).max(1);
        for (from, name) in marks.into_iter().step_by(each) {
            svg.line("axis", (self.x(from), TOP - 4), (self.x(from), bottom));
            svg.text("tick", (self.x(from), TOP - 10), name);
        }
        svg.line("base", (self.x(self.period.to), TOP - 4), (self.x(self.period.to), bottom));
    }
}

/// The findings that were there longest.
pub(in super::super) fn exposures(report: &Report) -> String {
    let period = &report.completeness.frame.period;
    let lanes = Lanes { period, clock: Clock(period.offset) };
    let all = longest(report);
    let drawn: Vec<&Exposure> = all.iter().take(DRAWN).copied().collect();
    let open = drawn.iter().filter(|own| own.spans.last().is_some_and(|span| span.to.is_none())).count();
    let mut svg = Svg::new(
        "exposure",
        "How long findings were there",
        format!(
            "{} of {}, the longest first; {open} of those drawn were not removed.",
            drawn.len(),
            counted(all.len() as u64, "finding", "findings")
        ),
    );
    let rows = i64::try_from(drawn.len()).unwrap_or_default();
    lanes.axis(&mut svg, rows);
    for (at, own) in (0_i64..).zip(drawn) {
        lane(&mut svg, &lanes, own, TOP + at * ROW);
    }
    let foot = TOP + rows * ROW + 10;
    legend(&mut svg, foot);
    svg.height = foot + 44;
    svg.finish()
}

fn lane(svg: &mut Svg, lanes: &Lanes<'_>, own: &Exposure, y: i64) {
    svg.line("axis", (0, y), (WIDTH, y));
    svg.text("label", (4, y + 15), fitting(&own.subject, 36));
    svg.text("sub", (4, y + 28), fitting(&format!("{} · {}", own.severity, own.policy), 40));
    for span in &own.spans {
        let (from, to) = (span.from.seconds(), span.to.map(Instant::seconds));
        if to.is_some_and(|to| to <= lanes.period.from) || from >= lanes.period.to {
            continue;
        }
        let (x, end) = (lanes.x(from), lanes.x(to.unwrap_or(i64::MAX)));
        let ended = to.map_or_else(|| "still there".to_owned(), |to| lanes.clock.minute(Instant::from_seconds(to)));
        let began =
            if span.since_before { "before the first evaluation".to_owned() } else { lanes.clock.minute(span.from) };
        let by = if span.accepted_by.is_empty() { "" } else { ", let pass by " };
        let told = format!("{} {}: {began} to {ended}{by}{}", own.policy, own.subject, span.accepted_by.join(", "));
        let class = match (span.accepted_by.is_empty(), own.severity.as_str()) {
            (false, _) => "span accepted",
            (true, "critical") => "span critical",
            (true, "high") => "span high",
            (true, "medium") => "span medium",
            _ => "span low",
        };
        svg.rect(class, (x, y + 9), ((end - x).max(3), 16), &told);
        if span.since_before || from < lanes.period.from {
            svg.path("before", &format!("M{} {}l8 -8v16z", x + 2, y + 17));
        }
        if to.is_none_or(|to| to >= lanes.period.to) {
            svg.path("onward", &format!("M{} {}l9 8l-9 8z", end - 1, y + 9));
        } else {
            svg.line("ended", (end, y + 6), (end, y + 28));
        }
    }
    svg.text("number end", (WIDTH - 4, y + 22), format_args!("{} d", own.days));
}

fn legend(svg: &mut Svg, y: i64) {
    let mut x = 8;
    for (class, label, width) in [
        ("span critical", "critical", 84),
        ("span high", "high", 66),
        ("span medium", "medium", 82),
        ("span low", "low", 60),
        ("span accepted", "a record let it pass", 150),
    ] {
        svg.rect(class, (x, y), (18, 14), "");
        svg.text("legend", (x + 24, y + 12), label);
        x += width + 14;
    }
    svg.path("before", &format!("M8 {}l8 -8v16z", y + 30));
    svg.text("legend", (24, y + 34), "there before the period, or before the first evaluation");
    svg.path("onward", &format!("M352 {}l9 8l-9 8z", y + 22));
    svg.text("legend", (368, y + 34), "still there at the end");
    svg.line("ended", (524, y + 21), (524, y + 39));
    svg.text("legend", (532, y + 34), "removed");
}

/// When which version of the program judged with which rules.
pub(in super::super) fn versions(report: &Report) -> String {
    let period = &report.completeness.frame.period;
    let lanes = Lanes { period, clock: Clock(period.offset) };
    let all = &report.completeness.versions;
    let mut svg = Svg::new(
        "versions",
        "Versions of the program and of the rules over the period",
        format!(
            "{}, each from its first evaluation in the period to its last.",
            counted(all.len() as u64, "combination of program and rules", "combinations of program and rules")
        ),
    );
    let rows = i64::try_from(all.len()).unwrap_or_default();
    lanes.axis(&mut svg, rows);
    for (at, own) in (0_i64..).zip(all) {
        let y = TOP + at * ROW;
        svg.text("label", (4, y + 15), fitting(&format!("countersign {}", own.engine), 36));
        svg.text("sub", (4, y + 28), format_args!("rules {}", short(&own.rules)));
        let (x, end) = (lanes.x(own.first.seconds()), lanes.x(own.last.seconds()));
        let told = format!("{} to {}", lanes.clock.minute(own.first), lanes.clock.minute(own.last));
        svg.rect("span version", (x, y + 9), ((end - x).max(3), 16), &told);
        svg.text("number end", (WIDTH - 4, y + 22), own.evaluations);
    }
    svg.height = TOP + rows * ROW + 8;
    svg.finish()
}
