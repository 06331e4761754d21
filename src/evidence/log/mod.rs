//! The log: an append-only Merkle tree of what was recorded, in static files that other people's tools read.
//!
//! # Layout
//!
//! | name | what |
//! |---|---|
//! | `checkpoint` | the size and root of the tree, as a signed note (c2sp.org/tlog-checkpoint) |
//! | `tile/<L>/<N>[.p/<W>]` | 256 hashes of the tree, or the first W of them (c2sp.org/tlog-tiles) |
//! | `tile/entries/<N>[.p/<W>]` | the leaves of a tile of level 0, each behind its length in two bytes |
//! | `head` | which leaves the log has: ours, and what all writers agree by |
//! | `staged/<digest>` | leaves that a writer wanted to append: ours, until [`tidy`] takes them away |
//! | `index/<key>` | the place of a leaf by its [key](Leaf::key): ours; it follows from the leaves |
//!
//! [`Log`] appends, by a protocol that survives the end of a process at any point ([`Log::append`]), on any [`Storage`]
//! that has compare-and-swap. [`LogReader`] reads at a checkpoint and believes nothing that the checkpoint does not speak
//! for. [`LogProof`] is the file that proves one leaf without the log.
//!
//! # What the log does not know
//!
//! Whoever holds the log's key and its storage can replace both head and checkpoint by older ones, or keep two logs. Only
//! somebody else who keeps checkpoints notices: a witness, whose [`Cosignature`] says what it saw and when.

mod anchor;
mod bucket;
#[cfg(test)]
pub(super) mod disturbed;
mod error;
mod folder;
mod git;
mod head;
mod layout;
mod leaf;
mod location;
mod memory;
mod note;
mod proof;
mod reader;
mod storage;
mod stored;
mod tidy;
mod tree;
mod writer;

pub use anchor::{Anchor, AnchorError};
pub use bucket::ObjectStorage;
pub use error::LogError;
pub use folder::FolderStorage;
pub use git::{Committer, GitStorage};
pub use layout::TILE_WIDTH;
pub use leaf::{LEAF_LIMIT, Leaf, LeafError, Signed};
pub use location::{AnyStorage, LocationError, Surroundings, open};
pub use memory::MemoryStorage;
pub use note::{Checkpoint, Cosignature, NoteError, NoteKey, NoteKeyKind, OpenedCheckpoint};
pub use proof::{LogProof, LogProofError};
pub use reader::{LogReader, head_agrees};
pub use storage::{Slot, Storage, StorageError, StorageErrorKind, Swap, Version};
pub use tidy::{Tidied, tidy};
pub use tree::{ProofError, empty_root, leaf_hash, root_of, verify_consistency, verify_inclusion};
pub use writer::{Appended, Healed, Log};

#[cfg(test)]
mod tests;
