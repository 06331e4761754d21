//! What people are called in what a run was given.

use std::collections::BTreeSet;

use crate::evidence::inputs::Parts;
use crate::evidence::manifest::Objects;
use crate::facts::{AccountKind, Facts, Holder, Native};

/// Remembers what people are called: by manifests first, so that an author whose address one of them has is that person.
pub(in crate::evidence) fn add_people(run: &Parts<'_>, objects: &mut Objects) {
    let readings = [Some(run.head), run.base].into_iter().flatten();
    let units: Vec<&Facts> = readings.flat_map(|reading| &reading.units).map(|unit| &*unit.facts).collect();
    let mut persons: Vec<(String, String)> = Vec::new();
    for person in units.iter().flat_map(|facts| &facts.people) {
        let subject = format!("person:{}", person.id);
        objects.add_person(&person.id, &subject);
        for text in person.name.iter().chain(&person.emails) {
            objects.add_person(text, &subject);
        }
        if let Some(manager) = &person.manager {
            objects.add_person(manager, &format!("person:{manager}"));
        }
        persons.extend(person.emails.iter().map(|email| (email.to_lowercase(), subject.clone())));
        for (native, _) in &person.accounts {
            objects.add_person(&native.name, &subject);
        }
    }
    for facts in &units {
        let services = facts.services.iter();
        for (person, _) in services.flat_map(|own| own.owner.iter().chain(&own.operators).chain(&own.approvers)) {
            objects.add_person(person, &format!("person:{person}"));
        }
        let people = facts.accounts.iter().filter(|account| account.kind == AccountKind::User);
        for account in people {
            objects.add_person(&account.id.name, &format!("account:{}", account.id));
        }
        // Accounts of workloads have names that are nobody's, and are declared.
        let nobody = facts.accounts.iter().filter(|account| account.kind != AccountKind::User);
        let nobody: BTreeSet<&Native> = nobody.map(|account| &account.id).collect();
        let members = facts.memberships.iter().map(|membership| &membership.member);
        for holder in facts.grants.iter().map(|grant| &grant.to).chain(members) {
            match holder {
                Holder::Person(id) => objects.add_person(id, &format!("person:{id}")),
                Holder::Account(native) if !nobody.contains(native) => {
                    objects.add_person(&native.name, &format!("account:{native}"));
                }
                Holder::Account(_) | Holder::Service(_) | Holder::Group(_) => {}
            }
        }
    }
    let comparison = run.comparison;
    let authors = comparison.commits.iter().flat_map(|commit| &commit.authors);
    for author in authors.chain(&comparison.authors).chain(&comparison.uncommitted) {
        let known = persons.iter().find(|(email, _)| *email == author.email.to_lowercase());
        let subject = known.map_or_else(|| author.email.clone(), |(_, subject)| subject.clone());
        objects.add_person(&author.email, &subject);
        objects.add_person(&author.name, &subject);
    }
    if let Some(review) = run.review {
        let reviewers = review.reviews.values().map(|review| &review.login);
        for login in reviewers.chain(&review.authors).chain(&review.bots) {
            objects.add_person(login, login);
        }
    }
}
