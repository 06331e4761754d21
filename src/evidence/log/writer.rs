//! Appending to the log.
//!
//! Appending goes in five steps, and a process may end, or lose its storage, at any point of any of them:
//!
//! 1. The new leaves are stored under their digest, in `staged/`.
//! 2. The head is swapped for one that names them. From here on they are in the log; before, they are not.
//! 3. The tiles, the bundles of leaves and the index are written. All of it follows from the head, so that any number of
//!    writers may do it at once, with the same bytes.
//! 4. The checkpoint is signed. A log must never sign two trees that contradict each other, so that nothing is signed
//!    that is not in the head.
//! 5. The checkpoint is published, unless a later one is.
//!
//! Whoever comes next and finds a checkpoint that is behind the head does steps 3 to 5 again before anything else. So
//! at most one batch is ever unfinished, and the checkpoint is the tree that the head names, or the one before it.

use std::collections::HashMap;

use super::head::{Batch, Head, Tip};
use super::layout::{self, TILE_WIDTH};
use super::note::{Checkpoint, NoteKey, check_name};
use super::reader::LogReader;
use super::storage::{Slot, Storage, Swap, Version};
use super::stored::StoredTree;
use super::tree::{Edge, LARGEST_TREE, leaf_hash};
use super::{Leaf, LogError};
use crate::keys::EvidenceKey;
use crate::store::Digest;

/// The most leaves that are committed at once, so that memory does not grow with what a caller has.
const LARGEST_BATCH: usize = 4096;

/// A log that can be appended to.
pub struct Log<S> {
    storage: S,
    origin: String,
    key: EvidenceKey,
    /// The keys whose signature on the published checkpoint counts.
    accepted: Vec<NoteKey>,
}

/// Leaves that a writer had committed and not published, and that were finished in its stead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Healed {
    /// How many leaves were published before.
    pub from: u64,
    /// How many are now.
    pub to: u64,
}

/// What appending did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Appended {
    /// Where the leaves are, in the order in which they were given. One that was in the log before is where it was.
    pub positions: Vec<u64>,
    /// What other writers had left to do, or were still doing.
    pub healed: Vec<Healed>,
}

impl<S: Storage> Log<S> {
    /// Makes a log without leaves, and publishes its first checkpoint. `origin` is its name in checkpoints: a URL without
    /// its scheme.
    ///
    /// # Errors
    /// [`LogError::Exists`], a name that cannot be one, or what the storage or the key reports.
    pub fn create(storage: S, origin: &str, key: EvidenceKey) -> Result<Self, LogError> {
        let log = Self::new(storage, origin, key, Vec::new())?;
        let head = Head::empty(origin);
        match log.storage.swap_slot(Slot::Head, None, &head.to_bytes())? {
            Swap::Done => log.publish(head.tree).map(|()| log),
            Swap::Conflict => Err(LogError::Exists),
        }
    }

    /// Opens a log, and finishes what a writer before left unfinished. `earlier` are keys that signed its checkpoints
    /// before `key` did.
    ///
    /// # Errors
    /// [`LogError::Absent`], another log, a log that contradicts itself, or what the storage or the key reports.
    pub fn open(
        storage: S,
        origin: &str,
        key: EvidenceKey,
        earlier: Vec<NoteKey>,
    ) -> Result<(Self, Option<Healed>), LogError> {
        let log = Self::new(storage, origin, key, earlier)?;
        let settled = log.settle()?;
        Ok((log, settled.healed))
    }

    fn new(storage: S, origin: &str, key: EvidenceKey, mut accepted: Vec<NoteKey>) -> Result<Self, LogError> {
        check_name(origin)?;
        accepted.push(NoteKey::of_log(origin, key.public_key())?);
        Ok(Self { storage, origin: origin.to_owned(), key, accepted })
    }

    /// The key that signs.
    pub fn key(&self) -> &EvidenceKey {
        &self.key
    }

    /// Its name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The keys whose signature on the published checkpoint counts.
    pub fn accepted(&self) -> &[NoteKey] {
        &self.accepted
    }

    /// The log at its last checkpoint.
    ///
    /// # Errors
    /// As [`LogReader::open`].
    pub fn reader(&self, witnesses: &[NoteKey]) -> Result<LogReader<&S>, LogError> {
        LogReader::open(&self.storage, &self.accepted, witnesses)
    }

    /// Appends leaves and publishes a checkpoint that has them. A leaf whose [key](Leaf::key) the log has already is not
    /// appended again. After an error any of the leaves may be in the log; giving them again is safe.
    ///
    /// More than 4,096 leaves are committed in parts, each with a checkpoint of its own.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn append(&self, leaves: &[Leaf]) -> Result<Appended, LogError> {
        let mut appended = Appended::default();
        for batch in leaves.chunks(LARGEST_BATCH) {
            self.append_batch(batch, &mut appended)?;
        }
        Ok(appended)
    }

    fn append_batch(&self, leaves: &[Leaf], appended: &mut Appended) -> Result<(), LogError> {
        let keys: Vec<Digest> = leaves.iter().map(Leaf::key).collect();
        let mut before: Option<Version> = None;
        loop {
            let Settled { head, version, healed } = self.settle()?;
            appended.healed.extend(healed);
            // Every round that fails is one in which another writer got on.
            if before.as_ref() == Some(&version) {
                return Err(LogError::inconsistent("its head does not change, and cannot be changed"));
            }
            let tree = StoredTree::new(&self.storage, head.tree);
            let Some((positions, new)) = place(&tree, leaves, &keys)? else {
                before = Some(version);
                continue;
            };
            if new.is_empty() || self.commit(&head, &version, &tree, &new)? {
                appended.positions.extend(positions);
                return Ok(());
            }
            before = Some(version);
        }
    }

    /// Commits leaves on top of a head, and publishes them. False: another writer was first.
    fn commit(&self, head: &Head, version: &Version, tree: &StoredTree<&S>, new: &[&Leaf]) -> Result<bool, LogError> {
        let mut staged = Vec::new();
        for leaf in new {
            let bytes = leaf.to_bytes();
            layout::push_entry(&mut staged, &bytes)
                .ok_or_else(|| LogError::inconsistent(format!("a leaf of {} bytes is too long", bytes.len())))?;
        }
        let growth = Growth::of(tree, &staged)?;
        let digest = Digest::of(&staged);
        self.storage.create(&layout::staged(&digest), &staged)?;
        let next = Head::new(&self.origin, growth.tip, Some(Batch { previous: head.tree, staged: digest }));
        if self.storage.swap_slot(Slot::Head, Some(version), &next.to_bytes())? == Swap::Conflict {
            return Ok(false);
        }
        self.storage.create_all(&growth.objects)?;
        self.publish(growth.tip)?;
        Ok(true)
    }

    /// The head, once everything that it names is written and published.
    fn settle(&self) -> Result<Settled, LogError> {
        let mut before: Option<Version> = None;
        loop {
            let (bytes, version) = self.storage.read_slot(Slot::Head)?.ok_or(LogError::Absent)?;
            let head = Head::parse(&bytes)?;
            if head.origin != self.origin {
                return Err(LogError::Origin { expected: self.origin.clone(), found: head.origin });
            }
            let published = self.published()?.map(|(tip, _)| tip);
            let previous = head.batch.as_ref().map(|batch| batch.previous);
            match published {
                Some(tip) if tip == head.tree => return Ok(Settled { head, version, healed: None }),
                // Between the two reads another writer got on.
                Some(tip) if tip.size > head.tree.size && before.as_ref() != Some(&version) => before = Some(version),
                tip if tip == previous => {
                    let healed = Healed { from: tip.map_or(0, |tip| tip.size), to: head.tree.size };
                    match self.finish(&head) {
                        // Whoever finished it first may have tidied too.
                        Err(LogError::Gone(_)) if before.as_ref() != Some(&version) => {
                            before = Some(version);
                            continue;
                        }
                        done => done?,
                    }
                    return Ok(Settled { head, version, healed: Some(healed) });
                }
                Some(tip) => {
                    return Err(LogError::inconsistent(format!(
                        "its checkpoint states {} leaves with the root {}, its head {} with the root {}",
                        tip.size, tip.root, head.tree.size, head.tree.root
                    )));
                }
                None => return Err(LogError::Gone(Slot::Checkpoint.name().to_owned())),
            }
        }
    }

    /// Writes what a head names, and publishes it.
    fn finish(&self, head: &Head) -> Result<(), LogError> {
        if let Some(Batch { previous, staged }) = &head.batch {
            let name = layout::staged(staged);
            let bytes = self.storage.read(&name)?.ok_or_else(|| LogError::Gone(name.clone()))?;
            if Digest::of(&bytes) != *staged {
                return Err(LogError::inconsistent(format!("`{name}` has not the bytes that its name says")));
            }
            let growth = Growth::of(&StoredTree::new(&self.storage, *previous), &bytes)?;
            if growth.tip != head.tree {
                return Err(LogError::inconsistent(format!("the leaves in `{name}` do not make the tree of its head")));
            }
            self.storage.create_all(&growth.objects)?;
        }
        self.publish(head.tree)
    }

    /// The tree of the published checkpoint, if there is one and a key of the log signed it.
    fn published(&self) -> Result<Option<(Tip, Version)>, LogError> {
        let Some((note, version)) = self.storage.read_slot(Slot::Checkpoint)? else { return Ok(None) };
        let Checkpoint { size, root, .. } = Checkpoint::open(&note, &self.accepted, &[])?.checkpoint;
        Ok(Some((Tip { size, root }, version)))
    }

    /// Publishes the checkpoint of a tree that is written, unless that of a later one is there.
    fn publish(&self, tip: Tip) -> Result<(), LogError> {
        let mut note = None;
        let mut before = None;
        loop {
            let there = self.published()?;
            if let Some((published, _)) = &there
                && published.size >= tip.size
            {
                return if published.size > tip.size || *published == tip {
                    Ok(())
                } else {
                    Err(LogError::inconsistent(format!(
                        "its checkpoint states another tree of {} leaves, with the root {}",
                        tip.size, published.root
                    )))
                };
            }
            let version = there.map(|(_, version)| version);
            if before.as_ref() == Some(&version) {
                return Err(LogError::inconsistent("its checkpoint does not change, and cannot be changed"));
            }
            let note = match &mut note {
                Some(note) => note,
                none => {
                    let checkpoint = Checkpoint { origin: self.origin.clone(), size: tip.size, root: tip.root };
                    none.insert(checkpoint.sign(&self.key)?)
                }
            };
            if self.storage.swap_slot(Slot::Checkpoint, version.as_ref(), note)? == Swap::Done {
                return Ok(());
            }
            before = Some(version);
        }
    }
}

/// A head, and what had to be done for it.
struct Settled {
    head: Head,
    version: Version,
    healed: Option<Healed>,
}

/// Where leaves are or will be, and those that are new. `None`: another writer appended one of them after this tree.
#[expect(clippy::type_complexity, reason = "a name for it would say less")]
fn place<'a, S: Storage>(
    tree: &StoredTree<S>,
    leaves: &'a [Leaf],
    keys: &[Digest],
) -> Result<Option<(Vec<u64>, Vec<&'a Leaf>)>, LogError> {
    let mut placed: HashMap<Digest, u64> = HashMap::new();
    let mut new = Vec::new();
    let mut next = tree.tip.size;
    for (leaf, key) in leaves.iter().zip(keys) {
        if placed.contains_key(key) {
            continue;
        }
        let position = match tree.position(key) {
            Ok(Some(position)) => position,
            Ok(None) => {
                new.push(leaf);
                next += 1;
                next - 1
            }
            Err(LogError::OutsideTree { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        placed.insert(*key, position);
    }
    let positions = keys.iter().filter_map(|key| placed.get(key).copied()).collect();
    Ok(Some((positions, new)))
}

/// What a tree becomes by a batch of leaves, and the objects that this makes.
struct Growth {
    tip: Tip,
    objects: Vec<(String, Vec<u8>)>,
}

impl Growth {
    /// From a tree and its new leaves, as a bundle of entries.
    fn of<S: Storage>(tree: &StoredTree<S>, staged: &[u8]) -> Result<Self, LogError> {
        let old_size = tree.tip.size;
        let mut edge = tree.edge()?;
        let mut bundle = if old_size.is_multiple_of(TILE_WIDTH) { Vec::new() } else { tree.bundle(old_size - 1)? };
        let mut objects = Vec::new();
        for leaf in layout::split_entries(staged) {
            let index = edge.size();
            let bytes = leaf.ok_or_else(|| LogError::inconsistent("staged leaves end too early"))?;
            let leaf = Leaf::parse(bytes).map_err(|error| LogError::Leaf { index, error })?;
            if index == LARGEST_TREE {
                return Err(LogError::inconsistent("it is as large as a log can be"));
            }
            objects.push((layout::position(&leaf.key()), index.to_string().into_bytes()));
            layout::push_entry(&mut bundle, bytes)
                .ok_or_else(|| LogError::inconsistent(format!("leaf {index} is too long")))?;
            edge.push(leaf_hash(bytes), |level, number, tile| {
                if level == 0 {
                    objects.push((layout::entries(number, TILE_WIDTH), std::mem::take(&mut bundle)));
                }
                objects.push((layout::tile(level, number, TILE_WIDTH), tile));
            });
        }
        let size = edge.size();
        for ((level, width), tile) in Edge::widths(size).zip(edge.tiles()) {
            let shift = 8 * u32::from(level);
            if width > 0 && size >> shift != old_size >> shift {
                let number = size >> (shift + 8);
                if level == 0 {
                    objects.push((layout::entries(number, width), std::mem::take(&mut bundle)));
                }
                objects.push((layout::tile(level, number, width), tile.clone()));
            }
        }
        Ok(Self { tip: Tip { size, root: edge.root() }, objects })
    }
}
