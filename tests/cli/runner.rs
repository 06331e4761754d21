//! Runs one invocation with surroundings that are made up.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use countersign::cli::{self, Env, Exit};
use serde_json::Value;

use super::places::scratch;

/// The instant at which every test plays: 2026-11-21T00:00:00Z.
pub(crate) const NOW: i64 = 1_795_219_200;

/// An invocation to be.
pub(crate) struct Run {
    cwd: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    now: i64,
    terminal: Option<usize>,
    stderr_is_terminal: bool,
    closed: bool,
    binary: Option<PathBuf>,
    version: &'static str,
}

/// Starts an invocation in a folder: `countersign("check --base main", &folder)`.
pub(crate) fn countersign(line: &str, cwd: &Path) -> Run {
    let words = std::iter::once("countersign").chain(line.split_whitespace());
    Run {
        cwd: cwd.to_owned(),
        arguments: words.map(OsString::from).collect(),
        variables: Vec::new(),
        now: NOW,
        terminal: None,
        stderr_is_terminal: false,
        closed: false,
        binary: None,
        version: env!("CARGO_PKG_VERSION"),
    }
}

/// Checks a folder and returns what came of it.
pub(crate) fn check(line: &str, cwd: &Path) -> Ran {
    countersign(&format!("check {line}"), cwd).run()
}

impl Run {
    /// Adds arguments that may hold spaces.
    pub(crate) fn with<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable.
    pub(crate) fn var(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Sets the clock.
    pub(crate) fn at(mut self, now: i64) -> Self {
        self.now = now;
        self
    }

    /// Makes standard output a terminal.
    pub(crate) fn on_a_terminal(mut self, width: usize) -> Self {
        self.terminal = Some(width);
        self
    }

    /// Makes standard error a terminal.
    pub(crate) fn complaining_to_a_terminal(mut self) -> Self {
        self.stderr_is_terminal = true;
        self
    }

    /// Lets it be another version of the program.
    pub(crate) fn of_version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    /// Lets the reader of standard output go away at once.
    pub(crate) fn with_a_closed_reader(mut self) -> Self {
        self.closed = true;
        self
    }

    /// Says which binary is running, so that it can be started again.
    pub(crate) fn with_its_binary(mut self) -> Self {
        self.binary = Some(binary());
        self
    }

    /// Runs it as the program that people start: a process of its own, with nothing of this one's environment. The clock
    /// is the machine's, so give an instant with `--as-of`.
    pub(crate) fn run_the_binary(self) -> Ran {
        let home = scratch();
        let output = Command::new(binary())
            .args(&self.arguments[1..])
            .current_dir(&self.cwd)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs([("HOME", home.path()), ("TMPDIR", home.path())])
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(self.variables)
            .output()
            .unwrap();
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "something stays behind");
        let code = output.status.code().unwrap_or_else(|| panic!("it ended with {}", output.status));
        let exit = Exit::ALL.into_iter().find(|exit| i32::from(exit.code()) == code);
        Ran {
            exit: exit.unwrap_or_else(|| panic!("{code}: {}", String::from_utf8_lossy(&output.stderr))),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs it.
    pub(crate) fn run(self) -> Ran {
        let home = scratch();
        let temp = scratch();
        let mut variables = vec![
            (OsString::from("PATH"), std::env::var_os("PATH").unwrap_or_default()),
            (OsString::from("HOME"), home.path().into()),
            (OsString::from("GIT_CONFIG_NOSYSTEM"), "1".into()),
        ];
        variables.extend(self.variables);
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut gone = Gone;
        let now = self.now;
        let now = || now;
        let exit = {
            let mut env = Env {
                cwd: self.cwd,
                variables,
                temp_dir: temp.path().to_owned(),
                version: self.version,
                binary: self.binary,
                now: &now,
                stdin: &mut io::empty(),
                stdout: if self.closed { &mut gone } else { &mut stdout },
                stderr: &mut stderr,
                stdout_is_terminal: self.terminal.is_some(),
                stderr_is_terminal: self.stderr_is_terminal,
                width: self.terminal,
            };
            cli::run(self.arguments, &mut env)
        };
        assert_eq!(
            std::fs::read_dir(temp.path()).unwrap().count(),
            0,
            "something stays behind in the temporary folder"
        );
        Ran { exit, stdout: String::from_utf8(stdout).unwrap(), stderr: String::from_utf8(stderr).unwrap() }
    }
}

/// The binary that was built with these tests.
pub(crate) fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_countersign"))
}

/// A reader who stopped reading.
struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

/// What came of an invocation.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) exit: Exit,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Holds the exit status.
    #[track_caller]
    pub(crate) fn exits(self, exit: Exit) -> Self {
        assert_eq!(self.exit, exit, "\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Holds that standard output has a text; breaks of lines count as spaces.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(flowing(&self.stdout).contains(text), "`{text}` is not in standard output:\n{}", self.stdout);
        self
    }

    /// Holds that standard error has a text; breaks of lines count as spaces.
    #[track_caller]
    pub(crate) fn complains(self, text: &str) -> Self {
        assert!(flowing(&self.stderr).contains(text), "`{text}` is not in standard error:\n{}", self.stderr);
        self
    }

    /// Holds that standard error is empty.
    #[track_caller]
    pub(crate) fn without_complaint(self) -> Self {
        assert_eq!(self.stderr, "");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}:\n{}\n{}", self.stdout, self.stderr))
    }
}

/// A text as if it had no breaks: words with one space between them, the bars of source and errors left out.
pub(crate) fn flowing(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| !matches!(*word, "│" | "·" | "╰─▶" | "╰─┤"));
    words.collect::<Vec<_>>().join(" ")
}

/// The findings of a JSON report as `STATE POLICY SUBJECT`, with `!` behind those that block; implied ones left out.
pub(crate) fn findings(report: &Value) -> Vec<String> {
    let mut all: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding.get("under").is_none())
        .map(|finding| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let blocks = if finding["decision"]["blocks"] == true { "!" } else { "" };
            let subject = text(&finding["subject"]["id"]);
            format!("{} {} {subject}{blocks}", text(&finding["state"]), text(&finding["policy"]))
        })
        .collect();
    all.sort();
    all
}

/// Takes a file from everybody but its owner, as a private key's has to be.
pub(crate) fn restrict(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = path;
}
