//! A tree of one size, read from a storage.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::head::Tip;
use super::layout::{self, HASH_SIZE, TILE_WIDTH};
use super::storage::Storage;
use super::tree::{Edge, TileSource, TiledTree, leaf_hash};
use super::{Leaf, LogError};
use crate::store::Digest;

/// How many tiles are kept in memory: half a megabyte.
const CACHED_TILES: usize = 64;

/// The tree of a head or a checkpoint. Whatever it hands out was checked against the root.
pub(super) struct StoredTree<S> {
    pub(super) storage: S,
    pub(super) tip: Tip,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    /// Level and index, and the hashes; the oldest first.
    tiles: VecDeque<(u8, u64, Vec<u8>)>,
    /// The last bundle of leaves that was read.
    bundle: Option<(u64, Vec<u8>)>,
}

impl<S: Storage> StoredTree<S> {
    pub(super) fn new(storage: S, tip: Tip) -> Self {
        Self { storage, tip, cache: Mutex::default() }
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        // It holds nothing but copies.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tree(&self) -> TiledTree<'_> {
        TiledTree { size: self.tip.size, root: self.tip.root, source: self }
    }

    pub(super) fn inclusion(&self, index: u64) -> Result<Vec<Digest>, LogError> {
        self.tree().inclusion(index)
    }

    pub(super) fn consistency(&self, old_size: u64) -> Result<Vec<Digest>, LogError> {
        self.tree().consistency(old_size)
    }

    /// The bytes of a leaf.
    pub(super) fn leaf_bytes(&self, index: u64) -> Result<Vec<u8>, LogError> {
        let bundle = self.bundle(index)?;
        let within = usize::try_from(index % TILE_WIDTH).unwrap_or_default();
        let leaf = layout::split_entries(&bundle).nth(within).flatten().map(<[u8]>::to_vec);
        leaf.ok_or(LogError::OutsideTree { index, size: self.tip.size })
    }

    /// A leaf.
    pub(super) fn leaf(&self, index: u64) -> Result<Leaf, LogError> {
        Leaf::parse(&self.leaf_bytes(index)?).map_err(|error| LogError::Leaf { index, error })
    }

    /// The bundle with a leaf, each of its leaves checked against the tile of its hashes.
    pub(super) fn bundle(&self, index: u64) -> Result<Vec<u8>, LogError> {
        if index >= self.tip.size {
            return Err(LogError::OutsideTree { index, size: self.tip.size });
        }
        let number = index / TILE_WIDTH;
        if let Some((_, bundle)) = self.cache().bundle.as_ref().filter(|(cached, _)| *cached == number) {
            return Ok(bundle.clone());
        }
        let first = number * TILE_WIDTH;
        let width = self.tip.size.saturating_sub(first).min(TILE_WIDTH);
        let hashes = self.tree().leaves(first, first + width)?;
        let (name, mut bundle) = self.object(|width| layout::entries(number, width), width)?;
        let mut end = 0;
        for (place, hash) in (first..).zip(hashes) {
            let rest = bundle.get(end..).unwrap_or_default();
            let leaf = layout::split_entries(rest).next().flatten().filter(|leaf| leaf_hash(leaf) == hash);
            let leaf = leaf.ok_or_else(|| {
                LogError::inconsistent(format!("leaf {place} in `{name}` is not the one in the tree"))
            })?;
            end += 2 + leaf.len();
        }
        // A wider bundle than the tree of this size had holds later leaves too.
        bundle.truncate(end);
        self.cache().bundle = Some((number, bundle.clone()));
        Ok(bundle)
    }

    /// The place that the index has for the leaf with this key.
    pub(super) fn indexed(&self, key: &Digest) -> Result<Option<u64>, LogError> {
        let name = layout::position(key);
        let Some(bytes) = self.storage.read(&name)? else { return Ok(None) };
        let place = std::str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok());
        place.map(Some).ok_or_else(|| Self::not_its_place(&name))
    }

    fn not_its_place(name: &str) -> LogError {
        LogError::inconsistent(format!("`{name}` does not name the place of its leaf"))
    }

    /// Where the leaf with this key is. A position that is wrong is an error: somebody put it there.
    pub(super) fn position(&self, key: &Digest) -> Result<Option<u64>, LogError> {
        let Some(position) = self.indexed(key)? else { return Ok(None) };
        let wrong = || Self::not_its_place(&layout::position(key));
        if position >= self.tip.size {
            return Err(LogError::OutsideTree { index: position, size: self.tip.size });
        }
        if self.leaf(position)?.key() == *key { Ok(Some(position)) } else { Err(wrong()) }
    }

    /// The right edge, to let the tree grow.
    pub(super) fn edge(&self) -> Result<Edge, LogError> {
        let Tip { size, root } = self.tip;
        let tiles = Edge::widths(size).map(|(level, width)| match width {
            0 => Ok(Vec::new()),
            _ => self.read(level, size >> (8 * (u32::from(level) + 1)), width),
        });
        let edge = Edge::from_tiles(size, tiles.collect::<Result<_, _>>()?);
        if edge.root() == root {
            Ok(edge)
        } else {
            Err(LogError::inconsistent(format!(
                "its last tiles are not those of the tree of {size} leaves with the root {root}"
            )))
        }
    }

    fn cached(&self, level: u8, index: u64) -> Option<Vec<u8>> {
        let cache = self.cache();
        cache.tiles.iter().find(|tile| (tile.0, tile.1) == (level, index)).map(|tile| tile.2.clone())
    }

    /// An object of a width, or of the full width when a log was tidied of its partial objects (c2sp.org/tlog-tiles,
    /// "Partial Tiles").
    fn object(&self, name: impl Fn(u64) -> String, width: u64) -> Result<(String, Vec<u8>), LogError> {
        let partial = name(width);
        if let Some(bytes) = self.storage.read(&partial)? {
            return Ok((partial, bytes));
        }
        let full = name(TILE_WIDTH);
        match self.storage.read(&full)? {
            Some(bytes) => Ok((full, bytes)),
            None => Err(LogError::Gone(partial)),
        }
    }
}

impl<S: Storage> TileSource for StoredTree<S> {
    fn read(&self, level: u8, index: u64, width: u64) -> Result<Vec<u8>, LogError> {
        let wanted = usize::try_from(width).unwrap_or_default() * HASH_SIZE;
        if let Some(tile) = self.cached(level, index).filter(|tile| tile.len() == wanted) {
            return Ok(tile);
        }
        let (name, mut tile) = self.object(|width| layout::tile(level, index, width), width)?;
        if tile.len() < wanted {
            return Err(LogError::inconsistent(format!(
                "`{name}` has {} bytes, and {wanted} belong there",
                tile.len()
            )));
        }
        tile.truncate(wanted);
        Ok(tile)
    }

    fn keep(&self, level: u8, index: u64, _: u64, tile: &[u8]) {
        let mut cache = self.cache();
        if cache.tiles.iter().any(|cached| (cached.0, cached.1) == (level, index)) {
            return;
        }
        if cache.tiles.len() == CACHED_TILES {
            cache.tiles.pop_front();
        }
        cache.tiles.push_back((level, index, tile.to_vec()));
    }
}
