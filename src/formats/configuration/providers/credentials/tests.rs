//! Each row of the tables, with a block that is found and one that is not; and each row against what is said of it elsewhere.

use std::collections::BTreeSet;

use super::row::{Declared, Form, Made, Rotates};
use super::{ROWS, passwords};
use crate::facts::{CredentialFact, Facts, Lifetime, Rotation};
use crate::formats::trees::read;
use crate::rules::instead_of;

fn rows() -> impl Iterator<Item = &'static Declared> {
    ROWS.iter().flat_map(|rows| rows.iter())
}

/// The facts of a configuration in HCL.
fn facts(text: &str) -> Facts {
    let reading = read(&[("main.tf", text)]);
    (*reading.units.iter().find(|unit| unit.format == "terraform").unwrap().facts).clone()
}

fn credentials(text: &str) -> Vec<CredentialFact> {
    facts(text).credentials
}

/// A block of a type with these arguments, each at its path of blocks.
fn block(kind: &str, arguments: &[(&str, &str)]) -> String {
    let mut inner = String::new();
    for (path, value) in arguments {
        let mut parts: Vec<&str> = path.split('.').collect();
        let last = parts.pop().unwrap();
        let open: String = parts.iter().map(|part| format!("{part} {{\n")).collect();
        inner += &format!("{open}{last} = {value}\n{}", "}\n".repeat(parts.len()));
    }
    format!("resource \"{kind}\" \"it\" {{\n{inner}}}\nvariable \"kept\" {{}}\n")
}

/// What every block of a row has: whose the credential is, and the values that the row asks for.
fn around(row: &Declared) -> Vec<(&'static str, String)> {
    let mut all: Vec<(&str, String)> = Vec::new();
    if !row.holder.is_empty() && !row.values.contains(&row.holder) {
        all.push((row.holder, "\"holder\"".to_owned()));
    }
    all.extend(row.only.iter().map(|(path, value)| (*path, format!("\"{value}\""))));
    match row.made {
        Made::On(path) | Made::UnlessOff(path) => all.push((path, "true".to_owned())),
        Made::Always | Made::WithValue => {}
    }
    all
}

fn with(row: &Declared, more: &[(&str, &str)]) -> String {
    let around = around(row);
    let own = around
        .iter()
        .map(|(path, value)| (*path, value.as_str()))
        .filter(|(path, _)| more.iter().all(|(other, _)| other != path));
    // Blocks of one name come one after the other.
    block(row.kind, &own.chain(more.iter().copied()).collect::<Vec<_>>())
}

#[test]
fn no_type_is_listed_twice() {
    let mut seen = BTreeSet::new();
    for row in rows() {
        assert!(seen.insert(row.kind), "{}", row.kind);
    }
    assert!(seen.len() >= 90, "{}", seen.len());
}

#[test]
fn each_value_is_found_where_it_is_written_and_not_where_it_is_taken_from_elsewhere() {
    for row in rows() {
        for path in row.values {
            let is_map = matches!(path.rsplit('.').next(), Some("data" | "binary_data"));
            let text = if is_map { "{ a = \"written\" }" } else { "\"written\"" };
            let found = credentials(&with(row, &[(path, text)]));
            assert!(found.iter().any(|fact| fact.detail.is_literal), "{} {path}: {found:?}", row.kind);
            let taken = if is_map { "{ a = var.kept }" } else { "var.kept" };
            let found = credentials(&with(row, &[(path, taken)]));
            assert!(
                !found.is_empty() && found.iter().all(|fact| !fact.detail.is_literal),
                "{} {path}: {found:?}",
                row.kind
            );
        }
    }
}

#[test]
fn each_end_is_read_and_without_one_the_row_says_how_long() {
    for row in rows() {
        let Some(end) = row.end else { continue };
        let value: Vec<(&str, &str)> = match row.made {
            Made::WithValue => row.values.iter().take(1).map(|path| (*path, "var.kept")).collect(),
            _ => Vec::new(),
        };
        let found = credentials(&with(row, &value));
        assert!(!found.is_empty(), "{}", row.kind);
        assert!(found.iter().all(|fact| fact.lifetime == end.otherwise), "{}: {found:?}", row.kind);
        for (path, form) in end.written {
            let (text, wanted) = match form {
                Form::Date => ("\"2027-01-31T00:00:00Z\"", Lifetime::Until(1_801_353_600)),
                Form::Seconds => ("\"3600s\"", Lifetime::For(3_600)),
                Form::Days => ("30", Lifetime::For(30 * 86_400)),
                Form::Span => ("\"720h\"", Lifetime::For(30 * 86_400)),
            };
            let mut more = value.clone();
            more.push((path, text));
            let found = credentials(&with(row, &more));
            assert!(found.iter().any(|fact| fact.lifetime == wanted), "{} {path}: {found:?}", row.kind);
            more.pop();
            more.push((path, "var.kept"));
            let found = credentials(&with(row, &more));
            assert!(found.iter().all(|fact| fact.lifetime == Lifetime::Unknown), "{} {path}: {found:?}", row.kind);
        }
    }
}

#[test]
fn each_rotation_is_read_and_without_one_nothing_replaces_it() {
    let one = |text: &str| credentials(text).first().and_then(|fact| fact.detail.rotation);
    for row in rows() {
        let value: Vec<(&str, &str)> = match row.made {
            Made::WithValue => row.values.iter().take(1).map(|path| (*path, "var.kept")).collect(),
            _ => Vec::new(),
        };
        let also = |more: &[(&'static str, &'static str)]| {
            let all: Vec<(&str, &str)> = value.iter().copied().chain(more.iter().copied()).collect();
            with(row, &all)
        };
        let off = if row.rotation == Rotates::Unasked { None } else { Some(Rotation::Off) };
        if row.made != Made::WithValue || !value.is_empty() {
            assert_eq!(one(&also(&[])), off, "{}", row.kind);
        }
        match row.rotation {
            Rotates::Unasked | Rotates::Never => {}
            Rotates::Flag { on, days, otherwise } => {
                assert_eq!(one(&also(&[(on, "true")])), Some(Rotation::Every(otherwise)));
                assert_eq!(one(&also(&[(on, "true"), (days, "90")])), Some(Rotation::Every(90)));
                assert_eq!(one(&also(&[(on, "false"), (days, "90")])), Some(Rotation::Off));
                assert_eq!(one(&also(&[(on, "var.kept")])), Some(Rotation::Unsaid));
            }
            Rotates::Period(written) => {
                for (path, form) in written {
                    let (text, wanted) = match form {
                        Form::Seconds => ("\"2592000s\"", Rotation::Every(30)),
                        Form::Span => ("\"P30D\"", Rotation::Every(30)),
                        Form::Days => ("30", Rotation::Every(30)),
                        Form::Date => ("\"2027-01-31T00:00:00Z\"", Rotation::Unsaid),
                    };
                    assert_eq!(one(&also(&[(path, text)])), Some(wanted), "{} {path}", row.kind);
                }
            }
            Rotates::Resource { kind, names, days, own } => {
                let reference = format!("{}.it.id", row.kind);
                let other = block(kind, &[(names, &reference), (days, "30")]).replace("variable \"kept\" {}\n", "");
                assert_eq!(one(&format!("{}{other}", also(&[]))), Some(Rotation::Every(30)), "{}", row.kind);
                let elsewhere = other.replace(&reference, "\"another\"");
                assert_eq!(one(&format!("{}{elsewhere}", also(&[]))), Some(Rotation::Off), "{}", row.kind);
                assert_eq!(one(&also(&[(own, "30")])), Some(Rotation::Every(30)), "{}", row.kind);
            }
        }
    }
}

#[test]
fn what_is_turned_off_or_of_another_kind_declares_nothing() {
    for row in rows() {
        let more = match row.made {
            Made::On(path) | Made::UnlessOff(path) => vec![(path, "false")],
            _ => row.only.iter().take(1).map(|(path, _)| (*path, "\"OTHER\"")).collect(),
        };
        if !more.is_empty() {
            let found = credentials(&with(row, &more));
            assert!(found.is_empty(), "{}: {found:?}", row.kind);
        }
    }
}

#[test]
fn every_type_has_an_alternative_and_is_documented() {
    let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/credentials.md")).unwrap();
    let kinds = rows().map(|row| row.kind).chain(passwords::kinds());
    for kind in kinds {
        assert!(instead_of(kind).is_some(), "no alternative for {kind}");
        assert!(docs.contains(&format!("| `{kind}` |")), "{kind} is not in docs/credentials.md");
    }
    let missing: Vec<String> = rows().map(described).filter(|line| !docs.contains(line)).collect();
    assert!(missing.is_empty(), "docs/credentials.md lacks\n{}", missing.join("\n"));
}

/// A row as the documentation lists it.
fn described(row: &Declared) -> String {
    let days = |seconds: i64| match seconds % 86_400 {
        0 => format!("{} days", seconds / 86_400),
        _ => format!("{} minutes", seconds / 60),
    };
    let lifetime = row.end.map_or_else(String::new, |end| {
        let written: Vec<String> = end.written.iter().map(|(path, _)| format!("`{path}`")).collect();
        let otherwise = match end.otherwise {
            Lifetime::Unbounded => "for ever".to_owned(),
            Lifetime::For(seconds) => days(seconds),
            _ => "not said".to_owned(),
        };
        if written.is_empty() { otherwise } else { format!("{}, else {otherwise}", written.join(", ")) }
    });
    let rotation = match row.rotation {
        Rotates::Unasked => String::new(),
        Rotates::Never => "nothing".to_owned(),
        Rotates::Flag { on, .. } => format!("`{on}`"),
        Rotates::Period(written) => written.iter().map(|(path, _)| format!("`{path}`")).collect::<Vec<_>>().join(", "),
        Rotates::Resource { kind, .. } => format!("`{kind}`"),
    };
    let values: Vec<String> = row.values.iter().map(|path| format!("`{path}`")).collect();
    let what = row.what.as_str().replace('_', " ");
    format!("| `{}` | {what} | {lifetime} | {} | {rotation} |", row.kind, values.join(", "))
}

#[test]
fn weak_and_strong_rules_of_passwords_are_told_apart() {
    let rules = |text: &str| credentials(text).first().and_then(|fact| fact.detail.rules).unwrap();
    let aws = rules("resource \"aws_iam_account_password_policy\" \"it\" {\n require_numbers = true\n}\n");
    assert_eq!((aws.min_length, aws.classes, aws.history, aws.attempts), (Some(6), Some(1), Some(0), None));
    let okta =
        rules("resource \"okta_policy_password\" \"it\" {\n password_min_length = 14\n password_min_symbol = 1\n}\n");
    assert_eq!((okta.min_length, okta.classes, okta.history, okta.attempts), (Some(14), Some(4), Some(0), Some(10)));
    let pool = "resource \"aws_cognito_user_pool\" \"it\" {\n password_policy {\n minimum_length = 8\n }\n}\n";
    assert_eq!((rules(pool).min_length, rules(pool).classes), (Some(8), Some(0)));
    let sql = "resource \"google_sql_database_instance\" \"it\" {\n settings {\n password_validation_policy {\n \
               min_length = 12\n complexity = \"COMPLEXITY_DEFAULT\"\n }\n }\n}\n";
    assert_eq!((rules(sql).min_length, rules(sql).classes), (Some(12), Some(4)));
    assert!(credentials("resource \"aws_cognito_user_pool\" \"it\" {\n}\n").is_empty());
    let open = rules("variable \"n\" {}\nresource \"snowflake_password_policy\" \"it\" {\n min_length = var.n\n}\n");
    assert_eq!((open.min_length, open.classes, open.attempts), (None, Some(3), Some(5)));
}

#[test]
fn secrets_of_providers_count_where_they_are_written() {
    let written = "provider \"vault\" {\n token = \"written\"\n}\n";
    let found =
        credentials(&format!("{written}resource \"vault_policy\" \"p\" {{\n name = \"p\"\n policy = \"\"\n}}\n"));
    assert_eq!(found.len(), 1);
    assert!(found[0].detail.is_literal && &*found[0].id.name == "provider/vault/token", "{found:?}");
    let taken = written.replace("\"written\"", "var.kept");
    let found = credentials(&format!(
        "{taken}variable \"kept\" {{}}\nresource \"vault_policy\" \"p\" {{\n name = \"p\"\n policy = \"\"\n}}\n"
    ));
    assert_eq!(found, []);
}

#[test]
fn workloads_that_are_given_a_secret_are_noted() {
    let text = "resource \"aws_iam_access_key\" \"k\" {\n user = \"u\"\n}\n\
                resource \"aws_lambda_function\" \"f\" {\n environment {\n variables = {\n S = aws_iam_access_key.k.secret\n }\n }\n}\n\
                resource \"aws_lambda_function\" \"g\" {\n description = aws_iam_access_key.k.id\n}\n";
    let found = credentials(text);
    assert_eq!(found[0].detail.used_by.iter().map(|name| &**name).collect::<Vec<_>>(), ["aws_lambda_function.f"]);
}

#[test]
fn variables_of_pipelines_count_by_their_name() {
    let text = |key: &str, value: &str| {
        block("gitlab_project_variable", &[("project", "\"shop\""), ("key", &format!("\"{key}\"")), ("value", value)])
    };
    let found = credentials(&text("GOOGLE_CREDENTIALS", "var.kept"));
    assert_eq!(found[0].detail.pipeline, Some(crate::facts::Cloud::Gcp));
    assert!(!found[0].detail.is_literal && credentials(&text("VAULT_TOKEN", "\"written\""))[0].detail.is_literal);
    assert_eq!(credentials(&text("REGION", "\"eu-west-1\"")), []);
}
