//! Findings: how many, for how long, and what let them pass.

use minijinja::{Value, context};

use super::super::charts;
use super::super::model::Position;
use super::super::words::rank;
use super::{Page, markup};
use crate::history::Exposure;

impl Page<'_> {
    pub(super) fn findings(&self) -> Value {
        let report = self.report;
        let row = |name: &str, own: &Position| {
            context! {
                name,
                opening => own.opening,
                introduced => own.introduced,
                resolved => own.resolved,
                closing => own.closing,
                accepted => own.closing_accepted,
                days => own.days,
            }
        };
        let rows: Vec<Value> = report.by_severity.iter().map(|own| row(&own.severity, &own.position)).collect();
        let conflicts: Vec<Value> = charts::by_conflict(report)
            .into_iter()
            .flat_map(|(conflict, cells)| {
                let row = move |(system, cell): (&str, charts::Cell)| context! { conflict, system, found => cell.found, open => cell.open };
                cells.into_iter().map(row)
            })
            .collect();
        context! {
            chart => markup(&charts::findings(report)),
            rows,
            all => row("all", &report.position),
            conflict_chart => charts::conflicts(report).map(|chart| markup(&chart)),
            conflicts,
            policies => report.policies.len(),
        }
    }

    pub(super) fn exposure(&self) -> Value {
        let report = self.report;
        let rows: Vec<Value> = charts::longest(report).into_iter().map(|own| self.finding(own)).collect();
        context! {
            chart => markup(&charts::exposures(report)),
            days => report.position.days,
            all => report.exposures.len(),
            again => report.exposures.iter().filter(|own| own.spans.len() > 1).count(),
            rows,
        }
    }

    fn finding(&self, own: &Exposure) -> Value {
        let last = self.report.completeness.frame.period.to.saturating_sub(1).min(self.report.as_of.seconds());
        let spans: Vec<Value> = own
            .spans
            .iter()
            .map(|span| {
                context! {
                    from => self.at(span.from),
                    from_commit => self.anchors.landing(&span.from_commit),
                    shown => span.from_record.is_some(),
                    since_before => span.since_before,
                    to => span.to.map(|to| self.at(to)),
                    accepted_by => span.accepted_by.iter().map(|record| self.anchors.record(record)).collect::<Vec<_>>(),
                    to_commit => span.to_commit.as_deref().map(|commit| self.anchors.landing(commit)),
                }
            })
            .collect();
        let (shape, standing) = match (own.at(last), own.accepted) {
            (true, true) => ("◆", "there, accepted"),
            (true, false) => ("▲", "there"),
            (false, _) => ("●", "gone"),
        };
        context! {
            link => self.anchors.finding(&own.fingerprint),
            fingerprint => own.fingerprint,
            policy => self.anchors.policy(&own.policy),
            severity => own.severity,
            rank => rank(&own.severity),
            subject => own.subject,
            conflict => own.conflict,
            duties => own.duties,
            systems => own.systems,
            observed_in => own.observed_in,
            spans,
            accepted_by => own.accepted_by.iter().map(|record| self.anchors.record(record)).collect::<Vec<_>>(),
            days => own.days,
            shape,
            standing,
        }
    }

    pub(super) fn accepted(&self) -> Value {
        let rows: Vec<Value> = self
            .report
            .accepted
            .iter()
            .map(|own| {
                context! {
                    link => self.anchors.record(&own.record),
                    landings => own.landings.iter().map(|commit| self.anchors.landing(commit)).collect::<Vec<_>>(),
                    findings => own.findings.iter().map(|finding| self.anchors.finding(finding)).collect::<Vec<_>>(),
                }
            })
            .collect();
        context! { rows, landed => self.report.completeness.landed, findings => self.report.exposures.len() }
    }
}
