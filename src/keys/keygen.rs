//! Making a key that signs evidence.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{EncodePrivateKey as _, KeypairBytes};
use rand_core::{OsRng, RngCore as _};

use super::{Algorithm, KeyError, PublicKey};

/// Makes a private key and writes it to a new file as PKCS#8 in PEM, for its owner alone (mode 0600 on Unix). Returns its
/// public half. The one place that asks the system for randomness.
///
/// # Errors
/// [`KeyError`]: the file exists, cannot be written, or there is no randomness. No file is left behind then.
pub fn keygen(path: &Path, algorithm: Algorithm) -> Result<PublicKey, KeyError> {
    let mut seed = [0_u8; 32];
    let (public, pem) = loop {
        OsRng.try_fill_bytes(&mut seed).map_err(|error| KeyError::NoRandomness(error.to_string()))?;
        match algorithm {
            Algorithm::Ed25519 => {
                let key = ed25519_dalek::SigningKey::from_bytes(&seed);
                // Without the public half (RFC 5958, version 1): OpenSSL up to 3.0 refuses the form that has it.
                let pair = KeypairBytes { secret_key: key.to_bytes(), public_key: None };
                break (PublicKey::from(key.verifying_key()), pair.to_pkcs8_pem(LineEnding::LF));
            }
            Algorithm::EcdsaP256 => {
                // Fewer than one in 2^32 numbers of 256 bits are no private key (FIPS 186-5, section A.2.2).
                if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&seed) {
                    break (PublicKey::from(*key.verifying_key()), key.to_pkcs8_pem(LineEnding::LF));
                }
            }
        }
    };
    let pem = pem.map_err(|error| KeyError::NoRandomness(error.to_string()))?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists(path.to_owned()),
        _ => KeyError::Unwritable { path: path.to_owned(), error },
    })?;
    if let Err(error) = write(&mut file, path, pem.as_bytes()) {
        // It is ours: it did not exist before.
        let _ = fs::remove_file(path);
        return Err(KeyError::Unwritable { path: path.to_owned(), error });
    }
    Ok(public)
}

fn write(file: &mut File, path: &Path, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()?;
    match path.parent() {
        // A new name is durable once its folder is.
        Some(folder) if cfg!(unix) && !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
