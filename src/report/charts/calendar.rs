//! The days of a period: what landed, what got past the gate, what was evaluated.

use super::super::model::Report;
use super::super::words::counted;
use super::Svg;
use crate::history::DayReport;

const LEFT: i64 = 44;
const CELL: i64 = 48;
const TALL: i64 = 42;
/// Weeks side by side: a quarter of a year and what its first and last weeks share with others.
const WEEKS: usize = 14;
const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A day with its place in the calendar.
struct Placed<'a> {
    day: &'a DayReport,
    weekday: i64,
}

/// A calendar, a column a week and fourteen weeks a block.
pub(in super::super) fn calendar(report: &Report) -> String {
    let days = &report.completeness.days;
    let landed = days.iter().filter(|day| day.landed > 0).count();
    let ungated = days.iter().filter(|day| day.ungated > 0).count();
    let idle = days.iter().filter(|day| day.landed > 0 && day.evaluated == 0).count();
    let mut svg = Svg::new(
        "calendar",
        "Each day: how many landed, got past the gate, and were evaluated",
        format!(
            "Of {}, something landed on {landed}; on {ungated} something got past the gate, and on {idle} something \
             landed while nothing was evaluated.",
            counted(days.len() as u64, "day", "days")
        ),
    );
    let most = days.iter().map(|day| day.landed).max().unwrap_or_default();
    let weeks = weeks(days);
    let mut y = 22;
    for block in weeks.chunks(WEEKS) {
        for (at, name) in (0_i64..).zip(NAMES) {
            svg.text("tick end", (LEFT - 8, y + at * TALL + 25), name);
        }
        let mut month = "";
        for (column, week) in (0_i64..).zip(block) {
            let x = LEFT + column * CELL;
            let first = week.first().and_then(|placed| placed.day.day.get(..7)).unwrap_or_default();
            if first != month {
                svg.text("tick", (x, y - 8), first);
                month = first;
            }
            for placed in week {
                cell(&mut svg, placed.day, (x, y + placed.weekday * TALL), most);
            }
        }
        y += 7 * TALL + 34;
    }
    legend(&mut svg, y - 10);
    svg.height = y + 22;
    svg.finish()
}

fn cell(svg: &mut Svg, day: &DayReport, (x, y): (i64, i64), most: u64) {
    let DayReport { day: date, landed, ungated, evaluated, night } = day;
    let shade = match landed.saturating_mul(4).checked_div(most).unwrap_or_default() {
        _ if *landed == 0 => 0,
        quarter => quarter.clamp(1, 4),
    };
    let told = format!(
        "{date}: {landed} landed, {ungated} of them past the gate, {evaluated} evaluated; night {}",
        night.title()
    );
    svg.rect(&format!("cell shade{shade}"), (x + 1, y + 1), (CELL - 2, TALL - 2), &told);
    svg.text(if shade >= 3 { "day strong" } else { "day" }, (x + 5, y + 12), date.get(8..).unwrap_or_default());
    let strong = if shade >= 3 { "count strong" } else { "count" };
    svg.text(strong, (x + CELL - 6, y + 13), if *landed == 0 { "·".to_owned() } else { landed.to_string() });
    if *evaluated > 0 {
        let class = if shade >= 3 { "small strong" } else { "small" };
        svg.text(class, (x + CELL - 6, y + 26), format_args!("✓{evaluated}"));
    } else if *landed > 0 {
        svg.put(format_args!(r#"<circle class="hollow" cx="{}" cy="{}" r="4"/>"#, x + CELL - 11, y + 23));
    }
    if *ungated > 0 {
        // To the left of the room that three digits take.
        let (left, foot) = (x + CELL - 38, y + TALL - 4);
        svg.path("flag", &format!("M{left} {foot}l5 -9l5 9z"));
        svg.text("flagged end", (x + CELL - 6, foot), ungated);
    }
}

fn legend(svg: &mut Svg, y: i64) {
    svg.rect("cell shade2", (LEFT, y), (22, 16), "");
    svg.text("legend", (LEFT + 28, y + 12), "3  landed: the more, the darker");
    svg.text("legend", (LEFT + 220, y + 12), "✓5  evaluated");
    svg.put(format_args!(r#"<circle class="hollow" cx="{}" cy="{}" r="4"/>"#, LEFT + 328, y + 8));
    svg.text("legend", (LEFT + 338, y + 12), "landed, nothing evaluated");
    svg.path("flag", &format!("M{} {}l5 -9l5 9z", LEFT + 514, y + 13));
    svg.text("legend", (LEFT + 532, y + 12), "1  past the gate");
}

/// Days by their weeks, Monday first.
fn weeks(days: &[DayReport]) -> Vec<Vec<Placed<'_>>> {
    let mut weekday = days.first().and_then(|day| weekday(&day.day)).unwrap_or_default();
    let mut weeks: Vec<Vec<Placed<'_>>> = Vec::new();
    for day in days {
        match weeks.last_mut().filter(|_| weekday != 0) {
            Some(week) => week.push(Placed { day, weekday }),
            None => weeks.push(vec![Placed { day, weekday }]),
        }
        weekday = (weekday + 1) % 7;
    }
    weeks
}

/// The weekday of a date `2026-12-31`; Monday is 0.
fn weekday(date: &str) -> Option<i64> {
    let date: jiff::civil::Date = date.parse().ok()?;
    Some(i64::from(date.weekday().to_monday_zero_offset()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may")]

    use super::weekday;

    #[test]
    fn weekdays_are_those_of_the_calendar() {
        assert_eq!(weekday("2026-10-01"), Some(3));
        assert_eq!(weekday("2026-12-28"), Some(0));
        assert_eq!(weekday("no day"), None);
    }
}
