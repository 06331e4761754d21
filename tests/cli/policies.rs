//! `countersign policy`: write, check, try and describe policies of one's own.

use std::path::Path;

use countersign::cli::Exit;

use super::places::{Folder, contents, write};
use super::runner::{check, countersign, flowing};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn a_new_policy_passes_its_tests_and_is_asked_once_the_configuration_names_it() {
    let place = Folder::new();
    let ran = countersign("policy new ACME-ACCESS-001", &place.path).run().exits(Exit::Clean).without_complaint();
    assert_eq!(
        ran.stdout,
        "wrote policies/access_001.rego: ACME-ACCESS-001, for each principal\n\
         wrote policies/access_001_test.rego: a test in which it fires and one in which it is silent\n\
         add to countersign.yaml, so that checks ask it: policies: [policies]\nnext: countersign test policies\n"
    );
    let ran = countersign("test policies --coverage --threshold 100", &place.path).run().exits(Exit::Clean);
    assert!(ran.stdout.starts_with("ACME-ACCESS-001  policies/access_001.rego  2 passed; 100%"), "{}", ran.stdout);
    countersign("policy lint policies", &place.path).run().exits(Exit::Clean);
    write(&place.path, "countersign.yaml", "version: 1\npolicies: [policies]\n");
    countersign("policy new many-accounts", &place.path).run().exits(Exit::Clean);
    countersign("test", &place.path).run().exits(Exit::Clean).says("4 passed, 0 failed");
    let listed = countersign("policy list", &place.path).run().exits(Exit::Clean).stdout;
    assert!(listed.contains("ACME-ACCESS-001") && listed.contains("MANY-ACCOUNTS"), "{listed}");
    check("--no-record", &place.path).exits(Exit::Clean);
}

#[test]
fn nothing_is_ever_written_over() {
    let place = Folder::new();
    write(&place.path, "policies/access_001_test.rego", "mine");
    let before = contents(&place.path);
    let ran = countersign("policy new ACME-ACCESS-001", &place.path).run().exits(Exit::Usage);
    assert!(ran.stderr.contains("access_001_test.rego is there already"), "{}", ran.stderr);
    assert_eq!(contents(&place.path), before);
    countersign("policy new CS-SOD-900", &place.path).run().exits(Exit::Usage);
    countersign("policy new ../x", &place.path).run().exits(Exit::Usage);
    countersign("policy new A-1 --scope people", &place.path).run().exits(Exit::Usage);
    assert_eq!(contents(&place.path), before);
}

#[test]
fn linting_says_what_a_check_refuses_and_what_else_wants_mending() {
    let place = Folder::new();
    countersign("policy new ACME-ACCESS-001", &place.path).run().exits(Exit::Clean);
    let path = place.path.join("policies/access_001.rego");
    let good = std::fs::read_to_string(&path).unwrap();
    let worse = good
        .replace("input.accounts", "input.acounts")
        .replace("import rego.v1\n", "import rego.v1\n\nimport data.x.y\n");
    std::fs::write(&path, worse).unwrap();
    std::fs::remove_file(place.path.join("policies/access_001_test.rego")).unwrap();
    let ran = countersign("policy lint policies", &place.path).run().exits(Exit::Blocked).without_complaint();
    assert_eq!(
        ran.stdout,
        "policies/access_001.rego:1  ACME-ACCESS-001 has no tests: write access_001_test.rego beside it\n\
         policies/access_001.rego:15  the import `y` is not used\n\
         policies/access_001.rego:20  principal/v1 has no `acounts`: it is always undefined; did you mean \
         `input.accounts`?\n\n1 policy: 3 things to mend\n"
    );
    std::fs::write(&path, good.replace("count(input", "count(http.send({}), input")).unwrap();
    let ran = countersign("policy lint policies", &place.path).run().exits(Exit::Usage);
    assert!(ran.stderr.contains("the function `http.send` is not allowed"), "{}", ran.stderr);
    std::fs::write(&path, good.replace("severity: medium", "severity: lwo")).unwrap();
    let ran = countersign("policy lint policies", &place.path).run().exits(Exit::Usage);
    assert!(ran.stderr.contains("unknown value `lwo`"), "{}", ran.stderr);
    std::fs::write(&path, good.replace("finding contains", "findings contains")).unwrap();
    let ran = countersign("policy lint policies", &place.path).run().exits(Exit::Blocked);
    assert!(ran.stdout.contains("it defines no rule `finding`"), "{}", ran.stdout);
    countersign("policy lint", &place.path).run().exits(Exit::Usage);
}

#[test]
fn a_policy_is_tried_on_one_document() {
    let place = Folder::new();
    countersign("policy new ACME-ACCESS-001", &place.path).run().exits(Exit::Clean);
    let path = place.path.join("policies/access_001.rego");
    let text = std::fs::read_to_string(&path).unwrap();
    let printing = text.replace("\t# Change this condition.\n", "\tprint(\"seen\", input.id)\n");
    std::fs::write(&path, format!("{printing}\nhelper := 1 if input.nothing\n")).unwrap();
    write(&place.path, "ann.json", r#"{"id": "person:ann", "accounts": ["a", "b", "c", "d"]}"#);
    write(&place.path, "bob.json", r#"{"id": "person:bob", "accounts": []}"#);
    let eval = |more: &str| countersign(&format!("policy eval policies/access_001.rego {more}"), &place.path).run();
    let ran = eval("--input ann.json --trace").exits(Exit::Clean);
    assert!(ran.stdout.contains("finding person:ann: say what is wrong\n1 finding\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("seen person:ann"), "{}", ran.stdout);
    assert!(ran.stdout.contains("helper  undefined"), "{}", ran.stdout);
    let ran = eval("--input bob.json").exits(Exit::Clean);
    assert!(ran.stdout.ends_with("the policy finds nothing\n"), "{}", ran.stdout);
    let report = eval("--input ann.json --trace --json").exits(Exit::Clean).json();
    assert_eq!(report["findings"][0]["message"], "person:ann: say what is wrong");
    assert_eq!(report["rules"][1]["defined"], false);
    // What may be printed here may not in a check.
    let ran = countersign("policy lint policies", &place.path).run().exits(Exit::Usage);
    assert!(flowing(&ran.stderr).contains("take it away when that is done"), "{}", ran.stderr);
    eval("--input missing.json").exits(Exit::Usage);
    write(&place.path, "bad.json", "{");
    eval("--input bad.json").exits(Exit::Usage);
}

#[test]
fn laying_out_changes_blanks_alone_and_only_where_there_is_something_to_change() {
    let place = Folder::new();
    countersign("policy new ACME-ACCESS-001", &place.path).run().exits(Exit::Clean);
    countersign("policy new ACME-ACCESS-002", &place.path).run().exits(Exit::Clean);
    let right = contents(&place.path);
    countersign("policy fmt policies", &place.path).run().exits(Exit::Clean).says("4 files: nothing to lay out");
    assert_eq!(contents(&place.path), right, "what `policy new` writes is laid out");
    let path = place.path.join("policies/access_001.rego");
    let good = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, good.replace('\t', "  ").replace(" := ", ":=").replace('\n', "\r\n")).unwrap();
    let flat = contents(&place.path);
    let ran = countersign("policy fmt policies --check", &place.path).run().exits(Exit::Blocked).without_complaint();
    assert_eq!(ran.stdout, "policies/access_001.rego\n1 of 4 files to lay out\nnext: countersign policy fmt\n");
    assert_eq!(contents(&place.path), flat);
    // One file that is no Rego, and no other is touched.
    write(&place.path, "policies/none.rego", "package \"open\n");
    let ran = countersign("policy fmt policies", &place.path).run().exits(Exit::Usage);
    assert!(flowing(&ran.stderr).contains("none.rego cannot be laid out"), "{}", ran.stderr);
    std::fs::remove_file(place.path.join("policies/none.rego")).unwrap();
    assert_eq!(contents(&place.path), flat);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    }
    let ran = countersign("policy fmt policies", &place.path).run().exits(Exit::Clean).without_complaint();
    assert_eq!(ran.stdout, "policies/access_001.rego\n1 of 4 files laid out\n");
    assert_eq!(contents(&place.path), right);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }
    let one = "policy fmt policies/access_002.rego policies/access_002.rego";
    countersign(one, &place.path).run().exits(Exit::Clean).says("1 file: nothing to lay out");
    countersign("policy fmt", &place.path).run().exits(Exit::Usage).complains("names no folder under");
    countersign("policy fmt elsewhere", &place.path).run().exits(Exit::Usage);
}

#[test]
fn the_library_is_there_in_tests_checks_and_trials() {
    let place = Folder::new();
    countersign("policy new ACME-ACCESS-001", &place.path).run().exits(Exit::Clean);
    let path = place.path.join("policies/access_001.rego");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace("import rego.v1\n", "import rego.v1\n\nimport data.countersign.lib\n");
    std::fs::write(
        &path,
        text.replace("count(input.accounts) > 3", "lib.is_person(input.id)\n\tcount(input.accounts) > 3"),
    )
    .unwrap();
    countersign("policy lint policies", &place.path).run().exits(Exit::Clean);
    countersign("test policies", &place.path).run().exits(Exit::Clean);
    write(&place.path, "countersign.yaml", "version: 1\npolicies: [policies]\n");
    check("--no-record", &place.path).exits(Exit::Clean);
}

#[test]
fn the_page_of_the_policies_that_ship_is_what_the_command_writes() {
    let root = Path::new(ROOT);
    let ran = countersign("policy doc", root).run().exits(Exit::Clean).without_complaint();
    let path = root.join("docs/policies.md");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|value| value == "always") {
        std::fs::write(&path, &ran.stdout).unwrap();
    }
    assert_eq!(
        ran.stdout,
        std::fs::read_to_string(&path).unwrap(),
        "write docs/policies.md with `countersign policy doc`"
    );
    let all = countersign("policy doc --output json", root).run().exits(Exit::Clean).json();
    let all = all["policies"].as_array().unwrap().clone();
    assert_eq!(all.len(), ran.stdout.matches("\n### ").count());
    assert!(all.iter().all(|policy| policy["built_in"] == true && policy["title"].as_str().is_some()));
    let own = countersign("policy doc --own --output json", root).run().exits(Exit::Clean).json();
    assert_eq!(own["policies"].as_array().unwrap().len(), 0);
}
