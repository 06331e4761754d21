//! `countersign secrets`.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use clap::{Args, ValueEnum};
use rayon::prelude::*;

use super::error::CliError;
use super::{Env, Exit, files, table};
use crate::facts::Lifetime;
use crate::output::{
    HitReport, LifetimeKind, LifetimeReport, SECRETS_SCHEMA, SecretsReport, SecretsSummary, Tool, UnreadReport,
    VerdictReport, secrets_human,
};
use crate::rules::RuleFile;
use crate::secrets::{Buffer, DigestKey, Hit, OwnRules, Scan, Scanner, Table, Tier, Verdict, own};
use crate::source::{Listed, Listing, NotRead, files_below};

/// Most bytes of a file of rules, or of a key.
const MOST: u64 = 16 * 1024 * 1024;

/// How the hits are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SecretsFormat {
    // No documentation comments: each would turn into a paragraph of the command's help.
    Human,
    Json,
}

/// Find literal secrets in the files of a folder.
///
/// In a work tree the files that are tracked or not ignored are read, in a plain folder all. A hit says the kind of
/// secret, whether a checksum or its structure proves it, how long it lives and where it stands; neither it nor a piece
/// of it nor its line is ever shown. Nothing is sent anywhere.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign secrets
  countersign secrets --path infra --format json
  countersign secrets --rules .gitleaks.toml       rules of a house's own, in gitleaks' form

Exit status: 0 nothing has to go, 1 something has to go, 2 wrong usage or rules,
             4 a file could not be read")]
pub struct SecretsArgs {
    /// The folder whose files are read.
    #[arg(long, value_name = "DIR", default_value = ".")]
    path: PathBuf,
    /// A file of rules of one's own in gitleaks' TOML; may be given several times.
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
    /// A file of random bytes that keys the digests; without it the repository's name does.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// How to write the hits.
    #[arg(long, value_enum, default_value = "human")]
    format: SecretsFormat,
}

/// Runs the command.
pub(super) fn run(args: &SecretsArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let as_of = (env.now)();
    let mut rules = Vec::new();
    for path in &args.rules {
        rules.extend(read_rules(path, env)?);
    }
    let listing = files_below(&env.cwd, &args.path, &env.git())?;
    let key = match &args.key {
        Some(path) => DigestKey::derive(&read(path, env)?),
        None => DigestKey::of_repository(&repository(args, &listing, env)),
    };
    let table = Table::built_in();
    if table.kinds().is_empty() {
        return Err(CliError::Other { message: "the built-in kinds of secrets cannot be read".to_owned(), help: None });
    }
    let scanner = Scanner::new(table, key, as_of, rules);
    let report = report(&scanner, listing, as_of, env.version);
    match args.format {
        SecretsFormat::Json => table::print_json(env, &report)?,
        SecretsFormat::Human => {
            let text = secrets_human(&report, env.colour(env.stdout_is_terminal), env.unicode());
            table::print(env, &text)?;
        }
    }
    Ok(if report.summary.blocking > 0 {
        Exit::Blocked
    } else if report.unread.iter().any(|own| own.failure) {
        Exit::NotEvaluated
    } else {
        Exit::Clean
    })
}

/// What names the repository everywhere it is cloned to: where it is fetched from, else its folder.
fn repository(args: &SecretsArgs, listing: &Listing, env: &Env<'_>) -> String {
    listing.remote_url.clone().unwrap_or_else(|| files::folder_name(&args.path, env))
}

fn read(path: &Path, env: &Env<'_>) -> Result<Vec<u8>, CliError> {
    files::read(path, MOST, "check the path and its permissions", env)
}

/// The rules of a file, and of those that it extends. What is not heeded of them is said.
fn read_rules(path: &Path, env: &mut Env<'_>) -> Result<Vec<own::ImportedRule>, CliError> {
    let file = RuleFile::new(path.display().to_string(), read(path, env)?);
    let folder = env.cwd.join(path).parent().map(PathBuf::from).unwrap_or_default();
    let mut extended = |named: &str| {
        let text = std::fs::read(folder.join(named)).ok().filter(|text| text.len() as u64 <= MOST)?;
        Some(RuleFile::new(named, text))
    };
    let OwnRules { rules, notes } = own::read(&file, &mut extended).map_err(CliError::Rules)?;
    for what in notes.iter().map(|note| &note.message).collect::<std::collections::BTreeSet<_>>() {
        // Nobody is left to tell when the stream itself is gone.
        let _ = writeln!(env.stderr, "{}: {what}", path.display());
    }
    Ok(rules)
}

thread_local! {
    /// One for all files that a thread reads.
    static BUFFER: std::cell::RefCell<Buffer> = std::cell::RefCell::default();
}

/// Reads every file, on all threads.
fn report(scanner: &Scanner<'_>, listing: Listing, as_of: i64, version: &str) -> SecretsReport {
    let read = AtomicU64::new(0);
    let scan = |listed: &Listed| -> Option<Scan> {
        let place = listing.place(listed)?;
        let (scan, bytes) = BUFFER.with_borrow_mut(|buffer| scanner.scan_file(&listed.path, &place, buffer));
        read.fetch_add(bytes, Ordering::Relaxed);
        // What has nothing to say is counted and forgotten.
        Some(scan).filter(|scan| !scan.hits.is_empty() || scan.unread.is_some())
    };
    let scans: Vec<(Box<str>, Scan)> =
        listing.files.par_iter().filter_map(|listed| Some((listed.path.clone(), scan(listed)?))).collect();
    let mut unread: Vec<UnreadReport> =
        listing.files.iter().filter_map(|own| Some(not_read(&own.path, own.not_read()?))).collect();
    let files = listing.files.iter().filter(|own| own.not_read().is_none()).count() as u64;
    // There may be a million of them, and only those with something to say are still needed.
    drop(listing);
    let mut hits = Vec::new();
    for (path, scan) in scans {
        hits.extend(scan.hits.iter().map(|hit| hit_report(scanner.table(), &path, hit)));
        unread.extend(scan.unread.map(|why| UnreadReport {
            path: path.to_string(),
            reason: why.as_str().to_owned(),
            detail: why.to_string(),
            failure: why.is_failure(),
        }));
    }
    unread.sort_by(|a, b| a.path.cmp(&b.path));
    let count = |tier| hits.iter().filter(|hit: &&HitReport| hit.tier == tier).count() as u64;
    let summary = SecretsSummary {
        files,
        bytes: read.into_inner(),
        blocking: count(Tier::Blocking),
        advisory: count(Tier::Advisory),
        record: count(Tier::Record),
        unread: unread.len() as u64,
    };
    SecretsReport {
        schema: SECRETS_SCHEMA,
        tool: Tool { name: "countersign", version: version.to_owned() },
        as_of: table::instant(as_of),
        summary,
        hits,
        unread,
    }
}

fn not_read(path: &str, why: &NotRead) -> UnreadReport {
    let (reason, failure) = match why {
        NotRead::Unreadable { .. } | NotRead::TooLarge { .. } => ("refused", true),
        NotRead::PathNotUtf8 => ("name", true),
        NotRead::Link { .. } => ("link", false),
        NotRead::Submodule => ("repository", false),
    };
    let detail = match why {
        NotRead::Link { .. } => "a symbolic link, which is not followed".to_owned(),
        other => other.to_string(),
    };
    UnreadReport { path: path.to_owned(), reason: reason.to_owned(), detail, failure }
}

fn hit_report(table: &Table, path: &str, hit: &Hit) -> HitReport {
    let kind = table.kind(&hit.kind);
    let (verdict, refuted) = match hit.verdict {
        Verdict::Proved => (VerdictReport::Proved, None),
        Verdict::Shape => (VerdictReport::Shape, None),
        Verdict::Refuted(why) => (VerdictReport::Refuted, Some(why)),
    };
    let (lifetime, until) = match hit.lifetime {
        Lifetime::Temporary => (LifetimeKind::Temporary, None),
        Lifetime::Until(until) => (LifetimeKind::Bounded, Some(table::instant(until))),
        // How long such a secret lives is known, and not since when.
        Lifetime::For(_) => (LifetimeKind::Bounded, None),
        Lifetime::Unbounded => (LifetimeKind::Unbounded, None),
        Lifetime::Unknown => (LifetimeKind::Unknown, None),
    };
    HitReport {
        kind: hit.kind.to_string(),
        title: kind.map_or_else(|| format!("rule {}", hit.kind.trim_start_matches("own/")), |kind| kind.title.clone()),
        provider: kind.map(|kind| kind.provider.clone()).filter(|provider| provider != "any"),
        verdict,
        refuted,
        tier: hit.tier,
        lifetime: LifetimeReport { kind: lifetime, until },
        path: path.to_owned(),
        line: hit.place.line,
        column: hit.place.column,
        start: hit.place.start,
        end: hit.place.end,
        length: hit.length,
        digest: hit.digest.to_string(),
        revoke: kind.filter(|_| refuted.is_none()).map(|kind| kind.revoke.clone()),
    }
}
