//! The picture as SVG: it loads nothing, follows light and dark, and says in words what it shows.

use std::fmt::Write as _;

use super::layout::{Drawn, Laid, Placed, lay};
use super::{Lane, Layer, Picture, PictureEdge, PictureNode, escaped};

const MARGIN: i64 = 24;
const TITLE: i64 = 30;
const HEADING: i64 = 26;
const FOOT: i64 = 22;
const BETWEEN_LANES: i64 = 26;
const LEAST_WIDTH: i64 = 420;

/// The style, for the page's policy of what it may hold.
pub(super) const STYLE: &str = "\
.cs{font-family:ui-sans-serif,system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;color-scheme:light dark}\
.cs .paper{fill:#ffffff}.cs .lane{fill:#f8fafc;stroke:#cbd5e1}\
.cs .ground{fill:#f8fafc}.cs text{fill:#0f172a;font-size:13px}.cs .title{font-size:17px;font-weight:600}.cs .heading{font-size:14px;font-weight:600}\
.cs .kind{font-size:11px;fill:#475569}.cs .label{font-size:11px;fill:#334155}.cs .at{font-size:11px;fill:#1d4ed8}\
.cs .more{font-size:12px;fill:#475569;font-style:italic}\
.cs .box{stroke-width:1.5}.cs .line{fill:none;stroke:#64748b;stroke-width:1.5}.cs .doubtful{stroke-dasharray:6 4}\
.cs .tip{fill:#64748b}\
.cs .principal{fill:#dbeafe;stroke:#2563eb}.cs .account{fill:#e0f2fe;stroke:#0284c7}.cs .group{fill:#dcfce7;stroke:#16a34a}\
.cs .role{fill:#fef9c3;stroke:#ca8a04}.cs .duty{fill:#fee2e2;stroke:#dc2626}\
@media (prefers-color-scheme:dark){.cs .paper{fill:#0f172a}.cs .lane{fill:#16213a;stroke:#334155}.cs .ground{fill:#16213a}.cs text{fill:#e2e8f0}\
.cs .kind{fill:#a8b5c8}.cs .label{fill:#cbd5e1}.cs .at{fill:#93c5fd}.cs .more{fill:#a8b5c8}\
.cs .line{stroke:#94a3b8}.cs .tip{fill:#94a3b8}\
.cs .principal{fill:#1e3a8a;stroke:#60a5fa}.cs .account{fill:#0c4a6e;stroke:#38bdf8}.cs .group{fill:#14532d;stroke:#4ade80}\
.cs .role{fill:#5c4408;stroke:#facc15}.cs .duty{fill:#7f1d1d;stroke:#f87171}}\
@media print{.cs .paper{fill:#ffffff}}";

/// The picture as a file of its own.
#[must_use]
pub fn picture_svg(picture: &Picture) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", drawn(picture))
}

/// The picture as an element.
pub(super) fn drawn(picture: &Picture) -> String {
    let laid: Vec<Laid> = picture.lanes.iter().map(lay).collect();
    // A title that is wider than what it stands over would be cut.
    let text = i64::try_from(picture.title.chars().count()).unwrap_or_default() * 10;
    let inner = laid
        .iter()
        .map(|lane| lane.width + MARGIN * 2)
        .chain([LEAST_WIDTH, text.min(1100)])
        .max()
        .unwrap_or(LEAST_WIDTH);
    let (width, mut y) = (inner + MARGIN * 2, MARGIN + TITLE);
    let mut body = String::new();
    for (number, (lane, laid)) in picture.lanes.iter().zip(&laid).enumerate() {
        let heading = if lane.title.is_empty() { 0 } else { HEADING };
        let foot = if lane.left_out.is_empty() { 0 } else { FOOT };
        let height = heading + laid.height + foot + MARGIN * 2;
        one(&mut body, lane, laid, (MARGIN, y, inner, height), number);
        y += height + BETWEEN_LANES;
    }
    let height = (y - BETWEEN_LANES + MARGIN).max(MARGIN * 2 + TITLE);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"cs\" role=\"img\" aria-labelledby=\"cs-title cs-desc\" \
         viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n\
         <title id=\"cs-title\">{}</title>\n<desc id=\"cs-desc\">{}</desc>\n<style>{STYLE}</style>\n\
         <defs><marker id=\"cs-tip\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto-start-reverse\"><path class=\"tip\" d=\"M0 0L10 5L0 10z\"/></marker></defs>\n\
         <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n\
         <text class=\"title\" x=\"{MARGIN}\" y=\"{}\">{}</text>\n{body}</svg>",
        escaped(&picture.title),
        escaped(&picture.description),
        MARGIN + 14,
        escaped(&picture.title),
    )
}

/// One lane in its frame.
fn one(out: &mut String, lane: &Lane, laid: &Laid, (x, y, width, height): (i64, i64, i64, i64), number: usize) {
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "<g id=\"cs-lane-{number}\"><rect class=\"lane\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"10\"/>"
    );
    let mut top = y + MARGIN;
    if !lane.title.is_empty() {
        let _ = writeln!(
            out,
            "<text class=\"heading\" x=\"{}\" y=\"{}\">{}</text>",
            x + MARGIN,
            y + MARGIN + 4,
            escaped(&lane.title)
        );
        top += HEADING;
    }
    let _ = writeln!(out, "<g transform=\"translate({} {top})\">", x + MARGIN);
    for (edge, drawn) in lane.edges.iter().zip(&laid.lines) {
        line(out, edge, drawn);
    }
    for (edge, drawn) in lane.edges.iter().zip(&laid.lines) {
        label(out, edge, &drawn.label);
    }
    for (node, placed) in lane.nodes.iter().zip(&laid.boxes) {
        block(out, node, placed);
    }
    out.push_str("</g>\n");
    if !lane.left_out.is_empty() {
        let _ = writeln!(
            out,
            "<text class=\"more\" x=\"{}\" y=\"{}\">{}</text>",
            x + MARGIN,
            y + height - MARGIN + 6,
            escaped(&lane.left_out)
        );
    }
    out.push_str("</g>\n");
}

/// The line passes its label through the middle; the label has a ground of its own.
fn line(out: &mut String, edge: &PictureEdge, drawn: &Drawn) {
    let mut path = String::new();
    for (at, pair) in drawn.points.chunks(2).enumerate() {
        let [(x1, y1), (x2, y2)] = pair else { continue };
        if at == 0 {
            let _ = write!(path, "M{x1} {y1}");
        }
        let half = (x2 - x1) / 2;
        let _ = write!(path, "C{} {y1} {} {y2} {x2} {y2}", x1 + half, x2 - half);
        // Through the column that it passes, straight.
        if let Some((x3, y3)) = drawn.points.get(at * 2 + 2) {
            let _ = write!(path, "L{x3} {y3}");
        }
    }
    let doubtful = if edge.doubtful { " doubtful" } else { "" };
    let _ = writeln!(out, "<path class=\"line{doubtful}\" marker-end=\"url(#cs-tip)\" d=\"{path}\"/>");
}

fn label(out: &mut String, edge: &PictureEdge, placed: &Placed) {
    let _ = writeln!(
        out,
        "<g><title>{}</title><rect class=\"ground\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
        escaped(&format!("{} {}", edge.label, edge.at)),
        placed.x,
        placed.y,
        placed.width,
        placed.height
    );
    let last = placed.lines.len().saturating_sub(1);
    for (number, text) in (0_i64..).zip(&placed.lines) {
        let is_place = !edge.at.is_empty() && usize::try_from(number) == Ok(last);
        let _ = writeln!(
            out,
            "<text class=\"{}\" text-anchor=\"middle\" x=\"{}\" y=\"{}\">{}</text>",
            if is_place { "at" } else { "label" },
            placed.x + placed.width / 2,
            placed.y + 13 + number * 14,
            escaped(text)
        );
    }
    out.push_str("</g>\n");
}

fn block(out: &mut String, node: &PictureNode, placed: &Placed) {
    let class = match node.layer {
        Layer::Principal => "principal",
        Layer::Account => "account",
        Layer::Group => "group",
        Layer::Role => "role",
        Layer::Duty => "duty",
    };
    let _ = writeln!(
        out,
        "<g><title>{}</title><rect class=\"box {class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\"/>",
        escaped(&format!("{} {}", node.kind, node.name)),
        placed.x,
        placed.y,
        placed.width,
        placed.height
    );
    let mut y = placed.y + 20;
    for (number, text) in placed.lines.iter().enumerate() {
        let kind = if number == 0 { " class=\"kind\"" } else { "" };
        let _ = writeln!(out, "<text{kind} x=\"{}\" y=\"{y}\">{}</text>", placed.x + 10, escaped(text));
        y += if number == 0 { 16 } else { 17 };
    }
    out.push_str("</g>\n");
}
