//! The digest of the running binary, taken while the trees are judged: it is as much work as a small judgement.

use std::fs::File;
use std::thread::{self, JoinHandle};

use super::Env;
use crate::store::Digest;

/// The digest of the running binary, in the making.
pub(super) struct OwnBinary(Option<JoinHandle<Option<Digest>>>);

impl OwnBinary {
    /// Starts to read it. Whoever drops this does not wait for it.
    pub(super) fn of(env: &Env<'_>) -> Self {
        let file = env.binary.as_ref().and_then(|path| File::open(path).ok());
        Self(file.map(|file| thread::spawn(move || Digest::of_reader(file).ok())))
    }

    /// The digest, if the binary can be read.
    pub(super) fn digest(self) -> Option<Digest> {
        self.0?.join().ok()?
    }
}
