//! `countersign evidence pack`.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::place::StoreArgs;
use crate::cli::error::CliError;
use crate::cli::{Env, Exit, files, population, table};
use crate::evidence::log::FolderStorage;
use crate::evidence::{Ledger, RecordId, Statement, Verifying};
use crate::history::{Drawn, DrawnItem, Evaluations, Landing, Needs, PopulationKind, State, landings};
use crate::source::{self, BranchCommit, BranchReader};

/// Write one folder for each item of a sample: its evidence, what it changed, and how to judge it again.
///
/// Each folder stands alone: the evidence in it is verified and judged again without the repository and without a
/// network. What files hold is there as evidence keeps it, with secrets blanked.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign population merges --period 2026Q4 --branch main --output merges.json
  countersign sample --population merges.json --n 25 --seed 4146235 --output sample.json
  countersign evidence pack --sample sample.json --branch main --output items

Exit status: 0 each item has evidence, 1 one has none, 2 something cannot be read or written")]
pub struct PackArgs {
    /// The sample, as `countersign sample --output` wrote it.
    #[arg(long, value_name = "FILE")]
    sample: PathBuf,
    /// The branch that the items landed on.
    #[arg(long, value_name = "REVISION", default_value = "HEAD")]
    branch: String,
    /// The folder that is written; it must not be there, or be empty.
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
}

/// An item with what is known of it.
struct Packed<'a> {
    item: &'a DrawnItem,
    folder: String,
    records: Vec<(RecordId, Statement)>,
}

/// Runs the command.
pub(super) fn run(args: &PackArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let told = |error| CliError::told(&error);
    let drawn = Drawn::read(&files::read(&args.sample, population::MOST, "check the path and its permissions", env)?)
        .map_err(told)?;
    let output = env.cwd.join(&args.output);
    let filled = std::fs::read_dir(&output).is_ok_and(|mut inside| inside.next().is_some());
    if filled {
        let message = format!("{} is not empty", args.output.display());
        return Err(CliError::other(message, "name a folder that is not there yet"));
    }
    let store = args.store.open(env)?;
    let ledger = store.ledger();
    let branch = match drawn.population.kind {
        PopulationKind::Merges => Some(source::branch(&env.cwd, &args.store.path, &args.branch, &env.git())?),
        PopulationKind::Evaluations => None,
    };
    let evaluations = match &branch {
        Some(_) => {
            let verifying = Verifying { now: Some((env.now)()), ..Verifying::default() };
            Evaluations::verified(&ledger, &verifying)?.1
        }
        None => Evaluations::default(),
    };
    let landings = branch.iter().flat_map(|(branch, _)| landings(&branch.commits, &evaluations.all, Needs::Any));
    let landings: HashMap<String, Landing<'_>> = landings.map(|own| (own.commit.commit.clone(), own)).collect();
    let write = |path: PathBuf, bytes: &[u8]| files::create(&path, bytes, "name another folder with --output", env);
    let mut packed = Vec::new();
    for item in &drawn.items {
        let landed = landings.get(&item.id).zip(branch.as_ref());
        let ids = match (drawn.population.kind, landed) {
            (PopulationKind::Evaluations, _) => vec![ledger.find(&item.id)?],
            (PopulationKind::Merges, Some((landing, _))) => of_landing(landing),
            (PopulationKind::Merges, None) => ledger.recorded(&item.id)?,
        };
        let short = item.id.get(..12).unwrap_or(&item.id);
        let folder = format!("{:03}-{short}", item.rank);
        let place = output.join(&folder);
        let own = Ledger::new(FolderStorage::new(place.join("evidence")));
        let mut records = Vec::new();
        for id in ids {
            own.copy(&ledger, id)?;
            for (ending, bytes) in ledger.files_of(id)? {
                write(place.join("record").join(format!("{}{ending}", short_of(id))), &bytes)?;
            }
            records.push((id, ledger.statement::<Statement>(id)?));
        }
        if let Some((landing, (_, git))) = landed {
            write(place.join("change.txt"), change(landing.commit, git)?.as_bytes())?;
        }
        let one = Packed { item, folder, records };
        write(place.join("README.md"), one.told().as_bytes())?;
        packed.push(one);
    }
    let index = index(&drawn, &packed);
    write(output.join("README.md"), index.as_bytes())?;
    let without = packed.iter().filter(|own| own.records.is_empty()).count();
    let told = match without {
        0 => "each has evidence".to_owned(),
        n => format!("{n} have no evidence"),
    };
    table::print(env, &format!("{} items in {}: {told}\n", packed.len(), args.output.display()))?;
    Ok(if without == 0 { Exit::Clean } else { Exit::Blocked })
}

/// The records of what stands behind a landing. What was evaluated and did not land is none of them.
fn of_landing(landing: &Landing<'_>) -> Vec<RecordId> {
    let own = landing.evaluation.filter(|_| landing.state != State::OtherTree);
    let mut ids: Vec<RecordId> = own.into_iter().chain(landing.judged).map(|own| own.id).collect();
    ids.dedup();
    ids
}

fn short_of(id: RecordId) -> String {
    id.to_string().get(..12).unwrap_or_default().to_owned()
}

/// What a commit changed: its paths, and the command that shows the lines. Lines are not copied, since they may hold
/// what must not be copied; the evidence keeps the files with that blanked.
fn change(commit: &BranchCommit, git: &BranchReader) -> Result<String, CliError> {
    let mut text = format!("commit {}\ntree   {}\n", commit.commit, commit.tree);
    for parent in &commit.parents {
        let _ = writeln!(text, "parent {parent}");
    }
    for author in &commit.authors {
        let _ = writeln!(text, "{:?} {} <{}>", author.kind, author.name, author.email);
    }
    let _ = writeln!(text, "date   {}\n\n{}\n\nChanged:", table::instant(commit.at), commit.subject);
    for path in git.changed(commit)? {
        let _ = writeln!(text, "  {path}");
    }
    let from = commit.parents.first().map_or("--root", String::as_str);
    let _ = writeln!(text, "\nLine by line, in the repository: git diff-tree -p {from} {}", commit.commit);
    Ok(text)
}

impl Packed<'_> {
    fn told(&self) -> String {
        let DrawnItem { rank, id, what } = self.item;
        let mut text = format!("# {rank}: {id}\n\n{what}\n\n");
        if self.records.is_empty() {
            text.push_str("There is no evaluation of this item.\n");
            return text;
        }
        for (id, statement) in &self.records {
            let predicate = &statement.predicate;
            let digest = |set: &crate::evidence::DigestSet| set.values().next().cloned().unwrap_or_default();
            let short = short_of(*id);
            let _ = writeln!(text, "## Record {short}\n");
            let rows = [
                (
                    "evaluated by",
                    if predicate.invocation.mode == "record" { "the recorder" } else { "the judge" }.to_owned(),
                ),
                ("verdict", format!("{}, {}", predicate.verdict, predicate.outcome)),
                ("as of", predicate.evaluation_time.clone()),
                ("ended", predicate.invocation.finished_on.clone()),
                ("program", format!("{} {}", predicate.engine.name, predicate.engine.version)),
                ("rules", digest(&predicate.rules.digest)),
                ("files of the head", digest(&predicate.head.manifest)),
                ("files of the base", predicate.base.as_ref().map(|base| digest(&base.manifest)).unwrap_or_default()),
                ("findings", format!("{:?}, {} stop it", predicate.findings.counts, predicate.findings.blocking.len())),
                ("everything that it takes", digest(&predicate.inputs.digest)),
                ("result", digest(&predicate.result_digest)),
            ];
            for (name, value) in rows {
                let _ = writeln!(text, "- {name}: {value}");
            }
            let _ = writeln!(
                text,
                "\nIn this folder, without the repository and without a network:\n\n```\n\
                 countersign evidence show {short} --store dir:evidence\n\
                 countersign evidence reperform {short} --store dir:evidence\n```\n"
            );
        }
        text
    }
}

fn index(drawn: &Drawn, packed: &[Packed<'_>]) -> String {
    let mut text = format!(
        "# {} of {} {}\n\nroot of the population: {}\n\n| item | what | evidence |\n|---|---|---|\n",
        packed.len(),
        drawn.population.count,
        drawn.population.kind,
        drawn.population.root
    );
    for own in packed {
        let what = own.item.what.replace('|', "\\|");
        let records = match own.records.len() {
            0 => "none".to_owned(),
            n => format!("{n} records"),
        };
        let _ = writeln!(text, "| [{}]({}/README.md) | {what} | {records} |", own.folder, own.folder);
    }
    text
}
