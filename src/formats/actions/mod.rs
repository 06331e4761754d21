//! Workflows of GitHub Actions: what each job may do with its own token, and which identities elsewhere it acts as.
//!
//! A job is an account in the system of its organisation. What its token may do is granted to it; a step that takes on a
//! role of a cloud by OIDC makes the job one that may act as that role; a secret that stands for a cloud key, a token or a
//! password is a credential that the job holds. Reusable workflows and composite actions of the tree are read where they
//! are used, with what they are given. Syntax and meaning are those of GitHub's documentation, "Workflow syntax for GitHub
//! Actions" and "Metadata syntax for GitHub Actions".

mod expressions;
mod identities;
mod jobs;
mod permissions;
mod steps;
#[cfg(test)]
mod tests;
mod tokens;

use std::collections::BTreeMap;

use super::documents::Documents;
use super::{Files, Format, Grouping, Recognise, Unit};
use crate::facts::{Facts, Gap, Text};
use crate::syntax::{Node, SyntaxError};

/// The row of the format table.
pub const FORMAT: Format = Format {
    name: "github-workflow",
    recognise: Recognise::Data(recognise),
    suspect,
    unit: Grouping::Reaching(|all, _| all.iter().map(|path| ((*path).to_owned(), vec![(*path).to_owned()])).collect()),
    lower,
};

/// The system of workflows where the configuration names none.
const DEFAULT_SYSTEM: &str = "github";

/// A workflow says when it runs, and has jobs that say where they run or what they call.
fn recognise(_path: &str, document: &Node) -> bool {
    let jobs = document.entry("jobs").and_then(|entry| entry.value.as_map()).unwrap_or_default();
    document.entry("on").is_some()
        && jobs.iter().any(|job| ["runs-on", "steps", "uses"].iter().any(|key| job.value.entry(key).is_some()))
}

fn suspect(path: &str, text: &str, _error: &SyntaxError) -> Option<Gap> {
    (path.contains(".github/workflows/") && text.contains("jobs:")).then_some(Gap::Broken)
}

fn lower(unit: &Unit<'_>) -> Facts {
    let mut facts = Facts::default();
    let (Some(tree), Some(first)) = (unit.tree, unit.files.first()) else { return facts };
    let Some((place, documents)) = tree.documents(first.path) else { return facts };
    let Some(workflow) = document(&documents, |node| recognise(first.path, node)) else { return facts };
    let system = first.system.as_ref().map_or_else(|| Text::from(DEFAULT_SYSTEM), |hint| hint.id.clone());
    let mut reader = jobs::Reader { tree, system, name: name_of(first.path).into(), facts: &mut facts };
    reader.workflow(workflow, place, &jobs::Call::of_itself());
    facts
}

/// What a workflow is called: by its path below the folder of workflows, without its ending.
fn name_of(path: &str) -> &str {
    let inner = path.rsplit_once(".github/workflows/").map_or(path, |(_, inner)| inner);
    inner.strip_suffix(".yml").or_else(|| inner.strip_suffix(".yaml")).unwrap_or(inner)
}

/// The first document of a kind.
fn document(documents: &Documents, is: impl Fn(&Node) -> bool) -> Option<&Node> {
    match documents {
        Documents::Data(Ok(documents)) => documents.iter().find(|node| is(node)),
        _ => None,
    }
}

/// What names stand for: inputs, and variables of the environment.
type Names = BTreeMap<Text, expressions::Known>;

/// The files that a step or job may use by a path of the tree.
type Tree<'a> = &'a Files<'a>;
