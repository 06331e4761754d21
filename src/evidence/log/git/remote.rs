//! Another repository: reached as git reaches it. One that holds the log is fetched from, and pushed to where it did not change meanwhile.

use std::path::Path;
use std::process::Output;

use super::error::GitError;
use crate::source::{Git, GitEnv};
use crate::store::Digest;

/// What git is told besides, so that a user's settings change nothing but how the remote is reached.
const SETTINGS: &[&str] = &[
    "-c",
    "gc.auto=0",
    "-c",
    "maintenance.auto=false",
    "-c",
    "fetch.writeCommitGraph=false",
    "-c",
    "fetch.fsckObjects=true",
    "-c",
    "push.pushOption=",
];

/// The transports that may be used: `ext::` runs any command.
const TRANSPORTS: &str = "file:git:http:https:ssh";

/// The reasons for which a remote, or git in its stead, refuses a push because another one was first.
const FIRST: &[&str] = &[
    "stale info",
    "fetch first",
    "non-fast-forward",
    "failed to update ref",
    "cannot lock ref",
    "incorrect old value provided",
    "reference already exists",
];

/// What git says of a fetch that met another one of the same clone.
const BESIDE: &[&str] = &["but expected", "reference already exists"];

/// How often a fetch that met another one is made.
const FETCHES: usize = 32;

/// Another repository.
pub(super) struct Place {
    git: Git,
    name: String,
    place: String,
    /// The place without a password.
    shown: String,
}

impl Place {
    /// The repository that `name` names, with paths relative to `cwd`.
    pub(super) fn new(git: &Git, cwd: &Path, env: &GitEnv, name: &str) -> Result<Self, GitError> {
        let strange = name.is_empty() || name.starts_with('-') || name.chars().any(char::is_control);
        if strange || name.contains("::") {
            return Err(GitError::Remote { name: shown(name) });
        }
        let git =
            env.network().into_iter().fold(git.clone(), |git, (name, value)| git.with(&name.to_string_lossy(), value));
        let git = git.with("GIT_ALLOW_PROTOCOL", TRANSPORTS);
        // As git tells them apart: `HOST:PATH` has its colon before any slash.
        let path = name.find('/').is_some_and(|slash| !name.get(..slash).is_some_and(|start| start.contains(':')));
        let place = if path { cwd.join(name).to_string_lossy().into_owned() } else { name.to_owned() };
        Ok(Self { git, name: name.to_owned(), shown: shown(&place), place })
    }

    /// As it was written.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Without a password.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Fetches references, each as `FROM:TO`.
    pub(super) fn fetch(&self, wanted: &[&str]) -> Result<(), GitError> {
        let output = self.fetched(wanted)?;
        if output.status.success() {
            return Ok(());
        }
        Err(GitError::Unreachable { remote: self.shown.clone(), message: self.told(&output.stderr) })
    }

    fn fetched(&self, wanted: &[&str]) -> Result<Output, GitError> {
        let mut arguments = SETTINGS.to_vec();
        arguments.extend(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"]);
        arguments.extend(["--no-prune", "--refmap=", "--", &self.place]);
        arguments.extend(wanted);
        Ok(self.git.output(&arguments)?)
    }

    /// Pushes as these options and updates say.
    pub(super) fn push(&self, updates: &[&str]) -> Result<Output, GitError> {
        self.pushed(&[], updates)
    }

    fn pushed(&self, options: &[&str], updates: &[&str]) -> Result<Output, GitError> {
        let mut arguments = SETTINGS.to_vec();
        arguments.extend(["push", "--porcelain", "--no-verify", "--no-signed", "--no-follow-tags"]);
        arguments.push("--recurse-submodules=no");
        arguments.extend(options);
        arguments.extend(["--", &self.place]);
        arguments.extend(updates);
        Ok(self.git.output(&arguments)?)
    }

    /// What git wrote, without passwords.
    pub(super) fn told(&self, stderr: &[u8]) -> String {
        String::from_utf8_lossy(stderr).trim().replace(&self.place, &self.shown)
    }
}

/// The reference of a log in another repository.
pub(super) struct Remote {
    place: Place,
    reference: String,
    /// Where the reference is put when it is fetched.
    pub(super) fetched: String,
    /// Where a commit is made that is to be pushed. Ours alone, and one process at a time.
    pub(super) sent: String,
}

/// How a push ended.
pub(super) enum Pushed {
    /// The remote has the commit.
    Done,
    /// Another one was first.
    Late,
    /// The remote did not say.
    Unknown(GitError),
}

impl Remote {
    /// The remote that `name` names, with paths relative to `cwd`.
    pub(super) fn new(git: &Git, cwd: &Path, env: &GitEnv, name: &str, reference: &str) -> Result<Self, GitError> {
        let place = Place::new(git, cwd, env, name)?;
        let digest = Digest::of(format!("{}\n{reference}", place.place).as_bytes()).to_string();
        let folder = format!("refs/countersign/remote/{}", digest.get(..16).unwrap_or_default());
        Ok(Self {
            place,
            reference: reference.to_owned(),
            fetched: format!("{folder}/fetched"),
            sent: format!("{folder}/sent"),
        })
    }

    /// Fetches the reference. Whether the remote has it.
    ///
    /// All processes of a clone fetch into the same reference, and git refuses those that come at once but for one.
    /// Whoever is refused fetches again: somebody else has just got on.
    pub(super) fn fetch(&self) -> Result<bool, GitError> {
        let wanted = format!("+{}:{}", self.reference, self.fetched);
        let mut message = String::new();
        for _ in 0..FETCHES {
            let output = self.place.fetched(&[&wanted])?;
            if output.status.success() {
                return Ok(true);
            }
            message = self.place.told(&output.stderr);
            if message.contains("couldn't find remote ref") {
                return Ok(false);
            }
            if !BESIDE.iter().any(|beside| message.contains(beside)) {
                break;
            }
        }
        Err(GitError::Unreachable { remote: self.place.shown.clone(), message })
    }

    /// Pushes a commit where the remote still has `old`.
    pub(super) fn push(&self, commit: &str, old: Option<&str>) -> Result<Pushed, GitError> {
        let lease = format!("--force-with-lease={}:{}", self.reference, old.unwrap_or_default());
        let update = format!("{commit}:{}", self.reference);
        let output = self.place.pushed(&[&lease], &[&update])?;
        if output.status.success() {
            return Ok(Pushed::Done);
        }
        let told = self.place.told(&output.stderr);
        // `FLAG\tFROM:TO\tSUMMARY`, where `!` is what was refused.
        let answer = String::from_utf8_lossy(&output.stdout);
        let refused = answer.lines().find_map(|line| line.strip_prefix("!\t")?.split_once('\t').map(|(_, why)| why));
        match refused {
            Some(why) if FIRST.iter().any(|first| why.contains(first)) => Ok(Pushed::Late),
            Some(why) => {
                // What the remote's hooks said.
                let said: Vec<&str> = told.lines().filter_map(|line| line.strip_prefix("remote: ")).collect();
                let reason = std::iter::once(why).chain(said.iter().map(|line| line.trim())).collect::<Vec<_>>();
                let (remote, name) = (self.place.shown.clone(), self.reference.clone());
                Err(GitError::Refused { remote, name, reason: reason.join(" ") })
            }
            None => Ok(Pushed::Unknown(GitError::Unreachable { remote: self.place.shown.clone(), message: told })),
        }
    }

    /// Whether the history of a commit has another one.
    pub(super) fn has(&self, commit: &str, ancestor: &str) -> Result<bool, GitError> {
        Ok(self.place.git.output(&["merge-base", "--is-ancestor", ancestor, commit])?.status.success())
    }
}

/// A URL without what stands before its host.
fn shown(place: &str) -> String {
    let Some((scheme, rest)) = place.split_once("://") else { return place.to_owned() };
    let (host, path) = rest.split_once('/').map_or((rest, None), |(host, path)| (host, Some(path)));
    match host.rsplit_once('@') {
        None => place.to_owned(),
        Some((_, host)) => {
            let path = path.map(|path| format!("/{path}")).unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn passwords_are_not_shown() {
        for (place, expected) in [
            ("https://me:secret@example.com/a/b@c", "https://example.com/a/b@c"),
            ("https://example.com", "https://example.com"),
            ("ssh://git@example.com", "ssh://example.com"),
            ("git@example.com:a/b", "git@example.com:a/b"),
            ("../other", "../other"),
        ] {
            assert_eq!(super::shown(place), expected);
        }
    }
}
