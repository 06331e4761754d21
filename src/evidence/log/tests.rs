mod bucket;
mod faults;
mod git;
mod kinds;
mod leaves;
mod locations;
mod notes;
mod oracle;
mod proofs;
mod reading;
mod storages;
mod tidying;
mod writing;

use super::*;
use crate::keys::EvidenceKey;

/// The origin of every log here.
const ORIGIN: &str = "example.com/evidence";

/// The key of every log here; Ed25519 is much the quicker one.
fn key() -> EvidenceKey {
    ed25519_key(7)
}

fn ecdsa_key() -> EvidenceKey {
    p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap().into()
}

fn ed25519_key(seed: u8) -> EvidenceKey {
    ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).into()
}

fn log_keys() -> Vec<NoteKey> {
    vec![NoteKey::of_log(ORIGIN, key().public_key()).unwrap()]
}

/// Some leaf; equal numbers give equal leaves.
fn leaf(number: u64) -> Leaf {
    Leaf::unsigned(&number.to_be_bytes())
}

fn leaves(numbers: impl IntoIterator<Item = u64>) -> Vec<Leaf> {
    numbers.into_iter().map(leaf).collect()
}

fn create<S: Storage>(storage: S) -> Log<S> {
    Log::create(storage, ORIGIN, key()).unwrap()
}

fn open<S: Storage>(storage: S) -> (Log<S>, Option<Healed>) {
    Log::open(storage, ORIGIN, key(), Vec::new()).unwrap()
}

fn reader<S: Storage>(storage: S) -> LogReader<S> {
    LogReader::open(storage, &log_keys(), &[]).unwrap()
}

/// Every leaf's bytes, in order.
fn all_leaves<S: Storage>(reader: &LogReader<S>) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    reader
        .for_each(0, |index, bytes| {
            assert_eq!(index, found.len() as u64);
            found.push(bytes.to_vec());
            Ok::<(), LogError>(())
        })
        .unwrap();
    found
}
