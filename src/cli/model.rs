//! One tree, read and joined, for commands that ask it questions.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use clap::Args;

use super::Env;
use super::check::{READ_LIMIT, instant, read_rule_file};
use super::error::CliError;
use super::imports::{self, ImportArgs};
use crate::access::{ConditionId, Graph, Links, NodeId, PrincipalKind, UnitFacts};
use crate::duties::{
    Catalogue, Certainty, DutyIdx, Escalation, Escalations, HeldDuty, Holdings, Matcher, Matches, Support,
};
use crate::facts::scope::Scope;
use crate::facts::{Origin, Text};
use crate::formats::pipelines::INDIRECT;
use crate::formats::{LoweredUnit, Reader, Reading, mapping};
use crate::gate::{Step, escalation_path, path, rule_files};
use crate::report::Tip;
use crate::rules::{Binding, Defined, Duty, PermissionRequirement, Requirement, Rules};
use crate::source::{self, Comparison, Head, Request, SourceFile, Tree};
use crate::syntax::{LineIndex, nearest};

/// Which tree to read.
#[derive(Debug, Args)]
pub(super) struct TreeArgs {
    /// The folder to read; in a git work tree its root is found.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(super) path: PathBuf,
    /// Read this revision instead of the files on disk.
    #[arg(long, value_name = "REV")]
    head: Option<String>,
    /// Use this configuration instead of countersign.yaml.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl TreeArgs {
    /// The work tree around the current folder, or that folder.
    pub(super) fn here() -> Self {
        Self { path: PathBuf::from("."), head: None, config: None }
    }

    /// The tree and its rules, without its definitions.
    pub(super) fn open(&self, env: &Env<'_>) -> Result<(Comparison, Rules), CliError> {
        let head = self.head.as_deref().map_or(Head::WorkTree, Head::Revision);
        open(&self.path, head, self.config.as_deref(), env)
    }
}

/// The files on disk with their rules, without their definitions.
pub(super) fn open_work_tree(path: &Path, env: &Env<'_>) -> Result<(Comparison, Rules), CliError> {
    open(path, Head::WorkTree, None, env)
}

/// A tree with its rules, or those of another configuration. Nothing is compared, so whoever asks chooses the rules.
pub(super) fn open(
    path: &Path,
    head: Head<'_>,
    config: Option<&Path>,
    env: &Env<'_>,
) -> Result<(Comparison, Rules), CliError> {
    let git = env.git();
    let request = Request { cwd: &env.cwd, path, base: None, head, read_limit: READ_LIMIT, env: &git };
    let comparison = source::open(&request)?;
    let config = config.map(|path| read_rule_file(&env.cwd, path)).transpose()?;
    let rules = Rules::load_in(&rule_files(comparison.rules_tree()), config, comparison.repository.as_ref())?;
    Ok((comparison, rules))
}

/// Which tree to ask, and when.
#[derive(Debug, Args)]
pub(super) struct ModelArgs {
    #[command(flatten)]
    tree: TreeArgs,
    #[command(flatten)]
    imports: ImportArgs,
    /// Ask as of this instant instead of now.
    #[arg(long, value_name = "RFC3339")]
    as_of: Option<String>,
}

impl ModelArgs {
    /// A revision, without anything that is imported.
    pub(super) fn of_revision(path: &Path, revision: &str, as_of: Option<&str>) -> Self {
        Self::of(path, Some(revision), as_of)
    }

    /// The files on disk, without anything that is imported.
    pub(super) fn of_work_tree(path: &Path, as_of: Option<&str>) -> Self {
        Self::of(path, None, as_of)
    }

    fn of(path: &Path, head: Option<&str>, as_of: Option<&str>) -> Self {
        let tree = TreeArgs { path: path.to_owned(), head: head.map(str::to_owned), config: None };
        Self { tree, imports: ImportArgs::default(), as_of: as_of.map(str::to_owned) }
    }
}

/// One tree, joined.
pub(super) struct Model {
    pub(super) comparison: Comparison,
    pub(super) rules: Rules,
    pub(super) reading: Reading,
    pub(super) graph: Graph,
    /// Whose accounts are whose, also of those that nothing but a claim names.
    pub(super) links: Links,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) matches: Matches,
    escalations: OnceLock<Escalations>,
    pub(super) as_of: i64,
    /// The duty that stands for a permission that was asked about.
    asked: Option<String>,
}

impl Model {
    /// Reads and joins. `question` is a duty's id or a permission: a permission is asked about through a duty that
    /// exactly this permission confers, so that denies, boundaries and conditions count as they do everywhere.
    pub(super) fn open(args: &ModelArgs, question: Option<&str>, env: &Env<'_>) -> Result<Self, CliError> {
        let as_of = match &args.as_of {
            Some(text) => instant(text)?,
            None => (env.now)(),
        };
        let (mut comparison, rules) = args.tree.open(env)?;
        let imported = args.imports.read(env)?;
        args.imports.apply(&imported, env, &mut comparison)?;
        imports::check(&imported, &rules)?;
        Self::join(comparison, rules, as_of, question)
    }

    /// Joins the tree that is asked about under its rules.
    pub(super) fn join(
        comparison: Comparison,
        rules: Rules,
        as_of: i64,
        question: Option<&str>,
    ) -> Result<Self, CliError> {
        Self::join_read(&Reader::default(), comparison, rules, as_of, question)
    }

    /// Like [`Model::join`], by a reader that may have read most of it before.
    pub(super) fn join_read(
        reader: &Reader,
        comparison: Comparison,
        mut rules: Rules,
        as_of: i64,
        question: Option<&str>,
    ) -> Result<Self, CliError> {
        let reading = reader.read(&comparison.head, &rules);
        let misfits = mapping::misfits(&rules, &[&reading], &comparison.head, comparison.rules_tree());
        if !misfits.is_empty() {
            return Err(CliError::Rules(misfits));
        }
        let units: Vec<UnitFacts> = reading.units.iter().map(Into::into).collect();
        let (links, _) = Links::of_tree(&units, &rules.config.links);
        let question = question.filter(|question| !rules.definitions.duties.contains_key(*question));
        if let Some(permission) = question {
            rules.known_roles.ask_everywhere(permission);
        }
        let graph = Graph::build(units, &links, &rules.known_roles);
        let asked = question.map(|question| {
            let id = format!("permission {question}");
            Arc::make_mut(&mut rules.definitions).duties.insert(id.clone(), permission_duty(question, &graph));
            id
        });
        let catalogue = Catalogue::of(&rules.definitions);
        let matches = Matches::new(&graph, &catalogue);
        let escalations = OnceLock::new();
        Ok(Self { comparison, rules, reading, graph, links, catalogue, matches, escalations, as_of, asked })
    }

    /// The tree as the inventory of a report takes it.
    pub(super) fn tip(&self) -> Tip<'_> {
        Tip {
            commit: self.comparison.head.commit.as_deref(),
            files: &self.comparison.head,
            rules: &self.rules,
            not_evaluated: self.reading.not_lowered.len(),
            graph: &self.graph,
            catalogue: &self.catalogue,
            matches: &self.matches,
            as_of: self.as_of,
        }
    }

    /// The duty that a question is about.
    pub(super) fn question(&self, question: &str) -> Option<DutyIdx> {
        self.catalogue.find_duty(self.asked.as_deref().unwrap_or(question))
    }

    /// Places of the tree as text.
    pub(super) fn places(&self) -> impl Fn(&LoweredUnit, Origin) -> String {
        places(&self.comparison.head)
    }

    /// Whether the question is about a permission.
    pub(super) fn is_permission(&self) -> bool {
        self.asked.is_some()
    }

    /// What an answer without anybody leaves open: whether a duty was meant.
    pub(super) fn perhaps_a_duty(&self, question: &str) -> String {
        let Some(asked) = &self.asked else { return String::new() };
        let duties = self.rules.definitions.duties.keys().filter(|id| *id != asked);
        match nearest(question, duties.map(String::as_str)) {
            Some(near) => format!("no duty is named so either; did you mean `{near}`?\n"),
            None => "no duty is named so either; `countersign ruleset list --duties` names them all\n".to_owned(),
        }
    }

    pub(super) fn matcher(&self) -> Matcher<'_> {
        Matcher { graph: &self.graph, catalogue: &self.catalogue, matches: &self.matches, as_of: self.as_of }
    }

    /// Finds a principal by its id or by the end of it.
    pub(super) fn principal(&self, wanted: &str) -> Result<(NodeId, PrincipalKind), CliError> {
        let all: Vec<(String, NodeId, PrincipalKind)> = self
            .graph
            .principals()
            .into_iter()
            .filter_map(|(node, kind)| Some((self.graph.node(node)?.holder.to_string(), node, kind)))
            .collect();
        let ends_with =
            |id: &str| id == wanted || id.ends_with(&format!(":{wanted}")) || id.ends_with(&format!("/{wanted}"));
        let found: Vec<&(String, NodeId, PrincipalKind)> = match all.iter().find(|(id, _, _)| id == wanted) {
            Some(exact) => vec![exact],
            None => all.iter().filter(|(id, _, _)| ends_with(id)).collect(),
        };
        match found.as_slice() {
            [(_, node, kind)] => Ok((*node, *kind)),
            [] => {
                let names = all.iter().map(|(id, _, _)| id.split_once(':').map_or(id.as_str(), |(_, name)| name));
                let help = nearest(wanted, names).map_or_else(
                    || "`countersign access` lists everyone who holds something".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                Err(CliError::other(format!("there is no principal `{wanted}`"), help))
            }
            several => {
                let ids: Vec<&str> = several.iter().take(5).map(|(id, _, _)| id.as_str()).collect();
                Err(CliError::other(
                    format!("`{wanted}` is the end of several ids"),
                    format!("one of: {}", ids.join(", ")),
                ))
            }
        }
    }

    /// Every way in which someone holds a duty.
    pub(super) fn ways(&self, node: NodeId, holdings: &Holdings, only: Option<DutyIdx>) -> Vec<Way> {
        let wanted = |held: &HeldDuty, _: &Support| only.is_none_or(|only| held.duty == only);
        let mut ways = ways(&self.matcher(), &self.comparison, node, holdings, &wanted);
        let principal = self.graph.node(node).map(|node| node.holder.to_string()).unwrap_or_default();
        ways.extend(self.escalations(&principal, node, holdings, only));
        ways
    }

    /// Every way by which someone could come to administer a system.
    fn escalations(&self, principal: &str, node: NodeId, holdings: &Holdings, only: Option<DutyIdx>) -> Vec<Way> {
        let Some((idx, duty)) = self.catalogue.administrator() else { return Vec::new() };
        if only.is_some_and(|only| only != idx) {
            return Vec::new();
        }
        let matcher = self.matcher();
        let found = self.escalations.get_or_init(|| Escalations::new(&matcher)).of(&matcher, node);
        let condition = |id: &ConditionId| self.graph.condition(*id);
        let way = |way: &Escalation| Way {
            principal: principal.to_owned(),
            duty: duty.id.to_string(),
            title: duty.title.to_string(),
            privileged: duty.privileged.is_some(),
            system: self.graph.systems.get(way.system).map(|system| system.id.to_string()).unwrap_or_default(),
            certainty: way.certainty,
            held: way.certainty.as_str(),
            indirect: way.conditions.iter().filter_map(condition).any(|own| *own.key == *INDIRECT),
            by_escalation: true,
            scope: way.scope.to_string(),
            on: (*way.scope).clone(),
            conditions: way
                .conditions
                .iter()
                .filter_map(condition)
                .map(|own| own.text.to_string())
                .chain(way.unknowns.iter().map(ToString::to_string))
                .collect(),
            included_in: None,
            under: None,
            until: way.validity.until,
            steps: self.stages(&matcher, holdings, way),
        };
        found.iter().map(way).collect()
    }

    /// The path of an escalation: what leads to each permission, and what comes of it.
    fn stages(&self, matcher: &Matcher<'_>, holdings: &Holdings, way: &Escalation) -> Vec<LocatedStep> {
        let mut all = Vec::new();
        for stage in escalation_path(matcher, holdings, way) {
            all.extend(stage.steps.into_iter().map(|step| located(step, &self.comparison)));
            let reached = stage.reaches.map(|holder| format!(": {holder}")).unwrap_or_default();
            let text = format!("so it can {}{reached}", stage.title);
            all.push(LocatedStep { text, file: None, line: None, is_outcome: true });
        }
        all
    }
}

/// Places of a tree as text, such as `roles/ap.yaml:14`. Each file's lines are found once.
pub(super) fn places(tree: &Tree) -> impl Fn(&LoweredUnit, Origin) -> String {
    let lines: RefCell<HashMap<Text, Option<LineIndex<'_>>>> = RefCell::default();
    move |unit, origin| {
        let Some(path) = unit.files.get(origin.file as usize) else { return String::new() };
        let bytes = || tree.get(path).and_then(SourceFile::bytes);
        let mut lines = lines.borrow_mut();
        match lines.entry(path.clone()).or_insert_with(|| bytes().map(|bytes| LineIndex::new(bytes))) {
            Some(index) => format!("{path}:{}", index.position(origin.span.start).line),
            None => path.to_string(),
        }
    }
}

/// The ways in which someone holds a duty, of those that are wanted.
pub(super) fn ways(
    matcher: &Matcher<'_>,
    comparison: &Comparison,
    node: NodeId,
    holdings: &Holdings,
    wanted: &dyn Fn(&HeldDuty, &Support) -> bool,
) -> Vec<Way> {
    let Matcher { graph, catalogue, matches, as_of: _ } = *matcher;
    let principal = graph.node(node).map(|node| node.holder.to_string()).unwrap_or_default();
    let named = |duty: Option<DutyIdx>| duty.and_then(|duty| catalogue.duty(duty)).map(|duty| duty.id.to_string());
    let mut ways = Vec::new();
    for held in &holdings.duties {
        let Some(duty) = catalogue.duty(held.duty) else { continue };
        let system = graph.systems.get(held.system).map(|system| system.id.to_string()).unwrap_or_default();
        for support in held.supports.iter().filter(|support| wanted(held, support)) {
            let conditions = || support.conditions.iter().filter_map(|id| graph.condition(*id));
            ways.push(Way {
                principal: principal.clone(),
                duty: duty.id.to_string(),
                title: duty.title.to_string(),
                privileged: duty.privileged.is_some(),
                system: system.clone(),
                certainty: support.certainty,
                held: support.certainty.as_str(),
                indirect: conditions().any(|condition| *condition.key == *INDIRECT),
                by_escalation: false,
                scope: support.scope.to_string(),
                on: (*support.scope).clone(),
                conditions: conditions().map(|condition| condition.text.to_string()).collect(),
                included_in: named(support.via),
                under: named(support.under),
                until: support.validity.until,
                steps: path(graph, matches, holdings, support)
                    .into_iter()
                    .map(|step| located(step, comparison))
                    .collect(),
            });
        }
    }
    ways
}

pub(super) fn located(step: Step, comparison: &Comparison) -> LocatedStep {
    let place = step.place.map(|(_, place)| place);
    let line = place.as_ref().and_then(|place| {
        let bytes = comparison.head.get(&place.file)?.bytes()?;
        Some(LineIndex::new(bytes).position(place.span.start).line)
    });
    LocatedStep { text: step.text, file: place.map(|place| place.file.to_string()), line, is_outcome: false }
}

/// One way in which someone holds a duty.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) principal: String,
    pub(super) duty: String,
    pub(super) title: String,
    pub(super) privileged: bool,
    pub(super) system: String,
    pub(super) certainty: Certainty,
    pub(super) held: &'static str,
    /// Whether it is held by way of something that the principal may change, such as a pipeline.
    pub(super) indirect: bool,
    /// Whether it is not held, and the principal could come to it.
    pub(super) by_escalation: bool,
    pub(super) scope: String,
    pub(super) on: Scope,
    pub(super) conditions: Vec<String>,
    pub(super) included_in: Option<String>,
    /// The privileged duty that the same grant gives and that includes it.
    pub(super) under: Option<String>,
    pub(super) until: Option<i64>,
    pub(super) steps: Vec<LocatedStep>,
}

/// A step with its line.
#[derive(Debug, Clone)]
pub(super) struct LocatedStep {
    pub(super) text: String,
    pub(super) file: Option<String>,
    pub(super) line: Option<u32>,
    /// Whether it is what comes of the steps before it, which nothing writes down.
    pub(super) is_outcome: bool,
}

impl LocatedStep {
    /// `file:line`, or where else it comes from.
    pub(super) fn place(&self) -> String {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            (Some(file), None) => file.clone(),
            (None, _) if self.is_outcome => String::new(),
            (None, _) => "known of the system".to_owned(),
        }
    }
}

/// A duty that exactly one permission confers, in every type of system of the graph.
fn permission_duty(permission: &str, graph: &Graph) -> Defined<Duty> {
    let binding = || Binding {
        origin: "asked".to_owned(),
        release: None,
        any: vec![Requirement::Permission(PermissionRequirement {
            permission: permission.to_owned(),
            level: Some(crate::facts::Level::View),
            resource: None,
            fields: BTreeMap::new(),
        })],
    };
    Defined {
        value: Duty {
            open_ended: false,
            title: format!("use the permission {permission}"),
            process: String::new(),
            description: String::new(),
            privileged: false,
            severity: None,
            scope: None,
            includes: Vec::new(),
            any_duty: Vec::new(),
            bindings: graph
                .systems
                .iter()
                .filter(|system| can_name(&system.kind, permission))
                .map(|system| (system.kind.to_string(), binding()))
                .collect(),
        },
        ruleset: "asked".into(),
    }
}

/// Whether a type of system can have a permission of this name. Where permissions are granted by pattern, one that lets
/// its holder do everything would otherwise answer for names of other systems, and for slips of the keyboard.
fn can_name(kind: &str, permission: &str) -> bool {
    match kind {
        // `iam:PassRole`
        "aws" => permission.split_once(':').is_some_and(|(service, action)| {
            let word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-*?".contains(c));
            word(service) && word(action)
        }),
        // `get:core/secrets`
        "kubernetes" => permission.split_once(':').is_some_and(|(_, resource)| resource.contains('/')),
        _ => true,
    }
}
