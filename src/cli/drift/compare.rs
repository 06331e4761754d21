//! Both sides, read and held together.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::comes_along::{outcome, without_what_comes_along};
use super::observed::{self, Given, Observed};
use crate::access::{
    Aspect, ContainerId, Difference, Graph, Line, Links, NodeId, Sides, Site, Systems, UnitFacts, covers, difference,
    observed_world, place,
};
use crate::cli::beyond::{beyond, conflicts_beyond};
use crate::cli::error::CliError;
use crate::cli::model::LocatedStep;
use crate::cli::table;
use crate::duties::{Catalogue, Matcher, Matches};
use crate::facts::scope::Scope;
use crate::facts::{Gap, Text};
use crate::formats::{LoweredUnit, Reader, mapping};
use crate::output::{
    DRIFT_SCHEMA, DriftGapReport, DriftReport, Exposed, ExposureReport, LineOutcome, LineReport, LineTier,
    ObservedReport, Revision, StepReport, SystemDriftReport, Tool,
};
use crate::rules::{Globs, Rules, SystemOfPath, comes_with};
use crate::source::{Comparison, SourceFile};
use crate::syntax::LineIndex;

/// Both sides of a comparison, and what they come to.
pub(super) struct Compared {
    /// The tree and the exports, as one, for places.
    all: Comparison,
    declared: Joined,
    world: Joined,
    observed: Observed,
    difference: Difference,
    compared: BTreeSet<Text>,
    /// The systems that only one side speaks of, with why they were not compared.
    apart: BTreeMap<Text, String>,
    catalogue: Arc<Catalogue>,
    as_of: i64,
}

/// One side, joined.
struct Joined {
    units: Vec<UnitFacts>,
    graph: Graph,
    matches: Matches,
}

impl Joined {
    fn of(units: Vec<UnitFacts>, links: &Links, rules: &Rules, catalogue: &Catalogue) -> Self {
        let graph = Graph::build(units.clone(), links, &rules.known_roles);
        let matches = Matches::new(&graph, catalogue);
        Self { units, graph, matches }
    }
}

impl Compared {
    /// Reads both sides and compares them.
    pub(super) fn of(
        comparison: &Comparison,
        rules: &Rules,
        given: &[Given<'_>],
        as_of: i64,
    ) -> Result<Self, CliError> {
        let mut rules = rules.clone();
        let mut units = read(comparison, &rules)?;
        let systems = |units: &[LoweredUnit]| {
            let mut described = Systems::default();
            for system in units.iter().flat_map(|unit| &unit.facts.systems) {
                described.describe(system);
            }
            observed::declared(units, |id| described.get(described.find(id)?))
        };
        let mut known = systems(&units);
        let mut observed = Observed::read(given, &rules, &known)?;
        if let Some((account, why)) = lone_account(&known, &observed.systems()) {
            // What does not say its account is read again as that account's, so that names are those of the export.
            let own = units.iter().filter(|unit| observed::speaks(&unit.facts).contains(AWS));
            let paths: BTreeSet<Text> = own.flat_map(|unit| unit.files.iter().cloned()).collect();
            let system =
                SystemOfPath { id: account.clone(), guardrail: false, export: None, dialect: Default::default() };
            rules.systems.insert(0, (Globs::of_paths(paths.iter().map(|path| &**path)), system));
            units = read(comparison, &rules)?;
            known = systems(&units);
            observed.taken.insert(account, why);
        }
        let shown = observed.systems();
        let compared: BTreeSet<Text> = shown.iter().filter(|system| known.contains_key(*system)).cloned().collect();
        let apart = apart(&known, &shown, &compared);
        let facts: Vec<UnitFacts> = units.iter().map(Into::into).collect();
        let exported = observed.facts();
        let together: Vec<UnitFacts> = facts.iter().chain(&exported).cloned().collect();
        let (links, _) = Links::of_tree(&together, &rules.config.links);
        let catalogue = Catalogue::of(&rules.definitions);
        let declared = Joined::of(facts, &links, &rules, &catalogue);
        let kind = |system: &str| {
            let own = declared.graph.systems.find(system).and_then(|idx| declared.graph.systems.get(idx));
            own.map_or_else(|| system.to_owned(), |own| own.kind.to_string())
        };
        let incomplete = observed.incomplete();
        let sides = Sides {
            declared: &declared.units,
            observed: &exported,
            links: &links,
            systems: &declared.graph.systems,
            compared: &compared,
            incomplete: &incomplete,
            lists_all: &|system| observed.lists_all(system),
            brought_along: &|system, role| {
                let kind = kind(system);
                let predefined = rules.known_roles.predefined(&kind).any(|pattern| covers(pattern, role, false));
                predefined || rules.known_roles.role(&kind, role).is_some()
            },
            as_of,
        };
        let difference = difference(&sides);
        let given_by_people = without_what_comes_along(&exported, &kind);
        let world = observed_world(&declared.units, &given_by_people, &difference.spoken);
        let world = Joined::of(world, &links, &rules, &catalogue);
        let mut all = comparison.clone();
        all.import(&observed.tree.files)?;
        Ok(Self { all, declared, world, observed, difference, compared, apart, catalogue, as_of })
    }

    /// What they come to, for people and programs.
    pub(super) fn report(&self, given: &[Given<'_>], taken_at: Option<String>, version: &str) -> DriftReport {
        let head = &self.all.head;
        let lines: Vec<LineReport> = self.lines();
        let drift = |line: &&LineReport| matches!(line.outcome, LineOutcome::NotDeclared | LineOutcome::NotObserved);
        DriftReport {
            schema: DRIFT_SCHEMA,
            tool: Tool { name: "countersign", version: version.to_owned() },
            as_of: table::instant(self.as_of),
            declared: Revision {
                label: self.all.head_label.clone(),
                commit: head.commit.clone(),
                tree: head.tree.clone(),
            }
            .into(),
            observed: given.iter().map(|own| self.observed_report(own, taken_at.clone())).collect(),
            systems: self.systems(&lines),
            drift: lines.iter().filter(drift).count(),
            exposures: self.exposures(),
            lines,
            gaps: self.gaps(),
        }
    }

    fn observed_report(&self, given: &Given<'_>, taken_at: Option<String>) -> ObservedReport {
        let file = &given.file;
        let unit = self.observed.units.iter().find(|unit| unit.files.contains(&file.path));
        let tally = unit.into_iter().flat_map(|unit| &unit.facts.tally);
        ObservedReport {
            file: file.path.to_string(),
            kind: given.as_kind.kind.word.to_owned(),
            sha256: file.digest().unwrap_or_else(|| crate::store::Digest::of(b"")),
            bytes: file.bytes().map_or(0, |bytes| bytes.len() as u64),
            read: tally.map(|(kind, count)| ((*kind).to_owned(), *count)).collect(),
            taken_at,
        }
    }

    fn lines(&self) -> Vec<LineReport> {
        let places = Places { files: &self.all, cache: RefCell::default() };
        let (by_site, by_world_site) = (containers(&self.declared.graph), containers(&self.world.graph));
        let offset = u32::try_from(self.declared.units.len()).unwrap_or(u32::MAX);
        let observed: Vec<UnitFacts> = self.observed.facts();
        let mut lines: Vec<LineReport> = self
            .difference
            .lines
            .iter()
            .map(|line| {
                let kind = self.kind(&line.system);
                let (outcome, why) = outcome(line, comes_with(&kind));
                let duties = match outcome {
                    LineOutcome::NotDeclared => {
                        let site = line.observed.map(|site| Site { unit: site.unit + offset, ..site });
                        self.duties(&self.world, line, site.and_then(|site| by_world_site.get(&site)))
                    }
                    LineOutcome::NotObserved => {
                        self.duties(&self.declared, line, line.declared.and_then(|site| by_site.get(&site)))
                    }
                    _ => Vec::new(),
                };
                let scope = line.scope.iter().filter(|(dimension, _)| *dimension.0 != *"system");
                let scope = scope
                    .fold(Scope::unknown(), |scope, (dimension, values)| scope.with(dimension.clone(), values.clone()));
                LineReport {
                    outcome,
                    tier: match (line.declared, line.observed) {
                        (Some(_), Some(_)) => LineTier::Reconciled,
                        (None, _) => LineTier::Observed,
                        _ => LineTier::Declared,
                    },
                    aspect: line.aspect.as_str().to_owned(),
                    system: line.system.to_string(),
                    subject: line.subject.to_string(),
                    what: line.what.to_string(),
                    permissions: line.permissions.iter().map(ToString::to_string).collect(),
                    scope: scope.lists(),
                    duties,
                    declared_at: line.declared.map(|site| places.of(&self.declared.units, site)),
                    observed_at: line.observed.map(|site| places.of(&observed, site)),
                    note: why.or_else(|| line.note.clone()),
                }
            })
            .collect();
        // The order is that of outcomes, and what comes with a system is one of its own.
        lines.sort_by_key(|line| line.outcome);
        lines
    }

    fn kind(&self, system: &str) -> String {
        let own = self.declared.graph.systems.find(system).and_then(|idx| self.declared.graph.systems.get(idx));
        own.map_or_else(|| system.to_owned(), |own| own.kind.to_string())
    }

    /// The duties that a role confers by itself, or permissions without a role.
    fn duties(&self, side: &Joined, line: &Line, without_role: Option<&ContainerId>) -> Vec<String> {
        let role = line.role.as_ref().and_then(|role| side.graph.role(role));
        let by_role = matches!(line.aspect, Aspect::Grant | Aspect::Role);
        let container = if by_role { role } else { without_role.copied().filter(|_| line.role.is_none()) };
        let Some(container) = container else { return Vec::new() };
        let held = self.matcher(side).role(container);
        let own = held.duties.iter().filter(|held| held.supports.iter().any(|support| support.via.is_none()));
        let own = own.filter_map(|held| self.catalogue.duty(held.duty)).map(|duty| duty.id.to_string());
        own.collect::<BTreeSet<String>>().into_iter().collect()
    }

    fn matcher<'m>(&'m self, side: &'m Joined) -> Matcher<'m> {
        Matcher { graph: &side.graph, catalogue: &self.catalogue, matches: &side.matches, as_of: self.as_of }
    }

    fn systems(&self, lines: &[LineReport]) -> Vec<SystemDriftReport> {
        let of = |system: &Text, outcome| {
            lines.iter().filter(|line| *line.system == **system && line.outcome == outcome).count()
        };
        let one = |system: &Text, compared: bool| {
            let mut notes: Vec<String> = self.apart.get(system).into_iter().cloned().collect();
            notes.extend(self.observed.taken.get(system).cloned());
            if let Some(dimensions) = self.difference.dimensions.get(system) {
                let names: Vec<String> = dimensions.iter().map(ToString::to_string).collect();
                notes.push(format!("only one side speaks of {}: on what was not compared by it", names.join(" and ")));
            }
            SystemDriftReport {
                system: system.to_string(),
                compared,
                notes,
                reconciled: of(system, LineOutcome::Reconciled),
                not_declared: of(system, LineOutcome::NotDeclared),
                not_observed: of(system, LineOutcome::NotObserved),
                inconclusive: of(system, LineOutcome::Inconclusive),
                comes_with: of(system, LineOutcome::ComesWith),
                not_compared: of(system, LineOutcome::NotCompared),
            }
        };
        let compared = self.compared.iter().map(|system| one(system, true));
        compared.chain(self.apart.keys().map(|system| one(system, false))).collect()
    }

    fn exposures(&self) -> Vec<ExposureReport> {
        let (world, declared) = (self.matcher(&self.world), self.matcher(&self.declared));
        let conflicts = conflicts_beyond(&world, &declared, &self.all).into_iter().map(|own| ExposureReport {
            what: Exposed::Conflict,
            id: own.id.to_string(),
            title: own.title.to_string(),
            severity: Some(own.severity),
            principal: own.principal,
            systems: own.systems,
            held: own.held,
            on: own.on,
            path: own.steps.into_iter().map(step).collect(),
        });
        let duties = beyond(&world, &declared, &self.all).into_iter();
        // What comes along with a wider duty is said by that.
        let duties = duties.filter(|way| way.included_in.is_none() && way.under.is_none()).map(|way| {
            let duty = self.catalogue.find_duty(&way.duty).and_then(|idx| self.catalogue.duty(idx));
            ExposureReport {
                what: if way.privileged { Exposed::PrivilegedDuty } else { Exposed::Duty },
                severity: duty.and_then(|duty| duty.privileged),
                id: way.duty,
                title: way.title,
                principal: way.principal,
                systems: vec![way.system],
                held: way.certainty,
                on: way.scope,
                path: way.steps.into_iter().map(step).collect(),
            }
        });
        let mut all: Vec<ExposureReport> = conflicts.chain(duties).collect();
        all.sort_by_cached_key(|own| {
            let place = (own.principal.clone(), own.id.clone(), own.systems.clone(), own.on.clone());
            (std::cmp::Reverse(own.severity), own.what, place)
        });
        all
    }

    /// What could not be told: of exports everything, of the tree what a compared system lacks for it.
    fn gaps(&self) -> Vec<DriftGapReport> {
        let places = Places { files: &self.all, cache: RefCell::default() };
        let observed = self.observed.facts();
        let told = |units: &[UnitFacts], tier: LineTier| -> Vec<DriftGapReport> {
            let all = (0u32..)
                .zip(units)
                .flat_map(|(number, unit)| unit.facts.unresolved.iter().map(move |found| (number, unit, found)));
            let counts = |unit: &UnitFacts| {
                tier == LineTier::Observed || !observed::speaks(&unit.facts).is_disjoint(&self.compared)
            };
            all.filter(|(_, unit, found)| counts(unit) && found.gap != Gap::DefinedTwice)
                .map(|(unit, _, found)| DriftGapReport {
                    tier,
                    at: places.of(units, Site { unit, origin: found.origin }),
                    reason: found.reason.clone(),
                    consequence: found.consequence.clone(),
                })
                .collect()
        };
        let mut all = told(&observed, LineTier::Observed);
        all.extend(told(&self.declared.units, LineTier::Declared));
        all
    }
}

/// The system of what does not say its account.
const AWS: &str = "aws";

/// The account that everything of AWS in the tree is taken for: the export's, where neither side has another one.
fn lone_account(declared: &BTreeMap<Text, Text>, observed: &BTreeSet<Text>) -> Option<(Text, String)> {
    let accounts: Vec<&Text> = observed.iter().filter(|system| system.starts_with("aws:")).collect();
    let [account] = accounts.as_slice() else { return None };
    let fits = declared.contains_key(AWS) && !declared.keys().any(|system| system.starts_with("aws:"));
    let why = "the tree does not say which account it declares; it was taken for the export's";
    fits.then(|| ((*account).clone(), why.to_owned()))
}

fn read(comparison: &Comparison, rules: &Rules) -> Result<Vec<LoweredUnit>, CliError> {
    let reading = Reader::default().read(&comparison.head, rules);
    let misfits = mapping::misfits(rules, &[&reading], &comparison.head, comparison.rules_tree());
    if misfits.is_empty() { Ok(reading.units) } else { Err(CliError::Rules(misfits)) }
}

/// The systems that only one side speaks of, as far as the other one might: those of the types of the exports.
fn apart(
    declared: &BTreeMap<Text, Text>,
    observed: &BTreeSet<Text>,
    compared: &BTreeSet<Text>,
) -> BTreeMap<Text, String> {
    let mut all = BTreeMap::new();
    for system in observed.difference(compared) {
        let kind = system.split_once(':').map_or(&**system, |(kind, _)| kind);
        let near: Vec<&str> = declared.iter().filter(|(_, own)| ***own == *kind).map(|(id, _)| &**id).collect();
        let why = if near.is_empty() {
            "the tree declares no access in it".to_owned()
        } else {
            format!("the tree declares no access in it; if it is {}, say so with --as {kind}=SYSTEM", near.join(" or "))
        };
        all.insert(system.clone(), why);
    }
    let others = declared.keys().filter(|system| !compared.contains(*system));
    all.extend(others.map(|system| (system.clone(), "the exports say nothing of it".to_owned())));
    all
}

/// The permissions without a role, by where they are granted.
fn containers(graph: &Graph) -> HashMap<Site, ContainerId> {
    let nodes = (0u32..).map(NodeId).take_while(|node| graph.node(*node).is_some());
    let grants = nodes.flat_map(|node| graph.grants_of(node)).filter_map(|grant| graph.grant(*grant));
    grants
        .filter(|grant| graph.container(grant.container).is_some_and(|own| own.role.is_none()))
        .map(|grant| (grant.site, grant.container))
        .collect()
}

fn step(step: LocatedStep) -> StepReport {
    StepReport { text: step.text, side: None, file: step.file, line: step.line, column: None }
}

/// Places as `file:line`; each file's lines are found once.
struct Places<'a> {
    files: &'a Comparison,
    cache: RefCell<HashMap<Text, Option<LineIndex<'a>>>>,
}

impl Places<'_> {
    fn of(&self, units: &[UnitFacts], site: Site) -> String {
        let Some(place) = place(units, site) else { return String::new() };
        let bytes = self.files.head.get(&place.file).and_then(SourceFile::bytes);
        let mut cache = self.cache.borrow_mut();
        match cache.entry(place.file.clone()).or_insert_with(|| bytes.map(|bytes| LineIndex::new(bytes))) {
            Some(index) => format!("{}:{}", place.file, index.position(place.span.start).line),
            None => place.file.to_string(),
        }
    }
}
