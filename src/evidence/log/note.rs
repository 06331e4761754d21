//! Checkpoints: signed notes that state a log's size and root (c2sp.org/tlog-checkpoint, c2sp.org/signed-note). Parsing
//! is that of the crates `signed_note` and `tlog_tiles`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding as _};
use miette::Diagnostic;
use signed_note::{Note, Signature, Verifier, VerifierList, is_key_name_valid, key_id};

use crate::keys::{Algorithm, EvidenceKey, KeyError, PublicKey};
use crate::store::Digest;

/// What a log says of itself at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log it is: a URL without its scheme, as in `example.com/evidence`.
    pub origin: String,
    /// How many leaves it has.
    pub size: u64,
    /// The root of its tree.
    pub root: Digest,
}

/// A checkpoint whose signatures were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedCheckpoint {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The known keys of the log that signed it; at least one.
    pub signers: Vec<NoteKey>,
    /// The known witnesses that signed it.
    pub cosignatures: Vec<Cosignature>,
}

/// A witness's word that, at a time, it had seen no larger and no other tree of the log (c2sp.org/tlog-cosignature).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// The witness.
    pub witness: NoteKey,
    /// Seconds since 1970, by the witness's clock.
    pub time: u64,
}

/// What signatures a key of a note makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteKeyKind {
    /// The log's own, by Ed25519: type 0x01.
    Ed25519,
    /// The log's own, by ECDSA P-256 over SHA-256: type 0x02. The public witness network takes only logs with an
    /// Ed25519 signature (c2sp.org/tlog-tiles, "Checkpoints").
    EcdsaP256,
    /// A witness's, by Ed25519, with its time: type 0x04.
    Cosignature,
}

impl NoteKeyKind {
    fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::EcdsaP256 => 2,
            Self::Cosignature => 4,
        }
    }
}

/// A key that verifies notes, with the name that it signs under. Written as a *vkey*: `NAME+ID+KEY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    id: u32,
    kind: NoteKeyKind,
    key: PublicKey,
}

impl NoteKey {
    /// The key of a log, under its origin.
    ///
    /// # Errors
    /// [`NoteError::Name`].
    pub fn of_log(origin: &str, key: &PublicKey) -> Result<Self, NoteError> {
        let kind = match key.algorithm() {
            Algorithm::Ed25519 => NoteKeyKind::Ed25519,
            Algorithm::EcdsaP256 => NoteKeyKind::EcdsaP256,
        };
        Self::new(origin, kind, key.clone())
    }

    /// The key of a witness.
    ///
    /// # Errors
    /// [`NoteError::Name`]; [`NoteError::Key`]: not an Ed25519 key.
    pub fn of_witness(name: &str, key: &PublicKey) -> Result<Self, NoteError> {
        Self::new(name, NoteKeyKind::Cosignature, key.clone())
    }

    fn new(name: &str, kind: NoteKeyKind, key: PublicKey) -> Result<Self, NoteError> {
        check_name(name)?;
        let material = material(kind, &key).ok_or_else(|| NoteError::Key(name.to_owned()))?;
        let id = match kind {
            // The one type whose id leaves the name out (c2sp.org/signed-note, "Signature types").
            NoteKeyKind::EcdsaP256 => {
                let [a, b, c, d, ..] = key.fingerprint().0;
                u32::from_be_bytes([a, b, c, d])
            }
            NoteKeyKind::Ed25519 | NoteKeyKind::Cosignature => key_id(name, &material),
        };
        Ok(Self { name: name.to_owned(), id, kind, key })
    }

    /// The name that it signs under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    #[must_use]
    pub fn kind(&self) -> NoteKeyKind {
        self.kind
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }
}

/// The type's byte and the key, as a vkey and a key's id have them.
fn material(kind: NoteKeyKind, key: &PublicKey) -> Option<Vec<u8>> {
    let encoded = match kind {
        NoteKeyKind::EcdsaP256 => Some(key.to_der()).filter(|_| key.algorithm() == Algorithm::EcdsaP256),
        NoteKeyKind::Ed25519 | NoteKeyKind::Cosignature => key.to_ed25519().map(|key| key.to_vec()),
    };
    encoded.map(|encoded| [&[kind.byte()], encoded.as_slice()].concat())
}

/// A name is one word of a line: no spaces, no plus, no control characters (c2sp.org/signed-note, "Format").
pub(super) fn check_name(name: &str) -> Result<(), NoteError> {
    if is_key_name_valid(name) && !name.contains(char::is_control) {
        Ok(())
    } else {
        Err(NoteError::Name(name.to_owned()))
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let material = material(self.kind, &self.key).unwrap_or_default();
        write!(f, "{}+{:08x}+{}", self.name, self.id, Base64::encode_string(&material))
    }
}

impl FromStr for NoteKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let wrong = || NoteError::Key(text.to_owned());
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else { return Err(wrong()) };
        let key = Base64::decode_vec(key).map_err(|_| wrong())?;
        let (kind, key) = match key.split_first() {
            Some((1, key)) => {
                (NoteKeyKind::Ed25519, key.try_into().ok().and_then(|key| PublicKey::from_ed25519(key).ok()))
            }
            Some((2, key)) => (NoteKeyKind::EcdsaP256, PublicKey::from_der(key).ok()),
            Some((4, key)) => {
                (NoteKeyKind::Cosignature, key.try_into().ok().and_then(|key| PublicKey::from_ed25519(key).ok()))
            }
            _ => return Err(wrong()),
        };
        let found = Self::new(name, kind, key.ok_or_else(wrong)?)?;
        if format!("{:08x}", found.id) == id { Ok(found) } else { Err(wrong()) }
    }
}

impl Verifier for NoteKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        match self.kind {
            NoteKeyKind::Ed25519 | NoteKeyKind::EcdsaP256 => self.key.verifies(text, signature),
            NoteKeyKind::Cosignature => {
                let Some((time, signature)) = timestamped(signature) else { return false };
                self.key.verifies(&cosigned(time, text), signature)
            }
        }
    }
}

/// The time and the signature of a cosignature (c2sp.org/tlog-cosignature, `timestamped_signature`).
fn timestamped(signature: &[u8]) -> Option<(u64, &[u8])> {
    let (time, signature) = signature.split_at_checked(8)?;
    let time = u64::from_be_bytes(time.try_into().ok()?);
    i64::try_from(time).ok().map(|_| (time, signature))
}

/// What a witness signs (c2sp.org/tlog-cosignature, "Ed25519 signed message").
pub(super) fn cosigned(time: u64, text: &[u8]) -> Vec<u8> {
    [format!("cosignature/v1\ntime {time}\n").as_bytes(), text].concat()
}

impl Checkpoint {
    /// The lines that are signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, Base64::encode_string(&self.root.0))
    }

    /// The signed note, by the log's key under its origin.
    ///
    /// # Errors
    /// [`NoteError`]: the origin cannot be the name of a key, or the key did not sign.
    pub fn sign(&self, key: &EvidenceKey) -> Result<Vec<u8>, NoteError> {
        let named = NoteKey::of_log(&self.origin, key.public_key())?;
        let text = self.text();
        let signature = key.sign(text.as_bytes()).map_err(NoteError::Sign)?;
        let malformed = |_| NoteError::Malformed("it cannot be written".to_owned());
        let signature = Signature::new(named.name, named.id, signature).map_err(malformed)?;
        Ok(Note::new(text.as_bytes(), &[signature]).map_err(malformed)?.to_bytes())
    }

    /// Reads a checkpoint and checks its signatures. A log key must have signed it; signatures of unknown keys are left
    /// alone, and one by a known key that does not verify is an error (c2sp.org/signed-note, "Signatures"). `log` are
    /// the keys of the log, named by its origin, and `witnesses` those whose cosignatures are wanted.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn open(note: &[u8], log: &[NoteKey], witnesses: &[NoteKey]) -> Result<OpenedCheckpoint, NoteError> {
        let malformed = |error: &dyn fmt::Display| NoteError::Malformed(error.to_string());
        let note = Note::from_bytes(note).map_err(|error| malformed(&error))?;
        let parsed = tlog_tiles::Checkpoint::from_bytes(note.text()).map_err(|error| malformed(&error))?;
        let checkpoint =
            Self { origin: parsed.origin().to_owned(), size: parsed.size(), root: Digest(parsed.hash().0) };
        // A key that is named twice is one key.
        let mut known: BTreeMap<(&str, u32), &NoteKey> = BTreeMap::new();
        for key in log.iter().filter(|key| key.kind != NoteKeyKind::Cosignature) {
            if key.name == checkpoint.origin {
                known.insert((&key.name, key.id), key);
            }
        }
        known.extend(
            witnesses
                .iter()
                .filter(|key| key.kind == NoteKeyKind::Cosignature)
                .map(|key| ((key.name.as_str(), key.id), key)),
        );
        let verifiers = known.values().map(|key| Box::new((*key).clone()) as Box<dyn Verifier>).collect();
        let (verified, _) = note.verify(&VerifierList::new(verifiers)).map_err(|error| match error {
            signed_note::NoteError::InvalidSignature { name, .. } => NoteError::Forged(name),
            signed_note::NoteError::UnverifiedNote => NoteError::Unsigned(checkpoint.origin.clone()),
            other => malformed(&other),
        })?;
        let mut opened = OpenedCheckpoint { checkpoint, signers: Vec::new(), cosignatures: Vec::new() };
        for signature in verified {
            let Some(key) = known.get(&(signature.name(), signature.id())) else { continue };
            match (key.kind, timestamped(signature.signature())) {
                (NoteKeyKind::Cosignature, Some((time, _))) => {
                    opened.cosignatures.push(Cosignature { witness: (*key).clone(), time });
                }
                (NoteKeyKind::Cosignature, None) => {}
                (NoteKeyKind::Ed25519 | NoteKeyKind::EcdsaP256, _) => opened.signers.push((*key).clone()),
            }
        }
        if opened.signers.is_empty() { Err(NoteError::Unsigned(opened.checkpoint.origin)) } else { Ok(opened) }
    }
}

impl Checkpoint {
    /// The note with a witness's signature, made at `time` in seconds since 1970, in place of an earlier one of its key.
    /// Whether the witness may give it, the caller has found out.
    ///
    /// # Errors
    /// [`NoteError`]: a witness with such a name or key cannot be one, or the key did not sign.
    pub fn cosign(note: &[u8], name: &str, key: &EvidenceKey, time: u64) -> Result<Vec<u8>, NoteError> {
        let named = NoteKey::of_witness(name, key.public_key())?;
        let (text, _) = parts(note)?;
        let signature = key.sign(&cosigned(time, &text)).map_err(NoteError::Sign)?;
        let stamped = [&time.to_be_bytes(), signature.as_slice()].concat();
        let signature = Signature::new(named.name, named.id, stamped).map_err(|error| malformed(&error))?;
        with_signatures(note, &[signature])
    }

    /// The note with the signatures of witnesses that another note of the same text has.
    ///
    /// # Errors
    /// [`NoteError`]: either is no signed note, or they have not the same text.
    pub fn with_cosignatures(note: &[u8], other: &[u8], witnesses: &[NoteKey]) -> Result<Vec<u8>, NoteError> {
        let ((text, _), (others, signatures)) = (parts(note)?, parts(other)?);
        if text != others {
            return Err(NoteError::Malformed("the two are not about the same tree".to_owned()));
        }
        let known = |own: &Signature| witnesses.iter().any(|key| key.name == own.name() && key.id == own.id());
        let signatures: Vec<Signature> = signatures.into_iter().filter(known).collect();
        with_signatures(note, &signatures)
    }
}

fn malformed(error: &dyn fmt::Display) -> NoteError {
    NoteError::Malformed(error.to_string())
}

/// The text of a note and its signatures.
fn parts(note: &[u8]) -> Result<(Vec<u8>, Vec<Signature>), NoteError> {
    let text = Note::from_bytes(note).map_err(|error| malformed(&error))?.text().to_vec();
    let lines = note.get(text.len()..).unwrap_or_default().split(|byte| *byte == b'\n');
    let signatures = lines.filter(|line| !line.is_empty()).map(Signature::from_bytes);
    let signatures = signatures.collect::<Result<_, _>>().map_err(|error| malformed(&error))?;
    Ok((text, signatures))
}

/// A note with more signatures; each takes the place of one by the same key.
fn with_signatures(note: &[u8], more: &[Signature]) -> Result<Vec<u8>, NoteError> {
    let (text, mut signatures) = parts(note)?;
    signatures.retain(|own| !more.iter().any(|new| new.name() == own.name() && new.id() == own.id()));
    signatures.extend(more.iter().cloned());
    Ok(Note::new(&text, &signatures).map_err(|error| malformed(&error))?.to_bytes())
}

/// Why a checkpoint, or a key of one, is not accepted.
#[derive(Debug)]
pub enum NoteError {
    /// A name that no key may have.
    Name(String),
    /// A text that is no key of a kind that is known.
    Key(String),
    /// It is not a signed note, or not a checkpoint.
    Malformed(String),
    /// None of the log's keys signed it.
    Unsigned(String),
    /// A signature under the name of a known key is not by that key.
    Forged(String),
    /// The key did not sign.
    Sign(KeyError),
}

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "`{name}` cannot be the name of a log or a witness"),
            Self::Key(text) => write!(f, "`{text}` is not a key of a log or a witness"),
            Self::Malformed(message) => write!(f, "not a signed checkpoint: {message}"),
            Self::Unsigned(origin) => {
                write!(f, "the checkpoint of `{origin}` is not signed by one of the keys given for that log")
            }
            Self::Forged(name) => write!(f, "the checkpoint's signature of `{name}` does not verify"),
            Self::Sign(error) => write!(f, "the checkpoint could not be signed: {error}"),
        }
    }
}

impl std::error::Error for NoteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Sign(error) => Some(error),
            _ => None,
        }
    }
}

impl Diagnostic for NoteError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self {
            Self::Name(_) => "checkpoint::name",
            Self::Key(_) => "checkpoint::key",
            Self::Malformed(_) => "checkpoint::malformed",
            Self::Unsigned(_) => "checkpoint::unsigned",
            Self::Forged(_) => "checkpoint::forged",
            Self::Sign(_) => "checkpoint::sign",
        }))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match self {
            Self::Name(_) => Some(Box::new(
                "use a URL without its scheme, as in `example.com/evidence`: no spaces, no `+`, no control characters",
            )),
            Self::Key(_) => Some(Box::new(
                "a key is `NAME+ID+KEY`, as in c2sp.org/signed-note; a witness's is an Ed25519 key of type 4",
            )),
            Self::Malformed(_) => Some(Box::new("fetch the checkpoint again from the log")),
            Self::Unsigned(_) => {
                Some(Box::new("name the log's public key and its origin as the log's keeper gives them"))
            }
            Self::Forged(_) => {
                Some(Box::new("the checkpoint was changed, or the key is another; compare it with another copy"))
            }
            Self::Sign(error) => error.help(),
        }
    }
}
