//! The age of credentials, a dot each against how long it may live.

use std::cmp::Reverse;

use super::super::declared::CredentialReport;
use super::super::model::Report;
use super::super::words::counted;
use super::{Svg, WIDTH, escaped, fitting, scaled, steps};

const LEFT: i64 = 284;
const LENGTH: i64 = WIDTH - LEFT - 100;
const TOP: i64 = 30;
const ROW: i64 = 35;

/// Most credentials that are drawn; the table has all.
const DRAWN: usize = 20;

/// The chart, if of any credential it is known since when it is there.
pub(super) fn credentials(report: &Report) -> Option<String> {
    let all = &report.declared.credentials;
    let mut dated: Vec<(u64, &CredentialReport)> = all
        .iter()
        .filter(|own| !own.is_issued_anew())
        .filter_map(|own| Some((u64::try_from(own.age_days?).unwrap_or_default(), own)))
        .collect();
    // In the order of the table.
    dated.sort_by_key(|(age, own)| (Reverse(*age), &own.system, &own.id));
    let limits = dated.iter().map(|(age, own)| (*age).max(u64::from(own.limit_days)));
    let largest = limits.max()?;
    let old = dated.iter().filter(|(_, own)| own.is_old()).count();
    let mut svg = Svg::new(
        "credentials",
        "How old credentials are, and how old they may become",
        format!(
            "{} of {}, {old} of them older than allowed. Not drawn are those that are issued anew, and those of which \
             nothing says when they were made.",
            dated.len(),
            counted(all.len() as u64, "credential", "credentials"),
        ),
    );
    let x = |days: u64| LEFT + scaled(days, largest, LENGTH);
    let rows = dated.len().min(DRAWN);
    let bottom = TOP + i64::try_from(rows).unwrap_or_default() * ROW;
    for step in steps(largest) {
        svg.line("axis", (x(step), TOP - 4), (x(step), bottom));
        svg.text("tick middle", (x(step), TOP - 10), step);
    }
    svg.text("tick", (4, TOP - 10), "days since it was made or replaced");
    let mut y = TOP;
    for (age, own) in dated.iter().take(DRAWN) {
        let limit = u64::from(own.limit_days);
        svg.line("axis", (0, y), (WIDTH, y));
        svg.text("label", (4, y + 15), fitting(&own.id, 36));
        svg.text("sub", (4, y + 28), fitting(&format!("{} · {}", own.kind, own.holder), 40));
        svg.line("guide", (LEFT, y + 18), (x(*age), y + 18));
        svg.line("limit", (x(limit), y + 7), (x(limit), y + 29));
        let told = format!("{} of {}: {age} days old, may become {limit}", own.id, own.holder);
        dot(&mut svg, own.is_old(), (x(*age), y + 18), &told);
        svg.text("number end", (WIDTH - 4, y + 22), format_args!("{age} of {limit}"));
        y += ROW;
    }
    if dated.len() > DRAWN {
        y += 16;
        svg.text("legend", (4, y), format_args!("{} more stand in the table", dated.len() - DRAWN));
    }
    dot(&mut svg, false, (16, y + 18), "");
    svg.text("legend", (30, y + 22), "within what is allowed");
    dot(&mut svg, true, (200, y + 18), "");
    svg.text("legend", (214, y + 22), "older than allowed");
    svg.line("limit", (360, y + 8), (360, y + 28));
    svg.text("legend", (370, y + 22), "how old it may become");
    svg.height = y + 36;
    Some(svg.finish())
}

/// A disc, or a diamond for what is too old.
fn dot(svg: &mut Svg, is_old: bool, (x, y): (i64, i64), told: &str) {
    let title = if told.is_empty() { String::new() } else { format!("<title>{}</title>", escaped(told)) };
    if is_old {
        svg.put(format_args!(r#"<path class="dot old" d="M{x} {}l8 8l-8 8l-8 -8z">{title}</path>"#, y - 8));
    } else {
        svg.put(format_args!(r#"<circle class="dot" cx="{x}" cy="{y}" r="6">{title}</circle>"#));
    }
}
