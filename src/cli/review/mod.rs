//! `countersign review`: access reviews.

mod close;
mod open;
mod sheet;
mod status;

use clap::Subcommand;

use super::error::CliError;
use super::record::{SignArgs, sign_record};
use super::{Env, Exit};
use crate::rules::{Campaign, RecordKind, Rules};
use crate::syntax::nearest;

/// Open, sign, follow and close access reviews.
///
/// An access review freezes what is declared at a commit, writes one file a reviewer, and holds what they decide against what
/// is declared afterwards. docs/reviews.md says how.
#[derive(Debug, Subcommand)]
pub enum ReviewCommand {
    /// Freeze what is declared, and write one file a reviewer.
    Open(Box<open::OpenArgs>),
    /// Sign a reviewer's file with an SSH key.
    Sign(SignArgs),
    /// Say what was decided, what is late, and what was revoked and is still there.
    Status(Box<status::StatusArgs>),
    /// Write down what came of an access review, once everything is decided.
    Close(Box<close::CloseArgs>),
}

/// Runs the command.
pub(super) fn run(command: &ReviewCommand, env: &mut Env<'_>) -> Result<Exit, CliError> {
    match command {
        ReviewCommand::Open(args) => open::run(args, env),
        ReviewCommand::Sign(args) => sign_record(RecordKind::AccessReview, args, env),
        ReviewCommand::Status(args) => status::run(args, env),
        ReviewCommand::Close(args) => close::run(args, env),
    }
}

/// The campaign that somebody names.
fn find<'r>(rules: &'r Rules, id: &str) -> Result<&'r Campaign, CliError> {
    let campaigns = &rules.records.campaigns;
    campaigns.iter().find(|own| own.id == id).ok_or_else(|| {
        let help = match nearest(id, campaigns.iter().map(|own| own.id.as_str())) {
            Some(near) => format!("did you mean `{near}`?"),
            None if campaigns.is_empty() => "`countersign review open --id ID --due DAY` opens one".to_owned(),
            None => "`countersign review status` names them all".to_owned(),
        };
        CliError::other(format!("there is no access review `{id}`"), help)
    })
}

/// A commit as people write it.
fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

/// A count with its noun: `1 item`, `2 items`.
fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
