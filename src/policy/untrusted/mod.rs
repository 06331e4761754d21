//! Policies that nobody has accepted yet, such as those of a change.
//!
//! A policy is a program, and one that a stranger proposes may loop, eat memory, print without end or crash the engine.
//! So it is compiled and asked in a child process: the same binary under a hidden command, with an empty environment,
//! no files and limits of its own ([`serve`]). The parent ([`Session`]) kills it at a deadline and reads no more than a
//! given number of bytes. Whatever goes wrong is an outcome with a reason ([`NotEvaluated`]), never a hang and never
//! the end of the run.
//!
//! Both talk in lines of JSON: a job and then one document a line; an answer a line in the same order.

mod child;
mod parent;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use child::serve;
pub use parent::Session;

use super::engine::RawFinding;
use crate::rules::RuleFile;

/// The hidden command under which the binary serves.
pub const COMMAND: &str = "evaluate-policies";

/// Where policies are asked that nobody has accepted yet.
#[derive(Debug, Clone, Default)]
pub enum Isolation {
    /// Nowhere: they are not evaluated, and that is said.
    #[default]
    Nowhere,
    /// In a child process.
    Child(Child),
    /// In this process, by the same code; for tests whose policies are known to behave.
    #[cfg(test)]
    InProcess,
}

/// A child process to be.
#[derive(Debug, Clone)]
pub struct Child {
    /// The binary that serves: this one.
    pub binary: PathBuf,
    /// What it may use.
    pub limits: Limits,
}

/// What asking one policy may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long one session may be waited for in all.
    pub deadline: Duration,
    /// How many bytes of answers are read.
    pub output: u64,
    /// How many bytes of memory the child may use.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(10), output: 256 * 1024 * 1024, memory: 1024 * 1024 * 1024 }
    }
}

impl Isolation {
    /// A child process of a binary with the default limits; nowhere when the binary is not known.
    #[must_use]
    pub fn of(binary: Option<PathBuf>) -> Self {
        binary.map_or(Self::Nowhere, |binary| Self::Child(Child { binary, limits: Limits::default() }))
    }
}

/// What a child is asked to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Job {
    /// All policies of the repository: one may read what another defines.
    policies: Vec<JobFile>,
    /// The path of the one to ask.
    ask: String,
    /// Data that policies may read.
    data: serde_json::Value,
    /// How many bytes of memory may be used.
    memory: u64,
    /// How many seconds of processor time.
    seconds: u64,
}

/// A policy as it is sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JobFile {
    path: String,
    text: String,
}

impl Job {
    fn new(files: &[RuleFile], ask: &str, data: &serde_json::Value, limits: Limits) -> Self {
        Self {
            policies: files
                .iter()
                .map(|file| JobFile {
                    path: file.path.to_string(),
                    text: String::from_utf8_lossy(&file.bytes).into_owned(),
                })
                .collect(),
            ask: ask.to_owned(),
            data: data.clone(),
            memory: limits.memory,
            seconds: limits.deadline.as_secs().saturating_add(2),
        }
    }
}

/// The first line of a child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Loaded {
    /// The policies are loaded.
    Ready,
    /// They do not load.
    Refused(String),
}

/// What a policy says of one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Its findings, none or more.
    Findings(Vec<RawFinding>),
    /// It failed on this one.
    Failed(String),
}

/// Why a policy was not evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotEvaluated {
    /// There is no binary to start.
    NoBinary,
    /// The child could not be started.
    NotStarted(String),
    /// The policy does not load.
    Refused(String),
    /// It was not done at the deadline.
    Late(Duration),
    /// It wrote more than is read.
    TooMuch(u64),
    /// The child ended: out of memory, out of stack, a crash.
    Ended,
    /// It answered with something else than was asked for.
    NotUnderstood,
    /// It was not tried, since too many others were late.
    Skipped,
}

impl fmt::Display for NotEvaluated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBinary => f.write_str("there is no binary at hand to evaluate it apart from this process"),
            Self::NotStarted(why) => write!(f, "the process for it could not be started: {why}"),
            Self::Refused(why) => write!(f, "it does not load: {why}"),
            Self::Late(after) => write!(f, "it was not done after {} ms", after.as_millis()),
            Self::TooMuch(bytes) => write!(f, "it answered with more than {bytes} bytes"),
            Self::Ended => f.write_str("its process ended early: out of memory, out of stack, or a crash"),
            Self::Skipped => f.write_str("it was not tried: too many policies before it were not done in time"),
            Self::NotUnderstood => f.write_str("its process answered with something that was not asked for"),
        }
    }
}

#[cfg(test)]
mod tests;
