//! Rules of users, in the form of gitleaks' TOML files (<https://github.com/gitleaks/gitleaks#configuration>).
//!
//! A rule's regular expressions are read when its file is, so that a mistake has a place; they are compiled when one of
//! the rule's keywords is first met. As in gitleaks `\w`, `\d`, `\s` and `\b` mean ASCII.
//!
//! A rule with keywords is tried around each of them: 1 KiB before to 8 KiB after. One without is tried everywhere.

mod read;

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

pub use read::read;

use super::checks::find;
use super::value::entropy;
use crate::rules::RuleError;

/// How large a compiled expression may become, in bytes. The largest of the published files needs less than half.
const MOST: usize = 256 * 1024 * 1024;

/// How far before a keyword a rule is tried, in bytes.
pub(super) const BEFORE: usize = 1024;

/// How far behind a keyword a rule is tried, in bytes.
pub(super) const BEHIND: usize = 8 * 1024;

/// The rules of a file, and what of it is not heeded.
#[derive(Debug, Default)]
pub struct OwnRules {
    /// The rules.
    pub rules: Vec<ImportedRule>,
    /// What is not heeded, each with its place.
    pub notes: Vec<RuleError>,
}

/// An expression that is compiled when it is first needed.
#[derive(Debug)]
pub(super) struct Lazy {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Lazy {
    fn new(text: String) -> Self {
        Self { text, compiled: OnceLock::new() }
    }

    /// The expression; `None` where it becomes too large.
    pub(super) fn get(&self) -> Option<&Regex> {
        let build = |unicode| {
            RegexBuilder::new(&self.text).unicode(unicode).size_limit(MOST).dfa_size_limit(2 * 1024 * 1024).build().ok()
        };
        // Signs beyond ASCII in a class need Unicode.
        self.compiled.get_or_init(|| build(false).or_else(|| build(true))).as_ref()
    }

    fn matches(&self, text: &[u8]) -> bool {
        self.get().is_some_and(|own| own.is_match(text))
    }
}

/// What an allow-list's expressions are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Secret,
    Match,
    Line,
}

/// What is not reported although a rule finds it.
#[derive(Debug)]
struct AllowList {
    /// Whether all of its parts must hold, or one.
    all: bool,
    /// Whether it names commits, which are not known here.
    commits: bool,
    paths: Vec<Lazy>,
    regexes: Vec<Lazy>,
    target: Target,
    stopwords: Vec<String>,
    /// The rules that it is for; empty for all.
    rules: Vec<String>,
}

/// One rule of a user's file.
#[derive(Debug)]
pub struct ImportedRule {
    id: String,
    pub(super) kind: std::sync::Arc<str>,
    regex: Option<Lazy>,
    path: Option<Lazy>,
    group: Option<usize>,
    entropy: Option<f64>,
    pub(super) keywords: Vec<String>,
    allow: Vec<std::sync::Arc<AllowList>>,
}

/// Something that a rule finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) allowed: bool,
}

impl ImportedRule {
    /// Its id in the file.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it is about files of this path.
    pub(super) fn is_for(&self, path: &str) -> bool {
        // A list that allows the path whatever stands there spares the search.
        let spared = self.allow.iter().any(|own| !own.all && own.paths.iter().any(|one| one.matches(path.as_bytes())));
        !spared && self.path.as_ref().is_none_or(|own| own.matches(path.as_bytes()))
    }

    /// Whether the path alone is what it finds.
    pub(super) fn is_path_alone(&self) -> bool {
        self.regex.is_none()
    }

    /// Whether its expression was compiled and became too large.
    pub(super) fn failed(&self) -> bool {
        self.regex.as_ref().is_some_and(|own| matches!(own.compiled.get(), Some(None)))
    }

    /// What it finds in a window of a page.
    pub(super) fn find(&self, path: &str, bytes: &[u8], window: std::ops::Range<usize>, found: &mut Vec<Found>) {
        let Some(regex) = self.regex.as_ref().and_then(Lazy::get) else { return };
        let Some(text) = bytes.get(window.clone()) else { return };
        for own in regex.captures_iter(text) {
            let Some(whole) = own.get(0) else { continue };
            let group = match self.group {
                Some(group) => own.get(group),
                None => own.iter().skip(1).flatten().find(|group| !group.is_empty()),
            };
            let secret = group.unwrap_or(whole);
            let (start, end) = (window.start + secret.start(), window.start + secret.end());
            if self.entropy.is_some_and(|least| entropy(secret.as_bytes()) <= least) {
                continue;
            }
            let line = line(bytes, window.start + whole.start(), window.start + whole.end());
            let allowed = self.allow.iter().any(|list| list.holds(path, secret.as_bytes(), whole.as_bytes(), line));
            found.push(Found { start, end, allowed });
        }
    }
}

impl AllowList {
    fn holds(&self, path: &str, secret: &[u8], whole: &[u8], line: &[u8]) -> bool {
        let target = match self.target {
            Target::Secret => secret,
            Target::Match => whole,
            Target::Line => line,
        };
        let lower = secret.to_ascii_lowercase();
        let parts = [
            (!self.paths.is_empty()).then(|| self.paths.iter().any(|own| own.matches(path.as_bytes()))),
            (!self.regexes.is_empty()).then(|| self.regexes.iter().any(|own| own.matches(target))),
            (!self.stopwords.is_empty()).then(|| self.stopwords.iter().any(|own| find(&lower, own.as_bytes()))),
            self.commits.then_some(false),
        ];
        let mut said = parts.iter().flatten().peekable();
        if self.all { said.peek().is_some() && said.all(|holds| *holds) } else { said.any(|holds| *holds) }
    }
}

/// The line or lines that a match stands in.
fn line(bytes: &[u8], start: usize, end: usize) -> &[u8] {
    let from = bytes.get(..start).and_then(|before| memchr::memrchr(b'\n', before)).map_or(0, |at| at + 1);
    let to = bytes.get(end..).and_then(|rest| memchr::memchr(b'\n', rest)).map_or(bytes.len(), |at| end + at);
    bytes.get(from.max(start.saturating_sub(4096))..to.min(end + 4096)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
