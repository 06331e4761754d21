//! Reading objects, wherever they are kept.

use serde::de::DeserializeOwned;

use super::error::EvidenceError;
use super::manifest::Objects;
use crate::store::Digest;

/// Where objects are read from.
pub trait ReadObjects {
    /// The bytes of an object, checked against its digest.
    ///
    /// # Errors
    /// [`EvidenceError`] when it is missing or damaged.
    fn object(&self, digest: &Digest) -> Result<Vec<u8>, EvidenceError>;
}

/// Objects that were made just now.
impl ReadObjects for Objects {
    fn object(&self, digest: &Digest) -> Result<Vec<u8>, EvidenceError> {
        self.get(digest).map(<[u8]>::to_vec).ok_or(EvidenceError::NoObject(*digest))
    }
}

impl dyn ReadObjects + '_ {
    /// An object that holds JSON.
    ///
    /// # Errors
    /// [`EvidenceError`] when it is missing, damaged or something else.
    pub(super) fn json<T: DeserializeOwned>(&self, digest: Digest) -> Result<T, EvidenceError> {
        let bytes = self.object(&digest)?;
        serde_json::from_slice(&bytes).map_err(|error| EvidenceError::malformed(digest, &error.to_string()))
    }
}
