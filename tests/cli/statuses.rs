//! Exit statuses.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use countersign::cli::Exit;

use super::places::{Folder, write};
use super::runner::{check, countersign};
use super::world::{BILLS, BROKEN, CONFIG, PAYMENTS, folder};

#[test]
fn clean_is_0() {
    check("", &folder(&[BILLS]).path).exits(Exit::Clean).says("pass: nothing found").without_complaint();
}

#[test]
fn nothing_expected_and_nothing_there_is_0() {
    let place = Folder::with(&[("README.md", "# Hello\n")]);
    check("", &place.path).exits(Exit::Clean).says("there are no access definitions here, and none are expected");
    check("", &Folder::new().path).exits(Exit::Clean);
}

#[test]
fn a_conflict_made_by_two_files_that_look_harmless_is_1() {
    check("", &folder(&[BILLS]).path).exits(Exit::Clean);
    check("", &folder(&[PAYMENTS]).path).exits(Exit::Clean);
    check("", &folder(&[BILLS, PAYMENTS]).path)
        .exits(Exit::Blocked)
        .says("grants/bills.yaml")
        .says("grants/payments.yaml")
        .says("blocked: 1 finding must be cleared")
        .without_complaint();
}

#[test]
fn without_a_base_every_finding_counts_as_introduced() {
    let ran = check("--output json", &folder(&[BILLS, PAYMENTS]).path).exits(Exit::Blocked);
    let summary = &ran.json()["summary"]["state"];
    assert_eq!((&summary["existing"], &summary["resolved"]), (&0.into(), &0.into()));
    assert_ne!(summary["introduced"], 0);
}

#[test]
fn wrong_usage_is_2() {
    let place = folder(&[]);
    for (line, complaint) in [
        ("check --bass main", "unexpected argument '--bass'"),
        ("check a b", "unexpected argument 'b'"),
        ("chekc", "'check'"),
        ("", "Usage: countersign"),
        ("check nowhere", "does not exist"),
        ("check people.yaml", "is not a folder"),
        ("check --staged --base main", "cannot be used with"),
        ("check --staged --head main", "cannot be used with"),
        ("check --staged --require-evidence", "cannot be used with"),
        ("check --no-record --require-evidence", "cannot be used with"),
        ("check --output xml", "`xml` is not a format; there are: human, json, sarif, github, gitlab, junit, markdown"),
        ("check --output json=", "a path is missing behind `json=`"),
        ("check --show everything", "`everything` cannot be shown"),
        ("check --config nowhere.yaml", "nowhere.yaml cannot be read"),
        ("check --policy nowhere", "nowhere is neither a folder nor a bundle"),
        ("check --policy .", ". holds no policies"),
    ] {
        let ran = countersign(line, &place.path).run().exits(Exit::Usage).complains(complaint);
        assert_eq!(ran.stdout, "", "{line} says something on standard output");
    }
}

#[test]
fn help_and_version_are_0_and_go_to_standard_output() {
    let place = Folder::new();
    countersign("--version", &place.path).run().exits(Exit::Clean).says("countersign 0.").without_complaint();
    countersign("--help", &place.path).run().exits(Exit::Clean).says("Usage: countersign").without_complaint();
}

#[test]
fn wrong_rules_are_2_with_their_line() {
    let place = folder(&[BILLS, PAYMENTS, ("countersign.yaml", "version: 1\nin_scpoe: [\"erp/**\"]\n")]);
    check("", &place.path)
        .exits(Exit::Usage)
        .complains("countersign.yaml:2:1")
        .complains("`in_scpoe`")
        .complains("did you mean `in_scope`?");
    // All of them at once, so that one run shows everything there is to mend.
    write(&place.path, "countersign.yaml", "version: 1\nenforcement: {conflicts: {P2P-99: block}}\n");
    write(&place.path, ".countersign/approvals/a.yaml", "apiVersion: countersign.dev/v1\nkind: Aproval\n");
    check("", &place.path).exits(Exit::Usage).complains("P2P-99").complains(".countersign/approvals/a.yaml:2:7");
}

#[test]
fn a_revision_outside_of_git_is_2() {
    let place = folder(&[]);
    for line in ["--base main", "--head main", "--staged"] {
        check(line, &place.path).exits(Exit::Usage).complains("git repository");
    }
}

#[test]
fn nothing_collected_although_expected_is_3() {
    let config = format!("{CONFIG}in_scope: [\"erp/**\"]\n");
    let place = Folder::with(&[("countersign.yaml", &config), ("README.md", "# Hello\n")]);
    check("", &place.path).exits(Exit::NothingCollected).says("nothing was judged").without_complaint();
}

#[test]
fn a_definition_that_could_not_be_evaluated_is_4() {
    check("", &folder(&[BROKEN]).path)
        .exits(Exit::NotEvaluated)
        .says("grants/broken.yaml")
        .says("not evaluated")
        .without_complaint();
}

#[test]
fn a_definition_that_was_broken_before_changes_no_status() {
    let (head, base) = (folder(&[BROKEN, BILLS]), folder(&[BROKEN]));
    countersign("check --base", &head.path).with([&base.path]).run().exits(Exit::Clean);
}

#[test]
fn precedence_is_2_1_4_3_0() {
    let wrong = ("countersign.yaml", "version: 2\n");
    let scoped = format!("{CONFIG}in_scope: [\"erp/**\"]\n");
    let scoped = ("countersign.yaml", scoped.as_str());
    check("", &folder(&[BILLS, PAYMENTS, BROKEN, wrong]).path).exits(Exit::Usage);
    check("", &folder(&[BILLS, PAYMENTS, BROKEN, scoped]).path).exits(Exit::Blocked);
    check("", &folder(&[BROKEN, scoped]).path).exits(Exit::NotEvaluated);
    check("", &folder(&[BILLS, scoped]).path).exits(Exit::NothingCollected);
}

#[test]
fn the_status_is_the_same_in_every_format() {
    let scoped = format!("{CONFIG}in_scope: [\"erp/**\"]\n");
    let scoped = ("countersign.yaml", scoped.as_str());
    let broken_rules = ("countersign.yaml", "version: 2\n");
    for (more, exit) in [
        (vec![BILLS], Exit::Clean),
        (vec![BILLS, PAYMENTS], Exit::Blocked),
        (vec![broken_rules], Exit::Usage),
        (vec![scoped], Exit::NothingCollected),
        (vec![BROKEN], Exit::NotEvaluated),
    ] {
        let place = folder(&more);
        for format in
            ["human", "json", "sarif", "github", "gitlab", "junit", "markdown", "json=out.json", "junit=out.xml"]
        {
            check(&format!("--no-record --output {format}"), &place.path).exits(exit);
        }
    }
}

#[test]
fn the_readme_lists_every_exit_status() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let cells = |line: &str| -> Option<(u8, String)> {
        let mut cells = line.trim().strip_prefix('|')?.strip_suffix('|')?.splitn(2, '|');
        let code = cells.next()?.trim().trim_matches('`').parse().ok()?;
        Some((code, cells.next()?.trim().to_owned()))
    };
    let written: Vec<(u8, String)> = readme.lines().filter_map(cells).collect();
    let meant: Vec<(u8, String)> = Exit::ALL.iter().map(|exit| (exit.code(), exit.meaning().to_owned())).collect();
    assert_eq!(written, meant);
}

#[test]
fn every_exit_status_has_a_number_of_its_own() {
    let codes: BTreeSet<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
    assert_eq!(codes.len(), Exit::ALL.len());
}
