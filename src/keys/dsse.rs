//! DSSE envelopes: bytes, what they are, and signatures of both (secure-systems-lab/dsse, version 1.0.2).

use std::collections::BTreeMap;
use std::fmt;

use miette::Diagnostic;
use serde::{Deserialize, Serialize};

use super::{EvidenceKey, KeyError, PublicKey, encoding};
use crate::store::Digest;

/// What an envelope of ours holds: an in-toto statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// What is signed for a payload of a type: DSSE's Pre-Authentication Encoding (protocol.md, "Signature Definition").
#[must_use]
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// A payload with its signatures. That it was parsed says nothing about its worth: [`verify`](Self::verify) does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// What the payload is.
    pub payload_type: String,
    /// The bytes that are signed, with their type.
    pub payload: Vec<u8>,
    /// The signatures, in the order of the file.
    pub signatures: Vec<EnvelopeSignature>,
}

/// One signature of an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeSignature {
    /// The signature.
    pub sig: Vec<u8>,
    /// Which key its maker says it is by: a hint for people. Nothing here decides by it.
    pub keyid: String,
}

/// A payload that keys have signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedPayload<'a> {
    /// The very bytes that the signatures cover. Use these, and do not parse the envelope again.
    pub payload: &'a [u8],
    /// The keys that signed, each once however often it did, with one signature of it; at least one. A rule that wants
    /// several signers counts them.
    pub signers: BTreeMap<Digest, &'a [u8]>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Json {
    payload: String,
    payload_type: String,
    signatures: Vec<JsonSignature>,
}

// Unknown fields are ignored: envelope.md, "Parsing rules".
#[derive(Serialize, Deserialize)]
struct JsonSignature {
    sig: String,
    #[serde(default)]
    keyid: Option<String>,
}

impl Envelope {
    /// Signs an in-toto statement, given as its bytes. The signature's `keyid` is the key's fingerprint.
    ///
    /// # Errors
    /// [`KeyError`] of the key.
    pub fn sign(payload: Vec<u8>, key: &EvidenceKey) -> Result<Self, KeyError> {
        let sig = key.sign(&pae(PAYLOAD_TYPE, &payload))?;
        let keyid = key.public_key().fingerprint().to_string();
        let signatures = vec![EnvelopeSignature { sig, keyid }];
        Ok(Self { payload_type: PAYLOAD_TYPE.to_owned(), payload, signatures })
    }

    /// Reads the JSON form. Either alphabet of base64 is taken, and fields that are not known are left alone.
    ///
    /// # Errors
    /// [`EnvelopeError`]: not JSON, a field is missing or twice there, or its base64 is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let json = serde_json::from_slice(bytes).map_err(|error| EnvelopeError::Malformed(error.to_string()))?;
        Self::from_json(json)
    }

    fn from_json(json: Json) -> Result<Self, EnvelopeError> {
        let base64 = |text: &str, field: String| encoding::decode(text).ok_or(EnvelopeError::Base64(field));
        let payload = base64(&json.payload, "payload".to_owned())?;
        let signatures = json.signatures.into_iter().enumerate().map(|(index, signature)| {
            let sig = base64(&signature.sig, format!("signatures[{index}].sig"))?;
            Ok(EnvelopeSignature { sig, keyid: signature.keyid.unwrap_or_default() })
        });
        Ok(Self { payload_type: json.payload_type, payload, signatures: signatures.collect::<Result<_, _>>()? })
    }

    /// The JSON form, in standard base64.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Text alone always serialises.
        serde_json::to_vec(&self.json()).unwrap_or_default()
    }

    fn json(&self) -> Json {
        let signatures = self.signatures.iter().map(|signature| JsonSignature {
            sig: encoding::encode(&signature.sig),
            keyid: Some(signature.keyid.clone()),
        });
        Json {
            payload: encoding::encode(&self.payload),
            payload_type: self.payload_type.clone(),
            signatures: signatures.collect(),
        }
    }

    /// The payload, if at least one of `keys` signed it as an in-toto statement.
    ///
    /// # Errors
    /// [`EnvelopeError::PayloadType`] or [`EnvelopeError::NoTrustedSignature`].
    pub fn verify(&self, keys: &[PublicKey]) -> Result<VerifiedPayload<'_>, EnvelopeError> {
        if self.payload_type != PAYLOAD_TYPE {
            return Err(EnvelopeError::PayloadType(self.payload_type.clone()));
        }
        let message = pae(&self.payload_type, &self.payload);
        let mut signers = BTreeMap::new();
        for key in keys {
            // Whatever `keyid` says: it is not signed.
            if let Some(signature) = self.signatures.iter().find(|signature| key.verifies(&message, &signature.sig)) {
                signers.insert(key.fingerprint(), signature.sig.as_slice());
            }
        }
        if signers.is_empty() {
            return Err(EnvelopeError::NoTrustedSignature { signatures: self.signatures.len(), keys: keys.len() });
        }
        Ok(VerifiedPayload { payload: &self.payload, signers })
    }
}

impl Serialize for Envelope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(Json::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Why an envelope or a bundle is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvelopeError {
    /// The text has not the form.
    Malformed(String),
    /// A field that is not base64.
    Base64(String),
    /// The payload is something else than an in-toto statement.
    PayloadType(String),
    /// No signature is by a key that is trusted.
    NoTrustedSignature {
        /// How many signatures there are.
        signatures: usize,
        /// How many keys are trusted.
        keys: usize,
    },
    /// A bundle of another version or kind.
    MediaType(String),
    /// A bundle holds exactly one signature.
    SignatureCount(usize),
}

impl fmt::Display for EnvelopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(message) => write!(f, "not a DSSE envelope or Sigstore bundle: {message}"),
            Self::Base64(field) => write!(f, "`{field}` is not base64"),
            Self::PayloadType(found) => write!(f, "the payload is `{found}`, and `{PAYLOAD_TYPE}` is expected"),
            Self::NoTrustedSignature { signatures, keys } => {
                let (s, k) = (if *signatures == 1 { "" } else { "s" }, if *keys == 1 { "" } else { "s" });
                write!(f, "none of its {signatures} signature{s} is by one of the {keys} trusted key{k}")
            }
            Self::MediaType(found) => write!(f, "`{found}` is not a bundle that can be read here"),
            Self::SignatureCount(found) => write!(f, "a bundle has one signature, and this has {found}"),
        }
    }
}

impl std::error::Error for EnvelopeError {}

impl Diagnostic for EnvelopeError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self {
            Self::Malformed(_) => "envelope::malformed",
            Self::Base64(_) => "envelope::base64",
            Self::PayloadType(_) => "envelope::payload_type",
            Self::NoTrustedSignature { .. } => "envelope::no_trusted_signature",
            Self::MediaType(_) => "envelope::media_type",
            Self::SignatureCount(_) => "envelope::signature_count",
        }))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self {
            Self::Malformed(_) | Self::Base64(_) => "fetch the file again from the store that holds it",
            Self::PayloadType(_) => "name a file that holds an evidence record",
            Self::NoTrustedSignature { .. } => {
                "name the public key of the recorder that signed it; if that is named, the payload or the signature was \
                 changed"
            }
            Self::MediaType(_) => {
                "version 0.3 with a public key is read: `application/vnd.dev.sigstore.bundle.v0.3+json`"
            }
            Self::SignatureCount(_) => "several signers have a bundle each, over the same payload",
        }))
    }
}
