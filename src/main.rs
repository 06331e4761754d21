//! The binary: gathers the surroundings, runs one command, ends with its status.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use countersign::cli::{self, Env};

// A run allocates many small things on several threads at once, which is where the system's allocator is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Not locked: the editor server reads it beside its work.
    let mut stdin = std::io::BufReader::new(std::io::stdin());
    let (mut stdout, mut stderr) = (std::io::stdout(), std::io::stderr());
    let now = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default();
        i64::try_from(since).unwrap_or(i64::MAX)
    };
    let variables: Vec<_> = std::env::vars_os().collect();
    let columns =
        variables.iter().find(|(name, _)| name == "COLUMNS").and_then(|(_, value)| value.to_str()?.parse().ok());
    let mut env = Env {
        cwd: std::env::current_dir().unwrap_or_default(),
        temp_dir: std::env::temp_dir(),
        version: env!("CARGO_PKG_VERSION"),
        binary: std::env::current_exe().ok(),
        now: &now,
        stdout_is_terminal: stdout.is_terminal(),
        stderr_is_terminal: stderr.is_terminal(),
        width: columns.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))),
        variables,
        stdin: &mut stdin,
        stdout: &mut stdout,
        stderr: &mut stderr,
    };
    ExitCode::from(cli::run(std::env::args_os(), &mut env).code())
}
