//! An armoured signature, read and held against a message.

use p256::ecdsa::signature::Verifier as _;
use ssh_encoding::base64::{Base64, Encoding as _};
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, HashAlg, PublicKey, Signature as RawSignature};

use super::Refused;
use super::signers::{fingerprint, is_key_type};
use super::wire::Wire;

const BEGIN: &[u8] = b"-----BEGIN SSH SIGNATURE-----";
const END: &[u8] = b"\n-----END SSH SIGNATURE-----";
const MAGIC: &[u8] = b"SSHSIG";
/// The bit of a security key's flags that says that somebody touched it.
const USER_PRESENT: u8 = 1;

/// A signature as `ssh-keygen -Y sign` writes it (PROTOCOL.sshsig). That it was parsed says nothing about its worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// What it was made for, as in `git`.
    pub namespace: String,
    /// The key that it claims: `SHA256:` and the digest of the key in base64.
    pub fingerprint: String,
    /// How it was made, as in `ssh-ed25519` or `rsa-sha2-512`.
    pub algorithm: String,
    pub(super) key: KeyData,
    hash: HashAlg,
    raw: RawSignature,
}

impl Signature {
    /// Reads an armoured signature. Text behind its last line is left alone, as `ssh-keygen` does.
    ///
    /// # Errors
    /// [`Refused`]: not a signature, damaged, or made in a way that is not supported.
    pub fn parse(armoured: &[u8]) -> Result<Self, Refused> {
        let blob = dearmour(armoured)?;
        let mut wire = Wire(&blob);
        if wire.take(MAGIC.len()) != Some(MAGIC) {
            return Err(Refused::NotASignature);
        }
        // Only version 1 exists; `ssh-keygen` refuses higher ones alone.
        let version = wire.number().ok_or(Refused::Malformed)?;
        if version > 1 {
            return Err(Refused::Version(version));
        }
        let mut fields = || Some((wire.string()?, wire.text()?, wire.string()?, wire.text()?, wire.string()?));
        let (key, namespace, _reserved, hash, raw) = fields().ok_or(Refused::Malformed)?;
        if !wire.0.is_empty() {
            return Err(Refused::Malformed);
        }
        let hash = match hash {
            "sha256" => HashAlg::Sha256,
            "sha512" => HashAlg::Sha512,
            other => return Err(Refused::Hash(other.to_owned())),
        };
        let key = public_key(key)?;
        let mut wire = Wire(raw);
        let algorithm = wire.text().ok_or(Refused::Malformed)?.to_owned();
        if !belongs(&key.algorithm(), &algorithm) {
            return Err(Refused::Algorithm(algorithm));
        }
        let mut data = wire.string().ok_or(Refused::Malformed)?.to_vec();
        if is_security_key(&key) {
            // Flags and a counter.
            data.extend_from_slice(wire.take(5).ok_or(Refused::Malformed)?);
        }
        let raw = Algorithm::new(&algorithm)
            .and_then(|algorithm| RawSignature::new(algorithm, data))
            .ok()
            .filter(|_| wire.0.is_empty())
            .ok_or(Refused::Malformed)?;
        Ok(Self { namespace: namespace.to_owned(), fingerprint: fingerprint(&key), algorithm, key, hash, raw })
    }

    /// How the message was digested, and what the key made of it.
    pub(super) fn parts(&self) -> (HashAlg, &RawSignature) {
        (self.hash, &self.raw)
    }

    /// Whether this is a signature of `message` for `namespace`, by the key that it names.
    pub(super) fn check(&self, namespace: &str, message: &[u8]) -> Result<(), Refused> {
        self.check_digest(namespace, |hash| Some(hash.digest(message)))
    }

    /// The same, of a message of which only digests are known.
    pub(super) fn check_digest(
        &self,
        namespace: &str,
        digest: impl FnOnce(HashAlg) -> Option<Vec<u8>>,
    ) -> Result<(), Refused> {
        if self.namespace != namespace {
            return Err(Refused::Namespace { expected: namespace.to_owned(), found: self.namespace.clone() });
        }
        let digest = digest(self.hash).ok_or(Refused::Mismatch)?;
        let signed = signed_data(namespace, self.hash, &digest).ok_or(Refused::Malformed)?;
        self.key.verify(&signed, &self.raw).map_err(|_| Refused::Mismatch)?;
        // The flags stand before the four bytes of the counter.
        let flags = self.raw.as_bytes().iter().rev().nth(4);
        if is_security_key(&self.key) && flags.is_none_or(|flags| flags & USER_PRESENT == 0) {
            return Err(Refused::Untouched);
        }
        Ok(())
    }
}

/// What the key signs (PROTOCOL.sshsig, "Signed Data"): `ssh-key` makes it from a whole message alone.
pub(super) fn signed_data(namespace: &str, hash: HashAlg, digest: &[u8]) -> Option<Vec<u8>> {
    if namespace.is_empty() {
        return None;
    }
    let mut signed = MAGIC.to_vec();
    for field in [namespace.as_bytes(), b"", hash.as_str().as_bytes(), digest] {
        signed.extend(u32::try_from(field.len()).ok()?.to_be_bytes());
        signed.extend_from_slice(field);
    }
    Some(signed)
}

/// The bytes between the first and the last line.
fn dearmour(text: &[u8]) -> Result<Vec<u8>, Refused> {
    let body = text.strip_prefix(BEGIN).ok_or(Refused::NotASignature)?;
    if !body.starts_with(b"\n") && !body.starts_with(b"\r\n") {
        return Err(Refused::NotASignature);
    }
    let end = memchr::memmem::find(body, END).ok_or(Refused::Malformed)?;
    let encoded: Vec<u8> =
        body.iter().take(end).copied().filter(|byte| !byte.is_ascii_whitespace() && *byte != 0x0b).collect();
    let encoded = String::from_utf8(encoded).map_err(|_| Refused::Malformed)?;
    Base64::decode_vec(&encoded).map_err(|_| Refused::Malformed)
}

/// Reads a public key of a supported type.
fn public_key(blob: &[u8]) -> Result<KeyData, Refused> {
    let kind = Wire(blob).text().ok_or(Refused::Malformed)?;
    if kind.contains("-cert-v0") {
        return Err(Refused::Certificate(kind.to_owned()));
    }
    if !is_key_type(kind) {
        return Err(Refused::Algorithm(kind.to_owned()));
    }
    let key = decode_key(blob).ok_or(Refused::Malformed)?;
    if let KeyData::Rsa(rsa) = &key {
        let modulus = rsa.n.as_positive_bytes().unwrap_or_default();
        let leading = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
        let bits = (modulus.len() * 8).saturating_sub(leading);
        if !(2048..=4096).contains(&bits) {
            return Err(Refused::RsaSize(bits));
        }
    }
    Ok(key)
}

/// Decodes a key. The library leaves some lengths inside unchecked, so what it read has to encode to the same bytes.
pub(super) fn decode_key(blob: &[u8]) -> Option<KeyData> {
    let key = PublicKey::from_bytes(blob).ok()?;
    (key.to_bytes().ok()? == blob).then(|| key.into())
}

fn is_security_key(key: &KeyData) -> bool {
    matches!(key, KeyData::SkEd25519(_) | KeyData::SkEcdsaSha2NistP256(_))
}

/// Whether a key of this type makes signatures with this algorithm. `ssh-rsa` as an algorithm is SHA-1: no key may.
fn belongs(key: &Algorithm, algorithm: &str) -> bool {
    match key {
        Algorithm::Rsa { .. } => matches!(algorithm, "rsa-sha2-256" | "rsa-sha2-512"),
        other => other.as_str() == algorithm,
    }
}
