//! Review decisions: what somebody decides, afterwards, about an exception or an emergency.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{PlaceArgs, file, sign};
use crate::cli::error::CliError;
use crate::cli::{Env, table};
use crate::rules::{Disposition, RecordKind, Rules};
use crate::source::Comparison;

/// Who decides, and why.
#[derive(Debug, Args)]
pub(super) struct DecisionArgs {
    /// Who decides.
    #[arg(long, value_name = "person:ID")]
    pub(super) reviewer: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
    /// Sign the decision, too: a private key's file, or a public key's whose private half the agent or a security key holds.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    pub(super) place: PlaceArgs,
}

impl DecisionArgs {
    /// Writes a decision about a record, and signs it where a key is given; returns what is to be said of it, `unsigned`
    /// where there is none. A decision that cannot be signed is not left behind.
    ///
    /// # Errors
    /// A reviewer who is no person, a decision that is there already, and a key that does not sign.
    pub(super) fn write(
        &self,
        (kind, id): (RecordKind, &str),
        disposition: Disposition,
        (comparison, rules): (&Comparison, &Rules),
        unsigned: &str,
        env: &Env<'_>,
    ) -> Result<String, CliError> {
        let (verb, about) = match kind {
            RecordKind::Exception => ("revoke", "exception"),
            _ => ("review", "emergency"),
        };
        let name = format!("{verb}-{id}");
        let spec = json!({
            "of": format!("{about}:{id}"),
            "reviewer": file::person("reviewer", &self.reviewer)?,
            "disposition": disposition,
            "reason": self.reason,
            "decided": table::instant(self.place.as_of(env)?),
        });
        let document = file::document("ReviewDecision", &name, spec);
        let path = file::create(&comparison.root, &rules.records, RecordKind::ReviewDecision, &name, &document)?;
        let Some(key) = &self.key else { return Ok(format!("wrote {path}\n{unsigned}")) };
        let signed = self.sign(&name, key, env).inspect_err(|_| {
            // Signed or not there: the next attempt would meet it.
            let _ = std::fs::remove_file(comparison.root.join(&path));
        })?;
        Ok(format!("wrote {path}\n{signed}"))
    }

    fn sign(&self, name: &str, key: &Path, env: &Env<'_>) -> Result<String, CliError> {
        let (comparison, rules) = self.place.open(env)?;
        let terms = file::find(&rules.records, &comparison.root, &env.cwd, RecordKind::ReviewDecision, name)?;
        let reviewer = file::person("reviewer", &self.reviewer)?;
        let at = sign::At { comparison: &comparison, rules: &rules, as_of: self.place.as_of(env)? };
        at.sign(RecordKind::ReviewDecision, terms, &reviewer, key, env)
    }
}
