//! Policies as lines of comma-separated values, in the manner of Casbin.

use crate::syntax::{Node, Span};

/// One line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'t> {
    /// What it says.
    pub(super) rule: Rule<'t>,
    /// Where it is written.
    pub(super) span: Span,
}

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rule<'t> {
    /// `p, subject, resource, action, object, effect`.
    Policy { subject: &'t str, resource: &'t str, action: &'t str, object: &'t str, allow: bool },
    /// `g, subject, role`.
    Group { subject: &'t str, role: &'t str },
    /// Something else, with why.
    Broken(&'static str),
}

/// The lines of a text. `bytes` is the file that it stands in, to find each line there.
pub(super) fn lines<'t>(text: &'t str, node: &Node, bytes: &[u8]) -> Vec<Line<'t>> {
    let (start, end) = (node.span.start as usize, node.span.end as usize);
    let raw = bytes.get(start..end).unwrap_or_default();
    let mut from = 0;
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let rest = raw.get(from..).unwrap_or_default();
        let span = match memchr::memmem::find(rest, line.as_bytes()) {
            Some(at) => {
                from += at + line.len();
                Span::new(start + from - line.len(), start + from)
            }
            None => node.span,
        };
        found.push(Line { rule: rule(line), span });
    }
    found
}

fn rule(line: &str) -> Rule<'_> {
    let fields: Vec<&str> = line.split(',').map(|field| field.trim().trim_matches('"').trim()).collect();
    match fields.as_slice() {
        ["p", subject, resource, action, object, effect] => match *effect {
            "allow" | "deny" => Rule::Policy { subject, resource, action, object, allow: *effect == "allow" },
            _ => Rule::Broken("the effect of a policy is `allow` or `deny`"),
        },
        ["g", subject, role] => Rule::Group { subject, role },
        ["p", ..] => Rule::Broken("a policy has a subject, a resource, an action, an object and an effect"),
        ["g", ..] => Rule::Broken("an assignment has a subject and a role"),
        _ => Rule::Broken("a line of a policy begins with `p` or `g`"),
    }
}
