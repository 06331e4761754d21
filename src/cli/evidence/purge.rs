//! `countersign evidence purge` and `erase`: removing what need not or may not be kept.

use clap::Args;

use super::key::KeyArgs;
use super::place::StoreArgs;
use crate::cli::check::instant;
use crate::cli::error::CliError;
use crate::cli::{Env, Exit, table};
use crate::evidence::{
    Erased, Erasing, Kept, Plan, Purging, RecordId, Recorder, Survey, erase as erase_objects, purge,
};
use crate::store::Digest;

/// How many records one tombstone names at most.
const AT_ONCE: usize = 256;

/// Remove what need not be kept any longer.
#[derive(Debug, Args)]
#[command(after_help = "\
Removed are the objects that only records name whose date has passed and that no hold covers: the bytes of files, what \
was found, kept attachments. Records themselves, their signatures and the log stay. A tombstone in the log says first what \
goes; a purge that was stopped is finished by the next one.

Each record says until when it is kept. A longer period in countersign.yaml of --path counts too, a shorter one does not; \
with --store the records' own dates alone count.

Exit status: 0 done, or nothing is due; 2 a record that is named is not due or held, or the store cannot erase")]
pub struct PurgeArgs {
    /// Only these records, by their ids or the beginning of them.
    records: Vec<String>,
    /// Say what would go, and remove nothing.
    #[arg(long)]
    dry_run: bool,
    /// Who does it: `person:ID` or `service:ID`.
    #[arg(long, value_name = "ID", required_unless_present = "dry_run")]
    by: Option<String>,
    /// Go by this instant instead of now; with --dry-run only, to see what will be due.
    #[arg(long, value_name = "RFC3339", requires = "dry_run")]
    as_of: Option<String>,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    store: StoreArgs,
}

/// Remove what may not be kept, such as what names a person, before its date.
#[derive(Debug, Args)]
#[command(after_help = "\
Records that name what goes stay, with their signatures, and re-perform as erased. Nothing that a hold covers is erased. \
Take the text out of the repository first: what stands there is kept again by the next record.")]
pub struct EraseArgs {
    /// Every object with this text in it, such as an e-mail address; upper and lower case are the same.
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// This object; may be given several times.
    #[arg(long, value_name = "SHA256")]
    object: Vec<Digest>,
    /// Why: the request or the law, not the person. It is recorded for good.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Say what would go, and remove nothing.
    #[arg(long)]
    dry_run: bool,
    /// Who does it: `person:ID` or `service:ID`.
    #[arg(long, value_name = "ID", required_unless_present = "dry_run")]
    by: Option<String>,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    store: StoreArgs,
}

/// Runs `purge`.
pub(super) fn run(args: &PurgeArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.store.open(env)?;
    let ledger = store.ledger();
    let now = args.as_of.as_deref().map_or_else(|| Ok((env.now)()), instant)?;
    let only = args.records.iter().map(|named| ledger.find(named)).collect::<Result<_, _>>()?;
    let purging = Purging { now, config: store.retention.clone(), only, at_once: AT_ONCE };
    let plan = Plan::of(&store.storage, &Survey::read(&store.storage)?, &purging)?;
    let text = match &args.by {
        Some(by) if !args.dry_run => {
            let (recorder, _) = Recorder::open(&store.storage, args.key.open(env)?)?;
            recorder.check_clock(now)?;
            let purged = purge(&recorder, &purging, by)?;
            let mut text = kept(&plan);
            if purged.finished > 0 {
                text.push_str(&format!("finished an earlier removal: {} objects\n", purged.finished));
            }
            for logged in &purged.tombstones {
                text.push_str(&format!("tombstone {} at {}\n", logged.id, logged.index));
            }
            text + &format!("removed {} objects of {} records\n", purged.objects, purged.records)
        }
        _ => {
            let mut text = String::new();
            for due in &plan.due {
                let (made, until) = (table::instant(due.made), table::instant(due.until));
                text.push_str(&format!(
                    "due {} {} of {made}, kept until {until}\n",
                    short(due.record),
                    due.class.as_str()
                ));
            }
            text.push_str(&kept(&plan));
            let objects: usize = plan.objects.iter().map(std::collections::BTreeSet::len).sum();
            text + &format!("{objects} objects of {} records would be removed\n", plan.due.len())
        }
    };
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

/// What stays, one line each.
fn kept(plan: &Plan) -> String {
    let line = |kept: &Kept| match kept {
        Kept::Held { record, hold } => format!("held {} by the hold {}\n", short(*record), short(*hold)),
        Kept::Next { record, until } => format!("next is {} on {}\n", short(*record), table::instant(*until)),
    };
    plan.kept.iter().map(line).collect()
}

/// Runs `erase`.
pub(super) fn erase(args: &EraseArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.store.open(env)?;
    let erasing = Erasing {
        now: (env.now)(),
        subject: args.subject.clone(),
        objects: args.object.iter().copied().collect(),
        reason: args.reason.clone(),
    };
    let (erased, verb) = match &args.by {
        Some(by) if !args.dry_run => {
            let (recorder, _) = Recorder::open(&store.storage, args.key.open(env)?)?;
            recorder.check_clock(erasing.now)?;
            (erase_objects(&recorder, &erasing, by)?, "erased")
        }
        _ => (Erased::of(&store.storage, &Survey::read(&store.storage)?, &erasing)?, "would erase"),
    };
    let mut text: String = erased.objects.iter().map(|digest| format!("object {digest}\n")).collect();
    if erased.finished > 0 {
        text.push_str(&format!("finished an earlier removal: {} objects\n", erased.finished));
    }
    if let Some(logged) = &erased.tombstone {
        text.push_str(&format!("tombstone {} at {}\n", logged.id, logged.index));
    }
    text.push_str(&format!("{verb} {} objects of {} records\n", erased.objects.len(), erased.records.len()));
    if !erased.statements.is_empty() {
        let ids: Vec<String> = erased.statements.iter().map(|id| short(*id)).collect();
        text.push_str(&format!("it also stands in records themselves, which stay: {}\n", ids.join(", ")));
    }
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

fn short(id: RecordId) -> String {
    id.to_string().get(..12).unwrap_or_default().to_owned()
}
