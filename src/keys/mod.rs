//! SSH signatures, who may make them, and making them.
//!
//! [`AllowedSigners`] is a list of keys and of the identities that each speaks for, in the format of `ssh-keygen(1)`,
//! section ALLOWED SIGNERS. It answers as `ssh-keygen -Y verify` does, with a reason where the answer is no. A
//! [`Signature`] is what `ssh-keygen -Y sign` writes (PROTOCOL.sshsig of OpenSSH); [`git_signature`] finds it in a
//! commit. What a signature is good for, others decide. Time is passed in.
//!
//! # Where this is stricter than `ssh-keygen`
//!
//! - A line that cannot be read is an error of the whole file; `ssh-keygen` skips it. So are an empty option, a day that
//!   the month does not have, and bytes that are no UTF-8.
//! - A time without `Z` is UTC; `ssh-keygen` takes the local time zone, which differs from machine to machine.
//! - RSA keys have 2048 to 4096 bits; `ssh-keygen` accepts 1024 to 16384.
//! - A security key has to say that it was touched; `ssh-keygen -Y verify` does not look.
//! - Certificates and DSA keys are not supported.

mod commit;
mod options;
mod pattern;
mod refused;
mod sign;
mod signature;
mod signers;
mod verify;
mod wire;

pub use commit::{GitSignature, git_signature};
pub use refused::Refused;
pub use sign::{KEYGEN_VARIABLES, SignError, SigningKey};
pub use signature::Signature;
pub use signers::{AllowedSigners, Signer, SignersError};
pub use verify::{CommitSigners, Verified};

#[cfg(test)]
mod tests;
