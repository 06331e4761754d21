use super::*;

const AS_OF: i64 = 1_795_219_200;

fn load(text: &str) -> Result<Conftest, Vec<RuleError>> {
    of(&[RuleFile::new("policy/a.rego", text.as_bytes())], &[], &[])
}

fn of(policies: &[RuleFile], data: &[(String, RuleFile)], namespaces: &[&str]) -> Result<Conftest, Vec<RuleError>> {
    let namespaces = namespaces.iter().map(|name| (*name).to_owned()).collect();
    Conftest::load(ConftestFiles { policies: policies.to_vec(), data: data.to_vec(), namespaces }, AS_OF)
}

fn said(loaded: &Conftest, path: &str, text: &str) -> Vec<String> {
    let documents = documents(path, text.as_bytes()).unwrap().unwrap();
    let found = loaded.ask(path, &documents).unwrap();
    found.iter().map(|(_, message)| format!("{} {}", loaded.policies[message.policy].id, message.text)).collect()
}

#[test]
fn every_rule_that_conftest_asks_is_asked_and_no_other() {
    let loaded = load(
        "package main\n\nimport rego.v1\n\ndeny contains \"a\" if input.a\n\ndeny_more_1 contains {\"msg\": \"b\", \"x\": 1} \
         if input.a\n\nviolation contains \"c\" if input.a\n\nwarn contains \"d\" if input.a\n\ndenying contains \"e\" if \
         input.a\n\ndeny_ contains \"f\" if input.a\n",
    )
    .unwrap();
    let wanted =
        ["conftest/main/deny a", "conftest/main/deny_more_1 b", "conftest/main/violation c", "conftest/main/warn d"];
    assert_eq!(said(&loaded, "x.yaml", "a: 1"), wanted);
    assert!(said(&loaded, "x.yaml", "b: 1").is_empty());
    let severities: Vec<Severity> = loaded.policies.iter().map(|policy| policy.metadata.custom.severity).collect();
    assert_eq!(severities, [Severity::High, Severity::High, Severity::High, Severity::Medium]);
}

#[test]
fn rego_v0_is_tried_where_v1_fails() {
    let loaded =
        load("package main\n\ndeny[msg] {\n  input.kind == \"Pod\"\n  msg = sprintf(\"%s\", [input.kind])\n}\n");
    assert_eq!(said(&loaded.unwrap(), "x.yaml", "kind: Pod"), ["conftest/main/deny Pod"]);
    let errors = load("package main\n\ndeny[msg] {\n").unwrap_err();
    assert_eq!(errors[0].help.as_deref(), Some("it is Rego neither of v1 nor of v0"));
}

#[test]
fn an_exception_silences_the_rules_that_it_names() {
    let text = "package main\n\nimport rego.v1\n\ndeny_root contains \"root\" if input.root\n\ndeny contains \"any\" if \
                input.root\n\nexception contains rules if {\n  input.may\n  rules = [\"root\"]\n}\n";
    let loaded = load(text).unwrap();
    let both = ["conftest/main/deny_root root", "conftest/main/deny any"];
    assert_eq!(said(&loaded, "x.yaml", "root: true"), both);
    assert_eq!(said(&loaded, "x.yaml", "root: true\nmay: true"), ["conftest/main/deny any"]);
    let all = load(&text.replace("[\"root\"]", "[\"\"]")).unwrap();
    assert_eq!(said(&all, "x.yaml", "root: true\nmay: true"), ["conftest/main/deny_root root"]);
}

#[test]
fn namespaces_are_packages() {
    let files = [
        RuleFile::new("a.rego", &b"package main\n\nimport rego.v1\n\ndeny contains \"m\" if true\n"[..]),
        RuleFile::new("b.rego", &b"package team.a\n\nimport rego.v1\n\ndeny contains \"t\" if true\n"[..]),
    ];
    let of = |names: &[&str]| of(&files, &[], names);
    assert_eq!(said(&of(&[]).unwrap(), "x.yaml", "a: 1"), ["conftest/main/deny m"]);
    assert_eq!(said(&of(&["team.*"]).unwrap(), "x.yaml", "a: 1"), ["conftest/team.a/deny t"]);
    assert_eq!(said(&of(&["*"]).unwrap(), "x.yaml", "a: 1").len(), 2);
    assert!(of(&["nobody"]).unwrap_err()[0].message.contains("in the Conftest namespace nobody"));
}

#[test]
fn data_stands_under_its_folders_and_the_file_that_is_asked_about_beside_it() {
    let text = "package main\n\nimport rego.v1\n\ndeny contains msg if {\n  input.port in data.lists.ports\n  msg := \
                sprintf(\"%v in %v\", [input.port, data.conftest.file.name])\n}\n";
    let data = [("lists/a.yaml".to_owned(), RuleFile::new("d/lists/a.yaml", &b"ports: [22]"[..]))];
    let loaded = of(&[RuleFile::new("a.rego", text.as_bytes())], &data, &[]).unwrap();
    assert_eq!(said(&loaded, "k/x.yaml", "port: 22"), ["conftest/main/deny 22 in x.yaml"]);
    assert_eq!(said(&loaded, "k/y.yaml", "port: 22"), ["conftest/main/deny 22 in y.yaml"]);
    assert!(said(&loaded, "x.yaml", "port: 80").is_empty());
}

#[test]
fn what_holds_without_a_message_is_an_error_and_not_silence() {
    for body in ["deny if input.a", "deny := {\"a\": 1} if input.a", "deny contains 1 if input.a"] {
        let loaded = load(&format!("package main\n\nimport rego.v1\n\n{body}\n")).unwrap();
        let documents = documents("x.yaml", b"a: 1").unwrap().unwrap();
        let error = loaded.ask("x.yaml", &documents).unwrap_err();
        assert_eq!(error.policy, "conftest/main/deny", "{body}: {error}");
    }
}

#[test]
fn a_builtin_that_fails_is_undefined_and_the_clock_stands_still() {
    let text = "package main\n\nimport rego.v1\n\nimport data.lib\n\ndeny contains \"number\" if to_number(input.a) > 1\n\ndeny \
                contains msg if {\n  time.now_ns() == 1795219200000000000\n  lib.f(input.a)\n  msg := \"now\"\n}\n";
    let files = [
        RuleFile::new("a.rego", text.as_bytes()),
        RuleFile::new("b.rego", &b"package lib\n\nimport rego.v1\n\nf(x) if x\n"[..]),
    ];
    let loaded = of(&files, &[], &[]).unwrap();
    assert_eq!(said(&loaded, "x.yaml", "a: none"), ["conftest/main/deny now"]);
    assert_eq!(loaded.not_reperformable().as_deref(), Some("Conftest policies call time.now_ns"));
}
