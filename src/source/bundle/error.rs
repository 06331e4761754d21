//! What can be wrong with a bundle.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::store::Digest;

/// A bundle that is not read.
#[derive(Debug)]
pub enum BundleError {
    /// A file of the disk cannot be read.
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// No digest is given.
    NotPinned {
        /// What there is: the archive's digest, or those of the layout's manifests.
        found: Vec<Digest>,
    },
    /// Another digest is given.
    OtherDigest {
        /// The one that is given.
        pinned: Digest,
        /// What there is.
        found: Vec<Digest>,
    },
    /// It is no archive, or not a whole one.
    NotWhole {
        /// Why.
        why: String,
    },
    /// It is no layout that is read here.
    Layout {
        /// Why.
        why: String,
    },
    /// A blob is not what its name says.
    WrongBlob {
        /// Its name.
        digest: Digest,
    },
    /// A path leads out of it, or is none.
    Path {
        /// It.
        path: String,
    },
    /// Two files have one path.
    Twice {
        /// It.
        path: String,
    },
    /// An entry is a link, a device or the like.
    NoFile {
        /// Its path.
        path: String,
    },
    /// It has more than 64 MiB or 10,000 files.
    TooLarge,
}

impl BundleError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::NotPinned { found } | Self::OtherDigest { found, .. } => match found.as_slice() {
                [] => "its index names no manifest: make it again".to_owned(),
                [one] => format!("once you have read what is in it, add `@sha256:{one}` to its path"),
                several => {
                    let all: Vec<String> = several.iter().map(|digest| format!("sha256:{digest}")).collect();
                    format!("add `@` and the digest of one of its manifests to its path: {}", all.join(", "))
                }
            },
            Self::Read { .. } => "check the path and its permissions".to_owned(),
            Self::NotWhole { .. } => "an archive is a tar, plain or compressed with gzip or Zstandard".to_owned(),
            Self::Layout { .. } => {
                "`oras copy --to-oci-layout` and `skopeo copy docker://… oci:FOLDER` write one; its layers are archives, \
                 or the files that `conftest push` wrote"
                    .to_owned()
            }
            Self::WrongBlob { .. } => "copy it again from where it comes from".to_owned(),
            Self::Path { .. } | Self::Twice { .. } | Self::NoFile { .. } => {
                "make it again from files that lie below one folder, without links".to_owned()
            }
            Self::TooLarge => "name a folder instead, or leave out what is no policy and no data".to_owned(),
        }
    }
}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, error } => write!(f, "{} cannot be read: {error}", path.display()),
            Self::NotPinned { .. } => f.write_str("it is not pinned by a digest"),
            Self::OtherDigest { pinned, .. } => write!(f, "it is not the one that is pinned, sha256:{pinned}"),
            Self::NotWhole { why } => write!(f, "it is no whole archive: {why}"),
            Self::Layout { why } => write!(f, "it is no OCI image layout that can be read: {why}"),
            Self::WrongBlob { digest } => write!(f, "its blob sha256:{digest} is not what its name says"),
            Self::Path { path } => write!(f, "`{path}` is no path in it"),
            Self::Twice { path } => write!(f, "`{path}` is there twice"),
            Self::NoFile { path } => write!(f, "`{path}` is no ordinary file"),
            Self::TooLarge => f.write_str("it has more than 64 MiB or 10,000 files"),
        }
    }
}

impl std::error::Error for BundleError {}
