//! Tests of one, versions, frameworks, where the facts come from, and how to verify them.

use minijinja::{Value, context};

use super::super::charts;
use super::super::words::{commands, counted, short};
use super::{Page, markup};
use crate::evidence::RecordId;

impl Page<'_> {
    pub(super) fn tests(&self) -> Value {
        let example = |id: Option<RecordId>| id.map(|id| short(&id.to_string()).to_owned());
        let rows: Vec<Value> = self
            .report
            .policies
            .iter()
            .map(|own| {
                let own_examples = &own.examples;
                context! {
                    policy => self.anchors.policy(&own.id),
                    evaluations => own.evaluations,
                    examples => [own_examples.allowed, own_examples.denied, own_examples.accepted, own_examples.error].map(example),
                }
            })
            .collect();
        context! { rows }
    }

    pub(super) fn versions(&self) -> Value {
        let versions = &self.report.completeness.versions;
        let rows: Vec<Value> = versions
            .iter()
            .map(|own| {
                context! {
                    engine => own.engine,
                    rules => own.rules,
                    short => short(&own.rules),
                    first => self.at(own.first),
                    last => self.at(own.last),
                    evaluations => own.evaluations,
                }
            })
            .collect();
        context! { rows, chart => (!versions.is_empty()).then(|| markup(&charts::versions(self.report))) }
    }

    pub(super) fn frameworks(&self) -> Value {
        let all: Vec<Value> = self
            .report
            .frameworks
            .iter()
            .map(|own| {
                let requirements: Vec<Value> = own
                    .requirements
                    .iter()
                    .map(|(id, policies)| {
                        let policies: Vec<Value> = policies.iter().map(|policy| self.anchors.policy(policy)).collect();
                        context! { id, policies }
                    })
                    .collect();
                context! { id => own.id, title => own.title, requirements }
            })
            .collect();
        context! { all }
    }

    pub(super) fn sources(&self) -> Value {
        let (complete, log) = (&self.report.completeness, &self.report.log);
        let facts: Vec<Value> =
            self.report.sources.iter().map(|own| context! { what => own.what, digest => own.digest }).collect();
        let refused: Vec<Value> = complete
            .refused
            .iter()
            .map(|own| {
                let id = own.record.to_string();
                context! { short => short(&id), id, what => own.what }
            })
            .collect();
        context! {
            facts,
            refused,
            records => counted(log.size, "record", "records"),
        }
    }

    pub(super) fn verify(&self) -> Value {
        let steps: Vec<Value> =
            commands(self.report).into_iter().map(|(what, command)| context! { what, command }).collect();
        context! { steps, landed => self.report.completeness.landed }
    }
}
