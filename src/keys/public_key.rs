//! The public half of a key that signs evidence.

use std::fmt;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::spki::{DecodePublicKey as _, EncodePublicKey as _};
use miette::Diagnostic;

use crate::store::Digest;

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// ECDSA on NIST P-256 over SHA-256, signatures in DER (FIPS 186-5; RFC 3279, section 2.2.3).
    EcdsaP256,
    /// Ed25519 over the message itself, signatures of 64 bytes (RFC 8032).
    Ed25519,
}

impl Algorithm {
    /// The name in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EcdsaP256 => "ECDSA P-256",
            Self::Ed25519 => "Ed25519",
        }
    }
}

/// A public key that evidence is verified with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(Inner);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Inner {
    EcdsaP256(p256::ecdsa::VerifyingKey),
    Ed25519(ed25519_dalek::VerifyingKey),
}

impl PublicKey {
    /// Reads `-----BEGIN PUBLIC KEY-----` (SPKI, RFC 5280, section 4.1.2.7).
    ///
    /// # Errors
    /// [`PublicKeyError`]: not PEM, damaged, or neither P-256 nor Ed25519.
    pub fn from_pem(text: &str) -> Result<Self, PublicKeyError> {
        let text = text.trim();
        p256::ecdsa::VerifyingKey::from_public_key_pem(text)
            .map(Self::from)
            .or_else(|_| ed25519_dalek::VerifyingKey::from_public_key_pem(text).map(Self::from))
            .map_err(|_| PublicKeyError)
    }

    /// Reads an SPKI structure in DER.
    ///
    /// # Errors
    /// [`PublicKeyError`]: damaged, not in the one form that [`to_der`](Self::to_der) writes, or neither P-256 nor
    /// Ed25519.
    pub fn from_der(bytes: &[u8]) -> Result<Self, PublicKeyError> {
        let key = p256::ecdsa::VerifyingKey::from_public_key_der(bytes)
            .map(Self::from)
            .or_else(|_| ed25519_dalek::VerifyingKey::from_public_key_der(bytes).map(Self::from))
            .map_err(|_| PublicKeyError)?;
        // A point may be written compressed too. One key has one fingerprint, so it has one form.
        if key.to_der() == bytes { Ok(key) } else { Err(PublicKeyError) }
    }

    /// The 32 bytes of an Ed25519 key (RFC 8032, section 5.1.5).
    ///
    /// # Errors
    /// [`PublicKeyError`]: not a point on the curve.
    pub fn from_ed25519(bytes: &[u8; 32]) -> Result<Self, PublicKeyError> {
        ed25519_dalek::VerifyingKey::from_bytes(bytes).map(Self::from).map_err(|_| PublicKeyError)
    }

    /// The 32 bytes of an Ed25519 key; `None` for others.
    #[must_use]
    pub fn to_ed25519(&self) -> Option<[u8; 32]> {
        match &self.0 {
            Inner::Ed25519(key) => Some(key.to_bytes()),
            Inner::EcdsaP256(_) => None,
        }
    }

    /// An ECDSA key; `None` for others.
    pub(super) fn to_p256(&self) -> Option<&p256::ecdsa::VerifyingKey> {
        match &self.0 {
            Inner::EcdsaP256(key) => Some(key),
            Inner::Ed25519(_) => None,
        }
    }

    /// How the key signs.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.0 {
            Inner::EcdsaP256(_) => Algorithm::EcdsaP256,
            Inner::Ed25519(_) => Algorithm::Ed25519,
        }
    }

    /// The SPKI structure in DER, points uncompressed.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let der = match &self.0 {
            Inner::EcdsaP256(key) => key.to_public_key_der(),
            Inner::Ed25519(key) => key.to_public_key_der(),
        };
        // A key of fixed size always encodes.
        der.map(|document| document.as_bytes().to_vec()).unwrap_or_default()
    }

    /// The SPKI structure in PEM, with a line feed at the end.
    #[must_use]
    pub fn to_pem(&self) -> String {
        match &self.0 {
            Inner::EcdsaP256(key) => key.to_public_key_pem(LineEnding::LF),
            Inner::Ed25519(key) => key.to_public_key_pem(LineEnding::LF),
        }
        .unwrap_or_default()
    }

    /// The key's name: SHA-256 of its SPKI structure in DER.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.to_der())
    }

    /// Whether `signature` is one of `message` by this key, in the form that [`Algorithm`] says.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            // By another implementation than the one that signs: three times as fast, and ledgers are long.
            Inner::EcdsaP256(key) => {
                let point = key.to_encoded_point(false);
                ring::signature::UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_ASN1, point.as_bytes())
                    .verify(message, signature)
                    .is_ok()
            }
            // Strict: every verifier gives the same answer, also for keys and signatures that were made to differ.
            Inner::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
        }
    }
}

impl From<p256::ecdsa::VerifyingKey> for PublicKey {
    fn from(key: p256::ecdsa::VerifyingKey) -> Self {
        Self(Inner::EcdsaP256(key))
    }
}

impl From<ed25519_dalek::VerifyingKey> for PublicKey {
    fn from(key: ed25519_dalek::VerifyingKey) -> Self {
        Self(Inner::Ed25519(key))
    }
}

/// Bytes that are no public key of a supported kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKeyError;

impl fmt::Display for PublicKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a public key of ECDSA P-256 or Ed25519 in SPKI form")
    }
}

impl std::error::Error for PublicKeyError {}

impl Diagnostic for PublicKeyError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(
            "it starts with `-----BEGIN PUBLIC KEY-----`; `openssl pkey -in KEY -pubout` writes it for a private key",
        ))
    }
}
