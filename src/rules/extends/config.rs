//! What a configuration says over one that binds it.
//!
//! | key | rule |
//! |---|---|
//! | `enforcement` | the stricter of what both say, at each instant; see [`enforcement`] |
//! | `credentials`, `limits`, `grants` | the smaller number; one that is larger is an error |
//! | `trusted_accounts` | those of the binding one, where it names any; another one is an error |
//! | `authority` | each key stands where it is first given; see [`authority`] |
//! | `in_scope` | both; what the binding one matches is always read |
//! | `systems`, `links` | the binding one's first |
//! | `rulesets` | who adopts a ruleset there stands |
//! | `policies`, `secrets` | both |
//! | others | the repository's own |

use super::place::key;
use super::{authority, enforcement};
use crate::rules::config::{Config, CredentialConfig};
use crate::rules::definitions::Definitions;
use crate::rules::error::{RuleError, RuleFile};
use crate::rules::grants::{GrantsConfig, PrivilegedGrants, trusted_system};
use crate::rules::limits::LimitsConfig;
use crate::rules::ruleset::Severity;

/// A configuration as it counts under one that binds it. `file` is where it is written.
pub(in crate::rules) fn tighten(
    under: &Config,
    own: &Config,
    file: Option<&RuleFile>,
    definitions: &Definitions,
    errors: &mut Vec<RuleError>,
) -> Config {
    let mut all = own.clone();
    // What is not written loosens nothing.
    if let Some(file) = file {
        enforcement::check(&under.enforcement, &own.enforcement, file, definitions, errors);
        check_credentials(&under.credentials, &own.credentials, file, errors);
        check_limits(&under.limits, &own.limits, file, errors);
        check_grants(&under.grants, &own.grants, file, errors);
        check_trusted(under, own, file, errors);
        authority::check(under.authority.as_ref(), own.authority.as_ref(), file, errors);
    }
    all.enforcement = under.enforcement.clone().bind(own.enforcement.clone());
    all.credentials = credentials(&under.credentials, &own.credentials);
    all.limits = limits(&under.limits, &own.limits);
    all.grants = grants(&under.grants, &own.grants);
    if !under.trusted_accounts.is_empty() {
        all.trusted_accounts = under.trusted_accounts.clone();
    }
    all.authority = authority::merge(under.authority.as_ref(), own.authority.as_ref());
    all.in_scope = under.in_scope.iter().chain(&own.in_scope).cloned().collect();
    all.links = under.links.iter().chain(&own.links).cloned().collect();
    all
}

fn larger(file: &RuleFile, path: &[&str], own: u32, most: u32, unit: &str) -> RuleError {
    let written = path.join(".");
    file.error(key(file, path), format!("`{written}` is {own} {unit}, and the rules that these extend say {most}"))
        .with_help(format!("write {most} or less, or leave `{written}` out"))
}

fn check_credentials(under: &CredentialConfig, own: &CredentialConfig, file: &RuleFile, errors: &mut Vec<RuleError>) {
    let most = under.general();
    if let Some(days) = own.max_age_days.filter(|days| *days > most) {
        errors.push(larger(file, &["credentials", "max_age_days"], days, most, "days"));
    }
    for (kind, days) in &own.kinds {
        let most = under.days(*kind);
        if *days > most {
            let word = serde_json::to_value(kind).ok();
            let word = word.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
            errors.push(larger(file, &["credentials", "kinds", word], *days, most, "days"));
        }
    }
}

fn credentials(under: &CredentialConfig, own: &CredentialConfig) -> CredentialConfig {
    let smaller = |most: u32, own: Option<u32>| own.map_or(most, |own| own.min(most));
    let kinds = under.kinds.keys().chain(own.kinds.keys());
    let kinds =
        kinds.map(|kind| (*kind, smaller(under.days(*kind), own.kinds.get(kind).copied().or(own.max_age_days))));
    CredentialConfig { kinds: kinds.collect(), max_age_days: Some(smaller(under.general(), own.max_age_days)) }
}

fn check_grants(under: &GrantsConfig, own: &GrantsConfig, file: &RuleFile, errors: &mut Vec<RuleError>) {
    if let (Some(most), Some(days)) = (under.privileged.max_days, own.privileged.max_days)
        && days > most
    {
        errors.push(larger(file, &["grants", "privileged", "max_days"], days, most, "days"));
    }
}

/// An organisation that says which accounts it trusts says so for all.
fn check_trusted(under: &Config, own: &Config, file: &RuleFile, errors: &mut Vec<RuleError>) {
    let known = |account: &str| {
        let wanted = trusted_system(account);
        wanted.is_none() || under.trusted_accounts.iter().any(|own| trusted_system(own) == wanted)
    };
    if under.trusted_accounts.is_empty() {
        return;
    }
    for account in own.trusted_accounts.iter().filter(|account| !known(account)) {
        let reason = format!("the rules that these extend do not trust `{}`", account.value);
        errors.push(file.error(account.span, reason).with_help("have it added to `trusted_accounts` there"));
    }
}

fn grants(under: &GrantsConfig, own: &GrantsConfig) -> GrantsConfig {
    let (under, own) = (&under.privileged, &own.privileged);
    let max_days = match (under.max_days, own.max_days) {
        (Some(most), Some(days)) => Some(days.min(most)),
        (most, days) => most.or(days),
    };
    GrantsConfig { privileged: PrivilegedGrants { max_days, workloads: under.workloads || own.workloads } }
}

const SEVERITIES: [Severity; 4] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];

fn check_limits(under: &LimitsConfig, own: &LimitsConfig, file: &RuleFile, errors: &mut Vec<RuleError>) {
    let mut check = |path: &[&str], own: Option<u32>, most: u32, unit: &str| {
        if let Some(own) = own.filter(|own| *own > most) {
            errors.push(larger(file, path, own, most, unit));
        }
    };
    for (severity, days) in &own.exceptions.max_days {
        let path = ["limits", "exceptions", "max_days", severity.as_str()];
        check(&path, Some(*days), under.exception_days(*severity), "days");
    }
    check(&["limits", "exceptions", "max_renewals"], own.exceptions.max_renewals, under.renewals(), "times");
    check(&["limits", "approvals", "max_days"], own.approvals.max_days, under.approval_days(), "days");
    let emergencies = &own.emergencies;
    check(&["limits", "emergencies", "max_hours"], emergencies.max_hours, under.emergency_hours(), "hours");
    let review = ["limits", "emergencies", "review_within_days"];
    check(&review, emergencies.review_within_days, under.review_days(), "days");
    let reconcile = ["limits", "emergencies", "reconcile_within_hours"];
    check(&reconcile, emergencies.reconcile_within_hours, under.reconcile_hours(), "hours");
}

fn limits(under: &LimitsConfig, own: &LimitsConfig) -> LimitsConfig {
    let smaller = |most: u32, own: Option<u32>| Some(own.map_or(most, |own| own.min(most)));
    let mut all = own.clone();
    for severity in SEVERITIES {
        let most = under.exception_days(severity);
        let days = own.exceptions.max_days.get(&severity).map_or(most, |own| (*own).min(most));
        all.exceptions.max_days.insert(severity, days);
    }
    all.exceptions.max_renewals = smaller(under.renewals(), own.exceptions.max_renewals);
    all.approvals.max_days = smaller(under.approval_days(), own.approvals.max_days);
    all.emergencies.max_hours = smaller(under.emergency_hours(), own.emergencies.max_hours);
    all.emergencies.review_within_days = smaller(under.review_days(), own.emergencies.review_within_days);
    all.emergencies.reconcile_within_hours = smaller(under.reconcile_hours(), own.emergencies.reconcile_within_hours);
    all
}
