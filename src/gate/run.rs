//! One run of the gate, from trees to a judgement.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;
use std::sync::atomic::Ordering;

use rayon::prelude::*;

use super::beneficiaries::Beneficiaries;
use super::compare::compare;
use super::decide::Deciding;
use super::finding::RecordRef;
use super::finding::{Finding, Judged, Side, State, SubjectKind};
use super::guards::LostGuards;
use super::judgement::{Judgement, Outcome, PolicyRun, Population, Verdict};
use super::kept::Kept;
use super::outside::{Outside, imports_alone, is_imported, without_imports};
use super::proof::Keys;
use super::records::{Answers, Authorship, Meanings, Trust, statuses};
use super::rules_change::{self, Proposed, RulesChange};
use super::secrets::SecretsOf;
use super::side::{Evaluated, Evaluator, Memo, Tree, Under};
use super::staff::Staff;
use super::standing::Standings;
use super::task::{Record, RunError, Stage, Task};
use super::witness::{Joined, Witness};
use super::{fix, side};
use crate::access::Links;
use crate::duties::Catalogue;
use crate::facts::{Holder, SystemFact};
use crate::formats::{Class, Reader, Reading, Revoked, mapping};
use crate::policy::input::UnlinkedInput;
use crate::policy::{Bundle, Policy};
use crate::rules::{ConflictKind, RecordKind, Records, Register, RuleFile, Rules};
use crate::source::{self, Comparison};
use crate::store::Digest;

/// Data that every policy may read.
#[must_use]
pub fn policy_data(as_of: i64) -> serde_json::Value {
    serde_json::json!({ "countersign": { "as_of": as_of } })
}

/// Judges.
///
/// # Errors
/// [`RunError`] when a policy fails; nothing is judged by half the policies.
pub fn run(task: &Task<'_>) -> Result<Record, RunError> {
    run_before(task, None)
}

/// Judges, and tells a witness what is judged.
///
/// # Errors
/// As [`run`].
pub fn run_witnessed(task: &Task<'_>, witness: &dyn Witness) -> Result<Record, RunError> {
    run_before(task, Some(witness))
}

/// Judges one tree by itself and tells a witness how it is joined: what it comes to, without a look for edits that would
/// clear a finding.
///
/// # Errors
/// As [`run`].
pub fn run_alone(task: &Task<'_>, witness: &dyn Witness) -> Result<Record, RunError> {
    judge(task, Fixes::None, None, Some(witness))
}

fn run_before(task: &Task<'_>, witness: Option<&dyn Witness>) -> Result<Record, RunError> {
    // What the change makes of the rules is a finding of its own, and what answers it is only known when judging.
    let proposed = Proposed::of(task);
    let change = proposed.map(|proposed| rules_change::of(task, &proposed)).transpose()?;
    judge(task, Fixes::Proposed, change, witness)
}

/// Whether edits that clear a finding are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fixes {
    Proposed,
    None,
}

/// Judges by one set of rules.
pub(super) fn judge(
    task: &Task<'_>,
    fixes: Fixes,
    mut change: Option<RulesChange>,
    witness: Option<&dyn Witness>,
) -> Result<Record, RunError> {
    let Task {
        comparison,
        rules,
        bundle,
        as_of,
        people,
        strict,
        revoked,
        secrets,
        review,
        reader,
        progress,
        isolation: _,
    } = *task;
    // Without a comparison head is the target too.
    let head_records = match &comparison.base {
        Some(_) => Records::load(&rule_files(&comparison.head)).map_err(RunError::Records)?,
        None => rules.records.clone(),
    };
    let files = comparison.head.files.len() + comparison.base.as_ref().map_or(0, |base| base.files.len());
    progress(Stage::Reading(files));
    let (base_reading, head_reading) = read(reader, comparison, rules, revoked)?;

    let catalogue = Catalogue::of(&rules.definitions);
    let memo = Memo::default();
    let told = witness.filter(|witness| witness.wants_documents());
    let evaluator = Evaluator { rules, catalogue: &catalogue, bundle, memo: &memo, as_of, witness: told };
    let head_units = side::units(&head_reading);
    let base_units = base_reading.as_ref().map(side::units);
    let (head_links, head_gaps) = Links::of_tree(&head_units, &rules.config.links);
    let base_links = base_units.as_ref().map(|units| Links::of_tree(units, &rules.config.links));
    let links = match &base_links {
        Some((base, _)) => Links::union(base, &head_links),
        None => head_links.clone(),
    };
    let standings = Standings::of(&head_units, base_units.as_deref(), people, as_of);

    progress(Stage::EvaluatingBase);
    let none = HashMap::new();
    let base_records = base_records(comparison, rules);
    let mut base_side: Option<(Tree<'_>, Evaluated, Option<Evaluated>, Keys)> = None;
    if let (Some(files), Some(reading), Some((own, gaps))) = (&comparison.base, &base_reading, &base_links) {
        let known = &rules.known_roles;
        let join = |links, standing| {
            let under = Under { links, link_gaps: gaps.clone(), systems: &[], standing };
            let mut tree = Tree::join(Side::Base, files, reading, &catalogue, known, under);
            tree.secrets = SecretsOf { own: Some(&secrets.base), base: None };
            tree
        };
        let kept = Kept { own: base_records.as_deref().unwrap_or(&rules.records), before: None, links: &links };
        let evaluate = |tree: &Tree<'_>| evaluator.evaluate_kept(tree, &none, None, &kept).map_err(RunError::Engine);
        let tree = join(&links, &standings.base);
        let found = evaluate(&tree)?;
        // Base under its own links and departures is only worth a look where they say something else.
        let before = if own == &links && standings.before.is_none() {
            None
        } else {
            let mut tree = join(own, standings.before.as_ref().unwrap_or(&standings.base));
            // Called as head calls them, so that an account or a person under a new name is still known.
            tree.names = Some(&links);
            Some(evaluate(&tree)?)
        };
        let keys = Keys::of(&tree.graph, own, &links);
        base_side = Some((tree, found, before, keys));
    }

    let base_findings = base_side.as_mut().map(|(_, found, _, _)| std::mem::take(&mut found.findings));

    let outside = match comparison.head.imports().next() {
        Some(_) => {
            let (side, files, reading, standing) = match (&comparison.base, &base_reading) {
                (Some(files), Some(reading)) => (Side::Base, files, without_imports(files, reading), &standings.base),
                _ => (Side::Base, &comparison.head, imports_alone(&comparison.head, &head_reading), &standings.head),
            };
            let under = Under { links: &links, link_gaps: Vec::new(), systems: &[], standing };
            let tree = Tree::join(side, files, &reading, &catalogue, &rules.known_roles, under);
            // It is told of nobody: these documents are those of base and head in part.
            let quiet = Evaluator { rules, catalogue: &catalogue, bundle, memo: &memo, as_of, witness: None };
            let mut found = quiet.evaluate(&tree, &none, None).map_err(RunError::Engine)?.findings;
            Some(if comparison.base.is_some() {
                Outside::without(found)
            } else {
                // What the tree says of people and systems may be wrong too, and that is the tree's.
                let rests = |finding: &Finding| finding.locations.iter().any(|at| is_imported(files, &at.place.file));
                found.retain(rests);
                Outside::alone(found)
            })
        }
        None => None,
    };

    progress(Stage::EvaluatingHead);
    let head_files = &comparison.head;
    // What systems are, and how their dimensions join, is knowledge: the target's counts, so that a change cannot hide a
    // grant by describing its system anew. What the new descriptions would show is judged beside it.
    let target_systems = base_reading.as_ref().map(systems_of).unwrap_or_default();
    let join = |link_gaps, systems| {
        let under = Under { links: &links, link_gaps, systems, standing: &standings.head };
        let mut tree = Tree::join(Side::Head, head_files, &head_reading, &catalogue, &rules.known_roles, under);
        tree.secrets = SecretsOf { own: Some(&secrets.head), base: comparison.base.as_ref().map(|_| &secrets.base) };
        tree
    };
    let mut head = join(head_gaps.clone(), &target_systems);
    head.lost_guards = LostGuards::between(base_side.as_ref().map(|(tree, ..)| &tree.graph), &head.graph);
    let unlinked = match &base_links {
        Some((base, _)) => unlinked(&head, base, &head_links, &links),
        None => HashMap::new(),
    };
    let keys = base_side.as_ref().map(|(_, _, _, keys)| keys);
    let kept = Kept { own: &head_records, before: base_records.as_deref(), links: &links };
    let found = evaluator.evaluate_kept(&head, &unlinked, keys, &kept).map_err(RunError::Engine)?;
    let revealed = if describes_anew(&target_systems, &systems_of(&head_reading)) {
        let own = join(head_gaps, &[]);
        evaluator.evaluate(&own, &unlinked, keys).map_err(RunError::Engine)?.findings
    } else {
        Vec::new()
    };

    progress(Stage::Deciding);
    let policies = policy_runs(bundle, &found);
    let Evaluated { findings, documents, principals, subjects: _, configurations: _ } = found;
    let target = base_side.as_ref().map_or(&head.graph, |(tree, _, _, _)| &tree.graph);
    let target_links = base_links.as_ref().map_or(&links, |(own, _)| own);
    let staff = Staff::of(target, target_links, as_of);
    let signers = rules.signers.as_ref().map(|(_, signers)| signers);
    let authorship = Authorship::of(comparison, &staff, signers, review, as_of);
    let trust = Trust::new(&rules.authority, signers, &staff, &authorship, review, &rules.records, as_of);
    let kinds = head.graph.systems.iter().map(|system| (&*system.id, &*system.kind));
    let meanings = Meanings::new(bundle, rules, kinds);
    let answers = Answers {
        trust: &trust,
        head: &head_records,
        target: &rules.records,
        meanings: &meanings,
        limits: &rules.config.limits,
        rules: change.as_ref().map(|change| change.digest),
    };
    let mut compared = compare(
        findings,
        base_findings,
        base_side.as_ref().and_then(|(_, _, before, _)| before.as_ref()).map(|before| before.findings.as_slice()),
        revealed,
        outside.as_ref(),
    );
    if let Some(change) = &mut change {
        change.effects.extend(answers.arrivals());
        change.effects.sort_by(|a, b| (a.weight, a.kind, &a.text).cmp(&(b.weight, b.kind, &b.text)));
        let found = evaluator.changed_rules(&head, change, keys).map_err(RunError::Engine)?;
        compared.extend(compare(found, Some(Vec::new()), None, Vec::new(), None));
    }
    let (registers, refused) = trusted_registers(&answers);
    let beneficiaries = Beneficiaries::new(&head.graph, &links, &head.link_gaps);
    let deciding = Deciding { rules, beneficiaries, answers: &answers, registers, as_of, strict };
    let base_documents = base_side.as_ref().map(|(_, found, _, _)| &found.documents);
    // Only a finding that blocks asks for its principal again, and most runs have none.
    let nodes = LazyLock::new(|| -> HashMap<String, crate::access::NodeId> {
        let principals = head.graph.principals().into_iter();
        principals.filter_map(|(node, _)| Some((head.graph.node(node)?.holder.to_string(), node))).collect()
    });
    let mut judged: Vec<Judged> = compared
        .into_par_iter()
        .map(|mut compared| {
            let id = &compared.finding.subject.id;
            let touched = base_documents.is_none_or(|base| base.get(id) != documents.get(id));
            let decision = deciding.decide(&mut compared, touched);
            let fix = if decision.blocks && fixes == Fixes::Proposed {
                proposed_fix(&head, &evaluator, keys, &nodes, &compared.finding)
            } else {
                None
            };
            let who_may = if decision.blocks { deciding.who_may(&compared.finding) } else { None };
            Judged {
                finding: compared.finding,
                state: compared.state,
                change: compared.change,
                cause: compared.cause,
                delta: compared.delta,
                decision,
                fix,
                who_may,
            }
        })
        .collect();
    drop(nodes);
    judged.sort_by(|a, b| order(a).cmp(&order(b)));

    let base_tree = base_side.as_ref().map(|(tree, _, _, _)| tree);
    let unresolved = super::unresolved::unresolved(&head, base_tree, &catalogue, bundle.conftest.as_deref());
    let population = population(&head, &catalogue, principals);
    let records = statuses(&answers, &judged, &refused, as_of);
    let (verdict, outcome) = outcome(&judged, &head_reading, rules, &population, bundle);
    let judgement = Judgement {
        as_of,
        findings: judged,
        records,
        unresolved,
        population,
        systems: head.graph.systems.iter().map(|system| (system.id.clone(), system.kind.clone())).collect(),
        policies,
        verdict,
        outcome,
        rules_change: change,
        asked: memo.asked.load(Ordering::Relaxed),
        reused: memo.reused.load(Ordering::Relaxed),
    };
    if let Some(witness) = witness {
        let matcher = evaluator.matcher(&head);
        witness.joined(&Joined { matcher: &matcher, base: base_units.as_deref(), judgement: &judgement });
    }
    let authors = authorship.people().map(str::to_owned).collect();
    drop(base_side);
    drop(head);
    let people = people.map(|people| (people.digest, people.len()));
    Ok(Record { judgement, head: head_reading, base: base_reading, authors, people })
}

/// Reads both trees, what they have in common once; head as if some grants were not there.
pub(super) fn read(
    known: Option<&Reader>,
    comparison: &Comparison,
    rules: &Rules,
    revoked: &[Revoked],
) -> Result<(Option<Reading>, Reading), RunError> {
    let own = Reader::default();
    let reader = known.unwrap_or(&own);
    let base = comparison.base.as_ref().map(|tree| reader.read(tree, rules));
    let mut head = reader.read_without(&comparison.head, rules, revoked);
    if let Some(base) = &comparison.base {
        head.not_lowered.extend(reader.hidden(&comparison.head, base, rules));
    }
    drop(own);
    let readings: Vec<&Reading> = base.iter().chain([&head]).collect();
    let misfits = mapping::misfits(rules, &readings, &comparison.head, comparison.rules_tree());
    if misfits.is_empty() { Ok((base, head)) } else { Err(RunError::Mappings(misfits)) }
}

/// The records of the tree that head is compared with; the target's where its own cannot be read.
fn base_records<'a>(comparison: &'a Comparison, rules: &'a Rules) -> Option<Cow<'a, Records>> {
    let base = comparison.base.as_ref()?;
    if std::ptr::eq(comparison.rules_tree(), base) {
        return Some(Cow::Borrowed(&rules.records));
    }
    Some(Records::load(&rule_files(base)).map_or(Cow::Borrowed(&rules.records), Cow::Owned))
}

/// The registers that count, and why the others do not.
fn trusted_registers<'a>(answers: &Answers<'a>) -> (Vec<&'a Register>, BTreeMap<RecordRef, String>) {
    let mut counting = Vec::new();
    let mut refused = BTreeMap::new();
    for register in answers.head.registers.iter().chain(&answers.target.registers) {
        match answers.register_counts(register) {
            Ok(_) if counting.iter().any(|known: &&Register| known.terms.file.bytes == register.terms.file.bytes) => {}
            Ok(_) => counting.push(register),
            Err(why) => {
                refused.insert(RecordRef { kind: RecordKind::Register, id: register.terms.id.clone() }, why);
            }
        }
    }
    (counting, refused)
}

type Order<'a> = (bool, State, std::cmp::Reverse<crate::rules::Severity>, &'a str, &'a str, super::Fingerprint);

fn order(judged: &Judged) -> Order<'_> {
    let finding = &judged.finding;
    (
        !judged.decision.blocks,
        judged.state,
        std::cmp::Reverse(finding.severity),
        &finding.policy,
        &finding.subject.id,
        finding.fingerprint,
    )
}

/// Accounts that the change unlinks although they still hold access, by the principal that they are judged with.
fn unlinked(head: &Tree<'_>, base: &Links, own: &Links, union: &Links) -> HashMap<Holder, Vec<UnlinkedInput>> {
    let mut found: HashMap<Holder, Vec<UnlinkedInput>> = HashMap::new();
    for (account, was, now) in Links::lost(base, own) {
        let Some(node) = head.graph.find(&Holder::Account(account.clone())) else { continue };
        let holds = !head.graph.grants_of(node).is_empty()
            || head.graph.edges_of(node).iter().any(|edge| edge.kind != crate::access::EdgeKind::Owns);
        if holds {
            found.entry(union.identity(was).clone()).or_default().push(UnlinkedInput {
                account: format!("account:{account}"),
                system: account.system.to_string(),
                was: was.to_string(),
                now: now.map(ToString::to_string),
            });
        }
    }
    found
}

/// The descriptions of systems in a tree.
pub(super) fn systems_of(reading: &Reading) -> Vec<SystemFact> {
    reading.units.iter().flat_map(|unit| unit.facts.systems.iter().cloned()).collect()
}

/// Whether head describes some system of the target otherwise, or no longer.
fn describes_anew(target: &[SystemFact], head: &[SystemFact]) -> bool {
    target.iter().any(|system| !head.iter().any(|own| same_description(system, own)))
}

/// Whether two descriptions of systems come to the same.
pub(super) fn same_description(a: &SystemFact, b: &SystemFact) -> bool {
    (&a.id, &a.kind, &a.fixed, &a.maps) == (&b.id, &b.kind, &b.fixed, &b.maps)
}

fn proposed_fix(
    head: &Tree<'_>,
    evaluator: &Evaluator<'_>,
    base: Option<&Keys>,
    nodes: &HashMap<String, crate::access::NodeId>,
    finding: &super::Finding,
) -> Option<super::Fix> {
    if finding.legs.is_empty() {
        return None;
    }
    fix::find(head, evaluator, base, *nodes.get(&*finding.subject.id)?, finding)
}

fn policy_runs(bundle: &Bundle, found: &Evaluated) -> Vec<PolicyRun> {
    let subjects = |policy: &Policy| match bundle.find(&policy.id) {
        Some(_) => found.subjects.get(&policy.metadata.custom.scope).copied().unwrap_or_default(),
        None => found.configurations,
    };
    bundle
        .all()
        .map(|policy| PolicyRun {
            id: policy.id.clone(),
            title: policy.metadata.title.clone(),
            digest: Digest::of(&policy.file.bytes),
            severity: policy.metadata.custom.severity,
            subjects: subjects(policy),
            findings: found.findings.iter().filter(|finding| *finding.policy == *policy.id).count(),
        })
        .collect()
}

fn population(head: &Tree<'_>, catalogue: &Catalogue, principals: BTreeMap<&'static str, usize>) -> Population {
    let reading = head.reading;
    let mut definitions: BTreeMap<String, u64> = BTreeMap::new();
    for unit in &reading.units {
        for (kind, count) in &unit.facts.tally {
            *definitions.entry((*kind).to_owned()).or_default() += count;
        }
    }
    let class = |wanted: Class| reading.classes.iter().filter(|class| **class == wanted).count();
    Population {
        files: reading.classes.len(),
        definition_files: class(Class::Definition),
        definitions,
        unlinked_accounts: principals.get("account").copied().unwrap_or_default(),
        principals,
        grants: head.graph.grant_count,
        not_evaluated: class(Class::NotEvaluated),
        excluded: class(Class::Excluded),
        conflicts_static: catalogue.conflicts().filter(|(_, c)| c.kind == ConflictKind::Static).count(),
        conflicts_dynamic: catalogue
            .conflicts()
            .filter(|(_, conflict)| conflict.kind == ConflictKind::Dynamic)
            .map(|(_, conflict)| conflict.id.clone())
            .collect(),
    }
}

fn outcome(
    judged: &[Judged],
    reading: &Reading,
    rules: &Rules,
    population: &Population,
    bundle: &Bundle,
) -> (Verdict, Outcome) {
    let blocking = || judged.iter().filter(|judged| judged.decision.blocks);
    if blocking().any(|judged| judged.finding.subject.kind != SubjectKind::Document) {
        return (Verdict::Blocked, Outcome::Blocked);
    }
    if blocking().next().is_some() {
        return (Verdict::Error, Outcome::NotEvaluated);
    }
    let expected = !rules.in_scope.is_empty();
    if (expected && reading.in_scope == 0) || bundle.policies.is_empty() {
        return (Verdict::Error, Outcome::NothingCollected);
    }
    if population.definition_files == 0 && judged.is_empty() {
        return (Verdict::Pass, Outcome::NotApplicable);
    }
    (Verdict::Pass, Outcome::Clean)
}

/// The files of a tree as rule files.
#[must_use]
pub fn rule_files(tree: &source::Tree) -> Vec<RuleFile> {
    tree.files
        .iter()
        .filter_map(|file| Some(RuleFile { path: file.path.clone(), bytes: file.bytes()?.clone() }))
        .collect()
}
