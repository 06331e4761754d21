//! `simulate`: what a grant would do is what the gate says of the change that gives it.

use std::path::Path;

use countersign::cli::Exit;
use serde_json::Value;

use super::places::{Folder, contents};
use super::runner::{Ran, countersign, findings};
use super::world::{ADMIN, APPROVAL, BILLS, PAYMENTS, folder, repository};

/// What AWS lists of an account with one user.
const AWS: &str = "\
{\"UserDetailList\": [{\"UserName\": \"dev\", \"Arn\": \"arn:aws:iam::111122223333:user/dev\", \"UserPolicyList\": \
[{\"PolicyName\": \"own\", \"PolicyDocument\": {\"Version\": \"2012-10-17\", \"Statement\": [\
{\"Effect\": \"Allow\", \"Action\": \"s3:ListBucket\", \"Resource\": \"*\"}]}}]}], \
\"GroupDetailList\": [], \"RoleDetailList\": [], \"Policies\": []}";

fn ask(files: &[(&str, &str)], line: &str) -> Ran {
    countersign(&format!("simulate {line}"), &folder(files).path).run()
}

#[test]
fn a_conflict_would_be_blocked_with_both_legs_and_nothing_is_written() {
    let place = folder(&[BILLS]);
    let before = contents(&place.path);
    countersign("simulate --grant payer --to mira.vale --scope legal_entity=DE01", &place.path)
        .run()
        .exits(Exit::Blocked)
        .without_complaint()
        .says("if account:ledger/MVALE were given payer in ledger on legal entity DE01")
        .says("1 duty would be gained: person:mira.vale PAY")
        .says("× CS-SOD-001")
        .says("enter supplier invoices")
        .says("execute supplier payments")
        .says("grants/bills.yaml:3")
        .says("simulated:grant:6")
        .says("countersign exception new CS-SOD-001 --subject person:mira.vale --about P2P-13")
        .says("would be blocked: 1 finding needs an answer; nothing was written");
    assert_eq!(contents(&place.path), before);
}

#[test]
fn what_meets_nowhere_would_pass() {
    ask(&[BILLS], "--grant payer --to mira.vale --scope legal_entity=US01")
        .exits(Exit::Clean)
        .says("1 duty would be gained: person:mira.vale PAY")
        .says("would pass: the gate would find nothing new; nothing was written");
    ask(&[BILLS], "--grant clerk --to mira.vale --scope legal_entity=DE01 --until 2027-01-31")
        .exits(Exit::Clean)
        .says("on legal entity DE01 until 2027-01-31")
        .says("nobody would gain or lose a duty");
}

#[test]
fn it_is_what_the_gate_says_of_the_change() {
    for (grant, scope, file, text) in [
        ("payer", "legal_entity=DE01", "grants/payments.yaml", PAYMENTS.1.to_owned()),
        ("payer", "legal_entity=US01", "grants/payments.yaml", PAYMENTS.1.replace("DE01", "US01")),
        ("payer", "legal_entity=*", "grants/payments.yaml", PAYMENTS.1.replace("DE01", "\"*\"")),
    ] {
        let place = repository(&[BILLS]);
        let line = format!("simulate --grant {grant} --to mira.vale --scope {scope} --format json");
        let supposed = countersign(&line, place.path()).run().json();
        place.branch("change", "main").write(&[(file, &text)]);
        place.commit("Let Mira pay");
        let judged =
            countersign("check --base main --head change --no-record --output json", place.path()).run().json();
        assert_eq!(supposed["verdict"], judged["verdict"], "{scope}");
        let introduced = |report: &Value| -> Vec<Value> {
            let all = report["findings"].as_array().unwrap().iter();
            let introduced = all.filter(|finding| finding["state"] == "introduced");
            let told = |finding: &Value| {
                let keys = ["policy", "fingerprint", "extent", "severity", "message", "change"];
                let mut told: Vec<Value> = keys.iter().map(|key| finding[key].clone()).collect();
                told.push(finding["decision"]["enforcement"].clone());
                told.push(finding["decision"]["blocks"].clone());
                Value::from(told)
            };
            introduced.map(told).collect()
        };
        assert_eq!(introduced(&supposed), introduced(&judged), "{scope}");
    }
}

#[test]
fn a_role_that_a_system_brings_along_needs_its_approval() {
    ask(&[], "--grant cluster-admin --to sam.reed")
        .exits(Exit::Blocked)
        .says("if account:kubernetes:blue/sam.reed were given clusterrole/cluster-admin in kubernetes:blue")
        .says("SUPER (privileged)")
        .says("countersign approval new CS-GRANT-001 --subject person:sam.reed --duty SUPER")
        .says("would be blocked");
    ask(&[APPROVAL], "--grant kubernetes:blue/clusterrole/cluster-admin --to person:sam.reed")
        .exits(Exit::Clean)
        .says("person:tara.moss approved it until 2026-12-31 (sam-on-call)")
        .says("would pass: somebody has answered for what the gate would find");
}

#[test]
fn a_policy_of_aws_and_roles_of_other_clouds_are_known_by_their_names() {
    let aws = folder(&[("aws/account.json", AWS)]);
    countersign("simulate --grant AdministratorAccess --to user/dev", &aws.path)
        .run()
        .exits(Exit::Blocked)
        .says("were given arn:aws:iam::aws:policy/AdministratorAccess in aws:111122223333")
        .says("SUPER (privileged)");
    countersign("simulate --grant AdministratorAcess --to user/dev", &aws.path)
        .run()
        .exits(Exit::Usage)
        .complains("there is no role `AdministratorAcess`")
        .complains("did you mean `AdministratorAccess`?");
    let systems = "\
apiVersion: countersign.dev/v1
kind: System
metadata: {id: \"azure:main\"}
spec: {type: azure}
---
apiVersion: countersign.dev/v1
kind: System
metadata: {id: \"gcp:main\"}
spec: {type: gcp}
";
    for role in ["Owner", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "roles/owner"] {
        let place = folder(&[("clouds.yaml", systems)]);
        countersign("simulate --to nora.lind --grant", &place.path).with([role]).run().exits(Exit::Blocked);
    }
}

#[test]
fn an_account_of_a_service_counts_for_whoever_controls_it() {
    let bot = "\
apiVersion: countersign.dev/v1
kind: ServiceIdentity
metadata: {id: payment-run}
spec: {owner: person:mira.vale, may_hold: [INV], accounts: [{system: ledger, name: svc-pay}]}
";
    ask(&[BILLS, ("bots.yaml", bot)], "--grant payer --to payment-run --scope legal_entity=DE01")
        .exits(Exit::Blocked)
        .says("person:mira.vale PAY execute supplier payments on legal entity DE01 conditional, indirectly")
        .says("payment-run holds more than its purpose says: execute supplier payments in ledger")
        .says("mira.vale would hold conflicting duties indirectly, as the owner of service:payment-run");
}

#[test]
fn what_is_taken_away_is_resolved() {
    ask(&[BILLS, PAYMENTS], "--revoke payer --from mira.vale")
        .exits(Exit::Clean)
        .says("if person:mira.vale no longer had payer in ledger")
        .says("1 duty would be lost: person:mira.vale PAY")
        .says("would be resolved:")
        .says("CS-SOD-001");
    let swap = "--revoke clerk --from mira.vale --grant payer --to mira.vale --scope legal_entity=DE01";
    let report = ask(&[BILLS], &format!("{swap} --format json")).exits(Exit::Clean).json();
    assert_eq!(report["gained"][0]["duty"], "PAY");
    assert_eq!(report["lost"][0]["duty"], "INV");
    assert!(findings(&report).is_empty(), "{report:#}");
    ask(&[BILLS], "--revoke payer --from mira.vale")
        .exits(Exit::Usage)
        .complains("no definition here gives ledger/payer to person:mira.vale itself");
}

#[test]
fn several_grants_are_judged_together() {
    ask(&[], "--grant clerk --grant payer --to mira.vale").exits(Exit::Blocked).says("CS-SOD-001");
    ask(&[], "--grant clerk --to mira.vale --grant payer --to nora.lind")
        .exits(Exit::Clean)
        .says("2 duties would be gained");
    ask(&[], "--grant clerk --to mira.vale --to nora.lind")
        .exits(Exit::Usage)
        .complains("--grant is given 1 times and --to 2 times");
}

#[test]
fn names_that_nothing_knows_are_errors_that_name_the_nearest() {
    for (line, complaint, help) in [
        ("--grant payr --to mira.vale", "there is no role `payr`", "did you mean `payer`?"),
        ("--grant payer --to mira.val", "there is no principal `mira.val`", "did you mean `mira.vale`?"),
        ("--grant payer --to mira.vale --scope legal_entty=DE01", "has a dimension `legal_entty`", "`legal_entity`?"),
        ("--grant payer --to mira.vale --scope DE01", "`DE01` is no scope", "legal_entity=DE01"),
        ("--grant payer --to mira.vale --until 2026-02-30", "`2026-02-30` is not a date", "schema manifest"),
        ("--revoke payer --from mira.val", "there is no principal `mira.val`", "did you mean `mira.vale`?"),
    ] {
        ask(&[BILLS], line).exits(Exit::Usage).complains(complaint).complains(help);
    }
    ask(&[], "").exits(Exit::Usage).complains("--grant <ROLE>");
    ask(&[], "--grant payer").exits(Exit::Usage).complains("--to <PRINCIPAL>");
}

#[test]
fn a_name_in_several_systems_is_told_apart_by_the_system_or_by_whose_account_it_is() {
    let bank = "\
apiVersion: countersign.dev/v1
kind: Role
metadata: {id: payer}
spec: {system: bank, permissions: [F110]}
---
apiVersion: countersign.dev/v1
kind: System
metadata: {id: bank}
spec: {type: sap}
";
    let files = [("bank.yaml", bank)];
    ask(&files, "--grant payer --to nora.lind")
        .exits(Exit::Usage)
        .complains("`payer` is the end of several names")
        .complains("one of: bank/payer, ledger/payer");
    ask(&files, "--grant bank/payer --to nora.lind")
        .exits(Exit::Clean)
        .says("person:nora.lind were given payer in bank");
    ask(&files, "--grant payer --to mira.vale")
        .exits(Exit::Clean)
        .says("account:ledger/MVALE were given payer in ledger");
}

#[test]
fn a_simulation_in_json_fits_its_schema() {
    let schema = countersign("schema simulate", &Folder::new().path).run().exits(Exit::Clean).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (files, line) in [
        (vec![BILLS], "--grant payer --to mira.vale --scope legal_entity=DE01 --until 2027-01-31"),
        (vec![ADMIN, BILLS, PAYMENTS], "--revoke payer --from mira.vale --grant cluster-admin --to nora.lind"),
        (vec![], "--grant clerk --to mira.vale"),
    ] {
        let report = ask(&files, &format!("{line} --format json")).json();
        assert_eq!(report["schema"], "countersign.dev/simulate/v1");
        let wrong: Vec<String> =
            validator.iter_errors(&report).map(|error| format!("{error} at {}", error.instance_path)).collect();
        assert_eq!(wrong, Vec::<String>::new(), "{line}");
    }
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("schema_simulate", serde_json::to_string_pretty(&schema).unwrap());
    });
}

#[test]
fn a_simulation_reads_as_a_control_owner_needs_it() {
    let place = Folder::copy_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme/base"));
    let line = "simulate --grant Z_TR_PAYMENT_RUN --to alice.ng --scope legal_entity=DE01 --until 2027-06-30";
    let ran = countersign(line, &place.path).run().exits(Exit::Blocked).without_complaint();
    let long: Vec<&str> = ran.stdout.lines().filter(|line| line.chars().count() > 130).collect();
    assert!(long.is_empty(), "{long:#?}");
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("simulate_alice", ran.stdout);
    });
}
