//! A finding: one policy's statement about one subject, with what the gate makes of it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::access::Place;
use crate::duties::{Apart, Certainty};
use crate::facts::scope::{Scope, covered_together};
use crate::rules::{Enforcement, RecordKind, Severity};
use crate::store::Digest;

/// What kind of thing a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// A person.
    Person,
    /// A service identity.
    Service,
    /// An account that nobody owns.
    Account,
    /// A group whose members are not listed.
    Group,
    /// A role, or a document judged as the role it is.
    Role,
    /// A declared credential.
    Credential,
    /// A secret that stands in a text.
    Secret,
    /// A file.
    Document,
    /// A document of a configuration file, as a policy of Conftest was asked about it.
    Configuration,
    /// A system.
    System,
    /// A ruleset.
    Ruleset,
    /// A record.
    Record,
    /// The repository as a whole.
    Repository,
}

/// Who or what a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// What kind.
    pub kind: SubjectKind,
    /// The immutable id.
    pub id: Arc<str>,
    /// A name for people.
    pub name: Arc<str>,
}

/// What a finding says, without where and how far: two findings with one fingerprint are the same finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub Digest);

impl Fingerprint {
    /// The fingerprint of a policy's statement: policy, subject, what it is about, systems.
    #[must_use]
    pub fn new(policy: &str, subject: &str, about: &[&str], systems: &[Arc<str>]) -> Self {
        let mut systems: Vec<&str> = systems.iter().map(|system| &**system).collect();
        systems.sort_unstable();
        // Lengths before parts, so that no two different lists write the same bytes.
        let mut bytes = b"countersign.dev/fingerprint/v1".to_vec();
        for part in [&[policy, subject][..], about, &systems] {
            bytes.extend_from_slice(format!("\n{}", part.len()).as_bytes());
            for text in part {
                bytes.extend_from_slice(format!("\n{}:{text}", text.len()).as_bytes());
            }
        }
        Self(Digest::of(&bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One way in which a finding holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExtentPart {
    /// On what. A dimension that is absent is unknown and counts as all.
    pub scope: Scope,
    /// How certainly.
    pub held: Certainty,
    /// Under which conditions, as text.
    pub conditions: BTreeSet<Arc<str>>,
    /// Of a conflict: how far its legs are apart.
    pub apart: Option<Apart>,
    /// The first second at which it no longer holds, in epoch seconds.
    pub until: Option<i64>,
    /// What is held, where a finding is about several things: a role, a group, an account.
    pub what: Option<Arc<str>>,
}

impl ExtentPart {
    /// Whether everything in `other` is in this part.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.what == other.what
            && self.held >= other.held
            && self.conditions.is_subset(&other.conditions)
            && self.until.is_none_or(|until| other.until.is_some_and(|end| until >= end))
            && self.scope.covers(&other.scope)
    }
}

/// How far a finding goes: every way in which it holds. Empty for findings without extent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extent(pub Vec<ExtentPart>);

impl Extent {
    /// Whether everything in `other` is in this one. Several parts may share the values of a part between them: one
    /// grant on two entities is no more than two grants on one each.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|part| self.covers_part(part))
    }

    /// The parts of this one that `other` does not cover.
    #[must_use]
    pub fn beyond<'a>(&'a self, other: &Self) -> Vec<&'a ExtentPart> {
        self.0.iter().filter(|part| !other.covers_part(part)).collect()
    }

    fn covers_part(&self, part: &ExtentPart) -> bool {
        if self.0.iter().any(|own| own.covers(part)) {
            return true;
        }
        // Only parts that agree on everything but the scope can share it.
        let scopes: Vec<&Scope> = self
            .0
            .iter()
            .filter(|own| own.covers(&ExtentPart { scope: own.scope.clone(), ..part.clone() }))
            .map(|own| &own.scope)
            .collect();
        covered_together(&scopes, &part.scope)
    }

    /// How certainly it holds at best.
    #[must_use]
    pub fn held(&self) -> Certainty {
        self.0.iter().map(|part| part.held).max().unwrap_or(Certainty::Certain)
    }
}

/// Which tree a place is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// What is judged.
    Head,
    /// What it is compared with.
    Base,
}

/// How a location serves its finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LocationRole {
    /// Where to look first; exactly one a finding that has locations.
    Primary,
    /// The other legs and the steps between.
    Related,
}

/// A place that explains a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// In which tree.
    pub side: Side,
    /// Where.
    pub place: Place,
    /// Why it is shown.
    pub role: LocationRole,
    /// What stands there, in words: `confers maintain supplier bank details (legal entity DE01)`.
    pub text: String,
    /// Whether the change brings it: it is in head, and nothing in base says the same.
    pub added: bool,
}

/// One step on the way from the subject to a permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The step in words: `person:alice.ng uses account:sap-prod/ANG`.
    pub text: String,
    /// Where it is written; `None` for what a system brings along.
    pub place: Option<(Side, Place)>,
}

/// One leg of a finding: a duty with the path that gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// The duty.
    pub duty: Arc<str>,
    /// Its title.
    pub title: Arc<str>,
    /// The system that confers it.
    pub system: Arc<str>,
    /// The path, from the subject to the permission.
    pub steps: Vec<Step>,
}

/// A conflict that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictRef {
    /// Its id.
    pub id: Arc<str>,
    /// Its title.
    pub title: Arc<str>,
    /// What can go wrong.
    pub risk: Arc<str>,
    /// Who owns the risk.
    pub owner: Arc<str>,
    /// The ruleset that defines it.
    pub ruleset: Arc<str>,
    /// The dimensions on which its duties must meet.
    pub dimensions: Vec<Arc<str>>,
}

/// A duty that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyRef {
    /// Its id.
    pub id: Arc<str>,
    /// Its title.
    pub title: Arc<str>,
}

/// Where a fact comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// A repository says so.
    Declared,
    /// An export of the running system says so.
    Observed,
    /// Both agree.
    Reconciled,
    /// A named person signed it.
    Attested,
}

/// A control of a framework that a policy serves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ControlRef {
    /// The framework's id.
    pub framework: String,
    /// The control's id.
    pub control: String,
}

/// What a policy states about one subject in one tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The policy's id.
    pub policy: Arc<str>,
    /// What is wrong, as a short clause.
    pub title: Arc<str>,
    /// How bad it is.
    pub severity: Severity,
    /// Who or what it is about.
    pub subject: Subject,
    /// The systems that it is about, sorted.
    pub systems: Vec<Arc<str>>,
    /// What makes it the same finding elsewhere.
    pub fingerprint: Fingerprint,
    /// How far it goes.
    pub extent: Extent,
    /// One sentence.
    pub message: String,
    /// What only a person at a terminal may read; it is never written to a file.
    pub private: Option<String>,
    /// The conflict that it is about.
    pub conflict: Option<ConflictRef>,
    /// The duties that it is about: the legs of a conflict, or the one that is held.
    pub duties: Vec<DutyRef>,
    /// Duties and conflicts that come along with a wide duty and are not printed by themselves.
    pub implied: Vec<Arc<str>>,
    /// The credential that it is about.
    pub credential: Option<Arc<str>>,
    /// The role that explains it all, so that findings of many holders are printed once.
    pub explained_by: Option<Arc<str>>,
    /// Of a privileged duty: every role by which it is held, `None` for a grant without one. Empty otherwise.
    pub via_roles: Vec<Option<Arc<str>>>,
    /// The privileged duty whose finding speaks for this one.
    pub under: Option<Arc<str>>,
    /// Where to look.
    pub locations: Vec<Location>,
    /// How each duty is reached.
    pub legs: Vec<Leg>,
    /// Where the facts come from.
    pub tier: Tier,
    /// Controls that the policy serves.
    pub frameworks: Vec<ControlRef>,
    /// What to do in general.
    pub remediation: Arc<str>,
    /// Whether some leg rests on a binding of an ERP system.
    pub erp: bool,
    /// Whether a file or system that it rests on is declared in scope.
    pub in_scope: bool,
    /// Of what is held only by way of something that the subject controls: how.
    pub indirect: Option<Indirect>,
}

/// How a finding is indirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Indirect {
    /// The finding that says the same of what the subject holds by itself: what it covers is nothing new.
    pub direct: Fingerprint,
    /// Whether nothing else stands in the way, such as somebody else's approval.
    pub unguarded: bool,
}

/// What a comparison makes of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Head has it, and base has it not or not so far.
    Introduced,
    /// Both have it, and the record that tolerated it no longer does.
    Lapsed,
    /// Both have it; it landed past the gate, and nobody has answered for it.
    Escaped,
    /// Both have it; what finds it is newer than the register.
    Revealed,
    /// Both have it, and it is accounted for.
    Existing,
    /// Base has it and head has not.
    Resolved,
}

/// How an introduced finding is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Base has nothing of it.
    New,
    /// It goes further than in base.
    Widened,
}

/// What brought a finding about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// Grants, roles, definitions.
    Access,
    /// Links, mappings, rulesets, our own version.
    Knowledge,
    /// A record lapsed, or an imported export shows what was given in a system.
    Time,
}

/// What the gate decides about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What the rules ask for.
    pub enforcement: Enforcement,
    /// Why, in words.
    pub because: String,
    /// The record that answers it, or that no longer does.
    pub record: Option<RecordRef>,
    /// Whether that record has lapsed.
    pub lapsed: bool,
    /// Whether it stops the change.
    pub blocks: bool,
}

/// Which record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordRef {
    /// Its kind.
    pub kind: RecordKind,
    /// Its id.
    pub id: String,
}

/// A finding with its state and decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The finding: head's, or base's when it is resolved.
    pub finding: Finding,
    /// What the comparison makes of it.
    pub state: State,
    /// How an introduced one is new.
    pub change: Option<Change>,
    /// What brought it about.
    pub cause: Cause,
    /// Of a widened one: what is beyond base.
    pub delta: Vec<ExtentPart>,
    /// What the gate decides.
    pub decision: Decision,
    /// A smallest edit that clears it, proven by evaluating without it.
    pub fix: Option<Fix>,
    /// Who may let it pass; only of what stops the change.
    pub who_may: Option<WhoMay>,
}

/// Who may let a finding pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhoMay {
    /// By which kind of record.
    pub give: RecordKind,
    /// Who: active, with authority, and no part in the change.
    pub people: Vec<String>,
    /// Whether everybody may who is active and has no part in the change.
    pub anyone: bool,
    /// Who has the authority and may not, and why.
    pub not: Vec<(String, String)>,
    /// How many of them it takes.
    pub quorum: usize,
}

/// An edit that clears a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What to do, in words: `remove the role Z_TR_PAYMENT_RUN from account:sap-prod/ANG`.
    pub text: String,
    /// Where.
    pub place: Option<Place>,
    /// What there goes away.
    pub taken: Taken,
}

/// What an edit takes out of the text at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// What stands there.
    All,
    /// One permission of those that are listed there.
    Permission(Arc<str>),
    /// Nothing that could be cut out: something else has to be written instead.
    Rewritten,
}
