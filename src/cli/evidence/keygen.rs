//! `countersign evidence keygen`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::error::CliError;
use crate::cli::{Env, Exit, table};
use crate::evidence::EvidenceError;
use crate::keys::{Algorithm, keygen};
use crate::store::write_durably;

/// Make a key.
#[derive(Debug, Args)]
pub struct KeygenArgs {
    /// The private key's file, which must not exist; the public half stands beside it as FILE.pub.
    file: PathBuf,
    /// The kind of the key.
    #[arg(long, value_enum, default_value = "p256")]
    algorithm: AlgorithmArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AlgorithmArg {
    // No documentation comments: each would turn into a paragraph of the command's help.
    P256,
    Ed25519,
}

/// Runs the command.
pub(super) fn run(args: &KeygenArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let algorithm = match args.algorithm {
        AlgorithmArg::P256 => Algorithm::EcdsaP256,
        AlgorithmArg::Ed25519 => Algorithm::Ed25519,
    };
    let public = keygen(&env.cwd.join(&args.file), algorithm).map_err(EvidenceError::Key)?;
    let beside = PathBuf::from(format!("{}.pub", args.file.display()));
    write_durably(&env.cwd.join(&beside), public.to_pem().as_bytes()).map_err(CliError::Store)?;
    let text = format!(
        "wrote {} (keep it secret) and {}\nfingerprint {}\n",
        args.file.display(),
        beside.display(),
        public.fingerprint()
    );
    table::print(env, &text)?;
    Ok(Exit::Clean)
}
