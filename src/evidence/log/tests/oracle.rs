//! RFC 6962, section 2.1, word for word and as slow as it reads.

use sha2::{Digest as _, Sha256};

use crate::store::Digest;

fn hash(parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    Digest(hasher.finalize().into())
}

/// The largest power of two that is smaller than `n`.
fn split(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

/// MTH(D[n]).
pub(super) fn root(leaves: &[Vec<u8>]) -> Digest {
    match leaves {
        [] => hash(&[]),
        [leaf] => hash(&[&[0], leaf]),
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            hash(&[&[1], &root(left).0, &root(right).0])
        }
    }
}

/// PATH(m, D[n]).
pub(super) fn path(m: usize, leaves: &[Vec<u8>]) -> Vec<Digest> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, other) = if m < k { (path(m, left), root(right)) } else { (path(m - k, right), root(left)) };
    path.push(other);
    path
}

/// PROOF(m, D[n]).
pub(super) fn proof(m: usize, leaves: &[Vec<u8>]) -> Vec<Digest> {
    fn subproof(m: usize, leaves: &[Vec<u8>], complete: bool) -> Vec<Digest> {
        if m == leaves.len() {
            return if complete { Vec::new() } else { vec![root(leaves)] };
        }
        let k = split(leaves.len());
        let (left, right) = leaves.split_at(k);
        let (mut proof, other) = if m <= k {
            (subproof(m, left, complete), root(right))
        } else {
            (subproof(m - k, right, false), root(left))
        };
        proof.push(other);
        proof
    }
    subproof(m, leaves, true)
}
