//! Revisions, merge bases and predicted merges.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;

use tempfile::TempDir;

use super::SourceError;
use super::git::{Git, GitEnv, Place, failed, not_understood};
use super::list::records;

/// What became of a revision's name.
pub(super) enum Resolved {
    /// The commit, tags peeled.
    Commit(String),
    /// Several references have the name.
    Ambiguous,
    /// There is no such commit; what git said of it.
    Unknown,
}

/// Looks a revision up.
pub(super) fn resolve(git: &Git, revision: &str) -> Result<Resolved, SourceError> {
    if revision.contains('\0') {
        return Ok(Resolved::Unknown);
    }
    let peeled = format!("{revision}^{{commit}}");
    let arguments = ["rev-parse", "--verify", "--end-of-options", &peeled];
    let output = git.output(&arguments)?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    // Git would take the tag. Whoever can push a tag could then choose what a change is compared with.
    if stderr.contains("refname") && stderr.contains("is ambiguous") {
        return Ok(Resolved::Ambiguous);
    }
    if !output.status.success() {
        // Anything but "no such revision" (a damaged repository, an untrusted one) is reported as it is.
        return match failed(&arguments, &output.stderr) {
            SourceError::GitFailed { .. } => Ok(Resolved::Unknown),
            other => Err(other),
        };
    }
    match std::str::from_utf8(&output.stdout).map(str::trim) {
        Ok(object) if is_object(object) => Ok(Resolved::Commit(object.to_owned())),
        // `^main` is a revision for git, but it names what to leave out.
        _ => Ok(Resolved::Unknown),
    }
}

fn is_object(text: &str) -> bool {
    text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The commit that a revision names.
///
/// # Errors
/// That it is unknown, with a name that was probably meant; that it is ambiguous; that `HEAD` has no commit.
pub(super) fn commit(git: &Git, revision: &str) -> Result<String, SourceError> {
    match resolve(git, revision)? {
        Resolved::Commit(object) => Ok(object),
        Resolved::Ambiguous => Err(SourceError::AmbiguousReference { revision: revision.to_owned() }),
        Resolved::Unknown if matches!(revision, "HEAD" | "@") && head(git)?.is_none() => Err(SourceError::UnbornHead),
        Resolved::Unknown => {
            let names = git.lines(&["for-each-ref", "--format=%(refname:short)"])?;
            Err(SourceError::UnknownRevision { revision: revision.to_owned(), nearest: nearest(revision, &names) })
        }
    }
}

/// The commit that `HEAD` names; nothing before the first commit.
pub(super) fn head(git: &Git) -> Result<Option<String>, SourceError> {
    let arguments = ["rev-parse", "--verify", "--quiet", "HEAD"];
    let output = git.output(&arguments)?;
    match std::str::from_utf8(&output.stdout).map(str::trim) {
        Ok(object) if output.status.success() && is_object(object) => Ok(Some(object.to_owned())),
        _ if output.status.code() == Some(1) => Ok(None),
        _ => Err(failed(&arguments, &output.stderr)),
    }
}

/// The reference that was probably meant: the same branch on a remote or here, else one that is written almost so.
fn nearest(revision: &str, names: &[String]) -> Option<String> {
    let last = revision.rsplit('/').next().unwrap_or(revision);
    let same = |name: &&String| name.ends_with(&format!("/{revision}")) || (*name == last && last != revision);
    names
        .iter()
        .find(same)
        .or_else(|| {
            let close = names.iter().map(|name| (distance(revision, name), name));
            close.filter(|(distance, _)| *distance <= 2 && *distance < revision.len()).min().map(|(_, name)| name)
        })
        .cloned()
}

/// How many letters have to be changed, added or removed to get from one name to the other.
fn distance(from: &str, to: &str) -> usize {
    if from.len().abs_diff(to.len()) > 8 {
        return usize::MAX;
    }
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut left = line + 1;
        let mut next = vec![left];
        for (other, pair) in to.iter().zip(row.windows(2)) {
            let [diagonal, above] = *pair else { continue };
            left = (diagonal + usize::from(letter != *other)).min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

/// The tree of a commit.
pub(super) fn tree(git: &Git, commit: &str) -> Result<String, SourceError> {
    let peeled = format!("{commit}^{{tree}}");
    let arguments = ["rev-parse", "--verify", &peeled];
    let output = git.output(&arguments)?;
    match std::str::from_utf8(&output.stdout).map(str::trim) {
        Ok(tree) if output.status.success() && is_object(tree) => Ok(tree.to_owned()),
        _ => Err(match failed(&arguments, &output.stderr) {
            // The commit is there, so what lacks is its tree.
            SourceError::GitFailed { message, .. } if message.contains("Needed a single revision") => {
                SourceError::MissingObjects { wanted: vec![format!("the tree of commit {commit}")], count: 1 }
            }
            other => other,
        }),
    }
}

/// The best common ancestor of two commits; the names are for the message.
pub(super) fn merge_base(place: &Place, base: (&str, &str), head: (&str, &str)) -> Result<String, SourceError> {
    let arguments = ["merge-base", base.0, head.0];
    let output = place.git.output(&arguments)?;
    match output.status.code() {
        Some(0) => {
            let text = String::from_utf8_lossy(&output.stdout);
            text.lines().next().map(str::to_owned).ok_or_else(|| not_understood(&arguments))
        }
        Some(1) => {
            Err(SourceError::NoMergeBase { base: base.1.to_owned(), head: head.1.to_owned(), shallow: place.shallow })
        }
        _ => Err(failed(&arguments, &output.stderr)),
    }
}

/// A temporary repository that sees all objects of the real one; it goes away with this value.
///
/// What is made in it is not written to the real one, and no setting, merge driver or attribute that somebody put into
/// the real one, its work tree or their home changes how merges in it come out.
pub(super) struct Scratch {
    /// Git in the temporary repository.
    pub(super) git: Git,
    _folder: TempDir,
}

impl Scratch {
    pub(super) fn open(place: &Place, env: &GitEnv) -> Result<Self, SourceError> {
        let folder = tempfile::Builder::new()
            .prefix("countersign-merge-")
            .tempdir_in(env.temp_dir())
            .map_err(|error| SourceError::io(env.temp_dir(), error))?;
        furnish(folder.path(), place.sha256).map_err(|error| SourceError::io(folder.path(), error))?;
        let mut lenders = quoted(&place.objects);
        if let Some(more) = env.get("GIT_ALTERNATE_OBJECT_DIRECTORIES") {
            lenders.push(if cfg!(windows) { ";" } else { ":" });
            lenders.push(more);
        }
        let mut git = place
            .git
            .clone()
            .elsewhere(folder.path())
            .with("GIT_DIR", folder.path())
            .with("GIT_OBJECT_DIRECTORY", folder.path().join("objects"))
            .with("GIT_ALTERNATE_OBJECT_DIRECTORIES", lenders)
            .with("GIT_ATTR_SOURCE", place.empty_tree())
            .with("GIT_CONFIG_GLOBAL", "/dev/null")
            .with("GIT_CONFIG_NOSYSTEM", "1");
        if place.shallow {
            git = git.with("GIT_SHALLOW_FILE", &place.shallow_file);
        }
        Ok(Self { git, _folder: folder })
    }
}

/// Merges `head` into `base`: the merged tree, or the paths in conflict.
pub(super) fn predict(git: &Git, base: &str, head: &str) -> Result<Result<String, Vec<String>>, SourceError> {
    let arguments = [
        "-c",
        "core.attributesFile=/dev/null",
        "merge-tree",
        "--write-tree",
        "-z",
        "--name-only",
        "--no-messages",
        base,
        head,
    ];
    let output = git.output(&arguments)?;
    let mut listed = records(&output.stdout).map(|record| String::from_utf8_lossy(record).into_owned());
    let merged = listed.next().filter(|object| is_object(object));
    match (output.status.code(), merged) {
        (Some(0), Some(merged)) => Ok(Ok(merged)),
        (Some(1), Some(_)) => {
            let mut files: Vec<String> = listed.collect();
            files.sort();
            files.dedup();
            Ok(Err(files))
        }
        (Some(0 | 1), None) if output.stderr.is_empty() => Err(not_understood(&arguments)),
        _ => Err(failed(&arguments, &output.stderr)),
    }
}

/// What git takes for a repository.
fn furnish(folder: &Path, sha256: bool) -> io::Result<()> {
    fs::create_dir(folder.join("objects"))?;
    fs::create_dir(folder.join("refs"))?;
    fs::write(folder.join("HEAD"), "ref: refs/heads/main\n")?;
    let (version, extensions) = if sha256 { (1, "[extensions]\n\tobjectformat = sha256\n") } else { (0, "") };
    fs::write(
        folder.join("config"),
        format!("[core]\n\trepositoryformatversion = {version}\n\tbare = true\n{extensions}"),
    )
}

/// A folder as one element of a list of object folders: in quotes where it could be taken for two.
fn quoted(folder: &Path) -> OsString {
    let text = folder.as_os_str();
    let bytes = text.as_encoded_bytes();
    if cfg!(windows) || !(bytes.contains(&b':') || bytes.first() == Some(&b'"')) {
        return text.to_owned();
    }
    let mut quoted = OsString::from("\"");
    match text.to_str() {
        Some(text) => quoted.push(text.replace('\\', r"\\").replace('"', "\\\"")),
        None => quoted.push(text),
    }
    quoted.push("\"");
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_reference() {
        let names: Vec<String> = ["origin/main", "feature/a", "release", "v1"].map(str::to_owned).into();
        assert_eq!(nearest("main", &names).as_deref(), Some("origin/main"));
        assert_eq!(nearest("origin/release", &names).as_deref(), Some("release"));
        assert_eq!(nearest("relaese", &names).as_deref(), Some("release"));
        assert_eq!(nearest("feature/b", &names).as_deref(), Some("feature/a"));
        assert_eq!(nearest("unrelated", &names), None);
        assert_eq!(nearest("x", &names), None);
    }

    #[test]
    fn object_folders_are_quoted_where_a_list_would_split_them() {
        assert_eq!(quoted(Path::new("/a b/c")), "/a b/c");
        if cfg!(unix) {
            assert_eq!(quoted(Path::new("/a:b/\"c\\")), "\"/a:b/\\\"c\\\\\"");
        }
    }
}
