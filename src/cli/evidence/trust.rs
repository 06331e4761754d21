//! `countersign evidence trust` and `checkpoint`: whom a log trusts, from its first key on.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::key::{KeyArgs, public};
use super::place::{ANCHOR, StoreArgs, hold, keep};
use crate::cli::error::CliError;
use crate::cli::{Env, Exit, table};
use crate::evidence::{
    EvidenceError, Recorder, Role, TrustAction, TrustStatement, Verification, Verifying, add_cosignatures, verify,
};
use crate::store::Digest;

/// Begin a log, and say which keys count in it.
#[derive(Debug, Subcommand)]
pub enum TrustCommand {
    /// Begin a log with the key that signs its records first.
    Init(InitArgs),
    /// Let another key count from here on.
    Add(AddArgs),
    /// Let a key count no longer.
    Revoke(RevokeArgs),
    /// List the keys, and between which records each counts.
    Show(ShowArgs),
}

#[derive(Debug, Args)]
pub struct InitArgs {
    /// The log's name in its checkpoints: a URL without its scheme, such as `acme.example/evidence`.
    #[arg(long, value_name = "NAME")]
    origin: String,
    /// How many witnesses a checkpoint needs.
    #[arg(long, value_name = "N")]
    witnesses: Option<usize>,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
pub struct AddArgs {
    /// The public key, in PEM or as one of SSH.
    public: PathBuf,
    /// What it does: sign records, or cosign checkpoints.
    #[arg(long, value_enum, default_value = "recorder")]
    role: RoleArg,
    /// Of a witness, the name that it signs under.
    #[arg(long, required_if_eq("role", "witness"))]
    name: Option<String>,
    /// How many witnesses a checkpoint needs from here on.
    #[arg(long, value_name = "N")]
    witnesses: Option<usize>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// The public key, in PEM or as one of SSH.
    public: PathBuf,
    /// What it did.
    #[arg(long, value_enum, default_value = "recorder")]
    role: RoleArg,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The fingerprint of the first key, as the log's keeper confirmed it.
    #[arg(long, value_name = "SHA256")]
    genesis: Option<Digest>,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
pub struct CheckpointArgs {
    /// First publish what a witness signed: its signature is added to the log's checkpoint.
    #[arg(long, value_name = "FILE")]
    cosigned: Option<PathBuf>,
    /// Keep it too where the log's keeper cannot reach it: see `countersign record --help`.
    #[arg(long, value_name = ANCHOR)]
    anchor: Vec<String>,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RoleArg {
    // No documentation comments: each would turn into a paragraph of the command's help.
    Recorder,
    Witness,
}

impl RoleArg {
    fn role(self) -> Role {
        match self {
            Self::Recorder => Role::Recorder,
            Self::Witness => Role::Witness,
        }
    }
}

/// Runs the command.
pub(super) fn run(command: &TrustCommand, env: &mut Env<'_>) -> Result<Exit, CliError> {
    match command {
        TrustCommand::Init(args) => init(args, env),
        TrustCommand::Add(args) => add(args, env),
        TrustCommand::Revoke(args) => revoke(args, env),
        TrustCommand::Show(args) => show(args, env),
    }
}

fn init(args: &InitArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.store.open(env)?;
    let key = args.key.open(env)?;
    let fingerprint = key.public_key().fingerprint();
    let at = table::instant((env.now)());
    Recorder::begin(&store.storage, &args.origin, key, args.witnesses, at)?;
    let text = format!(
        "began the log {} in {}\nits first key is {fingerprint}\n\
         tell whoever will rely on it this fingerprint by another way; they verify with --genesis {fingerprint}\n",
        args.origin, store.label
    );
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

fn add(args: &AddArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.store.open(env)?;
    let subject = public(env, &args.public)?;
    let (recorder, _) = Recorder::open(&store.storage, args.key.open(env)?)?;
    let at = table::instant((env.now)());
    let mut statement = TrustStatement::new(TrustAction::Add, args.role.role(), recorder.origin(), &subject, at);
    statement.predicate.name.clone_from(&args.name);
    statement.predicate.required_witnesses = args.witnesses;
    statement.predicate.reason.clone_from(&args.reason);
    let logged = recorder.trust(&statement)?;
    let role = args.role.role().as_str();
    table::print(env, &format!("{} counts as a {role} after record {}\n", subject.fingerprint(), logged.index))?;
    Ok(Exit::Clean)
}

fn revoke(args: &RevokeArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.store.open(env)?;
    let subject = public(env, &args.public)?;
    let (recorder, _) = Recorder::open(&store.storage, args.key.open(env)?)?;
    let at = table::instant((env.now)());
    let mut statement = TrustStatement::new(TrustAction::Revoke, args.role.role(), recorder.origin(), &subject, at);
    statement.predicate.reason = Some(args.reason.clone());
    let logged = recorder.trust(&statement)?;
    table::print(env, &format!("{} no longer counts after record {}\n", subject.fingerprint(), logged.index))?;
    Ok(Exit::Clean)
}

fn show(args: &ShowArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.store.open(env)?;
    let verifying = Verifying { confirmed: args.genesis, ..Verifying::default() };
    let found = verify(&store.storage, &verifying)?;
    let Some(origin) = &found.origin else { return Err(EvidenceError::NoLog.into()) };
    let header = ["key", "role", "name", "counts after record", "until record"];
    let place = |index: u64| index.checked_sub(1).map(|index| index.to_string()).unwrap_or_default();
    let rows: Vec<Vec<String>> = found
        .trust
        .keys
        .iter()
        .map(|own| {
            vec![
                own.key.fingerprint().to_string(),
                own.role.as_str().to_owned(),
                own.name.clone().unwrap_or_default(),
                place(own.from),
                own.until.map(place).unwrap_or_default(),
            ]
        })
        .collect();
    let mut text = format!("log {origin}, {} records\n", found.size);
    text.push_str(&table::aligned(&header, &rows));
    text.push_str(&confirmed(&found, args.genesis));
    let sound = found.problems.is_empty();
    if !sound {
        text.push_str("the log does not verify: `countersign evidence verify` says why\n");
    }
    table::print(env, &text)?;
    Ok(if sound { Exit::Clean } else { Exit::EvidenceInvalid })
}

/// Whether somebody has confirmed where the trust begins.
pub(super) fn confirmed(found: &Verification, given: Option<Digest>) -> String {
    match (found.genesis, given) {
        (Some(genesis), Some(given)) if genesis == given => String::new(),
        (Some(genesis), None) => format!(
            "nobody confirmed the first key: ask the log's keeper by another way whether it is\n  {genesis}\n\
             and give it with --genesis\n"
        ),
        _ => String::new(),
    }
}

/// Prints the checkpoint.
pub(super) fn checkpoint(args: &CheckpointArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.store.open(env)?;
    if let Some(path) = &args.cosigned {
        let note = std::fs::read(env.cwd.join(path)).map_err(|error| {
            CliError::other(format!("{} cannot be read: {error}", path.display()), "name the file that a witness wrote")
        })?;
        add_cosignatures(&store.storage, &note)?;
    }
    let note = store.checkpoint()?.ok_or(EvidenceError::NoLog)?;
    let anchors = args.store.anchors(&args.anchor, env)?;
    hold(&anchors, &store)?;
    keep(&anchors, &note)?;
    table::print(env, &String::from_utf8_lossy(&note))?;
    Ok(Exit::Clean)
}
