//! The Merkle tree (RFC 6962, section 2.1, with SHA-256) and its tiles. The arithmetic is that of the crate `tlog_tiles`:
//! this file and `note.rs` alone name it.

use std::cell::RefCell;
use std::fmt;

use miette::Diagnostic;
use tlog_tiles::{
    Hash, HashReader as _, Tile, TileHashReader, TileReader, check_record, check_tree, node_hash, prove_record,
    prove_tree, record_hash, stored_hash_index,
};

use super::LogError;
use super::layout::{HASH_SIZE, TILE_SIZE, TILE_WIDTH};
use crate::store::Digest;

/// Two to this many hashes are a tile (c2sp.org/tlog-tiles: 256).
const TILE_HEIGHT: u8 = 8;

/// More leaves than this no log has: numbers in JSON are exact up to it (RFC 8785, section 3.2.2.3), and tiles have no
/// more than seven levels.
pub(super) const LARGEST_TREE: u64 = (1 << 53) - 1;

/// The hash of a leaf: SHA-256 of a zero byte and the leaf.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Digest {
    Digest(record_hash(leaf).0)
}

/// The root of the tree without leaves: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Digest {
    Digest(tlog_tiles::EMPTY_HASH.0)
}

/// The root of the tree of some leaves, from their [hashes](leaf_hash) in order.
#[must_use]
pub fn root_of(leaves: impl IntoIterator<Item = Digest>) -> Digest {
    let mut edge = Edge::default();
    leaves.into_iter().for_each(|leaf| edge.push(leaf, |_, _, _| {}));
    edge.root()
}

/// Checks that the tree of `size` leaves with the root `root` has, at `index`, the leaf with the hash `leaf` (RFC 6962,
/// section 2.1.1). The proof's hashes go from the leaf's sibling up.
///
/// # Errors
/// [`ProofError`].
pub fn verify_inclusion(proof: &[Digest], size: u64, root: Digest, index: u64, leaf: Digest) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::OutsideTree { index, size });
    }
    check_record(&hashes(proof), size, Hash(root.0), index, Hash(leaf.0))
        .map_err(|_| ProofError::Inclusion { index, size })
}

/// Checks that the tree of `new_size` leaves starts with the leaves of the tree of `old_size` (RFC 6962, section 2.1.2).
///
/// # Errors
/// [`ProofError`].
pub fn verify_consistency(
    proof: &[Digest],
    old_size: u64,
    old_root: Digest,
    new_size: u64,
    new_root: Digest,
) -> Result<(), ProofError> {
    let wrong = ProofError::Consistency { old_size, new_size };
    if old_size == 0 {
        // Every tree starts with nothing, and there is nothing to prove it with.
        let roots = old_root == empty_root() && (new_size > 0 || new_root == empty_root());
        return if roots && proof.is_empty() { Ok(()) } else { Err(wrong) };
    }
    check_tree(&hashes(proof), new_size, Hash(new_root.0), old_size, Hash(old_root.0)).map_err(|_| wrong)
}

fn hashes(digests: &[Digest]) -> Vec<Hash> {
    digests.iter().map(|digest| Hash(digest.0)).collect()
}

fn digests(hashes: Vec<Hash>) -> Vec<Digest> {
    hashes.into_iter().map(|hash| Digest(hash.0)).collect()
}

/// The right edge of a tree: its partial tiles. With them it can grow, and its root is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Edge {
    size: u64,
    /// By level, the hashes of the last tile; fewer than 256.
    tiles: Vec<Vec<u8>>,
}

impl Edge {
    /// The widths of the partial tiles of a tree, by level; 0 where the last tile is full.
    pub(super) fn widths(size: u64) -> impl Iterator<Item = (u8, u64)> {
        (0..)
            .map(move |level| (level, size >> (TILE_HEIGHT * level)))
            .take_while(|(_, count)| *count > 0)
            .map(|(level, count)| (level, count % TILE_WIDTH))
    }

    /// An edge from its partial tiles, by level. Whether they are right, [`root`](Self::root) shows.
    pub(super) fn from_tiles(size: u64, tiles: Vec<Vec<u8>>) -> Self {
        Self { size, tiles }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The partial tiles, by level.
    pub(super) fn tiles(&self) -> &[Vec<u8>] {
        &self.tiles
    }

    /// Adds a leaf; every tile that becomes full thereby goes to `full`, with its level and index.
    pub(super) fn push(&mut self, leaf: Digest, mut full: impl FnMut(u8, u64, Vec<u8>)) {
        let mut hash = leaf;
        for level in 0.. {
            if self.tiles.len() <= usize::from(level) {
                self.tiles.push(Vec::new());
            }
            let Some(tile) = self.tiles.get_mut(usize::from(level)) else { break };
            tile.extend(hash.0);
            if tile.len() < TILE_SIZE {
                break;
            }
            let tile = std::mem::take(tile);
            hash = Digest(Tile::subtree_hash(&tile).0);
            full(level, self.size >> (TILE_HEIGHT * (level + 1)), tile);
        }
        self.size += 1;
    }

    /// The tree's root.
    pub(super) fn root(&self) -> Digest {
        // Complete subtrees from right to left, each larger than the one before.
        let mut root: Option<Hash> = None;
        for tile in &self.tiles {
            let mut end = tile.len();
            while end > 0 {
                let count = end / HASH_SIZE;
                // The rightmost complete subtree has as many hashes as the lowest bit of the count says.
                let start = end - HASH_SIZE * (1 << count.trailing_zeros());
                let Some(part) = tile.get(start..end).filter(|part| !part.is_empty()) else { break };
                let left = Tile::subtree_hash(part);
                root = Some(root.map_or(left, |right| node_hash(left, right)));
                end = start;
            }
        }
        root.map_or_else(empty_root, |root| Digest(root.0))
    }
}

/// Where the tiles of a tree come from. A tile that is handed to `keep` was checked against the tree's root.
pub(super) trait TileSource {
    /// The hashes of a tile of the given width.
    fn read(&self, level: u8, index: u64, width: u64) -> Result<Vec<u8>, LogError>;
    /// Takes note of a tile that was checked.
    fn keep(&self, level: u8, index: u64, width: u64, tile: &[u8]);
}

/// A tree whose tiles are read as they are needed, and believed only as far as its root speaks for them.
pub(super) struct TiledTree<'a> {
    pub(super) size: u64,
    pub(super) root: Digest,
    pub(super) source: &'a dyn TileSource,
}

impl TiledTree<'_> {
    /// The hashes of the leaves from `first` up to `end`.
    pub(super) fn leaves(&self, first: u64, end: u64) -> Result<Vec<Digest>, LogError> {
        self.within(end.saturating_sub(1))?;
        let indexes: Vec<u64> = (first..end).map(|index| stored_hash_index(0, index)).collect();
        self.with(|reader| reader.read_hashes(&indexes)).map(digests)
    }

    /// The proof that a leaf is in the tree.
    pub(super) fn inclusion(&self, index: u64) -> Result<Vec<Digest>, LogError> {
        self.within(index)?;
        self.with(|reader| prove_record(self.size, index, reader)).map(digests)
    }

    /// The proof that the tree starts with the leaves of a smaller one.
    pub(super) fn consistency(&self, old_size: u64) -> Result<Vec<Digest>, LogError> {
        if old_size > self.size {
            return Err(LogError::OutsideTree { index: old_size, size: self.size });
        }
        if old_size == 0 {
            return Ok(Vec::new());
        }
        self.with(|reader| prove_tree(self.size, old_size, reader)).map(digests)
    }

    fn within(&self, index: u64) -> Result<(), LogError> {
        if index < self.size { Ok(()) } else { Err(LogError::OutsideTree { index, size: self.size }) }
    }

    fn with<T>(&self, ask: impl FnOnce(&TileHashReader<'_>) -> Result<T, tlog_tiles::Error>) -> Result<T, LogError> {
        let tiles = Tiles { source: self.source, failed: RefCell::new(None) };
        let answer = ask(&TileHashReader::new(self.size, Hash(self.root.0), &tiles));
        // The storage's own words say more than the library's.
        match (answer, tiles.failed.into_inner()) {
            (Ok(answer), _) => Ok(answer),
            (Err(_), Some(failed)) => Err(failed),
            (Err(error), None) => Err(LogError::inconsistent(format!(
                "its tiles are not those of the tree of {} leaves with the root {}: {error}",
                self.size, self.root
            ))),
        }
    }
}

/// Tiles as the library wants them.
struct Tiles<'a> {
    source: &'a dyn TileSource,
    failed: RefCell<Option<LogError>>,
}

impl TileReader for Tiles<'_> {
    fn height(&self) -> u8 {
        TILE_HEIGHT
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |tile: &Tile| self.source.read(tile.level(), tile.level_index(), tile.width().into());
        tiles.iter().map(read).collect::<Result<_, _>>().map_err(|error| {
            *self.failed.borrow_mut() = Some(error);
            tlog_tiles::Error::InvalidTile
        })
    }

    fn save_tiles(&self, tiles: &[Tile], data: &[Vec<u8>]) {
        for (tile, data) in tiles.iter().zip(data) {
            self.source.keep(tile.level(), tile.level_index(), tile.width().into(), data);
        }
    }
}

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofError {
    /// The leaf is outside the tree.
    OutsideTree {
        /// The leaf.
        index: u64,
        /// The leaves of the tree.
        size: u64,
    },
    /// The leaf is not at that place of the tree.
    Inclusion {
        /// The leaf.
        index: u64,
        /// The leaves of the tree.
        size: u64,
    },
    /// The larger tree does not start with the smaller one.
    Consistency {
        /// The leaves of the smaller tree.
        old_size: u64,
        /// The leaves of the larger tree.
        new_size: u64,
    },
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutsideTree { index, size } => write!(f, "leaf {index} is outside the tree of {size} leaves"),
            Self::Inclusion { index, size } => {
                write!(f, "the proof does not show that the leaf is number {index} of the tree of {size} leaves")
            }
            Self::Consistency { old_size, new_size } => write!(
                f,
                "the proof does not show that the tree of {new_size} leaves starts with the tree of {old_size} leaves"
            ),
        }
    }
}

impl std::error::Error for ProofError {}

impl Diagnostic for ProofError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self {
            Self::OutsideTree { .. } => "take a later checkpoint of the same log",
            Self::Inclusion { .. } => {
                "the record, the proof or the checkpoint was changed; compare each with another copy"
            }
            Self::Consistency { .. } => {
                "the log was rewritten between the two checkpoints; keep both, signed as they are: they prove it"
            }
        }))
    }
}
