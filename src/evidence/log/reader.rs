//! Reading the log as its checkpoint states it.

use super::head::{Head, Tip};
use super::layout::{self, TILE_WIDTH};
use super::note::{Checkpoint, NoteKey, OpenedCheckpoint};
use super::proof::LogProof;
use super::storage::{Slot, Storage};
use super::stored::StoredTree;
use super::tree::LARGEST_TREE;
use super::{Leaf, LogError};
use crate::store::Digest;

/// A log at one checkpoint. It takes memory for some tiles, however large the log is, and whatever it hands out was
/// checked against the checkpoint.
pub struct LogReader<S> {
    tree: StoredTree<S>,
    note: Vec<u8>,
    opened: OpenedCheckpoint,
}

impl<S: Storage> LogReader<S> {
    /// Opens the log at the checkpoint that was published last. `log` are the keys that may have signed it, named by
    /// the log's origin, and `witnesses` those whose cosignatures are wanted.
    ///
    /// # Errors
    /// [`LogError::Absent`], or what is wrong with the checkpoint.
    pub fn open(storage: S, log: &[NoteKey], witnesses: &[NoteKey]) -> Result<Self, LogError> {
        let (note, _) = storage.read_slot(Slot::Checkpoint)?.ok_or(LogError::Absent)?;
        Self::at(storage, note, log, witnesses)
    }

    /// Opens the log at a checkpoint that the caller kept.
    ///
    /// # Errors
    /// What is wrong with the checkpoint.
    pub fn at(storage: S, note: Vec<u8>, log: &[NoteKey], witnesses: &[NoteKey]) -> Result<Self, LogError> {
        let opened = Checkpoint::open(&note, log, witnesses)?;
        let Checkpoint { size, root, .. } = opened.checkpoint;
        if size > LARGEST_TREE {
            return Err(LogError::inconsistent(format!("no log has {size} leaves")));
        }
        Ok(Self { tree: StoredTree::new(storage, Tip { size, root }), note, opened })
    }

    /// The checkpoint and who signed it.
    pub fn checkpoint(&self) -> &OpenedCheckpoint {
        &self.opened
    }

    /// The checkpoint as it was signed.
    pub fn note(&self) -> &[u8] {
        &self.note
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.tree.tip.size
    }

    /// The root of the tree.
    pub fn root(&self) -> Digest {
        self.tree.tip.root
    }

    /// The leaf at a place.
    ///
    /// # Errors
    /// [`LogError`]: beyond the last leaf, or what is stored is not the tree that the checkpoint states.
    pub fn leaf(&self, index: u64) -> Result<Leaf, LogError> {
        self.tree.leaf(index)
    }

    /// The place of the leaf with a [key](Leaf::key), if the log has it. That it has not is only as true as the index
    /// beside the tiles is whole: reading [every leaf](Self::for_each) is the proof.
    ///
    /// # Errors
    /// [`LogError`]: the index names another leaf, or the tree is damaged there.
    pub fn position(&self, key: &Digest) -> Result<Option<u64>, LogError> {
        match self.tree.position(key) {
            // Appended after this checkpoint.
            Err(LogError::OutsideTree { .. }) => Ok(None),
            found => found,
        }
    }

    /// The place that the index beside the tiles has for a [key](Leaf::key), whatever stands there.
    ///
    /// # Errors
    /// [`LogError`]: it names no place.
    pub fn indexed(&self, key: &Digest) -> Result<Option<u64>, LogError> {
        self.tree.indexed(key)
    }

    /// The proof that the leaf at a place is in the tree, for [`verify_inclusion`](super::verify_inclusion).
    ///
    /// # Errors
    /// As [`leaf`](Self::leaf).
    pub fn inclusion_proof(&self, index: u64) -> Result<Vec<Digest>, LogError> {
        self.tree.inclusion(index)
    }

    /// The proof that the tree starts with the tree of `old_size` leaves, for
    /// [`verify_consistency`](super::verify_consistency).
    ///
    /// # Errors
    /// As [`leaf`](Self::leaf).
    pub fn consistency_proof(&self, old_size: u64) -> Result<Vec<Digest>, LogError> {
        self.tree.consistency(old_size)
    }

    /// The file that proves one leaf without the log.
    ///
    /// # Errors
    /// As [`leaf`](Self::leaf).
    pub fn proof(&self, index: u64) -> Result<LogProof, LogError> {
        let hashes = self.inclusion_proof(index)?;
        Ok(LogProof { extra: None, index, hashes, checkpoint: self.note.clone() })
    }

    /// Calls `visit` with the place and the bytes of every leaf from `first` on, in order; each was checked. From zero on
    /// this reads every tile and every leaf that the tree has.
    ///
    /// # Errors
    /// What is wrong with the log, or what `visit` returned.
    pub fn for_each<E: From<LogError>>(
        &self,
        first: u64,
        mut visit: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut index = first;
        while index < self.size() {
            let start = index - index % TILE_WIDTH;
            let bundle = self.tree.bundle(index)?;
            for (place, leaf) in (start..).zip(layout::split_entries(&bundle).flatten()) {
                if place >= first {
                    visit(place, leaf)?;
                }
            }
            index = start + TILE_WIDTH;
        }
        Ok(())
    }
}

/// Whether the head, by which writers agree, goes with the checkpoint: it has the same tree, or the next one, which is
/// not published yet. `log` are the keys that may have signed the checkpoint.
///
/// # Errors
/// [`LogError`]: it does not, it is of another log, or one of the two is not there.
pub fn head_agrees<S: Storage>(storage: S, log: &[NoteKey]) -> Result<(), LogError> {
    let gone = |slot: Slot| LogError::Gone(slot.name().to_owned());
    let mut before = None;
    loop {
        let (bytes, version) = storage.read_slot(Slot::Head)?.ok_or(gone(Slot::Head))?;
        let head = Head::parse(&bytes)?;
        let (note, _) = storage.read_slot(Slot::Checkpoint)?.ok_or(gone(Slot::Checkpoint))?;
        let Checkpoint { origin, size, root } = Checkpoint::open(&note, log, &[])?.checkpoint;
        if head.origin != origin {
            return Err(LogError::Origin { expected: origin, found: head.origin });
        }
        let published = Tip { size, root };
        if published == head.tree || head.batch.as_ref().is_some_and(|batch| batch.previous == published) {
            return Ok(());
        }
        // Between the two reads a writer may have got on.
        if before.as_ref() == Some(&version) {
            return Err(LogError::inconsistent(format!(
                "its checkpoint states {size} leaves with the root {root}, its head {} with the root {}",
                head.tree.size, head.tree.root
            )));
        }
        before = Some(version);
    }
}
