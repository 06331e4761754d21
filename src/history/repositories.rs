//! Many repositories at once, held against what the forge says there are.

use std::collections::BTreeMap;
use std::fmt;

use miette::Diagnostic;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::Value;

use super::completeness::Completeness;
use super::landings::State;
use super::period::Period;
use crate::rules::Instant;

/// The name of this version of the format.
pub const REPOSITORIES_SCHEMA: &str = "countersign.dev/repositories/v1";

/// The JSON Schema of the answer about many repositories.
#[must_use]
pub fn repositories_schema() -> Schema {
    schemars::schema_for!(Repositories)
}

/// A repository that a forge lists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Forged {
    /// Its name, `OWNER/NAME`, in lower case.
    pub name: String,
    /// The branch that its changes go to.
    pub branch: Option<String>,
    /// Whether nobody can write to it any more.
    pub is_archived: bool,
}

/// Why a forge's list cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgeListError {
    /// The file.
    pub file: String,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for ForgeListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.what)
    }
}

impl std::error::Error for ForgeListError {}

impl Diagnostic for ForgeListError {
    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        Some(Box::new(
            "export it by `gh api --paginate /orgs/OWNER/repos`, or by GitLab's `/groups/ID/projects?include_subgroups=true`",
        ))
    }
}

/// Reads the repositories that a forge lists: an array, several of them one after another as pages come, or one object a
/// line.
///
/// Sources: GitHub REST "List organization repositories" (`full_name`, `default_branch`, `archived`), GitLab "List a group's
/// projects" (`path_with_namespace`, `default_branch`, `archived`).
///
/// # Errors
/// [`ForgeListError`]: it is no JSON, an entry has no name, or one is there twice.
pub fn forge_list(file: &str, bytes: &[u8]) -> Result<Vec<Forged>, ForgeListError> {
    let wrong = |what: String| ForgeListError { file: file.to_owned(), what };
    let mut all: BTreeMap<String, Forged> = BTreeMap::new();
    let mut number = 0;
    for read in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>() {
        let entries = match read.map_err(|error| wrong(format!("it is no JSON: {error}")))? {
            Value::Array(entries) => entries,
            entry @ Value::Object(_) => vec![entry],
            _ => return Err(wrong("it lists no repositories".to_owned())),
        };
        for entry in entries {
            number += 1;
            let text = |field: &str| entry.get(field).and_then(Value::as_str);
            let name = text("full_name").or_else(|| text("path_with_namespace"));
            let name =
                name.ok_or_else(|| wrong(format!("entry {number} has neither full_name nor path_with_namespace")))?;
            let name = name.to_ascii_lowercase();
            let forged = Forged {
                name: name.clone(),
                branch: text("default_branch").map(str::to_owned),
                is_archived: entry.get("archived").and_then(Value::as_bool).unwrap_or_default(),
            };
            if all.insert(name.clone(), forged).is_some() {
                return Err(wrong(format!("{name} is there twice")));
            }
        }
    }
    Ok(all.into_values().collect())
}

/// The name of a repository by the address that it is fetched from: its last two parts or more, in lower case, as a forge
/// lists it. `None` for what is no address of a forge.
#[must_use]
pub fn forge_name(address: &str) -> Option<String> {
    let address = address.trim_end_matches('/').trim_end_matches(".git");
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        // As ssh writes it, `git@host:owner/name`.
        None => address.split_once(':')?.1,
    };
    let path = path.trim_matches('/').to_ascii_lowercase();
    path.contains('/').then_some(path)
}

/// What was asked about one clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloneAnswer {
    /// Its folder.
    pub folder: String,
    /// Its name at the forge, where it is fetched from one.
    pub name: Option<String>,
    /// The answer, or why there is none.
    pub answer: Result<Completeness, String>,
}

/// The answer about many repositories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Repositories {
    /// Always [`REPOSITORIES_SCHEMA`].
    pub schema: String,
    /// When it was asked.
    pub as_of: Instant,
    /// The period.
    pub period: Period,
    /// Whether every repository is complete and none is missing.
    pub complete: bool,
    /// What this is relative to.
    pub claim: Vec<String>,
    /// How many the forge lists; absent without its list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed: Option<u64>,
    /// Landings of all of them.
    pub landed: u64,
    /// Of these, those that got past the gate.
    pub ungated: u64,
    /// Each repository that was asked about, by name.
    pub repositories: Vec<RepositoryReport>,
    /// What the forge lists and nobody asked about.
    pub missing: Vec<MissingReport>,
    /// Clones that the forge does not list.
    pub unlisted: Vec<String>,
}

/// One repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RepositoryReport {
    /// Its name at the forge, else its folder.
    pub name: String,
    /// Its folder.
    pub folder: String,
    /// The tip of its branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tip: Option<String>,
    /// Whether everything that landed was evaluated and passed.
    pub complete: bool,
    /// How many commits the branch went through in the period.
    pub landed: u64,
    /// Of these, those that got past the gate.
    pub ungated: u64,
    /// Of these, those from before the first evaluation.
    pub before_the_gate: u64,
    /// By state.
    pub states: BTreeMap<State, u64>,
    /// Why nothing could be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A repository that nobody asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MissingReport {
    /// Its name at the forge.
    pub name: String,
    /// Whether nobody can write to it any more: nothing lands there.
    pub archived: bool,
}

/// Holds clones against the forge's list.
#[must_use]
pub fn reconcile(period: &Period, as_of: i64, listed: Option<&[Forged]>, clones: Vec<CloneAnswer>) -> Repositories {
    let mut repositories: Vec<RepositoryReport> = clones.into_iter().map(one).collect();
    repositories.sort_by(|a, b| (&a.name, &a.folder).cmp(&(&b.name, &b.folder)));
    let asked = |name: &str| repositories.iter().any(|own| own.name == name);
    let missing: Vec<MissingReport> = listed
        .into_iter()
        .flatten()
        .filter(|own| !asked(&own.name))
        .map(|own| MissingReport { name: own.name.clone(), archived: own.is_archived })
        .collect();
    let is_listed = |name: &str| listed.is_none_or(|all| all.iter().any(|own| own.name == name));
    let unlisted: Vec<String> =
        repositories.iter().filter(|own| !is_listed(&own.name)).map(|own| own.name.clone()).collect();
    let claim = match listed {
        Some(all) => format!("relative to the {} repositories that the forge lists", all.len()),
        None => format!(
            "relative to the {} clones that were given: without the forge's list nobody knows of others",
            repositories.len()
        ),
    };
    Repositories {
        schema: REPOSITORIES_SCHEMA.to_owned(),
        as_of: Instant::from_seconds(as_of),
        period: period.clone(),
        complete: repositories.iter().all(|own| own.complete) && missing.iter().all(|own| own.archived),
        claim: vec![
            claim,
            "each relative to its clone and its evidence, as `population verify` says of it alone".to_owned(),
        ],
        listed: listed.map(|all| all.len() as u64),
        landed: repositories.iter().map(|own| own.landed).sum(),
        ungated: repositories.iter().map(|own| own.ungated).sum(),
        repositories,
        missing,
        unlisted,
    }
}

fn one(clone: CloneAnswer) -> RepositoryReport {
    let name = clone.name.unwrap_or_else(|| clone.folder.clone());
    let mut report = RepositoryReport {
        name,
        folder: clone.folder,
        tip: None,
        complete: false,
        landed: 0,
        ungated: 0,
        before_the_gate: 0,
        states: BTreeMap::new(),
        problem: None,
    };
    match clone.answer {
        Ok(answer) => {
            report.complete = answer.complete && answer.refused.is_empty();
            report.landed = answer.landed;
            report.ungated = answer.ungated();
            report.before_the_gate = answer.before_the_gate();
            report.tip = Some(answer.frame.tip);
            report.states = answer.states;
        }
        Err(why) => report.problem = Some(why),
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_lines_of_both_forges_are_read() {
        let github = br#"[{"full_name": "Acme/Access", "default_branch": "main", "archived": false}][{"full_name": "acme/old", "archived": true}]"#;
        let all = forge_list("repos.json", github).unwrap();
        assert_eq!(
            all.iter().map(|own| (own.name.as_str(), own.is_archived)).collect::<Vec<_>>(),
            [("acme/access", false), ("acme/old", true)]
        );
        let gitlab = b"{\"path_with_namespace\": \"acme/erp/roles\", \"default_branch\": \"trunk\"}\n";
        assert_eq!(forge_list("projects.json", gitlab).unwrap()[0].branch.as_deref(), Some("trunk"));
    }

    #[test]
    fn a_list_that_is_none_is_told() {
        for (text, what) in [
            ("[{\"name\": \"access\"}]", "entry 1 has neither"),
            ("[{\"full_name\": \"a/b\"}, {\"full_name\": \"A/B\"}]", "a/b is there twice"),
            ("3", "lists no repositories"),
            ("[{\"full_name\": ", "no JSON"),
        ] {
            let error = forge_list("repos.json", text.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(what), "{error}");
        }
    }

    #[test]
    fn an_address_names_a_repository_however_it_is_fetched() {
        for address in [
            "https://github.com/Acme/Access.git",
            "git@github.com:acme/access",
            "ssh://git@github.com/acme/access.git/",
        ] {
            assert_eq!(forge_name(address).as_deref(), Some("acme/access"), "{address}");
        }
        assert_eq!(forge_name("https://gitlab.com/acme/erp/roles").as_deref(), Some("acme/erp/roles"));
        assert_eq!(forge_name("/srv/git/access"), None);
        assert_eq!(forge_name("https://example.com/access"), None);
    }

    fn asked(name: &str) -> CloneAnswer {
        CloneAnswer {
            folder: format!("clones/{name}"),
            name: Some(format!("acme/{name}")),
            answer: Err("no evidence".to_owned()),
        }
    }

    fn forged(name: &str, is_archived: bool) -> Forged {
        Forged { name: format!("acme/{name}"), branch: None, is_archived }
    }

    #[test]
    fn what_the_forge_lists_and_nobody_asked_about_is_missing() {
        let period = Period::parse("2026Q4", super::super::Offset::UTC).unwrap();
        let list = [forged("a", false), forged("b", false), forged("old", true)];
        let told = reconcile(&period, 0, Some(&list), vec![asked("a"), asked("other")]);
        let names: Vec<_> = told.missing.iter().map(|own| (own.name.as_str(), own.archived)).collect();
        assert_eq!(names, [("acme/b", false), ("acme/old", true)]);
        assert_eq!(
            (told.unlisted.as_slice(), told.listed, told.complete),
            (["acme/other".to_owned()].as_slice(), Some(3), false)
        );
        assert_eq!(told.repositories[0].problem.as_deref(), Some("no evidence"));
        let alone = reconcile(&period, 0, None, Vec::new());
        assert!(alone.claim[0].contains("without the forge's list"), "{:?}", alone.claim);
    }
}
