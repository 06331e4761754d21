//! Lists kept as trees of small objects, so that one changed entry adds little.
//!
//! Entries stand in order; a list ends where the hash of an entry's key says so, which makes the pieces independent of
//! what stands before them. A manifest of files is such a list for each folder.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::formats::{Class, Reading};
use crate::source::{FileKind, Tree};
use crate::store::Digest;

/// How long the pieces of a list are.
#[derive(Debug, Clone, Copy)]
pub struct Pieces {
    /// A piece ends after an entry whose key hashes to nought modulo this: so many entries on average.
    one_in: u8,
    /// Most entries, for the unlucky case.
    most: usize,
}

impl Pieces {
    /// For entries of about a hundred bytes.
    pub const SMALL_ENTRIES: Self = Self { one_in: 6, most: 16 };
    /// For entries of about a thousand bytes.
    pub const LARGE_ENTRIES: Self = Self { one_in: 2, most: 4 };
}

/// Objects that are to be stored, by digest.
#[derive(Debug, Default)]
pub struct Objects(BTreeMap<Digest, Vec<u8>>);

impl Objects {
    /// Adds a value as canonical JSON (RFC 8785) and returns its digest.
    pub fn add<T: Serialize>(&mut self, value: &T) -> Digest {
        let bytes = canonical(value);
        let digest = Digest::of(&bytes);
        self.0.entry(digest).or_insert(bytes);
        digest
    }

    /// Adds a list of entries with their keys as a root object, and returns the root's digest.
    ///
    /// The root names pieces; where there are many, it names lists of pieces, `depth` levels above them. So a changed
    /// entry makes one new piece and one new object on each level.
    pub fn add_list(&mut self, schema: &str, entries: Vec<(String, Value)>, pieces: Pieces) -> Digest {
        let count = entries.len();
        let keyed = entries.into_iter().map(|(key, entry)| (Digest::of(key.as_bytes()), entry));
        let mut level = self.add_pieces(keyed, pieces);
        let mut depth = 0;
        while level.len() > Pieces::SMALL_ENTRIES.most {
            let digests = level.into_iter().map(|digest| (digest, Value::String(digest.to_string())));
            level = self.add_pieces(digests, Pieces::SMALL_ENTRIES);
            depth += 1;
        }
        let digests: Vec<String> = level.iter().map(Digest::to_string).collect();
        self.add(&json!({ "schema": schema, "count": count, "depth": depth, "pieces": digests }))
    }

    /// Cuts entries into pieces, adds each, and returns their digests in order.
    fn add_pieces(&mut self, entries: impl Iterator<Item = (Digest, Value)>, pieces: Pieces) -> Vec<Digest> {
        let mut digests = Vec::new();
        let mut piece = Vec::new();
        for (key, entry) in entries {
            piece.push(entry);
            let [first, ..] = key.0;
            if first % pieces.one_in == 0 || piece.len() >= pieces.most {
                digests.push(self.add(&std::mem::take(&mut piece)));
            }
        }
        if !piece.is_empty() {
            digests.push(self.add(&piece));
        }
        digests
    }

    /// The bytes, in the order of their digests.
    #[must_use]
    pub fn into_bytes(self) -> Vec<Vec<u8>> {
        self.0.into_values().collect()
    }
}

/// Canonical JSON.
pub(super) fn canonical<T: Serialize>(value: &T) -> Vec<u8> {
    // Only maps with other keys than text fail, and none is used.
    serde_json_canonicalizer::to_vec(value).unwrap_or_default()
}

/// The manifest of a tree: for each folder its files with mode, digest and class, and its folders.
pub(super) fn of_tree(tree: &Tree, reading: &Reading, objects: &mut Objects) -> Digest {
    let mut root = Folder::default();
    for (file, class) in tree.files.iter().zip(&reading.classes) {
        let mut entry = json!({ "class": class.as_str(), "mode": mode(&file.kind) });
        if let Some(digest) = file.digest() {
            entry["sha256"] = Value::String(digest.to_string());
        }
        if *class == Class::Definition
            && let Some(formats) = reading.formats.get(&file.path)
        {
            entry["formats"] = json!(formats);
        }
        root.insert(&file.path, entry);
    }
    root.store(objects)
}

/// Git's file modes.
fn mode(kind: &FileKind) -> &'static str {
    match kind {
        FileKind::Regular => "100644",
        FileKind::Executable => "100755",
        FileKind::Symlink { .. } => "120000",
        FileKind::Submodule { .. } => "160000",
        FileKind::Folder => "040000",
    }
}

#[derive(Default)]
struct Folder {
    folders: BTreeMap<String, Folder>,
    files: BTreeMap<String, Value>,
}

impl Folder {
    fn insert(&mut self, path: &str, entry: Value) {
        match path.split_once('/') {
            Some((folder, rest)) => self.folders.entry(folder.to_owned()).or_default().insert(rest, entry),
            None => {
                self.files.insert(path.to_owned(), entry);
            }
        }
    }

    fn store(self, objects: &mut Objects) -> Digest {
        let mut entries: BTreeMap<String, Value> = BTreeMap::new();
        for (name, folder) in self.folders {
            let digest = folder.store(objects);
            entries.insert(name.clone(), json!({ "name": name, "folder": digest.to_string() }));
        }
        for (name, mut entry) in self.files {
            entry["name"] = Value::String(name.clone());
            // A file and a folder of one name cannot both be; a lossy name may collide, and then both stay.
            entries.insert(format!("{name}\u{0}"), entry);
        }
        objects.add_list("countersign.dev/manifest-folder/v1", entries.into_iter().collect(), Pieces::SMALL_ENTRIES)
    }
}
