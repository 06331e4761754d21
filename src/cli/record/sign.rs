//! Signs a record with an SSH key, as `ssh-keygen -Y sign` does.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{PlaceArgs, file, list};
use crate::cli::error::CliError;
use crate::cli::{Env, Exit, table};
use crate::keys::{KEYGEN_VARIABLES, SigningKey};
use crate::rules::{RecordKind, RuleFile, Rules, SIGNERS, Terms, signature_path};
use crate::source::Comparison;
use crate::store::write_durably;

#[derive(Debug, Args)]
pub struct SignArgs {
    /// The record's file or id.
    record: String,
    /// The key: a private key's file, or a public key's whose private half the agent or a security key holds.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Which of the approvers signs, where there are several.
    #[arg(long = "as", value_name = "person:ID")]
    approver: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Signs a record of a kind, and says whether the signature counts.
pub(in crate::cli) fn run(kind: RecordKind, args: &SignArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let (comparison, rules) = args.place.open(env)?;
    let terms = file::find(&rules.records, &comparison.root, &env.cwd, kind, &args.record)?;
    let approver = match (&args.approver, terms.approvers.as_slice()) {
        (Some(who), approvers) => {
            let who = file::person("approver", who)?;
            if !approvers.contains(&who) {
                return Err(CliError::other(
                    format!("{} does not name {who} as an approver", terms.id),
                    format!("it names {}", approvers.join(", ")),
                ));
            }
            who
        }
        (None, [one]) => one.clone(),
        (None, several) => {
            return Err(CliError::other(
                format!("{} names {} approvers", terms.id, several.len()),
                format!("say who signs with --as: {}", several.join(", ")),
            ));
        }
    };
    let at = At { comparison: &comparison, rules: &rules, as_of: args.place.as_of(env)? };
    let said = at.sign(kind, terms, &approver, &args.key, env)?;
    table::print(env, &said)?;
    Ok(Exit::Clean)
}

/// The tree in which a record is signed, and when.
pub(super) struct At<'a> {
    pub(super) comparison: &'a Comparison,
    pub(super) rules: &'a Rules,
    pub(super) as_of: i64,
}

impl At<'_> {
    /// Signs a record of a kind for one who is named in it, and says whether the signature counts.
    ///
    /// # Errors
    /// A key that cannot be read or does not sign, and a signature that cannot be written.
    pub(super) fn sign(
        &self,
        kind: RecordKind,
        terms: &Terms,
        approver: &str,
        key: &Path,
        env: &Env<'_>,
    ) -> Result<String, CliError> {
        let known = |name: &std::ffi::OsString| KEYGEN_VARIABLES.iter().any(|known| name == known);
        let variables = env.variables.iter().filter(|(name, _)| known(name)).cloned().collect();
        let signature = SigningKey::read(&env.cwd.join(key), variables)?.sign(kind.namespace(), &terms.file.bytes)?;
        let beside = signature_path(&terms.file.path, approver);
        write_durably(&self.comparison.root.join(&beside), signature.as_bytes()).map_err(CliError::Store)?;
        let mut signed = terms.clone();
        signed.signatures = vec![RuleFile::new(beside.as_str(), signature.as_bytes())];
        let people = list::people(self.comparison, self.rules);
        // As when it arrives with a change: signed now, and counting from its first day.
        let instants = [list::since(&signed, self.as_of), self.as_of];
        let verdict = match list::check(&signed, approver, &people, self.rules, &instants) {
            Ok(line) => format!("it verifies: {line}\n"),
            Err(why) => format!(
                "it does not count yet: {why}\nthe target's {SIGNERS} must list the key for {approver} or for their e-mail \
                 address\n"
            ),
        };
        Ok(format!("wrote {beside}\n{verdict}"))
    }
}
