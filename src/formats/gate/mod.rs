//! The gate as a system among those that it judges: who may write its rules, accept them, ask for an exception, give
//! one, administer the evidence.
//!
//! No document says this in one place, so no row of the table lowers it. It follows from `authority:` and `gate:` of
//! `countersign.yaml`, from CODEOWNERS, and from what the tree's GitHub definitions let people do with the repository
//! that holds the rules. Each becomes a grant in the system `countersign:gate`, at the line that says so, and the duties
//! and conflicts of the catalogue do the rest.
//!
//! The facts are about each tree, so that a change that gives somebody two powers is seen. Which repository holds the
//! rules is a rule and comes from the target. Keys in `allowed_signers` give nothing by themselves: whoever signs
//! without authority has signed nothing.

mod authority;
mod codeowners;
mod repository;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use codeowners::{CODEOWNERS_PLACES, code_owners};

use super::{LoweredUnit, text};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{Facts, GrantFact, Granted, Holder, Native, Origin, Text, Validity};
use crate::rules::Rules;
use crate::source::Tree;

/// The name of these units.
pub const NAME: &str = "gate";
/// The gate as a system; its type is the part before the colon.
pub const SYSTEM: &str = "countersign:gate";

/// Whoever may write the rules. What these roles permit is knowledge, in `policies/roles/countersign.yaml`.
const AUTHOR: &str = "rules-author";
/// Whoever may write the rules where their branch asks for nobody's approval.
const LANDER: &str = "rules-lander";
/// Whoever the configuration has approve changes of the rules.
const CONTROL_OWNER: &str = "control-owner";
/// Whose review the forge asks for when the rules change.
const CODE_OWNER: &str = "code-owner";
/// Whoever administers the evidence.
const EVIDENCE: &str = "evidence-administrator";

/// The units about the gate itself, given what the tree's definitions came to.
#[must_use]
pub fn units(tree: &Tree, rules: &Rules, units: &[LoweredUnit]) -> Vec<LoweredUnit> {
    let gate = &rules.config.gate;
    let named = gate.repository.is_some() || !gate.evidence_administrators.is_empty();
    let known = Known { repository: gate.repository(), named, units };
    let mut found: Vec<LoweredUnit> = authority::lower(tree, rules, &known);
    if let Some((owner, name)) = &known.repository {
        found.extend(codeowners::lower(tree, rules, &known, owner));
        found.extend(repository::lower(&known, owner, name));
    }
    found.retain(|unit| !unit.facts.grants.is_empty() || !unit.facts.unresolved.is_empty());
    found
}

/// What the facts about the gate rest on.
struct Known<'a> {
    /// The owner and the name of the repository that holds the rules, in lower case.
    repository: Option<(String, String)>,
    /// Whether the target says anything under `gate:`. The change that writes down for the first time who administers
    /// the evidence gives nobody anything.
    named: bool,
    /// What the tree's definitions came to.
    units: &'a [LoweredUnit],
}

impl Known<'_> {
    /// The repository as a scope of powers over the rules; unknown where it is not named.
    fn policy_repository(&self) -> Scope {
        match &self.repository {
            Some((owner, name)) => {
                let value = Values::of([format!("{owner}/{name}")]);
                Scope::unknown().with(Dimension::new("policy_repository"), value)
            }
            None => Scope::unknown(),
        }
    }
}

/// A unit of one file.
fn unit(path: &Text, facts: Facts) -> LoweredUnit {
    LoweredUnit { format: NAME, files: Arc::from([path.clone()]), facts: Arc::new(facts) }
}

/// Somebody is something to the gate.
fn grant(to: Holder, role: &str, scope: Scope, validity: Validity, origin: Origin) -> GrantFact {
    GrantFact { scope, validity, ..GrantFact::new(to, text(SYSTEM), Granted::Role(Native::new(SYSTEM, role)), origin) }
}

/// Whom `person:ID` or `service:ID` means.
fn holder(id: &str) -> Option<Holder> {
    if let Some(person) = id.strip_prefix("person:").filter(|id| !id.is_empty()) {
        return Some(Holder::Person(text(person)));
    }
    id.strip_prefix("service:").filter(|id| !id.is_empty()).map(|service| Holder::Service(text(service)))
}
