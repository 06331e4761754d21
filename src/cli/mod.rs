//! The command line: one file a command. Arguments in, exit status out; the surroundings come in as [`Env`].

mod access;
mod args;
mod backtest;
mod benchmark;
mod beyond;
mod check;
mod completions;
mod conftest;
mod diff;
mod drift;
mod env;
mod error;
mod evaluate_policies;
mod evidence;
mod examples;
mod exit;
mod explain;
mod files;
mod fleet;
mod forge;
mod graph;
mod hook;
mod imports;
mod init;
mod lsp;
mod man;
mod matters;
mod model;
mod own_binary;
mod policy;
mod policy_files;
mod policy_tests;
mod population;
mod progress;
mod record;
mod report;
mod repositories;
mod review;
mod ruleset;
mod sample;
mod schema;
mod scope;
mod secrets;
mod simulate;
mod table;
mod test_of_one;
mod timeline;
mod told;
mod trusted;
mod untouched;
mod who_can;

use std::ffi::OsString;

use miette::{GraphicalReportHandler, GraphicalTheme, ThemeCharacters, ThemeStyles};

pub use args::{Cli, Command};
pub use env::Env;
pub use error::CliError;
pub use exit::Exit;

/// Runs one invocation.
pub fn run(arguments: impl IntoIterator<Item = OsString>, env: &mut Env<'_>) -> Exit {
    let cli = match args::parse(arguments, env.width.unwrap_or(100).clamp(40, 110)) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, env),
    };
    let result = match &cli.command {
        Command::Check(args) => check::run(args, env),
        Command::Hook(command) => hook::run(command, env),
        Command::Access(args) => access::run(args, env),
        Command::WhoCan(args) => who_can::run(args, env),
        Command::Simulate(args) => simulate::run(args, env),
        Command::Diff(args) => diff::run(args, env),
        Command::Drift(args) => drift::run(args, env),
        Command::Graph(args) => graph::run(args, env),
        Command::Init(args) => init::run(args, env),
        Command::Lsp(args) => lsp::run(args, env),
        Command::Backtest(args) => backtest::run(args, env),
        Command::Fleet(args) => fleet::run(args, env),
        Command::Timeline(args) => timeline::run(args, env),
        Command::Benchmark(command) => benchmark::run(command, env),
        Command::Approval(command) => record::approval(command, env),
        Command::Exception(command) => record::exception(command, env),
        Command::Emergency(command) => record::emergency(command, env),
        Command::Adopt(args) => record::adopt(args, env),
        Command::Review(command) => review::run(command, env),
        Command::Report(args) => report::run(args, env),
        Command::Record(args) => evidence::record(args, env),
        Command::Evidence(command) => evidence::run(command, env),
        Command::Policy(command) => policy::run(command, env),
        Command::Test(args) => policy_tests::run(args, env),
        Command::Population(command) => population::run(command, env),
        Command::Explain(args) => explain::run(args, env),
        Command::Ruleset(command) => ruleset::run(command, env),
        Command::Secrets(args) => secrets::run(args, env),
        Command::Sample(args) => sample::run(args, env),
        Command::Scope(args) => scope::run(args, env),
        Command::Services(args) => scope::services(args, env),
        Command::TestOfOne(args) => test_of_one::run(args, env),
        Command::Schema(args) => schema::run(args, env),
        Command::Completions(args) => completions::run(args, env),
        Command::Man(args) => man::run(args, env),
        Command::EvaluatePolicies => evaluate_policies::run(env),
    };
    match result {
        Ok(exit) => exit,
        Err(error) => {
            show(&error, env);
            Exit::Usage
        }
    }
}

/// Help and version are answers and go to standard output; everything else that clap says is an error.
fn usage(error: &clap::Error, env: &mut Env<'_>) -> Exit {
    let (terminal, help) =
        if error.use_stderr() { (env.stderr_is_terminal, false) } else { (env.stdout_is_terminal, true) };
    let text = error.render();
    let text = if env.colour(terminal) { text.ansi().to_string() } else { text.to_string() };
    let stream: &mut dyn std::io::Write = if help { env.stdout } else { env.stderr };
    // Nobody is left to tell when the stream itself is gone.
    let _ = stream.write_all(text.as_bytes());
    if help { Exit::Clean } else { Exit::Usage }
}

/// Shows an error with its source and what to do.
fn show(error: &CliError, env: &mut Env<'_>) {
    let colour = env.colour(env.stderr_is_terminal);
    let theme = GraphicalTheme {
        characters: if env.unicode() { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() },
        styles: if colour { ThemeStyles::ansi() } else { ThemeStyles::none() },
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(env.width.unwrap_or(100).clamp(40, 120));
    for diagnostic in error.diagnostics() {
        let mut text = String::new();
        if handler.render_report(&mut text, diagnostic).is_ok() {
            let _ = env.stderr.write_all(text.as_bytes());
        }
    }
}
