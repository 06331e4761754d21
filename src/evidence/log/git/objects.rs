//! Objects of a repository, read through one `git cat-file` that stays.

use std::collections::HashMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::GitError;
use crate::source::Git;

/// How many bytes of trees are kept in memory.
const CACHED_BYTES: usize = 32 << 20;
const ARGUMENTS: [&str; 2] = ["cat-file", "--batch"];

/// An object.
pub(super) struct Object {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) bytes: Vec<u8>,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    /// A file, by its id.
    File(String),
    /// A folder, by the id of its tree.
    Folder(String),
    /// A file, where the path needs a folder.
    InTheWay,
}

/// An entry of a tree.
struct Entry {
    name: String,
    id: String,
    folder: bool,
}

/// Reads objects.
pub(super) struct Objects {
    git: Git,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    process: Option<Process>,
    /// Trees by their id, which never change.
    trees: HashMap<String, Arc<Vec<Entry>>>,
    bytes: usize,
}

struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Objects {
    pub(super) fn new(git: Git) -> Self {
        Self { git, state: Mutex::default() }
    }

    /// The object that a name leads to now; `None` when it leads to nothing, or to an object that is not here.
    pub(super) fn read(&self, name: &str) -> Result<Option<Object>, GitError> {
        // A thread that panicked between question and answer leaves a process that the next one finds unusable.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.read(&self.git, name)
    }

    /// What is at this path below a tree.
    pub(super) fn find(&self, root: &str, path: &str) -> Result<Found, GitError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut at = root.to_owned();
        let mut elements = path.split('/').peekable();
        while let Some(element) = elements.next() {
            let tree = state.tree(&self.git, &at)?;
            match (tree.iter().find(|entry| entry.name == element), elements.peek()) {
                (None, _) => return Ok(Found::Nothing),
                (Some(Entry { id, folder: true, .. }), Some(_)) => at.clone_from(id),
                (Some(Entry { id, folder: true, .. }), None) => return Ok(Found::Folder(id.clone())),
                (Some(Entry { id, folder: false, .. }), None) => return Ok(Found::File(id.clone())),
                (Some(Entry { folder: false, .. }), Some(_)) => return Ok(Found::InTheWay),
            }
        }
        Ok(Found::Nothing)
    }

    /// The bytes of a file below a tree, and its id. A file that the tree has and this repository has not is an error.
    pub(super) fn file(&self, root: &str, path: &str) -> Result<Option<Object>, GitError> {
        match self.find(root, path)? {
            Found::File(id) => self.read(&id)?.ok_or(GitError::Lacks { object: id }).map(Some),
            _ => Ok(None),
        }
    }

    /// The paths of all files below a tree, each behind `prefix`.
    pub(super) fn files(&self, tree: &str, prefix: &str, paths: &mut Vec<String>) -> Result<(), GitError> {
        let entries = self.state.lock().unwrap_or_else(PoisonError::into_inner).tree(&self.git, tree)?;
        for entry in entries.iter() {
            if entry.folder {
                self.files(&entry.id, &format!("{prefix}{}/", entry.name), paths)?;
            } else {
                paths.push(format!("{prefix}{}", entry.name));
            }
        }
        Ok(())
    }
}

impl State {
    fn read(&mut self, git: &Git, name: &str) -> Result<Option<Object>, GitError> {
        let mut first = true;
        loop {
            let process = match &mut self.process {
                Some(process) => process,
                none => none.insert(Process::start(git).map_err(|error| failed(&error))?),
            };
            match process.ask(name) {
                Ok(found) => return Ok(found),
                // Somebody ended the process; another one answers the same.
                Err(_) if std::mem::take(&mut first) => self.process = None,
                Err(error) => {
                    self.process = None;
                    return Err(failed(&error));
                }
            }
        }
    }

    fn tree(&mut self, git: &Git, id: &str) -> Result<Arc<Vec<Entry>>, GitError> {
        if let Some(tree) = self.trees.get(id) {
            return Ok(Arc::clone(tree));
        }
        let object = self.read(git, id)?.ok_or_else(|| GitError::Lacks { object: id.to_owned() })?;
        let tree = entries(&object.bytes, id.len() / 2)
            .ok_or_else(|| failed(&io::Error::other(format!("{id} is no tree that is understood"))))?;
        if self.bytes > CACHED_BYTES {
            self.trees.clear();
            self.bytes = 0;
        }
        let tree = Arc::new(tree);
        // What an entry takes in memory, about.
        self.bytes += 3 * object.bytes.len();
        self.trees.insert(id.to_owned(), Arc::clone(&tree));
        Ok(tree)
    }
}

impl Process {
    fn start(git: &Git) -> io::Result<Self> {
        let mut child = git.command(&ARGUMENTS).stdin(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let stdout = stdout.ok_or_else(|| io::Error::other("it has no output"))?;
        Ok(Self { child, stdin, stdout: BufReader::new(stdout) })
    }

    fn ask(&mut self, name: &str) -> io::Result<Option<Object>> {
        let stdin = self.stdin.as_mut().ok_or_else(|| io::Error::other("it has no input"))?;
        writeln!(stdin, "{name}")?;
        stdin.flush()?;
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        let answer = line.trim_end();
        if answer.strip_prefix(name) == Some(" missing") {
            return Ok(None);
        }
        let mut words = answer.split(' ');
        let parsed = match (words.next(), words.next(), words.next().and_then(|size| size.parse::<u64>().ok())) {
            (Some(id), Some(kind), Some(size)) => Some((id.to_owned(), kind.to_owned(), size)),
            _ => None,
        };
        let (id, kind, size) = parsed.ok_or_else(|| io::Error::other(format!("it answered `{answer}`")))?;
        let mut bytes = Vec::new();
        (&mut self.stdout).take(size).read_to_end(&mut bytes)?;
        let mut end = [0];
        self.stdout.read_exact(&mut end)?;
        if bytes.len() as u64 == size {
            Ok(Some(Object { id, kind, bytes }))
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Without input it ends by itself; what it says then does not matter.
        self.stdin = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn failed(error: &io::Error) -> GitError {
    GitError::Failed { command: "cat-file --batch", message: error.to_string() }
}

/// The entries of a tree object: `MODE NAME\0ID`, the id in bytes.
fn entries(mut bytes: &[u8], id_size: usize) -> Option<Vec<Entry>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let space = memchr::memchr(b' ', bytes)?;
        let end = memchr::memchr(0, bytes)?;
        let (mode, name) = (bytes.get(..space)?, bytes.get(space + 1..end)?);
        let id = bytes.get(end + 1..end + 1 + id_size)?;
        let id = id.iter().fold(String::with_capacity(2 * id_size), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = std::fmt::Write::write_fmt(&mut text, format_args!("{byte:02x}"));
            text
        });
        // A name that is no text is none of ours.
        let name = String::from_utf8_lossy(name).into_owned();
        found.push(Entry { name, id, folder: mode == b"40000" });
        bytes = bytes.get(end + 1 + id_size..)?;
    }
    Some(found)
}
