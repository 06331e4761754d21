//! Git as a subprocess: found, shielded from its surroundings, asked plumbing questions.
//!
//! The program runs with a cleared environment, and with settings that keep it from executing, fetching or rewriting
//! anything on behalf of the repository that is judged.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::SourceError;

/// The variables that are passed on when they are set. Nothing else of the surroundings reaches git.
const PASSED: &[&str] = &[
    "PATH",
    "HOME",
    "XDG_CONFIG_HOME",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_EXEC_PATH",
    // Windows does not start programs without these.
    "SYSTEMROOT",
    "USERPROFILE",
];

/// Variables that speak of one repository: git sets them for its hooks.
const OF_ONE_REPOSITORY: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_SHALLOW_FILE",
];

/// Variables that name who commits: git sets them for its hooks. They are read here and not passed on.
const IDENTITY: &[&str] = &["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"];

/// Variables with which git reaches other repositories. Nothing that judges is given them.
const NETWORK: &[&str] = &[
    "SSH_AUTH_SOCK",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_ASKPASS",
    "SSH_ASKPASS",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
];

/// Always set. Lazy fetching, replace references, grafts, prompts and locks would each change what is read or write.
const FIXED: &[(&str, &str)] = &[
    ("LC_ALL", "C"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_GRAFT_FILE", "/dev/null"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_LITERAL_PATHSPECS", "1"),
    ("GIT_ATTR_NOSYSTEM", "1"),
];

/// Settings that win over every configuration file.
const SETTINGS: &[&str] = &[
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    // Its warning is how two references of one name are noticed.
    "core.warnAmbiguousRefs=true",
    "protocol.allow=never",
    // The file without grafts would earn a hint.
    "advice.graftFileDeprecated=false",
    "i18n.logOutputEncoding=UTF-8",
    "trailer.separators=:",
];

/// What git may know of its surroundings. The caller gathers it; nothing here reads the process's environment.
#[derive(Debug, Clone, Default)]
pub struct GitEnv {
    variables: Vec<(OsString, OsString)>,
    temp_dir: PathBuf,
}

impl GitEnv {
    /// Keeps the variables that matter to git and drops the others, so that a whole environment can be given.
    ///
    /// `temp_dir` is where the objects of a predicted merge are written and removed again.
    #[must_use]
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>, temp_dir: impl Into<PathBuf>) -> Self {
        let known = |name: &OsStr| {
            name.to_str().is_some_and(|name| {
                [PASSED, OF_ONE_REPOSITORY, IDENTITY, NETWORK].iter().any(|set| set.contains(&name))
            })
        };
        let mut variables: Vec<_> = variables.into_iter().filter(|(name, _)| known(name)).collect();
        variables.sort();
        Self { variables, temp_dir: temp_dir.into() }
    }

    /// The folder for the objects of a predicted merge.
    pub(crate) fn temp_dir(&self) -> &Path {
        &self.temp_dir
    }

    /// The variables with which git reaches other repositories.
    pub(crate) fn network(&self) -> Vec<(OsString, OsString)> {
        self.passed(NETWORK)
    }

    /// A variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_os_str())
    }

    /// The git program. Relative parts of PATH are skipped: they would let the folder that is judged supply it.
    pub(super) fn program(&self) -> Option<PathBuf> {
        let (separator, name) = if cfg!(windows) { (b';', "git.exe") } else { (b':', "git") };
        let path = self.get("PATH").unwrap_or(OsStr::new("/usr/local/bin:/usr/bin:/bin"));
        path.as_encoded_bytes()
            .split(|byte| *byte == separator)
            .filter_map(path_from_bytes)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(name))
            .find(|file| is_program(file))
    }

    fn passed(&self, names: &[&str]) -> Vec<(OsString, OsString)> {
        self.variables.iter().filter(|(name, _)| names.iter().any(|passed| name == passed)).cloned().collect()
    }
}

fn is_program(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|found| {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            found.is_file() && found.permissions().mode() & 0o111 != 0
        }
        #[cfg(not(unix))]
        found.is_file()
    })
}

/// A path as the operating system spells it; nothing where these bytes cannot be one.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "other systems refuse some bytes")]
pub(super) fn path_from_bytes(bytes: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    Some(PathBuf::from(OsStr::from_bytes(bytes)))
}

/// A path as the operating system spells it; nothing where these bytes cannot be one.
#[cfg(not(unix))]
pub(super) fn path_from_bytes(bytes: &[u8]) -> Option<PathBuf> {
    std::str::from_utf8(bytes).ok().map(PathBuf::from)
}

/// The git program, ready to run in one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Git {
    program: PathBuf,
    folder: PathBuf,
    variables: Vec<(OsString, OsString)>,
}

impl Git {
    fn new(program: PathBuf, folder: &Path, variables: Vec<(OsString, OsString)>) -> Self {
        Self { program, folder: folder.to_owned(), variables }
    }

    /// The same in another folder, without variables that speak of one repository.
    pub(super) fn elsewhere(mut self, folder: &Path) -> Self {
        self.variables.retain(|(name, _)| OF_ONE_REPOSITORY.iter().all(|known| name != known));
        self.folder = folder.to_owned();
        self
    }

    /// The same with a variable more.
    pub(crate) fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.into(), value.into()));
        self
    }

    /// A command with nothing on its standard input and both outputs piped.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.folder).env_clear();
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.envs(FIXED.iter().copied());
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs to the end, whatever the exit status.
    pub(crate) fn output<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Output, SourceError> {
        self.command(arguments).output().map_err(|error| cannot_run(arguments, &error))
    }

    /// The standard output of a command that has to succeed.
    pub(crate) fn stdout<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Vec<u8>, SourceError> {
        let output = self.output(arguments)?;
        if output.status.success() { Ok(output.stdout) } else { Err(failed(arguments, &output.stderr)) }
    }

    /// The lines of a command that has to succeed and to answer in UTF-8.
    pub(super) fn lines<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Vec<String>, SourceError> {
        let text = String::from_utf8(self.stdout(arguments)?).map_err(|_| not_understood(arguments))?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Checks for the git that can merge without a work tree.
    ///
    /// # Errors
    /// [`SourceError::GitTooOld`] below 2.38.
    pub(super) fn require_merge_tree(&self) -> Result<(), SourceError> {
        let lines = self.lines(&["version"])?;
        let found = lines.first().map_or("", String::as_str);
        match version(found) {
            Some(version) if version >= (2, 38) => Ok(()),
            Some(_) => Err(SourceError::GitTooOld {
                found: found.to_owned(),
                purpose: "predicting a merge (`git merge-tree --write-tree`)",
            }),
            None => Err(not_understood(&["version"])),
        }
    }
}

/// The first two numbers of `git version 2.47.3 (…)`.
pub(super) fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix("git version ")?.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Arguments as a person would type them, for messages.
fn shown<A: AsRef<OsStr>>(arguments: &[A]) -> String {
    arguments.iter().map(|argument| argument.as_ref().to_string_lossy()).collect::<Vec<_>>().join(" ")
}

pub(super) fn cannot_run<A: AsRef<OsStr>>(arguments: &[A], error: &std::io::Error) -> SourceError {
    match error.kind() {
        std::io::ErrorKind::NotFound => SourceError::GitMissing,
        _ => SourceError::GitFailed { command: shown(arguments), message: error.to_string() },
    }
}

pub(super) fn not_understood<A: AsRef<OsStr>>(arguments: &[A]) -> SourceError {
    SourceError::GitOutput { command: shown(arguments) }
}

/// What a failure means, by what git wrote about it in the C locale.
pub(super) fn failed<A: AsRef<OsStr>>(arguments: &[A], stderr: &[u8]) -> SourceError {
    let message = String::from_utf8_lossy(stderr).trim().to_owned();
    if let Some((_, rest)) = message.split_once("detected dubious ownership in repository at '") {
        let path = rest.split_once('\'').map_or(rest, |(path, _)| path);
        return SourceError::DubiousOwnership { path: PathBuf::from(path) };
    }
    let lacks =
        ["not a tree object", "unable to read tree", "promisor", "lazy fetching disabled", "unable to read sha1"];
    if lacks.iter().any(|text| message.contains(text)) {
        return SourceError::MissingObjects { wanted: vec![message], count: 1 };
    }
    SourceError::GitFailed { command: shown(arguments), message }
}

/// A repository, as seen from one folder.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Git, running at the root of the work tree (without one: in the folder that was asked about).
    pub(crate) git: Git,
    /// The root of the work tree, if there is one.
    pub(crate) root: Option<PathBuf>,
    /// The folder that all linked work trees share.
    pub(crate) common_dir: PathBuf,
    /// Where objects are written.
    pub(super) objects: PathBuf,
    /// Where it is written down at which commits history is cut off.
    pub(super) shallow_file: PathBuf,
    /// Whether history is cut off.
    pub(super) shallow: bool,
    /// Whether object names are SHA-256.
    pub(crate) sha256: bool,
    git_dir: PathBuf,
}

impl Place {
    /// The name of the tree without entries.
    pub(super) fn empty_tree(&self) -> &'static str {
        if self.sha256 {
            "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
        } else {
            "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
        }
    }

    /// The name of the blob without bytes.
    pub(super) fn empty_blob(&self) -> &'static str {
        if self.sha256 {
            "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"
        } else {
            "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
        }
    }
}

/// The repository that `path` is in, if it is in one.
///
/// Variables that git sets for its hooks speak of the repository that `cwd` is in. They are used when `path` is in that
/// same repository, and dropped when it is not.
pub(crate) fn discover(cwd: &Path, path: &Path, env: &GitEnv) -> Result<Option<Place>, SourceError> {
    let Some(program) = env.program() else {
        // Without git a folder is judged as it is, unless it is plainly a repository.
        let in_repository = path.ancestors().any(|folder| fs::symlink_metadata(folder.join(".git")).is_ok());
        return if in_repository { Err(SourceError::GitMissing) } else { Ok(None) };
    };
    let plain = Git::new(program.clone(), path, env.passed(PASSED));
    let found = ask(plain)?;
    let hook = env.passed(OF_ONE_REPOSITORY);
    if hook.is_empty() {
        return Ok(found);
    }
    let mut variables = env.passed(PASSED);
    variables.extend(hook);
    let Some(mut here) = ask(Git::new(program, cwd, variables))? else { return Ok(found) };
    let path = fs::canonicalize(path).map_err(|error| SourceError::io(path, error))?;
    if !speaks_of(&here, found.as_ref(), &path) {
        return Ok(found);
    }
    // What was relative to `cwd` is so no longer: git runs at the root.
    if env.get("GIT_DIR").is_some() || env.get("GIT_WORK_TREE").is_some() {
        here.git = here.git.with("GIT_DIR", here.git_dir.clone());
        if let Some(root) = &here.root {
            here.git = here.git.with("GIT_WORK_TREE", root.clone());
        }
    }
    if env.get("GIT_COMMON_DIR").is_some() {
        here.git = here.git.with("GIT_COMMON_DIR", here.common_dir.clone());
    }
    if env.get("GIT_OBJECT_DIRECTORY").is_some() {
        here.git = here.git.with("GIT_OBJECT_DIRECTORY", here.objects.clone());
    }
    // A push into a shallow repository: its hooks see a file that is not in place yet.
    if let Some(file) = env.get("GIT_SHALLOW_FILE") {
        here.shallow_file = cwd.join(file);
        here.git = here.git.with("GIT_SHALLOW_FILE", here.shallow_file.clone());
    }
    Ok(Some(here))
}

/// Whether the repository that the hook's variables name is the one that `path` is in.
fn speaks_of(here: &Place, found: Option<&Place>, path: &Path) -> bool {
    match (&here.root, found) {
        (Some(root), None) => path.starts_with(root),
        // A repository nested below the hook's own is nearer to the path.
        (Some(root), Some(found)) => {
            path.starts_with(root) && found.root.as_ref().is_none_or(|nearer| root.starts_with(nearer))
        }
        (None, Some(found)) => found.git_dir == here.git_dir,
        (None, None) => false,
    }
}

/// Asks git about the repository that it would use. `None`: it would use none.
fn ask(mut git: Git) -> Result<Option<Place>, SourceError> {
    let arguments = [
        "rev-parse",
        "--is-shallow-repository",
        "--show-object-format",
        "--absolute-git-dir",
        "--path-format=absolute",
        "--git-common-dir",
        "--git-path",
        "objects",
        "--git-path",
        "shallow",
        "--show-toplevel",
    ];
    let output = git.output(&arguments)?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        if stderr.contains("not a git repository (or any") {
            return Ok(None);
        }
        if !stderr.contains("must be run in a work tree") {
            return Err(failed(&arguments, &output.stderr));
        }
    }
    let lines: Vec<&[u8]> =
        output.stdout.strip_suffix(b"\n").unwrap_or_default().split(|byte| *byte == b'\n').collect();
    let (shallow, format, git_dir, common_dir, objects, cut, root) = match *lines.as_slice() {
        [shallow, format, git_dir, common_dir, objects, cut] if !output.status.success() => {
            (shallow, format, git_dir, common_dir, objects, cut, None)
        }
        [shallow, format, git_dir, common_dir, objects, cut, root] if output.status.success() => {
            (shallow, format, git_dir, common_dir, objects, cut, Some(root))
        }
        // An old git, or a folder whose name has a line break.
        _ => return Err(not_understood(&arguments)),
    };
    let path = |bytes: &[u8]| path_from_bytes(bytes).ok_or_else(|| not_understood(&arguments));
    let root = root.map(path).transpose()?;
    if let Some(root) = &root {
        git.folder.clone_from(root);
    }
    Ok(Some(Place {
        root,
        git_dir: path(git_dir)?,
        common_dir: path(common_dir)?,
        objects: path(objects)?,
        shallow_file: path(cut)?,
        shallow: shallow == b"true",
        sha256: format == b"sha256",
        git,
    }))
}
