//! SSH signatures, who may make them, and making them; and the keys and envelopes of evidence.
//!
//! # Records
//!
//! [`AllowedSigners`] is a list of keys and of the identities that each speaks for, in the format of `ssh-keygen(1)`,
//! section ALLOWED SIGNERS. It answers as `ssh-keygen -Y verify` does, with a reason where the answer is no. A
//! [`Signature`] is what `ssh-keygen -Y sign` writes (PROTOCOL.sshsig of OpenSSH); [`CommitSignature`] is that of a
//! commit. What a signature is good for, others decide. Time is passed in.
//!
//! ## Where this is stricter than `ssh-keygen`
//!
//! - A line that cannot be read is an error of the whole file; `ssh-keygen` skips it. So are an empty option, a day that
//!   the month does not have, and bytes that are no UTF-8.
//! - A time without `Z` is UTC; `ssh-keygen` takes the local time zone, which differs from machine to machine.
//! - RSA keys have 2048 to 4096 bits; `ssh-keygen` accepts 1024 to 16384.
//! - A security key has to say that it was touched; `ssh-keygen -Y verify` does not look.
//! - Certificates and DSA keys are not supported.
//!
//! # Evidence
//!
//! An [`EvidenceKey`] signs: from a file (made by [`keygen`]), in an SSH agent, or behind a command. A [`PublicKey`]
//! verifies. An [`Envelope`] is a signed payload as DSSE defines it, and a [`SigstoreBundle`] the file of one signer's
//! envelope that Sigstore's tools read; a key of SSH makes one for `ssh-keygen` too. Where a signature came from is never a reason to trust it: the caller names keys.

mod bundle;
mod commit;
mod dsse;
mod encoding;
mod evidence_key;
mod key_error;
mod keygen;
mod openssh;
mod options;
mod pattern;
mod public_key;
mod refused;
mod sign;
mod signature;
mod signers;
mod ssh;
mod verify;
mod wire;

pub use bundle::{BUNDLE_MEDIA_TYPE, SigstoreBundle};
pub use commit::{CommitSignature, GitSignature, git_signature};
pub use dsse::{Envelope, EnvelopeError, EnvelopeSignature, PAYLOAD_TYPE, VerifiedPayload, pae};
pub use evidence_key::EvidenceKey;
pub use key_error::KeyError;
pub use keygen::keygen;
pub use public_key::{Algorithm, PublicKey, PublicKeyError};
pub use refused::Refused;
pub use sign::{KEYGEN_VARIABLES, SignError, SigningKey};
pub use signature::Signature;
pub use signers::{AllowedSigners, Signer, SignersError};
pub use ssh::{EVIDENCE_NAMESPACE, ssh_signer};
pub use verify::{CommitSigners, Verified};

#[cfg(test)]
mod evidence_tests;
#[cfg(test)]
mod tests;
