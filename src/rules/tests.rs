use super::*;

fn file(path: &str, text: &str) -> RuleFile {
    RuleFile::new(path, text.as_bytes())
}

fn errors(files: &[RuleFile]) -> Vec<String> {
    Rules::load(files, None)
        .unwrap_err()
        .iter()
        .map(|error| {
            let place = error.span.map_or(String::new(), |span| {
                String::from_utf8_lossy(&error.file.bytes[span.start as usize..span.end as usize])
                    .lines()
                    .next()
                    .unwrap_or("")
                    .to_owned()
            });
            format!("{place} | {} | {}", error.message, error.help.as_deref().unwrap_or("-"))
        })
        .collect()
}

#[test]
fn the_built_in_rules_are_sound_and_complete() {
    let rules = Rules::built_in().unwrap_or_else(|errors| panic!("{errors:#?}"));
    let catalogue = rules.definitions.duties.values().filter(|duty| !duty.value.privileged).count();
    assert_eq!(catalogue, 90);
    let sets = rules.definitions.conflicts.keys().filter(|id| id.starts_with("SET-")).count();
    assert_eq!((rules.definitions.conflicts.len() - sets, sets), (98, 7));
    let dynamic: Vec<&str> = rules
        .definitions
        .conflicts
        .iter()
        .filter(|(_, conflict)| conflict.value.kind == ConflictKind::Dynamic)
        .map(|(id, _)| id.as_str())
        .collect();
    assert_eq!(dynamic, ["H2R-05", "H2R-09", "IT-01", "IT-06", "IT-12", "IT-14", "IT-27", "IT-28", "P2P-05"]);
}

#[test]
fn an_unknown_key_of_the_configuration_is_an_error_with_a_suggestion() {
    assert_eq!(
        errors(&[file("countersign.yaml", "inculde: [a]\n")]),
        ["inculde | unknown key `inculde` | did you mean `include`?"]
    );
}

#[test]
fn a_newer_configuration_is_refused() {
    assert_eq!(
        errors(&[file("countersign.yaml", "version: 2\n")]),
        ["2 | version 2 of the configuration is not known | this binary reads version 1"]
    );
}

#[test]
fn names_in_the_configuration_must_mean_something() {
    assert_eq!(
        errors(&[file("countersign.yaml", "enforcement: {conflicts: {P2P-001: warn}}\nrulesets: [{id: cs-p3p}]\n")]),
        [
            "cs-p3p | there is no ruleset `cs-p3p` | did you mean `cs-p2p`?",
            "P2P-001 | there is no conflict `P2P-001` | did you mean `P2P-01`?",
        ]
    );
}

const HEAD: &str = "apiVersion: countersign.dev/v1\nkind: Ruleset\nmetadata: {id: acme, version: '1', title: Acme}\n";

fn own(text: &str) -> RuleFile {
    file(".countersign/rulesets/acme.yaml", &format!("{HEAD}{text}"))
}

#[test]
fn adding_a_known_id_is_an_error() {
    let text = "add: {duties: {VEND: {title: x, process: P2P}}}\n";
    assert!(errors(&[own(text)])[0].contains("the duty `VEND` is already defined"));
}

#[test]
fn overriding_or_disabling_an_unknown_id_names_the_nearest() {
    assert!(errors(&[own("override: {duties: {VENT: {title: x}}}\n")])[0].contains("did you mean `VEND`?"));
    assert!(errors(&[own("disable: {conflicts: [P2P-77]}\n")])[0].contains("there is no conflict `P2P-77`"));
}

#[test]
fn the_prefix_cs_is_reserved() {
    let text = "add: {duties: {CS-X: {title: x, process: P2P}}}\n";
    assert!(errors(&[own(text)])[0].contains("reserved"));
}

#[test]
fn a_conflict_over_an_unknown_duty_is_an_error() {
    let text = "add: {conflicts: {A-1: {title: x, duties: [VEND, PAYY], severity: high, scope: {dimension: system}, \
                kind: static, risk: x, owner: x}}}\n";
    assert!(errors(&[own(text)])[0].contains("PAYY | there is no duty `PAYY` | did you mean `PAY`?"));
}

#[test]
fn an_override_replaces_fields_and_bindings_per_system() {
    let text = "override: {duties: {VEND: {title: keep suppliers, bindings: {netsuite: {origin: us, any: [Foo]}}}}}\n";
    let rules = Rules::load(&[own(text)], None).unwrap();
    let duty = &rules.definitions.duties["VEND"].value;
    assert_eq!(duty.title, "keep suppliers");
    assert_eq!(duty.bindings["netsuite"].any, [Requirement::Name("Foo".into())]);
    assert!(duty.bindings["sap"].any.len() > 2, "other systems keep their bindings");
}

#[test]
fn disabling_a_duty_takes_its_conflicts_along() {
    let rules = Rules::load(&[own("disable: {duties: [VCM]}\n")], None).unwrap();
    assert!(!rules.definitions.conflicts.contains_key("P2P-15"));
    assert!(rules.definitions.conflicts.contains_key("P2P-14"));
}

const APPROVAL: &str = "apiVersion: countersign.dev/v1\nkind: Approval\nmetadata: {id: a1}\nspec:\n  policy: \
                        CS-GRANT-001\n  subject: person:ann\n  duty: SUPER\n  approver: person:bob\n  reason: \
                        on-call\n  expires: 2026-12-31\n";

fn approval(text: &str) -> RuleFile {
    file(".countersign/approvals/a1.yaml", text)
}

#[test]
fn an_approval_counts_through_its_last_day() {
    let rules = Rules::load(&[approval(APPROVAL)], None).unwrap();
    assert_eq!(rules.records.approvals[0].terms.expires, 1_798_761_600, "2027-01-01T00:00:00Z");
}

#[test]
fn a_bad_approval_is_an_error_at_its_place() {
    let cases = [
        (
            "expires: 2026-12-31",
            "expires: 31.12.2026",
            "31.12.2026 | `31.12.2026` is not a day; write it as 2026-12-31",
        ),
        (
            "approver: person:bob",
            "approver: bob",
            "bob | the approver `bob` is not a person | write it as `person:bob`",
        ),
        ("approver: person:bob", "approver: person:ann", "person:ann | nobody approves anything for themselves"),
        ("reason: on-call", "reason: ' '", "an approval needs a reason"),
        ("duty: SUPER", "dutty: SUPER", "dutty | unknown key `dutty` | did you mean `duty`?"),
    ];
    for (from, to, wanted) in cases {
        let found = errors(&[approval(&APPROVAL.replace(from, to))]);
        assert!(found[0].contains(wanted), "{to}: {found:?}");
    }
}

#[test]
fn one_approval_id_stands_once() {
    let twice = format!("{APPROVAL}---\n{APPROVAL}");
    assert!(errors(&[approval(&twice)])[0].contains("the approval id `a1` is used twice"));
}

#[test]
fn globs_do_not_cross_folders_unless_told() {
    let spanned = |text: &str| crate::syntax::Spanned { value: text.to_owned(), span: crate::syntax::Span::default() };
    let globs = Globs::read(None, &[spanned("a/*.yaml"), spanned("b/**/*.json"), spanned("c")]).unwrap();
    assert!(globs.matches("a/x.yaml") && !globs.matches("a/b/x.yaml"));
    assert!(globs.matches("b/x.json") && globs.matches("b/c/d/x.json"));
    assert!(globs.matches("c/anything") && !globs.matches("cc/x"));
}

#[test]
fn every_other_error_of_rules_has_its_place() {
    let conflict = |fields: &str| {
        format!(
            "add: {{conflicts: {{A-1: {{title: x, severity: high, kind: static, risk: x, owner: x, {fields}}}}}}}\n"
        )
    };
    let duty = |fields: &str| format!("add: {{duties: {{A: {{title: x, process: P2P, {fields}}}}}}}\n");
    let cases = [
        (own(&conflict("duties: [VEND], scope: {dimension: system}")), "needs two duties or more"),
        (own(&conflict("duties: [VEND, PAY], at_least: 3, scope: {dimension: system}")), "needs two duties or more"),
        (own(&conflict("duties: [VEND, PAY], scope: {}")), "names no dimension to meet on"),
        (own(&duty("includes: [A]")), "the duty `A` includes itself"),
        (own(&duty("privileged: true")), "the privileged duty `A` has no severity"),
        (own(&duty("bindings: {sap: {origin: us, any: [[FK01]]}}")), "a list stands here"),
        (own(&duty("bindings: {sap: {origin: us, any: [{permission: FK01, any: [FK02]}]}}")), "exactly one of"),
        (own(&duty("bindings: {sap: {origin: us, any: [{permisson: FK01}]}}")), "did you mean `permission`?"),
        (own(&duty("bindings: {sap: {origin: us, any: [{permission: FK01, level: veiw}]}}")), "did you mean `view`?"),
        (file("countersign.yaml", "exclude: ['a[']\n"), "`a[` is not a glob"),
        (file("countersign.yaml", "rulesets: [{path: rules/no.yaml}]\n"), "`rules/no.yaml` does not exist"),
        (file("countersign.yaml", "rulesets: [{owner: person:ann}]\n"), "has neither `id` nor `path`"),
        (file("countersign.yaml", "version: 1\n---\nversion: 1\n"), "one document is expected here"),
        (file("countersign.yaml", "version: 1\nversion: 1\n"), "the key `version` is written twice"),
        (file("countersign.yaml", "include: a\n"), "expected a list, found text"),
        (file("countersign.yaml", "gate: {repository: access}\n"), "`access` is not the name of a repository"),
        (file("countersign.yaml", "gate: {repository: acme/*}\n"), "`acme/*` is not the name of a repository"),
        (file("countersign.yaml", "gate: {evidence_administrators: [dana]}\n"), "neither a person nor a service"),
        (file("countersign.yaml", "gate: {repositry: acme/access}\n"), "did you mean `repository`?"),
        (file("countersign.yaml", "enforcement: [warn]\n"), "expected a map, found a list"),
        (file("countersign.yaml", "enforcement: {policies: {CS-SOD-001: blok}}\n"), "did you mean `block`?"),
        (approval(&APPROVAL.replace("2026-12-31", "9999-12-31")), "`9999-12-31` is not a day"),
        (approval(&APPROVAL.replace("  reason: on-call\n", "")), "the key `reason` is missing"),
    ];
    for (file, wanted) in cases {
        let found = errors(std::slice::from_ref(&file));
        assert!(found.iter().any(|error| error.contains(wanted)), "{wanted}: {found:?}");
    }
}
