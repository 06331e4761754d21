//! Lists kept as trees of small objects, so that one changed entry adds little.
//!
//! Entries stand in order; a list ends where the hash of an entry's key says so, which makes the pieces independent of
//! what stands before them. A manifest of files is such a list for each folder.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::canonical::canonical;
use super::error::EvidenceError;
use super::objects::ReadObjects;
use crate::formats::{Class, Reading};
use crate::source::{Content, FileKind, NotRead, SourceFile, Tree};
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
pub struct Objects {
    bytes: BTreeMap<Digest, Arc<[u8]>>,
    /// Those that were made here, as JSON, in the order of their making.
    made: Vec<Digest>,
    /// What people are called in them, and whose name it is.
    people: BTreeMap<String, String>,
}

impl Objects {
    /// Adds a value as canonical JSON (RFC 8785) and returns its digest.
    pub fn add<T: Serialize>(&mut self, value: &T) -> Digest {
        let bytes = canonical(value);
        let digest = Digest::of(&bytes);
        self.bytes.entry(digest).or_insert_with(|| bytes.into());
        self.made.push(digest);
        digest
    }

    /// Remembers what somebody is called, and whose name it is. The first to say so counts.
    pub(super) fn add_person(&mut self, text: &str, subject: &str) {
        self.people.entry(text.to_owned()).or_insert_with(|| subject.to_owned());
    }

    /// What people are called, and whose name it is.
    pub(super) fn people(&self) -> &BTreeMap<String, String> {
        &self.people
    }

    /// The objects that were made here, in the order of their making: what names others may come before them.
    pub(super) fn made(&self) -> &[Digest] {
        &self.made
    }

    /// Adds bytes as they are, and returns their digest.
    pub fn add_bytes(&mut self, bytes: &Arc<[u8]>) -> Digest {
        let digest = Digest::of(bytes);
        self.bytes.entry(digest).or_insert_with(|| bytes.clone());
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

    /// The bytes of an object.
    #[must_use]
    pub fn get(&self, digest: &Digest) -> Option<&[u8]> {
        self.bytes.get(digest).map(|bytes| &**bytes)
    }

    /// The bytes, in the order of their digests.
    pub fn bytes(&self) -> impl Iterator<Item = &Arc<[u8]>> {
        self.bytes.values()
    }

    /// Every object with its digest, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Digest, &Arc<[u8]>)> {
        self.bytes.iter()
    }

    /// Adds an object of others as it is.
    pub(super) fn add_object(&mut self, digest: Digest, bytes: &Arc<[u8]>) {
        self.bytes.entry(digest).or_insert_with(|| bytes.clone());
    }
}

/// The schema of a manifest's folders.
pub(super) const FOLDER: &str = "countersign.dev/manifest-folder/v1";

/// The manifest of a tree: for each folder its files with mode, digest and class, and its folders. Of a tree that only
/// rules come from, no file has a class.
pub(super) fn of_tree(tree: &Tree, reading: Option<&Reading>, objects: &mut Objects) -> Digest {
    let mut root = Folder::default();
    for (number, file) in tree.files.iter().enumerate() {
        let mut entry = json!({ "mode": mode(&file.kind) });
        match &file.kind {
            FileKind::Symlink { target } => entry["target"] = json!(target),
            FileKind::Submodule { commit } => entry["commit"] = json!(commit),
            FileKind::Imported => entry["imported"] = json!(true),
            // What is only supposed is judged without evidence.
            FileKind::Supposed => {}
            _ => {}
        }
        match &file.content {
            Content::Bytes { digest, .. } => entry["sha256"] = Value::String(digest.to_string()),
            Content::NotRead(reason) => entry["notRead"] = json!(reason),
        }
        if let Some((reading, class)) = reading.and_then(|reading| Some((reading, reading.classes.get(number)?))) {
            entry["class"] = json!(class.as_str());
            if *class == Class::Definition
                && let Some(formats) = reading.formats.get(&file.path)
            {
                entry["formats"] = json!(formats);
            }
        }
        root.insert(&file.path, entry);
    }
    root.store(objects)
}

/// One file, as a manifest has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    name: String,
    mode: String,
    target: Option<String>,
    commit: Option<String>,
    #[serde(default)]
    imported: bool,
    pub(super) sha256: Option<Digest>,
    not_read: Option<NotRead>,
}

impl Entry {
    /// The file, given its bytes if they are kept. What is not kept stands there without bytes and with its digest: it
    /// was looked at, and nothing in it counted.
    fn file(self, path: &str, bytes: impl Fn(Digest) -> Option<(Arc<[u8]>, Digest)>) -> Option<SourceFile> {
        let kind = match (&*self.mode, self.target, self.commit) {
            ("100755", ..) => FileKind::Executable,
            ("120000", Some(target), _) => FileKind::Symlink { target },
            ("160000", _, Some(commit)) => FileKind::Submodule { commit },
            ("040000", ..) => FileKind::Folder,
            ("100644", ..) if self.imported => FileKind::Imported,
            ("100644", ..) => FileKind::Regular,
            _ => return None,
        };
        let content = match (self.sha256, self.not_read) {
            (Some(digest), None) => {
                let (bytes, digest) = bytes(digest).unwrap_or_else(|| (Arc::from(&[][..]), digest));
                Content::Bytes { bytes, digest }
            }
            (None, Some(reason)) => Content::NotRead(reason),
            _ => return None,
        };
        Some(SourceFile { path: path.into(), kind, content })
    }
}

/// Reads the files of a manifest.
///
/// # Errors
/// [`EvidenceError`] when an object is missing, damaged or not what it should be.
pub(super) fn files(
    root: Digest,
    objects: &dyn ReadObjects,
    bytes: &impl Fn(Digest) -> Option<(Arc<[u8]>, Digest)>,
) -> Result<Vec<SourceFile>, EvidenceError> {
    let mut all = Vec::new();
    let mut open = vec![(String::new(), root)];
    while let Some((prefix, folder)) = open.pop() {
        for entry in list(folder, FOLDER, objects)? {
            let malformed =
                || EvidenceError::malformed(folder, "an entry of a manifest is neither a file nor a folder");
            let path = |name: &str| format!("{prefix}{name}");
            if let (Some(name), Some(digest)) = (entry["name"].as_str(), entry["folder"].as_str()) {
                let digest = digest.parse().map_err(|_| malformed())?;
                open.push((format!("{}/", path(name)), digest));
                continue;
            }
            let entry: Entry = serde_json::from_value(entry).map_err(|_| malformed())?;
            let path = path(&entry.name);
            all.push(entry.file(&path, bytes).ok_or_else(malformed)?);
        }
    }
    all.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(all)
}

/// The first object of a list that is kept in pieces.
#[derive(Deserialize)]
pub(super) struct ListRoot {
    schema: String,
    /// How many entries the list says that it has.
    pub(super) count: usize,
    /// How many levels are between these pieces and those that have the entries.
    pub(super) depth: usize,
    pub(super) pieces: Vec<Digest>,
}

/// Reads the first object of a list.
///
/// # Errors
/// [`EvidenceError`] when it is missing, damaged or of another kind.
pub(super) fn list_root(root: Digest, schema: &str, objects: &dyn ReadObjects) -> Result<ListRoot, EvidenceError> {
    // More levels than a list of all the digests there are would have.
    const DEEPEST: usize = 64;
    let found: ListRoot = objects.json(root)?;
    if found.schema != schema || found.depth > DEEPEST {
        return Err(EvidenceError::malformed(root, &format!("it is no list of {schema}")));
    }
    Ok(found)
}

/// Reads the entries of a list that is kept in pieces.
///
/// # Errors
/// [`EvidenceError`] when an object is missing, damaged, of another kind, or when entries are missing.
pub(super) fn list(root: Digest, schema: &str, objects: &dyn ReadObjects) -> Result<Vec<Value>, EvidenceError> {
    let (pieces, count) = pieces(root, schema, objects)?;
    let mut entries = Vec::new();
    for piece in pieces {
        entries.extend(objects.json::<Vec<Value>>(piece)?);
        if entries.len() > count {
            return Err(wrong_count(root, count, entries.len()));
        }
    }
    if entries.len() == count { Ok(entries) } else { Err(wrong_count(root, count, entries.len())) }
}

/// A list that has other entries than it says.
pub(super) fn wrong_count(root: Digest, says: usize, has: usize) -> EvidenceError {
    EvidenceError::malformed(root, &format!("it says that it has {says} entries and has {has}"))
}

/// The pieces that have the entries of a list, in order, and how many entries the list says that it has.
///
/// # Errors
/// [`EvidenceError`] when an object is missing, damaged or of another kind, or when there are more pieces than entries.
pub(super) fn pieces(
    root: Digest,
    schema: &str,
    objects: &dyn ReadObjects,
) -> Result<(Vec<Digest>, usize), EvidenceError> {
    let found = list_root(root, schema, objects)?;
    let mut level = found.pieces;
    for _ in 0..found.depth {
        let mut next: Vec<Digest> = Vec::new();
        for piece in level {
            next.extend(objects.json::<Vec<Digest>>(piece)?);
            // Every piece has an entry. A few that name each other many times over would otherwise fill the memory.
            if next.len() > found.count {
                return Err(wrong_count(root, found.count, next.len()));
            }
        }
        level = next;
    }
    Ok((level, found.count))
}

/// Git's file modes.
fn mode(kind: &FileKind) -> &'static str {
    match kind {
        FileKind::Regular | FileKind::Imported | FileKind::Supposed => "100644",
        FileKind::Executable => "100755",
        FileKind::Symlink { .. } => "120000",
        FileKind::Submodule { .. } => "160000",
        FileKind::Folder => "040000",
    }
}

#[derive(Default)]
struct Folder {
    folders: BTreeMap<String, Folder>,
    /// By name; names that are not UTF-8 may look alike.
    files: BTreeMap<String, Vec<Value>>,
}

impl Folder {
    fn insert(&mut self, path: &str, entry: Value) {
        match path.split_once('/') {
            Some((folder, rest)) => self.folders.entry(folder.to_owned()).or_default().insert(rest, entry),
            None => {
                self.files.entry(path.to_owned()).or_default().push(entry);
            }
        }
    }

    fn store(self, objects: &mut Objects) -> Digest {
        let mut entries: BTreeMap<String, Value> = BTreeMap::new();
        for (name, folder) in self.folders {
            let digest = folder.store(objects);
            entries.insert(name.clone(), json!({ "name": name, "folder": digest.to_string() }));
        }
        for (name, files) in self.files {
            for (number, mut entry) in files.into_iter().enumerate() {
                entry["name"] = Value::String(name.clone());
                // A file and a folder of one name cannot both be; a lossy name may collide, and then all stay.
                let nth = if number == 0 { String::new() } else { number.to_string() };
                entries.insert(format!("{name}\u{0}{nth}"), entry);
            }
        }
        objects.add_list(FOLDER, entries.into_iter().collect(), Pieces::SMALL_ENTRIES)
    }
}
