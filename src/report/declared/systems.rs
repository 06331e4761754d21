//! The systems, what they mean for financial reporting, and who can read, write, approve and export in them.

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Holder, Tip};
use crate::access::{ContainerId, SystemIdx, covers, intersects};
use crate::facts::{Assertion, Effect, Level, Statement, SystemFact, Tag};
use crate::gate::systems_in_scope;
use crate::rules::{Abilities, abilities};

/// A system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SystemReport {
    /// Its id.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Who answers for it: `person:ID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Whether a manifest describes it.
    pub described: bool,
    /// Whether the configuration declares in scope where it is described or where something is declared of it.
    pub in_scope: bool,
    /// The processes of financial reporting that it carries.
    pub processes: Vec<ProcessReport>,
    /// Why it carries none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded: Option<String>,
    /// What is special about it: `third_party`, `acquired`, `no_log`.
    pub tags: Vec<String>,
    /// The control that makes up for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compensating_control: Option<String>,
    /// How many principals can do something in it.
    pub principals: u64,
}

/// A process that a system carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProcessReport {
    /// Its name.
    pub name: String,
    /// The significant accounts that it books on.
    pub accounts: Vec<String>,
    /// What of them it bears on.
    pub assertions: Vec<String>,
    /// The clause of the company's policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
}

/// What a principal can do in a system, by what it is granted: denies and boundaries take nothing away here, but from
/// `approve`, which is told by duties.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MatrixRow {
    /// The principal.
    pub principal: String,
    /// What it is.
    pub kind: String,
    /// The system.
    pub system: String,
    /// What it can do.
    #[serde(flatten)]
    pub can: Can,
}

/// Abilities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Can {
    /// Sees what is there.
    pub read: bool,
    /// Makes or changes something.
    pub write: bool,
    /// Approves what somebody else did.
    pub approve: bool,
    /// Takes data out in bulk.
    pub export: bool,
}

impl Can {
    fn join(&mut self, other: Self) {
        self.read |= other.read;
        self.write |= other.write;
        self.approve |= other.approve;
        self.export |= other.export;
    }
}

/// The systems, and the matrix of those that carry a process.
pub(super) fn systems(tip: &Tip<'_>, holders: &[Holder]) -> (Vec<SystemReport>, Vec<MatrixRow>) {
    let known = abilities();
    let mut cells: BTreeMap<(SystemIdx, usize), Can> = BTreeMap::new();
    let mut containers: HashMap<ContainerId, Vec<(SystemIdx, Can)>> = HashMap::new();
    for (number, holder) in holders.iter().enumerate() {
        for held in &holder.holdings.held {
            let found = containers.entry(held.container).or_insert_with(|| container(tip, known, held.container));
            for (system, can) in found {
                cells.entry((*system, number)).or_default().join(*can);
            }
        }
        for duty in &holder.holdings.duties {
            let approves = tip.catalogue.duty(duty.duty).is_some_and(|duty| known.approve.contains(&*duty.id));
            if approves {
                cells.entry((duty.system, number)).or_default().join(Can {
                    approve: true,
                    read: true,
                    ..Can::default()
                });
            }
        }
    }
    let facts = facts(tip);
    let in_scope = systems_in_scope(&tip.graph.units, &tip.rules.in_scope);
    let mut reports: Vec<SystemReport> = Vec::new();
    let mut matrix = Vec::new();
    for (own, number) in tip.graph.systems.iter().zip(0u32..) {
        let system = SystemIdx(number);
        let of_system = || cells.range((system, 0)..=(system, usize::MAX));
        let fact = facts.get(&*own.id);
        let reporting = fact.map(|fact| &fact.reporting);
        let processes: Vec<ProcessReport> = reporting.into_iter().flat_map(|own| &own.processes).map(process).collect();
        if !processes.is_empty() {
            matrix.extend(of_system().filter_map(|((_, number), can)| {
                let holder = holders.get(*number)?;
                let (principal, kind) = (holder.id.clone(), holder.kind.to_owned());
                Some(MatrixRow { principal, kind, system: own.id.to_string(), can: *can })
            }));
        }
        reports.push(SystemReport {
            id: own.id.to_string(),
            kind: own.kind.to_string(),
            title: own.title.as_ref().map(ToString::to_string),
            owner: own.owner.as_ref().map(|owner| format!("person:{owner}")),
            described: own.described,
            in_scope: in_scope.contains_key(&own.id),
            processes,
            excluded: reporting.and_then(|own| own.excluded.as_ref()).map(ToString::to_string),
            tags: reporting
                .into_iter()
                .flat_map(|own| &own.tags)
                .copied()
                .map(|tag| Tag::as_str(tag).to_owned())
                .collect(),
            compensating_control: reporting.and_then(|own| own.control.as_ref()).map(|own| own.id.to_string()),
            principals: of_system().count() as u64,
        });
    }
    reports.sort_by(|a, b| a.id.cmp(&b.id));
    matrix.sort_by(|a, b| (&a.system, &a.principal).cmp(&(&b.system, &b.principal)));
    (reports, matrix)
}

fn process(own: &crate::facts::ProcessFact) -> ProcessReport {
    ProcessReport {
        name: own.name.to_string(),
        accounts: own.accounts.iter().map(ToString::to_string).collect(),
        assertions: own.assertions.iter().copied().map(|own| Assertion::as_str(own).to_owned()).collect(),
        clause: own.clause.as_ref().map(ToString::to_string),
    }
}

/// What manifests say of each system; of two the one that says something of reporting counts.
fn facts<'t>(tip: &Tip<'t>) -> BTreeMap<&'t str, &'t SystemFact> {
    let mut all: BTreeMap<&str, &SystemFact> = BTreeMap::new();
    for fact in tip.graph.units.iter().flat_map(|unit| &unit.facts.systems) {
        let known = all.entry(&fact.id).or_insert(fact);
        if known.reporting == crate::facts::Reporting::default() {
            *known = fact;
        }
    }
    all
}

/// What a container permits, with everything inside it.
fn container(tip: &Tip<'_>, known: &Abilities, outer: ContainerId) -> Vec<(SystemIdx, Can)> {
    let mut all: BTreeMap<SystemIdx, Can> = BTreeMap::new();
    for inner in tip.matches.flat(outer) {
        let Some(container) = tip.graph.container(inner.container) else { continue };
        let kind = tip.graph.systems.get(container.system).map(|system| &*system.kind).unwrap_or_default();
        for (statement, _) in container.statements.iter().filter(|(own, _)| own.effect == Effect::Allow) {
            all.entry(container.system).or_default().join(statement_can(known, kind, statement));
        }
    }
    all.into_iter().collect()
}

fn statement_can(known: &Abilities, kind: &str, statement: &Statement) -> Can {
    let own = known.systems.get(kind);
    let reads = |action: &str| own.is_some_and(|own| own.read.iter().any(|read| covers(read, action, true)));
    let exports =
        |action: &str| own.is_some_and(|own| own.export.iter().any(|export| intersects(action, export, true)));
    let actions = &statement.actions;
    // All but some, or a range of names: what is not named may be anything.
    let open = actions.negated || !actions.ranges.is_empty();
    let views = statement.level == Some(Level::View);
    Can {
        read: true,
        write: !views && (open || actions.list.iter().any(|action| !reads(action))),
        approve: false,
        export: open && own.is_some_and(|own| !own.export.is_empty())
            || actions.list.iter().any(|action| exports(action)),
    }
}
