//! Trees and proofs against the oracle, and against published ones.

use base64ct::{Base64, Encoding as _};
use proptest::prelude::*;

use super::super::tree::Edge;
use super::*;
use crate::store::Digest;

fn bytes(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|number| format!("leaf {number}").into_bytes()).collect()
}

fn hash(text: &str) -> Digest {
    Digest(Base64::decode_vec(text).unwrap().try_into().unwrap_or_default())
}

/// Facts of transparency-dev/merkle, testdata/ (the tree of the reference implementation of RFC 6962), in short.
#[test]
fn published_proofs_hold_and_published_forgeries_do_not() {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/log/merkle.jsonl"));
    let mut seen = [0, 0];
    for line in text.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let number = |name: &str| case[name].as_u64().unwrap();
        let proof: Vec<Digest> =
            case["proof"].as_array().unwrap().iter().map(|text| hash(text.as_str().unwrap())).collect();
        let text = |name: &str| hash(case[name].as_str().unwrap());
        let held = if case.get("leafIdx").is_some() {
            verify_inclusion(&proof, number("treeSize"), text("root"), number("leafIdx"), text("leafHash"))
        } else {
            verify_consistency(&proof, number("size1"), text("root1"), number("size2"), text("root2"))
        };
        assert_eq!(held.is_err(), case["wantErr"].as_bool().unwrap(), "{line}");
        seen[usize::from(held.is_ok())] += 1;
    }
    assert!(seen[0] > 10 && seen[1] > 10, "{seen:?}");
}

/// Trees of one size are one tree, and the tree without leaves has one root. That every tree starts with that one needs
/// no proof; the library of transparency-dev refuses the question.
#[test]
fn trees_of_one_size_have_one_root() {
    let (one, two) = (leaf_hash(b"one"), leaf_hash(b"two"));
    let consistent = |old, old_root, new, new_root| verify_consistency(&[], old, old_root, new, new_root).is_ok();
    assert!(consistent(1, one, 1, one) && !consistent(1, one, 1, two));
    assert!(consistent(7, one, 7, one) && !consistent(7, one, 7, two) && !consistent(7, one, 6, one));
    assert!(consistent(0, empty_root(), 0, empty_root()) && !consistent(0, empty_root(), 0, one));
    assert!(consistent(0, empty_root(), 5, one) && !consistent(0, one, 5, one));
    assert!(verify_consistency(&[one], 0, empty_root(), 5, one).is_err());
    assert!(verify_consistency(&[one], 7, one, 7, one).is_err());
    assert!(verify_inclusion(&[], 1, one, 0, one).is_ok() && verify_inclusion(&[], 1, one, 0, two).is_err());
    assert!(verify_inclusion(&[], 0, empty_root(), 0, one).is_err());
}

/// The leaves and roots of certificate-transparency's reference tree, which the proofs above are of.
#[test]
fn the_published_tree_has_its_published_root() {
    let leaves: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let mut edge = Edge::default();
    assert_eq!(edge.root().to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(edge.root(), empty_root());
    for leaf in leaves {
        edge.push(leaf_hash(leaf), |_, _, _| panic!("no tile is full"));
    }
    assert_eq!(edge.root(), hash("XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg="));
    assert_eq!(oracle::root(&leaves.map(<[u8]>::to_vec)), edge.root());
}

#[test]
fn roots_are_the_oracle_s_at_every_size() {
    let leaves = bytes(1030);
    let mut edge = Edge::default();
    for size in 0..leaves.len() {
        if size <= 300 || size % 97 == 0 || size >= 1020 {
            assert_eq!(edge.root(), oracle::root(&leaves[..size]), "{size}");
        }
        edge.push(leaf_hash(&leaves[size]), |_, _, _| ());
    }
}

/// What `c2sp.org/tlog-tiles` says of a tree of 70,000 leaves.
#[test]
fn the_tiles_of_a_large_tree_are_those_of_the_specification() {
    let mut edge = Edge::default();
    let mut full = [0, 0, 0];
    for number in 0..70_000_u64 {
        edge.push(leaf_hash(&number.to_be_bytes()), |level, index, tile| {
            assert_eq!((index, tile.len()), (full[usize::from(level)], 8192));
            full[usize::from(level)] += 1;
        });
    }
    assert_eq!(full, [273, 1, 0]);
    let widths: Vec<usize> = edge.tiles().iter().map(|tile| tile.len() / 32).collect();
    assert_eq!(widths, [112, 17, 1]);
    assert_eq!(Edge::widths(70_000).collect::<Vec<_>>(), [(0, 112), (1, 17), (2, 1)]);
    assert_eq!(Edge::widths(256).collect::<Vec<_>>(), [(0, 0), (1, 1)]);
}

/// Every tree up to 300 leaves, in tiles, against the oracle: every inclusion proof and every consistency proof.
#[test]
fn every_proof_of_every_small_tree_is_the_oracle_s() {
    let storage = MemoryStorage::new();
    let log = create(&storage);
    let mut bytes = Vec::new();
    let mut roots = vec![empty_root()];
    for size in 1..=300_u64 {
        assert_eq!(log.append(&[leaf(size - 1)]).unwrap().positions, [size - 1]);
        bytes.push(leaf(size - 1).to_bytes());
        let reader = reader(&storage);
        assert_eq!((reader.size(), reader.root()), (size, oracle::root(&bytes)));
        roots.push(reader.root());
        // All of them up to 64 and about the first full tile, and some of each other size.
        let step = if size <= 64 || (250..=260).contains(&size) { 1 } else { 13 };
        for index in (0..size).rev().step_by(step) {
            let at = usize::try_from(index).unwrap();
            let proof = reader.inclusion_proof(index).unwrap();
            assert_eq!(proof, oracle::path(at, &bytes), "{index} of {size}");
            verify_inclusion(&proof, size, reader.root(), index, leaf_hash(&bytes[at])).unwrap();
        }
        for old in (0..=size).rev().step_by(step) {
            let at = usize::try_from(old).unwrap();
            let proof = reader.consistency_proof(old).unwrap();
            if old > 0 {
                assert_eq!(proof, oracle::proof(at, &bytes), "{old} of {size}");
            }
            verify_consistency(&proof, old, roots[at], size, reader.root()).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn proofs_of_larger_trees_are_the_oracle_s(
        batches in prop::collection::vec(1..700_u64, 1..6),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 8),
    ) {
        let storage = MemoryStorage::new();
        let log = create(&storage);
        let mut size = 0;
        for batch in batches {
            log.append(&leaves(size..size + batch)).unwrap();
            size += batch;
        }
        let bytes: Vec<Vec<u8>> = (0..size).map(|number| leaf(number).to_bytes()).collect();
        let reader = reader(&storage);
        prop_assert_eq!(reader.root(), oracle::root(&bytes));
        prop_assert_eq!(all_leaves(&reader), bytes.clone());
        for pick in picks {
            let at = pick.index(bytes.len());
            let index = at as u64;
            let proof = reader.inclusion_proof(index).unwrap();
            prop_assert_eq!(&proof, &oracle::path(at, &bytes));
            prop_assert_eq!(reader.leaf(index).unwrap(), leaf(index));
            let old = index + 1;
            let consistency = reader.consistency_proof(old).unwrap();
            prop_assert_eq!(&consistency, &oracle::proof(at + 1, &bytes));
            let old_root = oracle::root(&bytes[..=at]);
            prop_assert!(verify_consistency(&consistency, old, old_root, size, reader.root()).is_ok());
        }
    }

    #[test]
    fn a_changed_proof_does_not_hold(
        size in 2..200_usize,
        pick in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let bytes = bytes(size);
        let index = pick.index(size);
        let (root, leaf) = (oracle::root(&bytes), leaf_hash(&bytes[index]));
        let (count, place) = (size as u64, index as u64);
        let proof = oracle::path(index, &bytes);
        prop_assert!(verify_inclusion(&proof, count, root, place, leaf).is_ok());
        let mut changed = proof.clone();
        let hash = at.index(changed.len());
        changed[hash].0[at.index(32)] ^= 1 << bit;
        prop_assert!(verify_inclusion(&changed, count, root, place, leaf).is_err());
        prop_assert!(verify_inclusion(&proof[1..], count, root, place, leaf).is_err());
        let longer = [proof.as_slice(), &[root]].concat();
        prop_assert!(verify_inclusion(&longer, count, root, place, leaf).is_err());
        prop_assert!(verify_inclusion(&proof, count, root, count, leaf).is_err());
        let old = place + 1;
        let old_root = oracle::root(&bytes[..=index]);
        let proof = oracle::proof(index + 1, &bytes);
        prop_assert!(verify_consistency(&proof, old, old_root, count, root).is_ok());
        prop_assert!(verify_consistency(&proof, old, leaf, count, root).is_err() || old_root == leaf);
        for (hash, _) in proof.iter().enumerate() {
            let mut changed = proof.clone();
            changed[hash].0[at.index(32)] ^= 1 << bit;
            prop_assert!(verify_consistency(&changed, old, old_root, count, root).is_err());
        }
    }

    /// Sizes, indexes and hashes that somebody made up.
    #[test]
    fn any_proof_is_judged_without_a_panic(
        sizes in prop::array::uniform2(prop_oneof![any::<u64>(), 0..9_u64, (u64::MAX - 9)..=u64::MAX]),
        count in 0..70_usize,
    ) {
        let proof = vec![Digest([7; 32]); count];
        let _ = verify_inclusion(&proof, sizes[0], Digest([1; 32]), sizes[1], Digest([2; 32]));
        let _ = verify_consistency(&proof, sizes[0], Digest([1; 32]), sizes[1], Digest([2; 32]));
    }
}
