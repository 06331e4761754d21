//! Commands over the evidence: keys, trust, verifying, judging again, reading.

mod attach;
mod export;
mod hold;
mod key;
mod keygen;
mod landed;
mod list;
mod other_binary;
mod pack;
mod place;
mod pseudonyms;
mod purge;
mod reperform;
mod show;
mod tidy;
mod trust;
mod verify;
mod witness;

use clap::Subcommand;

pub(super) use attach::{attachment, who_signs};
pub(super) use key::KeyArgs;
pub(super) use landed::RecordArgs;
pub(super) use landed::run as record;
pub(super) use place::{Store, StoreArgs, folder, own_config};
pub(super) use pseudonyms::{Pseudonyms, asked_for, wanted};

use super::error::CliError;
use super::{Env, Exit};

/// Verify, judge again, list and show evidence; make the keys that sign it.
#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
    /// Check signatures, digests, the log and everything that records name.
    Verify(verify::VerifyArgs),
    /// Judge recorded changes again, from what the evidence holds alone.
    Reperform(reperform::ReperformArgs),
    /// Write a folder from which other engines derive a verdict again.
    Export(export::ExportArgs),
    /// List the records.
    List(list::ListArgs),
    /// Show a record as a person reads it.
    Show(show::ShowArgs),
    /// Write one folder for each item of a sample: its evidence, what it changed, and how to judge it again.
    Pack(pack::PackArgs),
    /// Attach external evidence by its digest, with where it comes from.
    Attach(Box<attach::AttachArgs>),
    /// Place, lift and list legal holds: what they cover is never removed.
    #[command(subcommand)]
    Hold(hold::HoldCommand),
    /// Remove what need not be kept any longer.
    Purge(purge::PurgeArgs),
    /// Remove what may not be kept, such as what names a person, before its date.
    Erase(purge::EraseArgs),
    /// Make a table of pseudonyms that stand for people, and forget somebody in it.
    #[command(subcommand)]
    Pseudonyms(pseudonyms::PseudonymsCommand),
    /// Sign a record with a key of your own, beside those that signed it.
    Sign(attach::SignArgs),
    /// Make a key that signs evidence.
    Keygen(keygen::KeygenArgs),
    /// Begin a log, and say which keys count in it.
    #[command(subcommand)]
    Trust(trust::TrustCommand),
    /// Sign the log's last checkpoint as a witness, if it contradicts nothing that was signed before.
    Witness(witness::WitnessArgs),
    /// Print the log's last checkpoint, to be kept where the log's keeper cannot reach it.
    Checkpoint(trust::CheckpointArgs),
    /// Take away partial tiles and batches that the log needs no more.
    Tidy(tidy::TidyArgs),
}

/// Runs the command.
pub(super) fn run(command: &EvidenceCommand, env: &mut Env<'_>) -> Result<Exit, CliError> {
    match command {
        EvidenceCommand::Verify(args) => verify::run(args, env),
        EvidenceCommand::Reperform(args) => reperform::run(args, env),
        EvidenceCommand::Export(args) => export::run(args, env),
        EvidenceCommand::List(args) => list::run(args, env),
        EvidenceCommand::Show(args) => show::run(args, env),
        EvidenceCommand::Pack(args) => pack::run(args, env),
        EvidenceCommand::Attach(args) => attach::attach(args, env),
        EvidenceCommand::Hold(command) => hold::run(command, env),
        EvidenceCommand::Purge(args) => purge::run(args, env),
        EvidenceCommand::Erase(args) => purge::erase(args, env),
        EvidenceCommand::Pseudonyms(command) => pseudonyms::run(command, env),
        EvidenceCommand::Sign(args) => attach::sign(args, env),
        EvidenceCommand::Keygen(args) => keygen::run(args, env),
        EvidenceCommand::Trust(command) => trust::run(command, env),
        EvidenceCommand::Witness(args) => witness::run(args, env),
        EvidenceCommand::Checkpoint(args) => trust::checkpoint(args, env),
        EvidenceCommand::Tidy(args) => tidy::run(args, env),
    }
}
