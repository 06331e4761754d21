//! Signatures of evidence that `ssh-keygen` verifies, beside those in envelopes.
//!
//! A key of SSH signs an envelope as any other key does, over the bytes that DSSE says. Whoever has nothing but OpenSSH
//! reads another signature, in the form of PROTOCOL.sshsig, over the statement itself:
//! `ssh-keygen -Y verify -n countersign-evidence`.

use ssh_key::public::{EcdsaPublicKey, Ed25519PublicKey, KeyData};
use ssh_key::{Algorithm as SshAlgorithm, HashAlg, LineEnding, Signature as RawSignature, SshSig};

use super::public_key::PublicKeyError;
use super::signature::signed_data;
use super::{Algorithm, EvidenceKey, KeyError, PublicKey, Refused, Signature};

/// What evidence is signed for.
pub const EVIDENCE_NAMESPACE: &str = "countersign-evidence";
/// What OpenSSH signs by, unless it is told otherwise.
const HASH: HashAlg = HashAlg::Sha512;

impl PublicKey {
    /// Reads the one-line form of OpenSSH, as in `id_ed25519.pub`.
    ///
    /// # Errors
    /// [`PublicKeyError`]: damaged, or neither P-256 nor Ed25519.
    pub fn from_openssh(line: &str) -> Result<Self, PublicKeyError> {
        let key = ssh_key::PublicKey::from_openssh(line.trim()).map_err(|_| PublicKeyError)?;
        Self::from_ssh(key.key_data()).ok_or(PublicKeyError)
    }

    /// The one-line form of OpenSSH, without a comment.
    #[must_use]
    pub fn to_openssh(&self) -> String {
        let line = self.to_ssh().and_then(|key| ssh_key::PublicKey::from(key).to_openssh().ok());
        // A key of these kinds always encodes.
        line.unwrap_or_default().trim().to_owned()
    }

    pub(super) fn from_ssh(key: &KeyData) -> Option<Self> {
        match key {
            KeyData::Ed25519(key) => Self::from_ed25519(&key.0).ok(),
            KeyData::Ecdsa(EcdsaPublicKey::NistP256(point)) => {
                p256::ecdsa::VerifyingKey::from_encoded_point(point).ok().map(Self::from)
            }
            _ => None,
        }
    }

    fn to_ssh(&self) -> Option<KeyData> {
        match (self.to_ed25519(), self.to_p256()) {
            (Some(bytes), _) => Some(KeyData::Ed25519(Ed25519PublicKey(bytes))),
            (None, Some(key)) => Some(KeyData::Ecdsa(EcdsaPublicKey::from(key))),
            (None, None) => None,
        }
    }
}

impl EvidenceKey {
    /// The signature of a message that `ssh-keygen -Y verify` reads, in armour; `None` for a key that is not of SSH.
    ///
    /// # Errors
    /// [`KeyError`] as of [`sign`](Self::sign).
    pub fn sign_for_ssh(&self, message: &[u8]) -> Result<Option<String>, KeyError> {
        if !self.is_of_ssh() {
            return Ok(None);
        }
        let Some(signed) = signed_data(EVIDENCE_NAMESPACE, HASH, &HASH.digest(message)) else { return Ok(None) };
        let signature = self.sign(&signed)?;
        let raw = match self.public_key().algorithm() {
            Algorithm::Ed25519 => RawSignature::new(SshAlgorithm::Ed25519, signature).ok(),
            Algorithm::EcdsaP256 => {
                let pair = p256::ecdsa::Signature::from_der(&signature).ok();
                pair.and_then(|pair| RawSignature::try_from(pair).ok())
            }
        };
        let whole = self.public_key().to_ssh().zip(raw).and_then(|(key, raw)| armoured(key, HASH, raw));
        let wrong =
            || KeyError::WrongSignature { signer: "the key".to_owned(), fingerprint: self.public_key().fingerprint() };
        whole.ok_or_else(wrong).map(Some)
    }
}

fn armoured(key: KeyData, hash: HashAlg, raw: RawSignature) -> Option<String> {
    SshSig::new(key, EVIDENCE_NAMESPACE, hash, raw).ok()?.to_pem(LineEnding::LF).ok()
}

/// The key that made an armoured signature of evidence over a message.
///
/// # Errors
/// [`Refused`]: it is none, is of something else, is by a key of another kind, or has other words around it than its
/// signer wrote.
pub fn ssh_signer(armour: &[u8], message: &[u8]) -> Result<PublicKey, Refused> {
    let signature = Signature::parse(armour)?;
    signature.check(EVIDENCE_NAMESPACE, message)?;
    let key = PublicKey::from_ssh(&signature.key).ok_or_else(|| Refused::Algorithm(signature.algorithm.clone()))?;
    let (hash, raw) = signature.parts();
    let again = armoured(signature.key.clone(), hash, raw.clone());
    if again.is_some_and(|again| again.as_bytes() == armour) { Ok(key) } else { Err(Refused::Malformed) }
}
