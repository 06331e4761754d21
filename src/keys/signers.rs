//! The list of keys and of the identities that each speaks for.

use std::fmt;
use std::ops::Range;

use miette::Diagnostic;
use ssh_encoding::base64::{Base64, Encoding as _};
use ssh_key::HashAlg;
use ssh_key::public::KeyData;

use super::signature::decode_key;
use super::{options, pattern};

/// Entries in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AllowedSigners {
    /// One for each line that is neither blank nor a comment.
    pub entries: Vec<Signer>,
}

/// One key, whom it speaks for, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// Patterns of identities as they are written; one that starts with `!` excludes.
    pub principals: Vec<String>,
    /// Patterns of namespaces; without them the key is good for every one.
    pub namespaces: Option<Vec<String>>,
    /// The first second at which the key is valid, since 1970.
    pub valid_after: Option<i64>,
    /// The last second at which the key is valid, since 1970.
    pub valid_before: Option<i64>,
    /// Whether the key vouches for certificates only. It then makes no signatures itself.
    pub certificate_authority: bool,
    /// `SHA256:` and the digest of the key in base64.
    pub fingerprint: String,
    /// As in `ssh-ed25519`.
    pub key_type: String,
    /// The line, from 1.
    pub line: usize,
    pub(super) key: KeyData,
}

impl Signer {
    /// Whether the entry speaks for an identity.
    #[must_use]
    pub fn speaks_for(&self, identity: &str) -> bool {
        pattern::accepts(&self.principals, identity)
    }

    /// Whether the entry's key may sign in a namespace.
    #[must_use]
    pub fn allows(&self, namespace: &str) -> bool {
        self.namespaces.as_ref().is_none_or(|list| pattern::accepts(list, namespace))
    }
}

/// What is wrong with a list of allowed signers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignersError {
    /// The line, from 1.
    pub line: usize,
    /// The bytes at fault, in the whole file.
    pub span: Range<usize>,
    /// What is wrong, lower case, one sentence.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl fmt::Display for SignersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SignersError {}

impl Diagnostic for SignersError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("keys::signers"))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.help))
    }
}

const FORM: &str = "a line is `IDENTITY[,IDENTITY…] [OPTIONS] KEY-TYPE BASE64-KEY [COMMENT]`, as in \
                    `a@example.com namespaces=\"git\" ssh-ed25519 AAAA…`";
const KEY: &str = "copy the line of the public key (`cat KEY.pub`) behind the identity; types that are understood: \
                   ssh-ed25519, ecdsa-sha2-nistp256, -nistp384 and -nistp521, ssh-rsa, and the sk- types of security keys";

impl AllowedSigners {
    /// Reads a list in the format of `ssh-keygen(1)`, section ALLOWED SIGNERS. Times are UTC, with `Z` or without.
    ///
    /// # Errors
    /// [`SignersError`] at the first line that cannot be read: half a list would refuse or accept by accident.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignersError> {
        let mut entries = Vec::new();
        let mut start = 0;
        for (index, raw) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let at = start;
            start += raw.len();
            let wrong = |span: Range<usize>, message: String, help: &str| SignersError {
                line: index + 1,
                span: at + span.start..at + span.end,
                message,
                help: help.to_owned(),
            };
            let line =
                std::str::from_utf8(raw).ok().filter(|text| !text.contains(['\0', '\u{feff}'])).ok_or_else(|| {
                    wrong(
                        0..raw.len(),
                        "the line is not plain text".to_owned(),
                        "save the file as UTF-8 without byte-order mark",
                    )
                })?;
            let text = line.trim_matches(BLANK);
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let indent = line.len() - line.trim_start_matches(BLANK).len();
            let entry = entry(text, index + 1)
                .map_err(|(span, message, help)| wrong(indent + span.start..indent + span.end, message, help))?;
            entries.push(entry);
        }
        Ok(Self { entries })
    }
}

const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

fn entry(text: &str, line: usize) -> Result<Signer, options::Wrong> {
    let (principals, rest) = principals(text)?;
    let mut at = rest;
    let behind = |at: usize| text.get(at..).unwrap_or_default();
    let mut found = options::Options::default();
    let word = |at: usize| behind(at).split([' ', '\t']).next().unwrap_or_default();
    if !is_key_type(word(at)) {
        let length = options::length(behind(at));
        let given = behind(at).get(..length).unwrap_or_default();
        found =
            options::parse(given).map_err(|(span, message, help)| (at + span.start..at + span.end, message, help))?;
        at += length;
        at += behind(at).len() - behind(at).trim_start_matches([' ', '\t']).len();
    }
    let kind = word(at);
    if kind.is_empty() {
        return Err((0..text.len(), "the line has no key".to_owned(), FORM));
    }
    let kind_place = at..at + kind.len();
    if !is_key_type(kind) {
        return Err((kind_place, format!("keys of type `{kind}` are not supported"), KEY));
    }
    at += kind.len();
    at += behind(at).len() - behind(at).trim_start_matches([' ', '\t']).len();
    let encoded = word(at);
    let place = at..at + encoded.len();
    if encoded.is_empty() {
        return Err((kind_place, "the key ends behind its type".to_owned(), KEY));
    }
    let key = Base64::decode_vec(encoded)
        .ok()
        .and_then(|blob| decode_key(&blob))
        .ok_or_else(|| (place.clone(), "the key cannot be decoded".to_owned(), KEY))?;
    let real = key.algorithm().as_str().to_owned();
    if real != kind {
        return Err((kind_place, format!("the key is of type `{real}`, and the line says `{kind}`"), KEY));
    }
    Ok(Signer {
        principals,
        namespaces: found.namespaces,
        valid_after: found.valid_after,
        valid_before: found.valid_before,
        certificate_authority: found.certificate_authority,
        fingerprint: fingerprint(&key),
        key_type: real,
        line,
        key,
    })
}

/// The patterns and where the rest starts. A quote may start anywhere in the word; what it encloses may hold blanks.
fn principals(text: &str) -> Result<(Vec<String>, usize), options::Wrong> {
    let short = || (0..text.len(), "the line has an identity and no key".to_owned(), FORM);
    let end = text.find([' ', '\t', '\r', '"']).ok_or_else(short)?;
    let (head, tail) = text.split_at(end);
    let (word, used) = match tail.strip_prefix('"') {
        Some(inner) => {
            let close = inner
                .find('"')
                .ok_or_else(|| (end..text.len(), "the quoted identity does not end".to_owned(), FORM))?;
            (format!("{head}{}", inner.get(..close).unwrap_or_default()), end + close + 2)
        }
        None => (head.to_owned(), end),
    };
    let behind = text.get(used..).unwrap_or_default();
    let rest = used + behind.len() - behind.trim_start_matches(BLANK).len();
    if rest == text.len() {
        return Err(short());
    }
    Ok((pattern::split(&word), rest))
}

/// The types of keys that are supported.
pub(super) fn is_key_type(word: &str) -> bool {
    matches!(
        word,
        "ssh-ed25519"
            | "ssh-rsa"
            | "ecdsa-sha2-nistp256"
            | "ecdsa-sha2-nistp384"
            | "ecdsa-sha2-nistp521"
            | "sk-ssh-ed25519@openssh.com"
            | "sk-ecdsa-sha2-nistp256@openssh.com"
    )
}

/// The name of a key as `ssh-keygen -l` shows it.
pub(super) fn fingerprint(key: &KeyData) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}
