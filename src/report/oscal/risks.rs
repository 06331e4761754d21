//! What was found on the branch, and what got past the gate, as risks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Frame;
use super::findings::{observed, observed_completeness};
use super::model::{
    Characterization, Facet, Lifecycle, LogEntry, NIST, Prop, RelatedObservation, Response, Risk, RiskLog, RiskStatus,
};
use super::names::{Id, line, of_nist, prop, string};
use crate::evidence::RecordId;
use crate::history::{Exposure, Span, Taken, WayReport};
use crate::report::remediation::{Closure, Remediation};
use crate::report::words::{counted, machine, short, shown_by};
use crate::rules::Instant;

/// The risks of a period.
pub(super) struct Risks<'a> {
    /// All of them.
    pub(super) all: Vec<Risk>,
    /// Those of each policy.
    pub(super) of_policy: BTreeMap<&'a str, Vec<Id>>,
    /// Those of the ways around the gate.
    pub(super) of_ways: Vec<Id>,
    /// The subject of each risk that has one.
    pub(super) subjects: BTreeMap<Id, &'a str>,
}

/// Every finding that was on the branch, and every time that a way around the gate was taken.
pub(super) fn risks<'a>(frame: &Frame<'a>) -> Risks<'a> {
    let report = frame.report;
    let mut risks =
        Risks { all: Vec::new(), of_policy: BTreeMap::new(), of_ways: Vec::new(), subjects: BTreeMap::new() };
    let known: BTreeMap<&str, &str> = report.policies.iter().map(|own| (own.id.as_str(), own.title.as_str())).collect();
    let accepted = Accepted::of(frame);
    let answered: BTreeMap<&str, &Remediation> =
        report.remediations.iter().map(|own| (own.fingerprint.as_str(), own)).collect();
    for own in &report.exposures {
        let mut risk = of_exposure(frame, own, known.get(own.policy.as_str()).copied(), &accepted);
        if let Some(answer) = answered.get(own.fingerprint.as_str()) {
            if risk.status == RiskStatus::Open {
                risk.deadline = answer.due;
            }
            risk.remediations.extend(response(frame, answer));
        }
        risks.of_policy.entry(&own.policy).or_default().push(risk.uuid);
        risks.subjects.insert(risk.uuid, &own.subject);
        risks.all.push(risk);
    }
    for (way, taken) in report.completeness.ways.iter().flat_map(|way| way.taken.iter().map(move |taken| (way, taken)))
    {
        let risk = of_way(frame, way, taken);
        risks.of_ways.push(risk.uuid);
        risks.all.push(risk);
    }
    risks
}

/// What is known of the records that let something pass.
struct Accepted<'a> {
    /// When one ends.
    expires: BTreeMap<&'a str, Instant>,
    /// The first landing that passed by it.
    first: BTreeMap<&'a str, Instant>,
}

impl<'a> Accepted<'a> {
    fn of(frame: &Frame<'a>) -> Self {
        let mut first = BTreeMap::new();
        for landing in &frame.report.completeness.landings {
            for record in &landing.accepted_by {
                first.entry(record.as_str()).or_insert(landing.at);
            }
        }
        let own = frame.report.accepted.iter();
        Self { expires: own.filter_map(|own| Some((own.record.as_str(), own.expires?))).collect(), first }
    }
}

fn of_exposure(frame: &Frame<'_>, own: &Exposure, title: Option<&str>, accepted: &Accepted<'_>) -> Risk {
    let end = (frame.report.completeness.frame.period.to - 1).min(frame.report.as_of.seconds());
    let status = match (own.at(end), own.accepted) {
        (false, _) => RiskStatus::Closed,
        (true, true) => RiskStatus::DeviationApproved,
        (true, false) => RiskStatus::Open,
    };
    let what = title.filter(|title| !title.is_empty()).map_or_else(|| line(&own.policy), line);
    let mut props = vec![
        prop("fingerprint", &own.fingerprint),
        prop("policy", &own.policy),
        prop("severity", &own.severity),
        prop("subject", &own.subject),
        prop("conflict", own.conflict.as_deref().unwrap_or_default()),
        prop("days-in-the-period", own.days),
    ];
    props.extend(own.duties.iter().map(|duty| prop("duty", duty)));
    props.extend(own.systems.iter().map(|system| prop("system", system)));
    props.extend(own.accepted_by.iter().map(|record| prop("accepted-by", record)));
    let mut props: Vec<Prop> = props.into_iter().flatten().collect();
    if status == RiskStatus::DeviationApproved {
        props.push(of_nist("accepted", "yes"));
    }
    let of = frame.lasting.within(&["exposure", &own.fingerprint]);
    let mut entries: Vec<LogEntry> = own.spans.iter().flat_map(|span| entries(of, span)).collect();
    for (record, at) in own.accepted_by.iter().filter_map(|own| Some((own, *accepted.first.get(own.as_str())?))) {
        entries.push(LogEntry {
            uuid: of.id(&["accepted", record]),
            title: line(&format!("a landing passed by {record}")),
            description: Some("The first of the period; when the record was signed, it says itself.".to_owned()),
            start: at,
            props: vec![of_nist("type", "dr-approved")],
            status_change: Some(RiskStatus::DeviationApproved),
        });
    }
    entries.sort_by_key(|entry| entry.start);
    let deadline = own.accepted_by.iter().filter_map(|record| accepted.expires.get(record.as_str()).copied()).max();
    let severity = string(&own.severity).map(|value| Characterization {
        origin: frame.origin(),
        facets: vec![Facet { name: "severity", system: NIST, value, props: vec![of_nist("state", "initial")] }],
    });
    // Of a policy that no evaluation of the period had, there is no observation.
    let observation = title.map(|_| RelatedObservation { observation_uuid: observed(frame, &own.policy) });
    Risk {
        uuid: of.id(&[]),
        title: line(&format!("{}: {}", own.policy, own.subject)),
        description: format!("{}: {what}{}.", line(&own.subject), where_it_is(own)),
        statement: format!(
            "{} within the period, from the landing that brought it to the one that took it away. What the access was used \
             for is not known here.",
            counted(own.days, "day", "days")
        ),
        props,
        status,
        origins: frame.origins(),
        characterizations: severity.into_iter().collect(),
        deadline: deadline.filter(|_| status == RiskStatus::DeviationApproved),
        remediations: Vec::new(),
        risk_log: RiskLog { entries },
        related_observations: observation.into_iter().collect(),
    }
}

/// Who answers for a finding and what closed it; nothing of one that a record lets pass, which the risk says itself.
fn response(frame: &Frame<'_>, own: &Remediation) -> Option<Response> {
    let (lifecycle, title) = match (own.closure, &own.ticket) {
        (Closure::Removed, _) => (Lifecycle::Completed, "what brought it was removed"),
        (Closure::Open, Some(_)) => (Lifecycle::Planned, "a tracker has it"),
        (Closure::Open, None) => (Lifecycle::Recommendation, "to be mended: no tracker is known to have it"),
        (Closure::Mitigated | Closure::RiskAccepted, _) => return None,
    };
    let description = match (own.closure, own.verified, own.disagreement.is_some()) {
        (Closure::Removed, Some(record), _) => {
            format!("The evaluation {} no longer has it.", short(&record.to_string()))
        }
        (Closure::Removed, None, _) => "It is gone; no evaluation of a landing says so.".to_owned(),
        (_, _, true) => "The ticket is closed, and what it is about is there.".to_owned(),
        _ => "Take away what brings it, or have it accepted; how, management adds.".to_owned(),
    };
    let mut props = vec![
        prop("owner", own.owner.as_deref().unwrap_or_default()),
        prop("ticket", own.ticket.as_deref().unwrap_or_default()),
        prop("removed-by", own.removed_commit.as_deref().unwrap_or_default()),
        prop("overdue", if own.overdue { "yes" } else { "no" }),
    ];
    props.extend(own.due.map(|due| prop("due", machine(due))));
    Some(Response {
        uuid: frame.lasting.id(&["remediation", &own.fingerprint]),
        lifecycle,
        title: title.to_owned(),
        description,
        props: props.into_iter().flatten().collect(),
        origins: frame.origins(),
    })
}

fn where_it_is(own: &Exposure) -> String {
    let all = |many: &[String]| many.iter().map(|one| line(one)).collect::<Vec<_>>().join(", ");
    let mut text = String::new();
    if !own.duties.is_empty() {
        text.push_str(&format!(": {}", all(&own.duties)));
    }
    if !own.systems.is_empty() {
        text.push_str(&format!(", in {}", all(&own.systems)));
    }
    text
}

/// That a finding came, and that it went: with a landing, or when a commit was judged again.
fn entries(of: super::names::Namespace, span: &Span) -> Vec<LogEntry> {
    let entry = |word: &str, title: String, at: Instant, by: (Option<&str>, Option<RecordId>), status: RiskStatus| {
        let commit = by.0.unwrap_or_default();
        let shown = by.1.map(|own| own.to_string());
        LogEntry {
            uuid: of.id(&[word, shown.as_deref().unwrap_or(commit)]),
            title,
            description: None,
            start: at,
            props: prop("commit", commit).into_iter().collect(),
            status_change: Some(status),
        }
    };
    let by = |record: RecordId| format!("as the evaluation {} shows", short(&record.to_string()));
    let came = match span.from_record {
        _ if span.since_before => {
            "it was there when the branch was evaluated first; since when is not known".to_owned()
        }
        Some(record) => format!("it was seen when the branch was judged again, {}", by(record)),
        None => format!("the landing of {} brought it", line(short(&span.from_commit))),
    };
    let from = (Some(span.from_commit.as_str()), span.from_record);
    let mut entries = vec![entry("came", came, span.from, from, RiskStatus::Open)];
    let went = match (&span.to_commit, span.to_record) {
        (Some(commit), _) => {
            format!("the landing of {} took it away, as far as it is declared", line(short(commit)))
        }
        (None, Some(record)) => format!("it was there no more when the branch was judged again, {}", by(record)),
        (None, None) => return entries,
    };
    if let Some(at) = span.to {
        let to = (span.to_commit.as_deref(), span.to_record);
        let mut went = entry("went", went, at, to, RiskStatus::Closed);
        went.props.push(of_nist("type", "closed"));
        entries.push(went);
    }
    entries
}

fn of_way(frame: &Frame<'_>, way: &WayReport, taken: &Taken) -> Risk {
    let word = serde_json::to_value(way.way).ok();
    let word = word.as_ref().and_then(Value::as_str).unwrap_or_default();
    let commit = taken.commit.as_deref().unwrap_or_default();
    let of = frame.lasting.within(&["way", word, commit, &machine(taken.at), &taken.who, &taken.what]);
    let where_to = if commit.is_empty() { String::new() } else { format!(": {}", short(commit)) };
    let props = [
        prop("way-around-the-gate", word),
        prop("shown-by", shown_by(way.shown_by)),
        prop("commit", commit),
        prop("who", &taken.who),
    ];
    Risk {
        uuid: of.id(&[]),
        title: line(&format!("{}{where_to}", way.title)),
        description: if taken.who.is_empty() {
            line(&taken.what)
        } else {
            format!("{}: {}", line(&taken.who), line(&taken.what))
        },
        statement: "It came to the branch past the gate. What it gave is known as far as later evaluations tell."
            .to_owned(),
        props: props.into_iter().flatten().collect(),
        status: RiskStatus::Open,
        origins: frame.origins(),
        characterizations: Vec::new(),
        deadline: None,
        remediations: Vec::new(),
        risk_log: RiskLog {
            entries: vec![LogEntry {
                uuid: of.id(&["came"]),
                title: line(&way.title),
                description: None,
                start: taken.at,
                props: prop("commit", commit).into_iter().collect(),
                status_change: Some(RiskStatus::Open),
            }],
        },
        related_observations: vec![RelatedObservation { observation_uuid: observed_completeness(frame) }],
    }
}

impl Risks<'_> {
    /// Those that are open, accepted or not.
    pub(super) fn open(&self) -> impl Iterator<Item = &Risk> {
        self.all.iter().filter(|own| own.status != RiskStatus::Closed)
    }

    /// The subjects of those that are open.
    pub(super) fn open_subjects(&self) -> BTreeSet<&str> {
        self.open().filter_map(|own| self.subjects.get(&own.uuid).copied()).collect()
    }
}
