//! `countersign init`: looks at a repository, says what it found, and writes what the gate needs to begin.

mod folders;
mod proposed;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;

use self::folders::{Area, Areas};
use self::proposed::{Proposed, proposed, unpinned};
use super::error::CliError;
use super::model::open_work_tree;
use super::{Env, Exit, hook, record, table};
use crate::gate::{Record, State};
use crate::output::count;
use crate::rules::Severity;
use crate::source::Comparison;
use crate::store::{create_folders, write_durably};

/// Look at a repository, say what the gate would find, and write what it needs to begin.
#[derive(Debug, Args)]
#[command(after_help = "\
Nothing that is there is overwritten. What is written may be edited freely.

Examples:
  countersign init --dry-run        what it would write, and nothing else
  countersign init
  countersign init --no-hook        without a hook in this clone

Exit status: 0 done or nothing to do, 2 wrong usage, configuration or git state")]
pub struct InitArgs {
    /// The folder of the tree; in a git work tree its root is found.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Show what would be written, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Install no hook in this clone.
    #[arg(long)]
    no_hook: bool,
}

/// What the gate sees today.
struct Look {
    comparison: Comparison,
    record: Record,
    areas: Areas,
}

/// Runs the command.
pub(super) fn run(args: &InitArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let look = look(args, env)?;
    table::print(env, &found(&look))?;
    let root = look.comparison.root.clone();
    let mut text = String::new();
    let mut left = Vec::new();
    let (mut wrote, mut written) = (String::new(), 0);
    for file in proposed(&look, (env.now)())? {
        match file {
            Proposed::File { path, text: content, what } => {
                if is_there(&root.join(path))? {
                    left.push(format!("  {path}: it is there already"));
                    continue;
                }
                written += 1;
                if args.dry_run {
                    let _ = write!(wrote, "\n--- {path}: {what}\n{content}");
                } else {
                    let place = root.join(path);
                    place.parent().map(create_folders).transpose().map_err(CliError::Store)?;
                    write_durably(&place, content.as_bytes()).map_err(CliError::Store)?;
                    let _ = writeln!(wrote, "  {path:<34}  {what}");
                }
            }
            Proposed::Advice { path, says } => left.push(format!("  {path}: {says}")),
        }
    }
    let in_repository = look.comparison.repository.is_some();
    match (args.no_hook, in_repository) {
        (true, _) => {}
        (false, false) => left.push("  no hook: this is no git repository".to_owned()),
        (false, true) if args.dry_run => wrote.push_str("\n--- the hook pre-commit: countersign check --staged\n"),
        (false, true) => match hook::install_pre_commit(&args.path, env) {
            Ok(None) => left.push("  the hook: it is installed already".to_owned()),
            Ok(Some(path)) => {
                written += 1;
                let shown = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
                let _ = writeln!(wrote, "  {shown:<34}  countersign check --staged, before every commit in this clone");
            }
            Err(error) => {
                left.push(format!("  no hook: {}", error.one_line()));
            }
        },
    }
    match (args.dry_run, written) {
        (_, 0) => text.push_str("\nThere is nothing to write.\n"),
        (true, _) => text.push_str("\nThis would be written:\n"),
        (false, _) => text.push_str("\nWritten:\n"),
    }
    text.push_str(&wrote);
    if !left.is_empty() {
        let _ = write!(text, "\nLeft alone:\n{}\n", left.join("\n"));
    }
    if wrote.contains(".github/workflows/")
        && let Some(what) = unpinned()
    {
        let _ = write!(text, "\nThen {what}, and read docs/github.md of Countersign on what to require.\n");
    }
    text.push_str(&next(args, &look));
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

/// Also of a link that leads nowhere: somebody meant something by it.
fn is_there(path: &Path) -> Result<bool, CliError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound) => Ok(false),
        Err(error) => {
            Err(CliError::other(format!("{} cannot be read: {error}", path.display()), "check its permissions"))
        }
    }
}

/// Judges the work tree by the rules that it has.
fn look(args: &InitArgs, env: &Env<'_>) -> Result<Look, CliError> {
    let (comparison, rules) = open_work_tree(&args.path, env)?;
    let (_, record) = record::judge(&comparison, &rules, (env.now)())?;
    let areas = Areas::of(&record.head);
    Ok(Look { comparison, record, areas })
}

/// What was found, in words and tables.
fn found(look: &Look) -> String {
    let Look { comparison, record, areas } = look;
    let population = &record.judgement.population;
    let mut text = format!(
        "{}: {}, {} with definitions of access",
        comparison.root.display(),
        count(population.files, "file", "files"),
        population.definition_files,
    );
    if population.not_evaluated > 0 {
        let _ = write!(text, ", {} that could not be evaluated", population.not_evaluated);
    }
    text.push('\n');
    if !(areas.declared.is_empty() && areas.samples.is_empty()) {
        let row = |area: &Area, note: &str| {
            let formats: Vec<&str> = area.formats.iter().copied().collect();
            vec![area.files.to_string(), format!("{}{note}", area.glob), formats.join(", ")]
        };
        let rows: Vec<Vec<String>> = areas
            .declared
            .iter()
            .map(|area| row(area, ""))
            .chain(areas.samples.iter().map(|area| row(area, " (samples or tests?)")))
            .collect();
        text.push('\n');
        text.push_str(&table::aligned(&["files", "where", "what"], &rows));
        let _ = writeln!(text, "\n{}", held(look));
    }
    text.push_str(&findings(look));
    text
}

/// Who holds access, in one line.
fn held(look: &Look) -> String {
    let population = &look.record.judgement.population;
    let of_kind = |kind: &str| population.principals.get(kind).copied().unwrap_or_default();
    let mut parts = Vec::new();
    for (kind, one, many) in [
        ("person", "person", "people"),
        ("service", "service identity", "service identities"),
        ("group", "group whose members are not listed", "groups whose members are not listed"),
        ("account", "account that nobody is named for", "accounts that nobody is named for"),
    ] {
        match of_kind(kind) {
            0 => {}
            n => parts.push(count(n, one, many)),
        }
    }
    let who = if parts.is_empty() { "Nobody".to_owned() } else { parts.join(", ") };
    let grants = count(population.grants, "grant", "grants");
    let mut systems: Vec<&str> = look.record.judgement.kinds().map(|(id, _)| id).collect();
    systems.sort_unstable();
    let shown: Vec<&str> = systems.iter().copied().take(6).collect();
    let more =
        if systems.len() > shown.len() { format!(" and {} more", systems.len() - shown.len()) } else { String::new() };
    format!("{who}; {grants}; systems: {}{more}", shown.join(", "))
}

/// What is found today, by policy.
fn findings(look: &Look) -> String {
    let judgement = &look.record.judgement;
    // The worst first; of each how many findings, about whom.
    type Row<'a> = (usize, BTreeSet<&'a str>);
    let mut by_policy: BTreeMap<(Reverse<Severity>, &str), Row<'_>> = BTreeMap::new();
    for judged in judgement.findings.iter().filter(|judged| judged.state != State::Resolved) {
        let finding = &judged.finding;
        let row = by_policy.entry((Reverse(finding.severity), &finding.policy)).or_default();
        row.0 += 1;
        row.1.insert(&finding.subject.id);
    }
    if by_policy.is_empty() {
        return "\nThe gate finds nothing today.\n".to_owned();
    }
    let title = |id: &str| {
        judgement.policies.iter().find(|policy| policy.id == id).map_or_else(String::new, |policy| policy.title.clone())
    };
    let rows: Vec<Vec<String>> = by_policy
        .iter()
        .map(|((severity, policy), (count, subjects))| {
            vec![
                severity.0.as_str().to_owned(),
                (*policy).to_owned(),
                count.to_string(),
                subjects.len().to_string(),
                title(policy),
            ]
        })
        .collect();
    format!(
        "\nFound today, all of which stops nobody: a change is judged by what it brings.\n\n{}",
        table::aligned(&["severity", "policy", "findings", "subjects", "what"], &rows)
    )
}

/// What to do next.
fn next(args: &InitArgs, look: &Look) -> String {
    if args.dry_run {
        return "\nNext: countersign init, which writes it\n".to_owned();
    }
    let mut text = "\nNext:\n".to_owned();
    if look.comparison.repository.is_some() {
        text.push_str("  countersign backtest --since 90d      what the gate would have stopped, had it been there\n");
    }
    text.push_str(
        "  countersign check --show existing     what it finds today, with file and line\n  countersign adopt --help              \
         a register of it, so that what lands past the gate stands out\n",
    );
    text
}
