//! What the tokens of a job claim (GitLab's documentation, "OpenID Connect in GitLab CI/CD", ID token authentication, and
//! "Connect to cloud services", conditional roles).

use std::collections::BTreeMap;

use super::tree::{Tree, What};
use crate::facts::TokenWay;

/// Rules or names of one job that are told apart; of more it is not known when it runs.
const MAX_NAMES: usize = 50;

/// The ways in which a job comes to a token. What follows the project in the subject is `sub`.
pub(super) fn ways(job: &Tree) -> Vec<TokenWay> {
    let mut found = Vec::new();
    if let Some(rules) = job.get("rules") {
        let rules = rules.one_or_many();
        for rule in rules.iter().take(MAX_NAMES) {
            let never = rule.get("when").and_then(Tree::as_text).is_some_and(|own| &**own == "never");
            if !never {
                by_rule(rule.get("if").and_then(Tree::as_text).map(|own| &**own), &mut found);
            }
        }
        if rules.len() > MAX_NAMES {
            any(&mut found);
        }
    } else if let Some(only) = job.get("only") {
        let names = only.get("refs").unwrap_or(only).one_or_many();
        for name in names.iter().take(MAX_NAMES).filter_map(Tree::as_text) {
            by_name(name, &mut found);
        }
        if names.len() > MAX_NAMES || names.iter().any(|own| !matches!(own.what, What::Scalar(Some(_)))) {
            any(&mut found);
        }
    } else {
        any(&mut found);
    }
    found.sort();
    found.dedup();
    found
}

fn way(when: String, kind: &str, name: &str, is_settled: bool) -> TokenWay {
    let claims = BTreeMap::from([
        ("sub".into(), format!("ref_type:{kind}:ref:{name}").into()),
        ("ref".into(), name.into()),
        ("ref_type".into(), kind.into()),
    ]);
    TokenWay { when: when.into(), claims, is_settled }
}

fn any(found: &mut Vec<TokenWay>) {
    found.push(way("a pipeline of a branch".to_owned(), "branch", "*", true));
    found.push(way("a pipeline of a tag".to_owned(), "tag", "*", true));
}

/// What a condition asks of the ref, where it asks that alone.
fn by_rule(condition: Option<&str>, found: &mut Vec<TokenWay>) {
    let Some(condition) = condition.map(str::trim) else { return any(found) };
    let refs = ["$CI_COMMIT_BRANCH", "$CI_COMMIT_REF_NAME"];
    let asked = condition.split_once("==").map(|(left, right)| (left.trim(), right.trim()));
    match asked {
        Some((left, "$CI_DEFAULT_BRANCH")) if refs.contains(&left) => {
            found.push(way("a pipeline of the default branch".to_owned(), "branch", "*", false));
        }
        Some((left, right)) if refs.contains(&left) => match quoted(right) {
            Some(name) => found.push(way(format!("a pipeline of the branch {name}"), "branch", name, true)),
            None => any(found),
        },
        None if condition == "$CI_COMMIT_TAG" => {
            found.push(way("a pipeline of a tag".to_owned(), "tag", "*", true));
        }
        None if condition == "$CI_COMMIT_BRANCH" => {
            found.push(way("a pipeline of a branch".to_owned(), "branch", "*", true));
        }
        _ => any(found),
    }
}

fn quoted(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let inner = inner.or_else(|| text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')));
    inner.filter(|name| !name.contains(['"', '\'', '*', '?', '$']))
}

fn by_name(name: &str, found: &mut Vec<TokenWay>) {
    match name {
        "branches" | "merge_requests" => {
            found.push(way("a pipeline of a branch".to_owned(), "branch", "*", true));
        }
        "tags" => found.push(way("a pipeline of a tag".to_owned(), "tag", "*", true)),
        "schedules" | "web" | "api" | "triggers" | "pushes" | "pipelines" | "external" | "chat" => any(found),
        pattern if pattern.starts_with('/') || pattern.contains(['*', '?', '$']) => any(found),
        // A name may be that of a tag as well.
        name => {
            found.push(way(format!("a pipeline of the branch {name}"), "branch", name, true));
            found.push(way(format!("a pipeline of the tag {name}"), "tag", name, true));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subjects(by: impl Fn(&mut Vec<TokenWay>)) -> Vec<(String, bool)> {
        let mut found = Vec::new();
        by(&mut found);
        found.iter().map(|way| (way.claims["sub"].to_string(), way.is_settled)).collect()
    }

    #[test]
    fn rules_tell_the_refs_that_a_job_runs_for() {
        let of = |kind: &str, name: &str, is_settled: bool| (format!("ref_type:{kind}:ref:{name}"), is_settled);
        for (rule, wanted) in [
            ("$CI_COMMIT_BRANCH == \"main\"", vec![of("branch", "main", true)]),
            ("$CI_COMMIT_REF_NAME == 'rel/1'", vec![of("branch", "rel/1", true)]),
            ("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", vec![of("branch", "*", false)]),
            ("$CI_COMMIT_TAG", vec![of("tag", "*", true)]),
            ("$CI_COMMIT_BRANCH == \"a\" && $X == \"b\"", vec![of("branch", "*", true), of("tag", "*", true)]),
        ] {
            assert_eq!(subjects(|found| by_rule(Some(rule), found)), wanted, "{rule}");
        }
        assert_eq!(subjects(|found| by_name("tags", found)), [of("tag", "*", true)]);
        assert_eq!(subjects(|found| by_name("main", found)), [of("branch", "main", true), of("tag", "main", true)]);
    }
}
