//! Which keys count where, as the log says from its beginning on.
//!
//! The first leaf names a key and is signed by it; whoever relies on the log has confirmed its fingerprint by another way
//! (over the phone, in a contract, in the auditor's own file). Every later statement about a key is signed by one that
//! counts where it stands. What a statement claims of its own time has no effect, so that a stolen key cannot be used to
//! write history: it counts up to the place at which it was revoked, and records are placed when they are logged.

use std::fmt;

use miette::Diagnostic;

use super::trust_statement::{Role, TrustAction, TrustStatement};
use crate::evidence::log::{Leaf, NoteKey};
use crate::keys::PublicKey;
use crate::store::Digest;

/// A key, and between which places it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInForce {
    /// The key.
    pub key: PublicKey,
    /// What it does.
    pub role: Role,
    /// Of a witness, its name.
    pub name: Option<String>,
    /// The first place at which it counts.
    pub from: u64,
    /// The first place at which it no longer does.
    pub until: Option<u64>,
}

impl KeyInForce {
    fn at(&self, index: u64) -> bool {
        self.from <= index && self.until.is_none_or(|until| index < until)
    }
}

/// What the log says of keys, up to some place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// The log's name.
    pub origin: String,
    /// Every key that ever counted.
    pub keys: Vec<KeyInForce>,
    /// How many witnesses a checkpoint needs.
    pub required_witnesses: usize,
}

/// A statement about a key that has no effect, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustError {
    /// The log begins with something else.
    NoGenesis,
    /// It begins with another key than the one that was confirmed.
    OtherGenesis {
        /// The one that was confirmed.
        confirmed: Digest,
        /// The one that is there.
        found: Digest,
    },
    /// A second beginning.
    SecondGenesis,
    /// Its signer does not count there.
    Signer,
    /// It speaks of another log.
    Origin(String),
    /// Its key cannot be read, or is not the one of its subject.
    Key,
    /// A witness that cannot be one.
    Witness,
    /// It takes a key away that does not count.
    Unknown,
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoGenesis => f.write_str("the log does not begin with a key that signs for itself"),
            Self::OtherGenesis { confirmed, found } => {
                write!(f, "the log begins with the key {found}, and {confirmed} was confirmed")
            }
            Self::SecondGenesis => f.write_str("a log begins once"),
            Self::Signer => f.write_str("it is not signed by a recorder's key that counts here"),
            Self::Origin(origin) => write!(f, "it is about the log {origin}"),
            Self::Witness => f.write_str("a witness has a name without spaces and an Ed25519 key"),
            Self::Unknown => f.write_str("it revokes a key that does not count here"),
            Self::Key => f.write_str("its key cannot be read, or is not the one that it names"),
        }
    }
}

impl std::error::Error for TrustError {}

impl Diagnostic for TrustError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self {
            Self::OtherGenesis { .. } => "this is another log than the one that you were told of: ask its keeper",
            _ => "`countersign evidence trust show` lists the keys and where they count",
        }))
    }
}

impl Trust {
    /// Takes in the statement at a place, given the leaf that logs it. `confirmed` is the fingerprint of the first key,
    /// where somebody confirmed it.
    ///
    /// # Errors
    /// [`TrustError`]; it then has no effect.
    pub fn take(
        &mut self,
        index: u64,
        leaf: &Leaf,
        statement: &TrustStatement,
        confirmed: Option<Digest>,
    ) -> Result<(), TrustError> {
        let said = &statement.predicate;
        let key = PublicKey::from_pem(&said.public_key).map_err(|_| TrustError::Key)?;
        let named = statement.subject.first().and_then(|subject| subject.digest.get("sha256"));
        if named != Some(&key.fingerprint().to_string()) {
            return Err(TrustError::Key);
        }
        let signer = leaf.signature().map(|signed| &signed.key);
        if index == 0 {
            if said.action != TrustAction::Genesis || said.role != Role::Recorder || signer != Some(&key) {
                return Err(TrustError::NoGenesis);
            }
            if let Some(confirmed) = confirmed.filter(|confirmed| *confirmed != key.fingerprint()) {
                return Err(TrustError::OtherGenesis { confirmed, found: key.fingerprint() });
            }
            self.origin.clone_from(&said.origin);
            self.required_witnesses = said.required_witnesses.unwrap_or_default();
            self.keys.push(KeyInForce { key, role: Role::Recorder, name: None, from: 0, until: None });
            return Ok(());
        }
        if signer.is_none_or(|signer| !self.counts(signer, Role::Recorder, index)) {
            return Err(TrustError::Signer);
        }
        if said.origin != self.origin {
            return Err(TrustError::Origin(said.origin.clone()));
        }
        match said.action {
            TrustAction::Genesis => return Err(TrustError::SecondGenesis),
            TrustAction::Add => {
                let name = said.name.clone();
                let witness = name.as_deref().map(|name| NoteKey::of_witness(name, &key));
                if said.role == Role::Witness && !matches!(witness, Some(Ok(_))) {
                    return Err(TrustError::Witness);
                }
                self.keys.push(KeyInForce { key, role: said.role, name, from: index + 1, until: None });
            }
            TrustAction::Revoke => {
                let mut counted = self.keys.iter_mut().filter(|own| own.key == key && own.until.is_none()).peekable();
                if counted.peek().is_none() {
                    return Err(TrustError::Unknown);
                }
                counted.for_each(|own| own.until = Some(index + 1));
            }
        }
        if let Some(required) = said.required_witnesses {
            self.required_witnesses = required;
        }
        Ok(())
    }

    /// Whether a key counts at a place.
    #[must_use]
    pub fn counts(&self, key: &PublicKey, role: Role, index: u64) -> bool {
        self.keys.iter().any(|own| own.key == *key && own.role == role && own.at(index))
    }

    /// The keys that may have signed a checkpoint of some size.
    #[must_use]
    pub fn of_log(&self, size: u64) -> Vec<NoteKey> {
        let last = size.saturating_sub(1);
        let keys = self.keys.iter().filter(|own| own.role == Role::Recorder && (own.at(last) || own.at(size)));
        keys.filter_map(|own| NoteKey::of_log(&self.origin, &own.key).ok()).collect()
    }

    /// The keys that counted for the log's own at any time.
    #[must_use]
    pub fn ever_of_log(&self) -> Vec<NoteKey> {
        let keys = self.keys.iter().filter(|own| own.role == Role::Recorder);
        keys.filter_map(|own| NoteKey::of_log(&self.origin, &own.key).ok()).collect()
    }

    /// The keys of the witnesses that count at some size.
    #[must_use]
    pub fn witnesses(&self, size: u64) -> Vec<NoteKey> {
        let last = size.saturating_sub(1);
        let keys = self.keys.iter().filter(|own| own.role == Role::Witness && (own.at(last) || own.at(size)));
        keys.filter_map(|own| NoteKey::of_witness(own.name.as_deref()?, &own.key).ok()).collect()
    }
}
