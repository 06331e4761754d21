//! `docs/secrets.md` lists the kinds of the table.

use std::fmt::Write as _;

use super::*;

/// The table of kinds as the documentation has it.
fn listed() -> String {
    let mut text = String::from("| kind | issued by | tier | proved by | lives |\n|---|---|---|---|---|\n");
    for kind in table().kinds() {
        let proof = match (kind.check, kind.recogniser) {
            (Some(check), _) => check.words(),
            (None, Some(Recogniser::Pem | Recogniser::ServiceAccount | Recogniser::Jwt)) => "structure",
            (None, _) => "",
        };
        let near = if kind.near.is_empty() { "" } else { ", by name" };
        let test = if kind.test.is_empty() { "" } else { "; test tokens warn" };
        let tier = kind.tier();
        let tier = if tier == Tier::Blocking { "blocks" } else { "warns" };
        let _ = writeln!(
            text,
            "| `{}` {} | {} | {tier}{near}{test} | {proof} | {} |",
            kind.id,
            kind.title,
            kind.provider,
            kind.lifetime.words()
        );
    }
    text
}

#[test]
fn the_documentation_lists_every_kind() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/secrets.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once("<!-- kinds -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end of kinds -->").unwrap();
    let wanted = format!("{before}<!-- kinds -->\n{}<!-- end of kinds -->{after}", listed());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    assert!(page == wanted, "docs/secrets.md is not what the table says: run this test with UPDATE_DOCS=1");
}
