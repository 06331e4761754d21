//! Names with parts that vary: `system:serviceaccount:{namespace}:{name}`.

use std::collections::BTreeMap;

/// What the parts of a name are.
pub(super) type Parts = BTreeMap<String, String>;

/// A name with parts in braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Part(String),
}

impl Template {
    /// Reads a template. A brace without its other half is a character like others.
    pub(super) fn new(text: &str) -> Self {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((before, (part, after))) = rest.split_once('{').and_then(|(a, b)| Some((a, b.split_once('}')?)))
        {
            if !before.is_empty() {
                pieces.push(Piece::Literal(before.to_owned()));
            }
            pieces.push(Piece::Part(part.to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest.to_owned()));
        }
        Self(pieces)
    }

    /// The parts of a name that has this form. No part is empty or has a `/`, `:` or `@` in it.
    pub(super) fn parts(&self, name: &str) -> Option<Parts> {
        let (mut parts, mut rest) = (Parts::new(), name);
        for (at, piece) in self.0.iter().enumerate() {
            match piece {
                Piece::Literal(text) => rest = rest.strip_prefix(text.as_str())?,
                Piece::Part(part) => {
                    let end = match self.0.get(at + 1) {
                        Some(Piece::Literal(next)) => rest.find(next.as_str())?,
                        _ => rest.len(),
                    };
                    let (value, after) = rest.split_at_checked(end)?;
                    if value.is_empty() || value.contains(['/', ':', '@']) {
                        return None;
                    }
                    parts.insert(part.clone(), value.to_owned());
                    rest = after;
                }
            }
        }
        rest.is_empty().then_some(parts)
    }

    /// The text that it is with these parts; `None` when one of its own is not among them.
    pub(super) fn filled(&self, parts: &Parts) -> Option<String> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(own) => text.push_str(own),
                Piece::Part(part) => text.push_str(parts.get(part)?),
            }
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_apart_and_put_together() {
        let account = Template::new("serviceAccount:{name}@{project}.iam.gserviceaccount.com");
        let parts = account.parts("serviceAccount:deployer@acme-prod.iam.gserviceaccount.com").unwrap();
        assert_eq!(
            Template::new("service_account/{name} in {project}").filled(&parts).unwrap(),
            "service_account/deployer in acme-prod"
        );
        assert_eq!(Template::new("{other}").filled(&parts), None);
        for other in
            ["serviceAccount:1-compute@developer.gserviceaccount.com", "user:ann@acme.iam.gserviceaccount.com", ""]
        {
            assert_eq!(account.parts(other), None, "{other}");
        }
    }

    #[test]
    fn no_part_is_empty_or_crosses_a_separator() {
        let account = Template::new("system:serviceaccount:{namespace}:{name}");
        assert_eq!(account.parts("system:serviceaccount:a:b").unwrap().len(), 2);
        for other in ["system:serviceaccount::b", "system:serviceaccount:a:", "system:serviceaccount:a:b:c"] {
            assert_eq!(account.parts(other), None, "{other}");
        }
        assert!(Template::new("a{b").parts("a{b").is_some());
    }
}
