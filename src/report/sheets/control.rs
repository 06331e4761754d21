//! Sections about the control itself: what changed in it, and what management has to weigh. The program concludes nothing.

use super::super::model::Report;
use super::super::words::{SEVERITIES, counted, short};
use super::{Cell, Column, Sheet, number, words};
use crate::history::{Exposure, Way};

/// The policy of changed rules.
const CHANGED_RULES: &str = "CS-GATE-001";

/// Policies about records that do not do what they are for.
const RECORDS: [&str; 3] = ["CS-GATE-002", "CS-REC-001", "CS-REC-002"];

/// What changed in the control within the period: candidates of what a quarterly report discloses (17 CFR 229.308(c)).
pub(super) fn changes(report: &Report) -> Sheet {
    let complete = &report.completeness;
    let period = &complete.frame.period;
    let mut rows: Vec<(i64, Vec<Cell>)> = Vec::new();
    let mut add = |at: crate::rules::Instant, what: String, evidence: Cell, records: Vec<String>| {
        rows.push((
            at.seconds(),
            vec![
                Cell::At(Some(at)),
                Cell::Text(what),
                evidence,
                Cell::Records(records),
                Cell::Blank,
                Cell::Blank,
                Cell::Blank,
            ],
        ));
    };
    let mut before: Option<(&str, &str)> = None;
    for own in &complete.versions {
        let (engine, rules) = (own.engine.as_str(), own.rules.as_str());
        let what = match before {
            None => None,
            Some((known, _)) if known != engine => {
                Some(format!("the program judges as version {engine} instead of {known}"))
            }
            Some((_, known)) if known != rules => {
                Some(format!("the rules are {} instead of {}", short(rules), short(known)))
            }
            Some(_) => None,
        };
        if let Some(what) = what {
            add(own.first, what, Cell::Text(String::new()), Vec::new());
        }
        before = Some((engine, rules));
    }
    for own in report.exposures.iter().filter(|own| own.policy == CHANGED_RULES) {
        for span in own.spans.iter().filter(|span| period.contains(span.from.seconds())) {
            let what = "a change edited the rules that judge it".to_owned();
            add(span.from, what, Cell::Landing(span.from_commit.clone()), own.accepted_by.clone());
        }
    }
    for own in &report.owners {
        let (before, after) = (people(&own.before), people(&own.after));
        let what = match &own.ruleset {
            None => format!("changes of the rules are approved by {after} instead of {before}"),
            Some(ruleset) => format!("the ruleset {ruleset} is owned by {after} instead of {before}"),
        };
        add(own.at, what, Cell::Landing(own.commit.clone()), Vec::new());
    }
    for way in complete.ways.iter().filter(|own| own.way == Way::ProtectionChanged) {
        for taken in &way.taken {
            let what = format!("what guards the branch was changed: {} ({})", taken.what, taken.who);
            add(taken.at, what, Cell::Text("export of the forge".to_owned()), Vec::new());
        }
    }
    rows.sort_by_key(|(at, _)| *at);
    let tightness = complete.versions.len() as u64;
    Sheet {
        id: "changes",
        title: "Changes of the control: candidates for disclosure",
        lead: format!(
            "{} in the period, by {} of program and rules, the findings of {CHANGED_RULES}, the owners that the configuration \
             names and the forge's exports. Whether one has materially affected internal control over financial reporting, or is reasonably likely to (17 CFR \
             229.308(c)), management decides and signs.",
            counted(rows.len() as u64, "candidate", "candidates"),
            counted(tightness, "combination", "combinations"),
        ),
        caption: "What changed, and what management decides",
        columns: vec![
            words("When", "at"),
            words("What", "what"),
            words("Evidence", "evidence"),
            words("Approved by", "records"),
            words("Material: yes or no", "material"),
            words("Why", "rationale"),
            words("Signed", "signed"),
        ],
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        none: format!("0 candidates, among {}.", counted(complete.landed, "landing", "landings")),
    }
}

fn people(all: &[String]) -> String {
    if all.is_empty() { "nobody".to_owned() } else { all.join(", ") }
}

/// What management has to weigh: each thing once, with room for the judgement.
pub(super) fn worksheet(report: &Report) -> Sheet {
    let complete = &report.completeness;
    let last = complete.frame.period.to.saturating_sub(1).min(report.as_of.seconds());
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut add = |what: String, about: Cell, severity: &str, since, days: Option<i64>| {
        let mut row =
            vec![Cell::Text(what), about, Cell::Severity(severity.to_owned()), Cell::At(since), Cell::Number(days)];
        row.extend([Cell::Blank, Cell::Blank, Cell::Blank, Cell::Blank, Cell::Blank]);
        rows.push(row);
    };
    for own in complete.landings.iter().filter(|own| own.state.is_ungated()) {
        add("landed past the gate".to_owned(), Cell::Landing(own.commit.clone()), "", Some(own.at), None);
    }
    let open = |own: &&Exposure| own.at(last) && !own.accepted;
    for severity in &SEVERITIES[..2] {
        for own in report.exposures.iter().filter(|own| own.severity == **severity).filter(open) {
            let since = own.spans.last().map(|span| span.from);
            let what = format!("{} of {} is there and nothing lets it pass", own.policy, own.subject);
            add(what, Cell::Finding(own.fingerprint.clone()), severity, since, i64::try_from(own.days).ok());
        }
    }
    let of_records = report.exposures.iter().filter(|own| RECORDS.contains(&own.policy.as_str())).filter(open);
    for own in of_records.filter(|own| !SEVERITIES[..2].contains(&own.severity.as_str())) {
        let since = own.spans.last().map(|span| span.from);
        let what = format!("{} of {}: a record does not do what it is for", own.policy, own.subject);
        add(what, Cell::Finding(own.fingerprint.clone()), &own.severity, since, i64::try_from(own.days).ok());
    }
    for problem in &report.log.problems {
        add(format!("the evidence does not verify: {problem}"), Cell::Text(String::new()), "", None, None);
    }
    let columns: Vec<Column> = vec![
        words("What", "what"),
        words("About", "about"),
        words("Severity", "severity"),
        words("Since", "since"),
        number("Days", "days"),
        words("Likelihood", "likelihood"),
        words("Magnitude", "magnitude"),
        words("Compensating control", "compensating_control"),
        words("Conclusion", "conclusion"),
        words("Signed", "signed"),
    ];
    Sheet {
        id: "worksheet",
        title: "Deficiency worksheet",
        lead: format!(
            "{} to weigh, from {} and {} of the period: what landed past the gate without a record, findings of the two worst \
             severities that are there and not let pass, records that do not do what they are for, evidence that does not \
             verify. Whether any of them, alone or together, is a deficiency, and which, management concludes.",
            counted(rows.len() as u64, "thing", "things"),
            counted(complete.landed, "landing", "landings"),
            counted(report.exposures.len() as u64, "finding", "findings"),
        ),
        caption: "What was seen, and what management concludes",
        columns,
        rows,
        none: format!(
            "0 things to weigh, from {} and {}.",
            counted(complete.landed, "landing", "landings"),
            counted(report.exposures.len() as u64, "finding", "findings")
        ),
    }
}
