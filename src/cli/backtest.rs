//! `countersign backtest`: what the gate would have made of changes that landed before.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rayon::prelude::*;

use super::check::READ_LIMIT;
use super::error::CliError;
use super::progress::Progress;
use super::table::{print, print_json};
use super::{Env, Exit, model};
use crate::formats::Reader;
use crate::gate::{self, Quiet, Task, policy_data, rule_files};
use crate::output::{Asked, BacktestReport, ReplayReport, RulesOf, backtest_human};
use crate::policy::Bundle;
use crate::policy::untrusted::Isolation;
use crate::rules::Rules;
use crate::source::{self, BranchCommit, Comparison, Head, Past, Tree};

/// Replay changes that landed before: which of them the gate would have stopped, and why.
#[derive(Debug, Args)]
#[command(after_help = "\
Each commit that a branch went through is judged against what the branch was before it, as of the
time when it landed, by the rules of this work tree: change countersign.yaml, and ask again.
Nothing is recorded.

Examples:
  countersign backtest                                 the last 90 days of HEAD
  countersign backtest --since 2026-07-01 --branch origin/main
  countersign backtest --config softer.yaml            under rules that are not in the tree yet
  countersign backtest --format json > backtest.json

Exit status: 0 whatever it finds, 2 wrong usage, configuration or git state")]
pub struct BacktestArgs {
    /// A folder in the repository.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// From when: a time before now (`90d`, `12w`, `6mo`), or a day.
    #[arg(long, value_name = "SPAN|DAY", default_value = "90d")]
    since: String,
    /// The branch that changes landed on.
    #[arg(long, value_name = "REVISION", default_value = "HEAD")]
    branch: String,
    /// Judge by this configuration instead of countersign.yaml.
    #[arg(long, value_name = "FILE", conflicts_with = "own_rules")]
    config: Option<PathBuf>,
    /// Judge each change by the rules that its target had, not by those of this work tree.
    #[arg(long)]
    own_rules: bool,
    /// How to write it.
    #[arg(long, value_enum, default_value = "human")]
    format: BacktestFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BacktestFormat {
    // No documentation comments: each would turn into a paragraph of the command's help.
    Human,
    Json,
}

/// Runs the command.
pub(super) fn run(args: &BacktestArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let now = (env.now)();
    let since = instant_of(&args.since, now)?;
    let git = env.git();
    let (branch, _) = source::branch(&env.cwd, &args.path, &args.branch, &git)?;
    let today = if args.own_rules { None } else { Some(Today::read(&args.path, args.config.as_deref(), env)?) };
    let asked_for = |commit: &&BranchCommit| commit.at >= since && commit.at <= now;
    let wanted: Vec<&BranchCommit> = branch.commits.iter().filter(asked_for).collect();
    let progress = Progress::counting(env, wanted.len(), "judging change {pos} of {len}, {eta} to go");
    let (cwd, isolation, reader) = (&env.cwd, Isolation::of(env.binary.clone()), Reader::default());
    // Each processor has one stretch of the branch: what two trees have in common is read once where they follow each other.
    let stretch = wanted.len().div_ceil(rayon::current_num_threads()).max(1);
    let replays: Vec<Vec<ReplayReport>> = wanted
        .par_chunks(stretch)
        .map(|commits| {
            let mut past = Past::open(cwd, &args.path, &args.branch, READ_LIMIT, &git)?;
            let quiet = Quiet::default();
            let mut replaying = Replaying { today: today.as_ref(), isolation: &isolation, reader: &reader, quiet };
            let replay = |commit: &&BranchCommit| {
                let replay = replaying.replay(&mut past, commit);
                progress.step();
                replay
            };
            Ok(commits.iter().filter_map(replay).collect())
        })
        .collect::<Result<_, CliError>>()?;
    let replays = replays.into_iter().flatten().collect();
    drop(progress);
    // What landed before the first commit that is here may belong to the time that was asked for.
    let shallow = branch.shallow && branch.commits.first().is_some_and(|first| first.at >= since);
    let rules = if args.own_rules { RulesOf::Then } else { RulesOf::Today };
    let asked = Asked { version: env.version.to_owned(), branch: branch.name, rules, since, until: now, shallow };
    let report = BacktestReport::new(asked, replays);
    match args.format {
        BacktestFormat::Json => print_json(env, &report)?,
        BacktestFormat::Human => print(env, &backtest_human(&report, (env.now)() - now))?,
    }
    Ok(Exit::Clean)
}

/// The instant that `--since` names: a span before now, or the beginning of a day in UTC.
pub(super) fn instant_of(text: &str, now: i64) -> Result<i64, CliError> {
    let wrong =
        || CliError::other(format!("`{text}` is neither a span nor a day"), "write it as 90d, 12w or 2026-07-01");
    let now = Timestamp::from_second(now).map_err(|_| wrong())?.to_zoned(TimeZone::UTC);
    let at = match (text.parse::<Date>(), text.parse::<Span>()) {
        (Ok(day), _) => day.to_zoned(TimeZone::UTC).map_err(|_| wrong())?,
        (Err(_), Ok(span)) if span.is_positive() => now.checked_sub(span).map_err(|_| wrong())?,
        (Err(_), _) => return Err(wrong()),
    };
    Ok(at.timestamp().as_second())
}

/// The rules of the work tree.
pub(super) struct Today {
    pub(super) tree: Tree,
    pub(super) rules: Rules,
}

impl Today {
    /// Reads them; `config` counts instead of countersign.yaml.
    pub(super) fn read(path: &Path, config: Option<&Path>, env: &Env<'_>) -> Result<Self, CliError> {
        let (comparison, rules) = model::open(path, Head::WorkTree, config, env)?;
        Ok(Self { tree: comparison.head, rules })
    }
}

/// Judges one landing after the other; what two have in common is read once.
struct Replaying<'a> {
    today: Option<&'a Today>,
    isolation: &'a Isolation,
    reader: &'a Reader,
    quiet: Quiet,
}

impl Replaying<'_> {
    /// What the gate makes of a landing; nothing of the first commit of all, which has nothing to be compared with.
    fn replay(&mut self, past: &mut Past, commit: &BranchCommit) -> Option<ReplayReport> {
        let comparison = match past.landing(commit) {
            Ok(comparison) => comparison?,
            Err(error) => return Some(ReplayReport::failed(commit, CliError::Source(error).one_line())),
        };
        Some(self.judged(comparison, commit).unwrap_or_else(|error| ReplayReport::failed(commit, error.one_line())))
    }

    fn judged(&mut self, mut comparison: Comparison, commit: &BranchCommit) -> Result<ReplayReport, CliError> {
        let then;
        let rules = match self.today {
            Some(today) => {
                let is_rule = |path: &str| today.rules.config.is_rule(path);
                comparison.head = comparison.head.with(&today.tree, is_rule);
                comparison.base = comparison.base.map(|base| base.with(&today.tree, is_rule));
                &today.rules
            }
            None => {
                // What was quiet under other rules for secrets need not be under these.
                self.quiet = Quiet::default();
                then = Rules::load_in(&rule_files(comparison.rules_tree()), None, comparison.repository.as_ref())?;
                &then
            }
        };
        let bundle = Bundle::load(&rules.policies, policy_data(commit.at))?;
        rules.check_policies(bundle.severities())?;
        let secrets = gate::search_except(&comparison, rules, commit.at, &mut self.quiet)?;
        let record = gate::run(&Task {
            isolation: self.isolation,
            reader: Some(self.reader),
            ..Task::new(&comparison, rules, &bundle, commit.at, &secrets)
        })?;
        Ok(ReplayReport::judged(commit, &record.judgement, &comparison))
    }
}
