//! The people whom the target declares, by everything that names them: id, e-mail address, login, identity of a key.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::side::units;
use crate::access::{Graph, Links, Workforce};
use crate::facts::{Holder, PersonFact, Text};
use crate::formats::Reading;

/// Whose a login on a forge is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Login {
    /// A person's: `person:ID`.
    Person(String),
    /// A service identity's.
    Service,
    /// Nobody's, or more than one person's.
    Unknown,
}

/// Whose e-mail addresses are whose.
#[derive(Debug, Default)]
pub struct Addresses<'a> {
    by_address: HashMap<String, BTreeSet<&'a Text>>,
    by_person: HashMap<&'a Text, BTreeSet<String>>,
}

impl<'a> Addresses<'a> {
    /// The addresses of some people, in lower case.
    pub fn of(people: impl Iterator<Item = &'a PersonFact>) -> Self {
        let mut own = Self::default();
        for person in people {
            for email in &person.emails {
                let email = email.to_ascii_lowercase();
                own.by_address.entry(email.clone()).or_default().insert(&person.id);
                own.by_person.entry(&person.id).or_default().insert(email);
            }
        }
        own
    }

    /// The person with an address. An address that two people have is nobody's.
    #[must_use]
    pub fn owner(&self, email: &str) -> Option<String> {
        let mut people = self.by_address.get(&email.trim().to_ascii_lowercase())?.iter();
        match (people.next(), people.next()) {
            (Some(one), None) => Some(format!("person:{one}")),
            _ => None,
        }
    }

    /// Every identity that the key of `person:ID` may have: the id, and the addresses that are theirs alone.
    #[must_use]
    pub fn identities(&self, person: &str) -> Vec<String> {
        let id = person.strip_prefix("person:").unwrap_or(person);
        let emails = self.by_person.get(&Text::from(id)).into_iter().flatten();
        let own = emails.filter(|email| self.owner(email).is_some()).cloned();
        std::iter::once(person.to_owned()).chain(own).collect()
    }
}

/// Whether `person:ID` is declared in a tree and works there at an instant, as far as the tree says.
#[must_use]
pub fn is_active(reading: &Reading, person: &str, as_of: i64) -> bool {
    let id = person.strip_prefix("person:");
    id.is_some_and(|id| Workforce::of(&units(reading), None).is_active(id, as_of))
}

/// The people of the target.
pub(super) struct Staff<'a> {
    workforce: &'a Workforce,
    pub(super) addresses: Addresses<'a>,
    logins: BTreeMap<String, BTreeSet<&'a Holder>>,
    as_of: i64,
}

impl<'a> Staff<'a> {
    /// Reads them from the target's graph and links.
    pub(super) fn of(graph: &'a Graph, links: &'a Links, as_of: i64) -> Self {
        let addresses = Addresses::of(graph.units.iter().flat_map(|unit| &unit.facts.people));
        Self { workforce: &graph.people, addresses, logins: logins(links), as_of }
    }

    /// Whether `person:ID` is declared and works here.
    pub(super) fn is_active(&self, person: &str) -> bool {
        person.strip_prefix("person:").is_some_and(|id| self.workforce.is_active(id, self.as_of))
    }

    /// The active person with an e-mail address. An address that two people have is nobody's.
    pub(super) fn of_email(&self, email: &str) -> Option<String> {
        self.addresses.owner(email).filter(|person| self.is_active(person))
    }

    /// Whose login on a forge it is. Logins do not distinguish case.
    pub(super) fn of_login(&self, login: &str) -> Login {
        let login = login.to_ascii_lowercase();
        let holders = self.logins.get(login.as_str());
        let mut holders = holders.into_iter().flatten();
        match (holders.next(), holders.next()) {
            (Some(Holder::Person(id)), None) => Login::Person(format!("person:{id}")),
            (Some(Holder::Service(_)), None) => Login::Service,
            _ => Login::Unknown,
        }
    }

    /// The person whose key has an identity: `person:ID`, or an e-mail address.
    pub(super) fn of_identity(&self, identity: &str) -> Option<String> {
        if identity.starts_with("person:") {
            return self.is_active(identity).then(|| identity.to_owned());
        }
        self.of_email(identity)
    }

    /// Whether one person reports to another, over any number of managers.
    pub(super) fn reports_to(&self, person: &str, boss: &str) -> bool {
        match (person.strip_prefix("person:"), boss.strip_prefix("person:")) {
            (Some(person), Some(boss)) => self.workforce.reports_to(person, boss),
            _ => false,
        }
    }
}

/// Accounts on GitHub by login, and whose they are.
fn logins(links: &Links) -> BTreeMap<String, BTreeSet<&Holder>> {
    let mut logins: BTreeMap<String, BTreeSet<&Holder>> = BTreeMap::new();
    for (account, holder) in links.iter() {
        if account.system.starts_with("github") {
            logins.entry(account.name.to_ascii_lowercase()).or_default().insert(holder);
        }
    }
    logins
}
