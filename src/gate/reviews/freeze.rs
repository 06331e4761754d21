//! What a campaign freezes: the items that it covers, with what a reviewer needs to decide, and who that is.

use std::collections::{BTreeMap, BTreeSet};

use glob::Pattern;

use crate::access::{AccessKind, Contents, Graph, Item, Place, items_in, place};
use crate::duties::{Holdings, Matcher};
use crate::facts::{Holder, ServiceFact};
use crate::gate::proof::statement_words;
use crate::rules::{
    Approval, Approved, Campaign, Covers, Flag, FrozenItem, Instant, ItemKind, LastChange, Records, ReviewerRule,
};

/// Most statements of permissions without a role that an item tells.
const MOST_PERMITS: usize = 12;

/// What is frozen, and from what.
pub struct Freezing<'a> {
    /// The graph, the catalogue, and the instant.
    pub matcher: &'a Matcher<'a>,
    /// The records beside it.
    pub records: &'a Records,
    /// What is covered.
    pub covers: &'a Covers,
}

/// An item before anybody reviews it, with the places that grant it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The item; its last change and its reviewer are not known yet.
    pub item: FrozenItem,
    /// Where it is granted.
    pub places: BTreeSet<Place>,
}

/// Everything that a campaign covers, by principal and by what is held.
///
/// # Errors
/// A text of what is covered that is not a glob.
pub fn freeze(freezing: &Freezing<'_>) -> Result<Vec<Draft>, String> {
    let globs = |texts: &[String]| -> Result<Vec<Pattern>, String> {
        let read = |text: &String| Pattern::new(text).map_err(|error| format!("`{text}` is not a glob: {}", error.msg));
        texts.iter().map(read).collect()
    };
    let (systems, principals) = (globs(&freezing.covers.systems)?, globs(&freezing.covers.principals)?);
    let meant = |patterns: &[Pattern], id: &str| patterns.is_empty() || patterns.iter().any(|own| own.matches(id));
    let graph = freezing.matcher.graph;
    let mut contents = Contents::default();
    let mut all = Vec::new();
    for (node, _) in graph.principals() {
        let Some(holder) = graph.node(node).map(|node| &node.holder) else { continue };
        let id = holder.to_string();
        if !meant(&principals, &id) {
            continue;
        }
        let holdings = freezing.matcher.principal(node);
        for item in items_in(graph, node, &holdings.reach, freezing.matcher.as_of, &mut contents) {
            if !meant(&systems, &item.system) {
                continue;
            }
            let draft = freezing.draft(holder, &holdings, item);
            if !freezing.covers.privileged || draft.item.flags().next().is_some() {
                all.push(draft);
            }
        }
    }
    Ok(all)
}

impl Freezing<'_> {
    fn draft(&self, holder: &Holder, holdings: &Holdings, item: Item) -> Draft {
        let graph = self.matcher.graph;
        let principal = holder.to_string();
        let grants = item.held.iter().filter_map(|at| graph.grant(holdings.reach.held.get(*at as usize)?.grant));
        let grants: Vec<_> = grants.collect();
        let texts = |text: &dyn Fn(&crate::access::Grant) -> Option<String>| -> Vec<String> {
            let all: BTreeSet<String> = grants.iter().filter_map(|grant| text(grant)).collect();
            all.into_iter().collect()
        };
        let (duties, privileged) = self.duties(holdings, &item);
        let container = item.container.and_then(|id| graph.container(id));
        let bare = container.filter(|container| container.role.is_none());
        let statements = bare.iter().flat_map(|container| &container.statements);
        let mut permits: Vec<String> = statements.map(|(statement, _)| statement_words(statement)).collect();
        if permits.len() > MOST_PERMITS {
            let more = permits.len() - MOST_PERMITS;
            permits.truncate(MOST_PERMITS);
            permits.push(format!("and {more} more"));
        }
        let frozen = FrozenItem {
            item: item.digest,
            what: item.what.to_string(),
            kind: match item.kind {
                AccessKind::Grant => ItemKind::Grant,
                AccessKind::Membership => ItemKind::Membership,
                AccessKind::ActsAs => ItemKind::ActsAs,
            },
            system: item.system.to_string(),
            scope: item.scope.lists(),
            from: item.validity.from.map(Instant::from_seconds),
            until: item.validity.until.map(Instant::from_seconds),
            conditions: item.conditions.clone(),
            contents: item.contents,
            permits,
            accounts: item.accounts.iter().filter(|account| **account != principal).cloned().collect(),
            subjects: subjects(graph, holder),
            why: item.paths.clone(),
            justifications: texts(&|grant| grant.justification.as_ref().map(ToString::to_string)),
            tickets: texts(&|grant| grant.ticket.as_ref().map(ToString::to_string)),
            duties,
            conflicts: self.conflicts(holdings, &item),
            approvals: self.approvals(&principal, &item, &privileged),
            privileged,
            changed: None,
            reviewer: None,
            principal,
        };
        let places = item.sites.iter().filter_map(|site| place(&graph.units, *site)).collect();
        Draft { item: frozen, places }
    }

    /// The duties that an item gives or takes part in giving, and the privileged ones among them.
    fn duties(&self, holdings: &Holdings, item: &Item) -> (Vec<Flag>, Vec<Flag>) {
        let (mut all, mut privileged) = (BTreeSet::new(), BTreeSet::new());
        for held in &holdings.duties {
            let Some(duty) = self.matcher.catalogue.duty(held.duty) else { continue };
            let mut parts = held.supports.iter().flat_map(|support| support.parts());
            if parts.any(|(at, ..)| item.held.contains(&at)) {
                let flag = Flag { id: duty.id.to_string(), title: duty.title.to_string() };
                if duty.privileged.is_some() {
                    privileged.insert(flag.clone());
                }
                all.insert(flag);
            }
        }
        (all.into_iter().collect(), privileged.into_iter().collect())
    }

    fn conflicts(&self, holdings: &Holdings, item: &Item) -> Vec<Flag> {
        let mut flags = BTreeSet::new();
        for met in &holdings.conflicts {
            let Some(conflict) = self.matcher.catalogue.conflict(met.conflict) else { continue };
            let supports = met
                .meetings
                .iter()
                .flat_map(|meeting| &meeting.legs)
                .filter_map(|(duty, support)| holdings.duties.get(*duty as usize)?.supports.get(*support as usize));
            let mut parts = supports.flat_map(|support| support.parts());
            if parts.any(|(at, ..)| item.held.contains(&at)) {
                flags.insert(Flag { id: conflict.id.to_string(), title: conflict.title.to_string() });
            }
        }
        flags.into_iter().collect()
    }

    /// The approvals whose time it is and that name a privileged duty of the item. Whether one counts is not asked here.
    fn approvals(&self, principal: &str, item: &Item, privileged: &[Flag]) -> Vec<String> {
        let as_of = self.matcher.as_of;
        let named = |approval: &&Approval| {
            let duty = match &approval.approved {
                Approved::Duty { subjects, duty } if subjects.iter().any(|own| own == principal) => duty,
                Approved::ByRole { role, duty } if **role == *item.what => duty,
                _ => return false,
            };
            let system = approval.system.as_ref().is_none_or(|system| **system == *item.system);
            let begun = approval.terms.not_before.is_none_or(|from| from <= as_of);
            system && begun && as_of < approval.terms.expires && privileged.iter().any(|flag| flag.id == *duty)
        };
        self.records.approvals.iter().filter(named).map(|approval| approval.terms.id.clone()).collect()
    }
}

/// The people whose access something is: nobody of them reviews it. Of a service identity that is whoever operates it, or its
/// owner where no operator is named.
fn subjects(graph: &Graph, holder: &Holder) -> Vec<String> {
    let person = |id: &str| format!("person:{id}");
    match holder {
        Holder::Person(id) => vec![person(id)],
        Holder::Service(id) => {
            let services = services(graph, id);
            let operators: BTreeSet<String> =
                services.iter().flat_map(|own| &own.operators).map(|(id, _)| person(id)).collect();
            let owners = services.iter().filter_map(|own| own.owner.as_ref()).map(|(id, _)| person(id));
            if operators.is_empty() { owners.collect::<BTreeSet<_>>() } else { operators }.into_iter().collect()
        }
        Holder::Account(_) | Holder::Group(_) => Vec::new(),
    }
}

fn services<'g>(graph: &'g Graph, id: &str) -> Vec<&'g ServiceFact> {
    graph.units.iter().flat_map(|unit| &unit.facts.services).filter(|own| *own.id == *id).collect()
}

/// Finds who reviews each item: the first of whom the rule and then the other one name who works here, whose access it is not,
/// who reports to nobody whose it is, and who did not write its grant. Nobody where there is none.
pub fn assign(
    drafts: &mut [Draft],
    changes: &BTreeMap<Place, LastChange>,
    graph: &Graph,
    rule: ReviewerRule,
    as_of: i64,
) {
    for draft in drafts {
        let changed = draft.places.iter().filter_map(|place| changes.get(place));
        draft.item.changed = changed.max_by_key(|change| (change.at, change.commit.clone())).cloned();
        draft.item.reviewer = reviewer(&draft.item, graph, rule, as_of);
    }
}

fn reviewer(item: &FrozenItem, graph: &Graph, rule: ReviewerRule, as_of: i64) -> Option<String> {
    let people = candidates(item, graph, rule).into_iter().map(|id| format!("person:{id}"));
    people.into_iter().find(|person| may_review(item, person, graph, as_of))
}

/// Whether somebody may decide about an item: they work here, it is not their access, they report to nobody whose it is, and
/// they did not write its grant.
#[must_use]
pub fn may_review(item: &FrozenItem, person: &str, graph: &Graph, as_of: i64) -> bool {
    let Some(id) = person.strip_prefix("person:") else { return false };
    let people = &graph.people;
    let reports = |subject: &String| people.reports_to(id, subject.strip_prefix("person:").unwrap_or(subject));
    let wrote = item.changed.as_ref().and_then(|change| change.person.as_deref()) == Some(person);
    let own = item.subjects.iter().any(|subject| subject == person || reports(subject));
    people.is_active(id, as_of) && !own && !wrote
}

/// The people whom the rule and then the other one name, whether or not they can.
fn candidates(item: &FrozenItem, graph: &Graph, rule: ReviewerRule) -> Vec<String> {
    let people = &graph.people;
    let managed: Vec<String> = match item.principal.split_once(':') {
        Some(("person", id)) => vec![id.to_owned()],
        Some(("service", id)) => {
            services(graph, id).iter().filter_map(|own| own.owner.as_ref()).map(|(id, _)| id.to_string()).collect()
        }
        _ => Vec::new(),
    };
    let managers = managed.iter().flat_map(|id| people.managers(id)).map(str::to_owned);
    let system = graph.systems.iter().find(|system| *system.id == *item.system);
    let owner = system.and_then(|system| system.owner.as_ref()).map(ToString::to_string);
    let mut candidates: Vec<String> = managers.collect();
    match rule {
        ReviewerRule::Manager => candidates.extend(owner),
        ReviewerRule::SystemOwner => candidates = owner.into_iter().chain(candidates).collect(),
    }
    candidates
}

/// In how far a campaign that a change opens is not what the tree declares: how many items of the tree it leaves out, and how
/// many it has that are otherwise, or whose reviewer no rule names. Who wrote a grant is not known here.
pub(in crate::gate) fn unlike(campaign: &Campaign, freezing: &Freezing<'_>) -> (usize, usize) {
    let bare = |item: &FrozenItem| FrozenItem { changed: None, reviewer: None, approvals: Vec::new(), ..item.clone() };
    // A glob that cannot be read covers nothing, so that everything it froze is otherwise.
    let declared = freeze(freezing).unwrap_or_default();
    let declared: BTreeMap<_, _> = declared.into_iter().map(|draft| (draft.item.item, bare(&draft.item))).collect();
    let graph = freezing.matcher.graph;
    let named = |item: &FrozenItem| {
        let people = candidates(item, graph, campaign.opening.reviewer);
        item.reviewer.as_ref().is_none_or(|own| people.iter().any(|id| own.strip_prefix("person:") == Some(id)))
    };
    let same = |item: &&FrozenItem| declared.get(&item.item) == Some(&bare(item)) && named(item);
    let alike = campaign.items.iter().filter(same).count();
    let known = campaign.items.iter().filter(|item| declared.contains_key(&item.item)).count();
    (declared.len() - known, campaign.items.len() - alike)
}
