//! The parts of OSCAL 1.2.1 that a report fills: assessment results, and the plan of action and milestones.
//!
//! Source: NIST's metaschema of that version (`src/metaschema/oscal_assessment-results_metaschema.xml`,
//! `oscal_poam_metaschema.xml`, `oscal_assessment-common_metaschema.xml` of usnistgov/OSCAL). No list may be there and be
//! empty, so an empty one is left out.

use serde::Serialize;

use super::names::Id;
use crate::rules::Instant;

/// The version of OSCAL that is written: the newest that `compliance-trestle` reads.
pub(super) const OSCAL_VERSION: &str = "1.2.1";
/// The namespace of what OSCAL has no word for.
pub(super) const NS: &str = "https://countersign.dev/ns/oscal";
/// The namespace of OSCAL's own words, where one has to be named.
pub(super) const NIST: &str = "http://csrc.nist.gov/ns/oscal";

/// A file of assessment results.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ResultsFile {
    pub(super) assessment_results: AssessmentResults,
}

/// What was assessed, and what came of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct AssessmentResults {
    pub(super) uuid: Id,
    pub(super) metadata: Metadata,
    pub(super) import_ap: Import,
    pub(super) local_definitions: Objectives,
    pub(super) results: Vec<AssessmentResult>,
    pub(super) back_matter: BackMatter,
}

/// A file with a plan of action and milestones.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct PlanFile {
    pub(super) plan_of_action_and_milestones: Plan,
}

/// What is open.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Plan {
    pub(super) uuid: Id,
    pub(super) metadata: Metadata,
    pub(super) system_id: SystemId,
    pub(super) local_definitions: Definitions,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) observations: Vec<Observation>,
    pub(super) risks: Vec<Risk>,
    pub(super) poam_items: Vec<PlanItem>,
    pub(super) back_matter: BackMatter,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct SystemId {
    pub(super) identifier_type: &'static str,
    pub(super) id: Id,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct PlanItem {
    pub(super) uuid: Id,
    pub(super) title: String,
    pub(super) description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) props: Vec<Prop>,
    pub(super) origins: Vec<Origin>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) related_observations: Vec<RelatedObservation>,
    pub(super) related_risks: Vec<RelatedRisk>,
    pub(super) remarks: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Metadata {
    pub(super) title: String,
    pub(super) last_modified: Instant,
    pub(super) version: String,
    pub(super) oscal_version: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) props: Vec<Prop>,
    pub(super) parties: Vec<Party>,
    pub(super) remarks: String,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Party {
    pub(super) uuid: Id,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) name: String,
}

/// A name and a value, of our namespace where none of OSCAL's own fits.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Prop {
    pub(super) name: &'static str,
    pub(super) ns: &'static str,
    pub(super) value: String,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Import {
    pub(super) href: String,
    pub(super) remarks: &'static str,
}

/// What is assessed of each control: an objective of our own for each policy.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Objectives {
    pub(super) objectives_and_methods: Vec<LocalObjective>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct LocalObjective {
    pub(super) control_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) props: Vec<Prop>,
    pub(super) parts: Vec<Part>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Part {
    pub(super) id: String,
    pub(super) name: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) props: Vec<Prop>,
    pub(super) prose: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) parts: Vec<Part>,
}

/// The results of one period.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct AssessmentResult {
    pub(super) uuid: Id,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) start: Instant,
    pub(super) end: Instant,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) props: Vec<Prop>,
    pub(super) local_definitions: Definitions,
    pub(super) reviewed_controls: ReviewedControls,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) assessment_log: Option<AssessmentLog>,
    pub(super) observations: Vec<Observation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) risks: Vec<Risk>,
    pub(super) findings: Vec<Finding>,
    pub(super) remarks: String,
}

/// What the results speak of, and by what they were made.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Definitions {
    pub(super) components: Vec<Component>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) inventory_items: Vec<InventoryItem>,
    pub(super) assessment_assets: Assets,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Component {
    pub(super) uuid: Id,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) title: String,
    pub(super) description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) props: Vec<Prop>,
    pub(super) status: ComponentStatus,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct ComponentStatus {
    pub(super) state: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct InventoryItem {
    pub(super) uuid: Id,
    pub(super) description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) props: Vec<Prop>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Assets {
    pub(super) components: Vec<Component>,
    pub(super) assessment_platforms: Vec<Platform>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Platform {
    pub(super) uuid: Id,
    pub(super) title: String,
    pub(super) uses_components: Vec<UsesComponent>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct UsesComponent {
    pub(super) component_uuid: Id,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ReviewedControls {
    pub(super) control_selections: Vec<Controls>,
    pub(super) control_objective_selections: Vec<SelectedObjectives>,
    pub(super) remarks: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Controls {
    pub(super) include_controls: Vec<ControlId>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ControlId {
    pub(super) control_id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct SelectedObjectives {
    pub(super) include_objectives: Vec<ObjectiveId>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ObjectiveId {
    pub(super) objective_id: String,
}

#[derive(Debug, Serialize)]
pub(super) struct AssessmentLog {
    pub(super) entries: Vec<LogEntry>,
}

/// Something that happened: a landing in the log of the assessment, a change of a risk in the log of that.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct LogEntry {
    pub(super) uuid: Id,
    pub(super) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    pub(super) start: Instant,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) props: Vec<Prop>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status_change: Option<RiskStatus>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Observation {
    pub(super) uuid: Id,
    pub(super) title: String,
    pub(super) description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) props: Vec<Prop>,
    pub(super) methods: Vec<Method>,
    pub(super) types: Vec<ObservationType>,
    pub(super) origins: Vec<Origin>,
    pub(super) subjects: Vec<Subject>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) relevant_evidence: Vec<Evidence>,
    pub(super) collected: Instant,
}

/// How something was seen (NIST SP 800-53A).
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Method {
    /// By looking at what is there.
    Examine,
    /// By running something and holding what came against what was expected.
    Test,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ObservationType {
    ControlObjective,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Origin {
    pub(super) actors: Vec<Actor>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Actor {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) actor_uuid: Id,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Subject {
    pub(super) subject_uuid: Id,
    #[serde(rename = "type")]
    pub(super) kind: SubjectType,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SubjectType {
    Component,
    InventoryItem,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Evidence {
    pub(super) href: String,
    pub(super) description: &'static str,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Risk {
    pub(super) uuid: Id,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) statement: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) props: Vec<Prop>,
    pub(super) status: RiskStatus,
    pub(super) origins: Vec<Origin>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) characterizations: Vec<Characterization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deadline: Option<Instant>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) remediations: Vec<Response>,
    pub(super) risk_log: RiskLog,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) related_observations: Vec<RelatedObservation>,
}

/// What is done about a risk.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Response {
    pub(super) uuid: Id,
    pub(super) lifecycle: Lifecycle,
    pub(super) title: String,
    pub(super) description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) props: Vec<Prop>,
    pub(super) origins: Vec<Origin>,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Lifecycle {
    /// Nobody is known to have taken it on.
    Recommendation,
    /// A tracker has it.
    Planned,
    /// It is done.
    Completed,
}

/// What became of a risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RiskStatus {
    /// It is there.
    Open,
    /// It is there, and a record lets it pass.
    DeviationApproved,
    /// It is there no more.
    Closed,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct RiskLog {
    pub(super) entries: Vec<LogEntry>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Characterization {
    pub(super) origin: Origin,
    pub(super) facets: Vec<Facet>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Facet {
    pub(super) name: &'static str,
    pub(super) system: &'static str,
    pub(super) value: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) props: Vec<Prop>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Finding {
    pub(super) uuid: Id,
    pub(super) title: String,
    pub(super) description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) props: Vec<Prop>,
    pub(super) origins: Vec<Origin>,
    pub(super) target: Target,
    pub(super) related_observations: Vec<RelatedObservation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) related_risks: Vec<RelatedRisk>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Target {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) target_id: String,
    pub(super) title: String,
    pub(super) status: Status,
}

/// What the numbers come to. OSCAL knows nothing between the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Status {
    pub(super) state: State,
    pub(super) reason: Reason,
    pub(super) remarks: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    Satisfied,
    NotSatisfied,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Reason {
    /// Tested, and nothing failed.
    Pass,
    /// It was there.
    Fail,
    /// Nothing was tested, or what was found was stopped.
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct RelatedObservation {
    pub(super) observation_uuid: Id,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct RelatedRisk {
    pub(super) risk_uuid: Id,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct BackMatter {
    pub(super) resources: Vec<Resource>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Resource {
    pub(super) uuid: Id,
    pub(super) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) props: Vec<Prop>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) rlinks: Vec<Rlink>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Rlink {
    pub(super) href: String,
    pub(super) media_type: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) hashes: Vec<Hash>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Hash {
    pub(super) algorithm: &'static str,
    pub(super) value: String,
}
