//! Accounts that grants name and that nothing declares: what their names tell of them is a fact too.

use std::collections::BTreeMap;

use crate::facts::{AccountFact, AccountKind, Facts, Native, Origin};

/// Principals that are only mentioned. Those that nothing declares get their facts when everything is read.
#[derive(Debug, Default)]
pub(in crate::formats) struct Mentioned(BTreeMap<Native, (AccountKind, Origin)>);

impl Mentioned {
    /// An account that something names.
    pub(in crate::formats) fn account(&mut self, id: &Native, kind: AccountKind, origin: Origin) {
        self.0.entry(id.clone()).or_insert((kind, origin));
    }

    /// Gives a fact to each account that has none.
    pub(in crate::formats) fn settle(mut self, facts: &mut Facts) {
        for declared in &facts.accounts {
            self.0.remove(&declared.id);
        }
        let accounts = self.0.into_iter().map(|(id, (kind, origin))| AccountFact { id, kind, boundary: None, origin });
        facts.accounts.extend(accounts);
    }
}
