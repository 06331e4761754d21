//! Who may approve: several together, in somebody's place, several at once, and whoever holds a role.

use countersign::cli::Exit;

use super::places::Repository;
use super::records::{OLGA_KEY, TARA_KEY, public, sign};
use super::runner::{Ran, check, countersign};
use super::world::{ADMIN, repository};

const SYSTEMS: &str = "\
version: 1
systems: [{paths: [\"rbac/**\"], id: \"kubernetes:blue\"}]
rulesets: [{id: cs-p2p, owner: person:olga.brandt}]
";

const MIRA_KEY: &str = "ecdsa384";

/// A repository with this authority, and a change that makes Sam administrator.
fn company(authority: &str) -> Repository {
    let signers = format!(
        "tara.moss@example.com {}\nperson:olga.brandt {}\nperson:mira.vale {}\nperson:tara.moss {}\n",
        public(TARA_KEY).trim(),
        public(OLGA_KEY).trim(),
        public(MIRA_KEY).trim(),
        public("ecdsa521").trim(),
    );
    let config = format!("{SYSTEMS}authority:\n{authority}");
    let place = repository(&[("countersign.yaml", &config), (".countersign/allowed_signers", &signers)]);
    place.branch("admin", "main").write(&[ADMIN]);
    place
}

fn approve(place: &Repository, approvers: &[&str], more: &str) {
    let line = "approval new --subject person:sam.reed --duty SUPER --reason nights --id nights";
    let named: Vec<&str> = approvers.iter().flat_map(|who| ["--approver", who]).collect();
    countersign(&format!("{line} {more}"), place.path()).with(named).run().exits(Exit::Clean);
}

fn sign_as(place: &Repository, who: &str, key: &str) {
    sign(place, &format!("approval sign nights --as {who}"), key);
}

fn judge(place: &Repository) -> Ran {
    place.commit("Let Sam administer the cluster");
    check("--base main --head admin", place.path())
}

const TWO: &str = "  control_owners: [person:nora.lind]
  approvers: [{people: [person:tara.moss, person:olga.brandt, person:mira.vale], records: [approval], quorum: 2}]
";

#[test]
fn where_two_are_needed_one_is_not_enough() {
    let place = company(TWO);
    judge(&place).exits(Exit::Blocked).says("CS-GRANT-001").says("may approve it");
    approve(&place, &["person:tara.moss", "person:olga.brandt"], "");
    sign_as(&place, "person:tara.moss", TARA_KEY);
    judge(&place)
        .exits(Exit::Blocked)
        .says("the approval nights has 1 of the 2 approvers that it takes")
        .says("is listed for others than");
    sign_as(&place, "person:olga.brandt", OLGA_KEY);
    judge(&place).exits(Exit::Clean).says("person:tara.moss and person:olga.brandt approved it until");
}

#[test]
fn the_same_person_twice_is_one_person() {
    // Named twice, and signed with both of her keys.
    let place = company(TWO);
    approve(&place, &["person:tara.moss", "person:tara.moss"], "");
    sign(&place, "approval sign nights", TARA_KEY);
    let path = place.path().join(".countersign/approvals/nights.yaml.tara.moss");
    std::fs::rename(path.with_extension("moss.sig"), path.with_extension("moss.first.sig")).unwrap();
    sign(&place, "approval sign nights", "ecdsa521");
    judge(&place).exits(Exit::Blocked).says("the approval nights has 1 of the 2 approvers that it takes");
    // In somebody else's name, with her own key.
    let place = company(TWO);
    approve(&place, &["person:tara.moss", "person:olga.brandt"], "");
    sign_as(&place, "person:tara.moss", TARA_KEY);
    sign_as(&place, "person:olga.brandt", "ecdsa521");
    judge(&place).exits(Exit::Blocked).says("the approval nights has 1 of the 2 approvers that it takes");
}

#[test]
fn an_approver_too_many_does_no_harm_and_one_without_authority_does_not_count() {
    let place = company(TWO);
    approve(&place, &["person:tara.moss", "person:olga.brandt", "person:mira.vale"], "");
    sign_as(&place, "person:olga.brandt", OLGA_KEY);
    sign_as(&place, "person:mira.vale", MIRA_KEY);
    judge(&place).exits(Exit::Clean).says("person:olga.brandt and person:mira.vale approved it until");
    let place = company(&TWO.replace(", person:mira.vale", ""));
    approve(&place, &["person:tara.moss", "person:mira.vale"], "");
    sign_as(&place, "person:tara.moss", TARA_KEY);
    sign_as(&place, "person:mira.vale", MIRA_KEY);
    judge(&place).exits(Exit::Blocked).says("the approval nights has 1 of the 2 approvers that it takes");
}

#[test]
fn two_rows_do_not_make_up_for_each_other() {
    let place = company(
        "  approvers:\n    - {people: [person:tara.moss, person:nora.lind], records: [approval], quorum: 2}\n    - \
         {people: [person:olga.brandt, person:mira.vale], records: [approval], quorum: 2}\n",
    );
    approve(&place, &["person:tara.moss", "person:olga.brandt"], "");
    sign_as(&place, "person:tara.moss", TARA_KEY);
    sign_as(&place, "person:olga.brandt", OLGA_KEY);
    judge(&place).exits(Exit::Blocked).says("the approval nights has 1 of the 2 approvers that it takes");
}

const DEPUTY: &str = "  control_owners: [person:nora.lind]
  approvers: [{people: [person:tara.moss], records: [approval]}]
  deputies:
    - {of: person:tara.moss, person: person:mira.vale, from: 2026-11-20, until: 2026-11-24}
    - {of: person:mira.vale, person: person:olga.brandt, from: 2026-01-01, until: 2027-12-31}
";

#[test]
fn a_deputy_approves_from_the_first_day_to_the_last() {
    let place = company(DEPUTY);
    approve(&place, &["person:mira.vale"], "--not-before 2026-11-01");
    sign(&place, "approval sign nights", MIRA_KEY);
    place.commit("Let Sam administer the cluster");
    let at = |instant: &str| check(&format!("--base main --head admin --as-of {instant}"), place.path());
    for within in ["2026-11-20T00:00:00Z", "2026-11-22T12:00:00Z", "2026-11-24T23:59:59Z"] {
        at(within).exits(Exit::Clean).says("person:mira.vale approved it until");
    }
    for outside in ["2026-11-19T23:59:59Z", "2026-11-25T00:00:00Z"] {
        at(outside).exits(Exit::Blocked).says("person:mira.vale has no authority over this");
    }
}

#[test]
fn a_deputy_hands_nothing_on_and_counts_beside_whom_they_stand_for() {
    let place = company(DEPUTY);
    approve(&place, &["person:olga.brandt"], "");
    sign(&place, "approval sign nights", OLGA_KEY);
    judge(&place).exits(Exit::Blocked).says("person:olga.brandt has no authority over this");
    // Where two are needed, a deputy is one of them and does not stand for both.
    let two = "  approvers: [{people: [person:tara.moss, person:olga.brandt], records: [approval], quorum: 2}]
  deputies:
    - {of: person:tara.moss, person: person:mira.vale, from: 2026-11-20, until: 2026-11-24}
    - {of: person:olga.brandt, person: person:mira.vale, from: 2026-11-20, until: 2026-11-24}
";
    let place = company(two);
    approve(&place, &["person:mira.vale", "person:olga.brandt"], "");
    sign_as(&place, "person:mira.vale", MIRA_KEY);
    judge(&place).exits(Exit::Blocked).says("the approval nights has 1 of the 2 approvers that it takes");
    sign_as(&place, "person:olga.brandt", OLGA_KEY);
    judge(&place).exits(Exit::Clean).says("person:mira.vale and person:olga.brandt approved it until");
}

const ONE: &str = "  control_owners: [person:nora.lind]
  approvers: [{people: [person:tara.moss], records: [approval]}]
";

/// Makes somebody administrator of the cluster.
fn administrator(name: &str) -> String {
    ADMIN.1.replace("name: on-call", &format!("name: {name}")).replace("sam.reed", name)
}

const ACCOUNTS: (&str, &str) = (
    "more.yaml",
    "\
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: ida.berg}
spec: {accounts: [{system: \"kubernetes:blue\", name: ida.berg}]}
---
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: per.holm}
spec: {accounts: [{system: \"kubernetes:blue\", name: per.holm}]}
",
);

#[test]
fn a_batch_approves_whom_it_names_and_nobody_else() {
    let place = company(ONE);
    let (ida, per) = (administrator("ida.berg"), administrator("per.holm"));
    place.write(&[ACCOUNTS, ("rbac/ida.yaml", &ida)]);
    approve(&place, &["person:tara.moss"], "");
    let path = ".countersign/approvals/nights.yaml";
    let text = std::fs::read_to_string(place.path().join(path)).unwrap();
    let batch = |more: &str| text.replace("subject: person:sam.reed", &format!("subjects: [person:sam.reed{more}]"));
    place.write(&[(path, &batch(", person:ida.berg"))]);
    sign(&place, "approval sign nights", TARA_KEY);
    judge(&place).exits(Exit::Clean).says("person:tara.moss approved it until");
    place.write(&[("rbac/per.yaml", &per)]);
    let ran = judge(&place).exits(Exit::Blocked).says("per.holm would be able to administer a whole system");
    assert!(ran.stdout.contains("blocked: 1 finding"), "{}", ran.stdout);
    // Somebody who is added to it after it was signed is not in what was signed.
    place.write(&[(path, &batch(", person:ida.berg, person:per.holm"))]);
    judge(&place).exits(Exit::Blocked).says("its signature does not fit what was signed");
    // And nobody approves a batch that they are in.
    place.write(&[(path, &batch(", person:tara.moss"))]);
    judge(&place).exits(Exit::Usage).complains("nobody approves anything for themselves");
}

#[test]
fn one_command_asks_for_everybody_whom_one_cause_makes_privileged() {
    let place = company(ONE);
    let ida = administrator("ida.berg");
    place.write(&[ACCOUNTS, ("rbac/ida.yaml", &ida)]);
    // Twice the same person is one.
    approve(&place, &["person:tara.moss"], "--subject person:ida.berg --subject person:sam.reed");
    sign(&place, "approval sign nights", TARA_KEY);
    judge(&place).exits(Exit::Clean).says("pass: 2 new findings that somebody answers for");
}

#[test]
fn who_reaches_less_far_is_approved_no_further() {
    let place = company(ONE);
    let narrow = administrator("ida.berg")
        .replace("kind: ClusterRoleBinding", "kind: RoleBinding")
        .replace("metadata: {name: ida.berg}", "metadata: {name: ida.berg, namespace: shop}");
    assert!(narrow.contains("namespace: shop"), "{narrow}");
    place.write(&[ACCOUNTS, ("rbac/ida.yaml", &narrow)]);
    let line = "approval new --subject person:sam.reed --subject person:ida.berg --reason nights --id nights --approver \
                person:tara.moss --duty";
    let ran = countersign(&format!("{line} SUPER"), place.path()).run();
    ran.exits(Exit::Clean)
        .says("wrote .countersign/approvals/nights.yaml")
        .says("wrote .countersign/approvals/nights-2.yaml");
    sign(&place, "approval sign nights", TARA_KEY);
    sign(&place, "approval sign nights-2", TARA_KEY);
    judge(&place).exits(Exit::Clean).says("pass: 2 new findings that somebody answers for");
    place.write(&[("rbac/ida.yaml", &administrator("ida.berg"))]);
    judge(&place).exits(Exit::Blocked).says("ida.berg would be able to administer a whole system");
}

#[test]
fn an_approver_whom_the_tree_does_not_know_is_said_at_once() {
    let place = company(ONE);
    let line = "approval new --subject person:sam.reed --duty SUPER --reason nights --approver";
    countersign(&format!("{line} person:nobody.here --id one"), place.path())
        .run()
        .exits(Exit::Clean)
        .says("warning: person:nobody.here is declared nowhere here")
        .says("`id: nobody.here`");
    let known = countersign(&format!("{line} person:tara.moss --id two"), place.path()).run();
    assert!(!known.exits(Exit::Clean).stdout.contains("warning"));
}

const STANDING: &str = "approval new --role role:kubernetes:blue/clusterrole/cluster-admin --duty SUPER --system \
                        kubernetes:blue --approver person:tara.moss --reason on-call --id nights";

#[test]
fn a_standing_approval_is_of_whoever_holds_the_role() {
    let place = company(ONE);
    countersign(STANDING, place.path()).run().exits(Exit::Clean);
    judge(&place).exits(Exit::Blocked).says("nothing proves that person:tara.moss gave it: it is not signed");
    sign(&place, "approval sign nights", TARA_KEY);
    judge(&place).exits(Exit::Clean).says("person:tara.moss approved it until");
    // Once it has landed it holds for the next one, too.
    place.git("checkout --quiet -B main admin");
    let ida = administrator("ida.berg");
    place.git("checkout --quiet -B admin main");
    place.write(&[ACCOUNTS, ("rbac/ida.yaml", &ida)]);
    judge(&place).exits(Exit::Clean).says("person:tara.moss approved it until");
}

#[test]
fn a_standing_approval_is_of_nothing_but_its_role() {
    let role = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: helper}
rules: [{apiGroups: [\"*\"], resources: [\"*\"], verbs: [\"*\"]}]
---
";
    let binding = administrator("per.holm").replace("name: cluster-admin", "name: helper");
    let helper = format!("{role}{binding}");
    let place = company(ONE);
    countersign(STANDING, place.path()).run().exits(Exit::Clean);
    sign(&place, "approval sign nights", TARA_KEY);
    place.commit("Stand by");
    place.git("checkout --quiet -B main admin");
    // The same duty by another role is not what was approved.
    place.git("checkout --quiet -B admin main");
    place.write(&[ACCOUNTS, ("rbac/helper.yaml", &helper)]);
    judge(&place).exits(Exit::Blocked).says("per.holm would be able to administer a whole system");
    // Neither is another way to it beside the role.
    place.write(&[("rbac/per.yaml", &administrator("per.holm"))]);
    judge(&place).exits(Exit::Blocked).says("per.holm would be able to administer a whole system");
    // Whoever gave it does not receive by it.
    let place = company(ONE);
    countersign(STANDING, place.path()).run().exits(Exit::Clean);
    sign(&place, "approval sign nights", TARA_KEY);
    let tara = "apiVersion: countersign.dev/v1\nkind: Person\nmetadata: {id: tara.moss}\nspec: {accounts: [{system: \
                \"kubernetes:blue\", name: tara.moss}]}\n";
    place.write(&[("tara.yaml", tara), ("rbac/tara.yaml", &administrator("tara.moss"))]);
    judge(&place).exits(Exit::Blocked).says("person:tara.moss would approve for themselves");
}

#[test]
fn who_makes_the_rules_weaker_does_not_approve_that() {
    let place = company("  control_owners: [person:nora.lind, person:olga.brandt]\n");
    place.git("checkout --quiet -B admin main");
    let config = format!(
        "{SYSTEMS}enforcement: {{policies: {{CS-SOD-001: warn}}}}\nauthority:\n  control_owners: [person:nora.lind, person:olga.brandt]\n"
    );
    place.write(&[("countersign.yaml", &config)]);
    countersign("approval new --rules --reason agreed --id nights", place.path())
        .with(["--approver", "person:nora.lind"])
        .run()
        .exits(Exit::Clean);
    // Nora is the one who commits.
    judge(&place).exits(Exit::Blocked).says("CS-GATE-001").says("person:nora.lind is an author of this change");
}
