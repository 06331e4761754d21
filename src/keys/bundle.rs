//! Sigstore bundles, version 0.3, with a public key (sigstore/protobuf-specs, `sigstore_bundle.proto`).

use serde::{Deserialize, Serialize};

use super::{Envelope, EnvelopeError, PublicKey, encoding};

/// The media type of the version that is read and written.
pub const BUNDLE_MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// One signer's envelope, in the form that other people's verifiers take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigstoreBundle {
    /// Which key its maker says signed: a hint for finding it. Ours is the key's fingerprint.
    pub hint: String,
    /// The envelope; it has exactly one signature.
    pub envelope: Envelope,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Json {
    media_type: String,
    verification_material: Material,
    dsse_envelope: Envelope,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    public_key: Hint,
    /// Entries of public logs. Ours is another log, whose proof stands beside the bundle.
    #[serde(default)]
    tlog_entries: Vec<serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
struct Hint {
    #[serde(default)]
    hint: String,
}

impl SigstoreBundle {
    /// The bundle of an envelope that `key` signed.
    ///
    /// # Errors
    /// [`EnvelopeError`]: the envelope has not exactly one signature, or it is not by the key.
    pub fn new(envelope: Envelope, key: &PublicKey) -> Result<Self, EnvelopeError> {
        one_signature(&envelope)?;
        envelope.verify(std::slice::from_ref(key))?;
        Ok(Self { hint: key.fingerprint().to_string(), envelope })
    }

    /// Reads a bundle with a public key.
    ///
    /// # Errors
    /// [`EnvelopeError`]: not JSON, another version, with a certificate, or not exactly one signature.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Kind {
            media_type: String,
        }
        let malformed = |error: serde_json::Error| EnvelopeError::Malformed(error.to_string());
        let kind: Kind = serde_json::from_slice(bytes).map_err(malformed)?;
        if kind.media_type != BUNDLE_MEDIA_TYPE {
            return Err(EnvelopeError::MediaType(kind.media_type));
        }
        let json: Json = serde_json::from_slice(bytes).map_err(malformed)?;
        one_signature(&json.dsse_envelope)?;
        Ok(Self { hint: json.verification_material.public_key.hint, envelope: json.dsse_envelope })
    }

    /// The signature of a bundle that has one, as far as it can be told without reading the payload. Nothing vouches for it.
    #[must_use]
    pub fn signature(bytes: &[u8]) -> Option<Vec<u8>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Bundle {
            dsse_envelope: Signatures,
        }
        #[derive(Deserialize)]
        struct Signatures {
            signatures: Vec<Signature>,
        }
        #[derive(Deserialize)]
        struct Signature {
            sig: String,
        }
        let bundle: Bundle = serde_json::from_slice(bytes).ok()?;
        let signature = bundle.dsse_envelope.signatures.into_iter().next()?;
        encoding::decode(&signature.sig)
    }

    /// The JSON form.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let json = Json {
            media_type: BUNDLE_MEDIA_TYPE.to_owned(),
            verification_material: Material { public_key: Hint { hint: self.hint.clone() }, tlog_entries: Vec::new() },
            dsse_envelope: self.envelope.clone(),
        };
        // Text alone always serialises.
        serde_json::to_vec(&json).unwrap_or_default()
    }
}

fn one_signature(envelope: &Envelope) -> Result<(), EnvelopeError> {
    match envelope.signatures.len() {
        1 => Ok(()),
        count => Err(EnvelopeError::SignatureCount(count)),
    }
}
