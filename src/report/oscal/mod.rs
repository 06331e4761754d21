//! The report in OSCAL, NIST's language for assessments: assessment results, and a plan of action and milestones of what
//! is open. `docs/report.md` says what stands where, and what OSCAL cannot say.
//!
//! Every UUID follows from what it names, so that writing a report again gives the same bytes. What lasts (the branch, a
//! finding, a landing) has the same UUID in every quarter: it is made of the first key of the log, the repository and the
//! branch. A file has one of its own, made of the digest of the report, since other content wants another.

mod findings;
mod model;
mod names;
mod plan;
mod risks;

use std::collections::BTreeMap;

use serde::Serialize;

use self::findings::{completeness_finding, completeness_observation, objectives, policy_findings, policy_observation};
use self::model::{
    Actor, AssessmentLog, AssessmentResult, AssessmentResults, Assets, BackMatter, Component, ComponentStatus,
    ControlId, Controls, Definitions, Evidence, Import, InventoryItem, LogEntry, Metadata, OSCAL_VERSION, ObjectiveId,
    Objectives, Origin, Party, Platform, Prop, Resource, ResultsFile, ReviewedControls, Rlink, SelectedObjectives,
    Subject, SubjectType, UsesComponent,
};
use self::names::{Id, Namespace, line, prop};
use self::plan::plan;
use self::risks::{Risks, risks};
use super::error::RenderError;
use super::model::{PolicyReport, Report};
use super::words::{Clock, counted, machine, proof, short, state, whose};
use crate::evidence::{RecordId, record_name};
use crate::history::{LandingReport, Proof};
use crate::rules::Instant;
use crate::store::Digest;

/// The file of the assessment results.
const RESULTS: &str = "assessment-results.json";
/// The file of the plan of action and milestones.
const PLAN: &str = "poam.json";

/// Whoever reads a status must know what it is not.
const MANAGEMENT_CONCLUDES: &str = "Derived from counts; whether the control is effective, management concludes.";

/// The report in OSCAL: the name of each file, and its text. There is no plan of action and milestones where nothing is
/// open: OSCAL has none without an item.
///
/// # Errors
/// [`RenderError::Json`] when an instant is outside of the calendar.
pub fn oscal_files(report: &Report) -> Result<Vec<(String, String)>, RenderError> {
    let frame = Frame::of(report)?;
    let risks = risks(&frame);
    let results = text(&ResultsFile { assessment_results: results(&frame, &risks) })?;
    let plan = plan(&frame, &risks, &results).map(|plan| text(&plan)).transpose()?;
    let plan = plan.map(|plan| (PLAN.to_owned(), plan));
    Ok([(RESULTS.to_owned(), results)].into_iter().chain(plan).collect())
}

fn text<T: Serialize>(file: &T) -> Result<String, RenderError> {
    Ok(serde_json::to_string_pretty(file)? + "\n")
}

/// The report, and the places in which its UUIDs are made.
struct Frame<'a> {
    report: &'a Report,
    /// Of what lasts.
    lasting: Namespace,
    /// Of what is said of this period.
    period: Namespace,
    /// Of the files.
    files: Namespace,
    /// By the commit, what is known of each landing.
    landings: BTreeMap<&'a str, &'a LandingReport>,
}

impl<'a> Frame<'a> {
    fn of(report: &'a Report) -> Result<Self, RenderError> {
        let frame = &report.completeness.frame;
        let genesis = report.log.genesis.as_deref().unwrap_or_default();
        let lasting = Namespace::ours().within(&[genesis, &frame.repository, &frame.branch]);
        let digest = Digest::of(&serde_json::to_vec(report)?).to_string();
        Ok(Self {
            report,
            lasting,
            period: lasting.within(&["period", &frame.period.name, &frame.period.offset.to_string()]),
            files: lasting.within(&["report", &digest]),
            landings: report.completeness.landings.iter().map(|own| (own.commit.as_str(), own)).collect(),
        })
    }

    /// The branch, as a component.
    fn branch(&self) -> Id {
        self.lasting.id(&["branch"])
    }

    /// This program, as a component.
    fn tool(&self) -> Id {
        Namespace::ours().id(&["tool", &self.report.version])
    }

    fn origins(&self) -> Vec<Origin> {
        vec![self.origin()]
    }

    fn origin(&self) -> Origin {
        Origin { actors: vec![Actor { kind: "tool", actor_uuid: self.tool() }] }
    }

    /// Whom or what findings are about.
    fn subject(&self, id: &str) -> Id {
        self.lasting.id(&["subject", id])
    }

    fn on_branch(&self) -> Subject {
        Subject { subject_uuid: self.branch(), kind: SubjectType::Component }
    }

    /// The resource of a record of the evidence.
    fn record(&self, id: RecordId) -> Id {
        self.lasting.id(&["record", &id.to_string()])
    }

    /// Records of the evidence, each once.
    fn evidence(&self, records: impl IntoIterator<Item = (RecordId, &'static str)>) -> Vec<Evidence> {
        let mut seen = std::collections::BTreeSet::new();
        let first = records.into_iter().filter(|(id, _)| seen.insert(*id));
        first.map(|(id, description)| Evidence { href: self.record(id).href(), description }).collect()
    }

    /// The records that [`evidence`](Self::evidence) of any policy names.
    fn records_of(&self, policy: &PolicyReport) -> Vec<(RecordId, &'static str)> {
        let examples = &policy.examples;
        let mut records: Vec<(RecordId, &'static str)> = [
            (examples.allowed, "an evaluation that allowed: subjects were judged, and nothing was found"),
            (examples.denied, "an evaluation that denied: something was found, and the change was stopped"),
            (examples.accepted, "an evaluation that accepted: something was found, and a record let it pass"),
            (examples.error, "an evaluation that came to no judgement"),
        ]
        .into_iter()
        .filter_map(|(id, what)| Some((id?, what)))
        .collect();
        let own = self.report.exposures.iter().filter(|own| own.policy == policy.id);
        for span in own.flat_map(|own| &own.spans) {
            let of = |commit: &str| self.landings.get(commit).and_then(|landing| landing.evaluation);
            let from = span.from_record.or_else(|| of(&span.from_commit));
            records.extend(from.map(|id| (id, "the evaluation of a landing that brought something")));
            let to = span.to_record.or_else(|| span.to_commit.as_deref().and_then(of));
            records.extend(to.map(|id| (id, "the evaluation of a landing that took something away")));
        }
        records
    }

    /// What a file is called, when it was made and of what. No time is of today: all are the report's.
    fn metadata(&self, what: &str) -> Metadata {
        let Report { completeness, version, as_of, schema, judged, log, limits, .. } = self.report;
        let frame = &completeness.frame;
        let limits: Vec<String> = limits.iter().map(|limit| line(limit)).collect();
        let props = [
            prop("report-schema", schema),
            prop("period", &frame.period.name),
            prop("period-offset", frame.period.offset),
            prop("repository", &frame.repository),
            prop("branch", &frame.branch),
            prop("tip", &frame.tip),
            prop("log-origin", log.origin.as_deref().unwrap_or_default()),
            prop("log-size", log.size),
            prop("log-root", log.root.as_deref().unwrap_or_default()),
            prop("log-genesis", log.genesis.as_deref().unwrap_or_default()),
            prop("made-by", format!("countersign {version}")),
            prop("counts-only-what-was-judged-before-it-landed", if *judged { "yes" } else { "no" }),
        ];
        Metadata {
            title: line(&format!("{what}: access control of {}, {}", whose(self.report), frame.period.name)),
            last_modified: *as_of,
            version: machine(*as_of),
            oscal_version: OSCAL_VERSION,
            props: props.into_iter().flatten().collect(),
            parties: vec![Party {
                uuid: self.lasting.id(&["party", whose(self.report)]),
                kind: "organization",
                name: names::string(whose(self.report)).unwrap_or_else(|| "unnamed".to_owned()),
            }],
            remarks: format!(
                "What this cannot show:\n\n{}",
                limits.iter().map(|own| format!("- {own}\n")).collect::<String>()
            ),
        }
    }

    /// The branch, the subjects of findings and this program.
    fn definitions<'s>(&self, subjects: impl Iterator<Item = &'s str>) -> Definitions {
        let frame = &self.report.completeness.frame;
        let operational = || ComponentStatus { state: "operational" };
        let mut inventory: BTreeMap<&str, InventoryItem> = BTreeMap::new();
        for id in subjects {
            inventory.entry(id).or_insert_with(|| InventoryItem {
                uuid: self.subject(id),
                description: line(id),
                props: prop("subject", id).into_iter().collect(),
            });
        }
        let tool = Component {
            uuid: self.tool(),
            kind: "software",
            title: "Countersign".to_owned(),
            description: "A gate that judges access as a repository declares it, and the ledger of what it judged."
                .to_owned(),
            props: prop("version", &self.report.version).into_iter().collect(),
            status: operational(),
        };
        Definitions {
            components: vec![Component {
                uuid: self.branch(),
                kind: "system",
                title: line(&format!("{} of {}", frame.branch, frame.repository)),
                description: "Access control as this branch declares it. What a system does, it does not show."
                    .to_owned(),
                props: prop("tip", &frame.tip).into_iter().collect(),
                status: operational(),
            }],
            inventory_items: inventory.into_values().collect(),
            assessment_assets: Assets {
                assessment_platforms: vec![Platform {
                    uuid: self.lasting.id(&["platform", &self.report.version]),
                    title: "Countersign on this repository".to_owned(),
                    uses_components: vec![UsesComponent { component_uuid: tool.uuid }],
                }],
                components: vec![tool],
            },
        }
    }

    /// The records that are named, where the facts come from.
    fn resources(&self, records: impl Iterator<Item = RecordId>) -> Vec<Resource> {
        let sources = self.report.sources.iter().enumerate().map(|(number, own)| Resource {
            uuid: self.files.id(&["source", &number.to_string()]),
            title: line(&own.what),
            description: Some("Where facts of this come from.".to_owned()),
            props: prop("digest", &own.digest).into_iter().collect(),
            rlinks: Vec::new(),
        });
        let records: std::collections::BTreeSet<RecordId> = records.collect();
        let records = records.into_iter().map(|id| Resource {
            uuid: self.record(id),
            title: format!("record {}", short(&id.to_string())),
            description: None,
            props: prop("record", id).into_iter().collect(),
            // Relative to the root of the ledger. Its id is the digest of the statement as it is signed, and not of the file.
            rlinks: vec![Rlink { href: record_name(id), media_type: "application/json", hashes: Vec::new() }],
        });
        sources.chain(records).collect()
    }
}

/// Why there is no assessment plan.
const NO_PLAN: &str = "Nobody wrote an assessment plan. The gate evaluates every change of the branch, and the recorder \
                       what landed; what they evaluate, the rules of the branch say, in the versions that stand here.";

fn results(frame: &Frame<'_>, risks: &Risks) -> AssessmentResults {
    let Report { completeness, policies, exposures, .. } = frame.report;
    let no_plan = frame.period.id(&["no assessment plan"]);
    let mut records: Vec<RecordId> = Vec::new();
    let mut observations = vec![completeness_observation(frame)];
    let mut findings = vec![completeness_finding(frame, risks)];
    for policy in policies {
        records.extend(frame.records_of(policy).into_iter().map(|(id, _)| id));
        observations.push(policy_observation(frame, policy));
        findings.extend(policy_findings(frame, policy, risks));
    }
    let objectives = objectives(frame);
    let mut controls: Vec<&str> = objectives.iter().map(|own| own.control_id.as_str()).collect();
    controls.sort_unstable();
    controls.dedup();
    let include_controls = controls.iter().map(|id| ControlId { control_id: (*id).to_owned() }).collect();
    let mut selected: Vec<String> = findings.iter().map(|own| own.target.target_id.clone()).collect();
    selected.sort_unstable();
    selected.dedup();
    let period = &completeness.frame.period;
    let (first, last) = Clock(period.offset).days(period);
    let end = period.to.min(frame.report.as_of.seconds()).max(period.from);
    let mut resources = vec![Resource {
        uuid: no_plan,
        title: "No assessment plan".to_owned(),
        description: Some(NO_PLAN.to_owned()),
        props: completeness.versions.iter().filter_map(|own| prop("rules-digest", &own.rules)).collect(),
        rlinks: Vec::new(),
    }];
    resources.extend(frame.resources(records.into_iter()));
    AssessmentResults {
        uuid: frame.files.id(&[RESULTS]),
        metadata: frame.metadata("Assessment results"),
        import_ap: Import { href: no_plan.href(), remarks: "There is no assessment plan; the resource says so." },
        results: vec![AssessmentResult {
            uuid: frame.period.id(&["result"]),
            title: line(&format!("Access control, {}", period.name)),
            description: format!(
                "{first} to {last}, days begin at {}: {}, {} past the gate; {} at the beginning, {} at the end.",
                period.offset,
                counted(completeness.landed, "landing", "landings"),
                completeness.ungated(),
                counted(frame.report.position.opening, "finding", "findings"),
                frame.report.position.closing,
            ),
            start: Instant::from_seconds(period.from),
            end: Instant::from_seconds(end),
            props: result_props(frame),
            local_definitions: frame.definitions(exposures.iter().map(|own| own.subject.as_str())),
            reviewed_controls: ReviewedControls {
                control_selections: vec![Controls { include_controls }],
                control_objective_selections: vec![SelectedObjectives {
                    include_objectives: selected.into_iter().map(|objective_id| ObjectiveId { objective_id }).collect(),
                }],
                remarks: "Of each control the part that a policy speaks of, and no more.",
            },
            assessment_log: log(frame),
            observations,
            risks: risks.all.clone(),
            findings,
            remarks: completeness.claim.iter().map(|claim| format!("- {}\n", line(claim))).collect(),
        }],
        local_definitions: Objectives { objectives_and_methods: objectives },
        back_matter: BackMatter { resources },
    }
}

fn result_props(frame: &Frame<'_>) -> Vec<Prop> {
    let Report { completeness, position, log, .. } = frame.report;
    let mut props = vec![
        prop("findings-opening", position.opening),
        prop("findings-introduced", position.introduced),
        prop("findings-resolved", position.resolved),
        prop("findings-closing", position.closing),
        prop("findings-closing-accepted", position.closing_accepted),
        prop("finding-days", position.days),
        prop("evaluations-by-judge", completeness.evaluated.by_judge),
        prop("evaluations-by-recorder", completeness.evaluated.by_recorder),
        prop("evaluations-signed", log.signed),
        prop("evaluations-unsigned", log.unsigned),
        prop("records-refused", completeness.refused.len()),
    ];
    props.extend(log.witnesses.iter().map(|name| prop("witness", name)));
    props.extend(log.problems.iter().map(|what| prop("log-problem", what)));
    props.into_iter().flatten().collect()
}

/// Every landing of the period: the population.
fn log(frame: &Frame<'_>) -> Option<AssessmentLog> {
    let landings = &frame.report.completeness.landings;
    let entry = |own: &LandingReport| {
        let mut props = vec![prop("commit", &own.commit), prop("state", state(own.state))];
        props.push(own.evaluation.and_then(|id| prop("record", id)));
        props.push(own.proof.and_then(|of: Proof| prop("proof", proof(Some(of)))));
        props.push(own.judged.and_then(|id| prop("judged", id)));
        props.extend(own.authors.iter().map(|author| prop("author", author)));
        props.extend(own.accepted_by.iter().map(|record| prop("accepted-by", record)));
        LogEntry {
            uuid: frame.lasting.id(&["landing", &own.commit]),
            title: line(&format!("{} landed: {}", short(&own.commit), own.subject)),
            description: None,
            start: own.at,
            props: props.into_iter().flatten().collect(),
            status_change: None,
        }
    };
    (!landings.is_empty()).then(|| AssessmentLog { entries: landings.iter().map(entry).collect() })
}
