//! A smallest edit that clears a finding, proven by evaluating the subject without it.

use super::finding::{Finding, Fix, Taken};
use super::indirect::is_indirect;
use super::proof::{self, ProofStep, StepKind};
use super::side::{Evaluator, Tree};
use crate::access::{Container, ContainerId, NodeId, Site, Without, place};
use crate::duties::{Arrival, Holdings, LeftOut, Matcher};
use crate::facts::{Statement, Text};

/// Types of system whose roles are what the system makes of them: who holds one can be changed, and not what it permits.
const FIXED_ROLES: [&str; 6] = ["github", "gitlab", "keycloak", "okta", "postgres", "snowflake"];

/// Most edits that are tried for one finding.
const MOST: usize = 12;

/// An edit that may clear a finding.
struct Edit {
    left_out: Out,
    site: Option<Site>,
    /// Whether base has what it takes away.
    old: bool,
    text: String,
    taken: Taken,
}

/// What an edit takes away.
#[derive(Clone, PartialEq, Eq)]
enum Out {
    Step(Without),
    Action { container: ContainerId, statement: u32, permission: Text },
    Resource { container: ContainerId, statement: u32, permission: Text, resource: String },
}

impl Out {
    fn left_out(&self) -> LeftOut<'_> {
        match self {
            Self::Step(without) => LeftOut::Step(*without),
            Self::Action { container, statement, permission } => {
                LeftOut::Action { container: *container, statement: *statement, permission }
            }
            Self::Resource { container, statement, permission, resource } => {
                LeftOut::Resource { container: *container, statement: *statement, permission, resource }
            }
        }
    }

    /// The less it takes away, the earlier it is tried: a resource of a permission, a permission, a grant, a step. What
    /// many share is changed last where the change did not bring it.
    fn order(&self, old: bool) -> u8 {
        match self {
            Self::Resource { .. } => u8::from(old) * 4,
            Self::Action { .. } => 1 + u8::from(old) * 4,
            Self::Step(Without::Grant(_)) => 2,
            Self::Step(Without::Edge(..)) => 3,
        }
    }
}

/// Looks for one edit that clears the finding. What the change itself adds is tried first.
pub(super) fn find(
    tree: &Tree<'_>,
    evaluator: &Evaluator<'_>,
    base: Option<&proof::Keys>,
    node: NodeId,
    finding: &Finding,
) -> Option<Fix> {
    // What an end would clear, a loss need not.
    if *finding.policy == *super::lasting::POLICY {
        return None;
    }
    let matcher = evaluator.matcher(tree);
    let mut holdings = matcher.principal(node);
    let looking = Looking { tree, evaluator, matcher: &matcher, base, finding };
    let mut edits = if looking.is_escalation() {
        holdings.escalations = tree.escalations(&matcher).of(&matcher, node);
        looking.of_escalation(&holdings)
    } else {
        looking.of_duties(&holdings)
    };
    edits.sort_by_key(|edit| (edit.old, edit.left_out.order(edit.old)));
    let mut tried: Vec<Out> = Vec::new();
    for edit in edits {
        // Taking the whole account away clears anything and helps nobody.
        if tried.contains(&edit.left_out) || is_ownership(tree, &edit.left_out) || tried.len() >= MOST {
            continue;
        }
        if looking.clears(node, edit.left_out.left_out()) {
            let place = place(&tree.graph.units, edit.site?);
            return Some(Fix { text: edit.text, place, taken: edit.taken });
        }
        tried.push(edit.left_out);
    }
    None
}

fn is_ownership(tree: &Tree<'_>, out: &Out) -> bool {
    match out {
        Out::Step(Without::Edge(node, edge)) => tree
            .graph
            .edges_of(*node)
            .get(*edge as usize)
            .is_some_and(|edge| edge.kind == crate::access::EdgeKind::Owns),
        _ => false,
    }
}

/// One finding whose fix is looked for.
struct Looking<'a> {
    tree: &'a Tree<'a>,
    evaluator: &'a Evaluator<'a>,
    matcher: &'a Matcher<'a>,
    base: Option<&'a proof::Keys>,
    finding: &'a Finding,
}

impl Looking<'_> {
    fn is_escalation(&self) -> bool {
        *self.finding.policy == *super::escalation::POLICY
    }

    fn of_duties(&self, holdings: &Holdings) -> Vec<Edit> {
        let catalogue = self.evaluator.catalogue;
        let mut edits = Vec::new();
        for held in &holdings.duties {
            let named =
                catalogue.duty(held.duty).filter(|duty| self.finding.duties.iter().any(|own| own.id == duty.id));
            if named.is_none() {
                continue;
            }
            for support in &held.supports {
                let steps = proof::steps(&self.tree.graph, &self.tree.matches, holdings, support);
                let granted: Vec<Option<Site>> =
                    steps.iter().filter(|step| matches!(step.kind, StepKind::Grant(_))).map(|step| step.site).collect();
                for step in steps {
                    match step.kind {
                        // What is granted where it is written is taken away as a grant.
                        StepKind::Permission(..) if granted.contains(&step.site) => {}
                        // Legs of a conflict are both wanted by somebody: whose they are is what has to change.
                        StepKind::Permission(container, statement) if self.finding.conflict.is_none() => {
                            let hits =
                                self.tree.matches.of(container).map(|own| own.hits.as_slice()).unwrap_or_default();
                            let leaves = hits.iter().filter(|hit| hit.statement == statement);
                            let leaves = leaves.filter_map(|hit| catalogue.leaf_at(hit.leaf));
                            let permissions = leaves.filter(|leaf| leaf.duty == held.duty).map(|leaf| &leaf.permission);
                            edits.extend(permissions.filter_map(|own| self.action(&step, (container, statement), own)));
                        }
                        _ => edits.extend(self.step(&step)),
                    }
                }
            }
        }
        edits
    }

    fn of_escalation(&self, holdings: &Holdings) -> Vec<Edit> {
        let graph = &self.tree.graph;
        let in_system = |system: &crate::access::SystemIdx| {
            graph.systems.get(*system).is_some_and(|own| self.finding.systems.contains(&own.id))
        };
        let mut edits = Vec::new();
        let ways = holdings.escalations.iter().filter(|way| in_system(&way.system));
        // What others hold on the way is theirs; the subject's own steps are the first.
        for own in ways.filter_map(|way| way.steps.first()) {
            let Some(rule) = self.evaluator.catalogue.escalations.get(own.rule) else { continue };
            for step in proof::steps(graph, &self.tree.matches, holdings, &own.support) {
                let StepKind::Permission(container, statement) = step.kind else {
                    edits.extend(self.step(&step));
                    continue;
                };
                for (permission, is_on_target) in self.evaluator.catalogue.escalations.permissions(rule) {
                    if let (true, Arrival::Holder(target)) = (is_on_target, own.arrival) {
                        edits.extend(self.resource(&step, (container, statement), permission, target));
                    }
                    edits.extend(self.action(&step, (container, statement), permission));
                }
            }
        }
        edits
    }

    fn is_old(&self, step: &ProofStep) -> bool {
        self.base.is_none_or(|base| base.has(step.key))
    }

    fn step(&self, step: &ProofStep) -> Option<Edit> {
        let (StepKind::Grant(without) | StepKind::Edge(without)) = step.kind else { return None };
        let text = words(self.tree, without, &step.text);
        let old = self.is_old(step);
        Some(Edit { left_out: Out::Step(without), site: step.site, old, text, taken: Taken::All })
    }

    /// A role whose permissions somebody has written out, so that they can be edited.
    fn written(&self, id: ContainerId) -> Option<&Container> {
        let own = self.tree.graph.container(id)?;
        let kind = &self.tree.graph.systems.get(own.system)?.kind;
        (!FIXED_ROLES.contains(&&**kind)).then_some(own)
    }

    /// A permission taken out of a statement that is written in the tree.
    fn action(&self, step: &ProofStep, (container, number): (ContainerId, u32), permission: &Text) -> Option<Edit> {
        let own = self.written(container)?;
        let (statement, site) = own.statements.get(number as usize)?;
        let (how, taken) = taken_out(statement, permission)?;
        let left_out = Out::Action { container, statement: number, permission: permission.clone() };
        let text = format!("{how} in {}", proof::role_name(own));
        Some(Edit { left_out, site: Some((*site)?), old: self.is_old(step), text, taken })
    }

    /// One resource taken out of what a permission is given on.
    fn resource(
        &self,
        step: &ProofStep,
        (container, number): (ContainerId, u32),
        permission: &Text,
        target: NodeId,
    ) -> Option<Edit> {
        use crate::facts::Holder;
        let own = self.written(container)?;
        let (statement, site) = own.statements.get(number as usize)?;
        let holder = &self.tree.graph.node(target)?.holder;
        let (Holder::Account(native) | Holder::Group(native)) = holder else { return None };
        if !statement.actions.cover(permission, true) {
            return None;
        }
        let resource = self.tree.graph.resource_name(native);
        let left_out = Out::Resource { container, statement: number, permission: permission.clone(), resource };
        let text = format!("name what {permission} is needed on in {}, without {holder}", proof::role_name(own));
        Some(Edit { left_out, site: Some((*site)?), old: self.is_old(step), text, taken: Taken::Rewritten })
    }

    /// Whether nothing of the finding is left.
    fn clears(&self, node: NodeId, left_out: LeftOut<'_>) -> bool {
        let system = |idx: crate::access::SystemIdx| self.tree.graph.systems.get(idx).map(|system| system.id.clone());
        if self.is_escalation() {
            let left = self.tree.escalations(self.matcher).without(self.matcher, node, left_out);
            return !left.iter().any(|way| system(way.system).is_some_and(|id| self.finding.systems.contains(&id)));
        }
        let holdings = self.matcher.principal_without(node, Some(left_out));
        let catalogue = self.evaluator.catalogue;
        match &self.finding.conflict {
            Some(conflict) => !holdings.conflicts.iter().any(|met| {
                let counts = |own| self.finding.indirect.is_some() || !is_indirect(&self.tree.graph, own);
                met.meetings.iter().any(counts)
                    && catalogue.conflict(met.conflict).is_some_and(|known| known.id == conflict.id)
                    && met.systems.iter().filter_map(|idx| system(*idx)).eq(self.finding.systems.iter().cloned())
            }),
            // A permission without a duty is told by nothing that is looked at here.
            None if self.finding.duties.iter().any(|own| catalogue.find_duty(&own.id).is_none()) => false,
            None => !holdings.duties.iter().any(|held| {
                let systems = &self.finding.systems;
                catalogue
                    .duty(held.duty)
                    .is_some_and(|duty| self.finding.duties.iter().any(|wanted| wanted.id == duty.id))
                    && system(held.system).is_some_and(|system| systems.is_empty() || systems.contains(&system))
            }),
        }
    }
}

/// How a permission is taken out of what a statement lists, in words; `None` when the statement does not give it.
fn taken_out(statement: &Statement, permission: &str) -> Option<(String, Taken)> {
    let actions = &statement.actions;
    if !actions.cover(permission, true) {
        return None;
    }
    if actions.negated {
        return Some((format!("except {permission} too"), Taken::Rewritten));
    }
    let by = actions.list.iter().find(|own| crate::access::covers(own, permission, true))?;
    Some(if by.eq_ignore_ascii_case(permission) && !permission.contains('*') {
        (format!("take out {permission}"), Taken::Permission(by.clone()))
    } else if permission.contains('*') {
        (format!("name the actions that are needed instead of {by}"), Taken::Rewritten)
    } else {
        (format!("name the actions that are needed instead of {by}, without {permission},"), Taken::Rewritten)
    })
}

fn words(tree: &Tree<'_>, without: Without, fallback: &str) -> String {
    match without {
        Without::Grant(id) => tree.graph.grant(id).and_then(|grant| tree.graph.container(grant.container)).map_or_else(
            || format!("remove: {fallback}"),
            |container| {
                let holder = fallback.split(" is granted ").next().unwrap_or_default();
                format!("remove {} from {holder}", proof::role_name(container))
            },
        ),
        Without::Edge(..) => match fallback.split_once(" belongs to ") {
            Some((member, group)) => format!("take {member} out of {group}"),
            None => format!("remove: {fallback}"),
        },
    }
}
