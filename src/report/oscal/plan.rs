//! What is open, as a plan of action and milestones that management goes on with.

use std::collections::BTreeSet;

use super::findings::{completeness_observation, observed, observed_completeness, policy_observation};
use super::model::{
    BackMatter, Hash, Observation, Plan, PlanFile, PlanItem, Prop, RelatedRisk, Resource, Risk, RiskStatus, Rlink,
    SystemId,
};
use super::names::prop;
use super::risks::Risks;
use super::{Frame, PLAN, RESULTS};
use crate::evidence::RecordId;
use crate::store::Digest;

/// What the evidence does not know of an item.
const TO_BE_ADDED: &str =
    "Who mends it, how and until when the evidence does not know: management adds it, as remediations of the risk.";
/// The same of one for which somebody answers.
const HOW_TO_BE_ADDED: &str = "Who answers for it, and until when, stands in the remediations of the risk. How it is mended management adds there.";

/// The plan; nothing where nothing is open. `results` is the text of the assessment results.
pub(super) fn plan(frame: &Frame<'_>, risks: &Risks<'_>, results: &str) -> Option<PlanFile> {
    let open: Vec<Risk> = risks.open().cloned().collect();
    if open.is_empty() {
        return None;
    }
    let subjects = risks.open_subjects();
    let (observations, records) = observations(frame, &open, &subjects);
    let mut resources = vec![Resource {
        uuid: frame.files.id(&["assessment results"]),
        title: "The assessment results that this goes with".to_owned(),
        description: None,
        props: Vec::new(),
        rlinks: vec![Rlink {
            href: RESULTS.to_owned(),
            media_type: "application/json",
            hashes: vec![Hash { algorithm: "SHA-256", value: Digest::of(results.as_bytes()).to_string() }],
        }],
    }];
    resources.extend(frame.resources(records.into_iter()));
    Some(PlanFile {
        plan_of_action_and_milestones: Plan {
            uuid: frame.files.id(&[PLAN]),
            metadata: frame.metadata("Plan of action and milestones"),
            system_id: SystemId { identifier_type: "https://ietf.org/rfc/rfc4122", id: frame.branch() },
            local_definitions: frame.definitions(subjects.into_iter()),
            observations,
            poam_items: open.iter().map(|risk| item(frame, risk)).collect(),
            risks: open,
            back_matter: BackMatter { resources },
        },
    })
}

/// The observations that risks name, about those subjects alone, and the records that they name.
fn observations(frame: &Frame<'_>, open: &[Risk], subjects: &BTreeSet<&str>) -> (Vec<Observation>, Vec<RecordId>) {
    let named: BTreeSet<_> =
        open.iter().flat_map(|own| &own.related_observations).map(|own| own.observation_uuid).collect();
    let kept: BTreeSet<_> = subjects.iter().map(|id| frame.subject(id)).chain([frame.branch()]).collect();
    let (mut all, mut records) = (Vec::new(), Vec::new());
    if named.contains(&observed_completeness(frame)) {
        all.push(completeness_observation(frame));
    }
    for policy in frame.report.policies.iter().filter(|own| named.contains(&observed(frame, &own.id))) {
        let mut observation = policy_observation(frame, policy);
        observation.subjects.retain(|own| kept.contains(&own.subject_uuid));
        records.extend(frame.records_of(policy).into_iter().map(|(id, _)| id));
        all.push(observation);
    }
    (all, records)
}

fn item(frame: &Frame<'_>, risk: &Risk) -> PlanItem {
    let status = match risk.status {
        RiskStatus::DeviationApproved => "accepted by a record",
        RiskStatus::Open | RiskStatus::Closed => "open",
    };
    let identity = risk.props.iter().filter(|own| matches!(own.name, "fingerprint" | "commit"));
    let mut props: Vec<Prop> = identity.cloned().collect();
    props.extend(prop("standing", status));
    PlanItem {
        uuid: frame.lasting.id(&["item", &risk.uuid.to_string()]),
        title: risk.title.clone(),
        description: risk.description.clone(),
        props,
        origins: frame.origins(),
        related_observations: risk.related_observations.clone(),
        related_risks: vec![RelatedRisk { risk_uuid: risk.uuid }],
        remarks: if risk.remediations.is_empty() { TO_BE_ADDED } else { HOW_TO_BE_ADDED }.to_owned(),
    }
}
