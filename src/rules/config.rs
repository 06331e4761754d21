//! `countersign.yaml`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ruleset::Severity;
use crate::facts::CredentialKind;
use crate::syntax::Spanned;

/// What the gate does with an introduced finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Enforcement {
    /// Kept in the evidence; not shown unless asked for.
    Record,
    /// Shown; does not stop the change.
    Warn,
    /// Stops the change unless an approval covers it.
    Approve,
    /// Stops the change.
    Block,
}

impl Enforcement {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Warn => "warn",
            Self::Approve => "approve",
            Self::Block => "block",
        }
    }
}

/// The configuration of a repository. Every key is optional.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The version of this format: 1.
    #[serde(default)]
    pub version: Option<Spanned<u64>>,
    /// Globs of the files to read; everything when absent.
    #[serde(default)]
    pub include: Vec<Spanned<String>>,
    /// Globs of files not to read. They are counted and named in the evidence.
    #[serde(default)]
    pub exclude: Vec<Spanned<String>>,
    /// Globs where definitions are expected: none found there is exit status 3, and what is unknown there blocks.
    #[serde(default)]
    pub in_scope: Vec<Spanned<String>>,
    /// Which system instance the definitions under a path belong to, when they do not say so themselves.
    #[serde(default)]
    pub systems: Vec<SystemPaths>,
    /// Rules that link accounts to people by name.
    #[serde(default)]
    pub links: Vec<LinkRule>,
    /// Rulesets of your own, and owners who adopt rulesets.
    #[serde(default)]
    pub rulesets: Vec<RulesetEntry>,
    /// What the gate does with introduced findings.
    #[serde(default)]
    pub enforcement: EnforcementConfig,
    /// How old a credential may be.
    #[serde(default)]
    pub credentials: CredentialConfig,
    /// Where evidence goes.
    #[serde(default)]
    pub evidence: EvidenceConfig,
    /// Folders with policies of your own, from the root of the repository.
    #[serde(default)]
    pub policies: Vec<Spanned<String>>,
}

/// Paths that belong to one system instance.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemPaths {
    /// Globs.
    pub paths: Vec<Spanned<String>>,
    /// The system's id, such as `kubernetes:prod` or `aws:111122223333`.
    pub id: String,
    /// Whether policy documents there are guardrails (service control policies): they limit and grant nothing.
    #[serde(default)]
    pub guardrail: bool,
}

/// Links every account of a system whose name follows from a person's id.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkRule {
    /// A glob of system ids.
    pub system: Spanned<String>,
    /// The account's name with `{person}` where the person's id stands: `{person}@acme.example`.
    pub account: Spanned<String>,
}

/// One ruleset, with its owner.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesetEntry {
    /// The id of a ruleset: a built-in one, or that of `path`.
    #[serde(default)]
    pub id: Option<Spanned<String>>,
    /// A ruleset file of your own, from the root of the repository.
    #[serde(default)]
    pub path: Option<Spanned<String>>,
    /// Who adopts it: until somebody does, conflicts over ERP bindings only warn.
    #[serde(default)]
    pub owner: Option<Spanned<String>>,
}

/// What the gate does with introduced findings; the most specific entry wins.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnforcementConfig {
    /// By conflict id.
    #[serde(default)]
    pub conflicts: BTreeMap<String, Enforcement>,
    /// By policy id.
    #[serde(default)]
    pub policies: BTreeMap<String, Enforcement>,
    /// By severity; default: critical and high block, medium warns, low records.
    #[serde(default)]
    pub severities: BTreeMap<Severity, Enforcement>,
}

/// How old a credential may be.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialConfig {
    /// The most days between creation and expiry, for every kind. Default 90.
    #[serde(default)]
    pub max_age_days: Option<u32>,
    /// The same by kind.
    #[serde(default)]
    pub kinds: BTreeMap<CredentialKind, u32>,
}

/// Where evidence goes.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceConfig {
    /// A folder, from the root of the repository. Default: inside the git directory, else `.countersign/evidence`.
    #[serde(default)]
    pub path: Option<String>,
}

/// The default enforcement of a severity.
#[must_use]
pub fn default_enforcement(severity: Severity) -> Enforcement {
    match severity {
        Severity::Critical | Severity::High => Enforcement::Block,
        Severity::Medium => Enforcement::Warn,
        Severity::Low => Enforcement::Record,
    }
}
