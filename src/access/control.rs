//! Who controls a service identity: whoever answers for it, and whoever may change what it does.
//!
//! What it holds they hold indirectly, as people do what a pipeline holds that they may write. That is never certain: it
//! takes a change of its instructions or its credentials, which leaves a trace that access alone does not show.

use super::build::Builder;
use super::graph::EdgeKind;
use super::units::Site;
use crate::facts::{Condition, Constrains, Holder, ServiceFact, Text, Validity};
use crate::formats::pipelines::INDIRECT;

impl Builder<'_> {
    /// The ways from a service identity's owner and operators to it. Whoever is declared nowhere is nobody to judge.
    pub(super) fn control(&mut self, unit: u32, service: &ServiceFact) {
        let owner = service.owner.iter().map(|own| (own, "the owner"));
        let operators = service.operators.iter().map(|own| (own, "an operator"));
        let mut known: Vec<&Text> = Vec::new();
        for ((person, origin), part) in owner.chain(operators) {
            let holder = Holder::Person(person.clone());
            if known.contains(&person) || self.graph.find(self.links.identity(&holder)).is_none() {
                continue;
            }
            known.push(person);
            let (from, to) = (self.holder(&holder), self.holder(&Holder::Service(service.id.clone())));
            let condition = Condition::new(INDIRECT, control_text(part, &service.id), Constrains::Yes);
            let conditions = self.graph.intern_conditions(&[condition]);
            let site = Site { unit, origin: *origin };
            self.edge(from, to, EdgeKind::Controls, Validity::default(), conditions, site);
        }
    }
}

fn control_text(part: &str, service: &str) -> String {
    format!("indirectly, as {part} of service:{service}")
}
