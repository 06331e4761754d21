//! Names for secrets that tell nothing about them.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// The key of a repository's digests. Without it nobody can test a guess against a digest.
#[derive(Clone)]
pub struct DigestKey([u8; 32]);

impl DigestKey {
    /// A key of these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key that material stands for: a file of random bytes, or the name of a repository. A name is no secret, so
    /// whoever knows it can test guesses of a weak password against its digest.
    #[must_use]
    pub fn derive(material: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"countersign.dev/secret-digest/v1\0");
        hash.update(material);
        Self(hash.finalize().into())
    }

    /// The key of a repository, by the address that it is fetched from or by the name that its forge gives it
    /// (`OWNER/NAME`). However it is fetched, the key is the same: only the last two parts of the address count, in lower
    /// case and without `.git`.
    #[must_use]
    pub fn of_repository(address: &str) -> Self {
        let address = address.trim_end_matches('/').to_lowercase();
        let address = address.strip_suffix(".git").unwrap_or(&address);
        let mut parts = address.rsplit(['/', ':']).filter(|part| !part.is_empty());
        let (name, owner) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        Self::derive(format!("{owner}/{name}").as_bytes())
    }

    /// The digest of a secret of a kind: HMAC-SHA256 over the kind's id, a zero byte and the secret.
    #[must_use]
    pub fn digest(&self, kind: &str, secret: &[u8]) -> SecretDigest {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return SecretDigest([0; 32]) };
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(secret);
        SecretDigest(mac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for DigestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestKey(..)")
    }
}

/// A keyed digest of one secret; shown as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretDigest(pub [u8; 32]);

impl fmt::Display for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretDigest({self})")
    }
}
