//! `countersign.yaml`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::authority::AuthorityConfig;
use super::context::ContextEntry;
use super::enforcement::EnforcementConfig;
use super::error::{RuleError, RuleFile};
use super::extends::ExtendsEntry;
use super::grants::GrantsConfig;
use super::limits::LimitsConfig;
use super::retention::RetentionConfig;
use super::reviews::ReviewsConfig;
use super::table::TableConfig;
use super::{is_rego, is_rule_path, is_yaml};
use crate::facts::CredentialKind;
use crate::syntax::Spanned;

/// The configuration of a repository. Every key is optional.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The version of this format: 1.
    #[serde(default)]
    pub version: Option<Spanned<u64>>,
    /// Rules of an organisation, which these may tighten and never loosen. Earlier ones bind later ones.
    #[serde(default)]
    pub extends: Vec<Spanned<ExtendsEntry>>,
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
    /// What else counts as a secret in text.
    #[serde(default)]
    pub secrets: SecretsConfig,
    /// How long a privileged duty may be held.
    #[serde(default)]
    pub grants: GrantsConfig,
    /// Accounts of AWS that no definition here describes and that are known all the same, such as those of another
    /// repository or of a vendor: `aws:111122223333`. To let one of them act is no trust in strangers.
    #[serde(default)]
    pub trusted_accounts: Vec<Spanned<String>>,
    /// Who may approve what.
    #[serde(default)]
    pub authority: Option<AuthorityConfig>,
    /// How long records may hold.
    #[serde(default)]
    pub limits: LimitsConfig,
    /// How access reviews are opened.
    #[serde(default)]
    pub reviews: ReviewsConfig,
    /// The gate as a system: who has power over it.
    #[serde(default)]
    pub gate: GateConfig,
    /// Where evidence goes.
    #[serde(default)]
    pub evidence: EvidenceConfig,
    /// Access of other repositories, as `countersign access export` writes it.
    #[serde(default)]
    pub context: Vec<ContextEntry>,
    /// Folders with policies of your own, from the root of the repository.
    #[serde(default)]
    pub policies: Vec<Spanned<String>>,
    /// Folders with lists of roles that systems bring along (`kind: KnownRoles`), from the root of the repository. A role
    /// that is listed there is what that list says, whatever ships with the binary.
    #[serde(default)]
    pub known_roles: Vec<Spanned<String>>,
}

impl Config {
    /// Reads a configuration; of an empty file, the default.
    ///
    /// # Errors
    /// The first error in the file. Names in it that must mean something are checked by [`Rules::load`](super::Rules::load).
    pub fn read(file: &RuleFile) -> Result<Self, RuleError> {
        super::first_document(file).and_then(|node| super::read(file, &node))
    }

    /// Whether a path is a file of rules or records. A configuration may keep policies and rulesets anywhere.
    #[must_use]
    pub fn is_rule(&self, path: &str) -> bool {
        let inside =
            |folder: &str| path.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'));
        is_rule_path(path)
            || self.is_extended(path)
            || self.rulesets.iter().filter_map(|entry| entry.path.as_ref()).any(|own| own.as_str() == path)
            || self.secrets.rules.iter().any(|own| own.as_str() == path)
            || is_rego(path) && self.policies.iter().any(|folder| inside(folder))
            || is_yaml(path) && self.known_roles.iter().any(|folder| inside(folder))
    }
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
    /// How the tables there (exports of ERP and HR systems) are written, as far as they do not tell themselves.
    #[serde(default)]
    pub table: Option<TableConfig>,
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

/// How old a credential may be.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialConfig {
    /// The most days between creation and expiry, and between replacements, for every kind. Default 90.
    #[serde(default)]
    pub max_age_days: Option<u32>,
    /// The same by kind. Keys that encrypt are replaced once a year unless this says otherwise.
    #[serde(default)]
    pub kinds: BTreeMap<CredentialKind, u32>,
}

/// How old a key that encrypts may become: clouds replace those that they rotate once a year (AWS KMS developer guide,
/// "Rotate AWS KMS keys").
const ENCRYPTION_KEY_DAYS: u32 = 365;

impl CredentialConfig {
    /// The most days between creation and expiry of a kind that has no number of its own.
    #[must_use]
    pub fn general(&self) -> u32 {
        self.max_age_days.unwrap_or(90)
    }

    /// The most days between creation and expiry.
    #[must_use]
    pub fn days(&self, kind: CredentialKind) -> u32 {
        let otherwise = || if kind == CredentialKind::EncryptionKey { ENCRYPTION_KEY_DAYS } else { self.general() };
        self.kinds.get(&kind).copied().unwrap_or_else(otherwise)
    }
}

/// Where evidence goes.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceConfig {
    /// A folder, from the root of the repository. Default: inside the git directory, else `.countersign/evidence`.
    #[serde(default)]
    pub path: Option<String>,
    /// How long it is kept.
    #[serde(default)]
    pub retention: RetentionConfig,
    /// Whether people's names, e-mail addresses and ids are replaced by pseudonyms before anything is kept. Whoever runs
    /// the gate then names the table of pseudonyms, which is kept elsewhere.
    #[serde(default)]
    pub pseudonyms: bool,
}

/// What else is looked for when texts are searched for secrets.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretsConfig {
    /// Files of rules of your own in gitleaks' TOML, from the root of the repository. What they find blocks.
    #[serde(default)]
    pub rules: Vec<Spanned<String>>,
}

/// The gate is a system like those that it judges. What says who has which power over it, beside `authority`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GateConfig {
    /// The repository that holds these rules on its forge, as `OWNER/NAME`: whoever may write to it, as the GitHub
    /// definitions here say, writes policies and asks for exceptions; its code owners approve policies. Without it
    /// neither is claimed of anybody.
    #[serde(default)]
    pub repository: Option<Spanned<String>>,
    /// Who administers the evidence: `person:ID` or `service:ID`.
    #[serde(default)]
    pub evidence_administrators: Vec<Spanned<String>>,
}

impl GateConfig {
    /// The repository's owner and name in lower case, as GitHub compares them.
    #[must_use]
    pub fn repository(&self) -> Option<(String, String)> {
        let (owner, name) = self.repository.as_ref()?.split_once('/')?;
        let valid = !owner.is_empty() && !name.is_empty() && !name.contains(['/', '*']) && !owner.contains('*');
        valid.then(|| (owner.to_lowercase(), name.to_lowercase()))
    }

    pub(super) fn check(&self, file: &RuleFile, errors: &mut Vec<RuleError>) {
        if let (Some(written), None) = (&self.repository, self.repository()) {
            errors.push(
                file.error(written.span, format!("`{}` is not the name of a repository", written.value))
                    .with_help("write it as `OWNER/NAME`"),
            );
        }
        for name in &self.evidence_administrators {
            let id = name.strip_prefix("person:").or_else(|| name.strip_prefix("service:"));
            if id.is_none_or(str::is_empty) {
                errors.push(
                    file.error(name.span, format!("`{}` is neither a person nor a service identity", name.value))
                        .with_help(format!("write it as `person:{}` or `service:{}`", name.value, name.value)),
                );
            }
        }
    }
}
