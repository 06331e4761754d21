//! Rules given by options: a configuration, policies, an instant.

use countersign::cli::Exit;

use super::places::{Folder, write};
use super::runner::{check, countersign, findings};
use super::world::{ADMIN, BILLS, CONFIG, PAYMENTS, folder, repository};

/// A policy that finds everybody who holds anything.
const POLICY: &str = "\
# METADATA
# title: somebody holds a duty
# custom:
#   id: ACME-001
#   severity: high
#   scope: principal
#   input: principal/v1
package acme.holds

finding contains f if {
	count(input.duties) > 0
	f := {\"severity\": \"high\", \"message\": sprintf(\"%s holds something\", [input.name])}
}
";

fn policies(text: &str) -> Folder {
    Folder::with(&[("own/holds.rego", text)])
}

#[test]
fn config_replaces_the_configuration() {
    let place = folder(&[BILLS, PAYMENTS]);
    let elsewhere = Folder::with(&[("lenient.yaml", "version: 1\nexclude: [\"grants/**\"]\n")]);
    let config = elsewhere.path.join("lenient.yaml");
    check("", &place.path).exits(Exit::Blocked);
    let run = || countersign("check --config", &place.path).with([&config]);
    run().run().exits(Exit::Clean).says("2 files are excluded");
    // Also where a target has one, and also one that is wrong; then its own path is shown.
    let repository = repository(&[]);
    repository.branch("payments", "main").write(&[BILLS, PAYMENTS]).commit("Let Mira pay");
    countersign("check --base main --config", repository.path()).with([&config]).run().exits(Exit::Clean);
    write(&elsewhere.path, "lenient.yaml", "exclude: 1\n");
    run().run().exits(Exit::Usage).complains(&format!("{}:1:10", config.display()));
}

#[test]
fn a_policy_of_ones_own_is_a_policy_like_any_other() {
    let place = folder(&[BILLS]);
    let own = policies(POLICY);
    check("", &place.path).exits(Exit::Clean);
    let ran = countersign("check --output json --policy", &place.path).with([&own.path]).run().exits(Exit::Blocked);
    assert_eq!(findings(&ran.json()), ["introduced ACME-001 person:mira.vale!"]);
    assert_eq!(ran.json()["findings"][0]["message"], "mira.vale holds something");
    // The same where the repository keeps it, by habit or by configuration.
    check("", &folder(&[BILLS, (".countersign/policies/holds.rego", POLICY)]).path).exits(Exit::Blocked);
    let own = folder(&[(".countersign/policies/holds.rego", POLICY)]);
    let id = POLICY.lines().find_map(|line| line.strip_prefix("#   id: ")).unwrap();
    countersign("policy list", &own.path).run().exits(Exit::Clean).says(id);
    countersign(&format!("policy show {id}"), &own.path).run().exits(Exit::Clean).says(id);
    let config = format!("{CONFIG}policies: [rego]\n");
    let listed = folder(&[BILLS, ("countersign.yaml", &config), ("rego/deep/holds.rego", POLICY)]);
    check("", &listed.path).exits(Exit::Blocked);
    // Rego elsewhere, and a policy's test, are not loaded.
    check("", &folder(&[BILLS, ("rego/holds.rego", "package wrong[")]).path).exits(Exit::Clean);
    check("", &folder(&[BILLS, (".countersign/policies/holds_test.rego", "package wrong[")]).path).exits(Exit::Clean);
}

#[test]
fn a_policy_that_the_change_brings_does_not_judge_it() {
    let place = repository(&[]);
    place.branch("own", "main").write(&[BILLS, (".countersign/policies/holds.rego", POLICY)]).commit("Judge more");
    check("--base main --head own", place.path()).exits(Exit::Clean).says("this change edits 1 rule file");
}

#[test]
fn a_broken_policy_is_2_with_its_line() {
    let place = folder(&[BILLS]);
    for (text, complaints) in [
        (POLICY.replace("count(input.duties) > 0", "count(input.duties >"), ["holds.rego:1", "own"]),
        (POLICY.replace("severity: high", "severity: dire"), ["holds.rego:5:1", "dire"]),
        (POLICY.replace("#   scope: principal", "#   scopes: principal"), ["holds.rego:6:1", "did you mean `scope`?"]),
        (POLICY.replace("count(input.duties) > 0", "time.now_ns() > 0"), ["holds.rego:11", "time.now_ns"]),
    ] {
        let own = policies(&text);
        let mut ran = countersign("check --policy", &place.path).with([own.path.join("own")]).run().exits(Exit::Usage);
        for complaint in complaints {
            ran = ran.complains(complaint);
        }
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn a_policy_cannot_take_an_id_that_is_ours() {
    let place = folder(&[BILLS]);
    for id in ["CS-SOD-001", "CS-ACME-001"] {
        let own = policies(&POLICY.replace("ACME-001", id));
        countersign("check --policy", &place.path).with([&own.path]).run().exits(Exit::Usage).complains(id);
    }
    // Two of one's own neither share an id.
    let own = policies(POLICY).and(&[("other.rego", &POLICY.replace("acme.holds", "acme.other"))]);
    countersign("check --policy", &place.path).with([&own.path]).run().exits(Exit::Usage).complains("ACME-001");
}

#[test]
fn the_instant_changes_a_verdict() {
    let lapsing = PAYMENTS.1.replace("role: payer", "role: payer, until: 2026-11-30");
    let place = folder(&[BILLS, (PAYMENTS.0, &lapsing)]);
    check("", &place.path).exits(Exit::Blocked);
    check("--as-of 2026-11-29T00:00:00Z", &place.path).exits(Exit::Blocked);
    check("--as-of 2026-12-02T00:00:00Z", &place.path).exits(Exit::Clean);
    let report = check("--as-of 2026-12-02T01:00:00+01:00 --output json", &place.path).json();
    assert_eq!(report["as_of"], "2026-12-02T00:00:00Z");
}

#[test]
fn what_is_no_instant_is_2_and_shows_how_to_write_one() {
    let place = folder(&[]);
    for text in ["yesterday", "2026-11-21", "2026-13-01T00:00:00Z", "2026-11-21T00:00:00"] {
        for command in ["check", "access"] {
            countersign(&format!("{command} --as-of {text}"), &place.path)
                .run()
                .exits(Exit::Usage)
                .complains(&format!("`{text}` is not an instant"))
                .complains("write it as 2026-11-21T00:00:00Z");
        }
    }
}

#[test]
fn strict_counts_what_is_conditional() {
    let limited = "\
{\"UserDetailList\": [{\"UserName\": \"sam\", \"Arn\": \"arn:aws:iam::111122223333:user/sam\", \"UserPolicyList\": \
[{\"PolicyName\": \"all\", \"PolicyDocument\": {\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \
\"Action\": \"*\", \"Resource\": \"*\", \"Condition\": {\"Bool\": {\"aws:MultiFactorAuthPresent\": \"true\"}}}]}}]}], \
\"GroupDetailList\": [], \"RoleDetailList\": [], \"Policies\": []}";
    let place = folder(&[("aws/account.json", limited)]);
    check("", &place.path).exits(Exit::Clean).says("only a warning, since it is held only under a condition");
    check("--strict", &place.path).exits(Exit::Blocked);
}

#[test]
fn enforcement_decides_what_blocks() {
    let config = format!("{CONFIG}enforcement: {{policies: {{CS-GRANT-001: warn}}}}\n");
    check("", &folder(&[ADMIN]).path).exits(Exit::Blocked);
    check("", &folder(&[ADMIN, ("countersign.yaml", &config)]).path).exits(Exit::Clean).says("1 warning to look at");
}
