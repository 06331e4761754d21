//! What the statements about keys say that a storage holds, before the log was read.

use std::collections::BTreeSet;

use super::trust_statement::{TrustAction, TrustStatement};
use super::{Ledger, RecordId, Role, Trust, names};
use crate::evidence::canonical::canonical;
use crate::evidence::error::EvidenceError;
use crate::evidence::log::{Leaf, LogReader, NoteKey, Signed, Storage};
use crate::keys::PublicKey;

/// What the statements about keys say, in no order and whoever wrote them. They only help to open the log.
pub(super) struct Hints {
    statements: Vec<(RecordId, TrustStatement)>,
    /// Statements that cannot be read, and why.
    pub(super) unreadable: Vec<(RecordId, String)>,
}

impl Hints {
    pub(super) fn read<S: Storage>(ledger: &Ledger<S>) -> Result<Self, EvidenceError> {
        let mut hints = Self { statements: Vec::new(), unreadable: Vec::new() };
        for id in names::ids_below(&ledger.storage.list(names::TRUST)?) {
            match ledger.statement::<TrustStatement>(id) {
                Ok(statement) => hints.statements.push((id, statement)),
                Err(error @ EvidenceError::Storage(_)) => return Err(error),
                // Anybody who can write to the storage can put one there: the others still count.
                Err(error) => hints.unreadable.push((id, error.to_string())),
            }
        }
        Ok(hints)
    }

    /// The beginnings of a log.
    pub(super) fn beginnings(&self) -> impl Iterator<Item = &TrustStatement> {
        self.statements.iter().map(|(_, own)| own).filter(|own| own.predicate.action == TrustAction::Genesis)
    }

    fn keys(&self, role: Role) -> impl Iterator<Item = (PublicKey, &TrustStatement)> {
        let own = self.statements.iter().map(|(_, own)| own).filter(move |own| own.predicate.role == role);
        own.filter_map(|own| Some((PublicKey::from_pem(&own.predicate.public_key).ok()?, own)))
    }

    /// Whatever may have signed the checkpoint.
    pub(super) fn of_log(&self) -> Vec<NoteKey> {
        let origins: BTreeSet<&str> = self.beginnings().map(|own| own.predicate.origin.as_str()).collect();
        let keys = self.keys(Role::Recorder);
        keys.flat_map(|(key, _)| origins.iter().filter_map(move |origin| NoteKey::of_log(origin, &key).ok())).collect()
    }

    pub(super) fn witnesses(&self) -> Vec<NoteKey> {
        let keys = self.keys(Role::Witness);
        keys.filter_map(|(key, own)| NoteKey::of_witness(own.predicate.name.as_deref()?, &key).ok()).collect()
    }

    /// What the log says of keys, read at the places of the statements that are known: what somebody hid is not in it.
    pub(super) fn trust<S: Storage>(&self, reader: &LogReader<S>) -> Result<Trust, EvidenceError> {
        let signers: Vec<PublicKey> = self.keys(Role::Recorder).map(|(key, _)| key).collect();
        let mut placed: Vec<(u64, Leaf, &TrustStatement)> = Vec::new();
        for (id, statement) in &self.statements {
            for key in &signers {
                let leaf = Leaf::Ed25519(Signed { digest: id.0, signature: Vec::new(), key: key.clone() });
                let Some(index) = reader.position(&leaf.key())? else { continue };
                let leaf = reader.leaf(index)?;
                if leaf.stands_for(&super::signed_bytes(&canonical(statement))) {
                    placed.push((index, leaf, statement));
                }
            }
        }
        placed.sort_by_key(|(index, ..)| *index);
        placed.dedup_by_key(|(index, ..)| *index);
        let mut trust = Trust::default();
        for (index, leaf, statement) in placed {
            // What has no effect is told by whoever verifies.
            let _ = trust.take(index, &leaf, statement, None);
        }
        Ok(trust)
    }
}
