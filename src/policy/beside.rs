//! The tests that stand beside the built-in policies, so that a policy can be tried on the documents that it was written for.

use super::bundle::Policy;
use super::engine::Engine;
use crate::rules::RuleFile;

macro_rules! embed {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/", $path)))),*]
    };
}

/// Every test by its path under `policies/`. A test holds that none of a built-in policy is missing.
static BESIDE: &[(&str, &str)] = embed![
    "coverage/context_test.rego",
    "coverage/not_evaluated_test.rego",
    "credential/literal_test.rego",
    "credential/long_lived_test.rego",
    "credential/passwords_test.rego",
    "credential/rotation_test.rego",
    "credential/shared_test.rego",
    "credential/static_key_in_pipeline_test.rego",
    "gate/changed_rules_test.rego",
    "gate/overdue_emergency_test.rego",
    "grant/escalation_test.rego",
    "grant/privileged_duty_test.rego",
    "grant/removed_guard_test.rego",
    "grant/unbounded_grant_test.rego",
    "grant/wide_trust_test.rego",
    "grant/wildcard_test.rego",
    "identity/agent_approval_test.rego",
    "identity/leaver_access_test.rego",
    "identity/mover_access_test.rego",
    "identity/ownership_test.rego",
    "identity/service_end_test.rego",
    "identity/service_lifecycle_test.rego",
    "identity/service_outside_test.rego",
    "identity/service_owner_test.rego",
    "identity/service_purpose_test.rego",
    "identity/shared_account_test.rego",
    "identity/unlinked_account_test.rego",
    "record/compensating_control_test.rego",
    "record/responsible_test.rego",
    "review/altered_test.rego",
    "review/incomplete_test.rego",
    "review/independence_test.rego",
    "review/late_test.rego",
    "review/not_removed_test.rego",
    "review/stale_test.rego",
    "review/unexplained_test.rego",
    "scope/special_system_test.rego",
    "scope/unmapped_system_test.rego",
    "secret/likely_test.rego",
    "secret/long_lived_test.rego",
    "secret/not_searched_test.rego",
    "secret/refuted_test.rego",
    "sod/indirect_conflict_test.rego",
    "sod/principal_conflict_test.rego",
    "sod/role_conflict_test.rego",
];

/// What a test of a policy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tries {
    /// The policy finds something.
    Fires,
    /// The policy finds nothing.
    Silent,
}

/// A test of a policy that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub tries: Tries,
    /// Whether it passed.
    pub passed: bool,
}

/// Runs the tests of a built-in policy on its module as it is loaded. A policy of one's own has none here.
#[must_use]
pub fn tried(policy: &Policy) -> Vec<Tried> {
    let path = policy.file.path.strip_prefix("built-in/").filter(|_| policy.built_in);
    let wanted = path.and_then(|path| path.strip_suffix(".rego")).map(|path| format!("{path}_test.rego"));
    let Some((name, test)) = BESIDE.iter().find(|(own, _)| Some(*own) == wanted.as_deref()) else { return Vec::new() };
    let mut engine = Engine::empty().with_data(serde_json::json!({}));
    let module = String::from_utf8_lossy(&policy.file.bytes);
    let added = engine.add(&policy.file, &module).is_ok();
    let added = added && engine.add(&RuleFile::new(*name, test.as_bytes()), test).is_ok();
    let package = test.lines().find_map(|line| line.strip_prefix("package ")).unwrap_or_default();
    let names = test.lines().filter_map(|line| line.starts_with("test_").then(|| line.split([' ', '(']).next())?);
    names
        .filter_map(|name| {
            let tries = match name {
                _ if name.starts_with("test_fires") => Tries::Fires,
                _ if name.starts_with("test_silent") => Tries::Silent,
                _ => return None,
            };
            // A test that fails is undefined.
            let passed = added && engine.test(&format!("data.{package}.{name}")) == Ok(Some(true));
            Some(Tried { name: name.to_owned(), tries, passed })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{BUILT_IN, Bundle};

    #[test]
    fn every_built_in_policy_has_its_tests_and_is_tried_both_ways() {
        let expected: Vec<String> = BUILT_IN.iter().map(|(path, _)| path.replace(".rego", "_test.rego")).collect();
        assert_eq!(BESIDE.iter().map(|(path, _)| (*path).to_owned()).collect::<Vec<_>>(), expected);
        for policy in &Bundle::load(&[], serde_json::json!({})).unwrap().policies {
            let all = tried(policy);
            assert!(all.iter().all(|own| own.passed), "{}: {all:?}", policy.id);
            for tries in [Tries::Fires, Tries::Silent] {
                assert!(all.iter().any(|own| own.tries == tries), "{} {tries:?}", policy.id);
            }
        }
    }

    #[test]
    fn a_module_that_finds_nothing_any_more_does_not_pass() {
        let mut policy = Bundle::load(&[], serde_json::json!({})).unwrap().find("CS-SOD-001").unwrap().clone();
        let text = String::from_utf8_lossy(&policy.file.bytes)
            .replace("some conflict in input.conflicts", "some conflict in []");
        policy.file.bytes = text.into_bytes().into();
        let all = tried(&policy);
        assert!(all.iter().filter(|own| own.tries == Tries::Fires).all(|own| !own.passed), "{all:?}");
        assert!(all.iter().filter(|own| own.tries == Tries::Silent).all(|own| own.passed), "{all:?}");
    }
}
