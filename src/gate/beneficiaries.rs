//! Who receives what a finding or a record is about.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use super::standing::claimed;
use crate::access::{Graph, LinkGap, Links};
use crate::facts::{Holder, Text};

/// Answers who is behind a subject: nobody approves anything for themselves.
pub(super) struct Beneficiaries<'a> {
    graph: &'a Graph,
    links: &'a Links,
    gaps: &'a [LinkGap],
    /// Owners of service identities, once somebody asks.
    owners: OnceLock<HashMap<&'a Text, BTreeSet<&'a Text>>>,
    /// Whose an account is, or may be, by the id of its subject, once somebody asks.
    accounts: OnceLock<HashMap<String, BTreeSet<&'a Holder>>>,
}

impl<'a> Beneficiaries<'a> {
    /// By a tree's graph and links. `gaps` are the accounts that several identities claim.
    pub(super) fn new(graph: &'a Graph, links: &'a Links, gaps: &'a [LinkGap]) -> Self {
        Self { graph, links, gaps, owners: OnceLock::new(), accounts: OnceLock::new() }
    }

    /// The people behind a subject: itself, whoever owns the service, whoever the account is. An account that several
    /// claim is nobody's, and each of them may be the one.
    pub(super) fn of(&self, subject: &str) -> Vec<String> {
        if subject.starts_with("person:") {
            return vec![subject.to_owned()];
        }
        let mut people = BTreeSet::new();
        if let Some(id) = subject.strip_prefix("service:") {
            self.add_owners(&Text::from(id), &mut people);
        }
        if subject.starts_with("account:") {
            for holder in self.accounts().get(subject).into_iter().flatten() {
                match holder {
                    Holder::Person(id) => _ = people.insert(format!("person:{id}")),
                    Holder::Service(id) => self.add_owners(id, &mut people),
                    Holder::Account(_) | Holder::Group(_) => {}
                }
            }
        }
        people.into_iter().collect()
    }

    fn add_owners(&self, service: &Text, people: &mut BTreeSet<String>) {
        let owners = self.owners.get_or_init(|| {
            let mut owners: HashMap<&Text, BTreeSet<&Text>> = HashMap::new();
            for service in self.graph.units.iter().flat_map(|unit| &unit.facts.services) {
                if let Some((owner, _)) = &service.owner {
                    owners.entry(&service.id).or_default().insert(owner);
                }
            }
            owners
        });
        people.extend(owners.get(service).into_iter().flatten().map(|owner| format!("person:{owner}")));
    }

    fn accounts(&self) -> &HashMap<String, BTreeSet<&'a Holder>> {
        self.accounts.get_or_init(|| {
            let mut accounts: HashMap<String, BTreeSet<&Holder>> = HashMap::new();
            for (account, holder) in self.links.iter() {
                accounts.entry(format!("account:{account}")).or_default().insert(holder);
            }
            for (node, gap) in claimed(self.graph, self.gaps) {
                let Some(node) = self.graph.node(node) else { continue };
                let claims = gap.claims.iter().map(|(holder, _)| holder);
                accounts.entry(node.holder.to_string()).or_default().extend(claims);
            }
            accounts
        })
    }
}
