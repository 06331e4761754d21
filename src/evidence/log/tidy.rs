//! Taking away what no reader needs any more.
//!
//! Two kinds of objects pile up. Each append makes partial tiles, which the full tile replaces in the end
//! (c2sp.org/tlog-tiles, "Partial Tiles": they may be deleted then). And each batch of leaves stays under `staged/`,
//! where it is needed only until its checkpoint is published.
//!
//! Tidying may go on beside any number of writers, and end at any point:
//!
//! - A partial tile goes only where the full one is there and begins with the same bytes. Readers at every checkpoint
//!   take the full one then, also at checkpoints that they kept.
//! - A batch goes only where it is not that of the head and every leaf of it is in the published tree. Its head was
//!   published then, or it never became one and cannot: its writer found one of those leaves lacking, so that the head
//!   has changed since, and the swap to it fails.

use std::collections::BTreeSet;

use super::head::Head;
use super::layout;
use super::note::NoteKey;
use super::reader::LogReader;
use super::storage::{Slot, Storage};
use super::{Leaf, LogError};

/// What was taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tidied {
    /// Partial tiles and bundles of leaves, which full ones replace.
    pub partial: usize,
    /// Batches of leaves that are published.
    pub staged: usize,
}

/// Takes away partial tiles that full ones replace, and batches that are published. `log` are the keys that may have
/// signed the checkpoint.
///
/// # Errors
/// As [`LogReader::open`]; or [`StorageErrorKind::Kept`](super::StorageErrorKind::Kept) where nothing can be taken away.
pub fn tidy<S: Storage>(storage: S, log: &[NoteKey]) -> Result<Tidied, LogError> {
    let reader = LogReader::open(&storage, log, &[])?;
    let partial = replaced(&storage)?;
    let staged = published(&storage, &reader)?;
    storage.remove_all(&partial)?;
    storage.remove_all(&staged)?;
    Ok(Tidied { partial: partial.len(), staged: staged.len() })
}

/// The partial objects that full ones replace.
fn replaced<S: Storage>(storage: &S) -> Result<Vec<String>, LogError> {
    let names: BTreeSet<String> = storage.list(layout::TILES)?.into_iter().collect();
    let mut replaced = Vec::new();
    let mut last: Option<(&str, Vec<u8>)> = None;
    for name in &names {
        let Some((full, _)) = name.split_once(".p/").filter(|(full, _)| names.contains(*full)) else { continue };
        let whole = match &mut last {
            Some((name, bytes)) if *name == full => bytes,
            other => {
                let bytes = storage.read(full)?.ok_or_else(|| LogError::Gone(full.to_owned()))?;
                &mut other.insert((full, bytes)).1
            }
        };
        // One that is damaged stays as it is found.
        if storage.read(name)?.is_some_and(|partial| whole.starts_with(&partial)) {
            replaced.push(name.clone());
        }
    }
    Ok(replaced)
}

/// The batches that nobody needs to finish an append.
fn published<S: Storage>(storage: &S, reader: &LogReader<&S>) -> Result<Vec<String>, LogError> {
    let (head, _) = storage.read_slot(Slot::Head)?.ok_or_else(|| LogError::Gone(Slot::Head.name().to_owned()))?;
    let current = Head::parse(&head)?.batch.map(|batch| layout::staged(&batch.staged));
    let mut published = Vec::new();
    for name in storage.list(layout::STAGED)?.into_iter().filter(|name| Some(name) != current.as_ref()) {
        let Some(bytes) = storage.read(&name)? else { continue };
        let mut leaves = layout::split_entries(&bytes);
        let everything = leaves.try_fold(true, |all, leaf| -> Result<bool, LogError> {
            let leaf = leaf.and_then(|bytes| Leaf::parse(bytes).ok());
            Ok(all && leaf.map_or(Ok(None), |leaf| reader.position(&leaf.key()))?.is_some())
        })?;
        if everything {
            published.push(name);
        }
    }
    Ok(published)
}
