//! What stands in the log for one signature of one record.

use std::fmt;

use base64ct::{Base64, Encoding as _};
use miette::Diagnostic;
use serde_json::{Value, json};

use crate::evidence::canonical::canonical;
use crate::keys::{Algorithm, PublicKey};
use crate::store::Digest;

/// The most bytes that a leaf has: its length is written in two bytes (c2sp.org/tlog-tiles, "Log entries").
pub const LEAF_LIMIT: usize = 65_535;

/// The version of the leaves that are ours alone.
const OWN_VERSION: &str = "countersign.dev/log/v1";
const DSSE_ED25519: &str = "dsse-ed25519";
const DSSE_UNSIGNED: &str = "dsse-unsigned";

/// A leaf: who said what, by digest. The record itself is stored beside the log, so that a leaf is small, and so that
/// what a record holds can be erased without breaking the log.
///
/// Each leaf has one sequence of bytes, canonical JSON (RFC 8785), and no other bytes are read as it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaf {
    /// An envelope that an ECDSA P-256 key signed, as Rekor v2 logs it: `hashedrekord` 0.0.2 over DSSE's PAE
    /// (sigstore/rekor-tiles, CLIENTS.md, "DSSE / signed attestations").
    HashedRekord(Signed),
    /// An envelope that an Ed25519 key signed. Rekor takes none, since Ed25519 signs the message and not its digest.
    Ed25519(Signed),
    /// An evaluation that nobody signed. That it is in the log says when the log's keeper saw it, and no more.
    Unsigned {
        /// SHA-256 of the PAE that would have been signed.
        digest: Digest,
    },
}

/// A signature and what it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// SHA-256 of the PAE.
    pub digest: Digest,
    /// The signature of the PAE.
    pub signature: Vec<u8>,
    /// The key that made it.
    pub key: PublicKey,
}

impl Leaf {
    /// The leaf of a signature of `pae` by `key`.
    ///
    /// # Errors
    /// [`LeafError::Signature`]: it is not one.
    pub fn signed(pae: &[u8], signature: Vec<u8>, key: PublicKey) -> Result<Self, LeafError> {
        if !key.verifies(pae, &signature) {
            return Err(LeafError::Signature);
        }
        Ok(Self::of(Signed { digest: Digest::of(pae), signature, key }))
    }

    /// The leaf of a payload that nobody signed, by its PAE.
    #[must_use]
    pub fn unsigned(pae: &[u8]) -> Self {
        Self::Unsigned { digest: Digest::of(pae) }
    }

    fn of(signed: Signed) -> Self {
        match signed.key.algorithm() {
            Algorithm::EcdsaP256 => Self::HashedRekord(signed),
            Algorithm::Ed25519 => Self::Ed25519(signed),
        }
    }

    /// SHA-256 of the PAE of the record.
    #[must_use]
    pub fn digest(&self) -> Digest {
        match self {
            Self::HashedRekord(signed) | Self::Ed25519(signed) => signed.digest,
            Self::Unsigned { digest } => *digest,
        }
    }

    /// The signature, if there is one.
    #[must_use]
    pub fn signature(&self) -> Option<&Signed> {
        match self {
            Self::HashedRekord(signed) | Self::Ed25519(signed) => Some(signed),
            Self::Unsigned { .. } => None,
        }
    }

    /// What makes two leaves one: the record and who signed it. The signature's bytes stay outside, since most KMS sign
    /// the same message differently each time.
    #[must_use]
    pub fn key(&self) -> Digest {
        let signer =
            self.signature().map_or_else(|| "unsigned".to_owned(), |signed| signed.key.fingerprint().to_string());
        Digest::of(format!("{OWN_VERSION}\n{}\n{signer}\n", self.digest()).as_bytes())
    }

    /// Whether the leaf stands for `pae`, and its signature, if it has one, is of it.
    #[must_use]
    pub fn stands_for(&self, pae: &[u8]) -> bool {
        self.digest() == Digest::of(pae)
            && self.signature().is_none_or(|signed| signed.key.verifies(pae, &signed.signature))
    }

    /// The leaf's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let data = json!({ "algorithm": "SHA2_256", "digest": Base64::encode_string(&self.digest().0) });
        let signature = self.signature().map(|signed| {
            let details = match signed.key.algorithm() {
                Algorithm::EcdsaP256 => "PKIX_ECDSA_P256_SHA_256",
                Algorithm::Ed25519 => "PKIX_ED25519",
            };
            json!({
                "content": Base64::encode_string(&signed.signature),
                "verifier": {
                    "keyDetails": details,
                    "publicKey": { "rawBytes": Base64::encode_string(&signed.key.to_der()) },
                },
            })
        });
        canonical(&match self {
            Self::HashedRekord(_) => json!({
                "apiVersion": "0.0.2",
                "kind": "hashedrekord",
                "spec": { "hashedRekordV002": { "data": data, "signature": signature } },
            }),
            Self::Ed25519(_) => json!({
                "apiVersion": OWN_VERSION,
                "kind": DSSE_ED25519,
                "spec": { "data": data, "signature": signature },
            }),
            Self::Unsigned { .. } => json!({
                "apiVersion": OWN_VERSION,
                "kind": DSSE_UNSIGNED,
                "spec": { "data": data },
            }),
        })
    }

    /// Reads a leaf. That it was read says that it is well-formed, and nothing of the signature.
    ///
    /// # Errors
    /// [`LeafError`]: another kind or version, a field that is wrong, or other bytes than the leaf has.
    pub fn parse(bytes: &[u8]) -> Result<Self, LeafError> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| LeafError::Json(error.to_string()))?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (version, kind, spec) = (text(&value["apiVersion"]), text(&value["kind"]), &value["spec"]);
        let leaf = match (version.as_str(), kind.as_str()) {
            ("0.0.2", "hashedrekord") => Self::of(signed(&spec["hashedRekordV002"])?),
            (OWN_VERSION, DSSE_ED25519) => Self::of(signed(spec)?),
            (OWN_VERSION, DSSE_UNSIGNED) => Self::Unsigned { digest: digest(spec)? },
            _ => return Err(LeafError::Kind { kind, version }),
        };
        // Whatever was not looked at above differs here: unknown fields, other algorithms, spaces, the order of keys.
        if leaf.to_bytes() == bytes { Ok(leaf) } else { Err(LeafError::NotCanonical) }
    }
}

fn bytes(value: &Value, field: &'static str) -> Result<Vec<u8>, LeafError> {
    value.as_str().and_then(|text| Base64::decode_vec(text).ok()).ok_or(LeafError::Field(field))
}

fn digest(spec: &Value) -> Result<Digest, LeafError> {
    let found = bytes(&spec["data"]["digest"], "data.digest")?;
    found.try_into().map(Digest).map_err(|_| LeafError::Field("data.digest"))
}

fn signed(spec: &Value) -> Result<Signed, LeafError> {
    let signature = &spec["signature"];
    let key = bytes(&signature["verifier"]["publicKey"]["rawBytes"], "signature.verifier.publicKey.rawBytes")?;
    Ok(Signed {
        digest: digest(spec)?,
        signature: bytes(&signature["content"], "signature.content")?,
        key: PublicKey::from_der(&key).map_err(|_| LeafError::Field("signature.verifier.publicKey.rawBytes"))?,
    })
}

/// Why bytes are not a leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeafError {
    /// Not JSON.
    Json(String),
    /// A kind or version that is not known.
    Kind {
        /// What it says it is.
        kind: String,
        /// Of which version.
        version: String,
    },
    /// A field that is missing or wrong.
    Field(&'static str),
    /// It is not in canonical form, or has fields that do not belong there.
    NotCanonical,
    /// The signature is not one of the record by the key.
    Signature,
}

impl fmt::Display for LeafError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(message) => write!(f, "not JSON: {message}"),
            Self::Kind { kind, version } => write!(f, "a leaf of kind `{kind}`, version `{version}`, is not known"),
            Self::Field(field) => write!(f, "the leaf's `{field}` is missing or wrong"),
            Self::NotCanonical => f.write_str("the leaf is not canonical JSON, or has fields that do not belong there"),
            Self::Signature => f.write_str("the signature is not one of the record by its key"),
        }
    }
}

impl std::error::Error for LeafError {}

impl Diagnostic for LeafError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self {
            Self::Kind { .. } => "a newer release of countersign may know it",
            Self::Signature => "sign the record again, with the key whose public half is given",
            Self::Json(_) | Self::Field(_) | Self::NotCanonical => {
                "the log was written by another program, or was changed; compare it with another copy"
            }
        }))
    }
}
