//! Why a signature does not count.

use std::fmt;

/// Why a signature does not count. Shown, each is a clause that follows "the approval X does not count: ".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The text is not an armoured SSH signature.
    NotASignature,
    /// The signature ends too early, has bytes too many, or a field of it has not the form it should have.
    Malformed,
    /// A version of the format that is not known.
    Version(u32),
    /// A digest other than SHA-256 and SHA-512.
    Hash(String),
    /// A key or signature algorithm that is not supported: DSA, SHA-1, and what is unknown.
    Algorithm(String),
    /// The signature was made with a certificate of this type.
    Certificate(String),
    /// The RSA key has too few or too many bits.
    RsaSize(usize),
    /// The signature was made for another purpose.
    Namespace {
        /// The one that is asked for.
        expected: String,
        /// The one in the signature.
        found: String,
    },
    /// The signature is not of this message by this key.
    Mismatch,
    /// A security key that nobody touched.
    Untouched,
    /// No entry has the key.
    KeyNotListed(String),
    /// The key is listed, and every such line speaks for others.
    OtherIdentity {
        /// The identity that is asked for.
        identity: String,
        /// The key.
        fingerprint: String,
        /// The lines that have it.
        lines: Vec<usize>,
    },
    /// The key is listed for the identity, and not for the namespace.
    NamespaceNotAllowed {
        /// The namespace.
        namespace: String,
        /// The line.
        line: usize,
    },
    /// The key is valid later.
    NotYetValid {
        /// Seconds since 1970.
        since: i64,
        /// The line.
        line: usize,
    },
    /// The key was valid earlier.
    NoLongerValid {
        /// Seconds since 1970.
        until: i64,
        /// The line.
        line: usize,
    },
}

impl Refused {
    /// Of the reasons why one signature does not count for several identities of one person, the one that says most:
    /// that a key is listed for another identity says less than anything about the right one.
    #[must_use]
    pub fn nearer(known: Option<Self>, other: Self) -> Self {
        match known {
            Some(known) if !matches!(known, Self::OtherIdentity { .. }) => known,
            _ => other,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotASignature => f.write_str("its signature is not an armoured SSH signature"),
            Self::Malformed => f.write_str("its signature is damaged"),
            Self::Version(version) => write!(f, "its signature has the format version {version}, which is not known"),
            Self::Hash(name) => write!(f, "its signature uses the digest `{name}`, which is not supported"),
            Self::Algorithm(name) => write!(f, "its signature uses `{name}`, which is not supported"),
            Self::Certificate(name) => {
                write!(f, "its signature was made with a certificate (`{name}`), and only plain keys are supported")
            }
            Self::RsaSize(bits) => {
                write!(f, "its signature was made with an RSA key of {bits} bits, and 2048 to 4096 are accepted")
            }
            Self::Namespace { expected, found } => {
                write!(f, "its signature was made for the namespace `{found}`, and `{expected}` is needed")
            }
            Self::Mismatch => f.write_str("its signature does not fit what was signed"),
            Self::Untouched => f.write_str("its security key signed without being touched"),
            Self::KeyNotListed(key) => write!(f, "the key {key} is not among the allowed signers"),
            Self::OtherIdentity { identity, fingerprint, lines } => {
                let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
                let word = if lines.len() == 1 { "line" } else { "lines" };
                let lines = lines.join(", ");
                write!(
                    f,
                    "the key {fingerprint} is listed for others than `{identity}` ({word} {lines} of the allowed signers)"
                )
            }
            Self::NamespaceNotAllowed { namespace, line } => {
                write!(f, "line {line} of the allowed signers does not allow its key the namespace `{namespace}`")
            }
            Self::NotYetValid { since, line } => {
                write!(f, "its key is valid since {} only (line {line} of the allowed signers)", time(*since))
            }
            Self::NoLongerValid { until, line } => {
                write!(f, "its key was valid until {} (line {line} of the allowed signers)", time(*until))
            }
        }
    }
}

impl std::error::Error for Refused {}

fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}
