use super::*;
use crate::rules::RuleFile;
use serde_json::json;

fn policy(id: &str, package: &str, body: &str) -> RuleFile {
    let text = format!(
        "# METADATA\n# title: t\n# custom:\n#   id: {id}\n#   severity: low\n#   scope: principal\n#   input: \
         principal/v1\npackage {package}\n\nimport rego.v1\n\n{body}\n"
    );
    RuleFile::new(format!("{id}.rego"), text.into_bytes())
}

fn refused(file: RuleFile) -> String {
    let errors = Bundle::load(&[file], json!({})).unwrap_err();
    let error = &errors[0];
    let place = error.span.map_or(String::new(), |span| {
        String::from_utf8_lossy(&error.file.bytes[span.start as usize..span.end as usize]).into_owned()
    });
    format!("{place} | {}", error.message)
}

#[test]
fn every_policy_under_policies_is_embedded() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut found: Vec<String> = glob::glob(&format!("{}/**/*.rego", root.display()))
        .unwrap()
        .map(|entry| entry.unwrap().strip_prefix(&root).unwrap().display().to_string())
        .filter(|path| crate::rules::is_rego(path) && !path.starts_with("lib/"))
        .collect();
    found.sort();
    assert_eq!(found, BUILT_IN.iter().map(|(path, _)| *path).collect::<Vec<_>>());
}

/// Runs the Rego unit tests that stand beside each policy. A failing test is *undefined* in Rego, so the names come
/// from the text, and undefined is a failure.
#[test]
fn the_tests_beside_each_policy_pass() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    for (path, policy) in BUILT_IN {
        let test_path = root.join(path.replace(".rego", "_test.rego"));
        let test = std::fs::read_to_string(&test_path).unwrap_or_else(|_| panic!("{path} has no tests beside it"));
        let package = test.lines().find_map(|line| line.strip_prefix("package ")).unwrap();
        let names: Vec<&str> = test
            .lines()
            .filter(|line| line.starts_with("test_"))
            .map(|line| line.split([' ', '(']).next().unwrap())
            .collect();
        assert!(names.iter().any(|name| name.starts_with("test_fires")), "{path} has no test that fires");
        assert!(names.iter().any(|name| name.starts_with("test_silent")), "{path} has no test that stays silent");
        let mut engine = Engine::empty().with_data(json!({}));
        engine.add(&RuleFile::new(*path, policy.as_bytes()), policy).unwrap();
        engine.add(&RuleFile::new("test.rego", test.as_bytes()), &test).unwrap();
        for name in names {
            let result = engine.test(&format!("data.{package}.{name}"));
            assert_eq!(result, Ok(Some(true)), "{path}: {name}");
        }
    }
}

#[test]
fn a_policy_of_ones_own_is_asked_beside_the_built_in_ones() {
    let own = policy("ACME-1", "acme.access.many", "finding contains {\"message\": \"x\"} if count(input.duties) > 1");
    let bundle = Bundle::load(&[own], json!({})).unwrap();
    let policy = bundle.find("ACME-1").unwrap();
    let mut engine = bundle.engine();
    let ask = |engine: &mut Engine, input| engine.evaluate(policy, "s", &Input::new(input)).unwrap();
    assert_eq!(ask(&mut engine, json!({"duties": [1, 2]}))[0].message, "x");
    assert!(ask(&mut engine, json!({"duties": [1]})).is_empty());
}

#[test]
fn a_policy_without_metadata_is_refused() {
    assert!(refused(RuleFile::new("a.rego", b"package a.b\n".to_vec())).contains("no `# METADATA` block"));
}

#[test]
fn unknown_metadata_is_refused_at_its_line() {
    let text = "# METADATA\n# title: t\n# custom:\n#   id: A-1\n#   sevrity: low\npackage a.b\n";
    assert_eq!(
        refused(RuleFile::new("a.rego", text.as_bytes().to_vec())),
        "#   sevrity: low | in the metadata: unknown key `sevrity`"
    );
}

#[test]
fn a_control_that_a_framework_withdrew_is_refused_with_its_successor() {
    let text = |control: &str| {
        format!(
            "# METADATA\n# title: t\n# custom:\n#   id: A-1\n#   severity: low\n#   scope: principal\n#   input: \
             principal/v1\n#   frameworks:\n#     - acme-itgc 4.2\n#     - {control}\npackage a.b\n\nimport rego.v1\n\n\
             finding contains {{\"message\": \"x\"}} if input.x\n"
        )
    };
    let file = |control: &str| RuleFile::new("a.rego", text(control).into_bytes());
    let errors = Bundle::load(&[file("nist-csf-2.0 PR.AC-4")], json!({})).unwrap_err();
    assert_eq!(errors[0].help.as_deref(), Some("write PR.AA-05"));
    assert_eq!(
        refused(file("nist-csf-2.0 PR.AC-4")),
        "#     - nist-csf-2.0 PR.AC-4 | in the metadata: `PR.AC-4` was withdrawn from NIST Cybersecurity Framework 2.0"
    );
    assert!(refused(file("owasp-nhi-2025 NHI-03")).contains("`NHI-03` is no control of OWASP"));
    assert!(refused(file("nist-csf-2.0")).contains("`nist-csf-2.0` names no control"));
    assert!(Bundle::load(&[file("nist-csf-2.0 PR.AA-05")], json!({})).is_ok());
}

#[test]
fn reserved_and_taken_names_are_refused() {
    let body = "finding contains {\"message\": \"x\"} if input.x";
    assert!(refused(policy("CS-SOD-001", "acme.x", body)).contains("reserved"));
    assert!(refused(policy("ACME-1", "countersign.sod.principal_conflict", body)).contains("Countersign's own"));
    let errors = Bundle::load(&[policy("ACME-1", "a.x", body), policy("ACME-1", "a.y", body)], json!({})).unwrap_err();
    assert!(errors[0].message.contains("is taken by"));
    let errors = Bundle::load(&[policy("ACME-1", "a.x", body), policy("ACME-2", "a.x", body)], json!({})).unwrap_err();
    assert!(errors[0].message.contains("defined by another policy"));
}

#[test]
fn rego_that_does_not_parse_is_refused_at_its_place() {
    let found = refused(policy("ACME-1", "acme.x", "finding contains := if"));
    assert!(found.contains("not Rego"), "{found}");
}

#[test]
fn a_policy_that_fails_is_an_error_and_never_silence() {
    let own = policy("ACME-1", "acme.x", "finding contains {\"message\": x} if x := 1 / input.zero");
    let bundle = Bundle::load(&[own], json!({})).unwrap();
    let policy = bundle.find("ACME-1").unwrap();
    let error = bundle.engine().evaluate(policy, "person:ann", &Input::new(json!({"zero": 0}))).unwrap_err();
    assert!(error.to_string().starts_with("the policy ACME-1 failed on person:ann"), "{error}");
}

#[test]
fn a_result_that_is_not_a_finding_is_an_error() {
    let own = policy("ACME-1", "acme.x", "finding contains {\"massage\": \"x\"} if true");
    let bundle = Bundle::load(&[own], json!({})).unwrap();
    let policy = bundle.find("ACME-1").unwrap();
    let error = bundle.engine().evaluate(policy, "s", &Input::new(json!({}))).unwrap_err();
    assert!(error.message.contains("not a set of findings"), "{error}");
}

#[test]
fn every_other_error_of_a_policy_is_refused() {
    let body = "finding contains {\"message\": \"x\"} if input.x";
    let text = |policy: &RuleFile| String::from_utf8(policy.bytes.to_vec()).unwrap();
    let good = policy("ACME-1", "acme.x", body);
    let cases = [
        (text(&good).replace("principal/v1", "principal/v2").into_bytes(), "does not fit the scope `principal`"),
        (text(&good).replace("severity: low", "severity: lwo").into_bytes(), "unknown value `lwo`"),
        (b"# METADATA\npackage a.b\n".to_vec(), "the metadata block is empty"),
        (b"# METADATA\n# title: [\npackage a.b\n".to_vec(), "in the metadata: not YAML"),
        (vec![0xff, 0xfe, b'x'], "the policy is not UTF-8 text"),
    ];
    for (bytes, wanted) in cases {
        let found = refused(RuleFile::new("a.rego", bytes));
        assert!(found.contains(wanted), "{wanted}: {found}");
    }
}
