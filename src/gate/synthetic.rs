//! Synthetic cases: for each conflict in force somebody who holds all its duties, and somebody who lacks one, judged by the
//! gate itself under the rules in force. They show that the rules do what they say; that the gate ran, they do not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use super::finding::State;
use super::judgement::{Judgement, Verdict};
use super::run::{Fixes, judge};
use super::secrets::search;
use super::task::{RunError, Task};
use crate::policy::Bundle;
use crate::rules::{ConflictKind, Definitions, RequiredPermission, Rules, alternatives};
use crate::source::{Comparison, SourceFile, Tree};

/// Most ways to come to a duty that are looked at; the first is taken.
const MOST_WAYS: usize = 16;

/// What became of a conflict's synthetic cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntheticConflict {
    /// The conflict.
    pub conflict: String,
    /// The type of system in which both cases play; empty where there is none.
    pub kind: String,
    /// Whether somebody with all its duties was found.
    pub found: bool,
    /// Whether that would have stopped a change.
    pub stopped: bool,
    /// Why it would not.
    pub because: Option<String>,
    /// Whether somebody who lacks one of them was let be.
    pub allowed: bool,
    /// Why no case could be made.
    pub why_not: Option<String>,
}

/// Everything that synthetic cases came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synthetic {
    /// By conflict, in the order of their ids.
    pub conflicts: Vec<SyntheticConflict>,
    /// Whether a definition that cannot be evaluated came to no verdict but an error.
    pub error: bool,
}

/// Makes the cases and judges them. `active` are the people who work here, by their ids: a ruleset counts as adopted by one
/// of them alone.
///
/// # Errors
/// [`RunError`] when a policy fails.
pub fn synthetic(rules: &Rules, bundle: &Bundle, active: &BTreeSet<String>, as_of: i64) -> Result<Synthetic, RunError> {
    // Records of real findings say nothing of made-up ones, and a made-up subject has no owner to ask.
    let mut rules = rules.clone();
    rules.records = Default::default();
    rules.context.clear();
    let definitions = rules.definitions.clone();
    let cases: Vec<Case<'_>> = definitions.conflicts.keys().map(|id| Case::of(id, &definitions)).collect();
    let owners: BTreeSet<&str> = rules.rulesets.iter().filter_map(|own| own.owner.as_deref()).collect();
    let owners = owners.into_iter().filter_map(|owner| owner.strip_prefix("person:"));
    let people: String = owners
        .filter(|owner| active.contains(*owner))
        .map(|owner| {
            format!(
                "---\napiVersion: countersign.dev/v1\nkind: Person\nmetadata: {{id: {}}}\nspec: {{}}\n",
                quoted(owner)
            )
        })
        .collect();
    let text = |legs: Legs| -> String { cases.iter().filter_map(|case| case.text(legs)).collect() };
    let (all, fewer) = (text(Legs::All), text(Legs::ButOne));
    let judged = |text: &str| judged(&people, text, &rules, bundle, as_of);
    let (held, lacking, broken) = (judged(&all)?, judged(&fewer)?, judged(BROKEN)?);
    let conflicts = cases.iter().map(|case| case.judged(&held, &lacking)).collect();
    Ok(Synthetic { conflicts, error: broken.verdict == Verdict::Error })
}

/// A definition that is recognised and cannot be evaluated: a grant to nobody.
const BROKEN: &str = "---\napiVersion: countersign.dev/v1\nkind: Grant\nspec: {system: synthetic, colour: red}\n";

/// Judges a tree with one file that nobody wrote: what a case adds to people who work here already.
fn judged(people: &str, case: &str, rules: &Rules, bundle: &Bundle, as_of: i64) -> Result<Judgement, RunError> {
    let tree = |text: &str| Tree { files: vec![SourceFile::supposed(text)], commit: None, tree: None };
    let comparison = Comparison::of(PathBuf::new(), tree(&format!("{people}{case}")), Some(tree(people)));
    let secrets = search(&comparison, rules, as_of).map_err(RunError::Records)?;
    let task = Task::new(&comparison, rules, bundle, as_of, &secrets);
    // What would clear them nobody asks of made-up findings.
    Ok(judge(&task, Fixes::None, None, None)?.judgement)
}

/// How many of the duties somebody holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Legs {
    All,
    ButOne,
}

/// The cases of one conflict.
struct Case<'a> {
    conflict: &'a str,
    /// For each duty the type of system and the permissions that confer it there.
    legs: Result<Vec<(String, Vec<RequiredPermission>)>, String>,
}

impl<'a> Case<'a> {
    fn of(conflict: &'a str, definitions: &Definitions) -> Self {
        Self { conflict, legs: legs(conflict, definitions) }
    }

    fn person(&self) -> String {
        format!("synthetic.{}", self.conflict)
    }

    /// A person with an account for each duty, so that conflicts between accounts are met as well.
    fn text(&self, wanted: Legs) -> Option<String> {
        let legs = self.legs.as_ref().ok()?;
        let mut text = String::new();
        let kinds: BTreeSet<&String> = legs.iter().map(|(kind, _)| kind).collect();
        let system = |kind: &str| quoted(&format!("synthetic-{}-{kind}", self.conflict));
        let header = |kind: &str| format!("---\napiVersion: countersign.dev/v1\nkind: {kind}\n");
        for kind in kinds {
            let id = system(kind);
            let _ = write!(text, "{}metadata: {{id: {id}}}\nspec: {{type: {}}}\n", header("System"), quoted(kind));
        }
        let accounts: Vec<String> = legs
            .iter()
            .enumerate()
            .map(|(number, (kind, _))| format!("{{system: {}, name: account-{number}}}", system(kind)))
            .collect();
        let person = quoted(&self.person());
        let _ = write!(
            text,
            "{}metadata: {{id: {person}}}\nspec: {{accounts: [{}]}}\n",
            header("Person"),
            accounts.join(", ")
        );
        let count = legs.len() - usize::from(wanted == Legs::ButOne);
        for (number, (kind, permissions)) in legs.iter().enumerate().take(count) {
            let permissions: Vec<String> = permissions.iter().map(permission).collect();
            let (id, permissions) = (system(kind), permissions.join(", "));
            let to = quoted(&format!("account:synthetic-{}-{kind}/account-{number}", self.conflict));
            let _ = write!(
                text,
                "{}metadata: {{id: leg-{number}}}\nspec: {{system: {id}, permissions: [{permissions}]}}\n{}spec: \
                 {{system: {id}, to: {to}, role: leg-{number}}}\n",
                header("Role"),
                header("Grant")
            );
        }
        Some(text)
    }

    fn judged(&self, held: &Judgement, lacking: &Judgement) -> SyntheticConflict {
        let subject = format!("person:{}", self.person());
        let about = |judgement: &Judgement| -> Vec<(bool, String)> {
            let own = judgement.findings.iter().filter(|own| own.state == State::Introduced);
            let own = own.filter(|own| *own.finding.subject.id == *subject);
            let own =
                own.filter(|own| own.finding.conflict.as_ref().is_some_and(|conflict| *conflict.id == *self.conflict));
            own.map(|own| (own.decision.blocks, own.decision.because.clone())).collect()
        };
        let (found, left) = (about(held), about(lacking));
        SyntheticConflict {
            conflict: self.conflict.to_owned(),
            kind: self
                .legs
                .as_ref()
                .ok()
                .and_then(|legs| legs.first())
                .map(|(kind, _)| kind.clone())
                .unwrap_or_default(),
            found: !found.is_empty(),
            stopped: found.iter().any(|(blocks, _)| *blocks),
            because: found.iter().find(|(blocks, _)| !blocks).map(|(_, because)| because.clone()),
            allowed: self.legs.is_ok() && left.is_empty(),
            why_not: self.legs.as_ref().err().cloned(),
        }
    }
}

/// For each duty of a conflict a type of system and permissions there: one type for all of them, if some type has them all.
fn legs(id: &str, definitions: &Definitions) -> Result<Vec<(String, Vec<RequiredPermission>)>, String> {
    let Some(conflict) = definitions.conflicts.get(id) else { return Err("it is not in force".to_owned()) };
    if conflict.value.kind == ConflictKind::Dynamic {
        return Err("it is about who did what to one object, which access alone does not show".to_owned());
    }
    let ways: Vec<BTreeMap<String, Vec<RequiredPermission>>> =
        conflict.value.duties.iter().map(|duty| ways(duty.as_str(), definitions)).collect();
    if let Some((number, _)) = ways.iter().enumerate().find(|(_, ways)| ways.is_empty()) {
        let duty = conflict.value.duties.get(number).map(|duty| duty.as_str()).unwrap_or_default();
        return Err(format!("no permission of any system is known to confer {duty}"));
    }
    let shared = ways.iter().map(|ways| ways.keys().cloned().collect::<BTreeSet<_>>()).reduce(|all, own| &all & &own);
    let shared = shared.and_then(|kinds| kinds.into_iter().next());
    let leg = |ways: &BTreeMap<String, Vec<RequiredPermission>>| {
        let kind = shared.as_ref().filter(|kind| ways.contains_key(*kind)).or(ways.keys().next())?;
        Some((kind.clone(), ways.get(kind)?.clone()))
    };
    let at_least = conflict.value.at_least.unwrap_or(ways.len());
    let legs: Vec<_> = ways.iter().filter_map(leg).take(at_least).collect();
    if legs.len() < 2 { Err("it needs fewer than two duties".to_owned()) } else { Ok(legs) }
}

/// The first way to a duty in each type of system.
fn ways(duty: &str, definitions: &Definitions) -> BTreeMap<String, Vec<RequiredPermission>> {
    let mut all: BTreeMap<String, Vec<RequiredPermission>> = BTreeMap::new();
    let mut open = vec![duty.to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        let Some(own) = definitions.duties.get(&id).filter(|_| seen.insert(id.clone())) else { continue };
        for (kind, binding) in &own.value.bindings {
            if let Some(way) = alternatives(binding, MOST_WAYS).into_iter().find(|way| !way.is_empty()) {
                all.entry(kind.clone()).or_insert(way);
            }
        }
        // What any of several duties confers has no permissions of its own.
        open.extend(own.value.any_duty.iter().map(|duty| duty.as_str().to_owned()));
    }
    all
}

fn permission(own: &RequiredPermission) -> String {
    let resource =
        own.resource.as_ref().map(|resource| format!(", resource: {}", quoted(resource))).unwrap_or_default();
    format!("{{permission: {}{resource}}}", quoted(&own.permission))
}

/// A text as YAML takes any: in quotes, as JSON writes it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::policy_data;
    use crate::rules::RuleFile;

    const AS_OF: i64 = 1_795_219_200;

    fn all(files: &[(&str, &str)]) -> Synthetic {
        let files: Vec<RuleFile> = files.iter().map(|(path, text)| RuleFile::new(*path, text.as_bytes())).collect();
        let rules = Rules::load(&files, None).unwrap();
        let bundle = Bundle::load(&rules.policies, policy_data(AS_OF)).unwrap();
        synthetic(&rules, &bundle, &BTreeSet::from(["ann".to_owned()]), AS_OF).unwrap()
    }

    #[test]
    fn every_conflict_in_force_is_found_and_let_be_or_it_is_said_why_not() {
        let found = all(&[]);
        assert!(found.error);
        let made: Vec<&SyntheticConflict> = found.conflicts.iter().filter(|own| own.why_not.is_none()).collect();
        assert!(made.len() > 50, "{}", made.len());
        let wrong: Vec<String> = made
            .iter()
            .filter(|own| !own.found || !own.allowed)
            .map(|own| format!("{} in {}: found {}, let be {}", own.conflict, own.kind, own.found, own.allowed))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        // What access alone does not show no case shows.
        let rules = Rules::built_in().unwrap();
        let dynamic = rules.definitions.conflicts.iter().filter(|(_, own)| own.value.kind == ConflictKind::Dynamic);
        let dynamic: Vec<&str> = dynamic.map(|(id, _)| id.as_str()).collect();
        let without = found.conflicts.iter().filter(|own| own.why_not.is_some());
        assert_eq!(without.map(|own| own.conflict.as_str()).collect::<Vec<_>>(), dynamic);
    }

    #[test]
    fn what_the_house_does_with_a_conflict_is_what_is_shown() {
        let of = |config: &str| {
            let found = all(&[("countersign.yaml", config)]);
            found.conflicts.into_iter().find(|own| own.conflict == "P2P-01").unwrap()
        };
        let adopted = "version: 1\nrulesets: [{id: cs-p2p, owner: person:ann}]\n";
        assert!(of(adopted).stopped);
        let open = of("version: 1\n");
        assert!(!open.stopped && open.because.unwrap().contains("nobody has adopted the ruleset cs-p2p"));
        assert!(!of(&adopted.replace("ann", "gone")).stopped, "who adopted it does not work here");
        let recorded = of(&format!("{adopted}enforcement: {{conflicts: {{P2P-01: record}}}}\n"));
        assert!(recorded.found && !recorded.stopped);
        // What is not read is not evaluated, and still a synthetic case is.
        assert!(of(&format!("{adopted}include: [nowhere/**]\n")).stopped);
    }
}
