//! What one tree of a branch declares, as of an instant.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use rayon::prelude::*;

use super::super::Env;
use super::super::error::CliError;
use super::super::matters::Matters;
use crate::duties::Certainty;
use crate::facts::Gap;
use crate::formats::{LoweredUnit, Reader, Reading};
use crate::gate::{
    self, Document, Finding, Joined, Judged, Judgement, Secrets, SubjectKind, Task, Witness, policy_data, rule_files,
};
use crate::history::{Declared, DeclaredKind, Standing, There};
use crate::policy::untrusted::Isolation;
use crate::policy::{Bundle, Scope};
use crate::rules::{
    ConflictKind, Day, EnforcedOn, Enforcement, RecordKind, Records, RuleFile, Rules, Severity, is_record_path,
};
use crate::source::{Comparison, Tree};
use crate::store::Digest;

/// The policy whose findings are about privileged duties.
const PRIVILEGED: &str = "CS-GRANT-001";
const ON_PRIVILEGED: EnforcedOn<'_> = EnforcedOn { conflict: None, policy: PRIVILEGED, severity: Severity::Critical };
/// What policies are asked about: whoever or whatever holds something. The others are about texts, records and the gate.
const SCOPES: [Scope; 4] = [Scope::Principal, Scope::Role, Scope::ServiceIdentity, Scope::Credential];
/// A reader remembers what it has read. After so many trees it begins anew, so that a long history fits into memory.
const TREES_A_READER: usize = 256;

/// Whose rules judge.
pub(super) enum RulesBy {
    /// Those of the work tree, and the tree itself.
    Today(Box<(Tree, Rules)>),
    /// Those of each commit.
    Own,
}

/// Names that many standings share, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) things: Vec<Declared>,
    pub(super) records: Vec<String>,
    numbers: HashMap<Declared, u32>,
    record_numbers: HashMap<String, u32>,
}

impl Names {
    pub(super) fn of(things: Vec<Declared>, records: Vec<String>) -> Self {
        let numbers = (0u32..).zip(&things).map(|(number, own)| (own.clone(), number)).collect();
        let record_numbers = (0u32..).zip(&records).map(|(number, own)| (own.clone(), number)).collect();
        Self { things, records, numbers, record_numbers }
    }

    fn thing(&mut self, own: Declared) -> u32 {
        if let Some(known) = self.numbers.get(&own) {
            return *known;
        }
        let number = u32::try_from(self.things.len()).unwrap_or(u32::MAX);
        self.things.push(own.clone());
        self.numbers.insert(own, number);
        number
    }

    fn record(&mut self, name: String) -> u32 {
        if let Some(known) = self.record_numbers.get(&name) {
            return *known;
        }
        let number = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        self.records.push(name.clone());
        self.record_numbers.insert(name, number);
        number
    }
}

/// A tree that was read, ready to be judged as of any instant.
pub(super) struct Ready {
    comparison: Comparison,
    rules: Rules,
    reading: Reading,
    /// The files that are broken: recognised as such, or known to have declared something before.
    broken: BTreeSet<String>,
    /// The instants at which it changes by itself, in order.
    pub(super) instants: BTreeSet<i64>,
    pub(super) matters: Matters,
}

impl Ready {
    /// Whether another tree declares the same, word for word, and keeps the same records.
    fn is_like(&self, other: &Self) -> bool {
        let records = |own: &Self| -> BTreeMap<Arc<str>, Digest> {
            let digest = |file: &RuleFile| Digest::of(&file.bytes);
            own.rules.records.files.iter().map(|file| (file.path.clone(), digest(file))).collect()
        };
        let (a, b) = (&self.reading, &other.reading);
        let same = |(a, b): (&LoweredUnit, &LoweredUnit)| {
            let facts = Arc::ptr_eq(&a.facts, &b.facts) || a.facts == b.facts;
            a.format == b.format && a.files == b.files && facts
        };
        a.units.len() == b.units.len()
            && a.not_lowered == b.not_lowered
            && self.broken == other.broken
            && a.units.iter().zip(&b.units).all(same)
            && records(self) == records(other)
    }

    /// Whether a path is one that may matter to what is declared.
    pub(super) fn may_matter(&self, path: &str, by: &RulesBy) -> bool {
        may_matter(&self.matters, &self.rules, path, by)
    }

    /// The rules that judge it.
    pub(super) fn rules(&self) -> &Rules {
        &self.rules
    }
}

/// Whether a path is one that may matter to what is declared, beside what a new file says of itself.
pub(super) fn may_matter(matters: &Matters, rules: &Rules, path: &str, by: &RulesBy) -> bool {
    if is_record_path(path) {
        return true;
    }
    if rules.config.is_rule(path) {
        return matches!(by, RulesBy::Own);
    }
    // What other repositories say may make something of a file that says nothing by itself.
    !rules.context.is_empty() || matters.hold(path, rules)
}

/// Judges one tree after the other.
pub(super) struct Judge<'a, 'e> {
    env: &'a Env<'e>,
    pub(super) by: RulesBy,
    reader: Reader,
    read: usize,
    pub(super) names: Names,
}

impl<'a, 'e> Judge<'a, 'e> {
    pub(super) fn new(env: &'a Env<'e>, by: RulesBy, names: Names) -> Self {
        Self { env, by, reader: Reader::default(), read: 0, names }
    }

    /// Reads a tree under the rules that judge it. `before` are files that declared something until then, or were broken.
    ///
    /// # Errors
    /// Rules and records that cannot be read.
    pub(super) fn read<'p>(
        &mut self,
        mut comparison: Comparison,
        before: impl Iterator<Item = &'p str>,
    ) -> Result<Ready, CliError> {
        self.read += 1;
        if self.read.is_multiple_of(TREES_A_READER) {
            self.reader = Reader::default();
        }
        let files = rule_files(&comparison.head);
        let rules = match &self.by {
            RulesBy::Today(today) => {
                let (tree, rules) = &**today;
                comparison.head = comparison.head.with(tree, |path| rules.config.is_rule(path));
                let mut rules = rules.clone();
                rules.records = Records::load(&files)?;
                rules
            }
            RulesBy::Own => Rules::load_in(&files, None, comparison.repository.as_ref())?,
        };
        drop(files);
        let reading = self.reader.read(&comparison.head, &rules);
        let before = before.filter(|path| !rules.config.is_rule(path) && rules.reads(path));
        let mut broken = broken(&reading);
        broken.extend(self.reader.unparsed(&comparison.head, &reading, before));
        let matters = Matters::of(&reading, &comparison.head, self.reader.places());
        let declared = reading.units.iter().flat_map(|unit| unit.facts.instants());
        let enforced = rules.config.enforcement.days().map(Day::starts);
        let instants = declared.chain(rules.records.instants()).chain(enforced).collect();
        Ok(Ready { comparison, rules, reading, broken, instants, matters })
    }

    /// Whether two trees come to the same as of one instant without being judged.
    pub(super) fn is_same(&self, known: &Ready, other: &Ready) -> bool {
        matches!(self.by, RulesBy::Today(_)) && known.is_like(other)
    }

    /// What a tree declares as of an instant.
    ///
    /// # Errors
    /// Policies that fail, mappings that do not fit.
    pub(super) fn judge(&mut self, ready: &Ready, as_of: i64) -> Result<Standing, CliError> {
        let Ready { comparison, rules, broken, .. } = ready;
        let mut rules = Cow::Borrowed(rules);
        let enforced = rules.config.enforcement.decide(ON_PRIVILEGED, as_of).enforcement;
        if enforced < Enforcement::Approve {
            // Whoever begins softly is not asked for approvals yet, and may have some.
            let rules = rules.to_mut();
            let own = std::mem::take(&mut rules.config.enforcement);
            rules.config.enforcement = own.with_approvals_of(PRIVILEGED, as_of);
        }
        let rules = &*rules;
        let mut bundle = Bundle::load(&rules.policies, policy_data(as_of))?;
        rules.check_policies(bundle.severities())?;
        bundle.policies.retain(|policy| SCOPES.contains(&policy.metadata.custom.scope));
        let witness = Holdings { wanted: wanted(rules), found: Mutex::default() };
        let record = gate::run_alone(
            &Task {
                isolation: &Isolation::of(self.env.binary.clone()),
                reader: Some(&self.reader),
                ..Task::new(comparison, rules, &bundle, as_of, &Secrets::default())
            },
            &witness,
        )?;
        let held = witness.found.into_inner().unwrap_or_default();
        let there = self.there(&record.judgement, held, rules);
        Ok(Standing { there, broken: broken.clone() })
    }

    fn there(&mut self, judgement: &Judgement, held: Vec<Held>, rules: &Rules) -> BTreeMap<u32, There> {
        let mut there = BTreeMap::new();
        let speaking = judgement.findings.iter().filter(|own| own.finding.under.is_none());
        let mut privileged: HashMap<(String, String), Vec<&Judged>> = HashMap::new();
        let mut others = Vec::new();
        for judged in speaking {
            let finding = &judged.finding;
            match finding.duties.as_slice() {
                [duty] if *finding.policy == *PRIVILEGED => {
                    privileged.entry((finding.subject.id.to_string(), duty.id.to_string())).or_default().push(judged);
                }
                _ => others.push(judged),
            }
        }
        for own in held {
            let Held { subject, duty, system, held } = own;
            let is_privileged = rules.definitions.duties.get(&duty).is_some_and(|own| own.value.privileged);
            let mut judged = privileged.get(&(subject.clone(), duty.clone())).into_iter().flatten();
            let judged = judged.find(|own| own.finding.systems.iter().any(|own| **own == *system));
            let thing = Declared {
                kind: DeclaredKind::Duty,
                subject,
                conflict: None,
                duties: vec![duty],
                systems: vec![system],
                policy: judged.map(|own| own.finding.policy.to_string()),
                fingerprint: judged.map(|own| own.finding.fingerprint.to_string()),
                privileged: is_privileged,
            };
            let record = judged.and_then(|own| self.record(own));
            there.insert(self.names.thing(thing), There { record, held });
        }
        // What is left of them is of roles.
        let told: BTreeSet<String> =
            there.keys().filter_map(|number| self.names.things.get(*number as usize)?.fingerprint.clone()).collect();
        let rest = privileged.into_values().flatten();
        for judged in others.into_iter().chain(rest) {
            let finding = &judged.finding;
            let fingerprint = finding.fingerprint.to_string();
            if !is_about_access(finding) || told.contains(&fingerprint) {
                continue;
            }
            let thing = thing_of(finding, fingerprint);
            let record = self.record(judged);
            there.insert(self.names.thing(thing), There { record, held: finding.extent.held() });
        }
        there
    }

    /// The record that lets a finding pass.
    fn record(&mut self, judged: &Judged) -> Option<u32> {
        let decision = &judged.decision;
        let passes = !decision.lapsed && !decision.blocks;
        let record = decision.record.as_ref().filter(|own| passes && own.kind != RecordKind::Register)?;
        Some(self.names.record(format!("{} {}", record.kind.as_str(), record.id)))
    }
}

fn thing_of(finding: &Finding, fingerprint: String) -> Declared {
    // What a role would give at once is nobody's yet.
    let is_held = finding.conflict.is_some() && finding.subject.kind != SubjectKind::Role;
    let kind = if is_held { DeclaredKind::Conflict } else { DeclaredKind::Finding };
    Declared {
        kind,
        subject: finding.subject.id.to_string(),
        conflict: finding.conflict.as_ref().map(|own| own.id.to_string()),
        duties: finding.duties.iter().map(|own| own.id.to_string()).collect(),
        systems: finding.systems.iter().map(ToString::to_string).collect(),
        policy: Some(finding.policy.to_string()),
        fingerprint: Some(fingerprint),
        privileged: *finding.policy == *PRIVILEGED,
    }
}

/// Whether a finding is about somebody or something that holds access.
fn is_about_access(finding: &Finding) -> bool {
    use SubjectKind::{Account, Credential, Group, Person, Role, Service};
    matches!(finding.subject.kind, Person | Service | Account | Group | Role | Credential)
}

/// The files, and the parts of files, that are recognised and broken.
fn broken(reading: &Reading) -> BTreeSet<String> {
    let whole = reading.not_lowered.iter().filter(|own| own.gap == Gap::Broken).map(|own| own.file.to_string());
    let parts = reading.units.iter().flat_map(|unit| {
        let broken = unit.facts.unresolved.iter().filter(|own| own.gap == Gap::Broken);
        broken.filter_map(|own| Some(unit.files.get(own.origin.file as usize)?.to_string()))
    });
    whole.chain(parts).collect()
}

/// The duties that are privileged or part of a static conflict.
fn wanted(rules: &Rules) -> BTreeSet<String> {
    let definitions = &rules.definitions;
    let privileged = definitions.duties.iter().filter(|(_, own)| own.value.privileged).map(|(id, _)| id.clone());
    let conflicts = definitions.conflicts.values().filter(|own| own.value.kind == ConflictKind::Static);
    let meeting = conflicts.flat_map(|own| own.value.duties.iter().map(|duty| duty.as_str().to_owned()));
    privileged.chain(meeting).collect()
}

/// A duty that somebody holds.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    subject: String,
    duty: String,
    system: String,
    held: Certainty,
}

/// Takes down who holds what.
struct Holdings {
    wanted: BTreeSet<String>,
    found: Mutex<Vec<Held>>,
}

impl Witness for Holdings {
    fn asked(&self, _: Document) {}

    fn wants_documents(&self) -> bool {
        false
    }

    fn joined(&self, joined: &Joined<'_>) {
        let matcher = joined.matcher;
        let (graph, catalogue) = (matcher.graph, matcher.catalogue);
        let mut all: Vec<Held> = graph
            .principals()
            .par_iter()
            .flat_map_iter(|(node, _)| {
                let subject = graph.node(*node).map(|own| own.holder.to_string()).unwrap_or_default();
                let holdings = matcher.principal(*node);
                let held = holdings.duties.iter().filter_map(|held| {
                    let duty = catalogue.duty(held.duty).filter(|own| self.wanted.contains(&*own.id))?;
                    // What comes along with a wider duty is said by that one.
                    let own = held.supports.iter().filter(|own| own.via.is_none() && own.under.is_none());
                    Some(Held {
                        subject: subject.clone(),
                        duty: duty.id.to_string(),
                        system: graph.systems.get(held.system).map(|own| own.id.to_string()).unwrap_or_default(),
                        held: own.map(|own| own.certainty).max()?,
                    })
                });
                held.collect::<Vec<_>>()
            })
            .collect();
        // Numbers are given in this order: it must not depend on which thread was first.
        all.sort();
        if let Ok(mut found) = self.found.lock() {
            *found = all;
        }
    }
}
