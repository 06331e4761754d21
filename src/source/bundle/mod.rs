//! Bundles: files of one origin in one archive, or in a folder in the OCI image layout.
//!
//! An archive is a tar, plain or compressed with gzip or Zstandard, as `opa build` writes one. A layout
//! (<https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md>) is what `oras copy --to-oci-layout` and
//! `skopeo copy … oci:FOLDER` make of what lies in a registry. Each is pinned by a digest: of the archive's bytes, or of
//! the layout's manifest, which names every other blob by its own. Nothing is fetched, and nothing is unpacked onto the disk.

mod archive;
mod error;
mod layout;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

pub use error::BundleError;

use crate::store::Digest;

/// Most bytes of an archive, of all that it unpacks to, and of any blob.
const MOST_BYTES: u64 = 64 << 20;
/// Most files of a bundle.
const MOST_FILES: usize = 10_000;

/// Whether a path is a bundle: a file, or a folder in the OCI image layout.
#[must_use]
pub fn is_bundle(path: &Path) -> bool {
    path.is_file() || path.join("oci-layout").is_file()
}

/// The files of a bundle by their paths in it.
///
/// # Errors
/// [`BundleError`] when it is not the one that is pinned, or when it cannot be read to its end. Without a pin the error
/// names the digest that was found.
pub fn read_bundle(path: &Path, pinned: Option<Digest>) -> Result<BTreeMap<String, Vec<u8>>, BundleError> {
    if path.is_dir() {
        return layout::read(path, pinned);
    }
    let bytes = read_file(path)?;
    let found = Digest::of(&bytes);
    match pinned {
        None => Err(BundleError::NotPinned { found: vec![found] }),
        Some(pinned) if pinned != found => Err(BundleError::OtherDigest { pinned, found: vec![found] }),
        Some(_) => read_archive(&bytes),
    }
}

/// The files of an archive by their paths in it.
///
/// # Errors
/// [`BundleError`] when it is none, or cannot be read to its end.
pub fn read_archive(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, BundleError> {
    let mut files = Files::default();
    archive::unpack(bytes, &mut files)?;
    Ok(files.all)
}

/// A file of the disk, if it is not too large.
fn read_file(path: &Path) -> Result<Vec<u8>, BundleError> {
    let failed = |error| BundleError::Read { path: path.to_owned(), error };
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES { Err(BundleError::TooLarge) } else { Ok(bytes) }
}

/// What was unpacked so far.
#[derive(Default)]
struct Files {
    all: BTreeMap<String, Vec<u8>>,
    bytes: u64,
}

impl Files {
    /// How many bytes may still be added.
    fn room(&self) -> u64 {
        MOST_BYTES.saturating_sub(self.bytes)
    }

    /// Adds a file. `opa build` begins its paths with a slash, and tar with `./`; both mean the root of the bundle.
    fn add(&mut self, path: &[u8], bytes: Vec<u8>) -> Result<(), BundleError> {
        let shown = String::from_utf8_lossy(path).into_owned();
        let Ok(text) = std::str::from_utf8(path) else { return Err(BundleError::Path { path: shown }) };
        let parts: Vec<&str> = text.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        if parts.is_empty() || parts.contains(&"..") || text.contains('\\') {
            return Err(BundleError::Path { path: shown });
        }
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if self.bytes > MOST_BYTES || self.all.len() >= MOST_FILES {
            return Err(BundleError::TooLarge);
        }
        match self.all.insert(parts.join("/"), bytes) {
            None => Ok(()),
            Some(_) => Err(BundleError::Twice { path: shown }),
        }
    }
}
