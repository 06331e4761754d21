//! Turns what a policy says of a subject into a finding: extent, locations, paths, everything a reader needs.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::finding::{
    ConflictRef, ControlRef, DutyRef, Extent, ExtentPart, Finding, Fingerprint, Indirect, Leg, Location, LocationRole,
    Side, Subject, SubjectKind, Tier,
};
use super::indirect::{self, CONFLICT, Directness};
use super::inputs;
use super::proof::{self, Keys, ProofStep, StepKind};
use super::side::{Evaluator, Tree};
use super::standing::Basis;
use crate::access::{Container, NodeId, Place, PrincipalKind, Site, SystemIdx, place};
use crate::duties::{Duty, Holdings, Meeting, MetConflict, Support};
use crate::facts::{CredentialFact, Native, Text};
use crate::formats::NotLowered;
use crate::policy::{Policy, RawFinding, When};
use crate::rules::instead_of;

/// Types of system whose bindings are conventions of one customer rather than a vendor's fixed names: their
/// conflicts warn until the ruleset has an owner.
pub const ERP_KINDS: &[&str] = &["sap", "netsuite", "ebs", "fusion", "workday", "d365"];

/// Makes findings of one tree.
pub(super) struct Describe<'a> {
    pub(super) tree: &'a Tree<'a>,
    pub(super) evaluator: &'a Evaluator<'a>,
    /// What base says, so that what is new can be marked.
    pub(super) base: Option<&'a Keys>,
}

/// What a finding is about, as far as it has a path.
#[derive(Default)]
pub(super) struct Substance {
    pub(super) extent: Extent,
    pub(super) conflict: Option<ConflictRef>,
    pub(super) duties: Vec<DutyRef>,
    pub(super) implied: Vec<Arc<str>>,
    pub(super) explained_by: Option<Arc<str>>,
    pub(super) via_roles: Vec<Option<Arc<str>>>,
    pub(super) under: Option<Arc<str>>,
    pub(super) legs: Vec<Leg>,
    pub(super) locations: Vec<Location>,
    pub(super) erp: bool,
    pub(super) in_scope: bool,
    /// What to do, where more can be said than of the policy.
    pub(super) remedy: Option<String>,
    /// Of what is held indirectly: whether nothing else stands in the way of it.
    pub(super) unguarded: bool,
}

impl Describe<'_> {
    /// A finding about a principal.
    pub(super) fn principal(
        &self,
        policy: &Policy,
        raw: &RawFinding,
        node: NodeId,
        kind: PrincipalKind,
        holdings: &Holdings,
        basis: &Basis,
    ) -> Finding {
        let holder = self.tree.graph.node(node).map(|node| self.tree.name(&node.holder));
        let subject = Subject {
            kind: match kind {
                PrincipalKind::Person => SubjectKind::Person,
                PrincipalKind::Service => SubjectKind::Service,
                PrincipalKind::Account => SubjectKind::Account,
                PrincipalKind::Group => SubjectKind::Group,
            },
            id: holder.map(ToString::to_string).unwrap_or_default().into(),
            name: holder.map(inputs::name_of).unwrap_or_default().into(),
        };
        let mut substance = if raw.conflict.is_none() && raw.duty.is_none() {
            self.beside_duties(policy, raw, basis)
        } else {
            self.substance(policy, raw, holdings)
        };
        if substance.locations.is_empty()
            && let Some(site) = self.tree.graph.node(node).and_then(|node| node.site)
        {
            substance.locations.extend(self.location(site, LocationRole::Primary, "is declared here", true));
        }
        let unguarded = substance.unguarded;
        let mut finding = self.finding(policy, raw, subject, substance);
        if policy.metadata.custom.when == Some(When::IndirectConflicts) {
            let direct = Fingerprint::new(CONFLICT, &finding.subject.id, &about(raw), &finding.systems);
            finding.indirect = Some(Indirect { direct, unguarded });
        }
        if finding.tier == Tier::Declared {
            finding.tier = super::standing::tier(policy, basis);
        }
        finding
    }

    /// A finding about a role.
    pub(super) fn role(
        &self,
        policy: &Policy,
        raw: &RawFinding,
        container: &Container,
        holdings: &Holdings,
    ) -> Finding {
        let id = container.role.as_ref().map(|role| format!("role:{role}")).unwrap_or_default();
        let subject = Subject { kind: SubjectKind::Role, id: id.into(), name: proof::role_name(container) };
        let mut substance = self.substance(policy, raw, holdings);
        substance.explained_by = None;
        if substance.locations.is_empty()
            && let Some(site) = container.site
        {
            substance.locations.extend(self.location(site, LocationRole::Primary, "is defined here", true));
        }
        self.finding(policy, raw, subject, substance)
    }

    /// A finding about what guards others.
    pub(super) fn of_guardrail(
        &self,
        policy: &Policy,
        raw: &RawFinding,
        role: &Native,
        substance: Substance,
    ) -> Finding {
        let subject = Subject { kind: SubjectKind::Role, id: format!("role:{role}").into(), name: role.name.clone() };
        self.finding(policy, raw, subject, substance)
    }

    /// A finding about a credential.
    pub(super) fn credential(&self, policy: &Policy, raw: &RawFinding, fact: &CredentialFact, site: Site) -> Finding {
        let subject = Subject {
            kind: SubjectKind::Credential,
            id: format!("credential:{}", fact.id).into(),
            name: fact.id.name.clone(),
        };
        let mut finding = self.at(policy, raw, subject, site, "is declared here");
        finding.credential = Some(fact.id.name.clone());
        // What fits this very thing comes before what is said of all.
        if let Some(instead) = fact.detail.declared_as.as_deref().and_then(instead_of) {
            finding.remediation = format!("{instead} {}", finding.remediation).into();
        }
        // A credential that lives longer than before goes further than before.
        let until = match fact.lifetime {
            crate::facts::Lifetime::Until(until) => Some(until),
            _ => None,
        };
        finding.extent = Extent(vec![ExtentPart {
            scope: crate::facts::scope::Scope::unknown(),
            held: crate::duties::Certainty::Certain,
            conditions: BTreeSet::new(),
            apart: None,
            until,
            what: None,
        }]);
        finding
    }

    /// A finding about a file that was not lowered. It is known by its bytes, so that a move changes nothing.
    pub(super) fn file(&self, policy: &Policy, raw: &RawFinding, found: &NotLowered) -> Finding {
        let identity = found.digest.map_or_else(|| found.file.to_string(), |digest| digest.to_string());
        let subject = Subject {
            kind: SubjectKind::Document,
            id: format!("document:{identity}").into(),
            name: found.file.clone(),
        };
        let place = Place { file: found.file.clone(), span: found.span.unwrap_or_default() };
        self.document(policy, raw, subject, place, &found.reason)
    }

    /// A finding about a part of a file, with what makes it the same part elsewhere.
    pub(super) fn part(
        &self,
        policy: &Policy,
        raw: &RawFinding,
        place: &Place,
        identity: &str,
        reason: &str,
    ) -> Finding {
        let subject = Subject {
            kind: SubjectKind::Document,
            id: format!("document:{identity}").into(),
            name: place.file.clone(),
        };
        self.document(policy, raw, subject, place.clone(), reason)
    }

    fn document(&self, policy: &Policy, raw: &RawFinding, subject: Subject, place: Place, reason: &str) -> Finding {
        let in_scope = self.evaluator.rules.in_scope.matches(&place.file);
        let location = Location {
            side: self.tree.side,
            place,
            role: LocationRole::Primary,
            text: reason.to_owned(),
            added: false,
        };
        let substance = Substance { locations: vec![location], in_scope, ..Substance::default() };
        self.finding(policy, raw, subject, substance)
    }

    pub(super) fn at(&self, policy: &Policy, raw: &RawFinding, subject: Subject, site: Site, text: &str) -> Finding {
        let location = self.location(site, LocationRole::Primary, text, false);
        let in_scope =
            location.as_ref().is_some_and(|location| self.evaluator.rules.in_scope.matches(&location.place.file));
        let substance = Substance { locations: location.into_iter().collect(), in_scope, ..Substance::default() };
        self.finding(policy, raw, subject, substance)
    }

    pub(super) fn location(&self, site: Site, role: LocationRole, text: &str, added: bool) -> Option<Location> {
        let place = place(&self.tree.graph.units, site)?;
        Some(Location {
            side: self.tree.side,
            place,
            role,
            text: text.to_owned(),
            added: added && self.base.is_some() && self.tree.side == Side::Head,
        })
    }

    pub(super) fn finding(&self, policy: &Policy, raw: &RawFinding, subject: Subject, substance: Substance) -> Finding {
        let about = about(raw);
        let mut systems: Vec<Arc<str>> = raw.systems.iter().map(|system| system.as_str().into()).collect();
        systems.sort();
        systems.dedup();
        let metadata = &policy.metadata;
        let imported = |location: &Location| super::outside::is_imported(self.tree.files, &location.place.file);
        let observed = substance.locations.iter().any(imported);
        Finding {
            policy: policy.id.as_str().into(),
            title: metadata.title.as_str().into(),
            severity: raw.severity.unwrap_or(metadata.custom.severity),
            fingerprint: Fingerprint::new(&policy.id, &subject.id, &about, &systems),
            subject,
            systems,
            extent: substance.extent,
            message: raw.message.clone(),
            private: raw.private.clone(),
            conflict: substance.conflict,
            duties: substance.duties,
            implied: substance.implied,
            credential: raw.credential.as_deref().map(Arc::from),
            explained_by: substance.explained_by,
            via_roles: substance.via_roles,
            under: substance.under,
            locations: substance.locations,
            legs: substance.legs,
            tier: if observed { Tier::Observed } else { Tier::Declared },
            frameworks: self.frameworks(policy),
            remediation: substance.remedy.as_deref().unwrap_or(&metadata.custom.remediation).into(),
            erp: substance.erp,
            in_scope: substance.in_scope,
            indirect: None,
        }
    }

    fn frameworks(&self, policy: &Policy) -> Vec<ControlRef> {
        let mapped = self.evaluator.rules.frameworks.iter().flat_map(|framework| {
            framework.controls.iter().filter(|control| control.policies.contains(&policy.id)).map(|control| {
                ControlRef { framework: framework.metadata.id.value.clone(), control: control.id.value.clone() }
            })
        });
        let own = policy.metadata.custom.frameworks.iter().filter_map(|text| {
            let (framework, control) = text.split_once(' ')?;
            Some(ControlRef { framework: framework.to_owned(), control: control.to_owned() })
        });
        let mut all: Vec<ControlRef> = mapped.chain(own).collect();
        all.sort();
        all.dedup();
        all
    }

    /// What stands behind a finding that names a conflict or a duty.
    fn substance(&self, policy: &Policy, raw: &RawFinding, holdings: &Holdings) -> Substance {
        if policy.metadata.custom.when == Some(When::Escalations) {
            return self.escalation(raw, holdings);
        }
        let which = Directness::of(policy.metadata.custom.when);
        if let Some(id) = &raw.conflict {
            let wanted: BTreeSet<&str> = raw.systems.iter().map(String::as_str).collect();
            let met = holdings.conflicts.iter().find(|met| {
                let catalogue = self.evaluator.catalogue;
                catalogue.conflict(met.conflict).is_some_and(|conflict| *conflict.id == **id)
                    && (wanted.is_empty()
                        || met.systems.iter().map(|system| self.system(*system)).collect::<BTreeSet<_>>() == wanted)
            });
            return met.map(|met| self.conflict(met, holdings, which)).unwrap_or_default();
        }
        if let Some(id) = &raw.duty {
            return self.duty(id, raw.systems.first().map(String::as_str), holdings);
        }
        Substance::default()
    }

    fn system(&self, system: SystemIdx) -> &str {
        self.tree.graph.systems.get(system).map_or("", |system| &system.id)
    }

    fn is_erp(&self, system: SystemIdx) -> bool {
        self.tree.graph.systems.get(system).is_some_and(|system| ERP_KINDS.contains(&&*system.kind))
    }

    fn conflict(&self, met: &MetConflict, holdings: &Holdings, which: Directness) -> Substance {
        let (catalogue, graph) = (self.evaluator.catalogue, &self.tree.graph);
        let Some(conflict) = catalogue.conflict(met.conflict) else { return Substance::default() };
        let meetings = indirect::meetings(graph, met, which);
        let ordinary = meetings.iter().any(|meeting| meeting.under.is_none());
        let told = meetings.iter().filter(|meeting| self.tells(ordinary, meeting.under.is_some()));
        let parts = told.map(|meeting| ExtentPart {
            scope: meeting.on.clone(),
            held: meeting.certainty,
            conditions: meeting
                .legs
                .iter()
                .filter_map(|leg| self.support(holdings, *leg))
                .flat_map(|support| self.conditions(support))
                .collect(),
            apart: Some(meeting.apart),
            until: meeting.validity.until,
            what: None,
        });
        let mut substance = Substance {
            extent: Extent(parts.collect()),
            conflict: Some(ConflictRef {
                id: conflict.id.clone(),
                title: conflict.title.clone(),
                risk: conflict.risk.clone(),
                owner: conflict.owner.clone(),
                ruleset: conflict.ruleset.clone(),
                dimensions: conflict.dimensions.iter().map(|dimension| dimension.0.clone()).collect(),
            }),
            erp: met.systems.iter().any(|system| self.is_erp(*system)),
            unguarded: which == Directness::Indirect && indirect::ways(graph, &meetings).guards.is_empty(),
            ..Substance::default()
        };
        let Some(shown) = self.to_show(&meetings, holdings) else { return substance };
        substance.explained_by = shown
            .role
            .and_then(|role| self.tree.graph.container(role))
            .and_then(|container| container.role.as_ref())
            .map(|role| format!("role:{role}").into());
        substance.under = meetings
            .iter()
            .map(|meeting| meeting.under)
            .reduce(|a, b| if a == b { a } else { None })
            .flatten()
            .and_then(|under| catalogue.duty(under))
            .map(|duty| duty.id.clone());
        for leg in &shown.legs {
            let Some(held) = holdings.duties.get(leg.0 as usize) else { continue };
            let (Some(duty), Some(support)) = (catalogue.duty(held.duty), self.support(holdings, *leg)) else {
                continue;
            };
            if !substance.duties.iter().any(|known| known.id == duty.id) {
                substance.duties.push(DutyRef { id: duty.id.clone(), title: duty.title.clone() });
            }
            self.leg(duty, held.system, support, holdings, &mut substance);
        }
        order_locations(&mut substance.locations);
        substance
    }

    /// Whether one way of holding counts for the extent. What comes along with a wide duty beside ordinary grants is
    /// that duty's finding to tell; in base it counts, so that dropping the wide duty brings nothing new to light.
    fn tells(&self, ordinary: bool, under: bool) -> bool {
        !(ordinary && under) || self.tree.side == Side::Base
    }

    /// The meeting to show: the strongest; among equals one that the change brings, which is what a reader can act on.
    fn to_show<'m>(&self, meetings: &[&'m Meeting], holdings: &Holdings) -> Option<&'m Meeting> {
        let first = *meetings.first()?;
        let added = |meeting: &Meeting| {
            meeting
                .legs
                .iter()
                .filter_map(|leg| self.support(holdings, *leg))
                .flat_map(|support| self.steps(holdings, support))
                .any(|step| self.added(&step))
        };
        meetings
            .iter()
            .copied()
            .filter(|meeting| meeting.certainty == first.certainty && meeting.under.is_some() == first.under.is_some())
            .find(|meeting| added(meeting))
            .or(Some(first))
    }

    fn duty(&self, id: &str, system: Option<&str>, holdings: &Holdings) -> Substance {
        let catalogue = self.evaluator.catalogue;
        let held = holdings.duties.iter().find(|held| {
            catalogue.duty(held.duty).is_some_and(|duty| *duty.id == *id)
                && system.is_none_or(|system| self.system(held.system) == system)
        });
        let Some((held, duty)) = held.and_then(|held| Some((held, catalogue.duty(held.duty)?))) else {
            return Substance::default();
        };
        let own = || held.supports.iter().filter(|support| support.via.is_none());
        let ordinary = own().any(|support| support.under.is_none());
        let told = own().filter(|support| self.tells(ordinary, support.under.is_some()));
        let parts = told.map(|support| ExtentPart {
            scope: (*support.scope).clone(),
            held: support.certainty,
            conditions: self.conditions(support).collect(),
            apart: None,
            until: support.validity.until,
            what: None,
        });
        let mut substance = Substance {
            extent: Extent(parts.collect()),
            duties: vec![DutyRef { id: duty.id.clone(), title: duty.title.clone() }],
            erp: self.is_erp(held.system),
            ..Substance::default()
        };
        substance.under = own()
            .map(|support| support.under)
            .reduce(|a, b| if a == b { a } else { None })
            .flatten()
            .and_then(|under| catalogue.duty(under))
            .map(|duty| duty.id.clone());
        substance.implied = self.implied(held.duty, holdings);
        substance.via_roles = own().map(|support| self.role_of(holdings, support)).collect();
        substance.via_roles.sort();
        substance.via_roles.dedup();
        let shown = own().find(|support| self.steps(holdings, support).iter().any(|step| self.added(step)));
        if let Some(support) = shown.or_else(|| own().next()) {
            substance.explained_by = self.role_of(holdings, support);
            self.leg(duty, held.system, support, holdings, &mut substance);
        }
        order_locations(&mut substance.locations);
        substance
    }

    /// Conflicts and privileged duties that come along with a wide duty and are not printed by themselves.
    fn implied(&self, wide: crate::duties::DutyIdx, holdings: &Holdings) -> Vec<Arc<str>> {
        let catalogue = self.evaluator.catalogue;
        let conflicts = holdings
            .conflicts
            .iter()
            .filter(|met| !met.meetings.is_empty() && met.meetings.iter().all(|meeting| meeting.under == Some(wide)));
        let mut ids: Vec<Arc<str>> =
            conflicts.filter_map(|met| catalogue.conflict(met.conflict)).map(|conflict| conflict.id.clone()).collect();
        let duties = holdings
            .duties
            .iter()
            .filter(|held| held.duty != wide && held.supports.iter().any(|support| support.under == Some(wide)));
        ids.extend(
            duties
                .filter_map(|held| catalogue.duty(held.duty))
                .filter(|duty| duty.privileged.is_some())
                .map(|duty| duty.id.clone()),
        );
        ids.sort();
        ids.dedup();
        ids
    }

    /// The role by which a duty is held; `None` for a grant without one.
    pub(super) fn role_of(&self, holdings: &Holdings, support: &Support) -> Option<Arc<str>> {
        let held = holdings.held.get(support.held as usize)?;
        let role = self.tree.graph.container(held.container)?.role.as_ref()?;
        Some(format!("role:{role}").into())
    }

    fn support<'h>(&self, holdings: &'h Holdings, leg: (u32, u32)) -> Option<&'h Support> {
        holdings.duties.get(leg.0 as usize)?.supports.get(leg.1 as usize)
    }

    pub(super) fn conditions<'h>(&'h self, support: &'h Support) -> impl Iterator<Item = Arc<str>> + 'h {
        support
            .conditions
            .iter()
            .filter_map(|id| self.tree.graph.condition(*id))
            .map(|condition| condition.text.clone())
    }

    fn steps(&self, holdings: &Holdings, support: &Support) -> Vec<ProofStep> {
        proof::steps(&self.tree.graph, &self.tree.matches, holdings, support)
    }

    pub(super) fn added(&self, step: &ProofStep) -> bool {
        self.tree.side == Side::Head && self.base.is_some_and(|base| !base.has(step.key)) && step.site.is_some()
    }

    fn leg(&self, duty: &Duty, system: SystemIdx, support: &Support, holdings: &Holdings, substance: &mut Substance) {
        self.leg_to((&duty.id, &duty.title), system, support, holdings, substance);
    }

    /// A leg to something of an id and a title.
    pub(super) fn leg_to(
        &self,
        (id, title): (&Text, &Text),
        system: SystemIdx,
        support: &Support,
        holdings: &Holdings,
        substance: &mut Substance,
    ) {
        let steps = self.steps(holdings, support);
        substance.in_scope |= proof::in_scope(&self.tree.graph, &self.evaluator.rules.in_scope, &steps);
        let scope = proof::scope_words(&support.scope);
        let on = if scope.is_empty() { String::new() } else { format!(" ({scope})") };
        for step in &steps {
            let added = self.added(step);
            let text = match step.kind {
                StepKind::Permission(..) => format!("confers {title}{on}"),
                StepKind::Grant(_) if added => {
                    format!("this change adds the duty to {title}{on}: {}", step.text)
                }
                StepKind::Grant(_) => step.text.clone(),
                _ if added => format!("this change adds: {}", step.text),
                // Other steps are on the path; only what is new among them is worth a place in the source.
                _ => continue,
            };
            if let Some(mut location) =
                step.site.and_then(|site| self.location(site, LocationRole::Related, &text, true))
            {
                location.added &= added;
                substance.locations.push(location);
            }
        }
        substance.legs.push(Leg {
            duty: id.clone(),
            title: title.clone(),
            system: self.system(system).into(),
            steps: steps.iter().map(|step| proof::shown(&self.tree.graph, self.tree.side, step)).collect(),
        });
    }
}

/// What a raw finding is about.
fn about(raw: &RawFinding) -> Vec<&str> {
    [&raw.conflict, &raw.duty, &raw.credential, &raw.key].into_iter().flatten().map(String::as_str).collect()
}

/// One location a place; the first that the change adds is the primary one, else the first grant.
pub(super) fn order_locations(locations: &mut Vec<Location>) {
    let mut seen = BTreeSet::new();
    locations.retain(|location| seen.insert((location.place.clone(), location.text.clone())));
    let primary = locations.iter().position(|location| location.added).unwrap_or(0);
    if let Some(location) = locations.get_mut(primary) {
        location.role = LocationRole::Primary;
    }
}
