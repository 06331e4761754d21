//! What a command may know of its surroundings. `main` gathers it once; nothing else asks the process.

use std::ffi::OsString;
use std::io::{BufRead, Write};
use std::path::PathBuf;

use crate::source::GitEnv;

/// The surroundings of one invocation.
pub struct Env<'a> {
    /// The current folder; absolute.
    pub cwd: PathBuf,
    /// Environment variables.
    pub variables: Vec<(OsString, OsString)>,
    /// Where temporary folders may be made.
    pub temp_dir: PathBuf,
    /// The version of this binary.
    pub version: &'a str,
    /// The running binary, if the system says.
    pub binary: Option<PathBuf>,
    /// The clock, in epoch seconds.
    pub now: &'a dyn Fn() -> i64,
    /// Standard input; only the process that evaluates policies apart and the editor server read it.
    pub stdin: &'a mut (dyn BufRead + Send),
    /// Standard output.
    pub stdout: &'a mut dyn Write,
    /// Standard error.
    pub stderr: &'a mut dyn Write,
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub stderr_is_terminal: bool,
    /// The terminal's width in columns, if it has one.
    pub width: Option<usize>,
}

impl Env<'_> {
    /// A variable that is set and not empty, as text.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<String> {
        self.variables
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.to_string_lossy().into_owned())
    }

    /// What git may know.
    #[must_use]
    pub fn git(&self) -> GitEnv {
        GitEnv::new(self.variables.iter().cloned(), self.temp_dir.clone())
    }

    /// Whether something shown on a stream is coloured: `NO_COLOR` and `CLICOLOR_FORCE` are honoured
    /// (<https://no-color.org>, <https://bixense.com/clicolors>), else terminals are.
    #[must_use]
    pub fn colour(&self, terminal: bool) -> bool {
        if self.var("NO_COLOR").is_some() {
            return false;
        }
        if self.var("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
            return true;
        }
        terminal && self.var("TERM").as_deref() != Some("dumb") && self.var("CLICOLOR").as_deref() != Some("0")
    }

    /// Whether the locale says that text is UTF-8. Without a locale it is taken to be.
    #[must_use]
    pub fn unicode(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| self.var(name));
        locale.is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8") || (locale != "c" && locale != "posix")
        })
    }

    /// Whether the terminal is known to show hyperlinks.
    #[must_use]
    pub fn hyperlinks(&self, terminal: bool) -> bool {
        if !terminal || !self.colour(terminal) || self.var("CI").is_some() {
            return false;
        }
        let program = self.var("TERM_PROGRAM").unwrap_or_default();
        ["iTerm.app", "WezTerm", "vscode", "ghostty"].contains(&program.as_str())
            || self.var("VTE_VERSION").is_some_and(|version| version.parse::<u32>().is_ok_and(|v| v >= 5000))
            || self.var("KITTY_WINDOW_ID").is_some()
    }

    /// The CI run, by plain names, where a CI is recognised.
    #[must_use]
    pub fn ci(&self) -> std::collections::BTreeMap<&'static str, String> {
        let mut ci = std::collections::BTreeMap::new();
        let mut set = |name: &'static str, value: Option<String>| {
            if let Some(value) = value {
                ci.insert(name, value);
            }
        };
        if self.var("GITHUB_ACTIONS").as_deref() == Some("true") {
            set("provider", Some("github".to_owned()));
            let run = (self.var("GITHUB_SERVER_URL"), self.var("GITHUB_REPOSITORY"), self.var("GITHUB_RUN_ID"));
            if let (Some(server), Some(repository), Some(run)) = run {
                set("runUri", Some(format!("{server}/{repository}/actions/runs/{run}")));
            }
            set("actor", self.var("GITHUB_ACTOR"));
            set("triggeringActor", self.var("GITHUB_TRIGGERING_ACTOR"));
        } else if self.var("GITLAB_CI").as_deref() == Some("true") {
            set("provider", Some("gitlab".to_owned()));
            set("runUri", self.var("CI_JOB_URL"));
            set("actor", self.var("GITLAB_USER_LOGIN"));
        }
        ci
    }
}
