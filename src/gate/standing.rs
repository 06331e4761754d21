//! Where people stand, and what their access has to answer to.
//!
//! Both sides of a comparison are judged under the union of both sides' departures, as they are under the union of
//! their links. So whoever records a departure is not blamed for the access that remains: base has it under the same
//! light, and what base could not see by its own facts is *revealed*, by knowledge. And a change that takes a departure
//! back hides nothing: for the length of that change the person counts as gone, and the return itself is a finding.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::describe::{Describe, Substance};
use super::finding::{Extent, ExtentPart, Location, LocationRole, Tier};
use super::guards::LostGuard;
use super::proof;
use super::trusting::Stranger;
use crate::access::{
    Access, AccessKind, Departure, Departures, Graph, LinkGap, NodeId, Site, Told, UnitFacts, Workforce, held,
    union_of_departures,
};
use crate::duties::{Certainty, Holdings};
use crate::facts::{AccountKind, Holder, Text};
use crate::policy::input::{AccessInput, AttributionInput, EmploymentInput};
use crate::policy::{Policy, RawFinding, When};
use crate::rules::People;

/// What is known of people when a tree is judged.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    /// Whom the tree declares, under what was imported: who owns, approves and authors.
    pub(super) people: Arc<Workforce>,
    /// Who counts as gone for what they hold.
    departed: Arc<Departures>,
    /// Who has left as the target says and is back as the change says.
    returned: Arc<BTreeSet<Text>>,
}

/// What is known of people on both sides.
pub(super) struct Standings {
    pub(super) head: Standing,
    pub(super) base: Standing,
    /// Base by its own facts alone; `None` where head says nothing else.
    pub(super) before: Option<Standing>,
}

impl Standings {
    pub(super) fn of(head: &[UnitFacts], base: Option<&[UnitFacts]>, imported: Option<&People>, as_of: i64) -> Self {
        let head = Arc::new(Workforce::of(head, imported));
        let head_departed = head.departures(as_of);
        let Some(base) = base.map(|base| Arc::new(Workforce::of(base, imported))) else {
            let head = Standing { people: head, departed: Arc::new(head_departed), returned: Arc::default() };
            return Self { head, base: Standing::default(), before: None };
        };
        let own = base.departures(as_of);
        // What manifests say is compared, whatever an import says of the same person.
        let declared = |departures: &Departures, id: &Text| {
            departures.get(id).is_some_and(|departure| departure.told != Told::Imported)
        };
        let back = |id: &Text| declared(&own, id) && !declared(&head_departed, id) && head.declares(id);
        let returned = own.keys().filter(|id| back(id)).cloned().collect();
        let departed = Arc::new(union_of_departures(&own, &head_departed));
        let before = (!departed.keys().eq(own.keys())).then(|| Standing {
            people: base.clone(),
            departed: Arc::new(own),
            returned: Arc::default(),
        });
        Self {
            head: Standing { people: head, departed: departed.clone(), returned: Arc::new(returned) },
            base: Standing { people: base, departed, returned: Arc::default() },
            before,
        }
    }
}

/// What a finding about a principal may rest on beside its duties.
#[derive(Default)]
pub(super) struct Basis {
    /// What it holds, whatever that confers.
    pub(super) access: Vec<Access>,
    /// Of an account: who claims it, and where.
    claims: Vec<(Holder, Site)>,
    departure: Option<Departure>,
    /// What a policy is told of the employment.
    pub(super) employment: Option<EmploymentInput>,
    /// What a policy is told of whose it is.
    pub(super) attribution: Option<AttributionInput>,
    /// Strangers whom it lets act as it.
    pub(super) trusts: Vec<Stranger>,
    /// Guards that it loses.
    pub(super) guards: Vec<LostGuard>,
}

impl Basis {
    /// What a policy is told of what is held.
    pub(super) fn access_input(&self) -> Vec<AccessInput> {
        if self.employment.is_none() {
            return Vec::new();
        }
        let input = |access: &Access| AccessInput {
            id: access.id.to_string(),
            kind: match access.kind {
                AccessKind::Grant => "grant",
                AccessKind::Membership => "membership",
                AccessKind::ActsAs => "acts_as",
            },
            system: access.system.to_string(),
            from: access.validity.from,
            until: access.validity.until,
        };
        self.access.iter().map(input).collect()
    }
}

/// The accounts that several identities claim, by their nodes.
pub(super) fn claimed<'g>(graph: &Graph, gaps: &'g [LinkGap]) -> BTreeMap<NodeId, &'g LinkGap> {
    let node = |gap: &LinkGap| graph.find(&Holder::Account(gap.account.clone()));
    gaps.iter().filter(|gap| gap.claims.len() > 1).filter_map(|gap| Some((node(gap)?, gap))).collect()
}

/// What there is to say of a principal beside its duties; most have nothing.
pub(super) fn basis(
    graph: &Graph,
    standing: &Standing,
    node: NodeId,
    claim: Option<&LinkGap>,
    holdings: &Holdings,
    much: bool,
    as_of: i64,
) -> Basis {
    let mut basis = Basis::default();
    match graph.node(node).map(|node| (&node.holder, node)) {
        Some((Holder::Person(id), _)) => {
            basis.departure = standing.departed.get(id).copied();
            let returned = standing.returned.contains(id);
            let position_since = standing.people.moved(id, as_of);
            if basis.departure.is_some() || returned || position_since.is_some() {
                basis.access = held(graph, node, as_of);
                basis.employment = Some(EmploymentInput {
                    departed: basis.departure.is_some(),
                    ended: basis.departure.and_then(|departure| departure.ended),
                    returned,
                    position_since,
                });
            }
        }
        Some((Holder::Account(native), account)) => {
            let nobodys = claim.is_none() && !account.owned && (much || !holdings.conflicts.is_empty());
            if claim.is_none() && !nobodys {
                return basis;
            }
            basis.access = held(graph, node, as_of);
            if basis.access.is_empty() {
                return basis;
            }
            basis.claims = claim.map(|claim| claim.claims.clone()).unwrap_or_default();
            basis.attribution = Some(AttributionInput {
                system: native.system.to_string(),
                account: account.account.map(account_word),
                claimed_by: basis.claims.iter().map(|(holder, _)| holder.to_string()).collect(),
            });
        }
        _ => {}
    }
    basis
}

fn account_word(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::User => "user",
        AccountKind::AssumedRole => "assumed_role",
        AccountKind::ServiceAccount => "service_account",
        AccountKind::CloudService => "cloud_service",
    }
}

impl Describe<'_> {
    /// What stands behind a finding that names things that are held, or whose an account is.
    pub(super) fn beside_duties(&self, policy: &Policy, raw: &RawFinding, basis: &Basis) -> Substance {
        match policy.metadata.custom.when {
            Some(When::Trusts) => return self.of_trusts(raw, &basis.trusts),
            Some(When::Guards) => return self.of_guards(raw, &basis.guards),
            _ => {}
        }
        let mut substance = Substance::default();
        let mut add = |location: Option<Location>| {
            if let Some(location) = location
                && !substance.locations.iter().any(|known| known.place == location.place)
            {
                substance.in_scope |= self.evaluator.rules.in_scope.matches(&location.place.file);
                substance.locations.push(location);
            }
        };
        let named: Vec<&Access> =
            basis.access.iter().filter(|access| raw.access.iter().any(|id| **id == *access.id)).collect();
        for access in &named {
            let text = access_words(access);
            add(self.location(access.site, LocationRole::Related, &text, self.is_new(access)));
        }
        if policy.metadata.custom.when == Some(When::Attribution) {
            for (holder, site) in &basis.claims {
                add(self.location(*site, LocationRole::Related, &format!("{holder} claims it here"), false));
            }
            if let (true, Some(access)) = (basis.claims.is_empty(), basis.access.first()) {
                add(self.location(access.site, LocationRole::Related, &access_words(access), self.is_new(access)));
            }
        }
        let parts = named.iter().map(|access| ExtentPart {
            scope: access.scope.clone(),
            held: Certainty::Certain,
            conditions: BTreeSet::new(),
            apart: None,
            until: access.validity.until,
            what: Some(access.id.clone()),
        });
        // The same thing by two ways is one.
        substance.extent = Extent(parts.collect::<BTreeSet<ExtentPart>>().into_iter().collect());
        super::describe::order_locations(&mut substance.locations);
        substance
    }

    fn is_new(&self, access: &Access) -> bool {
        self.base.is_some_and(|base| proof::is_new(&self.tree.graph, base, access))
    }
}

/// Where the facts of a finding come from: manifests are declared, imports observed.
pub(super) fn tier(policy: &Policy, basis: &Basis) -> Tier {
    match (policy.metadata.custom.when, basis.departure) {
        (Some(When::Employment), Some(departure)) => match departure.told {
            Told::Declared => Tier::Declared,
            Told::Imported => Tier::Observed,
            Told::Both => Tier::Reconciled,
        },
        (Some(When::Employment), None) if basis.employment.as_ref().is_some_and(|own| own.position_since.is_some()) => {
            Tier::Observed
        }
        _ => Tier::Declared,
    }
}

fn access_words(access: &Access) -> String {
    let name = access.id.split_once(':').map_or(&*access.id, |(_, rest)| rest);
    let name = name.strip_prefix(&*access.system).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name);
    match access.kind {
        AccessKind::Grant if access.id.starts_with("permissions:") => "is granted permissions here".to_owned(),
        AccessKind::Grant => format!("is granted {name}"),
        AccessKind::Membership => format!("belongs to {name}"),
        AccessKind::ActsAs => format!("may act as {name}"),
    }
}
