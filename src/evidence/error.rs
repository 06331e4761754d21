//! Evidence that cannot be read, or that is not what it should be.

use std::fmt;

use miette::Diagnostic;

use super::ledger::{RecordId, RetentionError, WitnessError};
use super::log::{LeafError, LogError, StorageError};
use super::pseudonyms::PseudonymError;
use crate::keys::{EnvelopeError, KeyError};
use crate::rules::minute;
use crate::store::Digest;

/// Evidence that cannot be used.
#[derive(Debug)]
pub enum EvidenceError {
    /// The storage cannot be read or written.
    Storage(StorageError),
    /// The log, or what it says of itself.
    Log(LogError),
    /// There is no log in the storage.
    NoLog,
    /// Something is kept, and not removed.
    Retention(RetentionError),
    /// Pseudonyms cannot be made or read.
    Pseudonyms(PseudonymError),
    /// A key did not sign.
    Key(KeyError),
    /// A key that the log does not name, or no longer.
    KeyDoesNotCount(Digest),
    /// A file that should be a bundle, or of this record.
    Bundle {
        /// Its name in the storage.
        name: String,
        /// What is wrong with it.
        error: EnvelopeError,
    },
    /// A record that cannot be logged.
    Leaf {
        /// The record.
        record: RecordId,
        /// Why.
        error: LeafError,
    },
    /// A checkpoint that a witness does not sign, or that no witness has signed.
    Witness(WitnessError),
    /// The clock is behind what was logged.
    Clock {
        /// What it says, in epoch seconds.
        now: i64,
        /// When the last record was made, by its own word.
        logged: i64,
    },
    /// No record has this id, or several begin with it.
    NoRecord(String),
    /// A record's file holds other bytes than its name says.
    WrongRecord(RecordId),
    /// An object is not there.
    NoObject(Digest),
    /// An object's bytes have another digest.
    WrongObject(Digest),
    /// A record names something by no digest that is known.
    NoDigest,
    /// An object is not what it is said to be.
    Malformed {
        /// The object.
        object: Digest,
        /// Why, in words.
        why: String,
    },
    /// The record cannot be judged again.
    NotReperformed {
        /// Why, in words.
        why: String,
        /// What to do next.
        help: Option<String>,
    },
}

impl EvidenceError {
    pub(crate) fn malformed(object: Digest, why: &str) -> Self {
        Self::Malformed { object, why: why.to_owned() }
    }
}

impl fmt::Display for EvidenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Storage(error) => error.fmt(f),
            Self::Log(error) => error.fmt(f),
            Self::NoLog => f.write_str("there is no log here yet"),
            Self::Retention(error) => error.fmt(f),
            Self::Pseudonyms(error) => error.fmt(f),
            Self::Key(error) => error.fmt(f),
            Self::KeyDoesNotCount(key) => write!(f, "the key {key} does not count in this log"),
            Self::Bundle { name, error } => write!(f, "`{name}`: {error}"),
            Self::Leaf { record, error } => write!(f, "the record {record} cannot be logged: {error}"),
            Self::Witness(error) => error.fmt(f),
            Self::Clock { now, logged } => {
                write!(f, "it is {} by this clock, and a record was logged at {}", minute(*now), minute(*logged))
            }
            Self::NoRecord(id) => write!(f, "there is no record `{id}`, or more than one"),
            Self::WrongRecord(id) => write!(f, "the file of the record {id} holds something else"),
            Self::NoObject(digest) => write!(f, "the object {digest} is not there"),
            Self::WrongObject(digest) => write!(f, "the object {digest} holds something else than its name says"),
            Self::NoDigest => f.write_str("it names something without a SHA-256"),
            Self::Malformed { object, why } => write!(f, "the object {object} is not what the record needs: {why}"),
            Self::NotReperformed { why, .. } => write!(f, "the record cannot be judged again: {why}"),
        }
    }
}

impl std::error::Error for EvidenceError {}

impl From<StorageError> for EvidenceError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<LogError> for EvidenceError {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

impl From<PseudonymError> for EvidenceError {
    fn from(error: PseudonymError) -> Self {
        Self::Pseudonyms(error)
    }
}

impl From<RetentionError> for EvidenceError {
    fn from(error: RetentionError) -> Self {
        Self::Retention(error)
    }
}

impl From<WitnessError> for EvidenceError {
    fn from(error: WitnessError) -> Self {
        Self::Witness(error)
    }
}

impl Diagnostic for EvidenceError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match self {
            Self::Storage(error) => error.help(),
            Self::Log(error) => error.help(),
            Self::NoLog => Some(Box::new("`countersign evidence trust init` begins one")),
            Self::Retention(error) => error.help(),
            Self::Pseudonyms(error) => error.help(),
            Self::Key(error) => error.help(),
            Self::KeyDoesNotCount(_) => Some(Box::new(
                "`countersign evidence trust add` adds it, with a key that counts; nothing was signed with this one",
            )),
            Self::Bundle { error, .. } => error.help(),
            Self::Leaf { error, .. } => error.help(),
            Self::Witness(error) => error.help(),
            Self::Clock { .. } => Some(Box::new("set this machine's clock, and record again")),
            Self::NoRecord(_) => {
                Some(Box::new("`countersign evidence list` names them; four characters are the least"))
            }
            Self::WrongRecord(_) | Self::NoObject(_) | Self::WrongObject(_) => {
                Some(Box::new("it was damaged or changed: restore it from another copy of the evidence"))
            }
            Self::NoDigest | Self::Malformed { .. } => {
                Some(Box::new("`countersign evidence verify` says what else is damaged"))
            }
            Self::NotReperformed { help, .. } => help.as_ref().map(|help| Box::new(help) as _),
        }
    }
}
