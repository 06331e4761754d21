//! `countersign graph`: who reaches what by which way, as a picture.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use clap::{ArgGroup, Args, ValueEnum};
use rayon::prelude::*;

use super::error::CliError;
use super::model::{Model, ModelArgs};
use super::{Env, Exit, table};
use crate::access::NodeId;
use crate::duties::{DutyIdx, Escalations, HeldDuty, Holdings, Matcher, Support};
use crate::gate::{self, Document, Finding, Hop, Joined, Task, Trail, Witness, escalation_trail, policy_data, trails};
use crate::output::{Lane, Picture, lane, picture_dot, picture_html, picture_mermaid, picture_svg};
use crate::policy::Bundle;
use crate::source::SourceFile;
use crate::syntax::{LineIndex, nearest};

/// Shortest beginning of a fingerprint that names a finding.
const SHORTEST: usize = 4;

/// Draw who reaches what by which way: of a principal, of a duty, or of a finding.
#[derive(Debug, Args)]
#[command(
    override_usage = "countersign graph <--principal ID|--duty DUTY|--finding FINGERPRINT> --format FORMAT [PATH]",
    group(ArgGroup::new("what").required(true).args(["principal", "duty", "finding"])),
    after_help = "\
Examples:
  countersign graph --principal alice.ng --format svg > alice.svg
  countersign graph --duty PAY --format html > pay.html
  countersign graph --finding 3f2a91 --format mermaid          a finding, by its fingerprint
  countersign graph infra/ --duty SUPER --format dot | dot -Tpdf > super.pdf

What is uncertain or conditional is dashed. A finding of a conflict has a lane for each of its duties.

Exit status: 0 drawn, 2 wrong usage, configuration or git state"
)]
pub struct GraphArgs {
    /// The folder to read; in a git work tree its root is found.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// What this principal holds: an id, such as person:alice.ng, or the end of one.
    #[arg(long, value_name = "ID")]
    principal: Option<String>,
    /// Who holds this duty or permission.
    #[arg(long, value_name = "DUTY|PERMISSION")]
    duty: Option<String>,
    /// What this finding rests on: its fingerprint, or the beginning of it.
    #[arg(long, value_name = "FINGERPRINT")]
    finding: Option<String>,
    /// How to draw it.
    #[arg(long, value_enum)]
    format: GraphFormat,
    /// Read this revision instead of the files on disk.
    #[arg(long, value_name = "REV")]
    head: Option<String>,
    /// Draw what holds at this instant instead of now.
    #[arg(long, value_name = "RFC3339")]
    as_of: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GraphFormat {
    // No documentation comments: each would turn into a paragraph of the command's help.
    Dot,
    Mermaid,
    Svg,
    Html,
}

/// Runs the command.
pub(super) fn run(args: &GraphArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let tree = match &args.head {
        Some(revision) => ModelArgs::of_revision(&args.path, revision, args.as_of.as_deref()),
        None => ModelArgs::of_work_tree(&args.path, args.as_of.as_deref()),
    };
    let model = Model::open(&tree, args.duty.as_deref(), env)?;
    let picture = match (&args.principal, &args.duty, &args.finding) {
        (Some(principal), _, _) => of_principal(&model, principal)?,
        (None, Some(duty), _) => of_duty(&model, duty)?,
        (None, None, Some(finding)) => of_finding(&model, finding)?,
        (None, None, None) => Picture::default(),
    };
    let text = match args.format {
        GraphFormat::Dot => picture_dot(&picture),
        GraphFormat::Mermaid => picture_mermaid(&picture),
        GraphFormat::Svg => picture_svg(&picture),
        GraphFormat::Html => picture_html(&picture),
    };
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

/// Where hops are written, by line; each file's lines are found once.
struct Places<'a> {
    model: &'a Model,
    lines: Mutex<HashMap<String, Option<LineIndex<'a>>>>,
}

impl<'a> Places<'a> {
    fn of(model: &'a Model) -> Self {
        Self { model, lines: Mutex::default() }
    }

    fn of_hop(&self, hop: &Hop) -> String {
        let Some(place) = &hop.place else { return String::new() };
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let index = lines.entry(place.file.to_string()).or_insert_with(|| {
            let bytes = self.model.comparison.head.get(&place.file).and_then(SourceFile::bytes);
            bytes.map(|bytes| LineIndex::new(bytes))
        });
        match index {
            Some(index) => format!("{}:{}", place.file, index.position(place.span.start).line),
            None => place.file.to_string(),
        }
    }
}

/// The ways by which duties are held by themselves, shortest first.
fn ways(matcher: &Matcher<'_>, holdings: &Holdings, wanted: &dyn Fn(&HeldDuty, &Support) -> bool) -> Vec<Trail> {
    let mut all = Vec::new();
    for held in &holdings.duties {
        for support in held.supports.iter().filter(|support| wanted(held, support)) {
            all.extend(trails(matcher, holdings, held, support));
        }
    }
    all
}

fn holder(matcher: &Matcher<'_>, node: NodeId) -> String {
    matcher.graph.node(node).map(|node| node.holder.to_string()).unwrap_or_default()
}

/// The lanes of ways to administer systems.
fn escalation_lanes(matcher: &Matcher<'_>, holdings: &Holdings, places: &Places<'_>) -> Vec<Lane> {
    let lane = |way| {
        let trail = escalation_trail(matcher, holdings, way);
        let system = matcher.graph.systems.get(way.system).map(|own| own.id.to_string()).unwrap_or_default();
        let title = format!("could come to administer {system}");
        lane(&title, &[trail], &|hop| places.of_hop(hop), ("way", "ways"))
    };
    holdings.escalations.iter().map(lane).collect()
}

fn of_principal(model: &Model, wanted: &str) -> Result<Picture, CliError> {
    let (node, _) = model.principal(wanted)?;
    let (matcher, places) = (model.matcher(), Places::of(model));
    let mut holdings = matcher.principal(node);
    holdings.escalations = Escalations::new(&matcher).of(&matcher, node);
    // What comes along with a wider duty is said by that one.
    let own = ways(&matcher, &holdings, &|_, support| support.via.is_none() && support.under.is_none());
    let who = holder(&matcher, node);
    let mut lanes = vec![lane("", &own, &|hop| places.of_hop(hop), ("way", "ways"))];
    lanes.extend(escalation_lanes(&matcher, &holdings, &places));
    if own.is_empty() && holdings.escalations.is_empty() {
        lanes.clear();
    } else if own.is_empty() {
        lanes.remove(0);
    } else if let (Some(first), false) = (lanes.first_mut(), holdings.escalations.is_empty()) {
        "holds".clone_into(&mut first.title);
    }
    let duties: BTreeSet<DutyIdx> = holdings.duties.iter().map(|held| held.duty).collect();
    let description = match (duties.len(), own.len()) {
        (0, _) => format!("{who} holds no duty of the catalogue"),
        (duties, ways) => format!(
            "The accounts, groups and roles by which {who} holds duties: {duties} in all, those that come along with wider \
             ones included, by {ways} ways"
        ),
    };
    Ok(Picture { title: format!("what {who} can do"), description, lanes })
}

fn of_duty(model: &Model, wanted: &str) -> Result<Picture, CliError> {
    let (matcher, places) = (model.matcher(), Places::of(model));
    let Some(duty) = model.question(wanted) else {
        let ids = model.rules.definitions.duties.keys().map(String::as_str);
        let help = nearest(wanted, ids).map_or_else(
            || "`countersign ruleset list --duties` names them all".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(CliError::other(format!("there is no duty `{wanted}`"), help));
    };
    let title = model.catalogue.duty(duty).map(|own| own.title.to_string()).unwrap_or_default();
    let found: Vec<Vec<Trail>> = model
        .graph
        .principals()
        .par_iter()
        .map(|(node, _)| {
            let holdings = matcher.principal(*node);
            let mut own = ways(&matcher, &holdings, &|held, _| held.duty == duty);
            // One way each first, so that a picture that is cut shows as many people as it can.
            own.truncate(1);
            own
        })
        .collect();
    let who = found.iter().filter(|own| !own.is_empty()).count();
    let all: Vec<Trail> = found.into_iter().flatten().collect();
    let asked = if model.is_permission() { title.clone() } else { format!("{wanted} {title}") };
    let lanes = if all.is_empty() {
        Vec::new()
    } else {
        vec![lane("", &all, &|hop| places.of_hop(hop), ("principal", "principals"))]
    };
    let description = match who {
        0 => format!("nobody declared here holds {wanted}\n{}", model.perhaps_a_duty(wanted)).trim().to_owned(),
        1 => format!("one principal holds {asked}, by its surest way from left to right"),
        n => format!("{n} principals hold {asked}, each by its surest way from left to right"),
    };
    Ok(Picture { title: format!("who can {title}"), description, lanes })
}

fn of_finding(model: &Model, wanted: &str) -> Result<Picture, CliError> {
    let wanted = wanted.to_ascii_lowercase();
    if wanted.len() < SHORTEST || !wanted.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(CliError::other(
            format!("`{wanted}` is no fingerprint"),
            "`countersign check --output json` names the fingerprint of each finding; its first characters suffice",
        ));
    }
    let bundle = Bundle::load(&model.rules.policies, policy_data(model.as_of))?;
    model.rules.check_policies(bundle.severities())?;
    let secrets = gate::search(&model.comparison, &model.rules, model.as_of)?;
    let task = Task::new(&model.comparison, &model.rules, &bundle, model.as_of, &secrets);
    let watch = Watch { model, wanted: &wanted, drawn: Mutex::default() };
    gate::run_witnessed(&task, &watch)?;
    let drawn = watch.drawn.into_inner().unwrap_or_else(PoisonError::into_inner);
    drawn.unwrap_or_else(|| Err(none(&wanted)))
}

fn none(wanted: &str) -> CliError {
    CliError::other(
        format!("there is no finding `{wanted}` in this tree"),
        "`countersign check --output json` names the fingerprint of each finding",
    )
}

/// Draws the finding once the tree is judged.
struct Watch<'a> {
    model: &'a Model,
    wanted: &'a str,
    drawn: Mutex<Option<Result<Picture, CliError>>>,
}

impl Witness for Watch<'_> {
    fn asked(&self, _: Document) {}

    fn joined(&self, joined: &Joined<'_>) {
        let found: Vec<&Finding> = joined
            .judgement
            .findings
            .iter()
            .map(|judged| &judged.finding)
            .filter(|finding| finding.fingerprint.to_string().starts_with(self.wanted))
            .collect();
        let drawn = match found.as_slice() {
            [] => Err(none(self.wanted)),
            [one] => self.draw(joined.matcher, one),
            several => {
                let ids: Vec<String> = several
                    .iter()
                    .take(5)
                    .map(|own| format!("{:.12} ({} {})", own.fingerprint.to_string(), own.policy, own.subject.id))
                    .collect();
                Err(CliError::other(
                    format!("`{}` is the beginning of several fingerprints", self.wanted),
                    format!("one of: {}", ids.join(", ")),
                ))
            }
        };
        *self.drawn.lock().unwrap_or_else(PoisonError::into_inner) = Some(drawn);
    }
}

impl Watch<'_> {
    fn draw(&self, matcher: &Matcher<'_>, finding: &Finding) -> Result<Picture, CliError> {
        let places = Places::of(self.model);
        let node =
            matcher.graph.principals().into_iter().find(|(node, _)| holder(matcher, *node) == *finding.subject.id);
        let none = || {
            CliError::other(
                format!("{} of {} has no way to draw", finding.policy, finding.subject.id),
                "findings about conflicts, privileged duties and escalations of principals have one",
            )
        };
        let Some((node, _)) = node else { return Err(none()) };
        let mut holdings = matcher.principal(node);
        let systems: BTreeSet<&str> = finding.systems.iter().map(|system| &**system).collect();
        let system = |held: &HeldDuty| matcher.graph.systems.get(held.system).map(|own| own.id.to_string());
        let mut lanes: Vec<Lane> = Vec::new();
        let at = |hop: &Hop| places.of_hop(hop);
        if let Some(conflict) = &finding.conflict {
            let met = holdings.conflicts.iter().find(|met| {
                let own = met.systems.iter().filter_map(|idx| matcher.graph.systems.get(*idx)).map(|own| &*own.id);
                let id = matcher.catalogue.conflict(met.conflict).map(|own| &own.id);
                id == Some(&conflict.id) && own.collect::<BTreeSet<&str>>() == systems
            });
            for (duty, support) in met.and_then(|met| met.meetings.first()).iter().flat_map(|meeting| &meeting.legs) {
                let Some(held) = holdings.duties.get(*duty as usize) else { continue };
                let Some(support) = held.supports.get(*support as usize) else { continue };
                let title = matcher.catalogue.duty(held.duty).map(|duty| format!("{}: {}", duty.id, duty.title));
                let own = trails(matcher, &holdings, held, support);
                lanes.push(lane(&title.unwrap_or_default(), &own, &at, ("way", "ways")));
            }
        } else {
            let wanted = |held: &HeldDuty, _: &Support| {
                let duty = matcher.catalogue.duty(held.duty).map(|duty| duty.id.clone());
                finding.duties.iter().any(|own| Some(&own.id) == duty.as_ref())
                    && system(held).is_some_and(|id| systems.contains(&*id))
            };
            let own = ways(matcher, &holdings, &wanted);
            if own.is_empty() {
                holdings.escalations = Escalations::new(matcher).of(matcher, node);
                holdings
                    .escalations
                    .retain(|way| matcher.graph.systems.get(way.system).is_some_and(|own| systems.contains(&*own.id)));
                if finding.duties.is_empty() {
                    holdings.escalations.clear();
                }
                lanes.extend(escalation_lanes(matcher, &holdings, &places));
            } else {
                lanes.push(lane("", &own, &at, ("way", "ways")));
            }
        }
        lanes.retain(|lane| !lane.nodes.is_empty());
        if lanes.is_empty() {
            return Err(none());
        }
        Ok(Picture {
            title: format!("{} {}: {}", finding.policy, finding.subject.id, finding.title),
            description: finding.message.clone(),
            lanes,
        })
    }
}
