//! Duties and conflicts.

use super::*;

const ORG: &str = "add:\n  duties:\n    ACME-A: {title: a, process: IT, privileged: true, severity: high, scope: system, \
                   includes: [VEND], any_duty: [PAY], bindings: {sap: {origin: us, any: [A1, {all: [A2, A3]}]}}}\n    ACME-B: \
                   {title: b, process: IT}\n    ACME-C: {title: c, process: IT}\n  conflicts:\n    ACME-1: {title: x, duties: \
                   [ACME-A, ACME-B], severity: high, scope: {dimensions: [legal_entity, system]}, kind: static, risk: x, \
                   owner: x}\n";

fn over(own: &str) -> Result<Rules, Vec<String>> {
    let org = ruleset("acme", ORG);
    let own = ruleset("own", own);
    let files = pinned(&[(".countersign/rulesets/a.yaml", &org)], &[(".countersign/rulesets/b.yaml", &own)]);
    Rules::load(&files, None).map_err(|errors| shown(&errors))
}

#[test]
fn a_repository_may_add_and_raise() {
    for text in [
        "add: {duties: {OWN: {title: x, process: IT}}}\n",
        "add: {duties: {OWN: {title: x, process: IT}}}\ndisable: {duties: [OWN]}\n",
        "override: {duties: {ACME-A: {title: other, process: X, description: y, severity: critical}}}\n",
        "override: {duties: {ACME-A: {includes: [VEND, PAY], any_duty: [PAY, VEND]}}}\n",
        "override: {duties: {ACME-A: {bindings: {sap: {origin: other, any: [{all: [A3, A2]}, A4, A1]}}}}}\n",
        "override: {duties: {ACME-A: {bindings: {netsuite: {origin: us, any: [B1]}}}}}\n",
        "override: {duties: {ACME-B: {privileged: true, severity: low, scope: system}}}\n",
        "override: {conflicts: {ACME-1: {title: y, risk: y, owner: y, severity: critical}}}\n",
        "override: {conflicts: {ACME-1: {duties: [ACME-A, ACME-B, ACME-C], at_least: 2}}}\n",
        "override: {conflicts: {ACME-1: {scope: {dimension: system}}}}\n",
        // What ships with the binary binds as well, and may be widened as well.
        "override: {conflicts: {P2P-01: {severity: critical}}}\n",
    ] {
        if let Err(found) = over(text) {
            panic!("{text}: {found:?}");
        }
    }
    let rules = over("override: {duties: {ACME-A: {severity: critical}}}\n").unwrap();
    assert_eq!(rules.definitions.duties["ACME-A"].value.severity, Some(Severity::Critical));
}

#[test]
fn a_repository_takes_nothing_away() {
    let cases = [
        (
            "disable: {duties: [ACME-B]}\n",
            "ACME-B | the duty `ACME-B` stands in the rules that these extend, and is not disabled here",
        ),
        ("disable: {conflicts: [ACME-1]}\n", "ACME-1 | the conflict `ACME-1` stands in the rules that these extend"),
        ("disable: {conflicts: [P2P-01]}\n", "P2P-01 | the conflict `P2P-01` stands in the rules that these extend"),
        ("disable: {duties: [VCM]}\n", "VCM | the duty `VCM` stands in the rules that these extend"),
        (
            "override: {duties: {ACME-A: {privileged: false}}}\n",
            "privileged | `ACME-A` would no longer need an approval",
        ),
        (
            "override: {duties: {ACME-A: {severity: low}}}\n",
            "severity | `ACME-A` would be low, and is high in the rules that",
        ),
        (
            "override: {duties: {ACME-A: {scope: legal_entity}}}\n",
            "scope | `ACME-A` would work on another dimension than `system`",
        ),
        ("override: {duties: {ACME-A: {includes: []}}}\n", "includes | `includes` of `ACME-A` would lose `VEND`"),
        ("override: {duties: {ACME-A: {any_duty: [VEND]}}}\n", "any_duty | `any_duty` of `ACME-A` would lose `PAY`"),
        (
            "override: {duties: {ACME-A: {bindings: {sap: {origin: us, any: [A1]}}}}}\n",
            "bindings | `A2 + A3` would no longer confer `ACME-A` in sap",
        ),
        ("override: {conflicts: {ACME-1: {severity: medium}}}\n", "severity | `ACME-1` would be medium, and is high"),
        (
            "override: {conflicts: {ACME-1: {duties: [ACME-A, ACME-C]}}}\n",
            "duties | the conflict `ACME-1` would lose `ACME-B`, which is in it",
        ),
        (
            "override: {conflicts: {ACME-1: {duties: [ACME-A, ACME-B, ACME-C]}}}\n",
            "duties | the conflict `ACME-1` would need 3 duties together, and 2 by the rules that these extend",
        ),
        (
            "override: {conflicts: {ACME-1: {duties: [ACME-A, ACME-B, ACME-C], at_least: 3}}}\n",
            "at_least | the conflict `ACME-1` would need 3 duties together",
        ),
        (
            "override: {conflicts: {ACME-1: {accounts: distinct}}}\n",
            "accounts | the conflict `ACME-1` would need two accounts",
        ),
        (
            "override: {conflicts: {ACME-1: {scope: {dimension: cost_centre}}}}\n",
            "scope | the conflict `ACME-1` would meet on other dimensions than legal_entity, system",
        ),
    ];
    for (text, wanted) in cases {
        let found = over(text).err().unwrap_or_default();
        let wanted = format!(".countersign/rulesets/b.yaml | {wanted}");
        assert!(found.len() == 1 && found[0].starts_with(&wanted), "{text}: {found:?}");
        assert!(found[0].contains("changed where it is defined"), "{found:?}");
    }
}

#[test]
fn a_conflict_keeps_a_dimension_to_meet_on() {
    let found = over("override: {conflicts: {ACME-1: {scope: {}}}}\n").err().unwrap_or_default();
    let wanted = ".countersign/rulesets/b.yaml | scope | the conflict `ACME-1` would meet on other dimensions";
    assert!(found.iter().any(|error| error.starts_with(wanted)), "{found:?}");
}

#[test]
fn a_conflict_does_not_go_with_a_duty_that_was_only_added_to_it() {
    let text = "add: {duties: {OWN: {title: x, process: IT}}}\noverride: {conflicts: {ACME-1: {duties: [ACME-A, ACME-B, OWN], \
                at_least: 2}}}\ndisable: {duties: [OWN]}\n";
    let found = over(text).err().unwrap_or_default();
    assert!(found.len() == 1 && found[0].contains("`ACME-1`"), "{found:?}");
}

#[test]
fn an_organisation_may_do_to_the_built_in_rules_what_a_repository_alone_may() {
    let org = ruleset("acme", "disable: {conflicts: [P2P-11]}\noverride: {conflicts: {P2P-01: {severity: low}}}\n");
    let rules = load(&[(".countersign/rulesets/a.yaml", &org)], &[]);
    assert!(!rules.definitions.conflicts.contains_key("P2P-11"));
    assert_eq!(rules.definitions.conflicts["P2P-01"].value.severity, Severity::Low);
}

#[test]
fn an_id_of_the_organisation_is_taken() {
    let found = over("add: {duties: {ACME-A: {title: x, process: IT}}}\n").err().unwrap_or_default();
    assert!(found[0].contains("the duty `ACME-A` is already defined"), "{found:?}");
}
