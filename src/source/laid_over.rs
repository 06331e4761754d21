//! A tree with texts laid over it that nobody has saved yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::tree::{self, Content, FileKind, NotRead, SourceFile, Tree};
use crate::store::Digest;

impl Tree {
    /// The tree as it would be if these texts were saved. A path that the tree does not have is added; one that is a
    /// link, a nested repository or the place of evidence stays what it is, since an editor writes no such thing.
    #[must_use]
    pub fn laid_over(mut self, texts: &BTreeMap<String, Arc<[u8]>>, limit: u64) -> Self {
        for (path, bytes) in texts {
            if path.is_empty() || !tree::belongs(path.as_bytes()) {
                continue;
            }
            let content = content(bytes, limit);
            let at = self.files.partition_point(|file| *file.path < **path);
            match self.files.get_mut(at).filter(|file| *file.path == **path) {
                Some(file) if matches!(file.kind, FileKind::Regular | FileKind::Executable) => file.content = content,
                Some(_) => {}
                None => {
                    self.files.insert(at, SourceFile { path: path.as_str().into(), kind: FileKind::Regular, content });
                }
            }
        }
        // What git would call it is something else now.
        Self { commit: self.commit, tree: None, files: self.files }
    }
}

fn content(bytes: &Arc<[u8]>, limit: u64) -> Content {
    match u64::try_from(bytes.len()).unwrap_or(u64::MAX) {
        long if long > limit => Content::NotRead(NotRead::TooLarge { bytes: long }),
        _ => Content::Bytes { bytes: Arc::clone(bytes), digest: Digest::of(bytes) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, kind: FileKind, text: &str) -> SourceFile {
        SourceFile { path: path.into(), kind, content: content(&Arc::from(text.as_bytes()), 100) }
    }

    fn laid(texts: &[(&str, &str)]) -> Tree {
        let link = FileKind::Symlink { target: "a".to_owned() };
        let files =
            vec![file("a", FileKind::Executable, "old"), file("link", link, "x"), file("z", FileKind::Regular, "last")];
        let tree = Tree { files, commit: None, tree: Some("1234".to_owned()) };
        let texts = texts.iter().map(|(path, text)| ((*path).to_owned(), Arc::from(text.as_bytes()))).collect();
        tree.laid_over(&texts, 100)
    }

    #[test]
    fn a_text_takes_the_place_of_the_file_and_keeps_its_kind() {
        let tree = laid(&[("a", "new")]);
        let own = tree.get("a").unwrap();
        assert_eq!((own.bytes().unwrap().as_ref(), &own.kind), (&b"new"[..], &FileKind::Executable));
        assert_eq!(own.digest(), Some(Digest::of(b"new")));
        assert_eq!((tree.tree, tree.files.len()), (None, 3));
    }

    #[test]
    fn a_file_that_is_new_stands_in_its_order() {
        let tree = laid(&[("m/n", "new"), ("b", "new")]);
        let paths: Vec<&str> = tree.files.iter().map(|file| &*file.path).collect();
        assert_eq!(paths, ["a", "b", "link", "m/n", "z"]);
        assert!(tree.get("m/n").is_some());
    }

    #[test]
    fn links_and_evidence_are_not_written_by_an_editor() {
        let tree = laid(&[("link", "new"), (".countersign/evidence/x", "new")]);
        assert_eq!(tree.files, laid(&[]).files);
    }

    #[test]
    fn a_text_beyond_the_limit_is_not_read() {
        let long = "x".repeat(101);
        let tree = laid(&[("a", &long)]);
        assert_eq!(tree.get("a").unwrap().content, Content::NotRead(NotRead::TooLarge { bytes: 101 }));
    }
}
