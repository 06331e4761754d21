//! `countersign ruleset tune`: which roles and groups make the conflicts of a tree, and what is worth mending first.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rayon::prelude::*;

use super::super::error::CliError;
use super::super::model::{Model, ModelArgs};
use super::super::{Env, Exit, table};
use crate::access::{ContainerId, EdgeKind, NodeId, SystemIdx};
use crate::duties::{ConflictIdx, DutyIdx, Holdings, Matcher, Meeting, MetConflict, Support};
use crate::output::{CauseKind, CauseReport, HitConflictReport, TUNE_SCHEMA, Tool, TuneReport, pretty};
use crate::rules::{EnforcedOn, Enforcement};

/// The policy that finds conflicts.
const CONFLICTS: &str = "CS-SOD-001";
/// Causes and conflicts that a person is shown.
const LISTED: usize = 20;

/// Say which roles and groups make the conflicts of a tree, and what mending each would leave.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign ruleset tune                    the roles worth splitting first
  countersign ruleset tune erp/ --format json

A hit is one conflict that one principal holds. What is worth most comes first: the role, the group or the roles together \
whose mending would clear the most hits. Then each conflict, with what would still stop a change if it warned instead.")]
pub struct RulesetTuneArgs {
    /// The folder to read; in a git work tree its root is found.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Read this revision instead of the files on disk.
    #[arg(long, value_name = "REV")]
    head: Option<String>,
    /// How to write it.
    #[arg(long, value_enum, default_value = "human")]
    format: TuneFormat,
    /// Ask as of this instant instead of now.
    #[arg(long, value_name = "RFC3339")]
    as_of: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TuneFormat {
    // No documentation comments: each would turn into a paragraph of the command's help.
    Human,
    Json,
}

/// Runs the command.
pub(super) fn run(args: &RulesetTuneArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let asked = match &args.head {
        Some(revision) => ModelArgs::of_revision(&args.path, revision, args.as_of.as_deref()),
        None => ModelArgs::of_work_tree(&args.path, args.as_of.as_deref()),
    };
    let model = Model::open(&asked, None, env)?;
    let report = tuned(&model, env.version);
    let text = match args.format {
        TuneFormat::Json => pretty(&report),
        TuneFormat::Human => human(&report),
    };
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

/// What makes a hit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Cause {
    kind: CauseKind,
    of: Vec<String>,
}

/// One conflict that one principal holds in one set of systems.
struct Hit {
    principal: NodeId,
    conflict: ConflictIdx,
    cause: Cause,
    /// The sides that would be gone if the cause did not give them, and the conflict with each.
    sides: BTreeSet<DutyIdx>,
}

fn tuned(model: &Model, version: &str) -> TuneReport {
    let matcher = model.matcher();
    let principals = model.graph.principals();
    let held: Vec<(NodeId, Holdings)> = principals
        .par_iter()
        .map(|(node, _)| (*node, matcher.principal(*node)))
        .filter(|(_, holdings)| !holdings.conflicts.is_empty())
        .collect();
    let mut groups = Groups { matcher: &matcher, own: HashMap::new() };
    let mut hits = Vec::new();
    for (node, holdings) in &held {
        let around = groups.around(*node);
        for met in &holdings.conflicts {
            let causes = met.meetings.iter().map(|meeting| cause(&matcher, holdings, meeting));
            let Some((first, mut of)) = causes.min() else { continue };
            // What one role gives is the role's; what several give may all come by one group.
            let group = (first.kind == CauseKind::Together)
                .then(|| around.iter().find(|group| groups.gives(**group, met.conflict, &met.systems)))
                .flatten();
            let cause = match group.and_then(|group| matcher.graph.node(*group)) {
                Some(group) => {
                    // What somebody is given besides stays when the group gives it no more.
                    let direct = given(&matcher, *node);
                    of.retain(|container| !direct.contains(container));
                    Cause { kind: CauseKind::Group, of: vec![group.holder.to_string()] }
                }
                None => first,
            };
            let sides = sides(&matcher, holdings, met, &of);
            hits.push(Hit { principal: *node, conflict: met.conflict, cause, sides });
        }
    }
    report(model, &hits, version)
}

/// What a principal and its accounts are granted without a group.
fn given(matcher: &Matcher<'_>, principal: NodeId) -> BTreeSet<ContainerId> {
    let nodes = matcher.graph.with_accounts(principal);
    let grants = nodes.flat_map(|node| matcher.graph.grants_of(node));
    grants.filter_map(|grant| Some(matcher.graph.grant(*grant)?.container)).collect()
}

/// The sides of a conflict that rest on some containers alone, if without one of them it would be none.
fn sides(
    matcher: &Matcher<'_>,
    holdings: &Holdings,
    met: &MetConflict,
    of: &BTreeSet<ContainerId>,
) -> BTreeSet<DutyIdx> {
    let Some(conflict) = matcher.catalogue.conflict(met.conflict) else { return BTreeSet::new() };
    let held: Vec<_> = holdings
        .duties
        .iter()
        .filter(|held| conflict.duties.contains(&held.duty) && met.systems.contains(&held.system))
        .collect();
    let all: BTreeSet<DutyIdx> = held.iter().map(|held| held.duty).collect();
    if all.len() > conflict.at_least {
        return BTreeSet::new();
    }
    let rests = |support: &Support| {
        let mut containers = support.parts().filter_map(|(number, ..)| holdings.held.get(number as usize));
        containers.any(|held| of.contains(&held.container))
    };
    let stays =
        |duty: &DutyIdx| held.iter().filter(|held| held.duty == *duty).any(|held| !held.supports.iter().all(rests));
    all.iter().copied().filter(|duty| !stays(duty)).collect()
}

/// The role that gives every side of a meeting, or the roles that together do; one role comes first.
fn cause(matcher: &Matcher<'_>, holdings: &Holdings, meeting: &Meeting) -> (Cause, BTreeSet<ContainerId>) {
    let name = |container: &ContainerId| match matcher.graph.container(*container).and_then(|own| own.role.as_ref()) {
        Some(role) => format!("role:{role}"),
        None => "a grant without a role".to_owned(),
    };
    let legs = meeting
        .legs
        .iter()
        .filter_map(|(duty, support)| holdings.duties.get(*duty as usize)?.supports.get(*support as usize));
    let parts = legs.flat_map(|support| support.parts().map(|(number, ..)| number));
    let of: BTreeSet<ContainerId> =
        parts.filter_map(|number| Some(holdings.held.get(number as usize)?.container)).collect();
    let kind = if meeting.role.is_some() { CauseKind::Role } else { CauseKind::Together };
    let names: BTreeSet<String> = of.iter().map(name).collect();
    (Cause { kind, of: names.into_iter().collect() }, of)
}

/// Groups, and what each gives by itself.
struct Groups<'a> {
    matcher: &'a Matcher<'a>,
    own: HashMap<NodeId, Vec<(ConflictIdx, Vec<SystemIdx>)>>,
}

impl Groups<'_> {
    /// The groups that a principal and its accounts belong to, what they hold worked out.
    fn around(&mut self, principal: NodeId) -> Vec<NodeId> {
        let graph = self.matcher.graph;
        let mut open: Vec<NodeId> = std::iter::once(principal).chain(graph.with_accounts(principal)).collect();
        let mut seen = BTreeSet::new();
        while let Some(node) = open.pop() {
            for edge in graph.edges_of(node).iter().filter(|edge| edge.kind == EdgeKind::MemberOf) {
                if seen.insert(edge.to) {
                    open.push(edge.to);
                }
            }
        }
        for group in &seen {
            let met = || self.matcher.principal(*group).conflicts.into_iter().map(|met| (met.conflict, met.systems));
            self.own.entry(*group).or_insert_with(|| met().collect());
        }
        seen.into_iter().collect()
    }

    fn gives(&self, group: NodeId, conflict: ConflictIdx, systems: &[SystemIdx]) -> bool {
        self.own.get(&group).is_some_and(|own| own.iter().any(|(id, on)| *id == conflict && on == systems))
    }
}

fn report(model: &Model, hits: &[Hit], version: &str) -> TuneReport {
    let enforcement = |conflict: ConflictIdx| {
        model.catalogue.conflict(conflict).map_or(Enforcement::Record, |own| {
            let on = EnforcedOn { conflict: Some(&own.id), policy: CONFLICTS, severity: own.severity };
            model.rules.config.enforcement.decide(on, model.as_of).enforcement
        })
    };
    let stops = |conflict: ConflictIdx| enforcement(conflict) >= Enforcement::Approve;
    let stopping = hits.iter().filter(|hit| stops(hit.conflict)).count();
    let mut by_cause: BTreeMap<&Cause, Vec<&Hit>> = BTreeMap::new();
    let mut by_conflict: BTreeMap<ConflictIdx, Vec<&Hit>> = BTreeMap::new();
    for hit in hits {
        by_cause.entry(&hit.cause).or_default().push(hit);
        by_conflict.entry(hit.conflict).or_default().push(hit);
    }
    let people = |own: &[&Hit]| own.iter().map(|hit| hit.principal).collect::<BTreeSet<_>>().len();
    let mut causes: Vec<CauseReport> = by_cause
        .into_iter()
        .filter_map(|(cause, own)| {
            let conflicts: BTreeSet<ConflictIdx> = own.iter().map(|hit| hit.conflict).collect();
            let conflicts: Vec<_> = conflicts.into_iter().filter_map(|idx| model.catalogue.conflict(idx)).collect();
            let cleared = cleared(&own);
            Some(CauseReport {
                kind: cause.kind,
                of: cause.of.clone(),
                hits: own.len(),
                principals: people(&own),
                severity: conflicts.iter().map(|own| own.severity).max()?,
                conflicts: conflicts.iter().map(|own| own.id.to_string()).collect(),
                cleared,
                remain: hits.len() - cleared,
            })
        })
        .collect();
    causes.sort_by(|a, b| {
        (b.cleared, b.hits, b.severity, &a.kind, &a.of).cmp(&(a.cleared, a.hits, a.severity, &b.kind, &b.of))
    });
    let mut conflicts: Vec<HitConflictReport> = by_conflict
        .into_iter()
        .filter_map(|(idx, own)| {
            let conflict = model.catalogue.conflict(idx)?;
            Some(HitConflictReport {
                id: conflict.id.to_string(),
                title: conflict.title.to_string(),
                severity: conflict.severity,
                enforcement: enforcement(idx),
                hits: own.len(),
                principals: people(&own),
                stopping_if_it_warned: stopping - if stops(idx) { own.len() } else { 0 },
            })
        })
        .collect();
    conflicts.sort_by(|a, b| (b.hits, b.severity, &a.id).cmp(&(a.hits, a.severity, &b.id)));
    TuneReport {
        schema: TUNE_SCHEMA,
        tool: Tool { name: "countersign", version: version.to_owned() },
        hits: hits.len(),
        principals: people(&hits.iter().collect::<Vec<_>>()),
        stopping,
        causes,
        conflicts,
    }
}

/// How many hits of a cause would be gone if it gave one side alone, of each conflict the side that clears the most.
fn cleared(own: &[&Hit]) -> usize {
    let mut by_side: BTreeMap<ConflictIdx, BTreeMap<DutyIdx, usize>> = BTreeMap::new();
    for hit in own {
        for side in &hit.sides {
            *by_side.entry(hit.conflict).or_default().entry(*side).or_default() += 1;
        }
    }
    by_side.values().filter_map(|sides| sides.values().max()).sum()
}

fn human(report: &TuneReport) -> String {
    if report.hits == 0 {
        return "nobody declared here holds a conflict\n".to_owned();
    }
    let mut out = format!(
        "{} of {} by {}; {} would stop a change that brought them\n\n",
        number(report.hits, "hit"),
        number(report.conflicts.len(), "conflict"),
        number(report.principals, "principal"),
        report.stopping
    );
    let rows: Vec<Vec<String>> = report
        .causes
        .iter()
        .take(LISTED)
        .map(|own| {
            let kind = match own.kind {
                CauseKind::Role => "alone",
                CauseKind::Group => "by several roles",
                CauseKind::Together => "together",
            };
            vec![
                format!("{} {kind}", own.of.join(" + ")),
                own.hits.to_string(),
                own.principals.to_string(),
                own.remain.to_string(),
                some(&own.conflicts),
            ]
        })
        .collect();
    out.push_str(&table::aligned(&["what makes them", "hits", "principals", "left if mended", "conflicts"], &rows));
    more(&mut out, report.causes.len());
    out.push('\n');
    let rows: Vec<Vec<String>> = report
        .conflicts
        .iter()
        .take(LISTED)
        .map(|own| {
            vec![
                own.id.clone(),
                own.severity.to_string(),
                own.enforcement.as_str().to_owned(),
                own.hits.to_string(),
                own.principals.to_string(),
                own.stopping_if_it_warned.to_string(),
                own.title.clone(),
            ]
        })
        .collect();
    let header = ["conflict", "severity", "now", "hits", "principals", "stopping if it warned", "title"];
    out.push_str(&table::aligned(&header, &rows));
    more(&mut out, report.conflicts.len());
    if let Some(first) = report.conflicts.first() {
        let _ = writeln!(out, "\nnext: countersign explain {}", first.id);
    }
    out
}

fn more(out: &mut String, all: usize) {
    if all > LISTED {
        let _ = writeln!(out, "and {} more: --format json has them all", all - LISTED);
    }
}

fn some(ids: &[String]) -> String {
    let shown: Vec<&str> = ids.iter().take(4).map(String::as_str).collect();
    let rest = ids.len() - shown.len();
    if rest > 0 { format!("{} and {rest} more", shown.join(", ")) } else { shown.join(", ") }
}

fn number(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
