//! Plans and states as `terraform show -json` writes them (Terraform documentation, "JSON Output Format"; OpenTofu has the
//! same), joined with the files that they are made of.
//!
//! A plan says what each resource will be, with what modules from elsewhere declare and what data sources found. It does
//! not say where that is written, and of a text that is known in part it says nothing. So a plan and the module in whose
//! folder it stands are one unit: what the plan knows counts, and the rest, and every place, is that of the files.

mod before;
mod join;
mod read;
mod references;
#[cfg(test)]
mod tests;
mod values;

pub use before::before;

use super::module::{folder_of, is_module_file};
use super::{eval, unevaluated};
use crate::facts::{Facts, Gap};
use crate::formats::configuration::providers;
use crate::formats::documents::Documents;
use crate::formats::{Files, Format, Grouping, Recognise, Unit};
use crate::syntax::{Node, SyntaxError};

/// The row of the format table.
pub const FORMAT: Format = Format {
    name: "terraform-plan",
    recognise: Recognise::Data(recognise),
    suspect,
    unit: Grouping::Reaching(|all, _| all.iter().map(|path| ((*path).to_owned(), vec![(*path).to_owned()])).collect()),
    lower,
};

/// A plan or a state says by which version it is written.
fn recognise(_path: &str, document: &Node) -> bool {
    let is_text = |key| document.get(key).is_some_and(|node| node.as_str().is_some());
    is_text("format_version") && is_text("terraform_version")
}

fn suspect(_path: &str, text: &str, _error: &SyntaxError) -> Option<Gap> {
    let begin = text.get(..200).unwrap_or(text);
    (begin.contains("\"format_version\"") && begin.contains("\"terraform_version\"")).then_some(Gap::Broken)
}

/// Whether a plan stands in a folder, so that the module there is read with it.
pub(super) fn is_in(folder: &str, tree: &Files<'_>) -> bool {
    tree.folder(folder)
        .into_iter()
        .filter(|path| path.ends_with(".json") && !is_module_file(path) && !path.ends_with(".tfvars.json"))
        .any(|path| tree.documents(path).is_some_and(|(_, documents)| plan_of(path, &documents).is_some()))
}

/// The plan that a file holds.
fn plan_of<'d>(path: &str, documents: &'d Documents) -> Option<&'d Node> {
    match documents {
        Documents::Data(Ok(documents)) => documents.iter().find(|document| recognise(path, document)),
        _ => None,
    }
}

fn lower(unit: &Unit<'_>) -> Facts {
    let (Some(tree), Some(first)) = (unit.tree, unit.files.first()) else { return Facts::default() };
    let Some((place, documents)) = tree.documents(first.path) else { return Facts::default() };
    let Some(root) = plan_of(first.path, &documents) else { return Facts::default() };
    let folder = folder_of(first.path);
    let files = if tree.folder(folder).into_iter().any(is_module_file) {
        let Some(configuration) = eval::configuration(tree, folder) else { return unevaluated() };
        Some(configuration)
    } else {
        None
    };
    let plan = read::Plan::of(root, place);
    let configuration = join::configuration(&plan, files.as_ref(), folder);
    let system = unit.files.iter().find_map(|file| file.system.as_ref()).map(|hint| hint.id.clone());
    providers::lower(&configuration, system)
}
