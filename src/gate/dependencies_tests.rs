//! One thing of the built-in rules is changed at a time, and exactly the policies that rest on it change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use super::*;
use crate::gate::policy_data;
use crate::rules::{Binding, Definitions, Requirement, RuleFile, Rules};

type All = BTreeMap<String, Dependencies>;

fn of(rules: &Rules) -> All {
    dependencies(&Bundle::load(&rules.policies, policy_data(0)).unwrap(), rules)
}

static BUILT_IN: LazyLock<(Rules, All)> = LazyLock::new(|| {
    let rules = Rules::built_in().unwrap();
    let all = of(&rules);
    (rules, all)
});

fn changed(before: &All, after: &All) -> BTreeSet<String> {
    let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    ids.into_iter().filter(|id| before.get(*id) != after.get(*id)).cloned().collect()
}

/// Those that depend on one of several things, by their own lists.
fn resting_on(all: &All, on: impl Fn(&Dependency) -> bool) -> BTreeSet<String> {
    all.iter().filter(|(_, own)| own.0.keys().any(&on)).map(|(id, _)| id.clone()).collect()
}

fn loaded(files: &[(&str, &str)]) -> Rules {
    let files: Vec<RuleFile> = files.iter().map(|(path, text)| RuleFile::new(*path, text.as_bytes())).collect();
    Rules::load(&files, None).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn configured(text: &str) -> BTreeSet<String> {
    let before = loaded(&[("countersign.yaml", "version: 1\n")]);
    let after = loaded(&[("countersign.yaml", &format!("version: 1\n{text}"))]);
    changed(&of(&before), &of(&after))
}

/// Every duty that leads to one: it confers it, or includes it, at any distance. Worked out by going over all of them until
/// nothing is added.
fn leading_to(definitions: &Definitions, id: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::from([id.to_owned()]);
    loop {
        let before = all.len();
        for (duty, own) in &definitions.duties {
            if own.value.includes.iter().any(|inner| all.contains(inner.as_str())) {
                all.insert(duty.clone());
            }
            if all.contains(duty) {
                all.extend(own.value.any_duty.iter().map(|inner| inner.as_str().to_owned()));
            }
        }
        if all.len() == before {
            return all;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn another_binding_changes_those_whose_duties_it_leads_to(at in any::<prop::sample::Index>()) {
        let (rules, before) = &*BUILT_IN;
        let ids: Vec<&String> = rules.definitions.duties.keys().collect();
        let id = ids[at.index(ids.len())].clone();
        let mut other = rules.clone();
        let duty = Arc::make_mut(&mut other.definitions).duties.get_mut(&id).unwrap();
        let binding = || Binding { origin: String::new(), release: None, any: Vec::new() };
        // A type that some binding is for already, so that nothing else changes.
        duty.value.bindings.entry("sap".to_owned()).or_insert_with(binding).any.push(Requirement::Name("ZZ99".to_owned()));
        let definitions = &rules.definitions;
        let expected = resting_on(before, |own| match own.part {
            Part::Duty => leading_to(definitions, &own.name).contains(&id),
            Part::Conflict => {
                let conflict = &definitions.conflicts[&own.name].value;
                conflict.duties.iter().any(|duty| leading_to(definitions, duty.as_str()).contains(&id))
            }
            _ => false,
        });
        prop_assert_eq!(changed(before, &of(&other)), expected, "{}", id);
    }

    #[test]
    fn another_severity_of_a_conflict_changes_those_that_state_it(at in any::<prop::sample::Index>()) {
        let (rules, before) = &*BUILT_IN;
        let ids: Vec<&String> = rules.definitions.conflicts.keys().collect();
        let id = ids[at.index(ids.len())].clone();
        let mut other = rules.clone();
        let conflict = &mut Arc::make_mut(&mut other.definitions).conflicts.get_mut(&id).unwrap().value;
        conflict.severity = if conflict.severity == Severity::Low { Severity::Medium } else { Severity::Low };
        let expected = resting_on(before, |own| own.part == Part::Conflict && own.name == id);
        prop_assert!(expected.contains("CS-SOD-001"));
        prop_assert_eq!(changed(before, &of(&other)), expected);
    }

    #[test]
    fn another_module_changes_its_own_policy(at in any::<prop::sample::Index>()) {
        let (rules, before) = &*BUILT_IN;
        let mut bundle = Bundle::load(&[], policy_data(0)).unwrap();
        let number = at.index(bundle.policies.len());
        let policy = &mut bundle.policies[number];
        let id = policy.id.clone();
        policy.file.bytes = [&policy.file.bytes[..], b"\n# a word more\n"].concat().into();
        prop_assert_eq!(changed(before, &dependencies(&bundle, rules)), BTreeSet::from([id]));
    }
}

#[test]
fn every_policy_rests_on_its_module_and_on_what_is_done_with_its_findings() {
    let (_, all) = &*BUILT_IN;
    for (id, own) in all {
        for part in [Part::Module, Part::Enforcement] {
            assert!(own.0.keys().any(|dependency| dependency.part == part), "{id} {part:?}");
        }
    }
    let conflicts = resting_on(all, |own| own.part == Part::Conflict);
    assert!(conflicts.contains("CS-SOD-001") && conflicts.contains("CS-SOD-002"), "{conflicts:?}");
    let credentials: Vec<&String> = all.keys().filter(|id| id.starts_with("CS-CRED")).collect();
    assert!(!credentials.is_empty() && credentials.iter().all(|id| !conflicts.contains(*id)), "{conflicts:?}");
}

#[test]
fn settings_change_those_that_they_are_about() {
    let every: BTreeSet<String> = BUILT_IN.1.keys().cloned().collect();
    let records = resting_on(&BUILT_IN.1, |own| own.part == Part::Setting && own.name == "authority");
    let read = configured("in_scope: [\"iam/**\"]\n");
    assert!(read.is_subset(&every) && read.contains("CS-SOD-001") && read.contains("CS-COVER-001"), "{read:?}");
    assert_eq!(
        configured("credentials: {max_age_days: 30}\n"),
        resting_on(&BUILT_IN.1, |own| own.part == Part::Setting && own.name == "credentials")
    );
    assert_eq!(
        configured("enforcement: {policies: {CS-SOD-002: record}}\n"),
        BTreeSet::from(["CS-SOD-002".to_owned()])
    );
    // Of what is held indirectly only an entry for the policy itself says anything.
    let mut stating = resting_on(&BUILT_IN.1, |own| own.part == Part::Enforcement && own.name.ends_with(" P2P-01"));
    assert!(stating.remove("CS-SOD-003"), "{stating:?}");
    assert_eq!(configured("enforcement: {conflicts: {P2P-01: record}}\n"), stating);
    let blocked = configured("enforcement: {conflicts: {P2P-01: block}}\n");
    assert!(!blocked.contains("CS-SOD-001"), "what blocks by its severity blocks: {blocked:?}");
    assert_eq!(configured("limits: {approvals: {max_days: 9}}\n"), records.clone());
    assert_eq!(
        configured("rulesets: [{id: cs-p2p, owner: person:ann}]\n"),
        resting_on(&BUILT_IN.1, |own| { own.part == Part::Adoption })
    );
}

#[test]
fn a_module_that_another_one_imports_is_one_that_both_rest_on() {
    let policy = |id: &str, package: &str, body: &str| {
        format!(
            "# METADATA\n# title: t\n# custom:\n#   id: {id}\n#   severity: low\n#   scope: document\n#   input: \
             document/v1\npackage {package}\n\nimport rego.v1\n\n{body}\n"
        )
    };
    let user = policy("ACME-1", "acme.user", "finding contains {\"message\": \"x\"} if data.acme.shared.wanted");
    let world = |wanted: &str| {
        let shared = policy(
            "ACME-2",
            "acme.shared",
            &format!("wanted := {wanted}\n\nfinding contains {{\"message\": \"y\"}} if false"),
        );
        let files =
            [(".countersign/policies/user.rego", user.as_str()), (".countersign/policies/shared.rego", &shared)];
        of(&loaded(&files))
    };
    assert_eq!(changed(&world("true"), &world("false")), BTreeSet::from(["ACME-1".to_owned(), "ACME-2".to_owned()]));
}
