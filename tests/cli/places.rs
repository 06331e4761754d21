//! Folders and repositories in temporary places.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use countersign::store::Digest;
use tempfile::TempDir;

/// Where folders of tests stand: in memory where the system has a place for it, since a third of the time of these tests
/// was waiting for a disk; who names a place by `TMPDIR` gets that.
static PLACE: LazyLock<PathBuf> = LazyLock::new(|| in_memory().unwrap_or_else(std::env::temp_dir));

/// The place in memory, if hooks can be run from it. The small one that containers have runs nothing.
fn in_memory() -> Option<PathBuf> {
    let place = Path::new("/dev/shm");
    if !cfg!(unix) || std::env::var_os("TMPDIR").is_some() {
        return None;
    }
    let folder = TempDir::new_in(place).ok()?;
    let script = folder.path().join("script");
    fs::write(&script, "#!/bin/sh\n").ok()?;
    #[cfg(unix)]
    fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).ok()?;
    Command::new(&script).status().ok()?.success().then(|| place.to_owned())
}

/// An empty folder that goes away with the value.
pub(crate) fn scratch() -> TempDir {
    TempDir::new_in(&*PLACE).unwrap()
}

/// A folder that goes away with this value.
pub(crate) struct Folder {
    /// Its path, links resolved.
    pub(crate) path: PathBuf,
    _temporary: TempDir,
}

impl Folder {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        let temporary = scratch();
        let path = fs::canonicalize(temporary.path()).unwrap();
        Self { path, _temporary: temporary }
    }

    /// A folder with files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        Self::new().and(files)
    }

    /// A copy of a folder without the evidence that may lie there.
    pub(crate) fn copy_of(source: &Path) -> Self {
        let copy = Self::new();
        for (path, kind) in contents(source) {
            if kind != "folder" && !path.starts_with(".countersign/evidence") {
                let target = copy.path.join(&path);
                fs::create_dir_all(target.parent().unwrap()).unwrap();
                fs::copy(source.join(&path), target).unwrap();
            }
        }
        copy
    }

    /// Adds files.
    pub(crate) fn and(self, files: &[(&str, &str)]) -> Self {
        files.iter().for_each(|(path, text)| write(&self.path, path, text));
        self
    }
}

/// Writes a file below a folder.
pub(crate) fn write(root: &Path, path: &str, text: &str) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// Every file below a folder with the digest of its bytes.
pub(crate) fn contents(root: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if path.is_dir() {
                all.insert(name, "folder".to_owned());
                open.push(path);
            } else {
                all.insert(name, Digest::of(&fs::read(&path).unwrap()).to_string());
            }
        }
    }
    all
}

/// Who commits unless a test says otherwise: a declared person of [`super::world`].
pub(crate) const COMMITTER: (&str, &str) = ("Nora Lind", "nora.lind@example.com");

/// A git repository whose commits always have the same names.
pub(crate) struct Repository {
    folder: Folder,
}

impl Repository {
    /// A repository whose branch `main` has one commit with these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let repository = Self::unborn();
        repository.write(files).commit("Start");
        repository
    }

    /// A repository without a commit.
    pub(crate) fn unborn() -> Self {
        let repository = Self { folder: Folder::new() };
        repository.git("init --quiet --initial-branch=main");
        repository
    }

    /// The root of the work tree.
    pub(crate) fn path(&self) -> &Path {
        &self.folder.path
    }

    /// Writes files into the work tree.
    pub(crate) fn write(&self, files: &[(&str, &str)]) -> &Self {
        files.iter().for_each(|(path, text)| write(self.path(), path, text));
        self
    }

    /// Commits everything, and returns the commit's name.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.commit_as(message, COMMITTER)
    }

    /// Commits everything in somebody's name.
    pub(crate) fn commit_as(&self, message: &str, (name, email): (&str, &str)) -> String {
        self.git("add --all");
        let identity = [format!("user.name={name}"), format!("user.email={email}")];
        let arguments = ["-c", &identity[0], "-c", &identity[1], "commit", "--quiet", "--message", message];
        git(self.path(), &arguments);
        self.git("rev-parse HEAD")
    }

    /// Commits everything at noon of a day.
    pub(crate) fn commit_on(&self, day: &str, message: &str) -> String {
        self.git("add --all");
        git_on(self.path(), &["commit", "--quiet", "--allow-empty", "--message", message], day);
        self.git("rev-parse HEAD")
    }

    /// Runs git at noon of a day, and returns what it says.
    pub(crate) fn git_on(&self, day: &str, line: &str) -> String {
        git_on(self.path(), &line.split_whitespace().collect::<Vec<_>>(), day)
    }

    /// Runs git, and returns what it says.
    pub(crate) fn git(&self, line: &str) -> String {
        git(self.path(), &line.split_whitespace().collect::<Vec<_>>())
    }

    /// Starts a branch at another.
    pub(crate) fn branch(&self, name: &str, from: &str) -> &Self {
        self.git(&format!("checkout --quiet -b {name} {from}"));
        self
    }
}

/// Runs git in a folder with the test's own surroundings.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    git_on(folder, arguments, "2026-11-20")
}

/// The same at noon of a day.
fn git_on(folder: &Path, arguments: &[&str], day: &str) -> String {
    let when = format!("{day}T12:00:00Z");
    let output = Command::new("git")
        .args(["-c", &format!("user.name={}", COMMITTER.0), "-c", &format!("user.email={}", COMMITTER.1)])
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("LC_ALL", "C")])
        // Without the sample hooks that git would write into every repository.
        .env("GIT_TEMPLATE_DIR", "")
        .envs([("GIT_AUTHOR_DATE", when.as_str()), ("GIT_COMMITTER_DATE", when.as_str())])
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
