//! Sections of findings: what outlasts what it was given for, what became of each, what let it pass, and the period before.

use super::super::model::{Before, Report};
use super::super::remediation::{Closure, Disagreement, Remediation, TicketState};
use super::super::words::{counted, short};
use super::{Cell, Sheet, number, words};

/// Policies about access that outlasts what it was given for.
const OUTLASTS: [&str; 3] = ["CS-LEAVER-001", "CS-LEAVER-002", "CS-NHI-006"];

/// Leavers, movers and retired service identities who still held something, and how long that took to end.
pub(super) fn leavers(report: &Report) -> Sheet {
    let all: Vec<_> = report.exposures.iter().filter(|own| OUTLASTS.contains(&own.policy.as_str())).collect();
    let asked: u64 =
        report.policies.iter().filter(|own| OUTLASTS.contains(&own.id.as_str())).map(|own| own.evaluations).sum();
    let rows = all.iter().flat_map(|own| {
        own.spans.iter().map(move |span| {
            vec![
                Cell::Finding(own.fingerprint.clone()),
                Cell::Policy(own.policy.clone()),
                Cell::text(&own.subject),
                Cell::List(own.systems.clone()),
                Cell::At(Some(span.from)),
                Cell::At(span.to),
                Cell::count(own.days),
            ]
        })
    });
    let gone = all.iter().filter(|own| own.spans.iter().all(|span| span.to.is_some())).count();
    Sheet {
        id: "leavers",
        title: "Leavers, movers and what was retired",
        lead: format!(
            "{} in the period, {gone} of them gone; the policies were asked {}. Who has left is known from manifests, and \
             where employment facts were imported, from these. That access was taken away in the system itself is not \
             evidenced here.",
            counted(all.len() as u64, "finding", "findings"),
            counted(asked, "time", "times"),
        ),
        caption: "Access that outlasts what it was given for",
        columns: vec![
            words("Finding", "finding"),
            words("Policy", "policy"),
            words("Who", "subject"),
            words("Where", "systems"),
            words("From", "from"),
            words("To", "to"),
            number("Days", "days"),
        ],
        rows: rows.collect(),
        none: format!("0 findings; the policies were asked {}.", counted(asked, "time", "times")),
    }
}

/// What became of each finding that blocks, that a record let pass, or of which there is a ticket.
pub(super) fn remediation(report: &Report) -> Sheet {
    let all = &report.remediations;
    let count = |closure: Closure| all.iter().filter(|own| own.closure == closure).count();
    let said = |own: &&Remediation| own.disagreement.is_some();
    let row = |own: &Remediation| {
        let ticket = match (&own.ticket, own.ticket_state) {
            (Some(ticket), Some(TicketState::Open)) => format!("{ticket}, open"),
            (Some(ticket), Some(TicketState::Closed)) => format!("{ticket}, closed"),
            _ => String::new(),
        };
        let disagreement = match own.disagreement {
            Some(Disagreement::ClosedNotFixed) => "the ticket is closed, and it is there",
            Some(Disagreement::FixedNotClosed) => "it is gone, and the ticket is open",
            None => "",
        };
        vec![
            Cell::Finding(own.fingerprint.clone()),
            Cell::Policy(own.policy.clone()),
            Cell::Severity(own.severity.clone()),
            Cell::text(&own.subject),
            Cell::maybe(own.owner.as_ref()),
            Cell::At(Some(own.since)),
            Cell::Until(own.due),
            Cell::Text(closure(own.closure).to_owned() + if own.overdue { ", overdue" } else { "" }),
            Cell::At(own.removed),
            Cell::List(own.implementers.clone()),
            Cell::Text(own.verified.map(|id| short(&id.to_string()).to_owned()).unwrap_or_default()),
            Cell::Records(own.records.clone()),
            Cell::Number(Some(own.age_days)),
            Cell::count(own.recurrences),
            Cell::Text(ticket),
            Cell::text(disagreement),
        ]
    };
    Sheet {
        id: "remediation",
        title: "Remediation",
        lead: format!(
            "{}: {} removed, {} mitigated by an exception, {} accepted by another record, {} open. Overdue: {} of {}. Came \
             back after being removed: {} of {}. The tracker says otherwise of {} of {} with a ticket. Closure is computed \
             from the branch: the evaluation that is named no longer had the finding.",
            counted(all.len() as u64, "finding", "findings"),
            count(Closure::Removed),
            count(Closure::Mitigated),
            count(Closure::RiskAccepted),
            count(Closure::Open),
            all.iter().filter(|own| own.overdue).count(),
            all.len(),
            all.iter().filter(|own| own.recurrences > 0).count(),
            all.len(),
            all.iter().filter(said).count(),
            all.iter().filter(|own| own.ticket.is_some()).count(),
        ),
        caption: "Findings of the two worst severities, those that a record let pass, and those with a ticket",
        columns: vec![
            words("Finding", "finding"),
            words("Policy", "policy"),
            words("Severity", "severity"),
            words("About", "subject"),
            words("Owner", "owner"),
            words("Since", "since"),
            words("Due", "due"),
            words("Closure", "closure"),
            words("Removed", "removed"),
            words("By", "implementers"),
            words("Verified by", "verified"),
            words("Let pass by", "records"),
            number("Days", "age_days"),
            number("Came back", "recurrences"),
            words("Ticket", "ticket"),
            words("Disagreement", "disagreement"),
        ],
        rows: all.iter().map(row).collect(),
        none: format!(
            "0 findings to remedy, among {} of the period.",
            counted(report.exposures.len() as u64, "finding", "findings")
        ),
    }
}

fn closure(closure: Closure) -> &'static str {
    match closure {
        Closure::Open => "open",
        Closure::Removed => "removed",
        Closure::Mitigated => "mitigated",
        Closure::RiskAccepted => "risk accepted",
    }
}

/// Every approval, exception and emergency in force at any time in the period.
pub(super) fn records(report: &Report) -> Sheet {
    let all: Vec<_> = report.records.iter().filter(|own| own.in_force).collect();
    let last = report.completeness.frame.period.to.saturating_sub(1).min(report.as_of.seconds());
    let soon = last.saturating_add(92 * 86_400);
    let ending = |own: &&&crate::history::RecordHistory| {
        own.removed.is_none() && own.ends.is_some_and(|end| (last..soon).contains(&end.seconds()))
    };
    let rows = all.iter().map(|own| {
        vec![
            Cell::Records(vec![own.record.clone()]),
            Cell::List(own.approvers.clone()),
            Cell::text(&own.reason),
            Cell::maybe(own.ticket.as_ref()),
            Cell::At(Some(own.landed)),
            Cell::Landing(own.landed_commit.clone()),
            Cell::count(own.changed),
            Cell::At(own.begins),
            Cell::Until(own.ends),
            Cell::At(own.removed),
        ]
    });
    Sheet {
        id: "in-force",
        title: "Records in force at any time in the period",
        lead: format!(
            "{} of {} that the branch ever had were in force, those that are gone too; {} of them end within 92 days after \
             the period. Whether a record counted, by signature, authority and independence, each evaluation says.",
            all.len(),
            counted(report.records.len() as u64, "record", "records"),
            all.iter().filter(ending).count(),
        ),
        caption: "Approvals, exceptions, emergencies, review decisions and registers, by git",
        columns: vec![
            words("Record", "record"),
            words("Given by", "approvers"),
            words("Why", "reason"),
            words("Ticket", "ticket"),
            words("Landed", "landed"),
            words("With", "landed_commit"),
            number("Changed", "changed"),
            words("Begins", "begins"),
            words("Ends", "ends"),
            words("Removed", "removed"),
        ],
        rows: rows.collect(),
        none: format!("0 of {} were in force.", counted(report.records.len() as u64, "record", "records")),
    }
}

/// The numbers of this period beside those of the one before.
pub(super) fn comparison(report: &Report) -> Sheet {
    let complete = &report.completeness;
    let evaluations: u64 = complete.days.iter().map(|day| day.evaluated).sum();
    let now = &report.position;
    let row = |what: &str, before: fn(&Before) -> u64, now: u64| {
        let earlier = report.before.as_ref().map(before);
        let change = earlier.and_then(|before| Some(i64::try_from(now).ok()? - i64::try_from(before).ok()?));
        vec![
            Cell::text(what),
            Cell::Number(earlier.and_then(|own| i64::try_from(own).ok())),
            Cell::count(now),
            Cell::Number(change),
        ]
    };
    let rows = vec![
        row("landings", |own| own.landed, complete.landed),
        row("landings past the gate", |own| own.ungated, complete.ungated()),
        row("evaluations", |own| own.evaluations, evaluations),
        row("findings at the beginning", |own| own.position.opening, now.opening),
        row("findings that came", |own| own.position.introduced, now.introduced),
        row("findings that went", |own| own.position.resolved, now.resolved),
        row("findings at the end", |own| own.position.closing, now.closing),
        row("days of findings", |own| own.position.days, now.days),
    ];
    let name = &complete.frame.period.name;
    Sheet {
        id: "comparison",
        title: "Beside the period before",
        lead: match &report.before {
            Some(before) => format!("{name} beside {}, by the same git and evidence.", before.period),
            None => format!("Nothing was evaluated in the period before {name}, so there is nothing to compare with."),
        },
        caption: "The same numbers of both periods",
        columns: vec![
            words("What", "what"),
            number("Before", "before"),
            number("Now", "now"),
            number("More or fewer", "change"),
        ],
        rows: if report.before.is_some() { rows } else { Vec::new() },
        none: "0 evaluations in the period before.".to_owned(),
    }
}
