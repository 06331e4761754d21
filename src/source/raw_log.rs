//! What each commit of a branch made of the files, as git tells it without their content.

use super::SourceError;
use super::commits::ALL;
use super::git::Git;
use super::list::records;

/// What a commit made of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawEntry {
    /// The commit.
    pub(super) commit: String,
    /// The path.
    pub(super) path: String,
    /// The name of the object that the path has after it; nothing where the commit removed it.
    pub(super) object: Option<String>,
    pinned: bool,
    /// Whether what the path is after it, and was before, is an ordinary file or nothing.
    pub(super) plain: bool,
}

impl RawEntry {
    /// Whether the path is or was the pinned commit of another repository.
    pub(super) fn is_pin(&self) -> bool {
        self.pinned
    }
}

/// What the commits up to `tip`, or of a range of git's, made of each path, against their first parents; the oldest commit first. Only what lies
/// below `folders`, where some are given.
pub(super) fn raw_log(git: &Git, tip: &str, folders: &[&str]) -> Result<Vec<RawEntry>, SourceError> {
    let mut arguments = vec![
        "log",
        "--first-parent",
        "-m",
        "--raw",
        "-z",
        "--no-abbrev",
        "--no-renames",
        "--reverse",
        ALL,
        "--no-notes",
        "--no-show-signature",
        "--format=%x01%H",
        tip,
        "--",
    ];
    arguments.extend(folders);
    let output = git.stdout(&arguments)?;
    let mut entries = Vec::new();
    let (mut commit, mut entry) = (String::new(), None);
    for record in records(&output) {
        let text = String::from_utf8_lossy(record);
        let text = text.trim_start_matches('\n');
        // The first raw line of a commit stands behind its name.
        let raw = match text.strip_prefix('\u{1}') {
            Some(named) => {
                let (name, rest) = named.split_once('\n').unwrap_or((named, ""));
                name.clone_into(&mut commit);
                rest.trim_start_matches('\n')
            }
            None => text,
        };
        // Raw lines are `:MODE MODE ID ID LETTER`, and the path behind a zero; 160000 is a commit of elsewhere, and an id
        // of zeros none.
        if let Some(line) = raw.strip_prefix(':') {
            let mut words = line.split(' ');
            let (mut pinned, mut plain) = (false, true);
            for mode in words.by_ref().take(2) {
                pinned |= mode == "160000";
                plain &= matches!(mode, "000000" | "100644" | "100755" | "100664");
            }
            let after = words.nth(1).unwrap_or_default();
            entry = Some((pinned, plain, after.bytes().any(|byte| byte != b'0').then(|| after.to_owned())));
        } else if !raw.is_empty()
            && let Some((pinned, plain, object)) = entry.take()
        {
            entries.push(RawEntry { commit: commit.clone(), path: raw.to_owned(), object, pinned, plain });
        }
    }
    Ok(entries)
}
