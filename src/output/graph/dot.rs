//! The picture for Graphviz. Every name is a quoted string; nodes are called by number.

use std::fmt::Write as _;

use super::{Layer, Picture, shown};

/// The picture as a graph of Graphviz's language.
#[must_use]
pub fn picture_dot(picture: &Picture) -> String {
    let mut out = String::from("digraph access {\n  rankdir=LR;\n  fontname=\"sans-serif\";\n");
    out.push_str("  node [shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\", fontname=\"sans-serif\"];\n");
    out.push_str("  edge [fontname=\"sans-serif\", fontsize=10];\n");
    // Writing to a string does not fail.
    let _ = writeln!(out, "  label={};\n  labelloc=t;", quoted(&[&picture.title]));
    for (number, lane) in picture.lanes.iter().enumerate() {
        let _ = writeln!(out, "  subgraph cluster_{number} {{\n    label={};", quoted(&[&lane.title]));
        for (at, node) in lane.nodes.iter().enumerate() {
            let fill = match node.layer {
                Layer::Principal => "#dbeafe",
                Layer::Account => "#e0f2fe",
                Layer::Group => "#dcfce7",
                Layer::Role => "#fef9c3",
                Layer::Duty => "#fee2e2",
            };
            let text = quoted(&[&node.kind, &node.name]);
            let _ = writeln!(out, "    n{number}_{at} [label={text}, fillcolor=\"{fill}\"];");
        }
        for edge in &lane.edges {
            let dashed = if edge.doubtful { ", style=dashed" } else { "" };
            let text = quoted(&[&edge.label, &edge.at]);
            let _ = writeln!(out, "    n{number}_{} -> n{number}_{} [label={text}{dashed}];", edge.from, edge.to);
        }
        if !lane.left_out.is_empty() {
            let _ =
                writeln!(out, "    more{number} [shape=plaintext, style=\"\", label={}];", quoted(&[&lane.left_out]));
        }
        out.push_str("  }\n");
    }
    out.push_str("}\n");
    out
}

/// Lines as one quoted string. A backslash begins an escape in labels, so each is doubled.
fn quoted(lines: &[&str]) -> String {
    let lines = lines.iter().filter(|line| !line.is_empty());
    let escaped: Vec<String> = lines.map(|line| shown(line).replace('\\', "\\\\").replace('"', "\\\"")).collect();
    format!("\"{}\"", escaped.join("\\n"))
}
