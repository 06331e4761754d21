//! `countersign evidence attach` and `sign`: what others add to the evidence.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::key::KeyArgs;
use super::place::{Store, StoreArgs};
use crate::cli::check::instant;
use crate::cli::error::CliError;
use crate::cli::{Env, Exit, table};
use crate::evidence::{
    AttachmentPredicate, AttachmentPurpose, AttachmentStatement, AttachmentTier, CoveredTime, Objects, Recorder,
    Retention, is_who,
};
use crate::history::{Offset, Period};
use crate::rules::RetentionClass;
use crate::store::Digest;

/// Attach external evidence: a ticket export, a session log, a forge's answer, a list from human resources.
#[derive(Debug, Args)]
pub struct AttachArgs {
    /// The file. Its digest is recorded; the file itself only with --keep.
    file: PathBuf,
    /// The system that it was taken from.
    #[arg(long, value_name = "TEXT")]
    source: String,
    /// The query, report or call that gave it.
    #[arg(long, value_name = "TEXT")]
    query: Option<String>,
    /// A parameter of the query; may be given several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter)]
    parameter: Vec<(String, String)>,
    /// Who ran it: `person:ID` or `service:ID`.
    #[arg(long, value_name = "ID")]
    run_by: String,
    /// When it was run.
    #[arg(long, value_name = "RFC3339")]
    run_at: String,
    /// How many rows it has.
    #[arg(long, value_name = "N")]
    rows: Option<u64>,
    /// A total that the source gives and that the file must come to.
    #[arg(long, value_name = "TEXT")]
    control_total: Option<String>,
    /// How far it can be believed: an export of the system itself, or the word of a named person.
    #[arg(long, value_enum, default_value = "observed")]
    tier: TierArg,
    /// The record that it belongs to, by its id or the beginning of it.
    #[arg(long, value_name = "RECORD")]
    record: Option<String>,
    /// What it is for: it tells what a night came to, so that the day on which it is attached counts as looked at, or it
    /// shows the use of access, sessions or applies, which the report lists by system.
    #[arg(long, value_enum, conflicts_with = "record")]
    purpose: Option<PurposeArg>,
    /// A system that it tells of, by id; may be given several times.
    #[arg(long, value_name = "ID")]
    system: Vec<String>,
    /// Of which time it tells: `2026Q4`, `2026-11`, or the first and the last day, `2026-11-01..2026-11-15`.
    #[arg(long, value_name = "PERIOD")]
    covers: Option<String>,
    /// How far the clock by which those days are counted is ahead of UTC: `UTC`, `+01:00`, `-05:30`.
    #[arg(long, value_name = "OFFSET", default_value = "UTC")]
    offset: String,
    /// Keep the file too. Do so only with what may be read by everybody who may read the evidence.
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TierArg {
    // No documentation comments: each would turn into a paragraph of the command's help.
    Observed,
    Attested,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PurposeArg {
    // No documentation comments: each would turn into a paragraph of the command's help.
    Night,
    Usage,
    Sessions,
    Applies,
}

impl From<PurposeArg> for AttachmentPurpose {
    fn from(own: PurposeArg) -> Self {
        match own {
            PurposeArg::Night => Self::Night,
            PurposeArg::Usage => Self::Usage,
            PurposeArg::Sessions => Self::Sessions,
            PurposeArg::Applies => Self::Applies,
        }
    }
}

impl AttachArgs {
    /// From when to when it tells of something. What shows something of systems says of which, and of which time.
    fn covers(&self) -> Result<Option<CoveredTime>, CliError> {
        let of_systems = self.purpose.is_some_and(|own| own != PurposeArg::Night);
        if of_systems && (self.system.is_empty() || self.covers.is_none()) {
            return Err(CliError::other(
                "it is not said of which systems and of which time it tells",
                "add --system ID, as manifests call it, and --covers 2026Q4 or --covers 2026-11-01..2026-11-15",
            ));
        }
        let Some(text) = &self.covers else { return Ok(None) };
        let offset: Offset = self.offset.parse().map_err(|error| CliError::told(&error))?;
        let period = Period::parse(text, offset).map_err(|error| CliError::told(&error))?;
        Ok(Some(CoveredTime { from: table::instant(period.from), to: table::instant(period.to) }))
    }
}

/// Sign a record with a key of your own, beside those that signed it: a witness's or an auditor's receipt.
#[derive(Debug, Args)]
pub struct SignArgs {
    /// The record, by its id or the beginning of it.
    record: String,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    store: StoreArgs,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Runs `attach`.
pub(super) fn attach(args: &AttachArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.store.open(env)?;
    let ledger = store.ledger();
    let bytes = std::fs::read(env.cwd.join(&args.file)).map_err(|error| {
        CliError::other(
            format!("{} cannot be read: {error}", args.file.display()),
            "check the path and its permissions",
        )
    })?;
    let covers = args.covers()?;
    check_who(&args.run_by, "write it as `person:ID` or `service:ID`")?;
    let (digest, now) = (Digest::of(&bytes), (env.now)());
    let name = args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (statement, objects) = attachment(
        &store,
        now,
        (name, bytes),
        AttachmentPredicate {
            tier: match args.tier {
                TierArg::Observed => AttachmentTier::Observed,
                TierArg::Attested => AttachmentTier::Attested,
            },
            source: args.source.clone(),
            query: args.query.clone(),
            parameters: args.parameter.iter().cloned().collect::<BTreeMap<_, _>>(),
            run_by: args.run_by.clone(),
            run_at: table::instant(instant(&args.run_at)?),
            rows: args.rows,
            control_total: args.control_total.clone(),
            of: args.record.as_ref().map(|named| ledger.find(named)).transpose()?,
            purpose: args.purpose.map(Into::into),
            systems: args.system.clone(),
            covers,
            kept: args.keep,
            at: table::instant(now),
            retention: None,
        },
    );
    let text = if args.key.is_given(env) {
        let (recorder, _) = Recorder::open(&store.storage, args.key.open(env)?)?;
        recorder.check_clock(now)?;
        let logged = recorder.attach_keeping(&statement, objects)?;
        format!("attached {digest} as {} at {}\n", logged.id, logged.index)
    } else {
        let id = ledger.keep_naming(&statement, objects)?;
        format!("attached {digest} as {id}; nobody signed it, and it is not in the log: give --key\n")
    };
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

/// Checks that a text names a person or a service identity.
pub(in crate::cli) fn check_who(text: &str, help: &str) -> Result<(), CliError> {
    if is_who(text) {
        return Ok(());
    }
    Err(CliError::other(format!("`{text}` is neither a person nor a service identity"), help))
}

/// Who runs something that is signed; nothing where neither they nor a key are named. A key that the environment names signs
/// what is to be signed anyway, and asks for nothing.
pub(in crate::cli) fn who_signs<'a>(
    run_by: Option<&'a str>,
    key: &KeyArgs,
    unsaid: &str,
) -> Result<Option<&'a str>, CliError> {
    let help = "write it as `--run-by person:ID` or `--run-by service:ID`";
    match run_by {
        None if !key.is_named() => Ok(None),
        None => Err(CliError::other(unsaid, help)),
        Some(run_by) => check_who(run_by, help).map(|()| Some(run_by)),
    }
}

/// The statement of a file that is attached, and what is kept with it: the file where the statement says so. How long it is
/// kept is filled in here.
pub(in crate::cli) fn attachment(
    store: &Store,
    now: i64,
    (name, bytes): (String, Vec<u8>),
    predicate: AttachmentPredicate,
) -> (AttachmentStatement, Objects) {
    let retention = store.retention.clone().unwrap_or_default();
    let retention = Some(Retention::of(RetentionClass::Attachment, now, &retention));
    let digest = Digest::of(&bytes);
    let mut objects = Objects::default();
    if predicate.kept {
        objects.add_bytes(&bytes.into());
    }
    (AttachmentStatement::new(name, digest, AttachmentPredicate { retention, ..predicate }), objects)
}

/// Runs `sign`.
pub(super) fn sign(args: &SignArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.store.open(env)?;
    let ledger = store.ledger();
    let id = ledger.find(&args.record)?;
    let key = args.key.open(env)?;
    let name = ledger.countersign(id, &key)?;
    table::print(env, &format!("signed {id} as {}\nwrote {name}\n", key.public_key().fingerprint()))?;
    Ok(Exit::Clean)
}
