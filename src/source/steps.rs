//! What each commit of a branch changed, and the files that it brought: enough to see whether a whole tree need be read.

use std::collections::HashMap;
use std::path::Path;

use super::SourceError;
use super::blobs::{Blob, Contents, Wanted};
use super::past::Past;
use super::raw_log::raw_log;
use super::tree::{Content, FileKind, NotRead, SourceFile};

/// What a commit changed at one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The path. What is not UTF-8 in it is replaced.
    pub path: String,
    /// The name of the object that stands there afterwards; nothing where the commit removed it.
    pub object: Option<String>,
    /// Whether only ordinary files are concerned: no link, and no other repository.
    pub plain: bool,
}

/// What each commit of a branch changed, by the commit's name. A commit that changed nothing is not in it.
pub type Steps = HashMap<String, Vec<Step>>;

impl Past {
    /// What the commits of a branch changed against their first parents: those after `known`, or all up to `tip`.
    ///
    /// # Errors
    /// [`SourceError`] when git does not tell.
    pub fn steps(&self, known: Option<&str>, tip: &str) -> Result<Steps, SourceError> {
        let range = known.map_or_else(|| tip.to_owned(), |known| format!("{known}..{tip}"));
        let mut steps = Steps::new();
        for own in raw_log(&self.place.git, &range, &[])? {
            let step = Step { path: own.path, object: own.object, plain: own.plain };
            steps.entry(own.commit).or_default().push(step);
        }
        Ok(steps)
    }

    /// The files that stand at some paths, by path and object.
    ///
    /// # Errors
    /// [`SourceError`]: objects that the clone lacks, or what git reports.
    pub fn files(&self, wanted: &[(&str, &str)]) -> Result<Vec<SourceFile>, SourceError> {
        let objects: Wanted<'_> = wanted.iter().map(|(path, object)| (*object, path.as_bytes())).collect();
        let contents = Contents::read(&self.place.git, &objects, self.limit)?;
        let file = |(path, object): &(&str, &str)| SourceFile {
            path: (*path).into(),
            kind: FileKind::Regular,
            content: match contents.get(object) {
                Some(Blob::Bytes { bytes, digest }) => Content::Bytes { bytes: bytes.clone(), digest: *digest },
                Some(Blob::TooLarge { bytes }) => Content::NotRead(NotRead::TooLarge { bytes: *bytes }),
                None => Content::NotRead(NotRead::Unreadable { reason: "it was not asked for".to_owned() }),
            },
        };
        Ok(wanted.iter().map(file).collect())
    }

    /// The folder that all work trees of the repository share.
    #[must_use]
    pub fn common_dir(&self) -> &Path {
        &self.place.common_dir
    }
}
