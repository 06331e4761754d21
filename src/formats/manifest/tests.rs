use std::path::Path;

use super::*;
use crate::facts::scope::{Dimension, Values};
use crate::facts::{
    CredentialKind, Gap, Granted, Holder, Level, Lifetime, Native, Origin, ServiceKind, Text, Validity,
};
use crate::syntax::{SyntaxErrorKind, parse};

fn lowered(text: &str, hint: Option<SystemHint>) -> Facts {
    let documents = parse(text.as_bytes()).unwrap();
    let documents: Vec<&Node> = documents.iter().filter(|node| recognise("x.yaml", node)).collect();
    lower(&Unit { files: vec![UnitFile { path: "x.yaml", documents, system: hint }], tree: None })
}

fn manifest(kind: &str, metadata: &str, spec: &str) -> String {
    format!("apiVersion: countersign.dev/v1\nkind: {kind}\nmetadata: {metadata}\nspec: {spec}\n")
}

fn facts(kind: &str, metadata: &str, spec: &str) -> Facts {
    let facts = lowered(&manifest(kind, metadata, spec), None);
    assert_eq!(facts.unresolved, []);
    facts
}

/// The one complaint about a manifest: the text it points at, and the reason.
fn complaint(text: &str) -> (String, String) {
    let facts = lowered(text, None);
    assert_eq!(facts.unresolved.len(), 1, "{:?}", facts.unresolved);
    let gap = &facts.unresolved[0];
    assert_eq!(gap.gap, Gap::Broken);
    let span = gap.origin.span;
    (text[span.start as usize..span.end as usize].to_owned(), gap.reason.clone())
}

fn spec_complaint(kind: &str, spec: &str) -> (String, String) {
    complaint(&manifest(kind, "{id: x}", spec))
}

fn epoch(instant: &str) -> i64 {
    instant.parse::<jiff::Timestamp>().unwrap().as_second()
}

#[test]
fn cases() {
    insta::glob!("../../../testdata/formats", "manifest-*", |folder| render::assert_case(&FORMAT, folder));
}

#[test]
fn documents_are_told_by_version_and_kind() {
    let claims = |text: &str| recognise("any", &parse(text.as_bytes()).unwrap()[0]);
    assert!(claims("apiVersion: countersign.dev/v1\nkind: Grant"));
    assert!(claims("apiVersion: countersign.dev/v2\nkind: Grant"));
    assert!(claims("apiVersion: Countersign.dev/v1\nkind: Grnat"));
    assert!(claims("apiVersion: countersign/v1"));
    assert!(!claims("apiVersion: countersign.dev/v1\nkind: Approval"));
    assert!(!claims("apiVersion: countersign.dev/check/v1\nkind: Grant"));
    assert!(!claims("apiVersion: countersigned.example/v1\nkind: Grant"));
    assert!(!claims("kind: Grant"));
    assert!(!claims("[1, 2]"));
}

#[test]
fn a_broken_text_is_suspected_by_its_version_and_kinds() {
    let error = SyntaxError { span: Span::default(), message: String::new(), kind: SyntaxErrorKind::Malformed };
    let suspects = |text: &str| suspect("any", text, &error);
    assert_eq!(suspects("apiVersion: countersign.dev/v1\nkind: Grant\nspec: ["), Some(Gap::Broken));
    assert_eq!(suspects("{\"apiVersion\": \"countersign.dev/v1\", \"kind\": \"Grant\","), Some(Gap::Broken));
    assert_eq!(suspects("apiVersion: countersign.dev/v1\nki"), Some(Gap::Broken));
    assert_eq!(suspects("apiVersion: countersign.dev/v1\nkind: Ruleset\nadd: ["), None);
    let both = "apiVersion: countersign.dev/v1\nkind: Ruleset\n---\napiVersion: countersign.dev/v1\nkind: Role\nx: [";
    assert_eq!(suspects(both), Some(Gap::Broken));
    assert_eq!(suspects("# see countersign.dev/v1\na: ["), None);
}

#[test]
fn days_include_their_last_second() {
    let facts = facts("Person", "{id: a}", "{start: 2024-02-28, end: 2024-02-29}");
    let day = Validity { from: Some(epoch("2024-02-28T00:00:00Z")), until: Some(epoch("2024-03-01T00:00:00Z")) };
    assert_eq!(facts.people[0].employed, day);
}

#[test]
fn instants_are_taken_as_they_are() {
    let spec = "{system: s, to: person:a, role: r, from: '2026-01-01T09:00:00+02:00', until: 2026-01-01T12:00:00Z}";
    let validity = facts("Grant", "{}", spec).grants[0].validity;
    assert_eq!(validity.from, Some(epoch("2026-01-01T07:00:00Z")));
    assert_eq!(validity.until, Some(epoch("2026-01-01T12:00:00Z")));
}

#[test]
fn what_is_no_date_is_said_where_it_stands() {
    for date in ["31.12.2026", "20261231", "2026-13-01", "2026-02-30", "soon", "9999-12-31", "2026-12-31T10:00"] {
        let (at, reason) = spec_complaint("Grant", &format!("{{system: s, to: person:a, role: r, until: {date}}}"));
        assert_eq!((at.as_str(), reason.starts_with(&format!("`{date}` is not a date"))), (date, true), "{reason}");
    }
    let (at, reason) =
        spec_complaint("Grant", "{system: s, to: person:a, role: r, from: 2026-02-01, until: 2026-01-31}");
    assert_eq!((at.as_str(), reason.as_str()), ("2026-01-31", "`until` is before `from`; correct one of them"));
}

#[test]
fn references_are_split_at_the_first_slash() {
    let to = "[person:a, service:b, account:aws:1/arn:aws:iam::1:role/x y, group:g/h/i]";
    let facts = facts("Grant", "{}", &format!("{{system: s, to: {to}, role: r}}"));
    let holders: Vec<Holder> = facts.grants.iter().map(|grant| grant.to.clone()).collect();
    assert_eq!(
        holders,
        [
            Holder::Person("a".into()),
            Holder::Service("b".into()),
            Holder::Account(Native::new("aws:1", "arn:aws:iam::1:role/x y")),
            Holder::Group(Native::new("g", "h/i")),
        ]
    );
}

#[test]
fn what_is_no_reference_is_said_where_it_stands() {
    let wrong = |to: &str| spec_complaint("Grant", &format!("{{system: s, to: {to}, role: r}}"));
    assert_eq!(wrong("alice").0, "alice");
    assert_eq!(wrong("persn:alice").1, "`persn:` is not a kind of holder; did you mean `person:`?");
    assert_eq!(
        wrong("[person:a, account:alice]"),
        (
            "account:alice".to_owned(),
            "`account:alice` lacks a system or a name; write `account:SYSTEM/NAME`".to_owned()
        )
    );
    assert_eq!(wrong("'person:'").1, "the id is empty");
    assert_eq!(wrong("group:s/").1, "the name is empty");
    assert_eq!(wrong("[]").1, "this grant names nobody; name at least one in `to`");
    assert_eq!(spec_complaint("System", "{type: sap, owner: bob}").1, "`bob` is not a person; write `person:bob`");
}

#[test]
fn ids_are_ids() {
    let wrong = |kind: &str, id: &str| complaint(&manifest(kind, &format!("{{id: {id}}}"), "{type: x}"));
    assert_eq!(wrong("Person", "person:bob").1, "the id is written without `person:`: `bob`");
    assert_eq!(wrong("Person", "bob smith").0, "bob smith");
    assert_eq!(
        wrong("System", "acme/prod").1,
        "the system id `acme/prod` has a `/` in it, which parts a system from a name"
    );
}

#[test]
fn unknown_words_are_errors_that_name_the_nearest() {
    assert_eq!(
        complaint("apiVersion: countersign.dev/v1\nkind: Grnat\nspec: {}\n"),
        ("Grnat".to_owned(), "unknown kind `Grnat`; did you mean `Grant`?".to_owned())
    );
    assert_eq!(
        complaint("apiVersion: countersign.dev/v1\nkind: Aproval\n").1,
        "unknown kind `Aproval`; did you mean `Approval`?"
    );
    assert_eq!(
        spec_complaint("Role", "{sytem: s}"),
        ("sytem".to_owned(), "unknown key `sytem`; did you mean `system`?".to_owned())
    );
    let nested = spec_complaint("Role", "{system: s, permissions: [{permission: P, levl: view}]}");
    assert_eq!(nested, ("levl".to_owned(), "unknown key `levl`; did you mean `level`?".to_owned()));
    let level = spec_complaint("Role", "{system: s, permissions: [A, {permission: P, level: veiw}]}");
    assert_eq!(level, ("veiw".to_owned(), "unknown value `veiw`; did you mean `view`?".to_owned()));
    assert_eq!(
        complaint("apiVersion: countersign.dev/v1\nspec: {}\n").1.split(';').next(),
        Some("the key `kind` is missing")
    );
}

#[test]
fn a_newer_version_is_not_guessed_at() {
    let text = "apiVersion: countersign.dev/v2\nkind: Grant\nspec: {}\n";
    let (at, reason) = complaint(text);
    assert_eq!(at, "countersign.dev/v2");
    assert_eq!(reason, "`countersign.dev/v2` is newer than this version of countersign reads; update countersign");
    let (_, reason) = complaint("apiVersion: countersign.dev/1\nkind: Grant\nspec: {}\n");
    assert_eq!(reason, "unknown apiVersion `countersign.dev/1`; write `countersign.dev/v1`");
}

#[test]
fn the_other_documents_of_a_broken_file_count() {
    let good = manifest("Person", "{id: a}", "{}");
    let bad = manifest("Person", "{id: b}", "{status: gone}");
    let facts = lowered(&format!("{good}---\n{bad}---\n{}", good.replace("id: a", "id: c")), None);
    assert_eq!(facts.people.iter().map(|person| &*person.id).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(facts.tally, [("Person", 2)].into());
    assert_eq!(facts.unresolved[0].consequence, "this Person is not evaluated");
}

#[test]
fn a_group_or_grant_without_a_system_takes_the_files() {
    let text = manifest("Role", "{id: r}", "{permissions: [P]}");
    let hint = SystemHint { id: "sap-prod".into(), guardrail: false };
    assert_eq!(lowered(&text, Some(hint)).roles[0].id, Native::new("sap-prod", "r"));
    assert_eq!(complaint(&text).0, "spec");
}

#[test]
fn scopes_are_a_value_a_list_or_everything() {
    let scope = |written: &str| {
        let spec = format!("{{system: s, to: person:a, role: r, scope: {written}}}");
        facts("Grant", "{}", &spec).grants.remove(0).scope
    };
    let got = scope("{plant: 0100, legal_entity: [DE01, US01], portfolio: '*', repository: acme/*}");
    let get = |name: &str| got.get(&Dimension::new(name)).cloned();
    assert_eq!(get("plant"), Some(Values::of(["0100"])));
    assert_eq!(get("legal_entity"), Some(Values::of(["US01", "DE01"])));
    assert_eq!(get("portfolio"), Some(Values::All));
    assert_eq!(get("repository"), Some(Values::of(["acme/*"])));
    assert_eq!(get("system"), None);
}

#[test]
fn only_a_system_says_what_its_system_dimension_is() {
    let spec = "{type: aws, dimensions: {system: ledger}, maps: {native: namespace, shared: system}}";
    assert_eq!(facts("System", "{id: 'aws:1'}", spec).systems[0].fixed.to_string(), "system ledger");
}

#[test]
fn scopes_that_would_match_nothing_are_errors() {
    let wrong = |scope: &str| spec_complaint("Grant", &format!("{{system: s, to: person:a, role: r, scope: {scope}}}"));
    assert_eq!(wrong("{plant: DE*}").0, "DE*");
    assert_eq!(wrong("{plant: []}").1, "no value is given; write `\"*\"` for every value, or leave the dimension out");
    assert_eq!(wrong("{system: x}").0, "system");
    assert_eq!(wrong("{plant: true}").0, "true");
}

#[test]
fn a_grant_gives_something() {
    let (_, reason) = spec_complaint("Grant", "{system: s, to: person:a}");
    assert_eq!(reason, "this grant gives nothing; add `role`, `roles` or `permissions`");
    let spec = "{system: s, to: person:a, role: r, roles: [q], permissions: [P, {permission: Q, level: view}]}";
    let grants = facts("Grant", "{id: g1}", spec).grants;
    assert_eq!(grants.len(), 3);
    assert_eq!(grants[0].what, Granted::Role(Native::new("s", "r")));
    let Granted::Statements(statements) = &grants[2].what else { panic!("{grants:?}") };
    assert_eq!(statements[1].level, Some(Level::View));
}

#[test]
fn a_grant_points_at_the_longer_list() {
    let origins = |spec: &str| {
        let text = manifest("Grant", "{}", spec);
        let facts = lowered(&text, None);
        let slice = |span: Span| text[span.start as usize..span.end as usize].to_owned();
        facts.grants.iter().map(|grant| slice(grant.origin.span)).collect::<Vec<_>>()
    };
    assert_eq!(origins("{system: s, to: person:a, role: r}"), ["r"]);
    assert_eq!(origins("{system: s, to: person:a, roles: [r, q]}"), ["r", "q"]);
    assert_eq!(origins("{system: s, to: [person:a, person:b], role: r}"), ["person:a", "person:b"]);
}

#[test]
fn lifetimes_that_are_not_written_depend_on_the_kind() {
    let lifetime = |credential: &str| {
        facts("ServiceIdentity", "{id: bot}", &format!("{{credentials: {{id: k, {credential}}}}}")).credentials[0]
            .lifetime
    };
    for kind in ["access_key", "service_account_key", "token", "ssh_key"] {
        assert_eq!(lifetime(&format!("kind: {kind}")), Lifetime::Unbounded);
    }
    for kind in ["password", "certificate"] {
        assert_eq!(lifetime(&format!("kind: {kind}")), Lifetime::Unknown);
    }
    assert_eq!(lifetime("kind: federated, expires: never"), Lifetime::Temporary);
    assert_eq!(lifetime("kind: certificate, expires: never"), Lifetime::Unbounded);
    assert_eq!(lifetime("kind: token, expires: 2026-12-31"), Lifetime::Until(epoch("2027-01-01T00:00:00Z")));
}

#[test]
fn a_credential_is_known_by_its_holder_or_its_system() {
    let spec = "{credentials: [{id: k, kind: token}, {id: AKIA, kind: access_key, system: 'aws:1'}]}";
    let credentials = facts("ServiceIdentity", "{id: bot}", spec).credentials;
    assert_eq!(credentials[0].id, Native::new("service:bot", "k"));
    assert_eq!(credentials[1].id, Native::new("aws:1", "AKIA"));
    assert!(credentials.iter().all(|credential| credential.holder == Holder::Service("bot".into())));
    assert_eq!(credentials[0].kind, CredentialKind::Token);
}

#[test]
fn what_a_service_may_hold_can_be_nothing() {
    let may_hold = |spec: &str| {
        let names = facts("ServiceIdentity", "{id: bot}", spec).services[0].may_hold.clone()?;
        Some(names.into_iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>())
    };
    assert_eq!(may_hold("{}"), None);
    assert_eq!(may_hold("{may_hold: []}"), Some(vec![]));
    assert_eq!(may_hold("{may_hold: PAY}"), Some(vec!["PAY".to_owned()]));
}

#[test]
fn an_agent_names_who_operates_it_and_who_approves_what_it_does() {
    let spec = "{type: ai_agent, owner: 'person:ann', operator: 'person:bob', approver: ['person:cy', 'person:di']}";
    let agent = facts("ServiceIdentity", "{id: agent}", spec).services[0].clone();
    let ids = |people: &[(Text, Origin)]| people.iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>();
    assert_eq!(agent.kind, Some(ServiceKind::AiAgent));
    assert_eq!((ids(&agent.operators), ids(&agent.approvers)), (vec!["bob".into()], vec!["cy".into(), "di".into()]));
    let plain = facts("ServiceIdentity", "{id: bot}", "{}").services[0].clone();
    assert_eq!((plain.kind, plain.operators, plain.approvers), (None, vec![], vec![]));
}

/// The example company's change: two manifests say something new, and nothing that only moved shows.
#[test]
fn acme_says_what_its_readme_says() {
    let base = render::statements(&FORMAT, Path::new("testdata/acme/base"));
    let head = render::statements(&FORMAT, Path::new("testdata/acme/head"));
    assert_eq!(base.difference(&head).collect::<Vec<_>>(), Vec::<&String>::new());
    let added: Vec<&str> = head.difference(&base).map(String::as_str).collect();
    let [token, payments] = added[..] else { panic!("{added:?}") };
    assert!(token.starts_with("credential netsuite-prod/intake-backfill of service:invoice-bot Token Unbounded"));
    assert!(payments.starts_with("grant role sap-treasury/Z_TR_PAYMENT_RUN to account:sap-treasury/ANG"));
    let orgs = |side: &str| render::statements(&crate::formats::peribolos::FORMAT, Path::new(side));
    assert_eq!(orgs("testdata/acme/base"), orgs("testdata/acme/head"));
    assert!(!orgs("testdata/acme/base").is_empty());
}

mod schemas {
    use super::*;

    fn json(text: &str) -> serde_json::Value {
        fn convert(node: &Node) -> serde_json::Value {
            match &node.value {
                crate::syntax::Value::Null => serde_json::Value::Null,
                crate::syntax::Value::Bool(value) => (*value).into(),
                crate::syntax::Value::Number(text) => serde_json::from_str(text).unwrap(),
                crate::syntax::Value::String(text) => text.to_string().into(),
                crate::syntax::Value::List(items) => items.iter().map(convert).collect(),
                crate::syntax::Value::Map(entries) => {
                    entries.iter().map(|entry| (entry.key.to_string(), convert(&entry.value))).collect()
                }
            }
        }
        convert(&parse(text.as_bytes()).unwrap()[0])
    }

    #[test]
    fn every_kind_has_one() {
        for kind in KINDS {
            let schema = schema(kind).unwrap();
            assert!(jsonschema::meta::is_valid(&schema));
            assert_eq!(schema["properties"]["kind"]["const"], *kind);
        }
        assert_eq!(schema("Approval"), None);
        assert!(jsonschema::meta::is_valid(&manifest_schema()));
    }

    #[test]
    fn what_is_read_is_valid_and_what_is_broken_is_not() {
        let validator = jsonschema::validator_for(&manifest_schema()).unwrap();
        let folders = ["testdata/acme", "testdata/formats"];
        let mut seen = 0;
        for folder in folders {
            for path in manifests_below(Path::new(folder)) {
                let bytes = std::fs::read(&path).unwrap();
                let Ok(documents) = parse(&bytes) else { continue };
                for node in documents.iter().filter(|node| recognise("", node)) {
                    let files = vec![UnitFile { path: "", documents: vec![node], system: None }];
                    let facts = lower(&Unit { files, tree: None });
                    let text = std::str::from_utf8(&bytes[node.span.start as usize..node.span.end as usize]).unwrap();
                    let value = json(text);
                    // The schema cannot know two things: the system that configuration gives to a path, and which
                    // of two dates comes first.
                    let beyond = |reason: &str| reason.starts_with("the key `system`") || reason.contains("is before");
                    if facts.unresolved.iter().any(|gap| beyond(&gap.reason)) {
                        continue;
                    }
                    seen += 1;
                    let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
                    assert_eq!(
                        errors.is_empty(),
                        facts.unresolved.is_empty(),
                        "{}: {value} {errors:?}",
                        path.display()
                    );
                }
            }
        }
        assert!(seen > 10, "{seen}");
    }

    fn manifests_below(folder: &Path) -> Vec<std::path::PathBuf> {
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(manifests_below(&path));
            } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "json") {
                found.push(path);
            }
        }
        found
    }
}
