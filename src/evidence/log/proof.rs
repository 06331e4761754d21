//! A proof that one leaf is in the log, in one file that is checked without the log (c2sp.org/tlog-proof).

use std::fmt;

use base64ct::{Base64, Encoding as _};
use miette::Diagnostic;

use super::note::{Checkpoint, NoteError, NoteKey, OpenedCheckpoint};
use super::tree::{ProofError, verify_inclusion};
use crate::store::Digest;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// What a file `.tlog-proof` holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProof {
    /// Bytes that nothing vouches for.
    pub extra: Option<Vec<u8>>,
    /// The place of the leaf.
    pub index: u64,
    /// The inclusion proof, from the leaf's sibling up.
    pub hashes: Vec<Digest>,
    /// The checkpoint, as the log signed it.
    pub checkpoint: Vec<u8>,
}

impl LogProof {
    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("{FIRST_LINE}\n");
        if let Some(extra) = &self.extra {
            text += &format!("extra {}\n", Base64::encode_string(extra));
        }
        text += &format!("index {}\n", self.index);
        for hash in &self.hashes {
            text += &format!("{}\n", Base64::encode_string(&hash.0));
        }
        text.push('\n');
        [text.as_bytes(), &self.checkpoint].concat()
    }

    /// Reads a file. That it was read says nothing about its worth: [`verify`](Self::verify) does.
    ///
    /// # Errors
    /// [`LogProofError::Malformed`] with the line.
    pub fn parse(bytes: &[u8]) -> Result<Self, LogProofError> {
        let malformed = |line: usize, message: &'static str| LogProofError::Malformed { line, message };
        let end =
            memchr::memmem::find(bytes, b"\n\n").ok_or(malformed(1, "there is no empty line before the checkpoint"))?;
        let (head, checkpoint) = bytes.split_at(end);
        let head = std::str::from_utf8(head).map_err(|_| malformed(1, "it is not text"))?;
        let mut lines = head.split('\n').zip(1..).peekable();
        if lines.next().is_none_or(|(line, _)| line != FIRST_LINE) {
            return Err(malformed(1, "`c2sp.org/tlog-proof@v1` is expected"));
        }
        let extra = lines.next_if(|(line, _)| line.starts_with("extra ")).map(|(line, at)| {
            let text = line.strip_prefix("extra ").unwrap_or_default();
            Base64::decode_vec(text).map_err(|_| malformed(at, "the extra data is not base64"))
        });
        let extra = extra.transpose()?;
        let (index, at) = lines.next().unwrap_or((head, 2));
        let index = index
            .strip_prefix("index ")
            .and_then(|text| text.parse::<u64>().ok().filter(|index| index.to_string() == text))
            .ok_or(malformed(at, "`index` and a number are expected"))?;
        let hashes = lines.map(|(line, at)| {
            let hash = Base64::decode_vec(line).ok().and_then(|hash| hash.try_into().ok());
            hash.map(Digest).ok_or(malformed(at, "a hash of 32 bytes in base64 is expected"))
        });
        let hashes = hashes.collect::<Result<_, _>>()?;
        Ok(Self { extra, index, hashes, checkpoint: checkpoint.get(2..).unwrap_or_default().to_vec() })
    }

    /// Checks the checkpoint's signatures, and that the leaf is in the tree that it states (c2sp.org/tlog-proof,
    /// "Verifying a tlog proof"). How many witnesses are enough, the caller decides.
    ///
    /// # Errors
    /// [`LogProofError`].
    pub fn verify(
        &self,
        leaf: Digest,
        log: &[NoteKey],
        witnesses: &[NoteKey],
    ) -> Result<OpenedCheckpoint, LogProofError> {
        let opened = Checkpoint::open(&self.checkpoint, log, witnesses).map_err(LogProofError::Checkpoint)?;
        self.includes(leaf, &opened.checkpoint)?;
        Ok(opened)
    }

    /// Checks that the leaf is in the tree that a checkpoint states, whose signatures were checked.
    ///
    /// # Errors
    /// [`LogProofError::Inclusion`].
    pub fn includes(&self, leaf: Digest, checkpoint: &Checkpoint) -> Result<(), LogProofError> {
        let Checkpoint { size, root, .. } = *checkpoint;
        verify_inclusion(&self.hashes, size, root, self.index, leaf).map_err(LogProofError::Inclusion)
    }
}

/// Why a proof is not accepted.
#[derive(Debug)]
pub enum LogProofError {
    /// A line has not the form.
    Malformed {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: &'static str,
    },
    /// The checkpoint in it.
    Checkpoint(NoteError),
    /// The leaf is not where it says.
    Inclusion(ProofError),
}

impl fmt::Display for LogProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { line, message } => write!(f, "not a proof of the log: line {line}: {message}"),
            Self::Checkpoint(error) => error.fmt(f),
            Self::Inclusion(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LogProofError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Malformed { .. } => None,
            Self::Checkpoint(error) => Some(error),
            Self::Inclusion(error) => Some(error),
        }
    }
}

impl Diagnostic for LogProofError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match self {
            Self::Malformed { .. } => Some(Box::new("fetch the proof again; any copy of the log can make it")),
            Self::Checkpoint(error) => error.help(),
            Self::Inclusion(error) => error.help(),
        }
    }
}
