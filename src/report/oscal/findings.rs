//! What each policy came to, as observations and as findings about objectives of controls.

use std::collections::BTreeSet;

use super::model::{
    Finding, LocalObjective, Method, Observation, ObservationType, Part, Prop, Reason, RelatedObservation, RelatedRisk,
    State, Status, Subject, SubjectType, Target,
};
use super::names::{Id, control, line, objective, of_nist, prop, token};
use super::risks::Risks;
use super::{Frame, MANAGEMENT_CONCLUDES};
use crate::history::State as Landed;
use crate::report::model::{PolicyReport, Report};
use crate::report::words::{counted, state, times};

/// The control of our own: that everything that lands is evaluated first, and passes.
const GATE: &str = "countersign";
/// Its objective.
const COMPLETENESS: &str = "countersign_obj.completeness";

/// The requirements that a policy speaks of, each once; our own where no framework speaks of it.
fn requirements(policy: &PolicyReport) -> Vec<(Option<&str>, String)> {
    let own: BTreeSet<&str> = policy.requirements.iter().map(String::as_str).collect();
    if own.is_empty() {
        return vec![(None, GATE.to_owned())];
    }
    own.into_iter().map(|requirement| (Some(requirement), control(requirement))).collect()
}

/// What is assessed of each control.
pub(super) fn objectives(frame: &Frame<'_>) -> Vec<LocalObjective> {
    let whole = "Each change that landed has an evaluation that passed, and nothing contradicts the evidence.";
    let completeness = local(
        GATE.to_owned(),
        COMPLETENESS.to_owned(),
        None,
        whole.to_owned(),
        "The commits of the branch, by git, are held against the evidence.",
        Method::Examine,
    );
    let mut all = vec![completeness];
    for policy in &frame.report.policies {
        for (requirement, control) in requirements(policy) {
            let prose = format!("{} finds nothing: {}", line(&policy.id), titled(policy));
            let how = "The policy is evaluated over the access that the branch declares, for each change.";
            let id = objective(&control, &policy.id);
            all.push(local(control, id, requirement, prose, how, Method::Test));
        }
    }
    all
}

fn local(
    control_id: String,
    id: String,
    requirement: Option<&str>,
    prose: String,
    how: &str,
    method: Method,
) -> LocalObjective {
    let word = match method {
        Method::Examine => "EXAMINE",
        Method::Test => "TEST",
    };
    let method_id = format!("{id}.method");
    let part = |id: String, name: &'static str, props: Vec<Prop>, prose: String, parts: Vec<Part>| Part {
        id,
        name,
        props,
        prose,
        parts,
    };
    let objects = part(
        format!("{method_id}.objects"),
        "assessment-objects",
        Vec::new(),
        "Grants, roles, identities and credentials as the branch declares them.".to_owned(),
        Vec::new(),
    );
    LocalObjective {
        control_id,
        props: requirement.and_then(|requirement| prop("requirement", requirement)).into_iter().collect(),
        parts: vec![
            part(id, "assessment-objective", vec![of_nist("method-id", &method_id)], prose, Vec::new()),
            part(method_id, "assessment-method", vec![of_nist("method", word)], how.to_owned(), vec![objects]),
        ],
    }
}

/// The title of a policy as a sentence goes on; of one that this binary does not know, that.
fn titled(policy: &PolicyReport) -> String {
    if policy.title.is_empty() { "a policy of the repository's own".to_owned() } else { line(&policy.title) }
}

/// The observation of a policy.
pub(super) fn observed(frame: &Frame<'_>, policy: &str) -> Id {
    frame.period.id(&["policy", policy])
}

/// The observation of what landed.
pub(super) fn observed_completeness(frame: &Frame<'_>) -> Id {
    frame.period.id(&["completeness"])
}

fn policy_props(frame: &Frame<'_>, policy: &PolicyReport) -> Vec<Prop> {
    let exposures = frame.report.exposures.iter().filter(|own| own.policy == policy.id);
    let props = [
        prop("policy", &policy.id),
        prop("severity", &policy.severity),
        prop("evaluations", policy.evaluations),
        prop("subjects-judged", policy.subjects),
        prop("evaluations-that-found", policy.failed),
        prop("evaluations-stopped", policy.blocked),
        prop("findings-on-the-branch", exposures.clone().count()),
        prop("findings-accepted", exposures.filter(|own| own.accepted).count()),
        prop("findings-open-at-the-end", policy.open),
    ];
    props.into_iter().flatten().collect()
}

/// What was seen of a policy: a test of everything that was evaluated.
pub(super) fn policy_observation(frame: &Frame<'_>, policy: &PolicyReport) -> Observation {
    let own = frame.report.exposures.iter().filter(|own| own.policy == policy.id);
    let about: BTreeSet<&str> = own.map(|own| own.subject.as_str()).collect();
    let about =
        about.into_iter().map(|id| Subject { subject_uuid: frame.subject(id), kind: SubjectType::InventoryItem });
    Observation {
        uuid: observed(frame, &policy.id),
        title: line(&policy.id),
        description: format!(
            "{}. {} judged {}; {} found something, of which {} stopped the change.",
            titled(policy),
            counted(policy.evaluations, "evaluation", "evaluations"),
            counted(policy.subjects, "subject", "subjects"),
            policy.failed,
            policy.blocked,
        ),
        props: policy_props(frame, policy),
        methods: vec![Method::Test],
        types: vec![ObservationType::ControlObjective],
        origins: frame.origins(),
        subjects: [frame.on_branch()].into_iter().chain(about).collect(),
        relevant_evidence: frame.evidence(frame.records_of(policy)),
        collected: frame.report.as_of,
    }
}

/// What a policy comes to for each requirement that it speaks of.
pub(super) fn policy_findings(frame: &Frame<'_>, policy: &PolicyReport, risks: &Risks) -> Vec<Finding> {
    let on_branch = frame.report.exposures.iter().filter(|own| own.policy == policy.id).count() as u64;
    let of = |(requirement, control): (Option<&str>, String)| {
        let mut props = policy_props(frame, policy);
        props.extend(requirement.and_then(|requirement| prop("requirement", requirement)));
        let about = requirement.map(|requirement| format!(" for {}", line(requirement))).unwrap_or_default();
        Finding {
            uuid: frame.period.id(&["finding", &policy.id, requirement.unwrap_or_default()]),
            title: format!("{}{about}", line(&policy.id)),
            description: format!(
                "{}. {} found something in {}; {} on the branch in the period, {} at its end.",
                titled(policy),
                policy.failed,
                counted(policy.evaluations, "evaluation", "evaluations"),
                counted(on_branch, "finding was", "findings were"),
                policy.open,
            ),
            props,
            origins: frame.origins(),
            target: Target {
                kind: "objective-id",
                target_id: objective(&control, &policy.id),
                title: titled(policy),
                status: standing(policy, on_branch),
            },
            related_observations: vec![RelatedObservation { observation_uuid: observed(frame, &policy.id) }],
            related_risks: related(risks.of_policy.get(policy.id.as_str())),
        }
    };
    requirements(policy).into_iter().map(of).collect()
}

fn related(risks: Option<&Vec<Id>>) -> Vec<RelatedRisk> {
    risks.into_iter().flatten().map(|id| RelatedRisk { risk_uuid: *id }).collect()
}

/// What a policy's numbers come to. OSCAL knows satisfied and not satisfied; so nothing that was not tested is satisfied,
/// and nothing that failed anywhere.
pub(super) fn standing(policy: &PolicyReport, on_branch: u64) -> Status {
    let tested = counted(policy.subjects, "subject", "subjects");
    let evaluations = counted(policy.evaluations, "evaluation", "evaluations");
    let (state, reason, why) = match (policy.subjects, policy.failed, on_branch.max(policy.open)) {
        (0, 0, 0) => (State::NotSatisfied, Reason::Other, format!("Not tested: no subject in {evaluations}.")),
        (_, 0, 0) => (State::Satisfied, Reason::Pass, format!("Nothing found: {tested} in {evaluations}.")),
        (_, failed, 0) => (
            State::NotSatisfied,
            Reason::Other,
            format!(
                "Found in {failed} of {evaluations}, and never on the branch: the changes were not as they landed."
            ),
        ),
        (_, failed, there) => (
            State::NotSatisfied,
            Reason::Fail,
            format!(
                "Found in {failed} of {evaluations}; {there} on the branch in the period, {} at its end.",
                policy.open
            ),
        ),
    };
    Status { state, reason, remarks: format!("{why} {MANAGEMENT_CONCLUDES}") }
}

fn completeness_props(report: &Report) -> Vec<Prop> {
    let own = &report.completeness;
    let mut props = vec![prop("landed", own.landed), prop("past-the-gate", own.ungated())];
    let counts = Landed::ALL.map(|of| (of, own.states.get(&of).copied().unwrap_or_default()));
    props.extend(counts.map(|(of, count)| prop("landed-in-state", format!("{} {count}", state(of)))));
    // A way that nobody looked for is no zero.
    props.extend(own.ways.iter().map(|way| prop("way-around-the-gate", format!("{}: {}", way.title, times(way)))));
    props.into_iter().flatten().collect()
}

/// What was seen of everything that landed.
pub(super) fn completeness_observation(frame: &Frame<'_>) -> Observation {
    let own = &frame.report.completeness;
    Observation {
        uuid: observed_completeness(frame),
        title: "Everything that landed, held against the evidence".to_owned(),
        description: format!(
            "{}, by git, first parents alone; {} of them got past the gate. The log of this assessment lists each.",
            counted(own.landed, "landing", "landings"),
            own.ungated(),
        ),
        props: completeness_props(frame.report),
        methods: vec![Method::Examine],
        types: vec![ObservationType::ControlObjective],
        origins: frame.origins(),
        subjects: vec![frame.on_branch()],
        relevant_evidence: Vec::new(),
        collected: frame.report.as_of,
    }
}

/// Whether everything that landed was evaluated.
pub(super) fn completeness_finding(frame: &Frame<'_>, risks: &Risks) -> Finding {
    let own = &frame.report.completeness;
    let landed = counted(own.landed, "landing", "landings");
    let (state, reason, why) = match (own.complete, own.landed, own.ungated(), own.before_the_gate()) {
        (true, 0, ..) => (State::NotSatisfied, Reason::Other, "Not tested: nothing landed.".to_owned()),
        (true, ..) => (State::Satisfied, Reason::Pass, format!("Each of {landed} has an evaluation that passed.")),
        (false, _, 0, 0) => {
            (State::NotSatisfied, Reason::Fail, format!("Something contradicts the evidence of {landed}."))
        }
        (false, _, ungated, before) => (
            State::NotSatisfied,
            Reason::Fail,
            format!("Of {landed}, {ungated} got past the gate and {before} came before there was one."),
        ),
    };
    Finding {
        uuid: frame.period.id(&["finding", "", "completeness"]),
        title: "Whether everything that landed was evaluated".to_owned(),
        description: why.clone(),
        props: completeness_props(frame.report),
        origins: frame.origins(),
        target: Target {
            kind: "objective-id",
            target_id: token(COMPLETENESS),
            title: "Each change that landed has an evaluation that passed".to_owned(),
            status: Status { state, reason, remarks: format!("{why} {MANAGEMENT_CONCLUDES}") },
        },
        related_observations: vec![RelatedObservation { observation_uuid: observed_completeness(frame) }],
        related_risks: related(Some(&risks.of_ways)),
    }
}
