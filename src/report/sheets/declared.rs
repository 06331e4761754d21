//! Sections of what is declared at the tip.

use super::super::declared::{Can, Declared, MatrixRow, SystemReport};
use super::super::model::Report;
use super::super::words::counted;
use super::{Cell, Sheet, number, words};

/// The policy of privileged duties, whose findings an approval lets pass.
const PRIVILEGED: &str = "CS-GRANT-001";

/// The systems, and what they mean for financial reporting.
#[must_use]
pub fn systems_sheet(declared: &Declared) -> Sheet {
    let all = declared.systems.len();
    let mapped = declared.systems.iter().filter(|own| !own.processes.is_empty()).count();
    let out = declared.systems.iter().filter(|own| own.processes.is_empty() && own.excluded.is_some()).count();
    let neither = |own: &&SystemReport| own.in_scope && own.processes.is_empty() && own.excluded.is_none();
    let open = declared.systems.iter().filter(neither).count();
    let unreadable = declared.unreadable.as_ref();
    let place = declared.commit.as_ref().map_or_else(|| "the files".to_owned(), |commit| format!("commit {commit}"));
    let lead = match unreadable {
        Some(why) => format!("Nothing of {place} could be told: {why}."),
        None => format!(
            "{mapped} of {} carry a process of financial reporting, {out} are left out with a reason, and of {open} in scope \
             neither is said. As declared in {place}, of which {} could not be evaluated.",
            counted(all as u64, "system", "systems"),
            counted(declared.not_evaluated, "definition", "definitions"),
        ),
    };
    let row = |own: &SystemReport| {
        let processes = own.processes.iter().map(|process| process.name.clone()).collect();
        let accounts = own.processes.iter().flat_map(|process| process.accounts.clone());
        let assertions = own.processes.iter().flat_map(|process| process.assertions.clone());
        let clauses = own.processes.iter().filter_map(|process| process.clause.clone());
        let standing = match (&own.excluded, own.in_scope) {
            (Some(why), _) => format!("left out: {why}"),
            (None, true) => "in scope".to_owned(),
            (None, false) => "not in scope".to_owned(),
        };
        vec![
            Cell::text(&own.id),
            Cell::text(&own.kind),
            Cell::maybe(own.owner.as_ref()),
            Cell::Text(standing),
            Cell::List(processes),
            Cell::List(distinct(accounts)),
            Cell::List(distinct(assertions)),
            Cell::List(distinct(clauses)),
            Cell::List(own.tags.clone()),
            Cell::maybe(own.compensating_control.as_ref()),
            Cell::count(own.principals),
        ]
    };
    Sheet {
        id: "systems",
        title: "Systems and the processes that they carry",
        lead,
        caption: "Every system that a manifest describes or a definition names",
        columns: vec![
            words("System", "system"),
            words("Type", "type"),
            words("Owner", "owner"),
            words("Scope", "scope"),
            words("Processes", "processes"),
            words("Accounts", "accounts"),
            words("Assertions", "assertions"),
            words("Policy clause", "clauses"),
            words("Tags", "tags"),
            words("Made up for by", "compensating_control"),
            number("Principals", "principals"),
        ],
        rows: declared.systems.iter().map(row).collect(),
        none: "0 systems are declared.".to_owned(),
    }
}

fn distinct(all: impl Iterator<Item = String>) -> Vec<String> {
    all.collect::<std::collections::BTreeSet<String>>().into_iter().collect()
}

/// Who can read, write, approve and export in the systems that carry a process.
#[must_use]
pub fn matrix_sheet(declared: &Declared) -> Sheet {
    let rows = &declared.matrix;
    let mapped = declared.systems.iter().filter(|own| !own.processes.is_empty()).count() as u64;
    let count = |can: fn(&Can) -> bool| rows.iter().filter(|own| can(&own.can)).count();
    let row = |own: &MatrixRow| {
        vec![
            Cell::text(&own.system),
            Cell::text(&own.principal),
            Cell::text(&own.kind),
            Cell::Is(own.can.read),
            Cell::Is(own.can.write),
            Cell::Is(own.can.approve),
            Cell::Is(own.can.export),
        ]
    };
    Sheet {
        id: "matrix",
        title: "Who can read, write, approve and export",
        lead: format!(
            "{} of a principal with a system, over {} that carry a process: {} read, {} write, {} approve, {} export. By \
             what is granted; a deny or a boundary takes nothing away here but from what is approved.",
            counted(rows.len() as u64, "pair", "pairs"),
            counted(mapped, "system", "systems"),
            count(|can| can.read),
            count(|can| can.write),
            count(|can| can.approve),
            count(|can| can.export),
        ),
        caption: "Principals by system",
        columns: vec![
            words("System", "system"),
            words("Principal", "principal"),
            words("Kind", "kind"),
            words("Read", "read"),
            words("Write", "write"),
            words("Approve", "approve"),
            words("Export", "export"),
        ],
        rows: rows.iter().map(row).collect(),
        none: format!("0 principals, over {} that carry a process.", counted(mapped, "system", "systems")),
    }
}

/// Who holds what is privileged, and what approves it.
pub(super) fn privileged(report: &Report) -> Sheet {
    let declared = &report.declared;
    let last = report.completeness.frame.period.to.saturating_sub(1).min(report.as_of.seconds());
    let principals: u64 = declared.principals.values().sum();
    let holders: std::collections::BTreeSet<&str> =
        declared.privileged.iter().map(|own| own.principal.as_str()).collect();
    let approvals = |principal: &str, duty: &str| -> Vec<String> {
        let about = report.exposures.iter().filter(|own| {
            own.policy == PRIVILEGED
                && own.subject == principal
                && own.duties.iter().any(|own| own == duty)
                && own.at(last)
        });
        distinct(about.flat_map(|own| own.accepted_by.clone()))
    };
    let rows: Vec<Vec<Cell>> = declared
        .privileged
        .iter()
        .map(|own| {
            vec![
                Cell::text(&own.principal),
                Cell::text(&own.kind),
                Cell::Text(format!("{} ({})", own.title, own.duty)),
                Cell::Severity(own.severity.clone()),
                Cell::text(&own.system),
                Cell::text(&own.scope),
                Cell::text(&own.held),
                Cell::Until(own.until),
                Cell::Records(approvals(&own.principal, &own.duty)),
                Cell::maybe(own.place.as_ref()),
            ]
        })
        .collect();
    let approved = rows.iter().filter(|row| matches!(row.get(8), Some(Cell::Records(all)) if !all.is_empty())).count();
    Sheet {
        id: "privileged",
        title: "Privileged access",
        lead: format!(
            "Privileged duties: {}, held by {} of {}. A record lets {approved} of {} pass that was there at the end.",
            rows.len(),
            holders.len(),
            counted(principals, "principal", "principals"),
            rows.len(),
        ),
        caption: "Privileged duties by principal",
        columns: vec![
            words("Principal", "principal"),
            words("Kind", "kind"),
            words("Duty", "duty"),
            words("Severity", "severity"),
            words("System", "system"),
            words("On", "scope"),
            words("Held", "held"),
            words("Until", "until"),
            words("Let pass by", "records"),
            words("Granted at", "place"),
        ],
        rows,
        none: format!("0 privileged duties, among {}.", counted(principals, "principal", "principals")),
    }
}

/// The service identities, from approval to end.
#[must_use]
pub fn services_sheet(declared: &Declared) -> Sheet {
    let all = &declared.services;
    let of = |has: fn(&super::super::declared::ServiceReport) -> bool| all.iter().filter(|own| has(own)).count();
    let rows = all.iter().map(|own| {
        vec![
            Cell::text(&own.id),
            Cell::maybe(own.kind.as_ref()),
            Cell::maybe(own.owner.as_ref()),
            Cell::maybe(own.purpose.as_ref()),
            Cell::maybe(own.approved_by.as_ref()),
            Cell::At(own.approved_at),
            Cell::maybe(own.stage.as_ref()),
            Cell::At(own.reviewed_at),
            Cell::Until(own.review_by),
            Cell::Until(own.retired.or(own.until)),
            Cell::List(own.tags.clone()),
            Cell::maybe(own.compensating_control.as_ref()),
            Cell::count(own.credentials),
            Cell::count(own.grants),
            Cell::count(own.privileged),
        ]
    });
    Sheet {
        id: "services",
        title: "Service identities",
        lead: format!(
            "{}: {} with an owner, {} with a purpose, {} with an approval, {} with a day of the next review. What is missing \
             is not evidenced.",
            counted(all.len() as u64, "service identity", "service identities"),
            of(|own| own.owner.is_some()),
            of(|own| own.purpose.is_some()),
            of(|own| own.approved_by.is_some()),
            of(|own| own.review_by.is_some()),
        ),
        caption: "Service identities from approval to end",
        columns: vec![
            words("Identity", "identity"),
            words("Type", "type"),
            words("Owner", "owner"),
            words("Purpose", "purpose"),
            words("Approved by", "approved_by"),
            words("Approved", "approved_at"),
            words("Stage", "stage"),
            words("Reviewed", "reviewed_at"),
            words("Review by", "review_by"),
            words("Ends", "ends"),
            words("Tags", "tags"),
            words("Made up for by", "compensating_control"),
            number("Credentials", "credentials"),
            number("Grants", "grants"),
            number("Privileged", "privileged"),
        ],
        rows: rows.collect(),
        none: "0 service identities are declared.".to_owned(),
    }
}

/// The credentials, the oldest first.
pub(super) fn credentials(declared: &Declared) -> Sheet {
    let mut all: Vec<_> = declared.credentials.iter().collect();
    all.sort_by_key(|own| (std::cmp::Reverse(own.age_days), &own.system, &own.id));
    let old = all.iter().filter(|own| own.is_old()).count();
    let undated = all.iter().filter(|own| !own.is_issued_anew() && own.age_days.is_none()).count();
    let temporary = all.iter().filter(|own| own.is_issued_anew()).count();
    let rows = all.iter().map(|own| {
        vec![
            Cell::text(&own.id),
            Cell::text(&own.kind),
            Cell::text(&own.holder),
            Cell::text(&own.system),
            Cell::At(own.created),
            Cell::At(own.rotated),
            Cell::Number(own.age_days),
            Cell::Number(Some(i64::from(own.limit_days))),
            Cell::text(&own.lifetime),
            Cell::Until(own.expires),
            Cell::maybe(own.place.as_ref()),
        ]
    });
    Sheet {
        id: "credentials",
        title: "Credentials and their age",
        lead: format!(
            "{}: {temporary} are issued anew for minutes or hours, {old} are older than they may live, and of {undated} \
             nothing says when they were made.",
            counted(all.len() as u64, "credential", "credentials"),
        ),
        caption: "Declared credentials, the oldest first; never a secret",
        columns: vec![
            words("Credential", "credential"),
            words("Kind", "kind"),
            words("Of", "holder"),
            words("Opens", "system"),
            words("Made", "created"),
            words("Replaced", "rotated"),
            number("Days old", "age_days"),
            number("May live", "limit_days"),
            words("Lives", "lifetime"),
            words("Ends", "expires"),
            words("Declared at", "place"),
        ],
        rows: rows.collect(),
        none: "0 credentials are declared.".to_owned(),
    }
}
