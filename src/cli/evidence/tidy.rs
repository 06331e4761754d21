//! `countersign evidence tidy`.

use clap::Args;

use super::place::StoreArgs;
use crate::cli::error::CliError;
use crate::cli::{Env, Exit, table};
use crate::evidence::log::Storage as _;

/// Take away partial tiles and batches that the log needs no more. No record, signature or proof is among them, and
/// every checkpoint that was ever published can still be read.
#[derive(Debug, Args)]
pub struct TidyArgs {
    #[command(flatten)]
    store: StoreArgs,
}

/// Runs the command.
pub(super) fn run(args: &TidyArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.store.open(env)?;
    let tidied = store.ledger().tidy()?;
    let mut text = format!("took away {} partial tiles and {} batches\n", tidied.partial, tidied.staged);
    if let Some(keeps) = store.storage.keeps().filter(|_| tidied.partial + tidied.staged > 0) {
        text.push_str(&format!("their bytes stay: {keeps}\n"));
    }
    table::print(env, &text)?;
    Ok(Exit::Clean)
}
