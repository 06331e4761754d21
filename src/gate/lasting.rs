//! How long privileged duties are held, where the configuration asks for an end.

use super::side::{Evaluator, Tree};
use crate::access::{NodeId, PrincipalKind};
use crate::duties::{HeldDuty, Holdings, Support};
use crate::facts::AccountKind;
use crate::formats::pipelines::INDIRECT;
use crate::policy::input::{GrantLimitsInput, PrincipalInput, SpanInput};

/// The policy over grants without an end. What clears its findings is an end, not the loss of the grant.
pub(super) const POLICY: &str = "CS-GRANT-005";

/// Keys of conditions under which a duty is not held as one's own and all the time: what must be activated ends by itself,
/// and what somebody else's job does ends with that job's grant.
const BOUNDED: [&str; 3] = ["activation", INDIRECT, "token"];

impl Evaluator<'_> {
    /// The document of a principal with how long it holds what needs an end, where it is asked.
    pub(super) fn with_limits(
        &self,
        mut input: PrincipalInput,
        tree: &Tree<'_>,
        node: NodeId,
        kind: PrincipalKind,
        holdings: &Holdings,
    ) -> PrincipalInput {
        let asked = &self.rules.config.grants.privileged;
        let Some(max_days) = asked.max_days else { return input };
        let account = tree.graph.node(node).and_then(|node| node.account);
        let is_workload = match kind {
            PrincipalKind::Person => false,
            PrincipalKind::Service => true,
            PrincipalKind::Account => matches!(
                account,
                Some(AccountKind::AssumedRole | AccountKind::ServiceAccount | AccountKind::CloudService)
            ),
            // Who has tokens of an issuer is a workload there; a group of a directory is people.
            PrincipalKind::Group => input.name.starts_with("federated:") || input.name.starts_with("principalSet:"),
        };
        if is_workload && !asked.workloads || input.privileged_duties.is_empty() {
            return input;
        }
        for duty in &mut input.privileged_duties {
            let held = holdings.duties.iter().find(|held| {
                self.catalogue.duty(held.duty).is_some_and(|own| *own.id == *duty.id)
                    && tree.graph.systems.get(held.system).is_some_and(|system| *system.id == *duty.system)
            });
            duty.spans = held.map(|held| self.spans(tree, held)).unwrap_or_default();
        }
        input.grant_limits = Some(GrantLimitsInput { max_days });
        input
    }

    fn spans(&self, tree: &Tree<'_>, held: &HeldDuty) -> Vec<SpanInput> {
        let is_own = |support: &&Support| {
            let mut conditions = support.conditions.iter().filter_map(|id| tree.graph.condition(*id));
            // What comes along with a wider duty ends with that.
            support.via.is_none()
                && support.under.is_none()
                && !conditions.any(|condition| BOUNDED.contains(&&*condition.key))
        };
        let spans = held.supports.iter().filter(is_own).map(|support| support.validity);
        let spans: std::collections::BTreeSet<_> = spans.collect();
        spans.into_iter().map(|span| SpanInput { from: span.from, until: span.until }).collect()
    }
}
