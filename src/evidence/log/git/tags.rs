//! Checkpoints in annotated tags: `NAME/SIZE`, whose message is the signed note. A tag is never moved, and a forge can keep
//! everybody from deleting it, so that whoever keeps the log does not reach it.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use super::error::GitError;
use super::import::Committer;
use super::remote::Place;
use super::{Git, GitEnv, discover};
use crate::evidence::log::StorageError;
use crate::store::Digest;

/// What git is told of a reference that holds no commits.
const EMPTY_TREE: &[&str] = &["mktree"];

/// The tags of one name, here or in another repository.
pub(in crate::evidence::log) struct GitTags {
    git: Git,
    name: String,
    committer: Committer,
    remote: Option<Place>,
}

impl GitTags {
    /// The tags below a name, in the repository that `cwd` is in or in a remote one. Nothing is read or written yet.
    ///
    /// # Errors
    /// [`StorageError`]: no repository, or what is no name or remote.
    pub(in crate::evidence::log) fn open(
        cwd: &Path,
        repository: &Path,
        env: &GitEnv,
        name: &str,
        remote: Option<&str>,
        committer: Committer,
    ) -> Result<Self, StorageError> {
        let failed = |error| StorageError::failed(name, error);
        super::check_reference(&format!("refs/tags/{name}")).map_err(failed)?;
        let place = discover(repository, repository, env).map_err(|error| failed(error.into()))?;
        let place = place.ok_or_else(|| failed(GitError::NoRepository { folder: repository.display().to_string() }))?;
        let remote = remote.map(|remote| Place::new(&place.git, cwd, env, remote)).transpose().map_err(failed)?;
        Ok(Self { git: place.git, name: name.to_owned(), committer, remote })
    }

    /// Keeps the note of a tree of some size. One that is there with the same text stays.
    ///
    /// # Errors
    /// [`StorageError`]: a tag of that size says something else, or git could not make or push it.
    pub(in crate::evidence::log) fn keep(&self, size: u64, note: &[u8]) -> Result<(), StorageError> {
        let tag = format!("{}/{size}", self.name);
        self.write(&tag, note).map_err(|error| StorageError::failed(&tag, error))
    }

    fn write(&self, tag: &str, note: &[u8]) -> Result<(), GitError> {
        let reference = format!("refs/tags/{tag}");
        if self.there(tag, note)? {
            return Ok(());
        }
        let target = self.target()?;
        let (id, kind) = &target;
        let mut text = format!("object {id}\ntype {kind}\ntag {tag}\ntagger {}\n\n", self.committer).into_bytes();
        text.extend_from_slice(note);
        let object = self.given(&["mktag"], &text)?;
        let Some(remote) = &self.remote else {
            // Nothing is moved: the reference must not be there yet.
            let none = "0".repeat(object.len());
            return self.done("update-ref", &["update-ref", &reference, &object, &none]);
        };
        let update = format!("{object}:{reference}");
        let output = remote.push(&[&update])?;
        if output.status.success() {
            return Ok(());
        }
        // Somebody may have been first, with the same.
        if self.there(tag, note)? {
            return Ok(());
        }
        let reason = remote.told(&output.stderr);
        Err(GitError::Refused { remote: remote.shown().to_owned(), name: reference, reason })
    }

    /// What a tag is put on: the commit that is checked out, where the tag stays beside it, else a tree without files,
    /// so that no history goes to another repository.
    fn target(&self) -> Result<(String, &'static str), GitError> {
        if self.remote.as_ref().is_none_or(|remote| self.is_configured(remote.name())) {
            let head = self.git.output(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])?;
            let id = String::from_utf8_lossy(&head.stdout).trim().to_owned();
            if head.status.success() && !id.is_empty() {
                return Ok((id, "commit"));
            }
        }
        Ok((self.given(EMPTY_TREE, b"")?, "tree"))
    }

    fn is_configured(&self, name: &str) -> bool {
        let remotes = self.git.stdout(&["remote"]).unwrap_or_default();
        String::from_utf8_lossy(&remotes).lines().any(|own| own == name)
    }

    /// Whether the tag is there with the same text; one that says something else is an error.
    fn there(&self, tag: &str, note: &[u8]) -> Result<bool, GitError> {
        let text = |note: &[u8]| note.split(|byte| *byte == b'\n').take(3).map(<[u8]>::to_vec).collect::<Vec<_>>();
        match self.all()?.into_iter().find(|(own, _)| own == tag) {
            None => Ok(false),
            Some((_, there)) if text(&there) == text(note) => Ok(true),
            Some(_) => Err(GitError::OtherTag { name: tag.to_owned() }),
        }
    }

    /// Every tag's name and message.
    ///
    /// # Errors
    /// [`StorageError`]: the repository does not answer, or a tag is no annotated one.
    pub(in crate::evidence::log) fn read(&self) -> Result<Vec<(String, Vec<u8>)>, StorageError> {
        self.all().map_err(|error| StorageError::failed(&self.name, error))
    }

    fn all(&self) -> Result<Vec<(String, Vec<u8>)>, GitError> {
        let tags = format!("refs/tags/{}/", self.name);
        let folder = match &self.remote {
            None => tags,
            Some(remote) => {
                let digest = Digest::of(format!("{}\n{tags}", remote.name()).as_bytes()).to_string();
                let folder = format!("refs/countersign/anchors/{}/", digest.get(..16).unwrap_or_default());
                remote.fetch(&[&format!("+{tags}*:{folder}*")])?;
                folder
            }
        };
        let listed = self.git.stdout(&["for-each-ref", "--format=%(objecttype) %(objectname) %(refname)", &folder])?;
        let mut found = Vec::new();
        for line in String::from_utf8_lossy(&listed).lines() {
            let mut words = line.splitn(3, ' ');
            let (kind, id, name) = (words.next(), words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let tag = format!("{}/{}", self.name, name.strip_prefix(&folder).unwrap_or(name));
            if kind != Some("tag") {
                return Err(GitError::OtherTag { name: tag });
            }
            let text = self.git.stdout(&["cat-file", "tag", id])?;
            let message = memchr::memmem::find(&text, b"\n\n").and_then(|at| text.get(at + 2..)).unwrap_or_default();
            found.push((tag, message.to_vec()));
        }
        Ok(found)
    }

    /// The answer of a command that reads its standard input.
    fn given(&self, arguments: &[&'static str], input: &[u8]) -> Result<String, GitError> {
        let command = arguments.first().copied().unwrap_or_default();
        let failed = |message: String| GitError::Failed { command, message };
        let mut child = self.git.command(arguments);
        let mut child = child.stdin(Stdio::piped()).spawn().map_err(|error| failed(error.to_string()))?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that ends early says why by its status.
            let _ = stdin.write_all(input);
        }
        let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        } else {
            Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
        }
    }

    fn done(&self, command: &'static str, arguments: &[&str]) -> Result<(), GitError> {
        let output = self.git.output(arguments)?;
        if output.status.success() {
            return Ok(());
        }
        Err(GitError::Failed { command, message: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
    }
}
