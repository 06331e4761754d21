//! What the tokens of a job claim: by what starts its workflow, and by the environment that it names (GitHub's
//! documentation, "OpenID Connect reference", example subject claims).

use std::collections::BTreeMap;

use crate::facts::{Text, TokenWay};
use crate::syntax::{Entry, Node, Value};

/// Branches or tags of one event that are told apart; of more it is not known which.
const MAX_NAMES: usize = 50;

const BRANCHES: &str = "refs/heads/";
const TAGS: &str = "refs/tags/";

/// The ways in which jobs of a workflow that starts by itself come to a token. What follows the repository in the subject
/// is `sub`.
pub(super) fn ways(workflow: &Node) -> Vec<TokenWay> {
    let mut found = Vec::new();
    match workflow.get("on").map(|on| &on.value) {
        Some(Value::Map(entries)) => {
            for Entry { key, value, .. } in entries {
                event(key, Some(value), &mut found);
            }
        }
        Some(Value::List(items)) => items.iter().filter_map(Node::as_str).for_each(|own| event(own, None, &mut found)),
        Some(Value::String(one)) => event(one, None, &mut found),
        _ => {}
    }
    found
}

/// The way of a job that names an environment: what starts it no longer matters. None names one that is not known.
pub(super) fn of_environment(name: Option<&Text>) -> TokenWay {
    let shown = name.map_or("*", |name| name);
    let when = name.map_or_else(|| "an environment".to_owned(), |name| format!("the environment {name}"));
    way(&when, &format!("environment:{shown}"), [("environment", shown)], name.is_some())
}

fn way<'c>(
    when: &str,
    subject: &str,
    claims: impl IntoIterator<Item = (&'c str, &'c str)>,
    is_settled: bool,
) -> TokenWay {
    let mut all: BTreeMap<Text, Text> = claims.into_iter().map(|(claim, value)| (claim.into(), value.into())).collect();
    all.insert("sub".into(), subject.into());
    TokenWay { when: when.into(), claims: all, is_settled }
}

fn of_ref(when: &str, name: &str, is_settled: bool) -> TokenWay {
    way(when, &format!("ref:{name}"), [("ref", name)], is_settled)
}

fn event(name: &str, filter: Option<&Node>, found: &mut Vec<TokenWay>) {
    match name {
        "push" => {
            let list = |key: &str| filter.and_then(|own| own.get(key));
            let (branches, tags) = (list("branches"), list("tags"));
            // A filter on one kind alone leaves out the other.
            let said = |key: &str| list(key).is_some();
            let branches_too = branches.is_some() || said("branches-ignore") || !said("tags") && !said("tags-ignore");
            let tags_too = tags.is_some() || said("tags-ignore") || !said("branches") && !said("branches-ignore");
            if branches_too {
                named("a push to", BRANCHES, branches, found);
            }
            if tags_too {
                named("a push of", TAGS, tags, found);
            }
        }
        "pull_request" => found.push(way("a pull request", "pull_request", [("event_name", "pull_request")], true)),
        "pull_request_target" => {
            named("a pull request against", BRANCHES, filter.and_then(|own| own.get("branches")), found);
        }
        "workflow_dispatch" => {
            found.push(of_ref("a start by hand on a branch", "refs/heads/*", true));
            found.push(of_ref("a start by hand on a tag", "refs/tags/*", true));
        }
        "release" => found.push(of_ref("a release", "refs/tags/*", true)),
        "merge_group" => found.push(of_ref("a merge queue", "refs/heads/gh-readonly-queue/*", true)),
        // Called ones run by what starts the caller.
        "workflow_call" => {}
        "schedule" | "workflow_run" | "issue_comment" | "issues" | "repository_dispatch" => {
            // Whatever the default branch is called.
            found.push(of_ref("a run on the default branch", "refs/heads/*", false));
        }
        _ => found.push(way(&format!("the event {name}"), "*", [], false)),
    }
}

/// The names of a filter. Patterns that say more than `*` are taken as unknown, exclusions as nothing.
fn named(when: &str, stem: &str, filter: Option<&Node>, found: &mut Vec<TokenWay>) {
    let names: Vec<&str> = filter
        .map(Node::one_or_many)
        .unwrap_or_default()
        .iter()
        .filter_map(Node::as_str)
        .filter(|name| !name.starts_with('!'))
        .collect();
    let noun = if stem == BRANCHES { "branch" } else { "tag" };
    if names.is_empty() || names.len() > MAX_NAMES {
        found.push(of_ref(&format!("{when} any {noun}"), &format!("{stem}*"), names.is_empty()));
        return;
    }
    let when = format!("{when} the {noun}");
    for name in names {
        if name.contains(['?', '+', '[']) {
            found.push(of_ref(&format!("{when} {name}"), &format!("{stem}*"), false));
        } else {
            let pattern = name.replace("**", "*");
            found.push(of_ref(&format!("{when} {name}"), &format!("{stem}{pattern}"), true));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    fn subjects(text: &str) -> Vec<(String, bool)> {
        let documents = parse(text.as_bytes()).unwrap();
        ways(&documents[0]).iter().map(|way| (way.claims["sub"].to_string(), way.is_settled)).collect()
    }

    #[test]
    fn what_starts_a_workflow_tells_its_subjects() {
        let of = |subject: &str, is_settled: bool| (subject.to_owned(), is_settled);
        for (text, wanted) in [
            ("on: push", vec![of("ref:refs/heads/*", true), of("ref:refs/tags/*", true)]),
            (
                "on: {push: {branches: [main, 'release/**']}}",
                vec![of("ref:refs/heads/main", true), of("ref:refs/heads/release/*", true)],
            ),
            ("on: {push: {tags: ['v*']}}", vec![of("ref:refs/tags/v*", true)]),
            ("on: {push: {branches: ['v[12]', '!x']}}", vec![of("ref:refs/heads/*", false)]),
            ("on: [pull_request, schedule]", vec![of("pull_request", true), of("ref:refs/heads/*", false)]),
            ("on: {workflow_call: }", vec![]),
            ("on: {pull_request_target: {branches: main}}", vec![of("ref:refs/heads/main", true)]),
            ("on: deployment", vec![of("*", false)]),
        ] {
            assert_eq!(subjects(text), wanted, "{text}");
        }
    }
}
