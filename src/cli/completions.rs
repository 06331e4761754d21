//! `countersign completions`: what a shell needs to complete commands and options.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use super::error::CliError;
use super::{Env, Exit, args, table};

/// Print what a shell needs to complete commands, options and their values.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign completions bash > ~/.local/share/bash-completion/completions/countersign
  countersign completions zsh > ~/.zfunc/_countersign         in a folder of fpath
  countersign completions fish > ~/.config/fish/completions/countersign.fish
  countersign completions powershell >> $PROFILE
  source <(countersign completions bash)                      for this shell alone")]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs the command.
pub(super) fn run(args: &CompletionsArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let mut bytes = Vec::new();
    generate(args.shell, &mut for_people(), "countersign", &mut bytes);
    table::print(env, &String::from_utf8_lossy(&bytes))?;
    Ok(Exit::Clean)
}

/// The command line without what only the program itself starts.
pub(super) fn for_people() -> Command {
    let all = args::command();
    let shown: Vec<Command> = all.get_subcommands().filter(|sub| !sub.is_hide_set()).cloned().collect();
    let mut own = Command::new("countersign")
        .version(env!("CARGO_PKG_VERSION"))
        .propagate_version(true)
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .args(all.get_arguments().cloned())
        .subcommands(shown);
    if let Some(about) = all.get_about() {
        own = own.about(about.clone());
    }
    match all.get_after_help() {
        Some(text) => own.after_help(text.clone()),
        None => own,
    }
}
