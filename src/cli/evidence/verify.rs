//! `countersign evidence verify`.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::place::{ANCHOR, StoreArgs, origin};
use super::trust::confirmed;
use crate::cli::error::CliError;
use crate::cli::{Env, Exit, table};
use crate::evidence::log::Storage as _;
use crate::evidence::{Problem, Verification, Verifying, verify};
use crate::store::Digest;

/// Check signatures, digests, the log and everything that records name.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit status: 0 it verifies, 5 it does not, 2 it cannot be read")]
pub struct VerifyArgs {
    /// Records, by their ids or the beginning of them; default: all.
    records: Vec<String>,
    /// Every record, and whatever lies beside the log.
    #[arg(long, conflicts_with = "records")]
    all: bool,
    /// The fingerprint of the log's first key, as its keeper confirmed it by another way.
    #[arg(long, value_name = "SHA256")]
    genesis: Option<Digest>,
    /// Where checkpoints were kept that the log's keeper cannot reach: `FILE`, `git-tag:NAME`, `git-tag:NAME@REMOTE`,
    /// `summary:FILE`, or another store; may be given several times.
    #[arg(long, value_name = ANCHOR)]
    anchor: Vec<String>,
    /// How the result is written.
    #[arg(long, value_enum, default_value = "human")]
    format: FormatArg,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    // No documentation comments: each would turn into a paragraph of the command's help.
    Human,
    Json,
}

/// Runs the command.
pub(super) fn run(args: &VerifyArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.store.open(env)?;
    let ledger = store.ledger();
    let mut verifying = Verifying { confirmed: args.genesis, now: Some((env.now)()), ..Verifying::default() };
    for named in &args.records {
        verifying.only.insert(ledger.find(named)?);
    }
    let checkpoint = store.checkpoint()?;
    let origin = checkpoint.as_deref().map(origin).unwrap_or_default();
    for anchor in args.store.anchors(&args.anchor, env)? {
        verifying.anchors.extend(anchor.read(&origin).map_err(CliError::Anchor)?);
    }
    let found = verify(&store.storage, &verifying)?;
    let kept =
        Kept { retention: store.storage.retention().map_err(|error| error.to_string()), keeps: store.storage.keeps() };
    let text = match args.format {
        FormatArg::Human => human(&found, args, &store.label, &kept),
        FormatArg::Json => json(&found, &kept),
    };
    table::print(env, &text)?;
    Ok(if found.problems.is_empty() { Exit::Clean } else { Exit::EvidenceInvalid })
}

/// What the place itself does with what is written there.
struct Kept {
    /// For how long it lets nothing be changed or deleted, or why that is not known.
    retention: Result<Option<String>, String>,
    /// Where the bytes of removed objects still are.
    keeps: Option<String>,
}

fn human(found: &Verification, args: &VerifyArgs, store: &str, kept: &Kept) -> String {
    let mut text = String::new();
    match (&found.origin, found.root) {
        (Some(origin), Some(root)) => {
            text.push_str(&format!("log {origin}: {} records, root {root}\n", found.size));
        }
        _ => text.push_str(&format!("there is no log in {store}\n")),
    }
    text.push_str(&format!("{} signed evaluations, {} unsigned ones\n", found.signed, found.unsigned));
    if found.attached > 0 {
        text.push_str(&format!("{} statements about external evidence\n", found.attached));
    }
    if found.tombstones > 0 {
        text.push_str(&format!(
            "{} tombstones: of {} records something was removed, as each was allowed to\n",
            found.tombstones, found.erased
        ));
    }
    for hold in &found.holds {
        let id = hold.id.to_string();
        let id = id.get(..12).unwrap_or(&id);
        text.push_str(&format!("the hold {id} by {} is in force: {}\n", hold.by, hold.reason));
    }
    if found.countersigned > 0 {
        text.push_str(&format!(
            "{} signatures of others over records: verify them with the keys that you trust\n",
            found.countersigned
        ));
    }
    if found.for_ssh > 0 {
        text.push_str(&format!("{} signatures for ssh-keygen beside them\n", found.for_ssh));
    }
    if found.not_logged > 0 {
        text.push_str(&format!("{} records are kept beside the log: nothing proves them\n", found.not_logged));
    }
    for (name, time) in &found.witnesses {
        let time = i64::try_from(*time).map(table::instant).unwrap_or_default();
        text.push_str(&format!("witness {name} saw it at {time}\n"));
    }
    if found.origin.is_some() && found.witnesses.is_empty() && found.anchors == 0 {
        text.push_str("no witness and no anchor: whoever keeps the log could have cut off its end\n");
    }
    if found.anchors > 0 {
        text.push_str(&format!("consistent with {} checkpoints that were kept elsewhere\n", found.anchors));
    }
    match &kept.retention {
        Ok(None) => {}
        Ok(Some(retention)) => {
            text.push_str(&format!("{store} itself lets nothing be changed or deleted: {retention}\n"));
        }
        Err(why) => text.push_str(&format!("whether {store} itself lets anything be deleted is not known: {why}\n")),
    }
    if let Some(keeps) = &kept.keeps {
        text.push_str(&format!("what is removed from {store} stays: {keeps}\n"));
    }
    text.push_str(&confirmed(found, args.genesis));
    for problem in &found.problems {
        text.push_str(&format!("refused {}{}\n", place(problem), problem.what));
    }
    text.push_str(&match found.problems.len() {
        0 => "it verifies\n".to_owned(),
        1 => "it does not verify: 1 thing is wrong\n".to_owned(),
        n => format!("it does not verify: {n} things are wrong\n"),
    });
    text
}

fn place(problem: &Problem) -> String {
    let record = problem.record.map(|id| format!("record {} ", id.to_string().get(..12).unwrap_or_default()));
    let index = problem.index.map(|index| format!("at {index} "));
    let place = format!("{}{}", record.unwrap_or_default(), index.unwrap_or_default());
    if place.is_empty() { place } else { format!("{}: ", place.trim_end()) }
}

fn json(found: &Verification, kept: &Kept) -> String {
    let problems: Vec<serde_json::Value> = found
        .problems
        .iter()
        .map(|problem| json!({ "index": problem.index, "record": problem.record, "what": problem.what }))
        .collect();
    let document = json!({
        "schema": "countersign.dev/verification/v1",
        "verifies": problems.is_empty(),
        "origin": found.origin,
        "size": found.size,
        "root": found.root,
        "genesis": found.genesis,
        "signed": found.signed,
        "unsigned": found.unsigned,
        "attached": found.attached,
        "tombstones": found.tombstones,
        "erased": found.erased,
        "holds": found.holds.iter().map(|hold| json!({ "hold": hold.id, "by": hold.by, "reason": hold.reason, "at": hold.at, "covers": hold.covers })).collect::<Vec<_>>(),
        "countersigned": found.countersigned,
        "for_ssh": found.for_ssh,
        "not_logged": found.not_logged,
        "anchors": found.anchors,
        "witnesses": found.witnesses.iter().map(|(name, time)| json!({ "name": name, "time": time })).collect::<Vec<_>>(),
        "store": {
            "retention": kept.retention.as_ref().ok(),
            "retention_unknown": kept.retention.as_ref().err(),
            "keeps_removed": kept.keeps,
        },
        "problems": problems,
    });
    crate::output::pretty(&document)
}
