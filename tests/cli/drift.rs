//! `drift`: what is declared, held against exports of what systems really have.

use std::fs;

use countersign::cli::Exit;
use countersign::store::Digest;
use serde_json::{Value, json};

use super::places::{Folder, Repository, scratch, write};
use super::runner::{Ran, countersign};
use super::world::{ADMIN, BILLS, PAYMENTS, START, repository};

/// A tree, with room for exports beside it.
fn beside(files: &[(&str, &str)]) -> Folder {
    let place = Folder::new();
    files.iter().for_each(|(path, text)| write(&place.path, &format!("tree/{path}"), text));
    place
}

/// The same of the world of the other tests.
fn world(more: &[(&str, &str)]) -> Folder {
    beside(&[START, more].concat())
}

fn drift(place: &Folder, line: &str) -> Ran {
    countersign(&format!("drift --path tree {line}"), &place.path).run()
}

/// What came of each thing that is not on both sides, in a line each.
fn lines(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = |line: &Value| {
        let what = [
            text(&line["what"]),
            line["permissions"]
                .as_array()
                .map_or(String::new(), |all| all.iter().map(text).collect::<Vec<_>>().join("; ")),
        ];
        let what = what.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        format!("{} {} {} {what}", text(&line["outcome"]), text(&line["aspect"]), text(&line["subject"]))
            .trim()
            .to_owned()
    };
    let all = report["lines"].as_array().unwrap().iter();
    all.filter(|line| line["outcome"] != "reconciled").map(told).collect()
}

fn exposed(report: &Value) -> Vec<String> {
    let all = report["exposures"].as_array().unwrap().iter().filter(|own| own["what"] != "duty");
    all.map(|own| format!("{} {} {}", own["severity"], own["id"], own["principal"]).replace('"', "")).collect()
}

/// Ann, as Terraform declares her: she may read.
const TERRAFORM: (&str, &str) = (
    "main.tf",
    r#"
resource "aws_iam_user" "ann" {
  name = "ann"
}
resource "aws_iam_user_policy_attachment" "ann" {
  user       = aws_iam_user.ann.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
"#,
);

const ANN: &str = "account:aws:111122223333/arn:aws:iam::111122223333:user/ann";

/// An account as `aws iam get-account-authorization-details` lists it: Ann with these policies, and a role of a service.
fn account(policies: &[&str], truncated: bool) -> String {
    let attached: Vec<Value> = policies
        .iter()
        .map(|name| json!({"PolicyName": name, "PolicyArn": format!("arn:aws:iam::aws:policy/{name}")}))
        .collect();
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "support.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]});
    let role = "arn:aws:iam::111122223333:role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport";
    let attached_to_role = json!([{
        "PolicyName": "AWSSupportServiceRolePolicy",
        "PolicyArn": "arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy",
    }]);
    let export = json!({
        "UserDetailList": [{
            "Path": "/", "UserName": "ann", "UserId": "AIDA1",
            "Arn": "arn:aws:iam::111122223333:user/ann",
            "GroupList": [], "AttachedManagedPolicies": attached,
        }],
        "GroupDetailList": [],
        "RoleDetailList": [{
            "Path": "/aws-service-role/support.amazonaws.com/", "RoleName": "AWSServiceRoleForSupport",
            "Arn": role, "AssumeRolePolicyDocument": trust, "RolePolicyList": [],
            "AttachedManagedPolicies": attached_to_role,
        }],
        "Policies": [],
        "IsTruncated": truncated,
    });
    serde_json::to_string_pretty(&export).unwrap()
}

#[test]
fn an_account_that_is_as_terraform_declares_it_is_no_drift() {
    let place = beside(&[TERRAFORM]);
    write(&place.path, "account.json", &account(&["ReadOnlyAccess"], false));
    let ran = drift(&place, "--observed account.json --as aws").exits(Exit::Clean).without_complaint();
    ran.says("no drift: 1 on both sides, in aws:111122223333")
        .says("the tree does not say which account it declares; it was taken for the export's")
        .says("2 set aside: it is about a service-linked role, whose policies the service of AWS controls")
        .says("user 1");
}

#[test]
fn a_policy_that_somebody_attached_by_hand_is_drift_with_what_it_confers() {
    let place = beside(&[TERRAFORM]);
    write(&place.path, "account.json", &account(&["AdministratorAccess"], false));
    let ran = drift(&place, "--observed account.json --as aws --format json").exits(Exit::Blocked);
    let report = ran.json();
    let schema = countersign("schema drift", &place.path).run().exits(Exit::Clean).json();
    if let Err(error) = jsonschema::validate(&schema, &report) {
        panic!("{error}\n{report:#}");
    }
    let administrator = "role:aws:111122223333/arn:aws:iam::aws:policy/AdministratorAccess";
    let reader = "role:aws:111122223333/arn:aws:iam::aws:policy/ReadOnlyAccess";
    let drift_lines: Vec<String> = lines(&report).into_iter().filter(|line| !line.starts_with("comes_with")).collect();
    assert_eq!(
        drift_lines,
        [format!("not_declared grant {ANN} {administrator}"), format!("not_observed grant {ANN} {reader}")]
    );
    assert_eq!(report["drift"], 2);
    let confers = report["lines"][0]["duties"].as_array().unwrap();
    assert!(confers.contains(&json!("SUPER")), "{confers:?}");
    let found = exposed(&report);
    assert!(found.contains(&format!("critical SUPER {ANN}")), "{found:#?}");
    assert_eq!(
        report["observed"][0]["sha256"],
        Digest::of(account(&["AdministratorAccess"], false).as_bytes()).to_string()
    );
    drift(&place, "--observed account.json --as aws")
        .exits(Exit::Blocked)
        .says("Held in fact, and declared by nothing")
        .says(&format!("{ANN} has {administrator}"))
        .says("2 on one side alone");
}

#[test]
fn of_one_page_of_several_nothing_is_concluded_that_it_lacks() {
    let place = beside(&[TERRAFORM]);
    write(&place.path, "account.json", &account(&[], true));
    drift(&place, "--observed account.json --as aws")
        .exits(Exit::NotEvaluated)
        .says("Declared, and not shown by an export that may be incomplete: 1")
        .says("the export may be incomplete: this export is one page of several")
        .says("of 1 it cannot be told");
    // The client of the command line leaves a token where it was told to list a part.
    let part = account(&[], false).replacen('{', "{\n  \"NextToken\": \"eyJNYXJrZXIi\",", 1);
    write(&place.path, "account.json", &part);
    drift(&place, "--observed account.json --as aws").exits(Exit::NotEvaluated).says("(`NextToken`)");
    // What it does show counts.
    write(&place.path, "account.json", &account(&["ReadOnlyAccess", "IAMFullAccess"], true));
    drift(&place, "--observed account.json --as aws").exits(Exit::Blocked).says("Observed and not declared: 1");
}

/// What a cluster lists: its own binding, and the given ones.
fn cluster(bindings: &[(&str, &str, &str)]) -> String {
    let mut text = String::from("apiVersion: v1\nkind: List\nitems:\n");
    let own = [("cluster-admin", "Group", "system:masters")];
    for (role, kind, name) in own.iter().chain(bindings) {
        text.push_str(&format!(
            "- apiVersion: rbac.authorization.k8s.io/v1\n  kind: ClusterRoleBinding\n  metadata: {{name: b-{name}}}\n  \
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\n  subjects: [{{kind: \
             {kind}, apiGroup: rbac.authorization.k8s.io, name: \"{name}\"}}]\n"
        ));
    }
    text.push_str(
        "- apiVersion: rbac.authorization.k8s.io/v1\n  kind: ClusterRole\n  metadata: {name: cluster-admin}\n  rules: \
         [{apiGroups: [\"*\"], resources: [\"*\"], verbs: [\"*\"]}, {nonResourceURLs: [\"*\"], verbs: [\"*\"]}]\n",
    );
    text
}

#[test]
fn a_cluster_is_compared_without_what_every_cluster_has() {
    let place = world(&[ADMIN]);
    write(&place.path, "rbac.yaml", &cluster(&[("cluster-admin", "User", "sam.reed")]));
    // The export does not name the cluster, and the tree has one.
    drift(&place, "--observed rbac.yaml --as kubernetes")
        .exits(Exit::Clean)
        .says("kubernetes:blue: the export does not name its system; it was taken for the only one of the type kubernetes")
        .says("set aside: the API server makes it in every cluster")
        .says("no drift: 1 on both sides, in kubernetes:blue")
        .says("ledger: the exports say nothing of it");
    let more = [("cluster-admin", "User", "sam.reed"), ("cluster-admin", "User", "mallory")];
    write(&place.path, "rbac.yaml", &cluster(&more));
    let report = drift(&place, "--observed rbac.yaml --as kubernetes=kubernetes:blue --format json");
    let report = report.exits(Exit::Blocked).json();
    let found: Vec<String> = lines(&report).into_iter().filter(|line| line.starts_with("not_")).collect();
    let mallory = "not_declared grant account:kubernetes:blue/mallory role:kubernetes:blue/clusterrole/cluster-admin";
    assert_eq!(found, [mallory]);
    assert_eq!(exposed(&report)[0], "critical SUPER account:kubernetes:blue/mallory");
    let all = exposed(&report);
    assert!(all.iter().all(|own| own.ends_with("mallory")), "nobody is told of what every cluster has: {all:#?}");
    // A role that comes along and is given to somebody else does not come along.
    write(&place.path, "rbac.yaml", &cluster(&[("system:node", "User", "sam.reed")]));
    drift(&place, "--observed rbac.yaml --as kubernetes")
        .exits(Exit::Blocked)
        .says("person:sam.reed has role:kubernetes:blue/clusterrole/system:node")
        .says("Declared and not observed: 1");
}

const PERMISSIONS: &str = "Role,Permission,Level\nclerk,Bills,Full\npayer,Pay Bills,Full\n";

fn users(rows: &[(&str, &str)]) -> String {
    let rows: String = rows.iter().map(|(user, role)| format!("{user},{role}\n")).collect();
    format!("Email,Role\n{rows}")
}

const TABLES: &str = "--observed roles.csv --as netsuite --observed users.csv --as netsuite";

#[test]
fn a_conflict_that_only_the_system_shows_comes_first() {
    let place = world(&[BILLS]);
    write(&place.path, "roles.csv", PERMISSIONS);
    write(&place.path, "users.csv", &users(&[("MVALE", "clerk")]));
    drift(&place, TABLES)
        .exits(Exit::Clean)
        .says("ledger: the export does not name its system")
        .says("only one side speaks of legal_entity: on what was not compared by it")
        .says("no drift");
    write(&place.path, "users.csv", &users(&[("MVALE", "clerk"), ("MVALE", "payer")]));
    let report = drift(&place, &format!("{TABLES} --format json")).exits(Exit::Blocked).json();
    assert_eq!(lines(&report), ["not_declared grant person:mira.vale role:ledger/payer"]);
    let conflicts: Vec<&Value> =
        report["exposures"].as_array().unwrap().iter().filter(|own| own["what"] == "conflict").collect();
    assert!(!conflicts.is_empty(), "{report:#}");
    assert!(conflicts.iter().all(|own| own["principal"] == "person:mira.vale"));
    let places = conflicts[0]["path"].to_string();
    assert!(places.contains("import:netsuite/users.csv"), "{places}");
    // Both declared: the same conflict is there, and no drift.
    let place = world(&[BILLS, PAYMENTS]);
    write(&place.path, "roles.csv", PERMISSIONS);
    write(&place.path, "users.csv", &users(&[("MVALE", "clerk"), ("MVALE", "payer")]));
    let report = drift(&place, &format!("{TABLES} --format json")).exits(Exit::Clean).json();
    assert_eq!(lines(&report), Vec::<String>::new());
}

#[test]
fn a_role_that_permits_more_than_declared_is_drift() {
    let place = world(&[BILLS]);
    write(&place.path, "roles.csv", &format!("{PERMISSIONS}clerk,Pay Bills,Full\n"));
    write(&place.path, "users.csv", &users(&[("MVALE", "clerk")]));
    let report = drift(&place, &format!("{TABLES} --format json")).exits(Exit::Blocked).json();
    assert_eq!(lines(&report), ["not_declared permission role:ledger/clerk Pay Bills"]);
    assert!(report["exposures"].as_array().unwrap().iter().any(|own| own["what"] == "conflict"), "{report:#}");
}

#[test]
fn what_was_granted_and_never_reached_the_system_is_drift_too() {
    let place = world(&[BILLS, PAYMENTS]);
    write(&place.path, "roles.csv", PERMISSIONS);
    write(&place.path, "users.csv", &users(&[("MVALE", "clerk")]));
    drift(&place, TABLES)
        .exits(Exit::Blocked)
        .says("Declared and not observed: 1")
        .says("person:mira.vale has role:ledger/payer")
        .says("at grants/payments.yaml:3");
}

#[test]
fn what_is_no_such_export_is_refused_with_what_makes_one() {
    let place = world(&[ADMIN]);
    let whole = account(&["ReadOnlyAccess"], false);
    let files: [(&str, &str, &str, &str); 7] = [
        ("cut.json", &whole[..whole.len() / 2], "aws", "is no export of aws that can be read: not JSON"),
        ("empty.json", "", "aws", "nothing in it is a definition of that kind"),
        ("other.json", &whole, "kubernetes", "it is aws-account"),
        ("binary.json", "\u{0}\u{1}\u{2}", "aws", "is no export of aws that can be read"),
        (
            "twice.yaml",
            "kind: ClusterRole\nkind: ClusterRole\n",
            "kubernetes",
            "is no export of kubernetes that can be read",
        ),
        ("rows.csv", "Town;River\nUlm;Danube\n", "netsuite", "no table of netsuite that is read has such columns"),
        ("list.json", "[1, 2]", "netsuite", "a file with such a name is a document, and exports are tables"),
    ];
    for (name, text, kind, wanted) in files {
        write(&place.path, name, text);
        let ran = drift(&place, &format!("--observed {name} --as {kind}")).exits(Exit::Usage);
        ran.complains(wanted).complains("give what this makes:");
    }
    drift(&place, "--observed none.json --as aws").exits(Exit::Usage).complains("cannot be read");
    drift(&place, "--observed other.json --as salesforce")
        .exits(Exit::Usage)
        .complains("`salesforce` is no kind of export that is read: aws, kubernetes, github, okta, sap");
    drift(&place, "--observed other.json --as aws=").exits(Exit::Usage).complains("no system is named after `=`");
    drift(&place, "--observed other.json --observed cut.json --as aws")
        .exits(Exit::Usage)
        .complains("--observed is given 2 times and --as 1 times");
}

#[test]
fn a_system_that_one_side_does_not_know_is_told_and_not_compared() {
    let place = world(&[ADMIN]);
    write(&place.path, "account.json", &account(&["AdministratorAccess"], false));
    drift(&place, "--observed account.json --as aws")
        .exits(Exit::NothingCollected)
        .says("aws:111122223333: the tree declares no access in it")
        .says("kubernetes:blue: the exports say nothing of it")
        .says("nothing was compared: no system is on both sides");
    write(&place.path, "rbac.yaml", &cluster(&[]));
    drift(&place, "--observed rbac.yaml --as kubernetes=kubernetes:green")
        .exits(Exit::NothingCollected)
        .says("kubernetes:green: the tree declares no access in it; if it is kubernetes:blue, say so with --as kubernetes=SYSTEM");
}

#[test]
fn hostile_names_reach_no_spreadsheet_as_formulas() {
    let place = world(&[BILLS]);
    write(&place.path, "roles.csv", "Role,Permission,Level\nclerk,Bills,Full\nclerk,\"=cmd|' /C calc'!A0\",Full\n");
    write(&place.path, "users.csv", &users(&[("MVALE", "clerk")]));
    let ran = drift(&place, &format!("{TABLES} --format csv")).exits(Exit::Blocked);
    assert!(ran.stdout.contains(",'=cmd|"), "{}", ran.stdout);
    let header = ran.stdout.lines().next().unwrap();
    assert!(header.starts_with("outcome,tier,aspect,system,subject,what,permissions"), "{header}");
}

#[test]
fn a_revision_is_compared_as_it_was() {
    let place: Repository = repository(&[BILLS]);
    place.branch("pay", "main").write(&[PAYMENTS]).commit("Pay");
    let outside = scratch();
    write(outside.path(), "roles.csv", PERMISSIONS);
    write(outside.path(), "users.csv", &users(&[("MVALE", "clerk")]));
    let file = |name: &str| outside.path().join(name).display().to_string();
    let tables =
        format!("--observed {} --as netsuite --observed {} --as netsuite", file("roles.csv"), file("users.csv"));
    countersign(&format!("drift {tables} --head main"), place.path()).run().exits(Exit::Clean).says(", commit ");
    countersign(&format!("drift {tables} --head pay"), place.path()).run().exits(Exit::Blocked);
}

#[test]
fn a_signed_drift_is_evidence_of_its_own() {
    let place = repository(&[BILLS]);
    let outside = scratch();
    let key = outside.path().join("key.pem").display().to_string();
    let run = |line: &str, exit: Exit| countersign(line, place.path()).run().exits(exit);
    run(&format!("evidence keygen {key}"), Exit::Clean);
    run(&format!("evidence trust init --origin a.example --key {key}"), Exit::Clean);
    write(outside.path(), "users.csv", &users(&[("MVALE", "payer")]));
    let export = outside.path().join("users.csv").display().to_string();
    let drift = format!("drift --observed {export} --as netsuite --taken-at 2026-11-20T23:00:00Z");
    run(&format!("{drift} --key {key}"), Exit::Usage).complains("it is not said who runs this");
    run(&format!("{drift} --key {key} --run-by nightly"), Exit::Usage)
        .complains("`nightly` is neither a person nor a service identity");
    let ran = run(&format!("{drift} --key {key} --run-by service:nightly"), Exit::Blocked);
    let ran = ran.says("signed as").says("said to be taken at 2026-11-20T23:00:00Z");
    let id = ran.stdout.lines().find_map(|line| line.strip_prefix("signed as ")).unwrap();
    let id = id.split(' ').next().unwrap();
    run("evidence verify", Exit::Clean).says("it verifies");
    let json = run(&format!("{drift} --format json"), Exit::Blocked).stdout;
    // What is kept is the document, and not the export.
    let digest = Digest::of(json.as_bytes()).to_string();
    run(&format!("evidence show {id}"), Exit::Clean).says(&digest).says("service:nightly").says("countersign drift");
    let raw = Digest::of(&fs::read(&export).unwrap()).to_string();
    let kept = super::places::contents(&place.path().join(".git/countersign/evidence"));
    let has = |digest: &str| kept.keys().any(|name| name.replace('/', "").contains(digest));
    assert!(has(&digest), "the document is kept");
    assert!(!has(&raw), "the export is not");
    // Without a key nothing is written.
    let before = kept.len();
    run(&drift, Exit::Blocked);
    assert_eq!(super::places::contents(&place.path().join(".git/countersign/evidence")).len(), before);
}

#[test]
fn where_evidence_has_pseudonyms_the_document_is_not_kept() {
    let config = ("countersign.yaml", "version: 1\nevidence: {pseudonyms: true}\n");
    let place = repository(&[BILLS, config]);
    let outside = scratch();
    let key = outside.path().join("key.pem").display().to_string();
    let run = |line: &str, exit: Exit| countersign(line, place.path()).run().exits(exit);
    run(&format!("evidence keygen {key}"), Exit::Clean);
    run(&format!("evidence trust init --origin a.example --key {key}"), Exit::Clean);
    write(outside.path(), "users.csv", &users(&[("MVALE", "payer")]));
    let export = outside.path().join("users.csv").display().to_string();
    run(&format!("drift --observed {export} --as netsuite --key {key} --run-by service:nightly"), Exit::Blocked)
        .says("the document itself is not kept, since evidence here has pseudonyms for people");
    let folder = place.path().join(".git/countersign/evidence");
    for (name, kind) in super::places::contents(&folder) {
        if kind != "folder" {
            let bytes = fs::read(folder.join(&name)).unwrap();
            assert!(!String::from_utf8_lossy(&bytes).contains("mira"), "{name}");
        }
    }
}
