//! The key that signs evidence, as somebody names it.

use std::path::PathBuf;

use clap::Args;

use crate::cli::Env;
use crate::cli::error::CliError;
use crate::evidence::EvidenceError;
use crate::keys::{EvidenceKey, PublicKey};

/// The variable that names the key where no option does.
const VARIABLE: &str = "COUNTERSIGN_EVIDENCE_KEY";

/// Which key signs.
#[derive(Debug, Args)]
pub(in crate::cli) struct KeyArgs {
    /// The key: a private key's file, of SSH too, `agent:FILE` with the public half of one that the SSH agent holds, or
    /// `exec:COMMAND` that signs its standard input. Default: what COUNTERSIGN_EVIDENCE_KEY says.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// The public half of a key behind a command, in PEM.
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
}

impl KeyArgs {
    /// Whether a key is named.
    pub(in crate::cli) fn is_given(&self, env: &Env<'_>) -> bool {
        self.key.is_some() || env.var(VARIABLE).is_some()
    }

    /// Whether the command line names one.
    pub(in crate::cli) fn is_named(&self) -> bool {
        self.key.is_some()
    }

    /// Opens it.
    pub(in crate::cli) fn open(&self, env: &Env<'_>) -> Result<EvidenceKey, CliError> {
        let named = self.key.clone().or_else(|| env.var(VARIABLE)).ok_or_else(|| {
            CliError::other(
                "no key is named that signs",
                "give one with --key; `countersign evidence keygen FILE` makes one",
            )
        })?;
        let key_error = |error| CliError::Evidence(EvidenceError::Key(error));
        if let Some(command) = named.strip_prefix("exec:") {
            let file = self.public_key.as_ref().ok_or_else(|| {
                CliError::other("a command signs, and its public key is not known", "name it with --public-key FILE")
            })?;
            let public = public(env, file)?;
            return Ok(EvidenceKey::behind_command(command.to_owned(), env.variables.clone(), public));
        }
        if let Some(file) = named.strip_prefix("agent:") {
            let socket = env.var("SSH_AUTH_SOCK").ok_or_else(|| {
                CliError::other("no SSH agent is running", "start one, or name the file of a private key")
            })?;
            let line = read(env, &PathBuf::from(file))?;
            return EvidenceKey::in_agent(&PathBuf::from(socket), &line).map_err(key_error);
        }
        EvidenceKey::read(&env.cwd.join(&named)).map_err(key_error)
    }
}

/// A public key's file.
pub(super) fn public(env: &Env<'_>, file: &PathBuf) -> Result<PublicKey, CliError> {
    let text = read(env, file)?;
    PublicKey::from_pem(&text).or_else(|_| PublicKey::from_openssh(&text)).map_err(|error| {
        CliError::other(
            format!("{}: {error}", file.display()),
            "a public key begins with `-----BEGIN PUBLIC KEY-----`, or is one of SSH: `ssh-ed25519` or \
             `ecdsa-sha2-nistp256`",
        )
    })
}

fn read(env: &Env<'_>, file: &PathBuf) -> Result<String, CliError> {
    std::fs::read_to_string(env.cwd.join(file)).map_err(|error| {
        CliError::other(format!("{} cannot be read: {error}", file.display()), "check the path and its permissions")
    })
}
