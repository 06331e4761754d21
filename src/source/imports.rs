//! Files from outside of the trees that are read as if they stood in each of them.

use std::sync::Arc;

use super::{Comparison, Content, FileKind, RulesFrom, SourceError, SourceFile, Tree};
use crate::store::Digest;

/// How the path of an imported file begins. What else has such a path is a file like any other: [`FileKind`] decides.
const PREFIX: &str = "import:";

impl SourceFile {
    /// A file that is imported as a kind of export: its path is `import:KIND/NAME`.
    #[must_use]
    pub fn imported(kind: &str, name: &str, bytes: Arc<[u8]>) -> Self {
        let digest = Digest::of(&bytes);
        let path = format!("{PREFIX}{kind}/{name}").into();
        Self { path, kind: FileKind::Imported, content: Content::Bytes { bytes, digest } }
    }

    /// The kind that a file was imported as; `None` of files of the tree.
    #[must_use]
    pub fn imported_as(&self) -> Option<&str> {
        let (kind, _) = self.path.strip_prefix(PREFIX)?.split_once('/')?;
        (self.kind == FileKind::Imported).then_some(kind)
    }
}

/// The path of what is only supposed.
const SUPPOSED: &str = "simulated:grant";

impl SourceFile {
    /// A definition that stands in no tree.
    #[must_use]
    pub fn supposed(text: &str) -> Self {
        let bytes: Arc<[u8]> = text.as_bytes().into();
        let digest = Digest::of(&bytes);
        Self { path: SUPPOSED.into(), kind: FileKind::Supposed, content: Content::Bytes { bytes, digest } }
    }
}

impl Comparison {
    /// This tree as it is, and as it would be with some definition beside it. Nobody is the author of what is supposed.
    #[must_use]
    pub fn supposing(self, file: Option<SourceFile>) -> Self {
        let base = self.head.clone();
        let mut head = Tree { commit: None, tree: None, ..self.head };
        if let Some(file) = file {
            let at = head.files.partition_point(|own| own.path < file.path);
            head.files.insert(at, file);
        }
        Self {
            head,
            base: Some(base),
            rules: RulesFrom::Base,
            rules_tree: None,
            merge: None,
            authors: Vec::new(),
            commits: Vec::new(),
            uncommitted: Vec::new(),
            base_label: Some(self.head_label.clone()),
            ..self
        }
    }
}

impl Tree {
    /// The tree's imported files.
    pub fn imports(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(|file| file.kind == FileKind::Imported)
    }
}

impl Comparison {
    /// Puts files from outside into what is judged and what it is compared with, so that no change answers for them.
    ///
    /// # Errors
    /// [`SourceError::ImportedTwice`] when a file of that path is there.
    pub fn import(&mut self, files: &[SourceFile]) -> Result<(), SourceError> {
        for tree in std::iter::once(&mut self.head).chain(&mut self.base) {
            for file in files {
                let at = tree.files.partition_point(|own| own.path < file.path);
                if tree.files.get(at).is_some_and(|own| own.path == file.path) {
                    return Err(SourceError::ImportedTwice { path: file.path.to_string() });
                }
                tree.files.insert(at, file.clone());
            }
        }
        Ok(())
    }
}
