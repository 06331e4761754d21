//! Grants that a reading leaves out, to see what would be without them.

use std::sync::Arc;

use super::LoweredUnit;
use crate::facts::{GrantFact, Granted, Holder, Native};

/// A role that somebody is not to have, as the definitions write both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revoked {
    /// From whom.
    pub from: Holder,
    /// What.
    pub role: Native,
}

impl Revoked {
    /// Whether a grant is the one.
    #[must_use]
    pub fn is(&self, grant: &GrantFact) -> bool {
        grant.to == self.from && matches!(&grant.what, Granted::Role(role) if *role == self.role)
    }
}

/// Leaves grants out of units.
pub(super) fn revoke(units: &mut [LoweredUnit], revoked: &[Revoked]) {
    for unit in units {
        let gone = |grant: &GrantFact| revoked.iter().any(|own| own.is(grant));
        if unit.facts.grants.iter().any(gone) {
            Arc::make_mut(&mut unit.facts).grants.retain(|grant| !gone(grant));
        }
    }
}
