//! What the configuration asks of grants and of trust beyond what every policy asks.

use schemars::JsonSchema;
use serde::Deserialize;

use super::error::{RuleError, RuleFile};
use crate::syntax::Spanned;

/// What is asked of grants.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantsConfig {
    /// Of those that give a privileged duty.
    #[serde(default)]
    pub privileged: PrivilegedGrants,
}

/// What is asked of grants that give a privileged duty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrivilegedGrants {
    /// Most days that people may hold one. Without it no end is asked for.
    #[serde(default)]
    pub max_days: Option<u32>,
    /// Whether workloads (service identities, service accounts, roles that are acted as) are asked too. Default no: what
    /// runs has no last day, and its credentials are what ends.
    #[serde(default)]
    pub workloads: bool,
}

/// The system of an account of AWS as it is written among those that are trusted: `aws:111122223333`, or its number.
#[must_use]
pub fn trusted_system(written: &str) -> Option<String> {
    let id = written.strip_prefix("aws:").unwrap_or(written);
    (id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit())).then(|| format!("aws:{id}"))
}

/// Accounts that are trusted are written in a way that one can be held against another.
pub(super) fn check_trusted(written: &[Spanned<String>], file: &RuleFile, errors: &mut Vec<RuleError>) {
    for account in written.iter().filter(|account| trusted_system(account).is_none()) {
        errors.push(
            file.error(account.span, format!("`{}` is not an account of AWS", account.value))
                .with_help("write its twelve digits in quotes, or `aws:` and the digits"),
        );
    }
}
