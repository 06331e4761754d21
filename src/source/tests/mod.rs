//! Each rule of `open` on a real repository, built here.

mod errors;
mod folders;
mod hooks;
mod objects;
mod revisions;
mod work_tree;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;

/// A folder with a repository in it, and nothing around that could leak in.
struct Repo {
    _keep: tempfile::TempDir,
    root: PathBuf,
    home: PathBuf,
}

impl Repo {
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(options: &[&str]) -> Self {
        let repo = Self::empty();
        repo.git(&[&["init", "-q", "-b", "main"][..], options].concat());
        repo
    }

    /// Folders without a repository.
    fn empty() -> Self {
        let keep = tempfile::tempdir().unwrap();
        let base = keep.path().canonicalize().unwrap();
        let (root, home) = (base.join("repo"), base.join("home"));
        fs::create_dir_all(&root).unwrap();
        fs::create_dir_all(home.join("tmp")).unwrap();
        Self { _keep: keep, root, home }
    }

    /// The folder that holds the repository.
    fn outside(&self) -> &Path {
        self.root.parent().unwrap()
    }

    fn variables(&self) -> Vec<(OsString, OsString)> {
        let path = std::env::var_os("PATH").unwrap();
        let home = self.home.clone().into_os_string();
        [("PATH", path), ("HOME", home), ("GIT_CONFIG_NOSYSTEM", "1".into())]
            .map(|(name, value)| (name.into(), value))
            .into()
    }

    fn env(&self) -> GitEnv {
        GitEnv::new(self.variables(), self.home.join("tmp"))
    }

    fn env_and(&self, more: &[(&str, &str)]) -> GitEnv {
        let more = more.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        GitEnv::new(self.variables().into_iter().chain(more), self.home.join("tmp"))
    }

    fn command(&self, at: &Path) -> Command {
        let mut command = Command::new("git");
        command.env_clear().envs(self.variables()).current_dir(at);
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Ann").env(format!("GIT_{role}_EMAIL"), "ann@example.com");
            command.env(format!("GIT_{role}_DATE"), "2025-01-01T00:00:00Z");
        }
        command.args([
            "-c",
            "protocol.file.allow=always",
            "-c",
            "init.defaultBranch=main",
            "-c",
            "advice.graftFileDeprecated=false",
        ]);
        command
    }

    /// Runs git in the repository, which has to work; its output, trimmed.
    fn git(&self, arguments: &[&str]) -> String {
        self.git_at(&self.root, arguments)
    }

    fn git_at(&self, at: &Path, arguments: &[&str]) -> String {
        let output = self.command(at).args(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Commits everything and returns the commit.
    fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn open(&self, head: Head<'_>, base: Option<&str>) -> Result<Comparison, SourceError> {
        self.open_at(&self.root, Path::new("."), head, base)
    }

    fn open_at(&self, cwd: &Path, path: &Path, head: Head<'_>, base: Option<&str>) -> Result<Comparison, SourceError> {
        open(&Request { cwd, path, base, head, read_limit: 1000, env: &self.env() })
    }
}

/// Every file as `path` → its text, or why there is none.
fn shown(tree: &Tree) -> BTreeMap<&str, String> {
    assert!(tree.files.is_sorted_by(|a, b| a.path <= b.path));
    tree.files
        .iter()
        .map(|file| {
            let text = match &file.content {
                Content::Bytes { bytes, digest } => {
                    assert_eq!(*digest, crate::store::Digest::of(bytes));
                    String::from_utf8_lossy(bytes).into_owned()
                }
                Content::NotRead(reason) => format!("{reason:?}"),
            };
            (&*file.path, text)
        })
        .collect()
}

fn paths(tree: &Tree) -> Vec<&str> {
    tree.files.iter().map(|file| &*file.path).collect()
}

fn text(tree: &Tree, path: &str) -> String {
    shown(tree).get(path).unwrap_or_else(|| panic!("no {path} in {:?}", paths(tree))).clone()
}

/// Every file below a folder with its bytes and time of change.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let changed = fs::metadata(&path).unwrap().modified().unwrap();
        if path.is_dir() {
            found.extend(snapshot(&path));
            found.insert(path, (Vec::new(), changed));
        } else {
            found.insert(path.clone(), (fs::read(&path).unwrap(), changed));
        }
    }
    found
}
