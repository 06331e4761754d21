//! Compares two policies by what they say of many documents.
//!
//! Two programs cannot be compared in general, so this tries: every real subject first, then documents made from the
//! scope's schema and from the words of both modules, most of them one step away from a document on which one of the
//! two says something, since there the two part if they part anywhere. What is tried follows from the two texts and
//! the tree alone.

mod domain;
mod shape;
mod steps;

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use crate::policy::input;
use crate::policy::untrusted::{Answer, NotEvaluated, Session};
use crate::policy::{RawFinding, Scope, When, Words};
use crate::rules::Severity;
use crate::store::Digest;

pub(super) use domain::Known;

/// Documents that are made for one policy, at most; the real subjects come on top.
pub(super) const MOST: usize = 5_000;

/// One of the two policies.
pub(super) struct Asked<'a> {
    /// Where it is asked.
    pub(super) session: &'a mut Session,
    /// Its severity, for findings that have none of their own.
    pub(super) severity: Severity,
    /// Which list must not be empty.
    pub(super) when: Option<When>,
    /// Its text.
    pub(super) text: &'a str,
}

/// A real document and whose it is.
pub(super) type Real = (String, Value);

/// What a finding is, apart from its subject: what it is about, and the systems.
type Identity = (Vec<String>, Vec<String>);

/// What a policy says of a document.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Findings(BTreeMap<Identity, Severity>),
    Failed(String),
}

/// A document on which the two differ.
#[derive(Debug, Clone)]
pub(super) struct Witness {
    /// The document.
    pub(super) document: Value,
    /// Whose it is, if it is a real one.
    pub(super) subject: Option<String>,
    /// What the finding is about; empty when its subject is all.
    pub(super) about: String,
    /// Of a finding that is more or less severe: `low instead of high`. Of a failure: why.
    pub(super) note: String,
    length: usize,
}

/// A document to try, and how long it is.
struct Tried {
    subject: Option<String>,
    document: Value,
    length: usize,
}

/// How two policies differ.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// A finding that only the old one has.
    pub(super) lost: Option<Witness>,
    /// A finding that is less severe now.
    pub(super) softer: Option<Witness>,
    /// A finding that only the new one has.
    pub(super) gained: Option<Witness>,
    /// A finding that is more severe now.
    pub(super) harder: Option<Witness>,
    /// A document on which only the new one fails.
    pub(super) fails: Option<Witness>,
    /// How many documents both were asked about.
    pub(super) cases: usize,
    /// On how many of them either found something.
    pub(super) fired: usize,
    /// Whether more would have been worth trying.
    pub(super) cut: bool,
}

/// Compares two policies of one scope.
///
/// # Errors
/// Why one of them could not be asked, and which: `true` is the new one.
pub(super) fn compare<'a>(
    scope: Scope,
    old: &mut Asked<'a>,
    new: &mut Asked<'a>,
    real: &[Real],
    known: &Known,
    most: usize,
) -> Result<Difference, (bool, NotEvaluated)> {
    let words = Words::of(old.text).and(Words::of(new.text));
    let shape = shape::Shape::of(&input::schema(scope));
    let domain = domain::Domain::new(&words, known, real);
    let mut trial = Trial { scope, old, new, found: Difference::default(), seen: HashSet::new(), firing: Vec::new() };
    trial.run(real.iter().map(|(subject, document)| (Some(subject.clone()), document.clone())).collect())?;

    let mut maker = steps::Maker::new(&shape, &domain, seed(old_and_new(&trial)));
    // What stands in the tree is worth varying most; a few of each kind suffice.
    let mut seeds = maker.seeds();
    seeds.extend(real.iter().map(|(_, document)| document.clone()).take(6));
    let (near, mut cut) = maker.neighbours(&seeds, most / 4);
    trial.run(made(seeds.into_iter().chain(near)))?;
    let random = maker.random(most / 4);
    trial.run(made(random))?;
    // Twice from wherever either of them fires: the second round starts from what the first found.
    for _ in 0..2 {
        let firing = trial.take_firing(24);
        let (near, more) = maker.neighbours(&firing, most / 4);
        cut |= more;
        trial.run(made(near))?;
    }
    trial.found.cut = cut;
    Ok(trial.found)
}

fn made(documents: impl IntoIterator<Item = Value>) -> Vec<(Option<String>, Value)> {
    documents.into_iter().map(|document| (None, document)).collect()
}

fn old_and_new<'t>(trial: &'t Trial<'_, '_>) -> [&'t str; 2] {
    [trial.old.text, trial.new.text]
}

/// Equal texts try equal documents, on every machine.
fn seed(texts: [&str; 2]) -> u64 {
    let digest = Digest::of(texts.concat().as_bytes());
    digest.0.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

struct Trial<'t, 'a> {
    scope: Scope,
    old: &'t mut Asked<'a>,
    new: &'t mut Asked<'a>,
    found: Difference,
    seen: HashSet<Digest>,
    /// Documents of which exactly one, or else both, said something that no earlier one had; shorter first.
    firing: Vec<(usize, Value)>,
}

impl Trial<'_, '_> {
    fn run(&mut self, documents: Vec<(Option<String>, Value)>) -> Result<(), (bool, NotEvaluated)> {
        let mut fresh = Vec::new();
        for (subject, document) in documents {
            let text = document.to_string();
            if self.seen.insert(Digest::of(text.as_bytes())) {
                fresh.push(Tried { subject, document, length: text.len() });
            }
        }
        self.found.cases += fresh.len();
        let before = ask(self.scope, self.old, &fresh).map_err(|why| (false, why))?;
        let after = ask(self.scope, self.new, &fresh).map_err(|why| (true, why))?;
        for (tried, (old, new)) in fresh.into_iter().zip(before.into_iter().zip(after)) {
            let fired = |said: &Said| matches!(said, Said::Findings(findings) if !findings.is_empty());
            if old != new {
                self.note(&old, &new, &tried);
            }
            if fired(&old) || fired(&new) {
                self.found.fired += 1;
                self.firing.push((tried.length, tried.document));
            }
        }
        Ok(())
    }

    /// The shortest documents that fired since the last time.
    fn take_firing(&mut self, most: usize) -> Vec<Value> {
        let mut firing = std::mem::take(&mut self.firing);
        // The sort is stable, and the order in which documents are tried is fixed.
        firing.sort_by_key(|(length, _)| *length);
        // Short ones, and some of every length: the alternatives of a rule differ in what they need.
        let (short, rest) = firing.split_at(firing.len().min(most / 2));
        let step = (rest.len() / (most / 2).max(1)).max(1);
        short.iter().chain(rest.iter().step_by(step).take(most / 2)).map(|(_, document)| document.clone()).collect()
    }

    fn note(&mut self, old: &Said, new: &Said, tried: &Tried) {
        let (old, new) = match (old, new) {
            (Said::Findings(old), Said::Findings(new)) => (old, new),
            (Said::Findings(_), Said::Failed(why)) => {
                keep(&mut self.found.fails, tried, || (String::new(), why.clone()));
                return;
            }
            // A policy that failed stopped every run, so whatever it says now is no less.
            (Said::Failed(_), _) => return,
        };
        for (identity, severity) in old {
            match new.get(identity) {
                None => keep(&mut self.found.lost, tried, || (about(identity), String::new())),
                Some(now) if now < severity => {
                    keep(&mut self.found.softer, tried, || (about(identity), format!("{now} instead of {severity}")));
                }
                Some(now) if now > severity => {
                    keep(&mut self.found.harder, tried, || (about(identity), format!("{now} instead of {severity}")));
                }
                Some(_) => {}
            }
        }
        for identity in new.keys().filter(|identity| !old.contains_key(*identity)) {
            keep(&mut self.found.gained, tried, || (about(identity), String::new()));
        }
    }
}

/// Keeps the witness that is easier to follow: a real subject, then the shorter document.
fn keep(known: &mut Option<Witness>, tried: &Tried, words: impl FnOnce() -> (String, String)) {
    let rank = (tried.subject.is_none(), tried.length);
    if known.as_ref().is_none_or(|known| rank < (known.subject.is_none(), known.length)) {
        let (about, note) = words();
        *known = Some(Witness {
            document: tried.document.clone(),
            subject: tried.subject.clone(),
            about,
            note,
            length: tried.length,
        });
    }
}

fn about((about, systems): &Identity) -> String {
    let systems = if systems.is_empty() { String::new() } else { format!("in {}", systems.join(", ")) };
    [about.join(" "), systems].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Asks about those documents for which the policy's list is not empty; it finds nothing in the others.
fn ask(scope: Scope, asked: &mut Asked<'_>, documents: &[Tried]) -> Result<Vec<Said>, NotEvaluated> {
    let wanted: Vec<bool> =
        documents.iter().map(|tried| asked.when.is_none_or(|when| has(scope, &tried.document, when))).collect();
    let given: Vec<&Value> =
        documents.iter().zip(&wanted).filter(|(_, wanted)| **wanted).map(|(tried, _)| &tried.document).collect();
    let mut answers = asked.session.ask(&given)?.into_iter();
    let severity = asked.severity;
    Ok(wanted
        .into_iter()
        .map(|wanted| match wanted.then(|| answers.next()).flatten() {
            None => Said::Findings(BTreeMap::new()),
            Some(Answer::Failed(why)) => Said::Failed(why),
            Some(Answer::Findings(findings)) => Said::Findings(identities(&findings, severity)),
        })
        .collect())
}

/// What tells findings of one subject apart, as the fingerprint has it, with how bad each is.
fn identities(findings: &[RawFinding], severity: Severity) -> BTreeMap<Identity, Severity> {
    let mut all = BTreeMap::new();
    for finding in findings {
        let about = [&finding.conflict, &finding.duty, &finding.credential, &finding.key];
        let about: Vec<String> = about.into_iter().flatten().cloned().collect();
        let mut systems = finding.systems.clone();
        systems.sort();
        systems.dedup();
        let severity = finding.severity.unwrap_or(severity);
        let worst: &mut Severity = all.entry((about, systems)).or_insert(severity);
        *worst = severity.max(*worst);
    }
    all
}

/// Whether a document's list is not empty, as the gate sees it before it asks.
fn has(scope: Scope, document: &Value, when: When) -> bool {
    let list = match (scope, when) {
        (Scope::Principal | Scope::Role, When::Conflicts) => "conflicts",
        (Scope::Principal | Scope::Role, When::PrivilegedDuties) => "privileged_duties",
        (Scope::Principal | Scope::Role, When::Duties) => "duties",
        (Scope::Principal, When::Unlinked) => "unlinked",
        (Scope::Principal, When::Trusts) => "trusts",
        (Scope::Principal, When::Guards) => "guards",
        (Scope::Principal, When::GrantLimits) => return document.get("grant_limits").is_some(),
        (Scope::Principal, When::IndirectConflicts) => "indirect_conflicts",
        (Scope::ServiceIdentity, When::Excess) => "excess",
        (Scope::ServiceIdentity, When::AiAgent) => {
            return document.get("type").and_then(Value::as_str) == Some("ai_agent");
        }
        (Scope::Principal | Scope::Role, _) => return false,
        _ => return true,
    };
    document.get(list).and_then(Value::as_array).is_some_and(|list| !list.is_empty())
}

#[cfg(test)]
mod mutants_tests;
