//! `countersign evaluate-policies`: the process in which a change's own policies are asked. Not for people.

use super::error::CliError;
use super::{Env, Exit};
use crate::policy::untrusted::serve;

/// Runs the command.
pub(super) fn run(env: &mut Env<'_>) -> Result<Exit, CliError> {
    serve(env.stdin, env.stdout)?;
    Ok(Exit::Clean)
}
