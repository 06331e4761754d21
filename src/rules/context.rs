//! Graphs of other repositories that count in this one: which, and how old they may be.

use serde::Deserialize;

use schemars::JsonSchema;

use super::error::{RuleError, RuleFile};
use super::is_rule_path;
use crate::store::Digest;
use crate::syntax::Spanned;

/// Access of another repository, as `countersign access export` writes it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContextEntry {
    /// The file below `.countersign/`, where it is a rule: a change of it counts once it has landed.
    pub file: Spanned<String>,
    /// The SHA-256 digest of the file, as `countersign access export` prints it.
    pub sha256: Spanned<String>,
    /// How old it may be, in days. Default: 35.
    #[serde(default = "default_age")]
    pub max_age_days: u32,
}

/// A month, and some days to write the next one.
fn default_age() -> u32 {
    35
}

/// One graph that the configuration names.
#[derive(Debug, Clone)]
pub struct Context {
    /// The file, from the root of the tree.
    pub path: String,
    /// The digest that is pinned.
    pub sha256: Digest,
    /// How old it may be, in days.
    pub max_age_days: u32,
    /// What stands there.
    pub found: Option<RuleFile>,
}

impl Context {
    /// Whether what stands there is what is pinned.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        self.found.as_ref().is_some_and(|file| Digest::of(&file.bytes) == self.sha256)
    }

    /// Reads an entry of the configuration, given every file of the tree's rules.
    pub(super) fn of(
        entry: &ContextEntry,
        config: &RuleFile,
        tree: &[RuleFile],
        errors: &mut Vec<RuleError>,
    ) -> Option<Self> {
        let path = entry.file.as_str();
        if !is_rule_path(path) {
            let message = format!("the graph `{path}` does not stand below `.countersign/`");
            errors.push(
                config.error(entry.file.span, message).with_help(
                    "keep it as `.countersign/context/NAME.json`, so that a change cannot replace it unseen",
                ),
            );
            return None;
        }
        match entry.sha256.parse::<Digest>() {
            Ok(sha256) => Some(Self {
                path: path.to_owned(),
                sha256,
                max_age_days: entry.max_age_days,
                found: tree.iter().find(|file| *file.path == *path).cloned(),
            }),
            Err(error) => {
                errors.push(config.error(entry.sha256.span, error.to_string()));
                None
            }
        }
    }
}
