//! Where the log's bytes are: the names of c2sp.org/tlog-tiles, and ours beside them.

use std::fmt::Write as _;

use crate::store::Digest;

/// How many hashes, or leaves, a full tile has.
pub const TILE_WIDTH: u64 = 256;
/// Bytes of a hash.
pub(super) const HASH_SIZE: usize = 32;
/// Bytes of a full tile of hashes.
pub(super) const TILE_SIZE: usize = 8192;

/// `tile/<L>/<N>[.p/<W>]`: the hashes of a tile. A width of 256 is a full tile's.
pub(super) fn tile(level: u8, index: u64, width: u64) -> String {
    positioned(&format!("tile/{level}"), index, width)
}

/// `tile/entries/<N>[.p/<W>]`: the leaves of a tile of level 0.
pub(super) fn entries(index: u64, width: u64) -> String {
    positioned("tile/entries", index, width)
}

/// The leaves that a writer wants to append, by their digest.
pub(super) fn staged(digest: &Digest) -> String {
    format!("{STAGED}{digest}")
}

/// The folder of staged leaves.
pub(super) const STAGED: &str = "staged/";

/// The folder of tiles, of hashes and of leaves.
pub(super) const TILES: &str = "tile/";

/// The position of the leaf with this key.
pub(super) fn position(key: &Digest) -> String {
    let name = key.to_string();
    let (fan, rest) = name.split_at(2);
    format!("index/{fan}/{rest}")
}

/// An index in elements of three digits, all but the last of which start with `x`.
fn positioned(folder: &str, index: u64, width: u64) -> String {
    let mut elements = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        elements = format!("x{:03}/{elements}", rest % 1000);
        rest /= 1000;
    }
    let mut name = format!("{folder}/{elements}");
    if width < TILE_WIDTH {
        // Writing to a string cannot fail.
        let _ = write!(name, ".p/{width}");
    }
    name
}

/// Puts a leaf's length before it. `None`: it is too long.
pub(super) fn push_entry(bundle: &mut Vec<u8>, leaf: &[u8]) -> Option<()> {
    bundle.extend(u16::try_from(leaf.len()).ok()?.to_be_bytes());
    bundle.extend(leaf);
    Some(())
}

/// The leaves of a bundle; `None` in place of one whose bytes end too early, which is the last.
pub(super) fn split_entries(mut bundle: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    std::iter::from_fn(move || {
        if bundle.is_empty() {
            return None;
        }
        let leaf = bundle.split_at_checked(2).and_then(|(length, rest)| {
            let length = u16::from_be_bytes(length.try_into().ok()?);
            rest.split_at_checked(usize::from(length))
        });
        let (leaf, rest) = leaf.map_or((None, &[][..]), |(leaf, rest)| (Some(leaf), rest));
        bundle = rest;
        Some(leaf)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of c2sp.org/tlog-tiles.
    #[test]
    fn names_are_those_of_the_specification() {
        assert_eq!(tile(0, 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(tile(2, 0, 1), "tile/2/000.p/1");
        assert_eq!(tile(0, 273, 112), "tile/0/273.p/112");
        assert_eq!(entries(999, 256), "tile/entries/999");
        assert_eq!(entries(1000, 255), "tile/entries/x001/000.p/255");
        assert_eq!(tile(1, 12_000, 256), "tile/1/x012/000");
    }

    #[test]
    fn bundles_are_split_and_cut_ones_are_noticed() {
        let mut bundle = Vec::new();
        let long = vec![7; 65_535];
        for leaf in [&b"one"[..], b"", &long] {
            push_entry(&mut bundle, leaf).unwrap();
        }
        assert_eq!(split_entries(&bundle).collect::<Vec<_>>(), [Some(&b"one"[..]), Some(b""), Some(&long)]);
        for cut in [1, 4, bundle.len() - 1] {
            assert_eq!(split_entries(&bundle[..cut]).last(), Some(None), "{cut}");
        }
        assert_eq!(push_entry(&mut bundle, &vec![0; 65_536]), None);
    }
}
