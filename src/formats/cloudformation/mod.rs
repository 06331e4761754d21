//! Templates of AWS CloudFormation and SAM, evaluated into the resources that they declare.
//!
//! A unit is a template that no other template nests, with the templates that it nests and those that exchange exports
//! with it. `template` reads the sections, `stacks` instantiates them, `evaluate` and its neighbours are the intrinsic
//! functions, and `types` says what each resource type is in the words of the shared lowering, so that access that is
//! written in a template and in HCL comes to the same facts.

mod attributes;
mod conditions;
mod credentials;
mod evaluate;
mod functions;
mod making;
mod network;
mod references;
mod repeat;
mod serverless;
mod stacks;
mod substitute;
mod template;
#[cfg(test)]
mod tests;
mod types;
mod units;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::configuration::providers;
use super::configuration::resource::Configuration;
use super::documents::{Documents, Language};
use super::{Files, Format, Grouping, Recognise, Unit};
use crate::facts::{Facts, Gap};
use crate::rules::Rules;
use crate::source::Tree;
use crate::syntax::{Node, SyntaxError, Value as Data};

/// The row of the format table.
pub const FORMAT: Format = Format {
    name: "cloudformation",
    recognise: Recognise::Data(recognise),
    suspect,
    unit: Grouping::Reaching(units::units),
    lower,
};

/// What the types of resources start with (CloudFormation user guide, "Resources").
const TYPES: [&str; 3] = ["AWS::", "Alexa::", "Custom::"];

fn recognise(_path: &str, document: &Node) -> bool {
    if document.entry("AWSTemplateFormatVersion").is_some() {
        return true;
    }
    let resources = document.entry("Resources").and_then(|entry| entry.value.as_map()).unwrap_or_default();
    resources.iter().any(|entry| match entry.value.get("Type").and_then(Node::as_str) {
        Some(kind) => TYPES.iter().any(|start| kind.starts_with(start)),
        None => repeat::is_loop(&entry.key) && matches!(entry.value.value, Data::List(_)),
    })
}

/// A broken template shows its version or its types; one that another program has yet to fill in is not read.
fn suspect(_path: &str, text: &str, _error: &SyntaxError) -> Option<Gap> {
    let is_template = text.contains("AWSTemplateFormatVersion")
        || text.contains("Resources") && (text.contains("Type: AWS::") || text.contains("\"AWS::"));
    let is_filled_in = ["{%", "{{", "<%"].iter().any(|mark| text.contains(mark));
    is_template.then_some(if is_filled_in { Gap::Unsupported } else { Gap::Broken })
}

/// What templates of a tree come to, before anything is read out of it: these, with those that they nest.
#[must_use]
pub fn configuration(tree: &Tree, rules: &Rules, templates: &[&str]) -> Configuration {
    let parse = |path: &str, bytes: &[u8], _| Arc::new(Documents::parse(Language::of(path), bytes));
    evaluated(&Files::new(tree, rules, &parse), templates).0
}

fn evaluated(tree: &Files<'_>, roots: &[&str]) -> (Configuration, BTreeMap<&'static str, u64>) {
    let library = template::Library::load(tree, roots);
    let stacks = stacks::Stacks::of(&library, roots);
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    let resources = types::resources(&stacks, &mut counts);
    (Configuration::new(resources, stacks.finish()), counts)
}

fn lower(unit: &Unit<'_>) -> Facts {
    let Some(tree) = unit.tree else { return Facts::default() };
    let roots: Vec<&str> = unit.files.iter().map(|file| file.path).collect();
    let (configuration, counts) = evaluated(tree, &roots);
    let system = unit.files.iter().find_map(|file| file.system.as_ref()).map(|hint| hint.id.clone());
    let mut facts = providers::lower(&configuration, system);
    // Definitions are counted by what the template calls them.
    facts.tally.retain(|kind, _| !kind.starts_with("aws_"));
    facts.tally.extend(counts);
    facts
}
