//! `countersign evidence`.

use clap::Subcommand;

use super::error::CliError;
use super::{Env, Exit, export};

/// What to do with evidence.
#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
    /// Write a folder from which other engines derive the verdict again.
    Export(export::ExportArgs),
}

/// Runs the command.
pub(super) fn run(command: &EvidenceCommand, env: &mut Env<'_>) -> Result<Exit, CliError> {
    match command {
        EvidenceCommand::Export(args) => export::run(args, env),
    }
}
