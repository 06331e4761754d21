//! `countersign record`: evaluates what landed on the protected branch, signs it and logs it.

use std::path::PathBuf;

use clap::Args;

use super::key::KeyArgs;
use super::place::{ANCHOR, StoreArgs, folder, hold, keep, own_config};
use super::pseudonyms::{Pseudonyms, wanted};
use crate::cli::check::{READ_LIMIT, ci, instant};
use crate::cli::error::CliError;
use crate::cli::imports::{self, ImportArgs};
use crate::cli::own_binary::OwnBinary;
use crate::cli::{Env, Exit, table};
use crate::evidence::log::{AnyStorage, FolderStorage};
use crate::evidence::{self, EvidenceError, Objects, RecordId, Recorder, Statement};
use crate::gate::{self, Task, policy_data, rule_files};
use crate::policy::Bundle;
use crate::policy::untrusted::Isolation;
use crate::rules::Rules;
use crate::source::{self, Head, Landed, Request, SourceFile};
use crate::store::Digest;

/// How far back a recorder looks for the last commit that was recorded.
const MOST: usize = 10_000;

/// Evaluate what landed, sign the record and log it.
#[derive(Debug, Args)]
#[command(after_help = "Run it on the protected branch, after each push. It records the commit and, after an outage, \
every commit before it that was not recorded since the last one that was; what is recorded already is left alone. The \
records that `check` kept of the same tree are logged with it. With --import, the last commit is recorded again \
whenever the exports are others.")]
pub struct RecordArgs {
    /// The commit that landed.
    #[arg(default_value = "HEAD")]
    commit: String,
    /// Keep the log's checkpoint afterwards where the log's keeper cannot reach it: `FILE`, `git-tag:NAME`,
    /// `git-tag:NAME@REMOTE`, `summary:FILE` (a page that the CI shows), or another store; may be given several times.
    #[arg(long, value_name = ANCHOR)]
    anchor: Vec<String>,
    /// Judge as of this instant instead of now.
    #[arg(long, value_name = "RFC3339")]
    as_of: Option<String>,
    /// The table of pseudonyms that stand for people, where the configuration asks for them.
    #[arg(long, value_name = "FILE")]
    pseudonyms: Option<PathBuf>,
    #[command(flatten)]
    imports: ImportArgs,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    store: StoreArgs,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &RecordArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let git = env.git();
    let landed = source::landed(&env.cwd, &args.store.path, &args.commit, MOST, &git)?;
    let store = args.store.open(env)?;
    if !args.key.is_given(env) {
        return Err(CliError::other(
            "no key is named that signs",
            "give one with --key; `countersign check` keeps a record without a signature",
        ));
    }
    let anchors = args.store.anchors(&args.anchor, env)?;
    hold(&anchors, &store)?;
    let (recorder, healed) = Recorder::open(&store.storage, args.key.open(env)?)?;
    recorder.check_clock((env.now)())?;
    if let Some(healed) = healed {
        table::print(env, &format!("finished what another writer left: records {} to {}\n", healed.from, healed.to))?;
    }
    let mut missing = Vec::new();
    let mut known = None;
    let imported = args.imports.read(env)?;
    let tip = landed.first().cloned();
    for one in landed {
        if let Some(id) = recorder.ledger().recorded(&one.commit)?.first() {
            known = Some(*id);
            break;
        }
        missing.push(one);
    }
    // The same commit with other exports is judged anew: what they show may be new every night.
    if missing.is_empty()
        && let (Some(tip), false) = (tip, imported.is_empty())
        && !with_these(&recorder, &tip, &imported)?
    {
        missing.push(tip);
    }
    if missing.is_empty() {
        let id = known.map(|id| id.to_string()).unwrap_or_default();
        table::print(env, &format!("it is recorded already, as {id}\n"))?;
    }
    // Without a record to go on from, history before the gate is not judged by it.
    if known.is_none() {
        missing.truncate(1);
    }
    let given =
        Given { imported: &imported, binary: if missing.is_empty() { None } else { OwnBinary::of(env).digest() } };
    for one in missing.into_iter().rev() {
        one_commit(args, env, &recorder, &one, &given)?;
    }
    keep(&anchors, &recorder.checkpoint()?)?;
    Ok(Exit::Clean)
}

/// What every commit of a run is recorded with.
struct Given<'a> {
    /// Exports beside the tree.
    imported: &'a [SourceFile],
    /// The digest of the binary that records.
    binary: Option<Digest>,
}

/// Whether a commit is recorded with these exports.
fn with_these(recorder: &Recorder<'_, AnyStorage>, landed: &Landed, imported: &[SourceFile]) -> Result<bool, CliError> {
    let wanted: Vec<_> = imported.iter().filter_map(evidence::imported).collect();
    for id in recorder.ledger().recorded(&landed.commit)? {
        let statement: Statement = recorder.ledger().statement(id)?;
        if statement.predicate.imports == wanted {
            return Ok(true);
        }
    }
    Ok(false)
}

fn one_commit(
    args: &RecordArgs,
    env: &mut Env<'_>,
    recorder: &Recorder<'_, AnyStorage>,
    landed: &Landed,
    given: &Given<'_>,
) -> Result<(), CliError> {
    let started = (env.now)();
    let as_of = args.as_of.as_deref().map_or(Ok(started), instant)?;
    let git = env.git();
    let mut comparison = source::open(&Request {
        cwd: &env.cwd,
        path: &args.store.path,
        base: landed.parent.as_deref(),
        head: Head::Revision(&landed.commit),
        read_limit: READ_LIMIT,
        env: &git,
    })?;
    args.imports.apply(given.imported, env, &mut comparison)?;
    let mut objects = Objects::default();
    let mut rules = None;
    let statement = match evaluated(env, (&comparison, given), as_of, started, &mut rules, &mut objects) {
        Ok(statement) => statement,
        Err(error) => {
            // That it could not be judged is evidence too.
            let why = error.failure().ok_or(error)?;
            // What was read is kept without its secrets, whatever else failed.
            let secrets = gate::search(&comparison, &Rules::built_in()?, as_of)?;
            let failed = evidence::FailedRun {
                comparison: &comparison,
                secrets: &secrets,
                rules: rules.as_ref(),
                config: None,
                policies: &[],
                conftest: None,
                review: None,
                mode: "record",
                as_of,
                strict: false,
                why,
                started_on: table::instant(started),
                finished_on: table::instant((env.now)()),
                version: env.version,
                binary: given.binary,
                ci: ci(env),
            };
            evidence::statement_of_failure(&failed, &mut objects).ok_or(EvidenceError::NoLog)?
        }
    };
    let own = folder(&own_config(&comparison), &comparison);
    let pseudonyms = Pseudonyms {
        file: args.pseudonyms.as_deref(),
        wanted: wanted(&comparison),
        apart: args.store.folder(env).into_iter().chain([comparison.root.clone(), own]).collect(),
    };
    let (statement, objects) = pseudonyms.apply(env, statement, objects)?;
    let judged = judged(args, env, recorder, &comparison)?;
    let logged = recorder.record(&statement, objects, Some(&landed.commit))?;
    let linked = recorder.log_unsigned(&judged)?;
    let (id, commit) = (logged.id.to_string(), landed.commit.get(..12).unwrap_or(&landed.commit));
    let verdict = &statement.predicate.verdict;
    let with = match linked.len() {
        0 => String::new(),
        1 => ", with the judge's record of the same tree".to_owned(),
        n => format!(", with {n} of the judge's records of the same tree"),
    };
    table::print(env, &format!("recorded {commit} as {id} at {}: {verdict}{with}\n", logged.index))?;
    Ok(())
}

/// The statement of what landed, by the rules that it landed under.
fn evaluated(
    env: &Env<'_>,
    (comparison, given): (&source::Comparison, &Given<'_>),
    as_of: i64,
    started: i64,
    loaded: &mut Option<Rules>,
    objects: &mut Objects,
) -> Result<Statement, CliError> {
    let rules = Rules::load_in(&rule_files(comparison.rules_tree()), None, comparison.repository.as_ref())?;
    let rules = &*loaded.insert(rules);
    imports::check(given.imported, rules)?;
    let bundle = Bundle::load(&rules.policies, policy_data(as_of))?;
    rules.check_policies(bundle.severities())?;
    let secrets = gate::search(comparison, rules, as_of)?;
    let record = gate::run(&Task {
        isolation: &Isolation::of(env.binary.clone()),
        ..Task::new(comparison, rules, &bundle, as_of, &secrets)
    })?;
    let run = evidence::Run {
        comparison,
        rules,
        bundle: &bundle,
        record: &record,
        secrets: &secrets,
        mode: "record",
        strict: false,
        review: None,
        started_on: table::instant(started),
        finished_on: table::instant((env.now)()),
        version: env.version,
        binary: given.binary,
        ci: ci(env),
    };
    Ok(evidence::statement_of(&run, objects))
}

/// The judge's records of the tree that landed, copied to the store where they are kept elsewhere.
fn judged(
    args: &RecordArgs,
    env: &Env<'_>,
    recorder: &Recorder<'_, AnyStorage>,
    comparison: &source::Comparison,
) -> Result<Vec<RecordId>, CliError> {
    let Some(tree) = &comparison.head.tree else { return Ok(Vec::new()) };
    let ledger = recorder.ledger();
    if args.store.store.is_some() {
        // What this machine judged is copied, with everything that it names.
        let own = FolderStorage::new(env.cwd.join(folder(&own_config(comparison), comparison)));
        let local = evidence::Ledger::new(&own);
        for id in local.judged(tree)? {
            match ledger.copy(&local, id) {
                // What it names was removed there: there is no whole record to link any more.
                Err(EvidenceError::NoObject(_)) => {}
                copied => copied?,
            }
        }
    }
    let logged = |id: &RecordId| ledger.bundles(*id).is_ok_and(|bundles| !bundles.is_empty());
    Ok(ledger.judged(tree)?.into_iter().filter(|id| !logged(id)).collect())
}
