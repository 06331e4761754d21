//! `access`, `who-can`, `policy`, `ruleset` and `schema`.

use std::path::Path;

use countersign::cli::Exit;
use serde_json::Value;

use super::places::Folder;
use super::runner::{Ran, countersign};
use super::world::{ADMIN, BILLS, CONFIG, PAYMENTS, folder, repository};

/// Asks about the example company, in a folder outside of git.
fn ask(line: &str) -> Ran {
    let place = Folder::copy_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme/head"));
    countersign(line, &place.path).run()
}

/// The rows of CSV as maps from the header.
fn rows(ran: &Ran) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(ran.stdout.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// The holders that a JSON answer lists, each once.
fn holders(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    assert_eq!(report["schema"], "countersign.dev/access/v1");
    let mut all: Vec<String> = report["holdings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|holding| holding["principal"].as_str().unwrap().to_owned())
        .collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn access_lists_what_everybody_holds_and_what_was_read() {
    ask("access")
        .exits(Exit::Clean)
        .says("PRINCIPAL DUTY WHAT IT IS ON HELD GRANTED AT")
        .says("person:alice.ng VBANK maintain supplier bank details")
        .says("person:kim.alvarez SUPER (privileged)")
        .says("26 principals, 30 grants, 17 files with definitions; 0 not evaluated")
        .without_complaint();
    countersign("access", &folder(&[]).path).run().exits(Exit::Clean).says("nobody holds a duty of the catalogue");
}

#[test]
fn access_shows_every_step_of_a_path_with_its_line() {
    ask("access alice.ng --why PAY")
        .exits(Exit::Clean)
        .says("person:alice.ng can execute supplier payments in sap-treasury")
        .says("until 2036-04-01T00:00:00Z")
        .says("person:alice.ng uses account:sap-treasury/ANG people/finance.yaml:21")
        .says("erp/grants/treasury.yaml:52")
        .says("Z_TR_PAYMENT_RUN permits F110 erp/roles/sap-treasury.yaml:15");
}

#[test]
fn access_says_the_same_in_every_format() {
    let csv = rows(&ask("access alice.ng --format csv").exits(Exit::Clean));
    assert_eq!(
        csv[0],
        ["principal", "duty", "title", "system", "held", "scope", "until", "path", "file", "line"].map(str::to_owned)
    );
    let json = ask("access alice.ng --format json").exits(Exit::Clean).json();
    let holdings = json["holdings"].as_array().unwrap();
    assert_eq!(csv.len() - 1, holdings.len());
    for (row, holding) in csv[1..].iter().zip(holdings) {
        for (column, key) in ["principal", "duty", "title", "system", "held", "scope"].iter().enumerate() {
            assert_eq!(holding[key], row[column], "{key}");
        }
        let steps: Vec<&str> =
            holding["path"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
        assert_eq!(steps.join("; "), row[7]);
    }
    assert_eq!(json["as_of"], "2026-11-21T00:00:00Z");
    assert!(holdings.iter().any(|holding| holding["duty"] == "PAY" && holding["until"] == "2036-04-01T00:00:00Z"));
}

#[test]
fn access_can_be_asked_of_a_revision_and_of_an_instant() {
    let place = repository(&[BILLS]);
    place.branch("payments", "main").write(&[PAYMENTS]).commit("Let Mira pay");
    let who = |line: &str| holders(&countersign(line, place.path()).run().exits(Exit::Clean));
    assert_eq!(who("who-can PAY --format json"), ["person:mira.vale"]);
    assert!(who("who-can PAY --head main --format json").is_empty());
    let below = place.path().join("grants");
    assert_eq!(holders(&countersign("who-can PAY --format json", &below).run()), ["person:mira.vale"]);
    assert_eq!(holders(&ask("who-can PAY --format json --as-of 2036-04-01T00:00:00Z")), ["person:emil.hansen"]);
}

#[test]
fn who_can_answers_for_a_duty_in_every_format() {
    ask("who-can PAY")
        .exits(Exit::Clean)
        .says("PRINCIPAL ON HELD HOW GRANTED AT")
        .says("person:alice.ng")
        .says("every path: countersign access PRINCIPAL --why PAY")
        .without_complaint();
    let csv = rows(&ask("who-can PAY --format csv").exits(Exit::Clean));
    let mut listed: Vec<&str> = csv[1..].iter().map(|row| row[0].as_str()).collect();
    listed.dedup();
    assert_eq!(listed, ["person:alice.ng", "person:emil.hansen"]);
    assert_eq!(holders(&ask("who-can PAY --format json")), listed);
}

#[test]
fn who_can_answers_for_a_permission_in_every_format() {
    for (question, holder) in [("iam:PassRole", "person:jo.lindqvist"), ("get:core/secrets", "person:kim.alvarez")] {
        ask(&format!("who-can {question}")).exits(Exit::Clean).says(holder);
        assert!(holders(&ask(&format!("who-can {question} --format json"))).contains(&holder.to_owned()));
        let csv = rows(&ask(&format!("who-can {question} --format csv")));
        assert!(csv[1..].iter().any(|row| row[0] == holder && row[2] == format!("use the permission {question}")));
    }
    ask("access jo.lindqvist --why iam:PassRole")
        .exits(Exit::Clean)
        .says("person:jo.lindqvist can use the permission iam:PassRole in aws:111122223333")
        .says("aws/account-details.json:");
    // Whoever may do everything in one system is no answer for another's permission.
    assert_eq!(holders(&ask("who-can get:core/secrets --format json")), ["person:kim.alvarez"]);
    assert_eq!(holders(&ask("who-can iam:PassRole --format json")), ["person:jo.lindqvist"]);
    // A deny counts, as it does everywhere.
    let denied = "\
{\"UserDetailList\": [{\"UserName\": \"sam\", \"Arn\": \"arn:aws:iam::111122223333:user/sam\", \"UserPolicyList\": \
[{\"PolicyName\": \"all\", \"PolicyDocument\": {\"Version\": \"2012-10-17\", \"Statement\": [\
{\"Effect\": \"Allow\", \"Action\": \"iam:*\", \"Resource\": \"*\"}, \
{\"Effect\": \"Deny\", \"Action\": \"iam:PassRole\", \"Resource\": \"*\"}]}}]}], \
\"GroupDetailList\": [], \"RoleDetailList\": [], \"Policies\": []}";
    let place = folder(&[("aws/account.json", denied)]);
    countersign("who-can iam:PassRole", &place.path).run().says("nobody declared here holds the permission");
    countersign("who-can iam:CreateUser", &place.path).run().says("user/sam");
}

#[test]
fn an_empty_answer_says_what_else_may_have_been_meant() {
    ask("who-can iam:passrole").exits(Exit::Clean).says("person:jo.lindqvist");
    ask("who-can TOLRR")
        .exits(Exit::Clean)
        .says("nobody declared here holds the permission TOLRR")
        .says("did you mean `TOLR`?");
    ask("access alice.ng --why pay").exits(Exit::Clean).says("no path to pay").says("did you mean `PAY`?");
    ask("who-can TOLR").exits(Exit::Clean).says("nobody declared here holds the duty TOLR");
    assert!(holders(&ask("who-can TOLRR --format json")).is_empty());
}

#[test]
fn who_can_names_the_roles_of_which_it_cannot_tell() {
    let attached = |arn: &str| {
        let name = arn.rsplit('/').next().unwrap();
        format!(
            "resource \"aws_iam_user_policy_attachment\" \"{name}\" {{\n  user = \"ann\"\n  policy_arn = \"{arn}\"\n}}\n"
        )
    };
    let listed = attached("arn:aws:iam::aws:policy/AmazonSQSFullAccess");
    let newer = attached("arn:aws:iam::aws:policy/PublishedTomorrow");
    let place = folder(&[("main.tf", &format!("{listed}{newer}"))]);
    countersign("who-can sqs:PurgeQueue", &place.path)
        .run()
        .exits(Exit::Clean)
        .says("nobody declared here holds the permission sqs:PurgeQueue")
        .says("there may be others, since not all that is given here is known:")
        .says("main.tf:3: whether roles such as aws/arn:aws:iam::aws:policy/AmazonSQSFullAccess permit `sqs:PurgeQueue` is not listed")
        .says("main.tf:7: what the predefined role aws/arn:aws:iam::aws:policy/PublishedTomorrow permits is not listed");
    // What was looked for is known of those that are listed.
    let place = folder(&[("main.tf", &listed)]);
    let asked = countersign("who-can kms:Sign", &place.path).run().exits(Exit::Clean);
    assert!(!asked.stdout.contains("there may be others"), "{}", asked.stdout);
}

#[test]
fn an_unknown_principal_is_2_and_names_the_nearest() {
    ask("access alice.n").exits(Exit::Usage).complains("there is no principal `alice.n`").complains("`alice.ng`?");
    ask("access zzzzzzzzzzzz").exits(Exit::Usage).complains("`countersign access` lists everyone");
}

#[test]
fn the_end_of_an_id_is_enough_unless_it_is_the_end_of_several() {
    let others = "\
apiVersion: countersign.dev/v1
kind: ServiceIdentity
metadata: {id: mira.vale}
spec: {owner: person:olga.brandt}
";
    let place = folder(&[BILLS, ("bots.yaml", others)]);
    countersign("access mira.vale", &place.path)
        .run()
        .exits(Exit::Usage)
        .complains("`mira.vale` is the end of several ids")
        .complains("person:mira.vale")
        .complains("service:mira.vale");
    countersign("access person:mira.vale", &place.path).run().exits(Exit::Clean).says("person:mira.vale INV");
}

#[test]
fn policies_are_listed_and_shown() {
    let table = ask("policy list").exits(Exit::Clean).says("ID SEVERITY SCOPE TITLE").says("CS-SOD-001");
    let csv = rows(&ask("policy list --format csv"));
    let json = ask("policy list --format json").json();
    let policies = json["policies"].as_array().unwrap();
    assert_eq!(table.stdout.lines().count(), csv.len());
    assert_eq!(csv.len() - 1, policies.len());
    for (row, policy) in csv[1..].iter().zip(policies) {
        assert_eq!(policy["id"], row[0]);
        // Each can be shown, also in small letters.
        let shown = ask(&format!("policy show {}", row[0].to_lowercase())).exits(Exit::Clean);
        assert!(shown.stdout.starts_with(&format!("{}  {}\nseverity {}", row[0], row[3], row[1])), "{}", shown.stdout);
        shown.says("What to do:").says("Serves:").says("# METADATA").says("package countersign.");
    }
    ask("ruleset show P2P-99")
        .exits(Exit::Usage)
        .complains("there is no ruleset, duty, conflict or escalation `P2P-99`");
    ask("access --config no/such.yaml").exits(Exit::Usage).complains("no/such.yaml cannot be read");
    ask("policy show CS-SOD-01").exits(Exit::Usage).complains("there is no policy").complains("`CS-SOD-001`?");
}

#[test]
fn rulesets_duties_and_conflicts_are_listed_and_each_can_be_shown() {
    for (option, name, header) in [
        ("", "rulesets", "ID VERSION DUTIES CONFLICTS ADOPTED BY TITLE"),
        ("--duties", "duties", "ID RULESET NEEDS APPROVAL TITLE"),
        ("--conflicts", "conflicts", "ID RULESET SEVERITY KIND TITLE"),
    ] {
        ask(&format!("ruleset list {option}")).exits(Exit::Clean).says(header);
        let csv = rows(&ask(&format!("ruleset list {option} --format csv")));
        let json = ask(&format!("ruleset list {option} --format json")).json();
        assert_eq!(json["schema"], "countersign.dev/rulesets/v1");
        let listed = json[name].as_array().unwrap();
        assert_eq!(listed.len(), csv.len() - 1);
        for entry in [&listed[0], listed.last().unwrap()] {
            let id = entry["id"].as_str().unwrap();
            let shown = ask(&format!("ruleset show {id}")).exits(Exit::Clean);
            assert!(shown.stdout.starts_with(&format!("{id}  ")), "{}", shown.stdout);
        }
    }
    ask("ruleset list --duties --conflicts").exits(Exit::Usage).complains("cannot be used with");
}

#[test]
fn a_ruleset_a_duty_and_a_conflict_are_shown_in_words() {
    ask("ruleset show cs-p2p")
        .says("adopted by person:carla.ruiz")
        .says("duty PAY execute supplier payments")
        .says("conflict P2P-03 critical maintain supplier bank details + execute supplier payments");
    ask("ruleset show PAY").says("ruleset cs-p2p, process P2P").says("sap (").says("F110").says("Conflicts: ");
    ask("ruleset show P2P-03")
        .says("critical, ruleset cs-p2p, owner payables-controller")
        .says("A conflict when one principal holds all of these, for the same legal entity: VBANK");
    ask("ruleset show SUPER").says("holding it needs an approval");
    ask("ruleset show P2P-033").exits(Exit::Usage).complains("`P2P-03`?");
    let place = folder(&[("countersign.yaml", "version: 1\n"), ADMIN]);
    countersign("ruleset show cs-p2p", &place.path)
        .run()
        .says("adopted by nobody; conflicts over ERP bindings only warn");
}

#[test]
fn every_schema_is_one() {
    let names: Vec<String> = ask("schema").exits(Exit::Clean).stdout.lines().map(str::to_owned).collect();
    assert_eq!(names.len(), 45);
    let help = ask("schema --help").stdout;
    for name in &names {
        let schema: Value = ask(&format!("schema {name}")).exits(Exit::Clean).json();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        if let Err(error) = jsonschema::meta::validate(&schema) {
            panic!("{name}: {error}");
        }
        jsonschema::validator_for(&schema).unwrap();
        assert!(help.contains(name.as_str()), "help does not name {name}");
    }
    ask("schema chek").exits(Exit::Usage).complains("there is no schema `chek`").complains("`check`?");
}

#[test]
fn what_this_world_writes_is_as_its_schemas_say() {
    let yaml = |text: &str| -> Value {
        // YAML of one document, as the binary reads it.
        let node = countersign::syntax::parse(text.as_bytes()).unwrap().remove(0);
        countersign::syntax::decode(&node).unwrap()
    };
    let mapping = super::mappings::MAPPING.1;
    for (name, text) in
        [("config", CONFIG), ("manifest", BILLS.1), ("approval", super::world::APPROVAL.1), ("mapping", mapping)]
    {
        let schema = jsonschema::validator_for(&ask(&format!("schema {name}")).json()).unwrap();
        let errors: Vec<String> = schema.iter_errors(&yaml(text)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        let wrong = format!("{text}colour: red\n");
        assert!(!schema.is_valid(&yaml(&wrong)), "the schema of {name} allows what is an error");
    }
}
