//! Waterfalls: from what landed to its states, and from the findings at the beginning to those at the end.

use super::super::model::{Position, Report};
use super::super::words::{SEVERITIES, counted};
use super::{Svg, WIDTH, scaled, steps};
use crate::history::State;

/// Where the bars of the completeness begin, and how long the longest is.
const LEFT: i64 = 296;
const LENGTH: i64 = WIDTH - LEFT - 64;
const ROW: i64 = 30;

/// From everything that landed, state by state, down to what no state explains, which is nothing.
pub(in super::super) fn completeness(report: &Report) -> String {
    let (landed, states) = (report.completeness.landed, &report.completeness.states);
    let counts = State::ALL.map(|state| (state, states.get(&state).copied().unwrap_or_default()));
    let told: u64 = counts.iter().map(|(_, count)| count).sum();
    let left = landed.saturating_sub(told);
    let ungated = report.completeness.ungated();
    let mut svg = Svg::new(
        "completeness",
        "From what landed to what stands behind it",
        format!(
            "Of {}, {ungated} got past the gate and {left} are not explained by any state.",
            counted(landed, "landing", "landings")
        ),
    );
    let mut y = 8;
    let mut bar = |svg: &mut Svg, class: &str, label: &str, from: u64, count: u64| {
        let x = LEFT + scaled(from, landed.max(told), LENGTH);
        let width = scaled(count, landed.max(told), LENGTH);
        svg.text("label end", (LEFT - 12, y + 15), label);
        if count > 0 {
            svg.rect(class, (x, y), (width.max(2), ROW - 10), &format!("{label}: {count} of {landed}"));
        }
        svg.text("number", (x + width + 8, y + 15), count);
        svg.line("guide", (x, y + ROW - 10), (x, y + ROW));
        y += ROW;
    };
    bar(&mut svg, "bar total", "landed, by git", 0, landed);
    let mut rest = landed.max(told);
    for (state, count) in counts {
        rest = rest.saturating_sub(count);
        let class = match (state.is_gated(), state.is_ungated()) {
            (true, _) => "bar gated",
            (_, true) => "bar ungated",
            _ => "bar before",
        };
        bar(&mut svg, class, state.title(), rest, count);
    }
    bar(&mut svg, "bar ungated", "left over: no state explains them", 0, left);
    svg.height = y + 30;
    let mut x = 8;
    for (class, label, width) in [
        ("bar gated", "the gate did its work", 180),
        ("bar ungated", "got past the gate (hatched)", 220),
        ("bar before", "before the gate (outlined)", 200),
    ] {
        svg.rect(class, (x, y + 8), (18, 14), "");
        svg.text("legend", (x + 26, y + 20), label);
        x += width + 20;
    }
    svg.finish()
}

/// Where the columns of the findings begin and end.
const TOP: i64 = 28;
const HEIGHT: i64 = 230;
const COLUMN: i64 = 112;

/// A column: its label, where it begins, how much of a position it shows, all of that, and the sign before it.
type Column = (&'static str, u64, fn(&Position) -> u64, u64, &'static str);

/// Findings there at the beginning, those that came and went, and those there at the end, by severity.
pub(in super::super) fn findings(report: &Report) -> String {
    let all = report.position;
    let of = |severity: &str| -> Position {
        let found = report.by_severity.iter().find(|own| own.severity == severity);
        found.map(|own| own.position).unwrap_or_default()
    };
    let mut svg = Svg::new(
        "findings",
        "Findings from the beginning of the period to its end",
        format!(
            "{} there at the beginning, {} came, {} went, {} there at the end, of which a record lets {} pass.",
            all.opening, all.introduced, all.resolved, all.closing, all.closing_accepted
        ),
    );
    let peak = all.opening.saturating_add(all.introduced).max(all.closing).max(1);
    let at = |count: u64| TOP + HEIGHT - scaled(count, peak, HEIGHT);
    for step in steps(peak) {
        svg.line("axis", (56, at(step)), (WIDTH - 150, at(step)));
        svg.text("tick end", (48, at(step) + 4), step);
    }
    let after = all.opening.saturating_add(all.introduced);
    let columns: [Column; 4] = [
        ("at the beginning", 0, |own| own.opening, all.opening, ""),
        ("came", all.opening, |own| own.introduced, all.introduced, "+"),
        ("went", after.saturating_sub(all.resolved), |own| own.resolved, all.resolved, "−"),
        ("at the end", 0, |own| own.closing, all.closing, ""),
    ];
    let mut x = 84;
    for (label, base, count, total, sign) in columns {
        let mut from = base;
        // The worst stands at the bottom, where lengths compare best.
        for severity in SEVERITIES {
            let own = count(&of(severity));
            let (low, high) = (at(from), at(from.saturating_add(own)));
            if own > 0 {
                let class = format!("segment {severity}");
                svg.rect(&class, (x, high), (COLUMN, low - high), &format!("{label}, {severity}: {own}"));
                if low - high >= 12 {
                    svg.put(format_args!(
                        r#"<rect class="plate" x="{}" y="{}" width="32" height="12" rx="3"/>"#,
                        x + COLUMN / 2 - 16,
                        (low + high) / 2 - 6
                    ));
                    svg.text("plated middle", (x + COLUMN / 2, (low + high) / 2 + 4), own);
                }
            }
            from = from.saturating_add(own);
        }
        svg.text("number middle", (x + COLUMN / 2, at(from) - 7), format_args!("{sign}{total}"));
        svg.text("label middle", (x + COLUMN / 2, TOP + HEIGHT + 20), label);
        x += COLUMN + 26;
    }
    svg.line("base", (56, TOP + HEIGHT), (WIDTH - 150, TOP + HEIGHT));
    let mut y = TOP + 12;
    for severity in SEVERITIES {
        svg.rect(&format!("segment {severity}"), (WIDTH - 124, y), (18, 14), "");
        svg.text("legend", (WIDTH - 98, y + 12), severity);
        y += 24;
    }
    svg.height = TOP + HEIGHT + 34;
    svg.finish()
}
