//! Terraform and OpenTofu, read as a configuration: modules, variables and all that they compute.
//!
//! A unit is a root module with the modules that it calls, its variable files and every file that an expression reads.
//! `module` reads what a folder declares and `eval` evaluates it without asking anybody, into the resources of
//! [`configuration`](super::configuration).

mod eval;
mod module;
pub mod plan;
mod roots;
#[cfg(test)]
mod tests;

pub use eval::decode;
pub use module::is_module_file;

use std::sync::Arc;

use crate::facts::{Facts, Gap, Origin, Unresolved};
use crate::formats::configuration::providers;
use crate::formats::configuration::resource::Configuration;
use crate::formats::documents::{Documents, Language};
use crate::formats::{Files, Format, Grouping, Recognise, Unit};
use crate::rules::Rules;
use crate::source::Tree;
use crate::syntax::hcl::Body;
use crate::syntax::{Span, SyntaxError};

/// The row of the format table.
pub const FORMAT: Format = Format {
    name: "terraform",
    recognise: Recognise::Hcl(recognise),
    suspect,
    unit: Grouping::Reaching(roots::units),
    lower,
};

/// The blocks of the language and how many labels each has (Terraform documentation, "Configuration Syntax"; OpenTofu has
/// the same). None for what is no block of it.
#[must_use]
pub fn labels(kind: &str) -> Option<usize> {
    match kind {
        "resource" | "data" | "ephemeral" => Some(2),
        "variable" | "output" | "module" | "provider" | "check" | "run" => Some(1),
        "locals" | "terraform" | "moved" | "removed" | "import" => Some(0),
        _ => None,
    }
}

fn recognise(path: &str, body: &Body) -> bool {
    module::is_module_file(path) && body.blocks.iter().any(|block| labels(&block.kind).is_some())
}

fn suspect(path: &str, _text: &str, _error: &SyntaxError) -> Option<Gap> {
    module::is_module_file(path).then_some(Gap::Broken)
}

fn lower(unit: &Unit<'_>) -> Facts {
    let (Some(tree), Some(first)) = (unit.tree, unit.files.first()) else { return Facts::default() };
    let folder = module::folder_of(first.path);
    let system = unit.files.iter().find_map(|file| file.system.as_ref()).map(|hint| hint.id.clone());
    let configuration = eval::configuration(tree, folder);
    match configuration {
        Some(configuration) => providers::lower(&configuration, system),
        None => unevaluated(),
    }
}

/// What the root module in a folder of a tree comes to, before anything is read out of it: to be held against what
/// Terraform itself makes of it. None when it is not evaluated to its end.
#[must_use]
pub fn configuration(tree: &Tree, rules: &Rules, folder: &str) -> Option<Configuration> {
    let parse = |path: &str, bytes: &[u8], _| Arc::new(Documents::parse(Language::of(path), bytes));
    eval::configuration(&Files::new(tree, rules, &parse), folder)
}

fn unevaluated() -> Facts {
    Facts {
        unresolved: vec![Unresolved {
            gap: Gap::Broken,
            reason:
                "this configuration was not evaluated to its end: the system gave no thread for it, or the evaluator \
                     failed, which is worth a report"
                    .to_owned(),
            consequence: "nothing of it is evaluated".to_owned(),
            origin: Origin { file: 0, span: Span::default() },
        }],
        ..Facts::default()
    }
}
