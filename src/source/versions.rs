//! What a branch had in some folders, from the first commit to the last.

use std::sync::Arc;

use super::SourceError;
use super::blobs::{Blob, Contents, Wanted};
use super::branch::BranchReader;
use super::raw_log::{RawEntry, raw_log};

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
        let found = raw_log(&self.git, &self.tip, folders)?;
        let wanted: Wanted<'_> =
            found.iter().filter_map(|own| Some((own.object.as_deref()?, own.path.as_bytes()))).collect();
        let contents = Contents::read(&self.git, &wanted, limit)?;
        let version = |RawEntry { commit, path, object, .. }: &RawEntry| {
            let bytes = match object.as_ref().map(|object| contents.get(object)) {
                None => None,
                Some(Some(Blob::Bytes { bytes, .. })) => Some(bytes.clone()),
                Some(_) => return None,
            };
            Some(FileVersion { commit: commit.clone(), path: path.clone(), bytes })
        };
        Ok(found.iter().filter_map(version).collect())
    }
}
