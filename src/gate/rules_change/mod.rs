//! What a change makes of the rules.
//!
//! Rules come from the target, so a change that edits them is judged as if it had not. What its rules would do is
//! worked out beside that and shown: head is judged a second time under them, and both rule sets are compared by
//! effect. A refactoring raises nothing; a weakening is named with a witness. Nothing here decides.
//!
//! A run whose rule files do not differ stops at comparing digests.

mod adoption;
mod authority;
mod cases;
mod conflicts;
mod duties;
mod enforcement;
mod escalations;
mod extends;
mod flips;
mod grants;
mod known_roles;
mod mappings;
mod place;
mod policies;
mod proposed;
mod reading;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

pub(super) use self::escalations::decides as escalation_decides;
pub use self::flips::{Flip, FlipKind};
pub(super) use self::proposed::Proposed;
pub use self::proposed::{Governing, rules_digest};
use super::finding::Side;
use super::run::{Fixes, judge};
use super::task::{Record, RunError, Stage, Task};
use crate::access::Place;
use crate::policy::Bundle;
use crate::policy::untrusted::NotEvaluated;
use crate::rules::{RuleError, Rules};
use crate::store::Digest;

/// What an effect does to the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Something that is found or stopped now would not be.
    Weakens,
    /// It cannot be told, or it is neither.
    Alters,
    /// Something would be found or stopped that is not now.
    Tightens,
}

impl Weight {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Weakens => "weakens",
            Self::Alters => "alters",
            Self::Tightens => "tightens",
        }
    }
}

/// What an effect is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it, and they are the words of the machine format")]
pub enum EffectKind {
    RulesDoNotLoad,
    ExtendsDropped,
    ExtendsChanged,
    ExtendsAdded,
    EnforcementLowered,
    EnforcementRaised,
    FilesNoLongerRead,
    FilesReadAnew,
    PathsRewritten,
    ScopeNarrowed,
    ScopeWidened,
    SystemRemapped,
    GuardrailSet,
    GuardrailLifted,
    AccountUnlinked,
    AccountLinked,
    LinksRewritten,
    MappedToLess,
    MappedToMore,
    MappingsRewritten,
    AdoptionLost,
    AdoptionGained,
    AdoptionMoved,
    DutyRemoved,
    DutyAdded,
    BindingShrunk,
    BindingWidened,
    DutyConferredByLess,
    DutyConferredByMore,
    DutyIncludesLess,
    DutyIncludesMore,
    DutyScopeChanged,
    PrivilegeDropped,
    PrivilegeAdded,
    PrivilegeSeverityLowered,
    PrivilegeSeverityRaised,
    ConflictRemoved,
    ConflictAdded,
    ConflictRenamed,
    ConflictNarrowed,
    ConflictWidened,
    ConflictSeverityLowered,
    ConflictSeverityRaised,
    ConflictOwnerChanged,
    EscalationRemoved,
    EscalationAdded,
    EscalationRewritten,
    KnownRoleRewritten,
    SecretRulesAdded,
    SecretRulesChanged,
    CredentialAgeRaised,
    CredentialAgeLowered,
    TrustedAccountAdded,
    TrustedAccountRemoved,
    EvidenceMoved,
    RetentionShortened,
    RetentionLengthened,
    PseudonymsDropped,
    PseudonymsAdded,
    PolicyRemoved,
    PolicyAdded,
    PolicyFindsLess,
    PolicyFindsMore,
    PolicySeverityLowered,
    PolicySeverityRaised,
    PolicyScopeChanged,
    PolicyFails,
    PolicyNotEvaluated,
    PolicyNotTold,
    PolicyFrameworksChanged,
    SignerAdded,
    SignerRemoved,
    SignerChanged,
    AuthorityWidened,
    AuthorityNarrowed,
    AuthorityChanged,
    LimitRaised,
    LimitLowered,
    ControlFileChanged,
    RecordDoesNotCount,
    RecordRemoved,
}

/// One way in which the rules of a change differ from those of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// What it does.
    pub weight: Weight,
    /// What it is about.
    pub kind: EffectKind,
    /// One clause for people.
    pub text: String,
    /// Where it is written.
    pub place: Option<(Side, Place)>,
    /// An example that shows it.
    pub witness: Option<String>,
    /// Whether somebody who made the change gains by it.
    pub concerns_author: bool,
}

impl Effect {
    /// An effect without place and witness.
    pub(in crate::gate) fn new(weight: Weight, kind: EffectKind, text: impl Into<String>) -> Self {
        Self { weight, kind, text: text.into(), place: None, witness: None, concerns_author: false }
    }

    pub(in crate::gate) fn at(mut self, place: Option<(Side, Place)>) -> Self {
        self.place = place;
        self
    }

    pub(super) fn shown_by(mut self, witness: impl Into<String>) -> Self {
        self.witness = Some(witness.into());
        self
    }

    pub(super) fn concerning(mut self, author: bool) -> Self {
        self.concerns_author |= author;
        self
    }
}

/// A policy whose text changed and whose answers did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    /// Its id.
    pub policy: String,
    /// On how many documents both texts said the same.
    pub cases: usize,
}

/// What a change makes of the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesChange {
    /// Paths of rule files that the change edits.
    pub paths: Vec<Arc<str>>,
    /// The digest of the rules that the change brings, without records.
    pub digest: Digest,
    /// How they differ: weakening first.
    pub effects: Vec<Effect>,
    /// What head's findings would become under them.
    pub flips: Vec<Flip>,
    /// Policies that were rewritten without effect.
    pub rewritten: Vec<Rewritten>,
    /// Documents on which policies were compared.
    pub cases: usize,
    /// Why they do not load, if they do not.
    pub unloadable: Vec<RuleError>,
}

impl RulesChange {
    fn new(paths: Vec<Arc<str>>, digest: Digest) -> Self {
        Self {
            paths,
            digest,
            effects: Vec::new(),
            flips: Vec::new(),
            rewritten: Vec::new(),
            cases: 0,
            unloadable: Vec::new(),
        }
    }

    /// Whether something that is found or stopped now would not be.
    #[must_use]
    pub fn weakens(&self) -> bool {
        self.effects.iter().any(|effect| effect.weight == Weight::Weakens)
    }
}

/// Both rule sets, loaded, with what is needed to compare them.
pub(super) struct Sides<'a> {
    pub(super) task: &'a Task<'a>,
    /// The run under the target's rules.
    pub(super) record: &'a Record,
    pub(super) base: &'a Rules,
    pub(super) head: &'a Rules,
    pub(super) head_bundle: &'a Bundle,
    pub(super) flips: &'a [Flip],
    /// Ids of the people who made the change.
    pub(super) authors: &'a BTreeSet<String>,
    /// Whether places of the target's rule files can be shown: not where they are from another tree than base.
    pub(super) base_places: bool,
}

impl Sides<'_> {
    /// Whether a finding that would vanish or no longer stop the change concerns an author.
    pub(super) fn concerns(&self, about: impl Fn(&Flip) -> bool) -> bool {
        self.flips.iter().any(|flip| flip.concerns_author && flip.kind.weakens() && about(flip))
    }
}

/// What the change makes of the rules that it edits. Head is only judged where rules differ, not records alone.
///
/// # Errors
/// [`RunError`] when head cannot be judged by the target's rules.
pub(super) fn of(task: &Task<'_>, proposed: &Proposed) -> Result<RulesChange, RunError> {
    (task.progress)(Stage::ComparingRules);
    let mut change = RulesChange::new(proposed.paths.clone(), proposed.digest);
    let failed = |mut change: RulesChange, errors: Vec<RuleError>| {
        change.effects.extend(errors.iter().map(|error| {
            let help = error.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
            let text = format!("the rules that this change brings do not load: {}{help}", error.message);
            let span = error.span.unwrap_or_default();
            let place = Place { file: error.file.path.clone(), span };
            Effect::new(Weight::Weakens, EffectKind::RulesDoNotLoad, text).at(Some((Side::Head, place)))
        }));
        change.unloadable = errors;
        Ok(change)
    };
    let repository = task.comparison.repository.as_ref();
    let mut head = match Rules::load_in(&proposed.files, proposed.config.clone(), repository) {
        Ok(head) => head,
        Err(errors) => return failed(change, errors),
    };
    change.effects.extend(proposed.control_files.iter().map(|path| {
        let place = Place { file: path.clone(), span: crate::syntax::Span::default() };
        let text = format!("{path}, which decides whether and by whom the gate is run, changes");
        let side = if task.comparison.head.get(path).is_some() { Side::Head } else { Side::Base };
        Effect::new(Weight::Alters, EffectKind::ControlFileChanged, text).at(Some((side, place)))
    }));
    if proposed.only_records {
        return Ok(change);
    }
    let record = &judge(task, Fixes::None, None, None)?;
    // Records are not rules: what the change's own would tolerate is not what its rules would find.
    head.records.clone_from(&task.rules.records);
    let checked = |bundle: Bundle| head.check_policies(bundle.severities()).map(|()| bundle);
    let mut bundle = match proposed.bundle(task, &head).and_then(checked) {
        Ok(bundle) => bundle,
        Err(errors) => return failed(change, errors),
    };
    let mut outside = policies::Outsiders::new(task, &head, &bundle);
    let again = flips::judge(task, &head, &mut bundle, &mut outside);
    match again {
        Ok(again) => change.flips = flips::compare(&record.judgement, &again, &record.authors),
        Err(error) => change.effects.push(Effect::new(
            Weight::Weakens,
            EffectKind::PolicyFails,
            format!("head cannot be judged under the rules that this change brings: {error}"),
        )),
    }
    let sides = Sides {
        task,
        record,
        base: task.rules,
        head: &head,
        head_bundle: &bundle,
        flips: &change.flips,
        authors: &record.authors,
        base_places: task.comparison.rules_tree.is_none(),
    };
    let mut effects = extends::effects(&sides);
    effects.extend(reading::effects(&sides));
    effects.extend(mappings::effects(&sides));
    effects.extend(enforcement::effects(&sides));
    effects.extend(adoption::effects(&sides));
    effects.extend(authority::effects(&sides));
    effects.extend(duties::effects(&sides));
    effects.extend(conflicts::effects(&sides));
    effects.extend(escalations::effects(&sides));
    effects.extend(known_roles::effects(&sides));
    effects.extend(secrets::effects(&sides));
    let compared = policies::effects(&sides, &mut outside);
    effects.extend(compared.effects);
    change.cases = compared.cases;
    change.rewritten = compared.rewritten;
    change.effects.extend(effects);
    change.effects.sort_by(|a, b| (a.weight, a.kind, &a.text).cmp(&(b.weight, b.kind, &b.text)));
    Ok(change)
}

/// Why policies could not be evaluated, by their number.
type Silent = BTreeMap<usize, NotEvaluated>;

/// A few of several things, for a sentence.
fn some(items: &[String]) -> String {
    const MOST: usize = 3;
    match items.len().checked_sub(MOST) {
        None | Some(0) => items.join(", "),
        Some(more) => format!("{} and {more} more", items.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ")),
    }
}
