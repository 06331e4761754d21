//! Whose an account is, as atoms: who claims it on each side, and the rules by which names claim.

use std::collections::{BTreeMap, BTreeSet};

use glob::Pattern;
use serde_json::{Value, json};

use crate::access::{Links, UnitFacts, canonical, folds_case, mentioned};
use crate::facts::{Holder, Native, Text};
use crate::rules::LinkRule;

/// What one side says.
struct SideClaims {
    name: &'static str,
    /// Who claims an account in a manifest.
    written: BTreeMap<Native, BTreeSet<Holder>>,
    /// Who claims it at all.
    all: BTreeMap<Native, BTreeSet<Holder>>,
    /// Accounts that the side speaks of: rules claim no others.
    mentioned: BTreeSet<Native>,
    people: BTreeSet<Text>,
}

impl SideClaims {
    fn of(name: &'static str, units: &[UnitFacts], rules: &[LinkRule]) -> Self {
        let mut written: BTreeMap<Native, BTreeSet<Holder>> = BTreeMap::new();
        let facts = || units.iter().map(|unit| &unit.facts);
        for facts in facts() {
            let people = facts.people.iter().map(|person| (Holder::Person(person.id.clone()), &person.accounts));
            let services =
                facts.services.iter().map(|service| (Holder::Service(service.id.clone()), &service.accounts));
            for (holder, accounts) in people.chain(services) {
                for (account, _) in accounts {
                    written.entry(canonical(account)).or_default().insert(holder.clone());
                }
            }
        }
        let (links, gaps) = Links::of_tree(units, rules);
        let mut all: BTreeMap<Native, BTreeSet<Holder>> = BTreeMap::new();
        let open = gaps.iter().flat_map(|gap| gap.claims.iter().map(|(holder, _)| (&gap.account, holder)));
        for (account, holder) in links.iter().chain(open) {
            all.entry(account.clone()).or_default().insert(holder.clone());
        }
        Self {
            name,
            written,
            all,
            mentioned: facts().flat_map(|facts| mentioned(facts)).map(|(native, _)| canonical(native)).collect(),
            people: facts().flat_map(|facts| &facts.people).map(|person| person.id.clone()).collect(),
        }
    }
}

/// What decides whose accounts are, as far as it concerns some identities and accounts.
pub(super) struct LinkAtoms {
    /// Accounts with their name and the sides that speak of them.
    pub(super) accounts: BTreeMap<String, Value>,
    /// For each side, who claims an account in a manifest.
    pub(super) claims: Value,
    /// For each side, the people whom a rule may claim for.
    pub(super) people: Value,
    /// Rules, one for each system that one is about.
    pub(super) rules: Value,
}

/// Collects them. `holders` are those who are judged; `reached` are further accounts that ways lead to.
pub(super) fn link_atoms(
    head: &[UnitFacts],
    base: Option<&[UnitFacts]>,
    rules: &[LinkRule],
    holders: &BTreeSet<Holder>,
    reached: &BTreeSet<Native>,
) -> LinkAtoms {
    let mut sides = vec![SideClaims::of("head", head, rules)];
    sides.extend(base.map(|units| SideClaims::of("base", units, rules)));
    let (identities, mut accounts) = concerned(&sides, holders);
    accounts.extend(reached.iter().cloned());
    let mut claims = BTreeMap::new();
    let mut people = BTreeMap::new();
    for side in &sides {
        let written: BTreeMap<String, Vec<String>> = side
            .written
            .iter()
            .filter(|(account, _)| accounts.contains(account))
            .map(|(account, holders)| (format!("account:{account}"), holders.iter().map(ToString::to_string).collect()))
            .collect();
        claims.insert(side.name, written);
        let named = side.people.iter().filter(|id| identities.contains(&Holder::Person((*id).clone())));
        let named: Vec<Value> = named.map(|id| json!({ "id": &**id, "lower": id.to_lowercase() })).collect();
        people.insert(side.name, named);
    }
    let systems: BTreeSet<&Text> = accounts.iter().map(|account| &account.system).collect();
    let accounts = accounts
        .iter()
        .map(|account| {
            let named: Vec<&str> =
                sides.iter().filter(|side| side.mentioned.contains(account)).map(|side| side.name).collect();
            let value = json!({ "system": &*account.system, "name": &*account.name, "named": named });
            (format!("account:{account}"), value)
        })
        .collect();
    LinkAtoms { accounts, claims: json!(claims), people: json!(people), rules: rule_atoms(rules, &systems) }
}

/// Everyone who is connected with some holders by claims on either side, and the accounts.
fn concerned(sides: &[SideClaims], holders: &BTreeSet<Holder>) -> (BTreeSet<Holder>, BTreeSet<Native>) {
    let mut of: BTreeMap<&Holder, BTreeSet<&Native>> = BTreeMap::new();
    for (account, claimants) in sides.iter().flat_map(|side| &side.all) {
        for holder in claimants {
            of.entry(holder).or_default().insert(account);
        }
    }
    let (mut identities, mut accounts) = (BTreeSet::new(), BTreeSet::new());
    let mut open: Vec<Holder> = holders.iter().cloned().collect();
    while let Some(holder) = open.pop() {
        let found: Vec<&Native> = match &holder {
            Holder::Account(native) => vec![native],
            identity => of.get(identity).into_iter().flatten().copied().collect(),
        };
        for account in found {
            if accounts.insert(account.clone()) {
                open.extend(sides.iter().filter_map(|side| side.all.get(account)).flatten().cloned());
            }
        }
        identities.insert(holder);
    }
    (identities, accounts)
}

fn rule_atoms(rules: &[LinkRule], systems: &BTreeSet<&Text>) -> Value {
    let mut atoms = Vec::new();
    for rule in rules {
        let (Some((before, after)), Ok(pattern)) = (rule.account.split_once("{person}"), Pattern::new(&rule.system))
        else {
            continue;
        };
        for system in systems.iter().filter(|system| pattern.matches(system)) {
            let folds = folds_case(system);
            let text = |part: &str| if folds { part.to_lowercase() } else { part.to_owned() };
            atoms.push(json!({ "system": &***system, "before": text(before), "after": text(after), "folds": folds }));
        }
    }
    json!(atoms)
}
