//! The change's own policies: asked apart from this process, and compared with the target's by what they say.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::run::policy_data;
use super::cases::{self, Asked, Difference, Known, Real, Witness};
use super::{Effect, EffectKind, Rewritten, Sides, Silent, Task, Weight, some};
use crate::access::Place;
use crate::gate::Side;
use crate::policy::untrusted::{Answer, Isolation, NotEvaluated, Session};
use crate::policy::{Bundle, Policy};
use crate::rules::{RuleFile, Rules};
use crate::syntax::Span;

/// How many policies may be late before the rest is not tried: a change may bring any number of them.
const MOST_LATE: usize = 3;
/// Real documents on which two policies are compared, at most.
const MOST_REAL: usize = 2_000;

/// The policies of a change that nobody has accepted. At most one of them has a process at a time, beside the target's
/// text that it is compared with: a change may bring any number.
pub(super) struct Outsiders<'a> {
    isolation: &'a Isolation,
    data: Value,
    files: Vec<RuleFile>,
    /// Every document that each would be asked about, with its subject.
    real: BTreeMap<usize, Vec<Real>>,
    /// Why some were not evaluated.
    silent: Silent,
    /// Subjects on which some failed, with the reason.
    failed: BTreeMap<usize, (String, String)>,
    late: usize,
}

impl<'a> Outsiders<'a> {
    pub(super) fn new(task: &Task<'a>, head: &Rules, bundle: &Bundle) -> Self {
        let mut files = head.policies.clone();
        // Those that were given from outside, too.
        let given = bundle.policies.iter().filter(|policy| !policy.built_in).map(|policy| &policy.file);
        files.extend(given.filter(|file| !head.policies.iter().any(|known| known.path == file.path)).cloned());
        Self {
            isolation: task.isolation,
            data: policy_data(task.as_of),
            files,
            real: BTreeMap::new(),
            silent: Silent::new(),
            failed: BTreeMap::new(),
            late: 0,
        }
    }

    /// Has the questions of a bundle answered.
    pub(super) fn ask(&mut self, bundle: &Bundle) {
        for (number, policy) in bundle.policies.iter().enumerate().filter(|(_, policy)| !policy.accepted) {
            let questions = bundle.outside.take_questions(number);
            let real: Vec<Real> =
                questions.iter().map(|(_, subject, document)| (subject.clone(), document.clone())).collect();
            let documents: Vec<&Value> = real.iter().map(|(_, document)| document).collect();
            let answers = self.open(policy).and_then(|mut session| session.ask(&documents));
            match answers {
                Ok(answers) => {
                    for ((digest, subject, _), answer) in questions.iter().zip(answers) {
                        match answer {
                            Answer::Findings(findings) => bundle.outside.learn(number, *digest, findings),
                            Answer::Failed(why) => {
                                self.failed.entry(number).or_insert_with(|| (subject.clone(), why));
                            }
                        }
                    }
                }
                Err(why) => self.give_up(number, why),
            }
            self.real.insert(number, real);
        }
    }

    fn open(&self, policy: &Policy) -> Result<Session, NotEvaluated> {
        if self.late >= MOST_LATE {
            return Err(NotEvaluated::Skipped);
        }
        Session::open(self.isolation, &self.files, &policy.file.path, &self.data)
    }

    fn give_up(&mut self, number: usize, why: NotEvaluated) {
        self.late += usize::from(matches!(why, NotEvaluated::Late(_)));
        self.silent.insert(number, why);
    }
}

/// What came of comparing all policies.
#[derive(Default)]
pub(super) struct Compared {
    pub(super) effects: Vec<Effect>,
    pub(super) rewritten: Vec<Rewritten>,
    pub(super) cases: usize,
}

pub(super) fn effects(sides: &Sides<'_>, outside: &mut Outsiders<'_>) -> Compared {
    let mut all = Compared::default();
    let (base, head) = (sides.task.bundle, sides.head_bundle);
    for policy in base.policies.iter().filter(|policy| !policy.built_in && head.find(&policy.id).is_none()) {
        let text = format!("the policy {} would be gone: {}", policy.id, policy.metadata.title);
        let concerns = sides.concerns(|flip| *flip.policy == *policy.id);
        all.effects.push(Effect::new(Weight::Weakens, EffectKind::PolicyRemoved, text).concerning(concerns));
    }
    for (number, policy) in head.policies.iter().enumerate().filter(|(_, policy)| !policy.built_in) {
        let at = |effect: Effect| effect.at(Some((Side::Head, place(policy))));
        let concerns = sides.concerns(|flip| *flip.policy == *policy.id);
        let id = &policy.id;
        if let Some(why) = outside.silent.get(&number) {
            let text = format!("the policy {id} could not be evaluated: {why}");
            all.effects
                .push(at(Effect::new(Weight::Weakens, EffectKind::PolicyNotEvaluated, text)).concerning(concerns));
        }
        if let Some((subject, why)) = outside.failed.get(&number) {
            let text = format!("the policy {id} would fail on {subject}: {why}");
            all.effects.push(at(Effect::new(Weight::Weakens, EffectKind::PolicyFails, text)).concerning(concerns));
        }
        let Some(old) = base.find(id) else {
            let text = format!("the policy {id} would be asked: {}", policy.metadata.title);
            all.effects.push(at(Effect::new(Weight::Tightens, EffectKind::PolicyAdded, text)));
            continue;
        };
        if policy.accepted && policy.file.bytes == old.file.bytes {
            continue;
        }
        let (was, is) = (&old.metadata.custom, &policy.metadata.custom);
        let mapped = |list: &[String]| list.iter().cloned().collect::<BTreeSet<_>>();
        if mapped(&was.frameworks) != mapped(&is.frameworks) {
            let list = |list: &[String]| if list.is_empty() { "no control".to_owned() } else { some(list) };
            let text =
                format!("the policy {id} would serve {} instead of {}", list(&is.frameworks), list(&was.frameworks));
            all.effects.push(at(Effect::new(Weight::Alters, EffectKind::PolicyFrameworksChanged, text)));
        }
        if was.scope != is.scope {
            let text = format!(
                "the policy {id} would judge the scope {} instead of {}",
                is.scope.as_str(),
                was.scope.as_str()
            );
            all.effects
                .push(at(Effect::new(Weight::Weakens, EffectKind::PolicyScopeChanged, text)).concerning(concerns));
            continue;
        }
        if outside.silent.contains_key(&number) {
            continue;
        }
        match compare(sides, outside, number, old, policy) {
            Ok(found) => {
                all.cases += found.cases;
                let effects = differences(sides, policy, &found);
                if effects.is_empty() && found.fired > 0 {
                    all.rewritten.push(Rewritten { policy: id.clone(), cases: found.cases });
                }
                all.effects.extend(effects.into_iter().map(|effect| {
                    let weaker = effect.weight == Weight::Weakens;
                    at(effect).concerning(weaker && concerns)
                }));
            }
            Err((new, why)) => {
                let whose = if new { "" } else { "'s present text" };
                let text = format!("the policy {id}{whose} could not be compared by cases: {why}");
                all.effects.push(at(Effect::new(Weight::Weakens, EffectKind::PolicyNotEvaluated, text)));
                outside.give_up(number, why);
            }
        }
    }
    all
}

fn compare(
    sides: &Sides<'_>,
    outside: &Outsiders<'_>,
    number: usize,
    old: &Policy,
    new: &Policy,
) -> Result<Difference, (bool, NotEvaluated)> {
    let before: Vec<RuleFile> =
        sides.task.bundle.policies.iter().filter(|policy| !policy.built_in).map(|policy| policy.file.clone()).collect();
    let mut old_session =
        Session::open(outside.isolation, &before, &old.file.path, &outside.data).map_err(|why| (false, why))?;
    let mut real = outside.real.get(&number).cloned().unwrap_or_default();
    real.truncate(MOST_REAL);
    let known = Known { as_of: sides.task.as_of, authors: sides.authors.iter().cloned().collect() };
    let mut new_session = outside.open(new).map_err(|why| (true, why))?;
    let (old_text, new_text) = (String::from_utf8_lossy(&old.file.bytes), String::from_utf8_lossy(&new.file.bytes));
    let asked = |session, policy: &Policy, text| Asked {
        session,
        severity: policy.metadata.custom.severity,
        when: policy.metadata.custom.when,
        text,
    };
    let mut before = asked(&mut old_session, old, &*old_text);
    let mut after = asked(&mut new_session, new, &*new_text);
    cases::compare(new.metadata.custom.scope, &mut before, &mut after, &real, &known, cases::MOST)
}

fn differences(sides: &Sides<'_>, policy: &Policy, found: &Difference) -> Vec<Effect> {
    let id = &policy.id;
    let mut effects = Vec::new();
    let mut add = |witness: &Option<Witness>, weight, kind, text: &dyn Fn(&Witness) -> String| {
        let Some(witness) = witness else { return };
        let author = witness.subject.as_ref().is_some_and(|subject| sides.authors.contains(subject))
            || witness.document.get("id").and_then(Value::as_str).is_some_and(|id| sides.authors.contains(id));
        effects.push(
            Effect::new(weight, kind, text(witness))
                .shown_by(shown(&witness.document))
                .concerning(weight == Weight::Weakens && author),
        );
    };
    let what = |witness: &Witness| match (witness.about.as_str(), &witness.subject) {
        ("", Some(subject)) => subject.clone(),
        ("", None) => "a case".to_owned(),
        (about, Some(subject)) => format!("{about} of {subject}"),
        (about, None) => format!("a case of {about}"),
    };
    add(&found.lost, Weight::Weakens, EffectKind::PolicyFindsLess, &|witness| {
        format!("the policy {id} would no longer find {}", what(witness))
    });
    add(&found.softer, Weight::Weakens, EffectKind::PolicySeverityLowered, &|witness| {
        format!("the policy {id} would find {} {}", what(witness), witness.note)
    });
    add(&found.gained, Weight::Tightens, EffectKind::PolicyFindsMore, &|witness| {
        format!("the policy {id} would find {} that it does not find now", what(witness))
    });
    add(&found.harder, Weight::Tightens, EffectKind::PolicySeverityRaised, &|witness| {
        format!("the policy {id} would find {} {}", what(witness), witness.note)
    });
    add(&found.fails, Weight::Alters, EffectKind::PolicyFails, &|witness| {
        format!("the policy {id} would fail on something that it judges now: {}", witness.note)
    });
    if effects.is_empty() && (found.fired == 0 || found.cut) {
        let why =
            if found.fired == 0 { "none of them made either text find anything" } else { "more would be worth trying" };
        let text = format!("the policy {id} is rewritten; no difference in {} cases, but {why}", found.cases);
        effects.push(Effect::new(Weight::Alters, EffectKind::PolicyNotTold, text));
    }
    effects
}

/// A document as compact JSON, cut where nobody would read on.
fn shown(document: &Value) -> String {
    const MOST: usize = 600;
    let text = document.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The policy's first line: an effect is about all of it.
fn place(policy: &Policy) -> Place {
    let first = policy.file.bytes.iter().position(|byte| *byte == b'\n').unwrap_or(policy.file.bytes.len());
    Place { file: policy.file.path.clone(), span: Span::new(0, first) }
}
