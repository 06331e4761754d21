//! The versioned documents that policies read. Added optional fields keep a version; anything else makes a new one.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

pub use super::credential_input::{
    CredentialInput, HolderInput, LifetimeInput, PasswordsInput, PipelineInput, RotationInput,
};
pub use super::lifecycle_input::{IssuedInput, LifecycleInput, ReportingInput, StepInput};
pub use super::trust_input::{GrantLimitsInput, GuardInput, IssuerInput, SpanInput, TrustInput};

/// A scope: for each dimension that is known, its values; `["*"]` means all.
pub type ScopeInput = BTreeMap<String, Vec<String>>;

/// `principal/v1`: who is judged, and everything that follows from what it holds.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PrincipalInput {
    /// The id: `person:…`, `service:…`, `account:…`, `group:…`, or `role:…` for whoever will hold a document.
    pub id: String,
    /// What it is.
    pub kind: &'static str,
    /// A name for people.
    pub name: String,
    /// Of a person: `active`, `leave` or `departed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'static str>,
    /// The accounts that it uses.
    pub accounts: Vec<String>,
    /// The duties that it holds.
    pub duties: Vec<DutyInput>,
    /// Those of them that need an approval by themselves.
    pub privileged_duties: Vec<DutyInput>,
    /// The conflicts that the duties make, without those of `indirect_conflicts`.
    pub conflicts: Vec<ConflictInput>,
    /// Conflicts in which some duty is held only by way of something that the principal controls.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indirect_conflicts: Vec<ConflictInput>,
    /// How it could come to administer systems that it does not administer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub escalations: Vec<EscalationInput>,
    /// Accounts that the change takes away from it although they still hold access.
    pub unlinked: Vec<UnlinkedInput>,
    /// Of a person: what its access has to answer to. Absent of everyone who works here as before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employment: Option<EmploymentInput>,
    /// What it holds, whatever that confers; given beside `employment` alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<AccessInput>,
    /// Of an account: whose it is. Given where several claim it, or where nobody does and a privileged duty or a
    /// conflict is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribution: Option<AttributionInput>,
    /// Whom its accounts let act as them, those aside who are described here; of a group or account that anybody can be,
    /// what it is granted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trusts: Vec<TrustInput>,
    /// Guards that the change removes or weakens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<GuardInput>,
    /// How long it may hold a privileged duty; absent where nothing is asked of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_limits: Option<GrantLimitsInput>,
}

/// What is known of a person's employment beyond the status. A policy writes dates of it into `private` alone.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EmploymentInput {
    /// Whether the person has left, as the target, the change or imported facts say.
    pub departed: bool,
    /// The first second after the employment, in epoch seconds, where somebody gives a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<i64>,
    /// Whether the change declares somebody as working here who has left as the target says.
    pub returned: bool,
    /// Since when the person has had the position of today, in epoch seconds. Imported facts alone say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position_since: Option<i64>,
}

/// Something that is held, whatever it confers.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AccessInput {
    /// What: `role:…`, `permissions:…`, `group:…` or, to act as it, `account:…`. A finding names it in `access`.
    pub id: String,
    /// `grant`, `membership` or `acts_as`.
    pub kind: &'static str,
    /// The system that it counts in.
    pub system: String,
    /// The first second at which it counts, in epoch seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// The first second at which it no longer counts, in epoch seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

/// Whose an account is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AttributionInput {
    /// The account's system.
    pub system: String,
    /// `user`, `service_account`, `assumed_role` or `cloud_service`; absent when no definition says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<&'static str>,
    /// Every person and service identity that claims it.
    pub claimed_by: Vec<String>,
}

/// A duty that is held in one system.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DutyInput {
    /// The duty's id.
    pub id: String,
    /// Its title, a verb phrase.
    pub title: String,
    /// The system that confers it.
    pub system: String,
    /// `certain`, `conditional` or `unknown`.
    pub held: &'static str,
    /// How bad it is to hold it without approval; only of privileged duties.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<&'static str>,
    /// Whether it stands for everything of a kind, what the system will add to it too; only of privileged duties.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub open_ended: bool,
    /// On what, one scope a way of holding it.
    pub scopes: Vec<ScopeInput>,
    /// For how long, one span a way of holding it as one's own; given beside `grant_limits` alone. What must be activated
    /// for a while is not among them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<SpanInput>,
}

/// A conflict between held duties in a set of systems.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ConflictInput {
    /// The conflict's id.
    pub id: String,
    /// The duties in words.
    pub title: String,
    /// How bad it is.
    pub severity: &'static str,
    /// The duties' ids.
    pub duties: Vec<String>,
    /// The systems that confer them.
    pub systems: Vec<String>,
    /// `certain`, `conditional` or `unknown`.
    pub held: &'static str,
    /// `intrinsic` (one role), `combined` (one account) or `cross_account`.
    pub apart: &'static str,
    /// On what they meet, one scope a way of meeting.
    pub on: Vec<ScopeInput>,
    /// What can go wrong.
    pub risk: String,
    /// Who owns the risk.
    pub owner: String,
    /// Of an indirect one: by what the principal comes to it, such as `as the owner of service:bot`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub through: Vec<String>,
    /// Of an indirect one: what stands in the way of it, such as somebody else's approval; absent when nothing does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<String>,
}

/// How a subject could come to administer one system.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EscalationInput {
    /// The system.
    pub system: String,
    /// `certain`, `conditional` or `unknown`: of the surest way.
    pub held: &'static str,
    /// The ways, the surest and shortest first; of many the first few.
    pub ways: Vec<EscalationWayInput>,
}

/// One way to administer a system.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EscalationWayInput {
    /// `certain`, `conditional` or `unknown`.
    pub held: &'static str,
    /// On what of the system.
    pub scope: ScopeInput,
    /// The steps, each taken by whom the one before reaches.
    pub steps: Vec<EscalationStepInput>,
    /// What must hold for it.
    pub conditions: Vec<String>,
    /// What is not declared and decides.
    pub unknowns: Vec<String>,
}

/// One step of a way.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EscalationStepInput {
    /// The escalation's id in the rulesets.
    pub id: String,
    /// What is done, as a verb phrase.
    pub title: String,
    /// Who does it; absent of the subject itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Whom it reaches; absent where whoever does it administers the system then, or reaches what is not declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reaches: Option<String>,
    /// Whether what it reaches is declared.
    pub declared: bool,
}

/// An account that a change takes away from an identity.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UnlinkedInput {
    /// The account's id.
    pub account: String,
    /// Its system.
    pub system: String,
    /// Whose it was.
    pub was: String,
    /// Whose it is; absent when nobody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
}

/// `role/v1`: a role and what it gives by itself.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RoleInput {
    /// The id: `role:SYSTEM/NAME`.
    pub id: String,
    /// A name for people.
    pub name: String,
    /// Its system.
    pub system: String,
    /// The duties that it gives.
    pub duties: Vec<DutyInput>,
    /// Those of them that need an approval by themselves.
    pub privileged_duties: Vec<DutyInput>,
    /// The conflicts inside it.
    pub conflicts: Vec<ConflictInput>,
    /// How whoever holds it could come to administer systems by it alone; given of documents that stand alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub escalations: Vec<EscalationInput>,
}

/// `service_identity/v1`: a bot, an integration, an agent.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ServiceIdentityInput {
    /// The id: `service:…`.
    pub id: String,
    /// A name for people.
    pub name: String,
    /// Its owner; absent when none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerInput>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Its accounts.
    pub accounts: Vec<String>,
    /// Until when it is to be reviewed, in epoch seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_by: Option<i64>,
    /// `bot`, `integration` or `ai_agent`; absent when nothing says.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Who may change what it does. Of one that names nobody: its owner.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operators: Vec<OwnerInput>,
    /// Who approves what it does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub approvers: Vec<OwnerInput>,
    /// What it may hold by what is declared of it, as written; absent when nothing is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_hold: Option<Vec<String>>,
    /// What it holds beyond `may_hold`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excess: Vec<ExcessInput>,
    /// Of an AI agent: conflicts of which it holds one side and somebody who controls it the other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shared_conflicts: Vec<SharedConflictInput>,
    /// From its first approval to its end, as declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<LifecycleInput>,
}

/// Something that a service identity holds beyond what is declared of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ExcessInput {
    /// `duty` or `permission`.
    pub kind: &'static str,
    /// The duty's id, or the permission as it is written.
    pub id: String,
    /// In words.
    pub title: String,
    /// The system that confers it.
    pub system: String,
    /// `certain`, `conditional` or `unknown`.
    pub held: &'static str,
    /// Of a privileged duty: how bad it is to hold it without approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<&'static str>,
    /// On what, one scope a way of holding it.
    pub scopes: Vec<ScopeInput>,
}

/// A conflict between what a service identity holds and what somebody holds who controls it.
#[derive(Debug, Clone, PartialEq, PartialOrd, Eq, Ord, Serialize, JsonSchema)]
pub struct SharedConflictInput {
    /// The conflict's id.
    pub id: String,
    /// How bad it is.
    pub severity: &'static str,
    /// Who controls it: `person:ID`.
    pub person: String,
    /// What it can do, in words.
    pub its: Vec<String>,
    /// What the person can do, in words.
    pub theirs: Vec<String>,
    /// The systems that confer both.
    pub systems: Vec<String>,
}

/// An owner.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OwnerInput {
    /// The person's id.
    pub id: String,
    /// `active`, `leave`, `departed`, or `unknown` when no such person is declared.
    pub status: &'static str,
    /// Whether imported facts alone say so: then the status belongs into `private`, not into a message.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
}

/// `secret/v1`: a literal secret in text, wherever it stands; nothing of the secret itself.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SecretInput {
    /// Its id: `secret:` and its keyed digest. Equal secrets of a kind have one id, and another place changes nothing.
    pub id: String,
    /// Its kind: `github_pat` …, or `own/` and the id of a rule of your own.
    pub kind: String,
    /// The kind's name for people.
    pub title: String,
    /// Who issues it; absent where anybody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// How sure it is: `proved`, `shape` or `refuted`.
    pub verdict: &'static str,
    /// Of a refuted one: why. `checksum`, `structure`, `placeholder`, `reference`, `ciphertext`, `identifier` or
    /// `allowed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refuted_by: Option<&'static str>,
    /// What its kind and its place ask for: `blocking`, `advisory` or `record`.
    pub tier: &'static str,
    /// How long it lives.
    pub lifetime: LifetimeInput,
    /// How many bytes it has.
    pub length: u32,
    /// The files in which it stands, sorted.
    pub files: Vec<String>,
}

/// `document/v1`: a file that is recognised as a definition and was not evaluated, or not wholly.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DocumentInput {
    /// The file's path.
    pub file: String,
    /// The format that recognises it.
    pub format: String,
    /// Why it was not evaluated: `broken`, `unsupported` …; `not_searched` of a file of any kind in which no secrets
    /// could be looked for.
    pub gap: &'static str,
    /// The reason in words.
    pub reason: String,
    /// Whether the configuration declares the path in scope.
    pub in_scope: bool,
}

/// `record/v1`: an approval, an exception, an emergency, a review decision, a register or an access review. Instants are
/// epoch seconds.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RecordInput {
    /// `approval`, `exception`, `emergency`, `review_decision`, `register` or `access_review`.
    pub kind: &'static str,
    /// Its id, unique among records of its kind.
    pub id: String,
    /// Its file.
    pub path: String,
    /// Who or what it is about, where it is one: a person, a service identity, an account …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The people who receive what it gives: its subject, or whoever the subject belongs to.
    pub beneficiaries: Vec<String>,
    /// Who answers for it; of exceptions alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerInput>,
    /// Who gave it; of a review decision who decided, of a register who answers for it.
    pub approvers: Vec<OwnerInput>,
    /// Why.
    pub reason: String,
    /// The first second at which it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begins: Option<i64>,
    /// The first second at which it no longer counts; absent of what does not end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends: Option<i64>,
    /// Of an emergency: what landed past the gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub landed: Option<LandedInput>,
    /// What was decided about it afterwards, the earliest first.
    pub reviews: Vec<ReviewInput>,
    /// How many findings of the tree it is about, those about records aside.
    pub answers: usize,
    /// Whether what an emergency let through is still there.
    pub access_remains: bool,
    /// Whether the change removes it; only emergencies and access reviews are then still asked about.
    pub removed: bool,
    /// How long emergencies may hold, and when they are to be dealt with.
    pub limits: RecordLimitsInput,
    /// Of an exception: what makes up for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compensating_control: Option<ControlInput>,
    /// Of an access review: what was frozen, decided, and done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<super::campaign_input::CampaignInput>,
}

/// A commit that landed past the gate.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LandedInput {
    /// Its name.
    pub commit: String,
    /// When it landed.
    pub at: i64,
    /// When it was reconciled.
    pub reconciled: i64,
}

/// What somebody decided about a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct ReviewInput {
    /// When.
    pub decided: i64,
    /// Who: `person:ID`.
    pub reviewer: String,
    /// `keep` or `revoke`.
    pub disposition: &'static str,
}

/// Limits of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RecordLimitsInput {
    /// Most hours of an emergency.
    pub max_hours: u32,
    /// Days after its beginning within which somebody else reviews it.
    pub review_within_days: u32,
    /// Hours after a landing past the gate within which it is reconciled.
    pub reconcile_within_hours: u32,
}

/// A control that makes up for a tolerated finding.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ControlInput {
    /// Its id.
    pub id: String,
    /// Who answers for it.
    pub owner: OwnerInput,
    /// Who does it.
    pub monitor: OwnerInput,
    /// Most days between two times.
    pub frequency_days: i64,
    /// When it was last done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_operated: Option<i64>,
    /// Whether it works.
    pub effective: bool,
}

/// `repository/v1`: what a tree and its rules hold as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RepositoryInput {
    /// Always `repository`.
    pub id: String,
    /// Everything that somebody has to answer for. A finding names one by its id in `key`.
    pub owned: Vec<OwnedInput>,
    /// Graphs of other repositories that the configuration names. A finding names one by its id in `key`.
    pub context: Vec<ContextInput>,
    /// What the change makes of the rules; absent when it makes nothing of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules_change: Option<RulesChangeInput>,
}

/// A graph of another repository.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ContextInput {
    /// `context:FILE`.
    pub id: String,
    /// The file.
    pub file: String,
    /// `usable`, `stale`, `missing`, `altered` or `broken`.
    pub state: &'static str,
    /// Its age in whole days; absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_days: Option<i64>,
    /// How old it may be.
    pub max_age_days: u32,
}

/// What a change makes of the rules.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RulesChangeInput {
    /// The digest of the rules that the change brings.
    pub digest: String,
    /// Whether the target names people who own the rules.
    pub owned: bool,
    /// What would be different.
    pub effects: Vec<EffectInput>,
}

/// One thing that would be different.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EffectInput {
    /// `weakens`, `alters` or `tightens`.
    pub weight: &'static str,
    /// In words.
    pub text: String,
    /// Whether somebody who made the change gains by it.
    pub concerns_author: bool,
}

/// Something that somebody has to answer for.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OwnedInput {
    /// `system` or `ruleset`.
    pub kind: &'static str,
    /// The id: `system:ID` or `ruleset:ID`.
    pub id: String,
    /// A name for people.
    pub name: String,
    /// Its owner; absent when none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerInput>,
    /// Whether the configuration declares its file in scope.
    pub in_scope: bool,
    /// Of a system: what it means for the company's financial reporting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reporting: Option<ReportingInput>,
}

/// The JSON Schema of the input of a scope.
#[must_use]
pub fn schema(scope: super::Scope) -> serde_json::Value {
    let schema = match scope {
        super::Scope::Principal => schemars::schema_for!(PrincipalInput),
        super::Scope::Role => schemars::schema_for!(RoleInput),
        super::Scope::ServiceIdentity => schemars::schema_for!(ServiceIdentityInput),
        super::Scope::Credential => schemars::schema_for!(CredentialInput),
        super::Scope::Secret => schemars::schema_for!(SecretInput),
        super::Scope::Document => schemars::schema_for!(DocumentInput),
        super::Scope::Record => schemars::schema_for!(RecordInput),
        super::Scope::Repository => schemars::schema_for!(RepositoryInput),
    };
    schema.to_value()
}
