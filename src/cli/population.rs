//! `countersign population`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use super::error::CliError;
use super::evidence::{Store, StoreArgs};
use super::repositories::RepositoriesArgs;
use super::table::{instant, print};
use super::{Env, Exit, files, repositories};
use crate::evidence::{Verification, Verifying};
use crate::history::{
    Completeness, Evaluations, ForgeAudit, Frame, Item, Looked, Needs, Night, Offset, Period, Population,
    PopulationKind, Question, ShownBy, WayReport, completeness,
};
use crate::output::pretty;
use crate::source::{self, Branch, BranchReader};
use crate::store::Digest;

/// Most bytes of an export of a forge, a report or a sample.
pub(super) const MOST: u64 = 1 << 30;
/// What to do where there is a file already.
pub(super) const NEW: &str = "name a file that is not there yet";
/// Most times that a way around the gate was taken that are shown; the machine output has all.
const SHOWN: usize = 25;

/// Whether the evidence is complete: what landed on a branch, held against what was evaluated.
#[derive(Debug, Subcommand)]
pub enum PopulationCommand {
    /// Hold everything that landed on a branch against the evidence.
    Verify(Box<VerifyArgs>),
    /// Hold many clones against their evidence, and against the list of repositories that the forge has.
    Repositories(Box<RepositoriesArgs>),
    /// Freeze what landed on a branch, for a sample to be drawn from.
    Merges(Box<FreezeArgs>),
    /// Freeze what was evaluated, for a sample to be drawn from.
    Evaluations(Box<FreezeArgs>),
}

/// Of what, and when.
#[derive(Debug, Clone, Args)]
pub(super) struct OfArgs {
    #[command(flatten)]
    pub(super) asked: AskedArgs,
    /// The folder in the repository's work tree, or a bare repository.
    #[command(flatten)]
    pub(super) store: StoreArgs,
}

/// What is asked of a branch, wherever it is.
#[derive(Debug, Clone, Args)]
pub(super) struct AskedArgs {
    /// The period: `2026Q4`, `2026H2`, `2026`, `2026-10` or `2026-10-01..2026-12-31`.
    // Asked for by clap, but where a subcommand says more.
    #[arg(long, value_name = "PERIOD", required = true)]
    pub(super) period: Option<String>,
    /// How far the clock by which its days are counted is ahead of UTC: `UTC`, `+01:00`, `-05:30`.
    #[arg(long, value_name = "OFFSET", default_value = "UTC")]
    pub(super) offset: String,
    /// The protected branch.
    #[arg(long, value_name = "REVISION", default_value = "HEAD")]
    pub(super) branch: String,
    /// An export of the forge (`gh api --paginate /repos/OWNER/NAME/activity`, an audit log, the results of rules); may
    /// be given several times. It shows what no clone can.
    #[arg(long, value_name = "FILE")]
    pub(super) forge_audit: Vec<PathBuf>,
    /// Count only what was evaluated before it landed.
    #[arg(long)]
    pub(super) judged: bool,
}

/// Hold everything that landed on a branch against the evidence.
///
/// The population comes from git: the commits that the branch went through, first parents alone. Each has a passing
/// evaluation of the tree that landed, against what the branch was before, or is listed with who, when and what. What a
/// clone cannot show is said to be unknown, or read from an export of the forge.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign population verify --period 2026Q4 --branch main
  countersign population verify --period 2026Q4 --forge-audit activity.json --format json

Exit status: 0 it is complete, 1 something was not evaluated or history was replaced,
             5 the evidence does not verify, 2 it cannot be read")]
pub struct VerifyArgs {
    #[command(flatten)]
    of: OfArgs,
    /// How the answer is written.
    #[arg(long, value_enum, default_value = "human")]
    format: AnswerFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AnswerFormat {
    // No documentation comments: each would turn into a paragraph of the command's help.
    Human,
    Json,
}

/// Freeze a population: its items and a root that speaks for all of them.
#[derive(Debug, Args)]
#[command(after_help = "\
Publish the root before anybody knows the seed of the sample:
  countersign population merges --period 2026Q4 --branch main --output merges.json
  countersign sample --population merges.json --n 25 --seed '…'")]
pub struct FreezeArgs {
    #[command(flatten)]
    of: OfArgs,
    /// Where the population is written; a file that is there is never overwritten.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

/// Runs the command.
pub(super) fn run(command: &PopulationCommand, env: &mut Env<'_>) -> Result<Exit, CliError> {
    match command {
        PopulationCommand::Verify(args) => {
            let answer = answer(&args.of, env)?.0;
            let text = match args.format {
                AnswerFormat::Human => human(&answer, args.of.asked.judged),
                AnswerFormat::Json => pretty(&answer),
            };
            print(env, &text)?;
            Ok(if !answer.refused.is_empty() {
                Exit::EvidenceInvalid
            } else if answer.complete {
                Exit::Clean
            } else {
                Exit::Blocked
            })
        }
        PopulationCommand::Repositories(args) => repositories::run(args, env),
        PopulationCommand::Merges(args) => {
            let (answer, _) = answer(&args.of, env)?;
            let items = answer.items();
            freeze(answer.frame, items, &args.output, env)
        }
        PopulationCommand::Evaluations(args) => {
            let (answer, evaluations) = answer(&args.of, env)?;
            let own = evaluations.all.iter().filter(|own| answer.frame.period.contains(own.at));
            let items = own
                .map(|own| {
                    let commit = own.commit.as_deref().and_then(|commit| commit.get(..12)).unwrap_or("no commit");
                    Item::new(
                        own.id.to_string(),
                        own.at,
                        &format!("{:?} {:?} {commit}", own.by, own.came).to_lowercase(),
                    )
                })
                .collect();
            freeze(Frame { kind: PopulationKind::Evaluations, ..answer.frame }, items, &args.output, env)
        }
    }
}

/// Everything that a question about a period is asked of.
pub(super) struct Opened {
    pub(super) branch: Branch,
    pub(super) git: BranchReader,
    pub(super) evaluations: Evaluations,
    pub(super) verified: Verification,
    audit: Option<ForgeAudit>,
    pub(super) period: Period,
    needs: Needs,
    folder: String,
    pub(super) store: Store,
    /// The exports that were read, each with its digest.
    pub(super) files: Vec<(String, Digest)>,
}

impl Opened {
    pub(super) fn question(&self, as_of: i64) -> Question<'_> {
        Question {
            branch: &self.branch,
            git: &self.git,
            evaluations: &self.evaluations,
            verified: &self.verified,
            audit: self.audit.as_ref(),
            period: &self.period,
            needs: self.needs,
            folder: &self.folder,
            as_of,
        }
    }
}

impl AskedArgs {
    /// The period.
    pub(super) fn period(&self) -> Result<Period, CliError> {
        let offset: Offset = self.offset.parse().map_err(|error| CliError::told(&error))?;
        Period::parse(self.period.as_deref().unwrap_or_default(), offset).map_err(|error| CliError::told(&error))
    }
}

impl OfArgs {
    /// Reads the branch, the exports and the evidence.
    ///
    /// `earlier` is a size and a root that the log is said to have had.
    pub(super) fn open(&self, env: &Env<'_>, earlier: Option<(u64, Digest)>) -> Result<Opened, CliError> {
        let asked = &self.asked;
        let period = asked.period()?;
        let (branch, git) = source::branch(&env.cwd, &self.store.path, &asked.branch, &env.git())?;
        let (mut audit, mut files): (Option<ForgeAudit>, _) = (None, Vec::new());
        for path in &asked.forge_audit {
            let bytes = files::read(path, MOST, "check the path and its permissions", env)?;
            let name = path.display().to_string();
            let read = ForgeAudit::read(&name, &bytes).map_err(|error| CliError::told(&error))?;
            files.push((name, Digest::of(&bytes)));
            match &mut audit {
                Some(known) => known.join(read),
                None => audit = Some(read),
            }
        }
        let store = self.store.open(env)?;
        let verifying = Verifying { now: Some((env.now)()), earlier, ..Verifying::default() };
        let (verified, evaluations) = Evaluations::verified(&store.ledger(), &verifying)?;
        let folder = files::folder_name(&self.store.path, env);
        let needs = if asked.judged { Needs::Judged } else { Needs::Any };
        Ok(Opened { branch, git, evaluations, verified, audit, period, needs, folder, store, files })
    }
}

fn answer(args: &OfArgs, env: &Env<'_>) -> Result<(Completeness, Evaluations), CliError> {
    let as_of = (env.now)();
    let opened = args.open(env, None)?;
    let question = opened.question(as_of);
    let answer = completeness(&question, &question.landings())?;
    Ok((answer, opened.evaluations))
}

fn freeze(frame: Frame, items: Vec<Item>, output: &Path, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let population = Population::freeze(frame, items).map_err(|error| CliError::told(&error))?;
    let text = population.to_json().map_err(|error| CliError::Other { message: error.to_string(), help: None })?;
    files::create(output, text.as_bytes(), NEW, env)?;
    let shown = output.display();
    print(
        env,
        &format!(
            "{} {} in {shown}, root {}\nnext: publish the root; when the seed is known, countersign sample --population {shown} --n N --seed SEED\n",
            population.count(),
            population.frame().kind,
            population.root()
        ),
    )?;
    Ok(Exit::Clean)
}

fn human(answer: &Completeness, judged: bool) -> String {
    let Frame { period, repository, branch, tip, .. } = &answer.frame;
    let tip = tip.get(..12).unwrap_or(tip);
    let mut text = format!("{} ({}) of {branch} at {tip}, {repository}\n\n", period.name, period.offset);
    let mut row = |count: u64, what: &str| text.push_str(&format!("{count:>8}  {what}\n"));
    row(answer.landed, "landed on the branch, by git");
    for (state, count) in &answer.states {
        row(*count, &format!("  {}", state.title()));
    }
    text.push_str("\nWays around the gate\n");
    for way in &answer.ways {
        text.push_str(&told(way));
    }
    let evaluated = &answer.evaluated;
    text.push_str(&format!(
        "\nEvaluations: {} by the judge, of which {} of changes that did not land; {} by the recorder, {} of them elsewhere\n",
        evaluated.by_judge, evaluated.not_landed, evaluated.by_recorder, evaluated.elsewhere
    ));
    match &answer.gate_since {
        Some(since) => {
            let commit = since.commit.get(..12).unwrap_or(&since.commit);
            text.push_str(&format!("The gate is there since {commit}, {}\n", instant(since.at.seconds())));
        }
        None => text.push_str("Nothing that the branch went through was ever evaluated\n"),
    }
    let idle: Vec<&str> =
        answer.days.iter().filter(|day| day.landed > 0 && day.evaluated == 0).map(|day| day.day.as_str()).collect();
    text.push_str(&format!("{} days on which something landed and nothing was evaluated", idle.len()));
    text.push_str(&if idle.is_empty() { "\n".to_owned() } else { format!(": {}\n", idle.join(", ")) });
    text.push_str(&nights(answer));
    for version in &answer.versions {
        let rules = version.rules.get(..12).unwrap_or(&version.rules);
        text.push_str(&format!(
            "{} evaluations by countersign {} and rules {rules}, {} to {}\n",
            version.evaluations,
            version.engine,
            instant(version.first.seconds()),
            instant(version.last.seconds())
        ));
    }
    for refused in &answer.refused {
        let record = refused.record.to_string();
        text.push_str(&format!("refused record {}: {}\n", record.get(..12).unwrap_or(&record), refused.what));
    }
    text.push_str("\nThis is said\n");
    for claim in &answer.claim {
        text.push_str(&format!("  {claim}\n"));
    }
    let needed = if judged { "was evaluated before it landed and passed" } else { "has an evaluation that passed" };
    text.push_str(&match (answer.complete, answer.ungated(), answer.before_the_gate()) {
        (true, ..) => format!("\ncomplete: each of {} landings {needed}\n", answer.landed),
        (false, 0, 0) => "\nnot complete: something contradicts the evidence, as told above\n".to_owned(),
        (false, 0, n) => format!("\nnot complete: {n} of {} landings came before there was a gate\n", answer.landed),
        (false, n, _) => format!("\nnot complete: {n} of {} landings got past the gate\n", answer.landed),
    });
    text
}

/// The days that nobody is shown to have looked at, runs of them as one.
fn nights(answer: &Completeness) -> String {
    let (over, dark) = answer.nights();
    let mut text = format!("{dark} of {over} days that are over without a night that is evidenced");
    let mut runs: Vec<(&str, &str)> = Vec::new();
    let mut after_dark = false;
    for day in &answer.days {
        let is_dark = day.night == Night::NotEvidenced;
        match runs.last_mut() {
            Some((_, last)) if is_dark && after_dark => *last = &day.day,
            _ if is_dark => runs.push((&day.day, &day.day)),
            _ => {}
        }
        after_dark = is_dark;
    }
    let said =
        |(first, last): &(&str, &str)| if first == last { (*first).to_owned() } else { format!("{first} to {last}") };
    let shown: Vec<String> = runs.iter().take(SHOWN).map(said).collect();
    if !shown.is_empty() {
        text.push_str(&format!(": {}", shown.join(", ")));
    }
    if runs.len() > SHOWN {
        text.push_str(&format!(" and {} more: --format json has all", runs.len() - SHOWN));
    }
    text + "\n"
}

fn told(way: &WayReport) -> String {
    let (count, note) = match (way.looked, way.shown_by) {
        (Looked::No, ShownBy::Nothing) => ("?".to_owned(), " (nothing shows it)"),
        (Looked::No, _) => ("?".to_owned(), " (give --forge-audit)"),
        (Looked::InPart, _) => (way.taken.len().to_string(), " (the export reaches a part of the period)"),
        (Looked::Yes, ShownBy::Git) => (way.taken.len().to_string(), " (proven by git)"),
        (Looked::Yes, _) => (way.taken.len().to_string(), " (by the forge's export)"),
    };
    let mut text = format!("{count:>8}  {}{note}\n", way.title);
    for taken in way.taken.iter().take(SHOWN) {
        let commit = taken.commit.as_deref().and_then(|commit| commit.get(..12)).unwrap_or("");
        text.push_str(&format!(
            "            {} {commit} {} — {}\n",
            instant(taken.at.seconds()),
            taken.who,
            taken.what
        ));
    }
    if way.taken.len() > SHOWN {
        text.push_str(&format!("            and {} more: --format json has all\n", way.taken.len() - SHOWN));
    }
    text
}
