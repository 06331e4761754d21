//! Witnesses: others, who keep the log's checkpoints and say by a signature that none contradicts another.
//!
//! A witness needs no trust in the log's keeper: it signs a checkpoint only if the tree that it signed before is the
//! beginning of this one (c2sp.org/tlog-witness, "add-checkpoint"). What it signed last is all that it keeps, and it keeps
//! it before its signature gets out.

use std::fmt;

use miette::Diagnostic;

use super::hints::Hints;
use super::verify::consistent;
use super::{Ledger, Trust};
use crate::evidence::error::EvidenceError;
use crate::evidence::log::{Checkpoint, LogError, LogReader, Slot, Storage, Swap, Version};
use crate::keys::EvidenceKey;
use crate::store::Digest;

/// Who witnesses.
#[derive(Debug, Clone, Copy)]
pub struct Witness<'a> {
    /// The name that it signs under.
    pub name: &'a str,
    /// Its key.
    pub key: &'a EvidenceKey,
    /// The fingerprint of the log's first key, as the log's keeper confirmed it.
    pub confirmed: Digest,
    /// The checkpoint that it signed last; `None` the first time.
    pub last: Option<&'a [u8]>,
}

/// A checkpoint that a witness signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// The checkpoint with the signature.
    pub note: Vec<u8>,
    /// How many records the log has.
    pub size: u64,
    /// How many it had when the witness signed last.
    pub before: Option<u64>,
}

/// Why a witness does not sign, or a checkpoint is not taken for a witnessed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WitnessError {
    /// The log begins with another key than the one that was confirmed.
    Genesis {
        /// The one that was confirmed.
        confirmed: Digest,
        /// The one that is there.
        found: Option<Digest>,
    },
    /// No key that counts at the end of the log signed the checkpoint.
    Signer,
    /// What was kept is no checkpoint of this log.
    Kept(String),
    /// The log has fewer records than it had.
    CutOff {
        /// How many it had.
        had: u64,
        /// How many are left.
        has: u64,
    },
    /// The log does not begin with what was signed.
    Rewritten(String),
    /// No witness that the log knows signed it.
    NoCosignature,
    /// The log has another checkpoint by now.
    Outdated {
        /// How many records the witnessed one has.
        witnessed: u64,
        /// How many the log's has.
        published: u64,
    },
}

impl fmt::Display for WitnessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Genesis { confirmed, found: Some(found) } => {
                write!(f, "the log begins with the key {found}, and {confirmed} was confirmed")
            }
            Self::Genesis { found: None, .. } => f.write_str("the log does not begin with a key that signs for itself"),
            Self::Signer => f.write_str("no key that counts at its end signed the checkpoint"),
            Self::Kept(why) => write!(f, "what was kept is no checkpoint of this log: {why}"),
            Self::CutOff { had, has } => {
                write!(f, "the log had {had} records, and {has} are left: the end was cut off")
            }
            Self::Rewritten(why) => f.write_str(why),
            Self::NoCosignature => f.write_str("no witness that the log knows signed this checkpoint"),
            Self::Outdated { witnessed, published } => {
                write!(f, "the witness signed a checkpoint of {witnessed} records, and the log's is of {published} now")
            }
        }
    }
}

impl std::error::Error for WitnessError {}

impl Diagnostic for WitnessError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self {
            Self::Genesis { .. } => "this is another log than the one that you were told of: ask its keeper",
            Self::Signer => "`countersign evidence verify` says what else is wrong with the log",
            Self::Kept(_) => "name the place in which a checkpoint of this log is kept",
            Self::CutOff { .. } | Self::Rewritten(_) => {
                "nothing was written: keep the checkpoint that was kept before, and tell whoever relies on the log"
            }
            Self::NoCosignature => "the log names its witnesses by `countersign evidence trust add --role witness`",
            Self::Outdated { .. } => "have the witness sign the new one: `countersign evidence witness`",
        }))
    }
}

/// Signs the log's last checkpoint as a witness, if it contradicts nothing that the witness signed before. Nothing is
/// written: the caller keeps the note first, and publishes it then by [`add_cosignatures`].
///
/// # Errors
/// [`EvidenceError::Witness`] when it does not sign; or of the storage, the log or the key.
pub fn witness<S: Storage>(storage: &S, witness: &Witness<'_>, time: u64) -> Result<Witnessed, EvidenceError> {
    let hints = Hints::read(&Ledger::new(storage))?;
    let reader = match LogReader::open(storage, &hints.of_log(), &[]) {
        Err(LogError::Absent) => return Err(EvidenceError::NoLog),
        opened => opened?,
    };
    let trust = hints.trust(&reader)?;
    let found = trust.keys.first().map(|own| own.key.fingerprint());
    if found != Some(witness.confirmed) {
        return Err(WitnessError::Genesis { confirmed: witness.confirmed, found }.into());
    }
    let counting = trust.of_log(reader.size());
    if !reader.checkpoint().signers.iter().any(|signer| counting.contains(signer)) {
        return Err(WitnessError::Signer.into());
    }
    let before = witness.last.map(|last| before(last, &trust, &reader)).transpose()?;
    let note = Checkpoint::cosign(reader.note(), witness.name, witness.key, time).map_err(LogError::from)?;
    Ok(Witnessed { note, size: reader.size(), before })
}

/// Whether the log begins with the tree of a checkpoint that was kept elsewhere; its size.
///
/// # Errors
/// [`EvidenceError::Witness`] when it does not; or of the storage or the log.
pub fn begins_with<S: Storage>(storage: &S, note: &[u8]) -> Result<u64, EvidenceError> {
    let hints = Hints::read(&Ledger::new(storage))?;
    let reader = LogReader::open(storage, &hints.of_log(), &[])?;
    Ok(before(note, &hints.trust(&reader)?, &reader)?)
}

/// The size of the tree that was signed last, which the log begins with.
fn before<S: Storage>(last: &[u8], trust: &Trust, reader: &LogReader<S>) -> Result<u64, WitnessError> {
    let keys = trust.ever_of_log();
    let opened = Checkpoint::open(last, &keys, &[]).map_err(|error| WitnessError::Kept(error.to_string()))?;
    let Checkpoint { size, root, .. } = opened.checkpoint;
    if size > reader.size() {
        return Err(WitnessError::CutOff { had: size, has: reader.size() });
    }
    consistent(reader, size, root).map_err(WitnessError::Rewritten)?;
    Ok(size)
}

/// Publishes what witnesses signed: their signatures are added to the log's checkpoint, and their names returned.
///
/// # Errors
/// [`EvidenceError::Witness`] when no witness that the log knows signed it, or the log has another one by now; or of the
/// storage or the note.
pub fn add_cosignatures<S: Storage>(storage: &S, note: &[u8]) -> Result<Vec<String>, EvidenceError> {
    let hints = Hints::read(&Ledger::new(storage))?;
    let (keys, witnesses) = (hints.of_log(), hints.witnesses());
    let given = Checkpoint::open(note, &keys, &witnesses).map_err(LogError::from)?;
    let names: Vec<String> = given.cosignatures.iter().map(|own| own.witness.name().to_owned()).collect();
    if names.is_empty() {
        return Err(WitnessError::NoCosignature.into());
    }
    let mut before: Option<Version> = None;
    loop {
        let (there, version) = storage.read_slot(Slot::Checkpoint)?.ok_or(EvidenceError::NoLog)?;
        let published = Checkpoint::open(&there, &keys, &[]).map_err(LogError::from)?.checkpoint;
        if published != given.checkpoint {
            let (witnessed, published) = (given.checkpoint.size, published.size);
            return Err(WitnessError::Outdated { witnessed, published }.into());
        }
        let merged = Checkpoint::with_cosignatures(&there, note, &witnesses).map_err(LogError::from)?;
        if merged == there || storage.swap_slot(Slot::Checkpoint, Some(&version), &merged)? == Swap::Done {
            return Ok(names);
        }
        // Every round that fails is one in which somebody else got on.
        if before.as_ref() == Some(&version) {
            return Err(EvidenceError::Log(LogError::Inconsistent(
                "its checkpoint does not change, and cannot be changed".to_owned(),
            )));
        }
        before = Some(version);
    }
}
