//! Which account belongs to which person or service identity.
//!
//! Links come from manifests and configured rules only. An account that two identities claim is linked to nobody and
//! reported. A comparison judges both sides under the union of both sides' links, so that taking a link away does not
//! make a conflict disappear.

use std::collections::{BTreeMap, BTreeSet};

use glob::Pattern;

use super::units::{Site, UnitFacts};
use crate::facts::{Facts, Gap, Holder, Native, Origin, Text, Trusted};
use crate::rules::LinkRule;

/// Accounts and whose they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// The identity of an account.
    of: BTreeMap<Native, Holder>,
    /// Identities that count as another one, since an account moved between them in the comparison.
    same: BTreeMap<Holder, Holder>,
}

/// A link that could not be made.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkGap {
    /// Which kind.
    pub gap: Gap,
    /// Why, in words.
    pub reason: String,
    /// Where the last claim is written.
    pub site: Site,
    /// The account, as its system compares names.
    pub account: Native,
    /// Everyone who claims it, and where that is written.
    pub claims: Vec<(Holder, Site)>,
}

/// An account's name as its system compares it.
///
/// GitHub logins do not distinguish case (<https://docs.github.com/en/rest/users/users>).
#[must_use]
pub fn canonical(account: &Native) -> Native {
    if folds_case(&account.system) && account.name.bytes().any(|b| b.is_ascii_uppercase()) {
        Native { system: account.system.clone(), name: account.name.to_lowercase().into() }
    } else {
        account.clone()
    }
}

/// Whether a system compares names without regard to case.
#[must_use]
pub fn folds_case(system: &str) -> bool {
    system.starts_with("github:")
}

impl Links {
    /// The links of one tree.
    #[must_use]
    pub fn of_tree(units: &[UnitFacts], rules: &[LinkRule]) -> (Self, Vec<LinkGap>) {
        let mut claims: BTreeMap<Native, BTreeMap<Holder, Site>> = BTreeMap::new();
        for (unit, facts) in each(units) {
            for person in &facts.people {
                for (account, origin) in &person.accounts {
                    claims
                        .entry(canonical(account))
                        .or_default()
                        .insert(Holder::Person(person.id.clone()), Site { unit, origin: *origin });
                }
            }
            for service in &facts.services {
                for (account, origin) in &service.accounts {
                    claims
                        .entry(canonical(account))
                        .or_default()
                        .insert(Holder::Service(service.id.clone()), Site { unit, origin: *origin });
                }
            }
        }
        claim_by_rule(units, rules, &mut claims);
        let mut links = Self::default();
        let mut gaps = Vec::new();
        for (account, holders) in claims {
            let claims: Vec<(Holder, Site)> = holders.into_iter().collect();
            match claims.as_slice() {
                [(holder, _)] => {
                    links.of.insert(account, holder.clone());
                }
                [(first, _), (second, site), ..] => gaps.push(LinkGap {
                    gap: Gap::Ambiguous,
                    reason: format!("the account {account} is claimed by {first} and by {second}"),
                    site: *site,
                    account,
                    claims,
                }),
                [] => {}
            }
        }
        (links, gaps)
    }

    /// Whose an account is.
    #[must_use]
    pub fn owner(&self, account: &Native) -> Option<&Holder> {
        self.of.get(&canonical(account)).map(|holder| self.identity(holder))
    }

    /// The identity that an identity counts as.
    #[must_use]
    pub fn identity<'a>(&'a self, holder: &'a Holder) -> &'a Holder {
        let mut at = holder;
        // Chains are short and acyclic: an entry is only made between different ends.
        while let Some(next) = self.same.get(at) {
            at = next;
        }
        at
    }

    /// All links, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Native, &Holder)> {
        self.of.iter()
    }

    /// What both sides of a comparison are judged under. Where they differ, both identities count as one: head's.
    #[must_use]
    pub fn union(base: &Self, head: &Self) -> Self {
        let mut both = head.clone();
        for (account, before) in &base.of {
            match head.of.get(account) {
                None => {
                    both.of.insert(account.clone(), before.clone());
                }
                Some(after) if after != before => {
                    let (from, to) = (both.identity(before).clone(), both.identity(after).clone());
                    if from != to {
                        both.same.insert(from, to);
                    }
                }
                Some(_) => {}
            }
        }
        both
    }

    /// Accounts whose identity head takes away or changes, with what it was and what it is.
    pub fn lost<'a>(
        base: &'a Self,
        head: &'a Self,
    ) -> impl Iterator<Item = (&'a Native, &'a Holder, Option<&'a Holder>)> {
        base.of.iter().filter_map(|(account, before)| {
            let after = head.of.get(account);
            (after != Some(before)).then_some((account, before, after))
        })
    }
}

fn each(units: &[UnitFacts]) -> impl Iterator<Item = (u32, &Facts)> {
    units.iter().enumerate().map(|(i, unit)| (u32::try_from(i).unwrap_or(u32::MAX), &*unit.facts))
}

/// Accounts whose name follows from a person's id by a configured rule.
fn claim_by_rule(units: &[UnitFacts], rules: &[LinkRule], claims: &mut BTreeMap<Native, BTreeMap<Holder, Site>>) {
    let compiled: Vec<(Pattern, &str, &str)> = rules
        .iter()
        .filter_map(|rule| {
            let (before, after) = rule.account.split_once("{person}")?;
            Some((Pattern::new(&rule.system).ok()?, before, after))
        })
        .collect();
    if compiled.is_empty() {
        return;
    }
    // By the id as the account's system compares names; two ids may become one name.
    let mut people: BTreeMap<(bool, Text), BTreeSet<&Text>> = BTreeMap::new();
    for person in units.iter().flat_map(|unit| &unit.facts.people) {
        people.entry((false, person.id.clone())).or_default().insert(&person.id);
        people.entry((true, person.id.to_lowercase().into())).or_default().insert(&person.id);
    }
    for (unit, facts) in each(units) {
        for (native, origin) in mentioned(facts) {
            let account = canonical(native);
            for (system, before, after) in &compiled {
                if !system.matches(&account.system) {
                    continue;
                }
                let fold = folds_case(&account.system);
                let text = |part: &str| if fold { part.to_lowercase() } else { part.to_owned() };
                let id = account.name.strip_prefix(&*text(before)).and_then(|rest| rest.strip_suffix(&*text(after)));
                for id in id.and_then(|id| people.get(&(fold, Text::from(id)))).into_iter().flatten() {
                    claims
                        .entry(account.clone())
                        .or_default()
                        .entry(Holder::Person((*id).clone()))
                        .or_insert(Site { unit, origin });
                }
            }
        }
    }
}

/// Every account that facts speak of, beside those that identities claim, with where.
pub fn mentioned(facts: &Facts) -> impl Iterator<Item = (&Native, Origin)> {
    let declared = facts.accounts.iter().map(|account| (&account.id, account.origin));
    let granted = facts.grants.iter().filter_map(|grant| Some((account_of(&grant.to)?, grant.origin)));
    let members =
        facts.memberships.iter().filter_map(|membership| Some((account_of(&membership.member)?, membership.origin)));
    let trusted = facts.trusts.iter().flat_map(|trust| {
        let who = match &trust.trusted {
            Trusted::Holder(holder) => account_of(holder),
            _ => None,
        };
        std::iter::once(&trust.target).chain(who).map(|native| (native, trust.origin))
    });
    declared.chain(granted).chain(members).chain(trusted)
}

fn account_of(holder: &Holder) -> Option<&Native> {
    match holder {
        Holder::Account(native) => Some(native),
        _ => None,
    }
}
