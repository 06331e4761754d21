//! The cover, the results on one page, and what the report cannot show.

use minijinja::{Value, context};

use super::super::words::{Clock, counted, machine, shown_by, standing};
use super::Page;
use crate::history::{Looked, State};
use crate::rules::Instant;

/// An instant for people and for machines.
pub(in crate::report) fn moment(clock: Clock, at: Instant) -> Value {
    context! { text => clock.minute(at), machine => machine(at) }
}

impl Page<'_> {
    /// An instant for people and for machines.
    pub(super) fn at(&self, at: Instant) -> Value {
        moment(self.clock, at)
    }

    pub(super) fn cover(&self) -> Value {
        let log = &self.report.log;
        let complete = &self.report.completeness;
        context! {
            complete => complete.complete,
            landed => complete.landed,
            ungated => complete.ungated(),
            before => complete.before_the_gate(),
            origin => log.origin,
            root => log.root,
            genesis => log.genesis,
            size => log.size,
            signed => log.signed,
            unsigned => log.unsigned,
            witnesses => log.witnesses,
            problems => log.problems,
        }
    }

    pub(super) fn results(&self) -> Value {
        let report = self.report;
        let rows: Vec<Value> = report
            .policies
            .iter()
            .map(|own| {
                let (shape, words) = standing(own);
                context! {
                    policy => self.anchors.policy(&own.id),
                    title => own.title,
                    severity => own.severity,
                    evaluations => own.evaluations,
                    subjects => own.subjects,
                    failed => own.failed,
                    blocked => own.blocked,
                    open => own.open,
                    shape,
                    words,
                }
            })
            .collect();
        context! { policies => rows, checks => self.checks(), figures => self.figures() }
    }

    /// The numbers that a reader looks for first, each with what it is of.
    fn figures(&self) -> Vec<Value> {
        let (complete, position) = (&self.report.completeness, self.report.position);
        let gated: u64 = complete.states.iter().filter(|(state, _)| state.is_gated()).map(|(_, count)| count).sum();
        let figure = |number: u64, of: String, what: &str, section: &str| context! { number, of, what, section };
        vec![
            figure(
                gated,
                format!("of {}", counted(complete.landed, "landing", "landings")),
                "passed the gate",
                "completeness",
            ),
            figure(
                complete.ungated(),
                format!("of {}", counted(complete.landed, "landing", "landings")),
                "got past the gate",
                "completeness",
            ),
            figure(
                position.closing,
                format!("{} at the beginning; a record accepts {}", position.opening, position.closing_accepted),
                "findings at the end",
                "findings",
            ),
            figure(
                position.days,
                format!("over {}", counted(self.report.exposures.len() as u64, "finding", "findings")),
                "days of exposure",
                "exposure",
            ),
        ]
    }

    /// What a reader has to look at, each with its number and with what was looked at.
    fn checks(&self) -> Vec<Value> {
        let report = self.report;
        let (complete, log, position) = (&report.completeness, &report.log, report.position);
        let check = |number: u64, what: &str, of: String, anchor: &str| {
            context! { number, what, of, anchor, decide => number > 0 }
        };
        let count = |wanted: fn(State) -> bool| -> u64 {
            complete.states.iter().filter(|(state, _)| wanted(**state)).map(|(_, count)| count).sum()
        };
        let landings = || counted(complete.landed, "landing", "landings");
        let days = complete.days.len() as u64;
        let (over, dark) = complete.nights();
        let idle = complete.days.iter().filter(|day| day.landed > 0 && day.evaluated == 0).count() as u64;
        let ways = complete.ways.len() as u64;
        let unseen = complete.ways.iter().filter(|way| way.looked != Looked::Yes).count() as u64;
        let severe: u64 = report
            .by_severity
            .iter()
            .filter(|own| matches!(own.severity.as_str(), "critical" | "high"))
            .map(|own| own.position.closing.saturating_sub(own.position.closing_accepted))
            .sum();
        vec![
            check(count(State::is_ungated), "landings got past the gate", format!("of {}", landings()), "ungated"),
            check(
                count(|state| state == State::BeforeTheGate),
                "landings from before there was a gate",
                format!("of {}", landings()),
                "completeness",
            ),
            check(
                severe,
                "critical or high findings are there at the end, and no record accepts them",
                format!("of {}", counted(position.closing, "finding at the end", "findings at the end")),
                "findings",
            ),
            check(
                position.closing_accepted,
                "findings are there at the end, and a record accepts them",
                format!("of {}", counted(position.closing, "finding at the end", "findings at the end")),
                "accepted",
            ),
            check(
                unseen,
                "ways around the gate were not looked for all period long",
                format!("of {}", counted(ways, "way", "ways")),
                "ways",
            ),
            check(
                idle,
                "days saw a landing and no evaluation",
                format!("of {}", counted(days, "day", "days")),
                "coverage",
            ),
            check(
                dark,
                "days are over without a night that is evidenced",
                format!("of {}", counted(over, "day that is over", "days that are over")),
                "coverage",
            ),
            check(
                complete.refused.len() as u64,
                "records do not verify, and nothing is believed of them",
                format!("in a log of {}", counted(log.size, "record", "records")),
                "sources",
            ),
            check(
                log.unsigned,
                "evaluations that nobody signed",
                format!("of {}", counted(log.signed.saturating_add(log.unsigned), "evaluation", "evaluations")),
                "sources",
            ),
            check(
                log.problems.len() as u64,
                "problems with the log",
                format!(
                    "among {}, with {}",
                    counted(log.size, "record", "records"),
                    counted(log.witnesses.len() as u64, "witness", "witnesses")
                ),
                "sources",
            ),
        ]
    }

    pub(super) fn scope(&self) -> Value {
        let report = self.report;
        let unseen: Vec<Value> = report
            .completeness
            .ways
            .iter()
            .filter(|way| way.looked != Looked::Yes)
            .map(|way| context! { title => way.title, part => way.looked == Looked::InPart, shown_by => shown_by(way.shown_by) })
            .collect();
        let since = report.completeness.gate_since.as_ref();
        context! {
            claim => report.completeness.claim,
            limits => report.limits,
            unseen,
            since => since.map(|since| context! { commit => since.commit, at => self.at(since.at) }),
        }
    }
}
