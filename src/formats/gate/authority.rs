//! `authority:` and `gate:` of `countersign.yaml`.

use std::collections::BTreeSet;

use glob::Pattern;
use serde::de::DeserializeOwned;

use super::{CONTROL_OWNER, EVIDENCE, Known, grant, holder, unit};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{Facts, Gap, Origin, Unresolved, Validity};
use crate::formats::LoweredUnit;
use crate::rules::{ApproverRow, AuthorityConfig, CONFIG_FILE, Deputy, GateConfig, RecordKind, scope};
use crate::source::Tree;
use crate::syntax::{Node, Span, Spanned, decode, parse};

/// Lowers a tree's own configuration. A change that breaks it breaks the gate once it lands, so that is told here.
pub(super) fn lower(tree: &Tree, known: &Known<'_>) -> Option<LoweredUnit> {
    let file = tree.get(CONFIG_FILE)?;
    let bytes = file.bytes()?;
    let mut facts = Facts::default();
    match parse(bytes) {
        Err(error) => broken(&mut facts, error.span, &error.message),
        Ok(documents) => {
            let node = documents.first()?;
            let authority: Option<AuthorityConfig> = part(&mut facts, node, "authority");
            let gate: Option<GateConfig> = part(&mut facts, node, "gate");
            if let Some(written) = authority {
                Matrix { written: &written, known, systems: systems(known) }.lower(&mut facts);
            }
            for name in gate.iter().filter(|_| known.named).flat_map(|gate| &gate.evidence_administrators) {
                let Some(who) = holder(name) else { continue };
                let always = Validity::default();
                facts.grants.push(grant(who, EVIDENCE, Scope::unknown(), always, at(name.span)));
            }
        }
    }
    Some(unit(&file.path, facts))
}

/// One key of the configuration.
fn part<T: DeserializeOwned>(facts: &mut Facts, node: &Node, key: &str) -> Option<T> {
    let value = node.get(key).filter(|value| !value.is_null())?;
    decode(value)
        .map_err(|error| broken(facts, error.span.unwrap_or(value.span), &format!("in `{key}`: {}", error.message)))
        .ok()
}

fn broken(facts: &mut Facts, at_span: Span, message: &str) {
    facts.unresolved.push(Unresolved {
        gap: Gap::Broken,
        reason: message.to_owned(),
        consequence: "who has power over the gate cannot be told, and nothing can be judged once this has landed"
            .to_owned(),
        origin: at(at_span),
    });
}

fn at(span: Span) -> Origin {
    Origin { file: 0, span }
}

struct Matrix<'a> {
    written: &'a AuthorityConfig,
    known: &'a Known<'a>,
    /// The systems that the tree speaks of.
    systems: BTreeSet<&'a str>,
}

fn systems<'a>(known: &Known<'a>) -> BTreeSet<&'a str> {
    let facts = || known.units.iter().map(|unit| &unit.facts);
    let described = facts().flat_map(|facts| &facts.systems).map(|system| &*system.id);
    described.chain(facts().flat_map(|facts| &facts.grants).map(|grant| &*grant.system)).collect()
}

impl Matrix<'_> {
    fn lower(&self, facts: &mut Facts) {
        let written = self.written;
        for owner in &written.control_owners {
            self.control_owner(facts, owner, Validity::default(), owner.span);
            for deputy in self.deputies(owner) {
                self.control_owner(facts, &deputy.person, days(deputy), deputy.person.span);
            }
        }
        for row in &written.approvers {
            for person in &row.people {
                self.approver(facts, row, person, Validity::default(), person.span);
                for deputy in self.deputies(person) {
                    self.approver(facts, row, &deputy.person, days(deputy), deputy.person.span);
                }
            }
        }
    }

    /// Who acts for somebody. A deputy's deputy is none.
    fn deputies<'s>(&'s self, of: &'s str) -> impl Iterator<Item = &'s Deputy> {
        self.written.deputies.iter().filter(move |deputy| deputy.of.as_str() == of)
    }

    fn control_owner(&self, facts: &mut Facts, person: &str, validity: Validity, span: Span) {
        let Some(who) = holder(person) else { return };
        facts.grants.push(grant(who.clone(), CONTROL_OWNER, self.known.policy_repository(), validity, at(span)));
        // Before there is a row the control owners give every other record as well.
        if self.written.approvers.is_empty() {
            let everywhere = Scope::unknown().with(Dimension::system(), Values::All);
            let given = approvers(&[]).map(|role| grant(who.clone(), role, everywhere.clone(), validity, at(span)));
            facts.grants.extend(given);
        }
    }

    fn approver(&self, facts: &mut Facts, row: &ApproverRow, person: &str, validity: Validity, span: Span) {
        let Some(who) = holder(person) else { return };
        let scope = self.extent(row);
        let given = approvers(&row.records).map(|role| grant(who.clone(), role, scope.clone(), validity, at(span)));
        facts.grants.extend(given);
    }

    /// On what a row gives its powers.
    fn extent(&self, row: &ApproverRow) -> Scope {
        let written = scope(&row.scope);
        if written.get(&Dimension::system()).is_some() {
            return written;
        }
        let systems = if row.systems.is_empty() { Values::All } else { self.systems(&row.systems) };
        written.with(Dimension::system(), systems)
    }

    /// The systems of the tree that globs mean; a glob that means none stands for itself.
    fn systems(&self, globs: &[Spanned<String>]) -> Values {
        let mut meant: BTreeSet<&str> = BTreeSet::new();
        for glob in globs {
            let pattern = Pattern::new(glob).ok();
            let before = meant.len();
            meant.extend(self.systems.iter().filter(|id| pattern.as_ref().is_some_and(|pattern| pattern.matches(id))));
            if meant.len() == before {
                meant.insert(glob);
            }
        }
        Values::of(meant)
    }
}

/// What people are who give records of some kinds; of every kind where a row names none. Reviews are named or not given:
/// the matrix does not speak of who may review unless it says so.
fn approvers(records: &[RecordKind]) -> impl Iterator<Item = &'static str> {
    let named = |kind| records.contains(&kind);
    let given = |kind| records.is_empty() || named(kind);
    let all = [
        (given(RecordKind::Approval), "access-approver"),
        (given(RecordKind::Exception), "exception-approver"),
        (given(RecordKind::Emergency), "emergency-approver"),
        (named(RecordKind::ReviewDecision), "reviewer"),
    ];
    all.into_iter().filter_map(|(holds, role)| holds.then_some(role))
}

fn days(deputy: &Deputy) -> Validity {
    Validity { from: Some(deputy.from.starts()), until: Some(deputy.until.ends()) }
}
