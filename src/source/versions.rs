//! What a branch had in some folders, from the first commit to the last.

use std::sync::Arc;

use super::SourceError;
use super::blobs::{Blob, Contents, Wanted};
use super::branch::BranchReader;
use super::commits::ALL;
use super::list::records;

/// What a commit of a branch made of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileVersion {
    /// The commit.
    pub commit: String,
    /// The file.
    pub path: String,
    /// What the file had after it; nothing where the commit removed it.
    pub bytes: Option<Arc<[u8]>>,
}

impl BranchReader {
    /// Every version of the files below some folders, oldest first. Files with more than `limit` bytes are left out.
    ///
    /// # Errors
    /// [`SourceError`] when git does not tell.
    pub fn versions(&self, folders: &[&str], limit: u64) -> Result<Vec<FileVersion>, SourceError> {
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
            self.tip(),
            "--",
        ];
        arguments.extend(folders);
        let output = self.git().stdout(&arguments)?;
        // Raw lines are `:MODE MODE ID ID LETTER`, and the path behind a zero.
        let mut found: Vec<(String, String, String)> = Vec::new();
        let (mut commit, mut object) = (String::new(), None);
        for record in records(&output) {
            let text = String::from_utf8_lossy(record);
            let text = text.trim_start_matches('\n');
            let raw = match text.strip_prefix('\u{1}') {
                Some(named) => {
                    let (name, rest) = named.split_once('\n').unwrap_or((named, ""));
                    name.clone_into(&mut commit);
                    rest.trim_start_matches('\n')
                }
                None => text,
            };
            if let Some(line) = raw.strip_prefix(':') {
                object = line.split(' ').nth(3).map(str::to_owned);
            } else if let (Some(object), false) = (object.take(), raw.is_empty()) {
                found.push((commit.clone(), raw.to_owned(), object));
            }
        }
        let wanted: Wanted<'_> = found
            .iter()
            .filter(|(_, _, object)| !is_nothing(object))
            .map(|(_, path, object)| (object.as_str(), path.as_bytes()))
            .collect();
        let contents = Contents::read(self.git(), &wanted, limit)?;
        let version = |(commit, path, object): &(String, String, String)| {
            let bytes = match (is_nothing(object), contents.get(object)) {
                (true, _) => None,
                (false, Some(Blob::Bytes { bytes, .. })) => Some(bytes.clone()),
                (false, _) => return None,
            };
            Some(FileVersion { commit: commit.clone(), path: path.clone(), bytes })
        };
        Ok(found.iter().filter_map(version).collect())
    }
}

/// Whether an object name stands for none.
fn is_nothing(object: &str) -> bool {
    object.bytes().all(|byte| byte == b'0')
}
