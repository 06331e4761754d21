//! Who may have the jobs of this repository's pipelines act for them.
//!
//! A job does what its repository says. Whoever may write there may, by changing what it says, use every identity that
//! the job takes on: indirectly, and perhaps only after somebody else has approved. No document says this in one place,
//! so no row of the table of formats lowers it. It follows from the jobs of the tree, from who may write to the repository
//! (`gate.repository` of `countersign.yaml` names it), and from what protects its branches and environments.
//!
//! The way is always a conditional one, under the key [`INDIRECT`], so that it never counts as access of one's own; what
//! protects the repository is a further condition, which does not bind those who may change or bypass the rules.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::LoweredUnit;
use super::github::{
    ADMINISTER, BYPASS_RULES, WRITE, givers, guards_default_branch, protects, repository_scope, speaks_github,
};
use crate::facts::scope::Scope;
use crate::facts::{
    Approvals, Condition, Constrains, Facts, Gap, GroupFact, Holder, JobFact, MembershipFact, Native, Origin,
    Protected, ProtectionFact, TrustFact, Trusted, Unresolved,
};
use crate::rules::Rules;

/// The name of these units.
pub const NAME: &str = "pipelines";

/// The key of the condition under which somebody uses an identity by way of something that they may change.
pub const INDIRECT: &str = "indirect";

/// The units about a tree's pipelines, given what its definitions and those of its context came to.
#[must_use]
pub fn units(rules: &Rules, units: &[LoweredUnit]) -> Vec<LoweredUnit> {
    let Some((owner, name)) = rules.config.gate.repository() else { return Vec::new() };
    if units.iter().all(|unit| unit.facts.jobs.is_empty()) {
        return Vec::new();
    }
    let repository = format!("{owner}/{name}");
    let wanted = repository_scope(&owner, &name);
    let reaching = reaching(units);
    let jobs: Vec<(&LoweredUnit, Vec<&JobFact>)> = units
        .iter()
        .map(|unit| (unit, unit.facts.jobs.iter().filter(|job| reaching.contains(&job.account)).collect::<Vec<_>>()))
        .filter(|(_, jobs)| !jobs.is_empty())
        .collect();
    if jobs.is_empty() {
        return Vec::new();
    }
    let systems: BTreeSet<_> = jobs.iter().flat_map(|(_, jobs)| jobs).map(|job| &job.account.system).collect();
    let protections = Protections::of(units, &wanted);
    let mut found: Vec<LoweredUnit> = Vec::new();
    let mut filled: BTreeSet<Native> = BTreeSet::new();
    for (unit, writers) in writers(units, &wanted) {
        let mut facts = Facts::default();
        let mut joined: BTreeSet<(&Holder, Native)> = BTreeSet::new();
        for (holder, validity, origin, is_free) in writers {
            let is_free = is_free && protections.bind();
            for system in &systems {
                let group = group(system, &repository, is_free);
                if joined.insert((holder, group.clone())) {
                    filled.insert(group.clone());
                    facts.memberships.push(MembershipFact { member: holder.clone(), group, validity, origin });
                }
            }
        }
        found.push(derived(unit, facts));
    }
    found.retain(|unit| !unit.facts.memberships.is_empty());
    let mut named: BTreeSet<Native> = BTreeSet::new();
    for (number, (unit, jobs)) in jobs.iter().enumerate().filter(|_| !filled.is_empty()) {
        let mut facts = Facts::default();
        for job in jobs {
            for is_free in [false, true] {
                let group = group(&job.account.system, &repository, is_free);
                if !filled.contains(&group) {
                    continue;
                }
                if named.insert(group.clone()) {
                    facts.groups.push(GroupFact { id: group.clone(), members_listed: true, origin: job.origin });
                }
                let mut conditions =
                    vec![condition(INDIRECT, format!("indirectly, by changing what {repository} has the job do"))];
                conditions.extend(protections.conditions(job, &repository).filter(|_| !is_free));
                facts.trusts.push(TrustFact {
                    target: job.account.clone(),
                    trusted: Trusted::Holder(Holder::Group(group)),
                    conditions,
                    origin: job.origin,
                });
            }
        }
        if let (0, true, Some(job)) = (number, protections.says_nothing(), jobs.first()) {
            facts.unresolved.push(Unresolved {
                gap: Gap::Unknown,
                reason: format!("nothing here says which review a change of {repository} needs"),
                consequence: "whoever may write to it counts as one who may change what its jobs do".to_owned(),
                origin: job.origin,
            });
        }
        found.push(derived(unit, facts));
    }
    found
}

/// A unit that says more about the files of another.
fn derived(unit: &LoweredUnit, facts: Facts) -> LoweredUnit {
    LoweredUnit { format: NAME, files: unit.files.clone(), facts: Arc::new(facts) }
}

fn condition(key: &str, text: String) -> Condition {
    Condition::new(key, text, Constrains::Yes)
}

/// The accounts that reach beyond their own system: one that only uses its own token does nothing that whoever writes to
/// the repository may not.
fn reaching(units: &[LoweredUnit]) -> BTreeSet<&Native> {
    let facts = || units.iter().map(|unit| &unit.facts);
    let acting = facts().flat_map(|facts| &facts.trusts).filter_map(|trust| match &trust.trusted {
        Trusted::Holder(Holder::Account(account)) => Some(account),
        _ => None,
    });
    let given = facts().flat_map(|facts| &facts.grants).filter_map(|grant| match &grant.to {
        Holder::Account(account) if account.system != grant.system => Some(account),
        _ => None,
    });
    acting.chain(given).collect()
}

/// Whoever may write to the repository, as one group; those whom its rules do not bind as another.
fn group(system: &str, repository: &str, is_free: bool) -> Native {
    let beyond = if is_free { " whom its rules do not bind" } else { "" };
    Native::new(system, format!("writers of {repository}{beyond}"))
}

type Writer<'a> = (&'a Holder, crate::facts::Validity, Origin, bool);

/// Who may write to the repository, by the unit that says so, with whether they may pass by the rules of its branches.
/// Conditions of these grants add nothing here: the way is conditional already.
fn writers<'a>(units: &'a [LoweredUnit], wanted: &Scope) -> Vec<(&'a LoweredUnit, Vec<Writer<'a>>)> {
    let may = |action: &str| givers(units, wanted, action);
    let free: BTreeSet<&Holder> = [ADMINISTER, BYPASS_RULES]
        .into_iter()
        .flat_map(may)
        .flat_map(|(_, grants)| grants)
        .map(|grant| &grant.to)
        .collect();
    may(WRITE)
        .into_iter()
        .map(|(unit, grants)| {
            let writer = |grant: &'a crate::facts::GrantFact| {
                (&grant.to, grant.validity, grant.origin, free.contains(&grant.to))
            };
            (unit, grants.into_iter().map(writer).collect())
        })
        .collect()
}

/// What protects the repository.
struct Protections<'a> {
    /// Of its default branch, as far as its name tells.
    branches: Vec<&'a ProtectionFact>,
    environments: Vec<&'a ProtectionFact>,
}

impl<'a> Protections<'a> {
    fn of(units: &'a [LoweredUnit], wanted: &Scope) -> Self {
        let all = units.iter().filter(|unit| speaks_github(unit)).flat_map(|unit| &unit.facts.protections);
        let (branches, environments): (Vec<_>, Vec<_>) = all
            .filter(|own| protects(own, wanted))
            .filter(|own| matches!(own.what, Protected::Environment(_)) || guards_default_branch(own))
            .partition(|own| matches!(own.what, Protected::Branch(_)));
        Self { branches, environments }
    }

    /// Whether nothing here says how many must approve a change.
    fn says_nothing(&self) -> bool {
        self.branches.iter().all(|own| own.approvals == Approvals::Unsaid)
    }

    /// Whether there is anything that some need not pass.
    fn bind(&self) -> bool {
        self.branches.iter().chain(&self.environments).any(|own| own.approvals.are_needed())
    }

    /// What a changed job must pass.
    fn conditions<'s>(&'s self, job: &'s JobFact, repository: &'s str) -> impl Iterator<Item = Condition> + 's {
        let needed = |own: &&&ProtectionFact| own.approvals.are_needed();
        let branches = self.branches.iter().filter(needed).filter_map(move |own| match &own.what {
            Protected::Branch(name) => {
                Some(condition("review", format!("somebody else approves the change of {repository} (branch {name})")))
            }
            Protected::Environment(_) => None,
        });
        let environments = self.environments.iter().filter(needed).filter_map(move |own| match &own.what {
            Protected::Environment(name) if Some(name) == job.environment.as_ref() => Some(condition(
                "environment",
                format!("a reviewer of the environment {name} of {repository} lets the job run"),
            )),
            _ => None,
        });
        branches.chain(environments)
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::trees::run_trees;

    #[test]
    fn cases() {
        run_trees("pipelines-*", &[super::NAME]);
    }
}
