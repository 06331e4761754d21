//! The picture for Mermaid, which forges draw in Markdown. Whatever is not plain in a name is written as its number.

use std::fmt::Write as _;

use super::{Picture, shown};

/// The picture as a flowchart of Mermaid.
#[must_use]
pub fn picture_mermaid(picture: &Picture) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ =
        writeln!(out, "flowchart LR\n  accTitle: {}\n  accDescr: {}", bare(&picture.title), bare(&picture.description));
    for (number, lane) in picture.lanes.iter().enumerate() {
        let title = if lane.title.is_empty() { &picture.title } else { &lane.title };
        let _ = writeln!(out, "  subgraph lane{number} [\"{}\"]", text(title));
        for (at, node) in lane.nodes.iter().enumerate() {
            let _ = writeln!(out, "    n{number}_{at}[\"{}<br/>{}\"]", text(&node.kind), text(&node.name));
        }
        for edge in &lane.edges {
            let arrow = if edge.doubtful { "-.->" } else { "-->" };
            let at = if edge.at.is_empty() { String::new() } else { format!("<br/>{}", text(&edge.at)) };
            let _ = writeln!(
                out,
                "    n{number}_{} {arrow}|\"{}{at}\"| n{number}_{}",
                edge.from,
                text(&edge.label),
                edge.to
            );
        }
        if !lane.left_out.is_empty() {
            let _ = writeln!(out, "    more{number}[\"{}\"]", text(&lane.left_out));
        }
        out.push_str("  end\n");
    }
    out
}

/// Text between quotes. A quote would end it, Markdown and HTML would be read in it, and `#` begins a number.
fn text(own: &str) -> String {
    let mut out = String::with_capacity(own.len());
    for c in shown(own).chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | ',' | ':' | '/') {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    // Mermaid reads addresses as links.
    out.replace("://", "#58;//").replace("www.", "www#46;")
}

/// Text of a line that takes no quotes: only what is plain is left.
fn bare(own: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, ' ' | '-' | '.' | ',') { c } else { ' ' };
    shown(own).chars().map(plain).collect()
}
