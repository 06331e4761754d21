//! Charts as SVG, drawn from numbers and escaped text alone.
//!
//! Coordinates are whole numbers, so that the same report gives the same bytes everywhere. Colours are classes that the
//! style sheet fills, for light, dark and paper; what a colour says is said by a shape, a hatching or a number too.

mod ageing;
mod calendar;
mod credentials;
mod funnel;
mod grid;
mod lanes;
mod records;
mod waterfall;

use std::fmt::{Display, Write as _};

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::model::Report;
use super::words::visible;

pub(super) use calendar::calendar;
pub(super) use grid::{Cell, by_conflict, conflicts};
pub(super) use lanes::{exposures, longest, versions};
pub(super) use waterfall::{completeness, findings};

/// The width of every chart, in its own units: about that of the text.
const WIDTH: i64 = 760;

/// The chart of a section that is a sentence and a table.
pub(super) struct Drawn {
    pub(super) svg: String,
    /// What it shows, in few words.
    pub(super) label: &'static str,
    /// What it shows in numbers, where the table of the section has other rows.
    pub(super) behind: Option<Behind>,
}

/// A table of numbers behind a chart.
pub(super) struct Behind {
    pub(super) caption: &'static str,
    /// The head of the first column, whose cells are words.
    pub(super) first: &'static str,
    /// The heads of the others, whose cells are numbers.
    pub(super) columns: Vec<&'static str>,
    pub(super) rows: Vec<(String, Vec<String>)>,
}

/// The chart of a section, by the section's anchor; nothing where it has none, or nothing to draw.
pub(super) fn of_section(report: &Report, id: &str) -> Option<Drawn> {
    let (svg, label, behind) = match id {
        "in-force" => (records::records(report)?, "records in force over the period", None),
        "remediation" => {
            (ageing::ageing(report)?, "open findings by age and severity", Some(ageing::ageing_table(report)))
        }
        "credentials" => (credentials::credentials(report)?, "how old credentials are", None),
        "reviews" => {
            (funnel::funnel(report)?, "from frozen items to what was carried out", Some(funnel::funnel_table(report)))
        }
        _ => return None,
    };
    Some(Drawn { svg, label, behind })
}

/// A chart in the making.
struct Svg {
    id: &'static str,
    title: String,
    desc: String,
    height: i64,
    body: String,
}

impl Svg {
    fn new(id: &'static str, title: impl Into<String>, desc: impl Into<String>) -> Self {
        Self { id, title: title.into(), desc: desc.into(), height: 0, body: String::new() }
    }

    /// An element from markup of ours.
    fn put(&mut self, markup: impl Display) {
        // Writing to a string does not fail.
        let _ = write!(self.body, "{markup}");
    }

    /// A rectangle; what a pointer that rests on it is told is escaped.
    fn rect(&mut self, class: &str, (x, y): (i64, i64), (width, height): (i64, i64), told: &str) {
        let (width, height) = (width.max(0), height.max(0));
        let place = format!(r#"class="{class}" x="{x}" y="{y}" width="{width}" height="{height}""#);
        if told.is_empty() {
            self.put(format_args!("<rect {place}/>"));
        } else {
            self.put(format_args!("<rect {place}><title>{}</title></rect>", escaped(told)));
        }
    }

    fn line(&mut self, class: &str, (x1, y1): (i64, i64), (x2, y2): (i64, i64)) {
        self.put(format_args!(r#"<line class="{class}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#));
    }

    /// A filled path; `d` is made of numbers.
    fn path(&mut self, class: &str, d: &str) {
        self.put(format_args!(r#"<path class="{class}" d="{d}"/>"#));
    }

    fn text(&mut self, class: &str, (x, y): (i64, i64), text: impl Display) {
        self.put(format_args!(r#"<text class="{class}" x="{x}" y="{y}">{}</text>"#, escaped(&text.to_string())));
    }

    fn finish(self) -> String {
        let Self { id, title, desc, height, body } = self;
        let height = height.max(1);
        format!(
            concat!(
                r#"<svg class="chart" id="chart-{id}" role="img" aria-labelledby="chart-{id}-title chart-{id}-desc" "#,
                r#"viewBox="0 0 {width} {height}" width="{width}" height="{height}">"#,
                r#"<title id="chart-{id}-title">{title}</title><desc id="chart-{id}-desc">{desc}</desc>{body}</svg>"#
            ),
            id = id,
            width = WIDTH,
            height = height,
            title = escaped(&title),
            desc = escaped(&desc),
            body = body,
        )
    }
}

/// Text that markup cannot come out of, in elements and in attributes.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#x27;"),
            c => out.push(c),
        }
    }
    out
}

/// As much of a text as fits into so many columns of a terminal, with an ellipsis for the rest: letters of some scripts
/// are twice as wide as others.
fn fitting(text: &str, most: usize) -> String {
    let text = visible(text);
    if text.width() <= most {
        return text.into_owned();
    }
    let mut left = most.saturating_sub(1);
    let mut cut = String::new();
    for c in text.chars() {
        let Some(rest) = left.checked_sub(c.width().unwrap_or_default()) else { break };
        left = rest;
        cut.push(c);
    }
    cut.push('…');
    cut
}

/// How long a count is drawn where the largest one is `length` long. Whatever is not zero can be seen.
fn scaled(count: u64, largest: u64, length: i64) -> i64 {
    if count == 0 || largest == 0 {
        return 0;
    }
    let exact = u128::from(count) * u128::try_from(length).unwrap_or_default() / u128::from(largest);
    i64::try_from(exact).unwrap_or(length).clamp(1, length.max(1))
}

/// Steps of a scale from zero: a round number apart, at most five.
fn steps(largest: u64) -> Vec<u64> {
    let mut step: u64 = 1;
    let mut factors = [2, 5, 10].into_iter().cycle();
    let mut unit: u64 = 1;
    while largest / step > 5 {
        match factors.next() {
            Some(10) => {
                unit = unit.saturating_mul(10);
                step = unit;
            }
            Some(factor) => step = unit.saturating_mul(factor),
            None => break,
        }
    }
    (0..=5).map(|at| step.saturating_mul(at)).filter(|at| *at <= largest).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may")]

    use super::{escaped, fitting, scaled, steps};

    #[test]
    fn nothing_comes_out_of_escaped_text() {
        assert_eq!(escaped("<a b=\"c\" d='e'>&\u{0}\n"), "&lt;a b=&quot;c&quot; d=&#x27;e&#x27;&gt;&amp;\\u{0} ");
    }

    #[test]
    fn what_is_not_zero_can_be_seen() {
        assert_eq!(scaled(0, 10, 100), 0);
        assert_eq!(scaled(1, 1_000_000, 100), 1);
        assert_eq!(scaled(u64::MAX, u64::MAX, 100), 100);
        assert_eq!(scaled(3, 0, 100), 0);
    }

    #[test]
    fn a_scale_has_round_steps() {
        assert_eq!(steps(0), [0]);
        assert_eq!(steps(4), [0, 1, 2, 3, 4]);
        assert_eq!(steps(60), [0, 20, 40, 60]);
        assert_eq!(steps(5_000), [0, 1_000, 2_000, 3_000, 4_000, 5_000]);
        assert!(steps(u64::MAX).len() <= 6);
    }

    #[test]
    fn cut_text_ends_in_an_ellipsis() {
        assert_eq!(fitting("åäö", 3), "åäö");
        assert_eq!(fitting("åäöü", 3), "åä…");
        assert_eq!(fitting("経理部経理部", 6), "経理…");
        assert_eq!(fitting("a\u{202e}bcdefghij", 10), "a\\u{202e}…");
    }
}
