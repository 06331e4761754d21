//! Documents that are put together from several files.
//!
//! The reader of a format knows the bytes of one file. A document that is made of parts of several carries numbers in
//! the place of bytes; [`Places`] knows what each number stands for, and gives the facts their real origins.

use crate::facts::{Facts, Granted, Origin, RoleFact, Statement};
use crate::syntax::Span;

/// Where the parts of a document are written.
#[derive(Debug, Default)]
pub(in crate::formats) struct Places {
    origins: Vec<Origin>,
}

impl Places {
    /// The number that stands for a place, as a span.
    pub(in crate::formats) fn span(&mut self, origin: Origin) -> Span {
        let at = self.origins.len();
        self.origins.push(origin);
        Span::new(at, at + 1)
    }

    /// What a number stands for.
    pub(in crate::formats) fn origin(&self, span: Span) -> Option<Origin> {
        self.origins.get(span.start as usize).copied()
    }

    /// Gives everything in these facts its real place.
    pub(in crate::formats) fn settle(&self, facts: &mut Facts) {
        facts.accounts.iter_mut().for_each(|fact| {
            self.one(&mut fact.origin);
            if let Some((_, origin)) = &mut fact.boundary {
                self.one(origin);
            }
        });
        facts.groups.iter_mut().for_each(|fact| self.one(&mut fact.origin));
        facts.memberships.iter_mut().for_each(|fact| self.one(&mut fact.origin));
        facts.roles.iter_mut().for_each(|fact| self.role(fact));
        for fact in &mut facts.grants {
            self.one(&mut fact.origin);
            if let Granted::Statements(statements) = &mut fact.what {
                self.statements(statements);
            }
        }
        facts.trusts.iter_mut().for_each(|fact| self.one(&mut fact.origin));
        facts.jobs.iter_mut().for_each(|fact| self.one(&mut fact.origin));
        facts.protections.iter_mut().for_each(|fact| self.one(&mut fact.origin));
        facts.credentials.iter_mut().for_each(|fact| self.one(&mut fact.origin));
        facts.unresolved.iter_mut().for_each(|fact| self.one(&mut fact.origin));
    }

    fn role(&self, role: &mut RoleFact) {
        self.one(&mut role.origin);
        role.includes.iter_mut().for_each(|include| self.one(&mut include.origin));
        self.statements(&mut role.statements);
    }

    fn statements(&self, statements: &mut [Statement]) {
        statements.iter_mut().for_each(|statement| self.one(&mut statement.origin));
    }

    fn one(&self, origin: &mut Origin) {
        if let Some(own) = self.origin(origin.span) {
            *origin = own;
        }
    }
}

/// Adds facts to others.
pub(in crate::formats) fn append(into: &mut Facts, mut from: Facts) {
    into.systems.append(&mut from.systems);
    into.people.append(&mut from.people);
    into.services.append(&mut from.services);
    into.accounts.append(&mut from.accounts);
    into.groups.append(&mut from.groups);
    into.memberships.append(&mut from.memberships);
    into.roles.append(&mut from.roles);
    into.grants.append(&mut from.grants);
    into.trusts.append(&mut from.trusts);
    into.jobs.append(&mut from.jobs);
    into.protections.append(&mut from.protections);
    into.credentials.append(&mut from.credentials);
    into.unresolved.append(&mut from.unresolved);
    for (kind, count) in from.tally {
        *into.tally.entry(kind).or_default() += count;
    }
}
