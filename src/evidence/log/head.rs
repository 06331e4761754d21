//! The head: which leaves the log has. Every change of the log is one compare-and-swap of it.

use serde::{Deserialize, Serialize};

use super::LogError;
use super::tree::{LARGEST_TREE, empty_root};
use crate::evidence::canonical::canonical;
use crate::store::Digest;

const SCHEMA: &str = "countersign.dev/log-head/v1";

/// The object `head`, as canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    schema: String,
    /// Which log it is.
    pub(super) origin: String,
    /// The tree.
    pub(super) tree: Tip,
    /// How it came to be; none in a log without leaves.
    pub(super) batch: Option<Batch>,
}

/// The last leaves: what is to be written if their writer came no further than the head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Batch {
    /// The tree before them.
    pub(super) previous: Tip,
    /// The digest of the object that holds them, as a bundle of entries.
    pub(super) staged: Digest,
}

/// A size and the root that goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tip {
    pub(super) size: u64,
    pub(super) root: Digest,
}

impl Head {
    /// The head of a log without leaves.
    pub(super) fn empty(origin: &str) -> Self {
        Self::new(origin, Tip { size: 0, root: empty_root() }, None)
    }

    pub(super) fn new(origin: &str, tree: Tip, batch: Option<Batch>) -> Self {
        Self { schema: SCHEMA.to_owned(), origin: origin.to_owned(), tree, batch }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        canonical(self)
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, LogError> {
        #[derive(Deserialize)]
        struct Kind {
            schema: String,
        }
        let wrong = |error: serde_json::Error| LogError::Head(error.to_string());
        let kind: Kind = serde_json::from_slice(bytes).map_err(wrong)?;
        if kind.schema != SCHEMA {
            return Err(LogError::Head(format!("its schema is `{}`, and `{SCHEMA}` is known", kind.schema)));
        }
        let head: Self = serde_json::from_slice(bytes).map_err(wrong)?;
        let before = head.batch.as_ref().map_or(0, |batch| batch.previous.size);
        let grows = if head.batch.is_some() { before < head.tree.size } else { head.tree == Self::empty("").tree };
        if !grows || head.tree.size > LARGEST_TREE {
            return Err(LogError::Head(format!("a log of {before} leaves cannot grow to {}", head.tree.size)));
        }
        Ok(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_was_written_and_others_are_refused() {
        let root = Digest::of(b"root");
        let previous = Tip { size: 3, root };
        let batch = Batch { previous, staged: Digest::of(b"leaves") };
        for head in [Head::empty("example.com/log"), Head::new("example.com/log", Tip { size: 7, root }, Some(batch))] {
            let bytes = head.to_bytes();
            assert_eq!(Head::parse(&bytes).unwrap(), head);
            let text = String::from_utf8(bytes).unwrap();
            for (from, to) in [
                ("log-head/v1", "log-head/v2"),
                ("\"size\":7", "\"size\":3"),
                ("\"size\":7", "\"size\":9007199254740992"),
                ("\"size\":7", "\"size\":-1"),
                ("\"size\":0", "\"size\":1"),
                ("\"origin\"", "\"other\":1,\"origin\""),
                ("}", ""),
            ] {
                let changed = text.replacen(from, to, 1);
                assert!(
                    changed == text || matches!(Head::parse(changed.as_bytes()), Err(LogError::Head(_))),
                    "{changed}"
                );
            }
        }
    }
}
