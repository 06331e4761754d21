//! The signature in a commit.

use serde::{Deserialize, Serialize};
use ssh_key::HashAlg;

/// The SSH signature of a commit, with the digests of what it may be over. An SSH signature is one of a digest
/// (PROTOCOL.sshsig), so that whoever keeps this can verify it without the commit's text, which holds whatever somebody
/// once wrote in a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitSignature {
    /// The signature.
    pub armoured: String,
    /// SHA-256 of the commit without its signatures, in hex.
    sha256: String,
    /// SHA-512 of the same.
    sha512: String,
}

impl CommitSignature {
    /// The signature of a commit, given as git stores it. `None`: nobody signed it, or not with SSH.
    #[must_use]
    pub fn of(raw: &[u8]) -> Option<Self> {
        let GitSignature { payload, armoured } = git_signature(raw)?;
        let hex = |hash: HashAlg| hash.digest(&payload).iter().map(|byte| format!("{byte:02x}")).collect();
        // What is no text is no signature, and is refused as none.
        let armoured = String::from_utf8_lossy(&armoured).into_owned();
        Some(Self { armoured, sha256: hex(HashAlg::Sha256), sha512: hex(HashAlg::Sha512) })
    }

    /// The digest of what is signed; `None` where it is none.
    pub(super) fn digest(&self, hash: HashAlg) -> Option<Vec<u8>> {
        let (text, length) = match hash {
            HashAlg::Sha256 => (&self.sha256, 32),
            HashAlg::Sha512 => (&self.sha512, 64),
            _ => return None,
        };
        let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
        let bytes = pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect::<Option<Vec<u8>>>()?;
        (bytes.len() == length).then_some(bytes)
    }
}

/// A commit, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitSignature {
    /// What was signed: the commit without its signatures.
    pub payload: Vec<u8>,
    /// The armoured signature.
    pub armoured: Vec<u8>,
}

/// Splits the SSH signature out of a commit, given as git stores it (`git cat-file commit`). `None`: it has none, or one
/// of another kind, as PGP's.
///
/// A commit may hold one signature for each of git's digests. The one of the digest that names its tree counts, and
/// neither is signed.
#[must_use]
pub fn git_signature(raw: &[u8]) -> Option<GitSignature> {
    let tree = raw.strip_prefix(b"tree ")?.iter().position(|byte| *byte == b'\n')?;
    let wanted: &[u8] = if tree == 64 { b"gpgsig-sha256" } else { b"gpgsig" };
    let mut payload = Vec::with_capacity(raw.len());
    let mut armoured = Vec::new();
    // Which header a line that starts with a blank continues.
    let mut within = Header::Other;
    let mut rest = raw;
    while !rest.is_empty() && !rest.starts_with(b"\n") {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let (line, behind) = rest.split_at(end);
        rest = behind;
        let mut value = line;
        if let Some(continued) = line.strip_prefix(b" ") {
            value = continued;
        } else {
            let name = line.split(|byte| *byte == b' ').next().unwrap_or_default();
            within = match name {
                _ if name.len() == line.len() => Header::Other,
                b"gpgsig" | b"gpgsig-sha256" => {
                    value = line.get(name.len() + 1..).unwrap_or_default();
                    if name == wanted { Header::Wanted } else { Header::Ignored }
                }
                _ => Header::Other,
            };
        }
        match within {
            Header::Wanted => armoured.extend_from_slice(value),
            Header::Ignored => {}
            Header::Other => payload.extend_from_slice(line),
        }
    }
    payload.extend_from_slice(rest);
    armoured.starts_with(b"-----BEGIN SSH SIGNATURE-----").then_some(GitSignature { payload, armoured })
}

#[derive(Clone, Copy)]
enum Header {
    Wanted,
    Ignored,
    Other,
}
