//! What the adoption register says of a finding that was there before the change.

use super::extent::extent_of;
use super::meaning::Meanings;
use crate::gate::finding::{Extent, Finding};
use crate::rules::{Register, day};

/// What a register says of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::gate) enum Registered {
    /// There is no register that counts.
    NoRegister,
    /// It is listed; who takes care of it, and whether the day has passed.
    Listed { id: String, text: String, overdue: bool },
    /// It is not listed, and what finds it meant the same when the register was written.
    Escaped,
    /// It is not listed, and what finds it is newer than the register.
    Revealed,
}

/// Looks a finding up.
pub(in crate::gate) fn registered(
    registers: &[&Register],
    finding: &Finding,
    meanings: &Meanings<'_>,
    as_of: i64,
) -> Registered {
    if registers.is_empty() {
        return Registered::NoRegister;
    }
    let entries = registers.iter().filter_map(|own| Some((own, own.findings.get(&finding.fingerprint.0)?)));
    for (register, entry) in entries.clone() {
        let listed: Extent = extent_of(&entry.extent);
        if listed.covers(&finding.extent) {
            let overdue = entry.due <= as_of;
            let when = day(entry.due - 1);
            let id = &register.terms.id;
            let text = if overdue {
                format!("it is in the register {id}, and {} was to clear it by {when}", entry.owner)
            } else {
                format!("it is in the register {id}; {} clears it by {when}", entry.owner)
            };
            return Registered::Listed { id: id.clone(), text, overdue };
        }
    }
    // Listed for less: the rest came in later.
    let known = registers.iter().any(|register| {
        meanings.whole(finding).iter().all(|(key, meaning)| register.meanings.get(key) == Some(meaning))
    });
    if known { Registered::Escaped } else { Registered::Revealed }
}
