//! What is written is read again as it was, and what is no graph is told so.

use std::path::Path;

use super::*;
use crate::facts::Origin;
use crate::formats::cases::render_files;
use crate::formats::trees::read as read_tree;
use crate::syntax::Span;

fn about() -> About {
    About { of: "acme/roles".to_owned(), commit: Some("0f".repeat(20)), generated: 1_795_219_200, unresolved: 2 }
}

/// Facts as lines without their places, in no order; without what is not written.
fn lines(facts: &Facts) -> Vec<String> {
    let mut facts = facts.clone();
    facts.credentials.clear();
    facts.jobs.clear();
    facts.unresolved.clear();
    facts.tally.clear();
    let shown = render_files(&facts, &[("", b"".as_slice()); 32]);
    let mut lines: Vec<String> = Vec::new();
    for line in shown.lines().skip(1) {
        let (_, said) = line.trim_start().split_once(' ').unwrap();
        match lines.last_mut().filter(|_| line.starts_with(' ')) {
            Some(owner) => owner.push_str(&format!("\n  {said}")),
            None => lines.push(said.to_owned()),
        }
    }
    lines.sort();
    lines.dedup();
    lines
}

fn nowhere(facts: &Facts) -> Facts {
    let mut facts = facts.clone();
    let here = Origin { file: 0, span: Span::default() };
    for role in &mut facts.roles {
        role.origin = here;
        role.statements.iter_mut().for_each(|own| own.origin = here);
        role.includes.iter_mut().for_each(|own| own.origin = here);
    }
    for grant in &mut facts.grants {
        grant.origin = here;
        grant.ticket = None;
        grant.justification = None;
        if let crate::facts::Granted::Statements(own) = &mut grant.what {
            own.iter_mut().for_each(|own| own.origin = here);
        }
    }
    facts.trusts.iter_mut().for_each(|own| own.origin = here);
    facts.protections.iter_mut().for_each(|own| own.origin = here);
    facts.groups.iter_mut().for_each(|own| own.origin = here);
    facts.memberships.iter_mut().for_each(|own| own.origin = here);
    for account in &mut facts.accounts {
        account.origin = here;
        account.boundary.iter_mut().for_each(|own| own.1 = here);
    }
    facts
}

/// Every case of every format, written and read again.
#[test]
fn a_graph_is_read_as_it_was_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/formats");
    let mut entries = 0;
    for folder in std::fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        let mut files = Vec::new();
        for file in std::fs::read_dir(&folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_file() && path.extension().is_none_or(|kind| kind != "snap") {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                files.push((name, String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned()));
            }
        }
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        for unit in read_tree(&files).units {
            let written = write(std::slice::from_ref(&unit), &about(), &|_, _| "x:1".to_owned());
            let graph = read(written.as_bytes()).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
            assert_eq!(graph.about, about());
            assert_eq!(lines(&graph.facts), lines(&unit.facts), "{}", folder.display());
            // What is written alike is the same, whatever it looks like as a line.
            let again = LoweredUnit { facts: Arc::new(nowhere(&graph.facts)), ..unit.clone() };
            assert_eq!(write(&[again], &about(), &|_, _| "x:1".to_owned()), written, "{}", folder.display());
            entries += graph.facts.grants.len() + graph.facts.roles.len() + graph.facts.trusts.len();
        }
    }
    assert!(entries > 80, "{entries}");
}

#[test]
fn each_fact_has_its_line() {
    let unit = read_tree(&[("main.tf", "resource \"aws_iam_user\" \"a\" {\n  name = \"ann\"\n}\n")]).units.remove(0);
    let written = write(&[unit], &about(), &|unit, origin| format!("{}:{}", unit.files[0], origin.span.start));
    assert_eq!(
        written,
        "{\n\"apiVersion\": \"countersign.dev/v1\",\n\"kind\": \"AccessGraph\",\n\"metadata\": {\"commit\":\
         \"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f\",\"generated\":\"2026-11-21T00:00:00Z\",\"of\":\"acme/roles\",\
         \"unresolved\":2},\n\"facts\": [\n{\"at\":\"main.tf:0\",\"fact\":\"account\",\"id\":[\"aws\",\"user/ann\"],\
         \"kind\":\"user\"}\n]\n}\n"
    );
    let graph = read(written.as_bytes()).unwrap();
    let span = graph.facts.accounts[0].origin.span;
    assert!(written[span.start as usize..].starts_with("{\"at\":\"main.tf:0\""));
}

#[test]
fn what_is_no_graph_is_told_with_its_line() {
    let graph = |facts: &str| {
        format!(
            "{{\"apiVersion\": \"countersign.dev/v1\", \"kind\": \"AccessGraph\", \"metadata\": {{\"of\": \"x\", \
             \"generated\": \"2026-11-21T00:00:00Z\"}},\n\"facts\": {facts}}}"
        )
    };
    for (text, line, reason) in [
        ("{".to_owned(), 1, ""),
        ("{}".to_owned(), 1, "`apiVersion` is not `countersign.dev/v1`"),
        (graph("[]").replace("AccessGraph", "Grant"), 1, "`kind` is not `AccessGraph`"),
        (graph("[]").replace("2026", "26"), 1, "`26-11-21T00:00:00Z` is no instant"),
        (graph("{}"), 1, "this graph has no `facts`"),
        (graph("[\n{\"fact\": \"spell\"}]"), 3, "spell"),
        (graph("[{\"fact\": \"group\", \"id\": [\"a\"], \"members_listed\": true}]"), 2, ""),
    ] {
        let error = read(text.as_bytes()).unwrap_err();
        assert_eq!(error.line, line, "{text}: {error}");
        assert!(error.message.contains(reason), "{text}: {error}");
    }
    assert_eq!(read(graph("[]").as_bytes()).unwrap().facts, Facts::default());
}
