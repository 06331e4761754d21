//! The private half of a key that signs evidence, wherever it is kept.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use p256::ecdsa::signature::Signer as _;
use ssh_key::private::{EcdsaKeypair, KeypairData};

use super::key_error::KeyError;
use super::{Algorithm, PublicKey};

/// No private key of a supported kind is longer.
const LONGEST_FILE: u64 = 64 * 1024;
/// No signature of a supported kind is longer; what a command writes beyond it is not read.
const LONGEST_SIGNATURE: u64 = 4 * 1024;

/// A key that signs evidence: in a file, in an SSH agent, or behind a command that asks a KMS, a vault or an HSM.
///
/// Every signature is in the form that [`Algorithm`] says, whoever made it, and those that others made are verified
/// before they are used.
pub struct EvidenceKey {
    public: PublicKey,
    signer: Signer,
    /// Whether it is one of SSH: its owner's other tools are OpenSSH's.
    of_ssh: bool,
}

enum Signer {
    EcdsaP256(p256::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
    #[cfg(unix)]
    Agent {
        socket: PathBuf,
        key: ssh_key::PublicKey,
    },
    Command {
        command: String,
        variables: Vec<(OsString, OsString)>,
    },
}

/// Shows the public half alone.
impl fmt::Debug for EvidenceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EvidenceKey({})", self.public.fingerprint())
    }
}

impl EvidenceKey {
    /// Opens the file of a private key: PKCS#8 in PEM, or the OpenSSH form without a passphrase; ECDSA P-256 or Ed25519.
    ///
    /// # Errors
    /// [`KeyError`]: the file cannot be read, others may read it (on Unix), or it holds no key that can be used here.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let unreadable = |error| KeyError::Unreadable { path: path.to_owned(), error };
        let file = File::open(path).map_err(unreadable)?;
        refuse_exposed(path, &file)?;
        let mut text = String::new();
        file.take(LONGEST_FILE).read_to_string(&mut text).map_err(unreadable)?;
        Self::from_text(&text).map_err(|found| KeyError::NotAKey { path: path.to_owned(), found })
    }

    fn from_text(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----") {
            return from_openssh(text);
        }
        if text.starts_with("-----BEGIN PRIVATE KEY-----") {
            return p256::ecdsa::SigningKey::from_pkcs8_pem(text)
                .map(Self::from)
                .or_else(|_| ed25519_dalek::SigningKey::from_pkcs8_pem(text).map(Self::from))
                .map_err(|_| "a damaged key, or one of another kind than ECDSA P-256 and Ed25519");
        }
        Err(match text.lines().next().unwrap_or_default() {
            "-----BEGIN ENCRYPTED PRIVATE KEY-----" => "a key with a passphrase",
            "-----BEGIN EC PRIVATE KEY-----" | "-----BEGIN EC PARAMETERS-----" => "an EC key in the older SEC 1 form",
            "-----BEGIN PUBLIC KEY-----" => "a public key",
            _ => "something else",
        })
    }

    /// The key that an SSH agent holds, named by its public half in the one-line form of OpenSSH. `socket` is where the
    /// agent listens (`SSH_AUTH_SOCK`). The agent is asked when something is signed.
    ///
    /// # Errors
    /// [`KeyError::Agent`]: the line holds no ECDSA P-256 or Ed25519 key, or this system has no agent that is supported.
    pub fn in_agent(socket: &Path, public: &str) -> Result<Self, KeyError> {
        let error = |message: &str| KeyError::Agent { socket: socket.to_owned(), message: message.to_owned() };
        let key = ssh_key::PublicKey::from_openssh(public.trim())
            .map_err(|_| error("the public key that names it cannot be read"))?;
        let public = PublicKey::from_ssh(key.key_data())
            .ok_or_else(|| error("only ECDSA P-256 and Ed25519 keys sign evidence"))?;
        #[cfg(unix)]
        return Ok(Self { public, signer: Signer::Agent { socket: socket.to_owned(), key }, of_ssh: true });
        #[cfg(not(unix))]
        return Err(error(&format!("the agent of this system is not supported (key {})", public.fingerprint())));
    }

    /// A key behind a command. The shell runs it (`sh -c`, on Windows `cmd /C`) with `variables` as its whole
    /// environment; it reads the message from its standard input and writes the signature to its standard output: for
    /// ECDSA in DER or as r and s of 32 bytes each, for Ed25519 as 64 bytes.
    #[must_use]
    pub fn behind_command(command: String, variables: Vec<(OsString, OsString)>, public: PublicKey) -> Self {
        Self { public, signer: Signer::Command { command, variables }, of_ssh: false }
    }

    /// Whether it is a key of SSH.
    #[must_use]
    pub fn is_of_ssh(&self) -> bool {
        self.of_ssh
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Signs a message: ECDSA in DER over its SHA-256, Ed25519 over the message itself.
    ///
    /// # Errors
    /// [`KeyError`]: an agent or a command did not sign, or signed with another key.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = match &self.signer {
            // Deterministic (RFC 6979): the quality of a machine's randomness does not matter.
            Signer::EcdsaP256(key) => {
                let signature: p256::ecdsa::DerSignature = key.sign(message);
                return Ok(signature.as_bytes().to_vec());
            }
            Signer::Ed25519(key) => return Ok(ed25519_dalek::Signer::sign(key, message).to_bytes().to_vec()),
            #[cfg(unix)]
            Signer::Agent { socket, key } => by_agent(socket, key, message)?,
            Signer::Command { command, variables } => by_command(command, variables, message)?,
        };
        let der = match self.public.algorithm() {
            Algorithm::Ed25519 => None,
            Algorithm::EcdsaP256 => {
                p256::ecdsa::Signature::from_slice(&signature).ok().map(|fixed| fixed.to_der().as_bytes().to_vec())
            }
        };
        // Sixty-four bytes may be r and s, and are DER only where that verifies.
        [Some(signature), der]
            .into_iter()
            .flatten()
            .find(|signature| self.public.verifies(message, signature))
            .ok_or_else(|| KeyError::WrongSignature { signer: self.place(), fingerprint: self.public.fingerprint() })
    }

    /// Where the key is, for messages.
    fn place(&self) -> String {
        match &self.signer {
            Signer::EcdsaP256(_) | Signer::Ed25519(_) => "the key".to_owned(),
            #[cfg(unix)]
            Signer::Agent { socket, .. } => format!("the agent at {}", socket.display()),
            Signer::Command { command, .. } => format!("the command `{command}`"),
        }
    }
}

impl From<p256::ecdsa::SigningKey> for EvidenceKey {
    fn from(key: p256::ecdsa::SigningKey) -> Self {
        Self { public: PublicKey::from(*key.verifying_key()), signer: Signer::EcdsaP256(key), of_ssh: false }
    }
}

impl From<ed25519_dalek::SigningKey> for EvidenceKey {
    fn from(key: ed25519_dalek::SigningKey) -> Self {
        Self { public: PublicKey::from(key.verifying_key()), signer: Signer::Ed25519(key), of_ssh: false }
    }
}

fn from_openssh(text: &str) -> Result<EvidenceKey, &'static str> {
    let key = super::openssh::private_key(text).map_err(|_| "a damaged OpenSSH key")?;
    if key.is_encrypted() {
        return Err("an OpenSSH key with a passphrase");
    }
    let key: Result<EvidenceKey, &'static str> = match key.key_data() {
        KeypairData::Ed25519(pair) => Ok(ed25519_dalek::SigningKey::from_bytes(&pair.private.to_bytes()).into()),
        KeypairData::Ecdsa(EcdsaKeypair::NistP256 { private, .. }) => {
            p256::ecdsa::SigningKey::from_slice(private.as_slice())
                .map(EvidenceKey::from)
                .map_err(|_| "a damaged OpenSSH key")
        }
        _ => Err("an OpenSSH key of another kind than ECDSA P-256 and Ed25519"),
    };
    key.map(|key| EvidenceKey { of_ssh: true, ..key })
}

/// A private key is its owner's alone. Asked of the open file, so that nothing can be put in its place meanwhile.
#[cfg(unix)]
fn refuse_exposed(path: &Path, file: &File) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = file.metadata().map_err(|error| KeyError::Unreadable { path: path.to_owned(), error })?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeyError::Exposed { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn refuse_exposed(_: &Path, _: &File) -> Result<(), KeyError> {
    Ok(())
}

#[cfg(unix)]
fn by_agent(socket: &Path, key: &ssh_key::PublicKey, message: &[u8]) -> Result<Vec<u8>, KeyError> {
    let refused = |message: String| KeyError::Agent { socket: socket.to_owned(), message };
    // What the system reported says more than the library's own words.
    let told = |error: ssh_agent_client_rs::Error| {
        refused(std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string))
    };
    let mut agent = ssh_agent_client_rs::Client::connect(socket).map_err(told)?;
    let signature = agent.sign(key, message).map_err(|error| match error {
        ssh_agent_client_rs::Error::RemoteFailure => {
            refused(format!("it did not sign with {}", key.fingerprint(ssh_key::HashAlg::Sha256)))
        }
        other => told(other),
    })?;
    // The agent protocol carries ECDSA as two numbers (RFC 5656, section 3.1.2).
    match p256::ecdsa::Signature::try_from(&signature) {
        Ok(pair) => Ok(pair.to_der().as_bytes().to_vec()),
        Err(_) => Ok(signature.as_bytes().to_vec()),
    }
}

fn by_command(command: &str, variables: &[(OsString, OsString)], message: &[u8]) -> Result<Vec<u8>, KeyError> {
    let refused = |message: String| KeyError::Command { command: command.to_owned(), message };
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut child = Command::new(shell)
        .args([flag, command])
        .env_clear()
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| refused(format!("`{shell}` cannot be run: {error}")))?;
    let (mut input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    // All three at once: a command may write before it has read everything, and pipes hold little.
    let (signature, said) = std::thread::scope(|scope| {
        scope.spawn(move || {
            // A command that ends early closes its input; its exit status says why.
            input.take().map(|mut input| input.write_all(message))
        });
        let said = scope.spawn(move || {
            let mut said = Vec::new();
            if let Some(mut errors) = errors {
                let _ = errors.read_to_end(&mut said);
            }
            said
        });
        let mut signature = Vec::new();
        if let Some(output) = output {
            let _ = output.take(LONGEST_SIGNATURE).read_to_end(&mut signature);
        }
        (signature, said.join().unwrap_or_default())
    });
    let status = child.wait().map_err(|error| refused(error.to_string()))?;
    if status.success() {
        return Ok(signature);
    }
    let said = String::from_utf8_lossy(&said);
    let reason = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it gave no reason");
    Err(refused(format!("{status}: {reason}")))
}
