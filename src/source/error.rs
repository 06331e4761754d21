//! Why trees could not be opened.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use miette::Diagnostic;

/// What kind of mistake an error is; all of them end with exit status 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// The request contradicts itself or names something that is not there.
    Usage,
    /// The repository, its history or the git program.
    Git,
    /// The file system.
    Io,
}

/// Why trees could not be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum SourceError {
    /// The path to judge does not exist.
    PathMissing {
        /// The path, resolved.
        path: PathBuf,
    },
    /// The path to judge is not a folder.
    PathNotFolder {
        /// The path, resolved.
        path: PathBuf,
    },
    /// The operating system refused to read a folder that everything depends on.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Its answer.
        source: io::Error,
    },
    /// The index was asked for together with a base.
    StagedWithBase,
    /// Two imported files have one name, or the tree has a file of that name.
    ImportedTwice {
        /// The path that it would have.
        path: String,
    },
    /// A revision is the empty text.
    EmptyRevision {
        /// The option that it was given to.
        option: &'static str,
    },
    /// A head that is a revision was to be compared with a folder.
    FolderWithHead {
        /// The folder.
        base: String,
    },
    /// The base is a revision and a folder as well.
    AmbiguousBase {
        /// The base as it was given.
        name: String,
    },
    /// Several references have this name, a tag and a branch for one.
    AmbiguousReference {
        /// The revision as it was given.
        revision: String,
    },
    /// A revision or the index was asked for outside of a repository.
    NotARepository {
        /// The folder.
        path: PathBuf,
        /// What needs a repository, as the person wrote it.
        wanted: String,
    },
    /// The base is neither a folder nor, outside of a repository, can it be a revision.
    BaseMissing {
        /// The base as it was given.
        name: String,
    },
    /// A work tree or index was asked for in a repository that has none.
    NoWorkTree {
        /// The folder.
        path: PathBuf,
    },
    /// The revision does not name a commit here.
    UnknownRevision {
        /// The revision as it was given.
        revision: String,
        /// A reference that was probably meant.
        nearest: Option<String>,
    },
    /// `HEAD` has no commit yet.
    UnbornHead,
    /// Two commits have no common ancestor here.
    NoMergeBase {
        /// The base as it was given.
        base: String,
        /// The head, for people.
        head: String,
        /// Whether history is cut off, so that an ancestor may exist elsewhere.
        shallow: bool,
    },
    /// The index holds a merge that is not finished.
    Unmerged {
        /// The files in conflict, in order.
        files: Vec<String>,
    },
    /// Objects that a tree names are not in the repository.
    MissingObjects {
        /// Paths, or names of commits and trees; the first few.
        wanted: Vec<String>,
        /// How many lack.
        count: usize,
    },
    /// No `git` program was found.
    GitMissing,
    /// The `git` program is too old for what was asked.
    GitTooOld {
        /// What it says of itself.
        found: String,
        /// What needs the newer one.
        purpose: &'static str,
    },
    /// Git refuses a repository that belongs to another user.
    DubiousOwnership {
        /// The folder.
        path: PathBuf,
    },
    /// Git ended with an error.
    GitFailed {
        /// The command, without the settings that are always given.
        command: String,
        /// What it wrote to its standard error, trimmed.
        message: String,
    },
    /// Git said something that this version does not understand.
    GitOutput {
        /// The command, without the settings that are always given.
        command: String,
    },
}

impl SourceError {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    /// What kind of mistake this is.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::PathMissing { .. }
            | Self::PathNotFolder { .. }
            | Self::StagedWithBase
            | Self::ImportedTwice { .. }
            | Self::EmptyRevision { .. }
            | Self::FolderWithHead { .. }
            | Self::AmbiguousBase { .. }
            | Self::BaseMissing { .. } => ErrorClass::Usage,
            Self::Io { .. } => ErrorClass::Io,
            _ => ErrorClass::Git,
        }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PathMissing { path } => write!(f, "`{}` does not exist", path.display()),
            Self::PathNotFolder { path } => write!(f, "`{}` is not a folder", path.display()),
            Self::Io { path, source } => write!(f, "`{}` could not be read: {source}", path.display()),
            Self::StagedWithBase => f.write_str("`--staged` always compares with HEAD, so it takes no `--base`"),
            Self::ImportedTwice { path } => write!(f, "a file is there twice as `{path}`"),
            Self::EmptyRevision { option } => write!(f, "`{option}` was given an empty revision"),
            Self::FolderWithHead { base } => {
                write!(f, "`--head` compares two revisions, but the base `{base}` is a folder")
            }
            Self::AmbiguousBase { name } => write!(f, "`--base {name}` is both a revision and a folder"),
            Self::AmbiguousReference { revision } => {
                write!(f, "more than one reference is named `{revision}` (a tag and a branch, for example)")
            }
            Self::NotARepository { path, wanted } => {
                write!(f, "`{wanted}` needs a git repository, and `{}` is not in one", path.display())
            }
            Self::BaseMissing { name } => {
                write!(f, "the base `{name}` is not a folder, and there is no git repository")
            }
            Self::NoWorkTree { path } => write!(f, "`{}` is in a repository without a work tree", path.display()),
            Self::UnknownRevision { revision, .. } => {
                write!(f, "`{revision}` does not name a commit in this repository")
            }
            Self::UnbornHead => f.write_str("HEAD has no commit yet"),
            Self::NoMergeBase { base, head, shallow: true } => {
                write!(f, "no common ancestor of {base} and {head} was fetched: this clone is shallow")
            }
            Self::NoMergeBase { base, head, shallow: false } => write!(f, "{base} and {head} have no common ancestor"),
            Self::Unmerged { files } => write!(f, "the index holds unresolved conflicts: {}", files.join(", ")),
            Self::MissingObjects { wanted, count } => {
                write!(f, "{count} git objects are not in this repository, among them {}", wanted.join(", "))
            }
            Self::GitMissing => f.write_str("no `git` program was found"),
            Self::GitTooOld { found, purpose } => write!(f, "{found} is too old for {purpose}"),
            Self::DubiousOwnership { path } => {
                write!(f, "git does not trust the repository at `{}`: another user owns it", path.display())
            }
            Self::GitFailed { command, message } => write!(f, "`git {command}` failed: {message}"),
            Self::GitOutput { command } => write!(f, "`git {command}` answered in a form that is not understood"),
        }
    }
}

impl std::error::Error for SourceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl Diagnostic for SourceError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self.class() {
            ErrorClass::Usage => "usage",
            ErrorClass::Git => "git",
            ErrorClass::Io => "io",
        }))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.help_text()))
    }
}

impl SourceError {
    fn help_text(&self) -> String {
        match self {
            Self::PathMissing { .. } => "name a folder that exists, or run `countersign check` in it".to_owned(),
            Self::PathNotFolder { path } => {
                let folder = path.parent().unwrap_or(path).display();
                format!("a whole folder or repository is judged: `countersign check {folder}`")
            }
            Self::Io { path, .. } => format!("look at its owner and mode with `ls -ld {}`", path.display()),
            Self::StagedWithBase => {
                "`countersign check --staged` judges what the next commit holds; to compare the work tree with a \
                 branch, use `countersign check --base REV`"
                    .to_owned()
            }
            Self::ImportedTwice { .. } => "imported files are told apart by their names: rename one of them".to_owned(),
            Self::EmptyRevision { option } => {
                format!("write `{option} REV`; in a workflow, look whether the variable is set for this event")
            }
            Self::FolderWithHead { .. } => {
                "compare two folders with `countersign check FOLDER --base FOLDER`, or name a revision as the base"
                    .to_owned()
            }
            Self::AmbiguousBase { name } => {
                format!("write `--base ./{name}` for the folder or `--base refs/heads/{name}` for the branch")
            }
            Self::AmbiguousReference { revision } => format!(
                "write the whole name: `refs/heads/{revision}`, `refs/tags/{revision}` or `refs/remotes/{revision}`; \
                 `git show-ref {revision}` lists them"
            ),
            Self::NotARepository { .. } => {
                "run in a clone, or compare folders with `countersign check FOLDER --base FOLDER`".to_owned()
            }
            Self::BaseMissing { .. } => {
                "name a folder that exists, or run in a clone to name a revision; folders are looked up from the \
                 working directory"
                    .to_owned()
            }
            Self::NoWorkTree { .. } => "name the commit to judge: `countersign check --head REV`".to_owned(),
            Self::UnknownRevision { revision, nearest } => {
                let name = revision.strip_prefix("origin/").unwrap_or(revision);
                let fetch = format!("`git fetch origin {name}` gets it if the remote has it");
                match nearest {
                    Some(nearest) => format!("did you mean `{nearest}`? {fetch}"),
                    None => fetch,
                }
            }
            Self::UnbornHead => {
                "commit first, or judge what the first commit will hold with `countersign check --staged`".to_owned()
            }
            Self::NoMergeBase { shallow: true, .. } => {
                "fetch the whole history: `fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` for GitLab, or \
                 `git fetch --unshallow`"
                    .to_owned()
            }
            Self::NoMergeBase { base, shallow: false, .. } => format!(
                "look whether `{base}` is the branch that was meant; where a workflow fetches part of the history, set \
                 `fetch-depth: 0` or run `git fetch --unshallow`"
            ),
            Self::Unmerged { .. } => "resolve them and `git add` the files, then run again".to_owned(),
            Self::MissingObjects { .. } => {
                "a partial clone leaves objects out: clone without `--filter`, or run `git fetch --refetch --no-filter`; \
                 in a whole clone, `git fsck` tells what is damaged"
                    .to_owned()
            }
            Self::GitMissing => "install git 2.38 or later, or add its folder to PATH as an absolute path".to_owned(),
            Self::GitTooOld { .. } => "install git 2.38 or later".to_owned(),
            Self::DubiousOwnership { path } => {
                format!("if you trust it: `git config --global --add safe.directory {}`", path.display())
            }
            Self::GitFailed { .. } => "`git fsck` tells whether the repository is sound".to_owned(),
            Self::GitOutput { .. } => "`git --version` should name 2.38 or later; please report it otherwise".to_owned(),
        }
    }
}
