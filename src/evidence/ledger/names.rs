//! Where the ledger's things are in its storage.

use super::RecordId;
use crate::keys::PublicKey;
use crate::store::Digest;

/// Where what records name is.
pub(super) const OBJECTS: &str = "objects/";
/// Where records are.
pub(super) const RECORDS: &str = "records/";
/// Which records say whom to trust.
pub(super) const TRUST: &str = "trust/";
/// Which tombstones were begun, and which of them are done.
pub(super) const PURGES: &str = "purges/";
const BUNDLE: &str = ".sigstore.json";
const SSH_SIGNATURE: &str = ".sshsig";
const TEST_RESULT: &str = ".test-result";

/// `ab/cdef…`, so that no folder holds everything.
fn fanned(digest: &Digest) -> String {
    let name = digest.to_string();
    let (fan, rest) = name.split_at(2);
    format!("{fan}/{rest}")
}

/// The digest of an object, from its name.
pub(super) fn digest_of_object(name: &str) -> Option<Digest> {
    let (fan, rest) = name.strip_prefix(OBJECTS)?.strip_suffix(".zst")?.split_once('/')?;
    format!("{fan}{rest}").parse().ok()
}

pub(super) fn object(digest: &Digest) -> String {
    format!("{OBJECTS}{}.zst", fanned(digest))
}

/// Whether a name is that of something that records name.
pub(super) fn is_object(name: &str) -> bool {
    name.starts_with(OBJECTS)
}

pub(super) fn statement(id: RecordId) -> String {
    format!("{RECORDS}{}.json", fanned(&id.0))
}

pub(super) fn test_result(id: RecordId) -> String {
    format!("{RECORDS}{}{TEST_RESULT}.json", fanned(&id.0))
}

pub(super) fn bundle(id: RecordId, key: &PublicKey) -> String {
    let fingerprint = key.fingerprint().to_string();
    format!("{RECORDS}{}.{}{BUNDLE}", fanned(&id.0), fingerprint.get(..16).unwrap_or_default())
}

pub(super) fn ssh_signature(id: RecordId, key: &PublicKey) -> String {
    let fingerprint = key.fingerprint().to_string();
    format!("{RECORDS}{}.{}{SSH_SIGNATURE}", fanned(&id.0), fingerprint.get(..16).unwrap_or_default())
}

/// The bundle that an SSH signature stands beside, and its record; `None` when a name is of something else.
pub(super) fn bundle_beside(ssh_signature: &str) -> Option<(RecordId, String)> {
    let bundle = format!("{}{BUNDLE}", ssh_signature.strip_suffix(SSH_SIGNATURE)?);
    Some((id_of_bundle(&bundle)?, bundle))
}

pub(super) fn test_result_bundle(id: RecordId, key: &PublicKey) -> String {
    let fingerprint = key.fingerprint().to_string();
    format!("{RECORDS}{}{TEST_RESULT}.{}{BUNDLE}", fanned(&id.0), fingerprint.get(..16).unwrap_or_default())
}

pub(super) fn proof(id: RecordId) -> String {
    format!("{RECORDS}{}.tlog-proof", fanned(&id.0))
}

/// What the names of a record's bundles begin with.
pub(super) fn bundles(id: RecordId) -> String {
    format!("{RECORDS}{}.", fanned(&id.0))
}

/// Whether a name is that of a bundle over the record itself.
pub(super) fn is_bundle(id: RecordId, name: &str) -> bool {
    let rest = name.strip_prefix(&bundles(id)).and_then(|rest| rest.strip_suffix(BUNDLE));
    rest.is_some_and(|key| key.len() == 16 && !key.contains('.'))
}

/// The id of the record that a bundle is over, from the bundle's name.
pub(super) fn id_of_bundle(name: &str) -> Option<RecordId> {
    let (fan, rest) = name.strip_prefix(RECORDS)?.strip_suffix(BUNDLE)?.split_once('/')?;
    let (rest, _) = rest.split_once('.')?;
    let id = format!("{fan}{rest}").parse().ok()?;
    is_bundle(id, name).then_some(id)
}

/// The id of a record, from the name of its statement.
pub(super) fn id_of_statement(name: &str) -> Option<RecordId> {
    let (fan, rest) = name.strip_prefix(RECORDS)?.strip_suffix(".json")?.split_once('/')?;
    format!("{fan}{rest}").parse().ok()
}

pub(super) fn judged_of(tree: &str) -> String {
    format!("judged/{tree}/")
}

pub(super) fn judged(tree: &str, id: RecordId) -> String {
    format!("{}{id}", judged_of(tree))
}

pub(super) fn recorded_of(commit: &str) -> String {
    format!("recorded/{commit}/")
}

pub(super) fn recorded(commit: &str, id: RecordId) -> String {
    format!("{}{id}", recorded_of(commit))
}

pub(super) fn trust(id: RecordId) -> String {
    format!("{TRUST}{id}")
}

/// Says that what a tombstone names is about to be removed.
pub(super) fn purge_begun(id: RecordId) -> String {
    format!("{PURGES}{id}.begun")
}

/// Says that what a tombstone names is removed.
pub(super) fn purge_ended(id: RecordId) -> String {
    format!("{PURGES}{id}.ended")
}

/// The tombstones that were begun and are not done, from the names below [`PURGES`].
pub(super) fn purges_open(names: &[String]) -> Vec<RecordId> {
    let ended = |id: &RecordId| names.iter().any(|name| *name == purge_ended(*id));
    let begun = names.iter().filter_map(|name| name.strip_prefix(PURGES)?.strip_suffix(".begun")?.parse().ok());
    begun.filter(|id| !ended(id)).collect()
}

/// Whether a subject's URI is that of a repository, as somebody names it.
pub(super) fn is_repository(uri: &str, name: &str) -> bool {
    uri == name || uri.strip_prefix("git+") == Some(name)
}

/// The ids that names end with.
pub(super) fn ids_below(names: &[String]) -> Vec<RecordId> {
    names.iter().filter_map(|name| name.rsplit('/').next()?.parse().ok()).collect()
}
