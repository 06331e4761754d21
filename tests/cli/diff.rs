//! `diff`: what a change does to effective access, in words and for programs.

use std::path::Path;

use countersign::cli::Exit;
use serde_json::Value;

use super::places::{Folder, Repository};
use super::runner::{Ran, countersign};
use super::world::{ADMIN, BILLS, BROKEN, PAYMENTS, folder, repository};

/// What a change of a repository does: `main` has the one, the branch the other.
fn change(base: &[(&str, &str)], head: &[(&str, &str)], line: &str) -> Ran {
    let place = repository(base);
    let gone: Vec<&str> =
        base.iter().map(|(path, _)| *path).filter(|path| !head.iter().any(|(own, _)| own == path)).collect();
    place.branch("change", "main");
    for path in gone {
        place.git(&format!("rm --quiet {path}"));
    }
    place.write(head);
    place.git("add --all");
    countersign(&format!("diff --base main {line}"), place.path()).run()
}

/// The change as a program reads it, held against the schema.
fn report(base: &[(&str, &str)], head: &[(&str, &str)]) -> Value {
    valid(change(base, head, "--format json").without_complaint().json())
}

fn valid(report: Value) -> Value {
    let place = Folder::new();
    let schema = countersign("schema diff", &place.path).run().json();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    report
}

/// Every duty in a line: who, what becomes of it, in which respects, which one.
fn duties(report: &Value) -> Vec<String> {
    let told = |own: &Value| {
        let text = |key: &str| own[key].as_str().unwrap().to_owned();
        let respects: Vec<&str> = own["respects"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        format!("{} {} {} {}", text("principal"), text("change"), respects.join(","), text("duty")).replace("  ", " ")
    };
    report["duties"].as_array().unwrap().iter().filter(|own| own.get("along").is_none()).map(told).collect()
}

/// A second grant file that says the same.
const MOVED: (&str, &str) = ("elsewhere/all.yaml", BILLS.1);

#[test]
fn the_example_company_gains_what_its_story_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme");
    let ran = countersign("diff head --base base/ --as-of 2026-11-21T00:00:00Z", &root)
        .run()
        .exits(Exit::Clean)
        .without_complaint()
        .says("person:alice.ng gains 1 duty by a grant of Z_TR_PAYMENT_RUN")
        .says("PAY execute supplier payments")
        .says("P2P-03")
        .says("person:kim.alvarez")
        .says("this judges nothing");
    let settings = || {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings
    };
    settings().bind(|| insta::assert_snapshot!("diff_of_the_example_company", ran.stdout));
    let ran = countersign("diff head --base base/ --as-of 2026-11-21T00:00:00Z --format markdown", &root).run();
    let comment = ran.exits(Exit::Clean).stdout;
    settings().bind(|| insta::assert_snapshot!("diff_of_the_example_company_as_a_comment", comment));
    let json = countersign("diff head --base base/ --as-of 2026-11-21T00:00:00Z --format json", &root).run().json();
    let report = valid(json);
    assert_eq!(report["outcome"], "changed");
    assert!(duties(&report).contains(&"person:alice.ng gained PAY".to_owned()), "{:#?}", duties(&report));
}

#[test]
fn a_new_grant_is_gained_with_its_path() {
    let report = report(&[BILLS], &[BILLS, PAYMENTS]);
    assert_eq!(duties(&report), ["person:mira.vale gained PAY"]);
    let own = &report["duties"][0];
    assert_eq!(own["because"]["file"], "grants/payments.yaml");
    assert_eq!(own["because"]["alike"], "by a grant of payer on legal entity DE01");
    let steps: Vec<&str> = own["path"].as_array().unwrap().iter().filter_map(|step| step["text"].as_str()).collect();
    assert_eq!(
        steps,
        [
            "person:mira.vale uses account:ledger/MVALE",
            "account:ledger/MVALE is granted payer on legal entity DE01",
            "payer permits Pay Bills"
        ]
    );
    assert_eq!(own["after"][0]["scope"]["legal_entity"], serde_json::json!(["DE01"]));
    let conflicts: Vec<&str> =
        report["conflicts"].as_array().unwrap().iter().filter_map(|own| own["conflict"].as_str()).collect();
    assert_eq!(conflicts, ["P2P-13"]);
    assert_eq!(report["conflicts"][0]["change"], "gained");
}

#[test]
fn a_grant_that_is_taken_away_is_lost_with_the_path_that_gave_it() {
    let report = report(&[BILLS, PAYMENTS], &[BILLS]);
    assert_eq!(duties(&report), ["person:mira.vale lost PAY"]);
    assert_eq!(report["duties"][0]["path"][1]["side"], "base");
    assert_eq!(report["duties"][0]["path"][1]["line"], 3);
    assert_eq!(report["conflicts"][0]["change"], "lost");
    change(&[BILLS, PAYMENTS], &[BILLS], "")
        .exits(Exit::Clean)
        .says("person:mira.vale loses 1 duty that came by a grant of payer on legal entity DE01");
}

#[test]
fn what_only_moves_or_is_written_otherwise_is_no_change() {
    let spaced = BILLS.1.replace("{system: ledger,", "{  # the ledger\n  system: ledger,");
    let roles = super::world::START.iter().find(|(path, _)| *path == "roles.yaml").unwrap().1;
    let renamed_role = roles.replace("id: clerk", "id: bookkeeper");
    let renamed_grant = BILLS.1.replace("role: clerk", "role: bookkeeper");
    for head in
        [vec![MOVED], vec![(BILLS.0, &*spaced)], vec![("roles.yaml", &*renamed_role), (BILLS.0, &*renamed_grant)]]
    {
        let ran = change(&[BILLS], &head, "").exits(Exit::Clean).without_complaint();
        assert_eq!(ran.stdout.lines().count(), 1, "{}", ran.stdout);
        let ran = ran.says("no effective access changes: 5 principals and 1 grant compared");
        assert!(!ran.stdout.contains("check"), "{}", ran.stdout);
        assert_eq!(report(&[BILLS], &head)["outcome"], "unchanged");
    }
}

#[test]
fn a_scope_that_widens_is_told_beside_what_it_was() {
    let wide = BILLS.1.replace("legal_entity: DE01", "legal_entity: [DE01, US01]");
    let own = report(&[BILLS], &[(BILLS.0, &wide)]);
    assert_eq!(duties(&own), ["person:mira.vale changed wider INVE"].map(|line| line.replace("INVE", duty_of(&own))));
    change(&[BILLS], &[(BILLS.0, &wide)], "").says("on legal entity DE01 and US01, before on legal entity DE01");
    let narrow = report(&[(BILLS.0, &wide)], &[BILLS]);
    assert!(duties(&narrow)[0].contains("changed narrower"), "{:?}", duties(&narrow));
    let ended = BILLS.1.replace("role: clerk,", "role: clerk, until: 2027-01-31,");
    let shorter = report(&[BILLS], &[(BILLS.0, &ended)]);
    assert!(duties(&shorter)[0].contains("changed shorter"), "{:?}", duties(&shorter));
}

fn duty_of(report: &Value) -> &str {
    report["duties"][0]["duty"].as_str().unwrap()
}

#[test]
fn a_group_that_is_nested_gives_its_many_members_alike_and_is_told_once() {
    let mut people = String::new();
    let mut members = String::new();
    for n in 10..24 {
        people.push_str(&format!(
            "---\napiVersion: countersign.dev/v1\nkind: Person\nmetadata: {{id: clerk.{n}}}\nspec:\n  accounts: [{{system: \
             ledger, name: C{n}}}]\n"
        ));
        members.push_str(&format!("account:ledger/C{n}, "));
    }
    let people = people.trim_start_matches("---\n").to_owned();
    let group = |id: &str, members: &str| {
        format!(
            "---\napiVersion: countersign.dev/v1\nkind: Group\nmetadata: {{id: {id}}}\nspec: {{system: ledger, members: [{members}]}}\n"
        )
    };
    let grant = "---\napiVersion: countersign.dev/v1\nkind: Grant\nspec: {system: ledger, to: group:ledger/payers, role: payer}\n";
    let team = group("team", members.trim_end_matches(", "));
    let before = format!("{}{}{grant}", team.trim_start_matches("---\n"), group("payers", ""));
    let after = format!("{}{}{grant}", team.trim_start_matches("---\n"), group("payers", "group:ledger/team"));
    let (base, head) =
        ([("more.yaml", &*people), ("groups.yaml", &*before)], [("more.yaml", &*people), ("groups.yaml", &*after)]);
    change(&base, &head, "")
        .exits(Exit::Clean)
        .says("14 principals gain 1 duty since group:ledger/team belongs to group:ledger/payers (groups.yaml:")
        .says("who: person:clerk.10, person:clerk.11,")
        .says("and 2 more")
        .says("group:ledger/team belongs to group:ledger/payers");
    let report = report(&base, &head);
    assert_eq!(duties(&report).len(), 14, "{:#?}", duties(&report));
    assert_eq!(report["accounts"][0]["what"], "membership");
}

/// An AWS account with one user who may do this.
fn aws(actions: &str) -> String {
    format!(
        "{{\"UserDetailList\": [{{\"UserName\": \"dev\", \"Arn\": \"arn:aws:iam::111122223333:user/dev\", \"UserPolicyList\": \
         [{{\"PolicyName\": \"own\", \"PolicyDocument\": {{\"Version\": \"2012-10-17\", \"Statement\": [{{\"Effect\": \
         \"Allow\", \"Action\": {actions}, \"Resource\": \"*\"}}]}}}}]}}], \"GroupDetailList\": [], \"RoleDetailList\": [], \
         \"Policies\": []}}"
    )
}

#[test]
fn a_policy_document_that_gives_more_is_told() {
    let (few, many) = (aws("\"sqs:GetQueueUrl\""), aws("[\"sqs:GetQueueUrl\", \"sqs:ListQueues\"]"));
    let all = aws("\"*\"");
    let own = report(&[("aws.json", &few)], &[("aws.json", &all)]);
    assert!(duties(&own).iter().any(|line| line.ends_with(" gained SUPER")), "{:#?}", duties(&own));
    assert_eq!(
        own["duties"].as_array().unwrap().iter().find(|own| own["duty"] == "SUPER").unwrap()["privileged"],
        true
    );
    // What makes no duty is a change all the same.
    let own = report(&[("aws.json", &few)], &[("aws.json", &many)]);
    assert_eq!((duties(&own).len(), &own["outcome"]), (0, &Value::from("changed")));
    assert!(own["permissions"][0]["gained"][0]["text"].as_str().unwrap().contains("sqs:"), "{own:#}");
    change(&[("aws.json", &few)], &[("aws.json", &many)], "")
        .says("no duty changes; 1 principal whose other permissions differ");
    // In another order it is the same.
    let apart = many.replace("\"sqs:GetQueueUrl\", \"sqs:ListQueues\"", "\"sqs:ListQueues\", \"sqs:GetQueueUrl\"");
    assert_eq!(report(&[("aws.json", &many)], &[("aws.json", &apart)])["outcome"], "unchanged");
}

#[test]
fn a_policy_document_that_nothing_attaches_is_told_for_whoever_will_hold_it() {
    let document = |actions: &str| {
        format!(
            "{{\"Version\": \"2012-10-17\", \"Statement\": [{{\"Effect\": \"Allow\", \"Action\": {actions}, \"Resource\": \"*\"}}]}}"
        )
    };
    let (few, all) = (document("\"sqs:GetQueueUrl\""), document("\"*\""));
    let own = report(&[("iam/own.json", &few)], &[("iam/own.json", &all)]);
    let told = duties(&own);
    assert!(told.iter().any(|line| line.starts_with("role:") && line.ends_with(" gained SUPER")), "{told:#?}");
    assert_eq!(own["duties"][0]["kind"], "role");
}

#[test]
fn a_binding_of_a_cluster_gives_a_privileged_duty() {
    change(&[], &[ADMIN], "")
        .exits(Exit::Clean)
        .says("person:sam.reed gains")
        .says("SUPER")
        .says("[privileged]")
        .says("come along with it");
    change(&[], &[ADMIN], "--format markdown").says("**privileged**");
}

#[test]
fn what_cannot_be_read_is_said_and_is_never_no_change() {
    let ran = change(&[BILLS], &[BILLS, BROKEN], "").exits(Exit::NotEvaluated);
    let ran = ran.says("no known access changes, and 1 thing could not be told").says("grants/broken.yaml");
    assert!(!ran.stdout.contains("no effective access changes"), "{}", ran.stdout);
    let own = valid(change(&[BILLS], &[BILLS, BROKEN], "--format json").json());
    assert_eq!((&own["outcome"], &own["not_told"][0]["gap"]), (&Value::from("unknown"), &Value::from("broken")));
    // What base has already is nothing that the change brings, wherever it stands.
    let moved = ("moved.yaml", BROKEN.1);
    change(&[BILLS, BROKEN], &[BILLS, moved], "").exits(Exit::Clean).says("no effective access changes");
    // An edit of what cannot be read may do anything.
    let edited = BROKEN.1.replace("role: payer", "role: payer, until: 2027-01-01");
    change(&[BILLS, BROKEN], &[BILLS, (BROKEN.0, &edited)], "").exits(Exit::NotEvaluated);
}

#[test]
fn a_role_that_nothing_defines_is_unknown_and_said() {
    let unknown = BILLS.1.replace("role: clerk", "role: nobody-defines-it");
    let own = report(&[BILLS], &[BILLS, ("grants/more.yaml", &unknown)]);
    assert_eq!(own["outcome"], "changed");
    assert_eq!(own["permissions"][0]["gained"][0]["unknown"], true, "{own:#}");
    change(&[BILLS], &[BILLS, ("grants/more.yaml", &unknown)], "")
        .says("nobody-defines-it, of which nothing here says what it permits");
}

#[test]
fn whose_an_account_is_and_what_governs_the_gate_is_said_apart() {
    let people = super::world::START.iter().find(|(path, _)| *path == "people.yaml").unwrap().1;
    let linked = people.replace(
        "metadata: {id: nora.lind}\nspec: {",
        "metadata: {id: nora.lind}\nspec: {accounts: [{system: ledger, name: NLIND}], ",
    );
    let ran = change(&[BILLS], &[BILLS, ("people.yaml", &linked)], "").exits(Exit::Clean);
    ran.says("account:ledger/NLIND counts as person:nora.lind's");
    let rules = format!("{}exclude: [docs/**]\n", super::world::CONFIG);
    change(&[BILLS], &[BILLS, ("countersign.yaml", &rules)], "")
        .exits(Exit::Clean)
        .says("no effective access changes")
        .says("rules are edited")
        .says("countersign.yaml");
}

#[test]
fn the_index_and_two_folders_can_be_compared() {
    let place = repository(&[BILLS]);
    place.write(&[PAYMENTS]).git("add --all");
    countersign("diff --staged", place.path())
        .run()
        .exits(Exit::Clean)
        .says("HEAD → staged changes")
        .says("gains 1 duty");
    let unborn = Repository::unborn();
    unborn.write(&[super::world::START, &[BILLS]].concat()).git("add --all");
    countersign("diff --staged", unborn.path()).run().exits(Exit::Clean).says("person:mira.vale gains 1 duty");
    let (before, after) = (folder(&[BILLS]), folder(&[BILLS, PAYMENTS]));
    let line = format!("diff {} --base {}", after.path.display(), before.path.display());
    countersign(&line, Path::new("/")).run().exits(Exit::Clean).says("person:mira.vale gains 1 duty");
}

#[test]
fn several_outputs_are_written_in_one_run() {
    let place = repository(&[BILLS]);
    place.write(&[PAYMENTS]);
    let line = "diff --base main --output json=out/diff.json --output markdown=out/comment.md --output human";
    std::fs::create_dir(place.path().join("out")).unwrap();
    countersign(line, place.path()).run().exits(Exit::Clean).says("gains 1 duty");
    let read = |path: &str| std::fs::read_to_string(place.path().join(path)).unwrap();
    assert!(read("out/comment.md").starts_with("### Access diff"));
    valid(serde_json::from_str(&read("out/diff.json")).unwrap());
    countersign("diff --base main --output json --output human", place.path())
        .run()
        .exits(Exit::Usage)
        .complains("two outputs go to standard output");
    countersign("diff", place.path()).run().exits(Exit::Usage).complains("--base");
    countersign("diff --base nowhere", place.path()).run().exits(Exit::Usage);
    countersign("diff --base main --format sarif", place.path()).run().exits(Exit::Usage);
}
