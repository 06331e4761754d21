//! `countersign evidence witness`: signing a log's checkpoints from elsewhere.

use std::path::PathBuf;

use clap::Args;

use super::key::KeyArgs;
use super::place::StoreArgs;
use crate::cli::error::CliError;
use crate::cli::{Env, Exit, table};
use crate::evidence::{EvidenceError, Witness, add_cosignatures, witness};
use crate::store::{Digest, write_durably};

/// Sign the log's last checkpoint as a witness, if it contradicts nothing that was signed before.
#[derive(Debug, Args)]
#[command(
    after_help = "Run it where the log's keeper has no say, now and then, with a key that only the witness has. The \
log names its witnesses, and how many a checkpoint needs: `countersign evidence trust add --role witness`."
)]
pub struct WitnessArgs {
    /// The name that the witness signs under, as the log knows it.
    #[arg(long)]
    name: String,
    /// The fingerprint of the log's first key, as its keeper confirmed it by another way.
    #[arg(long, value_name = "SHA256")]
    genesis: Digest,
    /// Where the checkpoint is kept that was signed last; it is made the first time.
    #[arg(long, value_name = "FILE")]
    last: PathBuf,
    /// Write the signed checkpoint here and not to the log: for a witness that may only read it. Its keeper publishes it
    /// with `countersign evidence checkpoint --cosigned FILE`.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    store: StoreArgs,
}

/// Runs the command.
pub(super) fn run(args: &WitnessArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.store.open(env)?;
    let key = args.key.open(env)?;
    let path = env.cwd.join(&args.last);
    let last = match std::fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            return Err(CliError::other(
                format!("{} cannot be read: {error}", args.last.display()),
                "check the path and its permissions: what was signed last must be known",
            ));
        }
    };
    let who = Witness { name: &args.name, key: &key, confirmed: args.genesis, last: last.as_deref() };
    let time = u64::try_from((env.now)()).unwrap_or_default();
    let found = match witness(&store.storage, &who, time) {
        Err(EvidenceError::Witness(error)) => {
            let help = miette::Diagnostic::help(&error).map(|help| help.to_string()).unwrap_or_default();
            table::print(env, &format!("refused: {error}\n  {help}\n"))?;
            return Ok(Exit::EvidenceInvalid);
        }
        found => found?,
    };
    // Before it gets out: what was signed once must never be contradicted.
    write_durably(&path, &found.note).map_err(CliError::Store)?;
    match &args.output {
        Some(output) => write_durably(&env.cwd.join(output), &found.note).map_err(CliError::Store)?,
        None => drop(add_cosignatures(&store.storage, &found.note)?),
    }
    let before = found.before.map_or_else(
        || "the first that it signs".to_owned(),
        |before| format!("which begins with the {before} that it signed before"),
    );
    table::print(env, &format!("{} signed the checkpoint of {} records, {before}\n", args.name, found.size))?;
    Ok(Exit::Clean)
}
