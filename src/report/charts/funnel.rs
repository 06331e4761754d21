//! Access reviews, from what was frozen to what was carried out.

use super::super::model::Report;
use super::super::words::{Clock, counted};
use super::{Behind, Svg, WIDTH, fitting, scaled};
use crate::history::CampaignReport;

const LEFT: i64 = 190;
const LENGTH: i64 = WIDTH - LEFT - 110;
const ROW: i64 = 28;
const TALL: i64 = 18;

/// Most access reviews that are drawn, the last that were opened; the table has all.
const DRAWN: usize = 6;

/// A part of a bar: how it is drawn, how long it is, and what it says.
type Part<'a> = (&'a str, u64, &'a str);

fn to_go(own: &CampaignReport) -> usize {
    own.revoked.saturating_add(own.modified)
}

/// The chart, if there is an access review with anything in it.
pub(super) fn funnel(report: &Report) -> Option<String> {
    let all = &report.declared.reviews;
    if all.iter().all(|own| own.items == 0) {
        return None;
    }
    let sum = |of: fn(&CampaignReport) -> usize| all.iter().map(of).fold(0, usize::saturating_add);
    let mut svg = Svg::new(
        "reviews",
        "Access reviews from what was frozen to what was carried out",
        format!(
            "{}: {} items were frozen, {} decided, {} to go or to change, and of these {} did.",
            counted(all.len() as u64, "access review", "access reviews"),
            sum(|own| own.items),
            sum(|own| own.decided),
            sum(to_go),
            sum(|own| own.executed),
        ),
    );
    let clock = Clock(report.completeness.frame.period.offset);
    let mut y = 4;
    for own in all.iter().rev().take(DRAWN) {
        let closed = own.closed.map_or_else(|| "not closed".to_owned(), |at| format!("closed {}", clock.day(at)));
        svg.text("label strong-label", (4, y + 14), fitting(&own.id, 21));
        let days = format!("opened {}, due {}, {closed}", clock.day(own.opened), fitting(&own.due, 12));
        svg.text("sub", (LEFT, y + 14), days);
        y += 24;
        one(&mut svg, own, &mut y);
        y += 14;
    }
    if all.len() > DRAWN {
        svg.text("legend", (4, y + 10), format_args!("{} earlier ones stand in the table", all.len() - DRAWN));
        y += 18;
    }
    let mut x = 4;
    for (class, label, width) in [
        ("bar gated", "done", 64),
        ("bar ungated", "not done, and past its day (hatched)", 250),
        ("bar before", "not done yet (outlined)", 180),
    ] {
        svg.rect(class, (x, y + 6), (18, 14), "");
        svg.text("legend", (x + 25, y + 18), label);
        x += width + 20;
    }
    svg.height = y + 30;
    Some(svg.finish())
}

/// The four bars of one, each on the scale of what was frozen.
fn one(svg: &mut Svg, own: &CampaignReport, y: &mut i64) {
    let count = |number: usize| number as u64;
    let (items, decided, overdue) = (count(own.items), count(own.decided), count(own.overdue));
    let (to_go, done, late) = (count(to_go(own)), count(own.executed), count(own.not_executed_late));
    let undecided = items.saturating_sub(decided).saturating_sub(overdue);
    let not_yet = count(own.not_executed).saturating_sub(late);
    let bars: [(&str, String, &[Part<'_>]); 4] = [
        ("frozen", items.to_string(), &[("bar total", items, "frozen")]),
        (
            "decided",
            format!("{decided} of {items}"),
            &[
                ("bar gated", decided, "decided"),
                ("bar ungated", overdue, "undecided although it is late"),
                ("bar before", undecided, "undecided, or abstained from"),
            ],
        ),
        ("to go or to change", format!("{to_go} of {decided}"), &[("bar total", to_go, "to go or to change")]),
        (
            "carried out",
            format!("{done} of {to_go}"),
            &[
                ("bar gated", done, "gone or changed"),
                ("bar ungated", late, "as they were, past their day"),
                ("bar before", not_yet, "as they were, in time"),
            ],
        ),
    ];
    for (label, said, parts) in bars {
        svg.text("label end", (LEFT - 12, *y + 14), label);
        let mut x = LEFT;
        for (class, number, told) in parts.iter().filter(|(_, number, _)| *number > 0) {
            let width = scaled(*number, items, LENGTH).max(3);
            svg.rect(class, (x, *y), (width, TALL), &format!("{}: {number} {told}", own.id));
            x += width;
        }
        svg.text("number", (x + 8, *y + 14), said);
        *y += ROW;
    }
}

/// The table behind it, as one row a review.
pub(super) fn funnel_table(report: &Report) -> Behind {
    let row = |own: &CampaignReport| {
        let late = own.not_executed_late;
        let numbers = [own.items, own.decided, own.overdue, to_go(own), own.executed, own.not_executed, late];
        (own.id.clone(), numbers.map(|number| number.to_string()).into())
    };
    Behind {
        caption: "Access reviews from what was frozen to what was carried out",
        first: "Review",
        columns: vec![
            "frozen",
            "decided",
            "undecided and late",
            "to go or to change",
            "carried out",
            "as they were",
            "of these past their day",
        ],
        rows: report.declared.reviews.iter().map(row).collect(),
    }
}
