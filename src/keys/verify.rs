//! Whether a signature counts, by a list of allowed signers.

use super::{AllowedSigners, CommitSignature, Refused, Signature, Signer};

/// The namespace in which git signs.
const GIT: &str = "git";

/// A signature that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The key that made it.
    pub fingerprint: String,
    /// The line of the allowed signers that lets it count.
    pub line: usize,
    /// How it was made, as in `ssh-ed25519` or `rsa-sha2-512`.
    pub algorithm: String,
}

/// Who signed a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitSigners<'a> {
    /// The key that made the signature.
    pub fingerprint: String,
    /// The entries with this key that are valid in the namespace `git`; at least one.
    pub entries: Vec<&'a Signer>,
}

impl AllowedSigners {
    /// Whether `signature` (armoured) is one of `message`, for `namespace`, by a key that is listed for `identity` and
    /// valid `at` that second since 1970. The answer is that of `ssh-keygen -Y verify`, except as the module's page says.
    ///
    /// # Errors
    /// [`Refused`], the first reason that applies.
    pub fn verify(
        &self,
        identity: &str,
        namespace: &str,
        message: &[u8],
        signature: &[u8],
        at: i64,
    ) -> Result<Verified, Refused> {
        let signature = Signature::parse(signature)?;
        signature.check(namespace, message)?;
        let listed = self.with_key(&signature)?;
        let mut refused = None;
        for entry in listed.iter().filter(|entry| entry.speaks_for(identity)) {
            match usable(entry, namespace, at) {
                Ok(()) => {
                    return Ok(Verified {
                        fingerprint: signature.fingerprint,
                        line: entry.line,
                        algorithm: signature.algorithm,
                    });
                }
                Err(reason) => refused = refused.or(Some(reason)),
            }
        }
        Err(refused.unwrap_or_else(|| Refused::OtherIdentity {
            identity: identity.to_owned(),
            fingerprint: signature.fingerprint,
            lines: listed.iter().map(|entry| entry.line).collect(),
        }))
    }

    /// The entries for which `signature` (armoured) counts, whoever they speak for: `ssh-keygen -Y find-principals`,
    /// but only once the signature was held against the message.
    ///
    /// # Errors
    /// [`Refused`] when there is none.
    pub fn identities_of(
        &self,
        namespace: &str,
        message: &[u8],
        signature: &[u8],
        at: i64,
    ) -> Result<Vec<&Signer>, Refused> {
        let signature = Signature::parse(signature)?;
        signature.check(namespace, message)?;
        self.entries_for(&signature, namespace, at)
    }

    /// Who signed a commit.
    ///
    /// # Errors
    /// [`Refused`] when the signature does not count for any entry.
    pub fn verify_commit(&self, signed: &CommitSignature, at: i64) -> Result<CommitSigners<'_>, Refused> {
        let signature = Signature::parse(signed.armoured.as_bytes())?;
        signature.check_digest(GIT, |hash| signed.digest(hash))?;
        let entries = self.entries_for(&signature, GIT, at)?;
        Ok(CommitSigners { fingerprint: signature.fingerprint, entries })
    }

    fn entries_for(&self, signature: &Signature, namespace: &str, at: i64) -> Result<Vec<&Signer>, Refused> {
        let mut found = Vec::new();
        let mut refused = None;
        for entry in self.with_key(signature)? {
            match usable(entry, namespace, at) {
                Ok(()) => found.push(entry),
                Err(reason) => refused = refused.or(Some(reason)),
            }
        }
        match refused {
            Some(reason) if found.is_empty() => Err(reason),
            _ => Ok(found),
        }
    }

    /// The entries whose key made the signature; at least one.
    fn with_key(&self, signature: &Signature) -> Result<Vec<&Signer>, Refused> {
        let listed: Vec<&Signer> =
            self.entries.iter().filter(|entry| !entry.certificate_authority && entry.key == signature.key).collect();
        if listed.is_empty() { Err(Refused::KeyNotListed(signature.fingerprint.clone())) } else { Ok(listed) }
    }
}

/// Whether nothing in the entry's options stands against the use. Both ends of its time belong to it.
fn usable(entry: &Signer, namespace: &str, at: i64) -> Result<(), Refused> {
    let line = entry.line;
    if !entry.allows(namespace) {
        return Err(Refused::NamespaceNotAllowed { namespace: namespace.to_owned(), line });
    }
    match (entry.valid_after, entry.valid_before) {
        (Some(since), _) if at < since => Err(Refused::NotYetValid { since, line }),
        (_, Some(until)) if at > until => Err(Refused::NoLongerValid { until, line }),
        _ => Ok(()),
    }
}
