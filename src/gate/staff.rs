//! The people whom the target declares, by everything that names them: id, e-mail address, login, identity of a key.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::access::{Graph, Links, Workforce};
use crate::facts::{Holder, Text};

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

/// The people of the target.
pub(super) struct Staff<'a> {
    workforce: &'a Workforce,
    emails: HashMap<String, BTreeSet<&'a Text>>,
    logins: BTreeMap<String, BTreeSet<&'a Holder>>,
    as_of: i64,
}

impl<'a> Staff<'a> {
    /// Reads them from the target's graph and links.
    pub(super) fn of(graph: &'a Graph, links: &'a Links, as_of: i64) -> Self {
        let mut emails: HashMap<String, BTreeSet<&Text>> = HashMap::new();
        for person in graph.units.iter().flat_map(|unit| &unit.facts.people) {
            for email in &person.emails {
                emails.entry(email.to_ascii_lowercase()).or_default().insert(&person.id);
            }
        }
        Self { workforce: &graph.people, emails, logins: logins(links), as_of }
    }

    /// Whether `person:ID` is declared and works here.
    pub(super) fn is_active(&self, person: &str) -> bool {
        person.strip_prefix("person:").is_some_and(|id| self.workforce.is_active(id, self.as_of))
    }

    /// The active person with an e-mail address. An address that two people have is nobody's.
    pub(super) fn of_email(&self, email: &str) -> Option<String> {
        let people = self.emails.get(&email.trim().to_ascii_lowercase())?;
        let mut people = people.iter();
        match (people.next(), people.next()) {
            (Some(one), None) => Some(format!("person:{one}")).filter(|person| self.is_active(person)),
            _ => None,
        }
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

    /// Every identity that a person's key may have.
    pub(super) fn identities(&self, person: &str) -> Vec<String> {
        let id = person.strip_prefix("person:").unwrap_or(person);
        let mut all = vec![person.to_owned()];
        let mut emails: Vec<&String> = self
            .emails
            .iter()
            .filter(|(_, people)| people.len() == 1 && people.iter().any(|known| ***known == *id))
            .map(|(email, _)| email)
            .collect();
        emails.sort();
        all.extend(emails.into_iter().cloned());
        all
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
