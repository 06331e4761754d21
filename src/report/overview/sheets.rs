//! The sections of an overview.

use super::model::Overview;
use crate::report::sheets::{Cell, Column, Sheet, number, words};
use crate::report::words::counted;

pub(super) fn sheets(own: &Overview) -> Vec<Sheet> {
    vec![repositories(own), missing(own), ungated(own), position(own), open(own), across(own), sources(own)]
}

fn repositories(own: &Overview) -> Sheet {
    const COLUMNS: [Column; 14] = [
        words("Repository", "repository"),
        words("Standing", "standing"),
        number("Landed", "landed"),
        number("Past the gate", "ungated"),
        number("At the end", "closing"),
        number("Critical, high, not accepted", "severe"),
        number("Overdue", "overdue"),
        number("At the beginning", "opening"),
        number("Came", "introduced"),
        number("Went", "resolved"),
        number("Evaluations", "evaluations"),
        number("Stopped", "blocked"),
        number("Accepted", "accepted"),
        words("Tip", "tip"),
    ];
    let summaries = &own.repositories;
    let rows = own.population.repositories.iter().map(|told| {
        let summary = summaries.iter().find(|own| own.folder == told.folder);
        let count = |of: fn(&super::RepositorySummary) -> u64| match summary {
            Some(own) => Cell::count(of(own)),
            None => Cell::Number(None),
        };
        vec![
            Cell::text(&told.name),
            Cell::Text(standing(told, summary)),
            Cell::count(told.landed),
            Cell::count(told.ungated),
            count(|own| own.position.closing),
            count(|own| ["critical", "high"].iter().filter_map(|severity| own.open.get(*severity)).sum()),
            count(|own| own.overdue),
            count(|own| own.position.opening),
            count(|own| own.position.introduced),
            count(|own| own.position.resolved),
            count(|own| own.evaluated.evaluations),
            count(|own| own.evaluated.blocked),
            count(|own| own.evaluated.accepted),
            Cell::text(told.tip.as_deref().and_then(|tip| tip.get(..12)).unwrap_or_default()),
        ]
    });
    let complete = own.population.repositories.iter().filter(|own| own.complete).count() as u64;
    Sheet {
        id: "repositories",
        title: "Repositories",
        lead: format!(
            "{complete} of {} are complete: everything that landed in them was evaluated and passed. Each has a report of its \
             own, whose SHA-256 is in the data of this one.",
            counted(own.population.repositories.len() as u64, "repository", "repositories")
        ),
        caption: "Each repository: what landed, what was evaluated, and its findings from beginning to end",
        columns: COLUMNS.to_vec(),
        rows: rows.collect(),
        none: "0 repositories were given.".to_owned(),
    }
}

fn standing(told: &crate::history::RepositoryReport, summary: Option<&super::RepositorySummary>) -> String {
    let problems = summary.map_or(0, |own| own.log.problems.len() as u64);
    match (&told.problem, told.complete, told.ungated) {
        (Some(why), ..) => why.clone(),
        _ if problems > 0 => format!("the evidence does not verify: {}", counted(problems, "problem", "problems")),
        (None, true, _) => "complete".to_owned(),
        (None, false, 0) if told.before_the_gate > 0 => {
            format!("{} from before the gate", counted(told.before_the_gate, "landing", "landings"))
        }
        (None, false, 0) => "something contradicts the evidence".to_owned(),
        (None, false, count) => format!("{} got past the gate", counted(count, "landing", "landings")),
    }
}

fn missing(own: &Overview) -> Sheet {
    const COLUMNS: [Column; 2] = [words("Repository", "repository"), words("Why", "why")];
    let population = &own.population;
    let missing = population.missing.iter().map(|own| {
        let why =
            if own.archived { "archived: nothing lands there" } else { "the forge lists it, and no clone was given" };
        vec![Cell::text(&own.name), Cell::text(why)]
    });
    let unlisted = population
        .unlisted
        .iter()
        .map(|name| vec![Cell::text(name), Cell::text("given, and the forge does not list it")]);
    let rows: Vec<_> = missing.chain(unlisted).collect();
    let open = population.missing.iter().filter(|own| !own.archived).count() as u64;
    let lead = match population.listed {
        Some(listed) => format!(
            "{open} of the {} that the forge lists are not in this report and not archived.",
            counted(listed, "repository", "repositories")
        ),
        None => {
            "The forge's list was not given: nobody knows here which repositories there are beside these.".to_owned()
        }
    };
    Sheet {
        id: "missing",
        title: "Repositories that are not here",
        lead,
        caption: "Repositories in only one of the two: the forge's list, and the clones that were given",
        columns: COLUMNS.to_vec(),
        rows,
        none: match population.listed {
            Some(listed) => format!("0 of {}.", counted(listed, "repository", "repositories")),
            None => "Not known.".to_owned(),
        },
    }
}

fn ungated(own: &Overview) -> Sheet {
    const COLUMNS: [Column; 6] = [
        words("Repository", "repository"),
        words("At", "at"),
        words("Commit", "commit"),
        words("Authors", "authors"),
        words("Change", "subject"),
        words("What stands behind it", "state"),
    ];
    let rows = own.ungated.iter().map(|own| {
        vec![
            Cell::text(&own.repository),
            Cell::At(Some(own.at)),
            Cell::Landing(own.commit.clone()),
            Cell::List(own.authors.clone()),
            Cell::text(&own.subject),
            Cell::text(own.state.title()),
        ]
    });
    let landings = counted(own.population.landed, "landing", "landings");
    Sheet {
        id: "ungated",
        title: "Past the gate",
        lead: format!(
            "{} of {landings} got past the gate. All of them are listed, the oldest first.",
            own.ungated.len()
        ),
        caption: "Landings that got past the gate",
        columns: COLUMNS.to_vec(),
        rows: rows.collect(),
        none: format!("0 of {landings}."),
    }
}

fn position(own: &Overview) -> Sheet {
    const COLUMNS: [Column; 7] = [
        words("Severity", "severity"),
        number("At the beginning", "opening"),
        number("Came", "introduced"),
        number("Went", "resolved"),
        number("At the end", "closing"),
        number("Of these accepted", "closing_accepted"),
        number("Days of exposure", "days"),
    ];
    let rows = own.by_severity.iter().map(|own| {
        let position = own.position;
        let numbers = [
            position.opening,
            position.introduced,
            position.resolved,
            position.closing,
            position.closing_accepted,
            position.days,
        ];
        let mut row = vec![Cell::Severity(own.severity.clone())];
        row.extend(numbers.map(Cell::count));
        row
    });
    let position = own.position;
    Sheet {
        id: "position",
        title: "Findings from beginning to end",
        lead: format!(
            "{} at the beginning, {} came, {} went, {} at the end; a record accepts {} of these.",
            counted(position.opening, "finding", "findings"),
            position.introduced,
            position.resolved,
            position.closing,
            position.closing_accepted
        ),
        caption: "Findings of all repositories by severity",
        columns: COLUMNS.to_vec(),
        rows: rows.collect(),
        none: "0 findings.".to_owned(),
    }
}

fn open(own: &Overview) -> Sheet {
    const COLUMNS: [Column; 9] = [
        words("Repository", "repository"),
        words("Severity", "severity"),
        words("Policy", "policy"),
        words("Of whom or what", "subject"),
        words("Conflict", "conflict"),
        words("Systems", "systems"),
        words("Since", "since"),
        words("Accepted by", "accepted_by"),
        words("Finding", "fingerprint"),
    ];
    let rows = own.open.iter().map(|own| {
        vec![
            Cell::text(&own.repository),
            Cell::Severity(own.severity.clone()),
            Cell::text(&own.policy),
            Cell::text(&own.subject),
            Cell::maybe(own.conflict.as_ref()),
            Cell::List(own.systems.clone()),
            Cell::At(Some(own.since)),
            Cell::List(own.accepted_by.clone()),
            Cell::Finding(own.fingerprint.clone()),
        ]
    });
    let closing = counted(own.position.closing, "finding is", "findings are");
    Sheet {
        id: "open",
        title: "There at the end",
        lead: format!(
            "{closing} there at the end; a record accepts {}. The most severe stand first, then the oldest.",
            own.position.closing_accepted
        ),
        caption: "Findings that are there at the end",
        columns: COLUMNS.to_vec(),
        rows: rows.collect(),
        none: format!(
            "0 of {}.",
            counted(own.population.repositories.len() as u64, "repository has", "repositories have one")
        ),
    }
}

fn across(own: &Overview) -> Sheet {
    const COLUMNS: [Column; 4] = [
        words("Who or what", "subject"),
        number("Findings", "open"),
        number("Repositories", "count"),
        words("Which", "repositories"),
    ];
    let rows = own.across.iter().map(|own| {
        vec![
            Cell::text(&own.subject),
            Cell::count(own.open),
            Cell::count(own.repositories.len() as u64),
            Cell::List(own.repositories.clone()),
        ]
    });
    Sheet {
        id: "across",
        title: "In several repositories",
        lead: format!(
            "{} in several repositories at the end.",
            counted(own.across.len() as u64, "subject has findings", "subjects have findings")
        ),
        caption: "Who or what has findings in several repositories",
        columns: COLUMNS.to_vec(),
        rows: rows.collect(),
        none: "0 subjects.".to_owned(),
    }
}

fn sources(own: &Overview) -> Sheet {
    const COLUMNS: [Column; 2] = [words("What", "what"), words("Digest", "digest")];
    let rows = own.sources.iter().map(|own| vec![Cell::text(&own.what), Cell::text(&own.digest)]);
    Sheet {
        id: "sources",
        title: "Register of information used",
        lead: format!("This report is made of {}, and of git.", counted(own.sources.len() as u64, "source", "sources")),
        caption: "Where the facts come from",
        columns: COLUMNS.to_vec(),
        rows: rows.collect(),
        none: "0 sources.".to_owned(),
    }
}
