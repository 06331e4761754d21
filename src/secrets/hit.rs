//! What a scan says. Nothing here can hold a secret.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::SecretDigest;
use crate::facts::Lifetime;

/// A place where something stands that has the look of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The id of its kind in the table (`github_token`), or `own/` and the id of a user's rule.
    pub kind: Arc<str>,
    /// How sure it is.
    pub verdict: Verdict,
    /// What follows from it.
    pub tier: Tier,
    /// How long it lives, as far as its kind or the token itself says.
    pub lifetime: Lifetime,
    /// Where it stands.
    pub place: Place,
    /// How many bytes it has.
    pub length: u32,
    /// Names it: equal for equal secrets of a kind under one key, wherever they stand.
    pub digest: SecretDigest,
}

/// How sure it is that something is a secret of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// A checksum holds, or it decodes to what only a secret of the kind is.
    Proved,
    /// Its form is that of the kind, and the kind has nothing to check offline.
    Shape,
    /// It is no secret, for a reason.
    Refuted(Refutation),
}

/// Why something that looks like a secret is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refutation {
    /// The checksum that every token of the kind carries is wrong.
    Checksum,
    /// It does not decode to what the kind is.
    Structure,
    /// It is an example, filler or a word where a secret is to be put.
    Placeholder,
    /// It names where the secret is kept, or is filled in later.
    Reference,
    /// It is sealed for somebody else: the cipher text of SOPS, of a SealedSecret, of a vault file.
    Ciphertext,
    /// It is a digest or an identifier: an integrity hash of a lock file, a commit.
    Identifier,
    /// The user's own rule that finds it allows it.
    Allowed,
}

impl Refutation {
    /// The reason's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Checksum => "checksum",
            Self::Structure => "structure",
            Self::Placeholder => "placeholder",
            Self::Reference => "reference",
            Self::Ciphertext => "ciphertext",
            Self::Identifier => "identifier",
            Self::Allowed => "allowed",
        }
    }

    /// The reason in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Checksum => "its checksum is wrong",
            Self::Structure => "it does not decode",
            Self::Placeholder => "it is a placeholder",
            Self::Reference => "it is a reference",
            Self::Ciphertext => "it is encrypted",
            Self::Identifier => "it is a digest or an identifier",
            Self::Allowed => "its rule allows it",
        }
    }
}

impl Verdict {
    /// The verdict's name: `proved`, `shape` or `refuted`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Shape => "shape",
            Self::Refuted(_) => "refuted",
        }
    }
}

/// What follows from a hit, before any policy has spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// A long-lived secret: it has to go before the change may pass.
    Blocking,
    /// Likely a secret, or one that is short-lived, encrypted or for tests: somebody should look.
    Advisory,
    /// Refuted: kept so that nothing is dropped in silence.
    Record,
}

impl Tier {
    /// The tier's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::Advisory => "advisory",
            Self::Record => "record",
        }
    }
}

/// Where a hit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Its first byte, from 0. Of a file in UTF-16: of its text in UTF-8.
    pub start: u64,
    /// One past its last byte.
    pub end: u64,
    /// Its line, from 1.
    pub line: u32,
    /// Its column, from 1, in Unicode code points.
    pub column: u32,
}

/// What one file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// The hits in the order of their places.
    pub hits: Vec<Hit>,
    /// What of the file was not looked at, if anything: it is an outcome and no pass.
    pub unread: Option<Unread>,
}

/// Why a file, or a part of one, was not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// It is an archive or is compressed, by its first bytes; it is not opened.
    Archive {
        /// What it is: `zip`, `gzip` and so on.
        format: &'static str,
    },
    /// It is no text. Private keys and tokens with a prefix were looked for all the same, other secrets were not.
    Binary,
    /// The system refused.
    Refused {
        /// Its answer, lower case, without the path.
        reason: String,
    },
    /// It became shorter while it was read.
    Shrank,
    /// A user's own rule became too large when it was compiled.
    RuleTooLarge {
        /// The rule's id.
        rule: String,
    },
    /// It holds more hits than are kept of one file; the first are.
    TooManyHits,
}

impl Unread {
    /// What the system answered.
    pub(super) fn refused(error: &std::io::Error) -> Self {
        Self::Refused { reason: error.kind().to_string() }
    }

    /// The reason's name.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Archive { .. } => "archive",
            Self::Binary => "binary",
            Self::Refused { .. } => "refused",
            Self::Shrank => "shrank",
            Self::RuleTooLarge { .. } => "rule_too_large",
            Self::TooManyHits => "too_many_hits",
        }
    }

    /// Whether a gate must take it for a definition that could not be evaluated. A binary file or an archive is known for
    /// what it is and only said; anything else should have been read.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Shrank | Self::RuleTooLarge { .. } | Self::TooManyHits)
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive { format } => write!(f, "{format} archives are not opened"),
            Self::Binary => f.write_str("not text: looked through for keys and tokens with a prefix alone"),
            Self::Refused { reason } => f.write_str(reason),
            Self::Shrank => f.write_str("it became shorter while it was read"),
            Self::RuleTooLarge { rule } => write!(f, "the rule `{rule}` becomes too large to be looked for"),
            Self::TooManyHits => f.write_str("it holds more than can be listed; the first are"),
        }
    }
}
