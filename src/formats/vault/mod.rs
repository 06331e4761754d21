//! Policies of Vault in their own files (HashiCorp Vault documentation, "Policies").
//!
//! A file is one policy, known by the file's name: what writes it to a server under which name stands nowhere in it. What
//! a policy means is in `policy`, for every language that holds one.

pub(in crate::formats) mod policy;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Facts, Gap, Native, Origin};
use crate::formats::{Files, Format, Grouping, Recognise, Unit, text};
use crate::syntax::SyntaxError;
use crate::syntax::hcl::Body;

/// The row of the format table.
pub const FORMAT: Format = Format {
    name: "vault-policy",
    recognise: Recognise::Hcl(recognise),
    suspect,
    unit: Grouping::Reaching(units),
    lower,
};

fn recognise(path: &str, body: &Body) -> bool {
    let says = |kind: &str| body.blocks_of("path").any(|block| block.body.attribute(kind).is_some());
    path.ends_with(".hcl") && (says("capabilities") || says("policy"))
}

fn suspect(path: &str, text: &str, _error: &SyntaxError) -> Option<Gap> {
    let policy = text.lines().any(|line| line.trim_start().starts_with("path \"")) && text.contains("capabilities");
    (path.ends_with(".hcl") && policy).then_some(Gap::Broken)
}

fn units(all: &BTreeSet<&str>, _tree: &Files<'_>) -> BTreeMap<String, Vec<String>> {
    all.iter().map(|path| ((*path).to_owned(), vec![(*path).to_owned()])).collect()
}

fn lower(unit: &Unit<'_>) -> Facts {
    let mut facts = Facts::default();
    let (Some(tree), Some(first)) = (unit.tree, unit.files.first()) else { return facts };
    let Some((file, parsed)) = tree.body(first.path) else { return facts };
    let Ok(body) = &*parsed else { return facts };
    let system = first.system.as_ref().map_or_else(|| text(policy::SYSTEM), |hint| hint.id.clone());
    let stem = first.path.rsplit('/').next().unwrap_or(first.path).trim_end_matches(".hcl");
    let statements = policy::statements(body, &|span| Origin { file, span }, &mut facts);
    let at = body.blocks_of("path").next().map(|block| block.heading).unwrap_or_default();
    let id = Native::new(system, policy::role(stem));
    facts.roles.push(policy::fact(id, statements, Origin { file, span: at }));
    *facts.tally.entry("policy").or_default() += 1;
    facts
}
