//! What to use instead of a credential.
//!
//! The knowledge is `policies/alternatives.yaml`, by what declares a credential, with the page of whoever makes the
//! alternative possible.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::error::{RuleError, RuleFile};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    alternatives: Vec<Alternative>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alternative {
    instead: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for whoever reads the table"))]
    source: String,
    of: Vec<String>,
}

static BY_DECLARATION: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    // A test holds that the table can be read.
    let table = table().map(|table| table.alternatives).unwrap_or_default();
    table
        .into_iter()
        .flat_map(|own| own.of.into_iter().map(move |name| (name, own.instead.clone())).collect::<Vec<_>>())
        .collect()
});

/// A sentence about what to use instead of what is declared under a name, where that is known.
#[must_use]
pub fn instead_of(declared_as: &str) -> Option<&'static str> {
    BY_DECLARATION.get(declared_as).map(String::as_str)
}

fn table() -> Result<Table, RuleError> {
    let file =
        super::builtin::files("alternatives.yaml").next().cloned().unwrap_or_else(|| RuleFile::new("", Vec::new()));
    super::first_document(&file).and_then(|node| super::read(&file, &node))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alternative_is_a_sentence_with_its_source_and_nothing_has_two() {
        let table = table().unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for own in &table.alternatives {
            assert!(own.instead.ends_with('.') && own.source.starts_with("https://"), "{}", own.instead);
            for name in &own.of {
                assert!(seen.insert(name.clone()), "{name} has two alternatives");
            }
        }
        assert!(instead_of("aws_iam_access_key").is_some_and(|own| own.contains("OIDC")));
        assert_eq!(instead_of("something else"), None);
    }
}
