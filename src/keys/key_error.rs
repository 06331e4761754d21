//! Why a key cannot be had, or did not sign.

use std::fmt;
use std::io;
use std::path::PathBuf;

use miette::Diagnostic;

use crate::store::Digest;

/// Why a key cannot be had, or did not sign.
#[derive(Debug)]
pub enum KeyError {
    /// The key's file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Others than its owner may read the file.
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds no private key that signs evidence.
    NotAKey {
        /// The file.
        path: PathBuf,
        /// What it holds, as far as that can be told.
        found: &'static str,
    },
    /// A new key is not written over a file.
    Exists(PathBuf),
    /// The file of a new key cannot be written.
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The system gave no randomness for a new key.
    NoRandomness(String),
    /// The SSH agent did not sign.
    Agent {
        /// Where it listens.
        socket: PathBuf,
        /// Why.
        message: String,
    },
    /// The command did not sign.
    Command {
        /// The command.
        command: String,
        /// Why.
        message: String,
    },
    /// What came back is not a signature of the message by the public key.
    WrongSignature {
        /// Who made it.
        signer: String,
        /// The public key.
        fingerprint: Digest,
    },
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, error } => write!(f, "the key {} cannot be read: {error}", path.display()),
            Self::Exposed { path, mode } => {
                write!(f, "the private key {} is open to others (its mode is {mode:04o})", path.display())
            }
            Self::NotAKey { path, found } => {
                write!(f, "{} holds {found}, and no private key that can sign here", path.display())
            }
            Self::Exists(path) => write!(f, "{} exists, and a new key is not written over it", path.display()),
            Self::Unwritable { path, error } => write!(f, "the key {} cannot be written: {error}", path.display()),
            Self::NoRandomness(message) => write!(f, "no key was made: the system gave no randomness: {message}"),
            Self::Agent { socket, message } => {
                write!(f, "the SSH agent at {} did not sign: {message}", socket.display())
            }
            Self::Command { command, message } => write!(f, "the command `{command}` did not sign: {message}"),
            Self::WrongSignature { signer, fingerprint } => {
                write!(f, "{signer} gave a signature that is not by the public key {fingerprint}")
            }
        }
    }
}

impl std::error::Error for KeyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { error, .. } | Self::Unwritable { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl Diagnostic for KeyError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self {
            Self::Unreadable { .. } => "keys::unreadable",
            Self::Exposed { .. } => "keys::exposed",
            Self::NotAKey { .. } => "keys::not_a_key",
            Self::Exists(_) => "keys::exists",
            Self::Unwritable { .. } => "keys::unwritable",
            Self::NoRandomness(_) => "keys::no_randomness",
            Self::Agent { .. } => "keys::agent",
            Self::Command { .. } => "keys::command",
            Self::WrongSignature { .. } => "keys::wrong_signature",
        }))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self {
            Self::Unreadable { path, .. } => format!("look at its owner and mode with `ls -l {}`", path.display()),
            Self::Exposed { path, .. } => {
                format!("`chmod 600 {}`; if others may have read it, make a new key", path.display())
            }
            Self::NotAKey { path, .. } => format!(
                "an ECDSA P-256 or Ed25519 key without a passphrase is needed: `openssl pkcs8 -topk8 -nocrypt -in {}` \
                 writes one in PKCS#8; a key with a passphrase signs through an SSH agent",
                path.display()
            ),
            Self::Exists(path) => {
                format!("name another file, or move it aside first; evidence may depend on {}", path.display())
            }
            Self::Unwritable { path, .. } => {
                format!("look at its folder with `ls -ld {}`", path.parent().unwrap_or(path).display())
            }
            Self::NoRandomness(_) => "make the key on another machine".to_owned(),
            Self::Agent { .. } => {
                "`ssh-add -l` lists what the agent holds; OpenSSH's signs messages of up to 256 KB".to_owned()
            }
            Self::Command { .. } => {
                "it reads the message from standard input and writes the signature's bytes to standard output"
                    .to_owned()
            }
            Self::WrongSignature { .. } => {
                "give the public key that belongs to it; ECDSA signatures are over SHA-256 of the message, in DER"
                    .to_owned()
            }
        }))
    }
}
