//! The documents that policies read, made from the graph and what follows from it.

use super::indirect::{self, Directness};
use crate::access::{Graph, NodeId, PrincipalKind};
use crate::duties::{Catalogue, Certainty, Holdings};
use crate::facts::{Gap, Holder, PersonStatus};
use crate::policy::input::{ConflictInput, DutyInput, PrincipalInput, RoleInput, UnlinkedInput};
use crate::rules::ConflictKind;

pub(super) fn status_word(status: PersonStatus) -> &'static str {
    match status {
        PersonStatus::Active => "active",
        PersonStatus::Leave => "leave",
        PersonStatus::Departed => "departed",
    }
}

pub(super) fn kind_word(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::Person => "person",
        PrincipalKind::Service => "service",
        PrincipalKind::Account => "account",
        PrincipalKind::Group => "group",
    }
}

pub(super) fn gap_word(gap: Gap) -> &'static str {
    match gap {
        Gap::Broken => "broken",
        Gap::Unsupported => "unsupported",
        Gap::Dangling => "dangling",
        Gap::Ambiguous => "ambiguous",
        Gap::DefinedTwice => "defined_twice",
        Gap::Unknown => "unknown",
        Gap::NotRead => "not_read",
    }
}

/// The last part of an id: what people call it.
pub(super) fn name_of(holder: &Holder) -> String {
    match holder {
        Holder::Person(id) | Holder::Service(id) => id.to_string(),
        Holder::Account(native) | Holder::Group(native) => native.name.to_string(),
    }
}

fn system_name(graph: &Graph, system: crate::access::SystemIdx) -> String {
    graph.systems.get(system).map(|system| system.id.to_string()).unwrap_or_default()
}

fn unique<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    items.fold(Vec::new(), |mut all, item| {
        if !all.contains(&item) {
            all.push(item);
        }
        all
    })
}

pub(super) fn duties(graph: &Graph, catalogue: &Catalogue, holdings: &Holdings) -> Vec<DutyInput> {
    holdings
        .duties
        .iter()
        .filter_map(|held| {
            let duty = catalogue.duty(held.duty)?;
            let best = held.supports.iter().map(|support| support.certainty).max().unwrap_or(Certainty::Unknown);
            Some(DutyInput {
                id: duty.id.to_string(),
                title: duty.title.to_string(),
                system: system_name(graph, held.system),
                held: best.as_str(),
                severity: duty.privileged.map(crate::rules::Severity::as_str),
                open_ended: duty.privileged.is_some() && duty.open_ended,
                scopes: unique(held.supports.iter().map(|support| support.scope.lists())),
                spans: Vec::new(),
            })
        })
        .collect()
}

/// Privileged duties that the subject holds by permissions of its own, not only because a wider one includes them.
pub(super) fn privileged(graph: &Graph, catalogue: &Catalogue, holdings: &Holdings) -> Vec<DutyInput> {
    let own = |input: &DutyInput| {
        holdings.duties.iter().any(|held| {
            catalogue.duty(held.duty).is_some_and(|duty| *duty.id == *input.id)
                && system_name(graph, held.system) == input.system
                && held.supports.iter().any(|support| support.via.is_none())
        })
    };
    duties(graph, catalogue, holdings).into_iter().filter(|duty| duty.severity.is_some() && own(duty)).collect()
}

pub(super) fn conflicts(
    graph: &Graph,
    catalogue: &Catalogue,
    holdings: &Holdings,
    which: Directness,
) -> Vec<ConflictInput> {
    holdings
        .conflicts
        .iter()
        .filter_map(|met| {
            let conflict = catalogue.conflict(met.conflict)?;
            debug_assert_eq!(conflict.kind, ConflictKind::Static);
            let meetings = indirect::meetings(graph, met, which);
            let best = meetings.iter().max_by_key(|meeting| meeting.certainty)?;
            let ways = match which {
                Directness::Direct => indirect::Ways::default(),
                Directness::Indirect => indirect::ways(graph, &meetings),
            };
            let duties = unique(best.legs.iter().filter_map(|(number, _)| {
                let held = holdings.duties.get(*number as usize)?;
                catalogue.duty(held.duty).map(|duty| duty.id.to_string())
            }));
            Some(ConflictInput {
                id: conflict.id.to_string(),
                title: conflict.title.to_string(),
                severity: conflict.severity.as_str(),
                duties,
                systems: met.systems.iter().map(|system| system_name(graph, *system)).collect(),
                held: best.certainty.as_str(),
                apart: best.apart.as_str(),
                on: unique(meetings.iter().map(|meeting| meeting.on.lists())),
                risk: conflict.risk.to_string(),
                owner: conflict.owner.to_string(),
                through: ways.through,
                guards: ways.guards,
            })
        })
        .collect()
}

/// The document of a principal.
#[expect(clippy::too_many_arguments, reason = "a document has as many sources")]
pub(super) fn principal(
    graph: &Graph,
    catalogue: &Catalogue,
    node: NodeId,
    kind: PrincipalKind,
    status: Option<PersonStatus>,
    holdings: &Holdings,
    unlinked: Vec<UnlinkedInput>,
    basis: &super::standing::Basis,
) -> PrincipalInput {
    let holder = graph.node(node).map(|node| &node.holder);
    let accounts = graph.with_accounts(node).skip(1).filter_map(|account| graph.node(account));
    let accounts = accounts.map(|account| account.holder.to_string());
    let mut accounts: Vec<String> = accounts.collect();
    accounts.sort();
    PrincipalInput {
        id: holder.map(ToString::to_string).unwrap_or_default(),
        kind: kind_word(kind),
        name: holder.map(name_of).unwrap_or_default(),
        status: status.map(status_word),
        accounts,
        duties: duties(graph, catalogue, holdings),
        privileged_duties: privileged(graph, catalogue, holdings),
        conflicts: conflicts(graph, catalogue, holdings, Directness::Direct),
        indirect_conflicts: conflicts(graph, catalogue, holdings, Directness::Indirect),
        escalations: super::escalation::inputs(graph, catalogue, holdings),
        unlinked,
        employment: basis.employment.clone(),
        access: basis.access_input(),
        attribution: basis.attribution.clone(),
        trusts: basis.trusts.iter().map(|trust| trust.input.clone()).collect(),
        guards: basis.guards.iter().map(|guard| guard.input.clone()).collect(),
        grant_limits: None,
    }
}

/// A document that stands alone, as the principal that will hold it. Its conflicts are the role's own finding.
pub(super) fn future_holder(role: &RoleInput) -> PrincipalInput {
    PrincipalInput {
        id: role.id.clone(),
        kind: "role",
        name: format!("whoever holds {}", role.name),
        duties: role.duties.clone(),
        privileged_duties: role.privileged_duties.clone(),
        escalations: role.escalations.clone(),
        ..nobody()
    }
}

/// A principal of whom nothing is said.
pub(super) fn nobody() -> PrincipalInput {
    PrincipalInput {
        id: String::new(),
        kind: "",
        name: String::new(),
        status: None,
        accounts: Vec::new(),
        duties: Vec::new(),
        privileged_duties: Vec::new(),
        conflicts: Vec::new(),
        indirect_conflicts: Vec::new(),
        escalations: Vec::new(),
        unlinked: Vec::new(),
        employment: None,
        access: Vec::new(),
        attribution: None,
        trusts: Vec::new(),
        guards: Vec::new(),
        grant_limits: None,
    }
}

/// The document of a role.
pub(super) fn role(
    graph: &Graph,
    catalogue: &Catalogue,
    container: &crate::access::Container,
    holdings: &Holdings,
) -> Option<RoleInput> {
    let role = container.role.as_ref()?;
    Some(RoleInput {
        id: format!("role:{role}"),
        name: role.name.to_string(),
        system: role.system.to_string(),
        duties: duties(graph, catalogue, holdings),
        privileged_duties: privileged(graph, catalogue, holdings),
        conflicts: conflicts(graph, catalogue, holdings, Directness::Direct),
        escalations: super::escalation::inputs(graph, catalogue, holdings),
    })
}
