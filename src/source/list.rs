//! What git lists: the entries of a tree, of the index, of the work tree.

use std::collections::{BTreeMap, BTreeSet};

use super::SourceError;
use super::git::{Git, Place, failed, not_understood};
use super::tree::{Entry, Found, belongs};

/// All entries of a tree object, folders opened.
pub(super) fn tree(git: &Git, object: &str) -> Result<Vec<Entry>, SourceError> {
    let arguments = ["ls-tree", "-r", "-z", "--full-tree", object];
    let listed = git.stdout(&arguments)?;
    // MODE TYPE OBJECT<tab>PATH
    records(&listed)
        .map(|record| {
            let (words, path) = split_at(record, b'\t')?;
            let (mode, rest) = split_at(words, b' ')?;
            let (_, object) = split_at(rest, b' ')?;
            entry(mode, object, path)
        })
        .collect::<Option<_>>()
        .ok_or_else(|| not_understood(&arguments))
}

/// All entries of the index as the next commit would hold them.
///
/// # Errors
/// [`SourceError::Unmerged`] naming the files when a merge is not finished.
pub(super) fn index(place: &Place) -> Result<Vec<Entry>, SourceError> {
    let arguments = ["ls-files", "-s", "-z"];
    let listed = place.git.stdout(&arguments)?;
    let mut unmerged = BTreeSet::new();
    let mut entries = Vec::new();
    for record in records(&listed) {
        let (stage, entry) = staged(record).ok_or_else(|| not_understood(&arguments))?;
        if stage == b"0" {
            entries.push(entry);
        } else {
            unmerged.insert(String::from_utf8_lossy(&entry.path).into_owned());
        }
    }
    if !unmerged.is_empty() {
        return Err(SourceError::Unmerged { files: unmerged.into_iter().collect() });
    }
    drop_intended(place, &mut entries)?;
    Ok(entries)
}

/// Removes what `git add --intent-to-add` put there: a name for later, which no commit would hold. The list shows it as
/// an empty file, so git is asked again only when there is one.
fn drop_intended(place: &Place, entries: &mut Vec<Entry>) -> Result<(), SourceError> {
    let is_empty = |entry: &Entry| matches!(&entry.found, Found::Blob { object, .. } if object == place.empty_blob());
    if !entries.iter().any(is_empty) {
        return Ok(());
    }
    let arguments = ["diff-index", "--cached", "--ita-invisible-in-index", "--name-only", "--no-renames", "-z"];
    let listed = place.git.stdout(&[&arguments[..], &[place.empty_tree()]].concat())?;
    let committed: BTreeSet<&[u8]> = records(&listed).collect();
    entries.retain(|entry| !is_empty(entry) || committed.contains(entry.path.as_slice()));
    Ok(())
}

/// One path of the work tree, before the disk was looked at.
pub(super) struct Candidate {
    pub(super) path: Vec<u8>,
    /// What the index holds there; nothing for a file that is not tracked.
    pub(super) tracked: Option<Found>,
    /// Whether a sparse checkout leaves it out of the work tree.
    pub(super) sparse: bool,
}

/// What the work tree may hold.
pub(super) struct Candidates {
    /// Every tracked path, and every other one that is not ignored. A folder with its own repository ends with `/`.
    pub(super) paths: Vec<Candidate>,
    /// Folders that git could not look into, with the reason.
    pub(super) closed: Vec<(Vec<u8>, String)>,
}

/// Tracked files even if ignored, and others unless ignored.
pub(super) fn work_tree(git: &Git) -> Result<Candidates, SourceError> {
    // The tags tell a file that is not tracked from an entry, whatever its name looks like.
    let arguments = ["ls-files", "-t", "-s", "-z", "--cached", "--others", "--exclude-standard"];
    let output = git.output(&arguments)?;
    if !output.status.success() {
        return Err(failed(&arguments, &output.stderr));
    }
    let mut paths: BTreeMap<Vec<u8>, Candidate> = BTreeMap::new();
    for record in records(&output.stdout) {
        let (tag, rest) = split_at(record, b' ').ok_or_else(|| not_understood(&arguments))?;
        let candidate = if tag == b"?" {
            if !belongs(rest) {
                continue;
            }
            Candidate { path: rest.to_vec(), tracked: None, sparse: false }
        } else {
            let (_, entry) = staged(rest).ok_or_else(|| not_understood(&arguments))?;
            Candidate { path: entry.path, tracked: Some(entry.found), sparse: tag == b"S" }
        };
        // An unfinished merge lists a path up to three times.
        paths.entry(candidate.path.clone()).or_insert(candidate);
    }
    Ok(Candidates { paths: paths.into_values().collect(), closed: closed(&output.stderr) })
}

/// The folders that git warns about: it passes over what it cannot open.
fn closed(stderr: &[u8]) -> Vec<(Vec<u8>, String)> {
    stderr
        .split(|byte| *byte == b'\n')
        .filter_map(|line| {
            let rest = line.strip_prefix(b"warning: could not open directory '")?;
            let end = rest.windows(3).rposition(|at| at == b"': ")?;
            let (path, reason) = (rest.get(..end)?, rest.get(end + 3..)?);
            let path = path.strip_suffix(b"/").unwrap_or(path);
            Some((path.to_vec(), String::from_utf8_lossy(reason).to_lowercase()))
        })
        .collect()
}

/// MODE OBJECT STAGE<tab>PATH
fn staged(record: &[u8]) -> Option<(&[u8], Entry)> {
    let (words, path) = split_at(record, b'\t')?;
    let (mode, rest) = split_at(words, b' ')?;
    let (object, stage) = split_at(rest, b' ')?;
    Some((stage, entry(mode, object, path)?))
}

fn entry(mode: &[u8], object: &[u8], path: &[u8]) -> Option<Entry> {
    let object = std::str::from_utf8(object).ok()?.to_owned();
    let found = match mode {
        b"120000" => Found::Link { object },
        b"160000" => Found::Repository { commit: object },
        // Old commits have modes such as 100664.
        _ if mode.starts_with(b"100") => {
            Found::Blob { object, executable: mode.get(3).is_some_and(|owner| owner & 1 == 1) }
        }
        _ => return None,
    };
    Some(Entry { path: path.to_vec(), found })
}

/// The parts that a zero byte ends.
pub(super) fn records(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == 0).filter(|record| !record.is_empty())
}

fn split_at(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == separator)?;
    Some((bytes.get(..at)?, bytes.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_git_could_not_open_are_read_from_its_warnings() {
        let stderr = b"warning: could not open directory 'a/it's: b/': Permission denied\nwarning: other\n";
        assert_eq!(closed(stderr), [(b"a/it's: b".to_vec(), "permission denied".to_owned())]);
    }

    #[test]
    fn modes() {
        let executable = |mode: &[u8]| match entry(mode, b"ab", b"p").unwrap().found {
            Found::Blob { executable, .. } => executable,
            _ => panic!("not a blob"),
        };
        assert!(!executable(b"100644") && !executable(b"100664") && executable(b"100755"));
        assert!(entry(b"040000", b"ab", b"p").is_none());
    }
}
