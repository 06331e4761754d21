//! `authority:` and `gate:` of `countersign.yaml`.

use std::collections::BTreeSet;

use glob::Pattern;
use serde::de::DeserializeOwned;

use super::{CONTROL_OWNER, EVIDENCE, Known, grant, holder, unit};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{Facts, Gap, Origin, Text, Unresolved, Validity};
use crate::formats::LoweredUnit;
use crate::rules::{ApproverRow, AuthorityConfig, CONFIG_FILE, Deputy, GateConfig, RecordKind, Rules, scope};
use crate::source::Tree;
use crate::syntax::{Node, Span, Spanned, decode, parse};

/// Lowers a tree's own configuration, and those of rules that the target extends. A change that breaks one breaks the
/// gate once it lands, so that is told here.
pub(super) fn lower(tree: &Tree, rules: &Rules, known: &Known<'_>) -> Vec<LoweredUnit> {
    // Rules of a commit are no files of the tree, and a folder's are as each tree has them.
    let extended = rules.extended.iter().filter_map(|extended| extended.config_file.as_ref());
    let own = tree.get(CONFIG_FILE).and_then(|file| Some((file.path.clone(), file.bytes()?.clone())));
    let files = extended.map(|file| {
        let bytes = tree.get(&file.path).and_then(|own| own.bytes()).unwrap_or(&file.bytes);
        (file.path.clone(), bytes.clone())
    });
    let read: Vec<(Text, Facts, Written)> = own
        .into_iter()
        .chain(files)
        .map(|(path, bytes)| {
            let mut facts = Facts::default();
            let written = Written::read(&bytes, &mut facts);
            (path, facts, written)
        })
        .collect();
    let deputies: Vec<(usize, &Deputy)> = read
        .iter()
        .enumerate()
        .flat_map(|(number, (_, _, written))| written.deputies().iter().map(move |deputy| (number, deputy)))
        .collect();
    let rows = read.iter().any(|(_, _, written)| written.has_rows());
    let matrix =
        |number, written| Matrix { written, number, deputies: &deputies, rows, known, systems: systems(known) };
    let lowered: Vec<Facts> = read
        .iter()
        .enumerate()
        .map(|(number, (_, facts, written))| {
            let mut facts = facts.clone();
            if let Some(authority) = &written.authority {
                matrix(number, authority).lower(&mut facts);
            }
            for name in written.gate.iter().filter(|_| known.named).flat_map(|gate| &gate.evidence_administrators) {
                let Some(who) = holder(name) else { continue };
                let always = Validity::default();
                facts.grants.push(grant(who, EVIDENCE, Scope::unknown(), always, at(name.span)));
            }
            facts
        })
        .collect();
    read.iter().zip(lowered).map(|((path, _, _), facts)| unit(path, facts)).collect()
}

/// What one configuration says of power over the gate.
#[derive(Default)]
struct Written {
    authority: Option<AuthorityConfig>,
    gate: Option<GateConfig>,
}

impl Written {
    fn read(bytes: &[u8], facts: &mut Facts) -> Self {
        match parse(bytes) {
            Err(error) => broken(facts, error.span, &error.message),
            Ok(documents) => {
                if let Some(node) = documents.first() {
                    return Self { authority: part(facts, node, "authority"), gate: part(facts, node, "gate") };
                }
            }
        }
        Self::default()
    }

    fn deputies(&self) -> &[Deputy] {
        self.authority.as_ref().map_or(&[], |authority| &authority.deputies)
    }

    fn has_rows(&self) -> bool {
        self.authority.as_ref().is_some_and(|authority| !authority.approvers.is_empty())
    }
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
    /// Which of the files this is.
    number: usize,
    /// Deputies with the file that names them, and whether there are rows in any.
    deputies: &'a [(usize, &'a Deputy)],
    rows: bool,
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
            for (deputy, span) in self.deputies(owner) {
                self.control_owner(facts, &deputy.person, days(deputy), span);
            }
        }
        for row in &written.approvers {
            for person in &row.people {
                self.approver(facts, row, person, Validity::default(), person.span);
                for (deputy, span) in self.deputies(person) {
                    self.approver(facts, row, &deputy.person, days(deputy), span);
                }
            }
        }
    }

    /// Who acts for somebody, and where this file says so: another file's deputies are told with whom they act for. A
    /// deputy's deputy is none.
    fn deputies<'s>(&'s self, of: &'s Spanned<String>) -> impl Iterator<Item = (&'s Deputy, Span)> {
        let all = self.deputies.iter().filter(|(_, deputy)| deputy.of.value == of.value);
        all.map(|(number, deputy)| (*deputy, if *number == self.number { deputy.person.span } else { of.span }))
    }

    fn control_owner(&self, facts: &mut Facts, person: &str, validity: Validity, span: Span) {
        let Some(who) = holder(person) else { return };
        facts.grants.push(grant(who.clone(), CONTROL_OWNER, self.known.policy_repository(), validity, at(span)));
        // Before there is a row the control owners give every other record as well.
        if !self.rows {
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
