//! Signing, as `ssh-keygen -Y sign` does.
//!
//! An unencrypted Ed25519 or ECDSA key signs here. Every other key (with a passphrase, in an agent, on a security key,
//! RSA) signs through `ssh-keygen`, which asks for what it needs on the terminal.

use std::ffi::OsString;
use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use miette::Diagnostic;
use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey};

/// A key that signs.
#[derive(Debug, Clone)]
pub struct SigningKey {
    path: PathBuf,
    /// `None`: `ssh-keygen` signs.
    key: Option<PrivateKey>,
    /// What `ssh-keygen` may know of its surroundings.
    variables: Vec<(OsString, OsString)>,
}

/// Why nothing was signed.
#[derive(Debug)]
pub enum SignError {
    /// The key's file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// `ssh-keygen` cannot be started.
    NoKeygen(std::io::Error),
    /// `ssh-keygen` did not sign; what it said.
    Refused {
        /// The key's file.
        path: PathBuf,
        /// Its words.
        message: String,
    },
    /// The key could not sign.
    Failed(String),
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, error } => write!(f, "the key {} cannot be read: {error}", path.display()),
            Self::NoKeygen(error) => write!(f, "ssh-keygen cannot be run: {error}"),
            Self::Refused { path, message } => write!(f, "the key {} did not sign: {message}", path.display()),
            Self::Failed(message) => write!(f, "the key did not sign: {message}"),
        }
    }
}

impl std::error::Error for SignError {}

impl Diagnostic for SignError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self {
            Self::Unreadable { .. } => {
                "name the key that git signs with: `git config user.signingkey`, often ~/.ssh/id_ed25519"
            }
            Self::NoKeygen(_) => {
                "install OpenSSH, or sign with an Ed25519 key that has no passphrase: that needs no other program"
            }
            Self::Refused { .. } => {
                "`ssh-add -l` lists what the agent holds; a key with a passphrase asks for it on the terminal"
            }
            Self::Failed(_) => "make a key with `ssh-keygen -t ed25519`",
        }))
    }
}

impl SigningKey {
    /// Opens a key: the file of a private key, or of a public key whose private half an agent or a security key holds.
    /// `variables` are what `ssh-keygen` is given of the environment.
    ///
    /// # Errors
    /// [`SignError::Unreadable`].
    pub fn read(path: &Path, variables: Vec<(OsString, OsString)>) -> Result<Self, SignError> {
        let unreadable = |error| SignError::Unreadable { path: path.to_owned(), error };
        let text = std::fs::read(path).map_err(unreadable)?;
        let key = super::openssh::private_key(&String::from_utf8_lossy(&text))
            .ok()
            .filter(|key| !key.is_encrypted())
            .filter(|key| matches!(key.algorithm(), Algorithm::Ed25519 | Algorithm::Ecdsa { .. }));
        Ok(Self { path: path.to_owned(), key, variables })
    }

    /// Signs a message for a namespace; the armoured signature.
    ///
    /// # Errors
    /// [`SignError`]: the agent is not there, the passphrase is wrong, nobody touched the security key.
    pub fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, SignError> {
        match &self.key {
            Some(key) => key
                .sign(namespace, HashAlg::Sha512, message)
                .and_then(|signature| signature.to_pem(LineEnding::LF))
                .map_err(|error| SignError::Failed(error.to_string())),
            None => self.by_keygen(namespace, message),
        }
    }

    fn by_keygen(&self, namespace: &str, message: &[u8]) -> Result<String, SignError> {
        let mut child = Command::new("ssh-keygen")
            .args(["-Y", "sign", "-n", namespace, "-f"])
            .arg(&self.path)
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(SignError::NoKeygen)?;
        // A program that ends early closes its input; its exit status says why.
        if let Some(mut input) = child.stdin.take() {
            let _ = input.write_all(message);
        }
        let output = child.wait_with_output().map_err(SignError::NoKeygen)?;
        let signature = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() && signature.starts_with("-----BEGIN SSH SIGNATURE-----") {
            return Ok(signature);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let message = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it gave no reason");
        Err(SignError::Refused { path: self.path.clone(), message: message.to_owned() })
    }
}

/// The variables that `ssh-keygen` may know: where the agent is, and how a passphrase is asked for.
pub const KEYGEN_VARIABLES: &[&str] =
    &["PATH", "HOME", "SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "SSH_SK_PROVIDER", "DISPLAY", "TERM"];
