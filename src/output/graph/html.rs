//! The picture as a page: the drawing, and below it the same as lists, for whoever reads rather than looks.

use std::fmt::Write as _;

use base64ct::{Base64, Encoding as _};

use super::svg::{STYLE as DRAWING, drawn};
use super::{Lane, Picture, escaped};
use crate::store::Digest;

const STYLE: &str = "\
:root{color-scheme:light dark}body{font:15px/1.5 ui-sans-serif,system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;margin:0;\
padding:1.5rem;background:#ffffff;color:#0f172a}\
.picture{overflow:auto;max-width:100%}h2{font-size:1.05rem;margin:1.5rem 0 .5rem}\
ol,ul{margin:.25rem 0;padding-left:1.5rem}code{font-size:.85em;color:#1d4ed8;overflow-wrap:anywhere}\
li{overflow-wrap:anywhere}footer{margin-top:2rem;font-size:.85em;color:#475569}\
@media (prefers-color-scheme:dark){body{background:#0f172a;color:#e2e8f0}code{color:#93c5fd}footer{color:#a8b5c8}}";

/// The picture as a page that loads nothing.
#[must_use]
pub fn picture_html(picture: &Picture) -> String {
    let named = |style: &str| format!("'sha256-{}'", Base64::encode_string(&Digest::of(style.as_bytes()).0));
    let title = escaped(&picture.title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {} {}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<div class=\"picture\" tabindex=\"0\" aria-label=\"picture\" role=\"group\">\n{}\n</div>\n",
        named(STYLE),
        named(DRAWING),
        drawn(picture)
    );
    for lane in &picture.lanes {
        let heading = if lane.title.is_empty() { "In words" } else { &lane.title };
        // Writing to a string does not fail.
        let _ = writeln!(out, "<h2>{}</h2>\n<ul>", escaped(heading));
        for edge in &lane.edges {
            let name = |at: usize| {
                lane.nodes
                    .get(at)
                    .map(|node| format!("{} <strong>{}</strong>", escaped(&node.kind), escaped(&node.name)))
            };
            let at = if edge.at.is_empty() { String::new() } else { format!(" <code>{}</code>", escaped(&edge.at)) };
            let _ = writeln!(
                out,
                "<li>{} {} {}{at}</li>",
                name(edge.from).unwrap_or_default(),
                escaped(&edge.label),
                name(edge.to).unwrap_or_default()
            );
        }
        let _ = writeln!(out, "</ul>{}", left_out(lane));
    }
    let _ = writeln!(out, "</main>\n<footer>{}</footer>\n</body>\n</html>", escaped(&picture.description));
    out
}

fn left_out(lane: &Lane) -> String {
    if lane.left_out.is_empty() { String::new() } else { format!("\n<p>{}</p>", escaped(&lane.left_out)) }
}
