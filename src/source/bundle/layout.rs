//! A folder in the OCI image layout: an index that names manifests, a manifest that names layers, each by its digest.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{BundleError, Files, archive, read_file};
use crate::store::Digest;

/// What a file that is a layer by itself is called.
const TITLE: &str = "org.opencontainers.image.title";
/// How the media types of layers end that are archives: of images, of `opa`, of Trivy's checks.
const ARCHIVES: [&str; 3] = [".tar", ".tar+gzip", ".tar+zstd"];
/// The media types of layers that are one file: what `conftest push` writes.
const SINGLE: [&str; 2] = [
    "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego",
    "application/vnd.cncf.openpolicyagent.data.layer.v1+json",
];

/// `oci-layout`.
#[derive(Deserialize)]
struct Marker {
    #[serde(rename = "imageLayoutVersion")]
    version: String,
}

/// `index.json`.
#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

/// What names a blob.
#[derive(Deserialize)]
struct Descriptor {
    #[serde(rename = "mediaType", default)]
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

/// A manifest.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    layers: Vec<Descriptor>,
}

/// Reads the layers of the manifest that is pinned.
pub(super) fn read(folder: &Path, pinned: Option<Digest>) -> Result<BTreeMap<String, Vec<u8>>, BundleError> {
    let marker: Marker = parsed(&read_file(&folder.join("oci-layout"))?, "oci-layout")?;
    if !marker.version.starts_with("1.") {
        return Err(BundleError::Layout { why: format!("`{}` is no version that is known here", marker.version) });
    }
    let index: Index = parsed(&read_file(&folder.join("index.json"))?, "index.json")?;
    let mut named: Vec<(Digest, &Descriptor)> = Vec::new();
    for own in &index.manifests {
        let digest = own.digest()?;
        // One manifest may stand under several tags.
        if named.iter().all(|(known, _)| *known != digest) {
            named.push((digest, own));
        }
    }
    let found = || named.iter().map(|(digest, _)| *digest).collect();
    let Some(pinned) = pinned else { return Err(BundleError::NotPinned { found: found() }) };
    let Some((_, manifest)) = named.iter().find(|(digest, _)| *digest == pinned) else {
        return Err(BundleError::OtherDigest { pinned, found: found() });
    };
    let manifest: Manifest = parsed(&manifest.blob(folder)?, "the manifest")?;
    let mut files = Files::default();
    for layer in &manifest.layers {
        let kind = layer.media_type.as_str();
        if ARCHIVES.iter().any(|end| kind.ends_with(end)) {
            archive::unpack(&layer.blob(folder)?, &mut files)?;
        } else if SINGLE.contains(&kind) {
            let Some(title) = layer.annotations.get(TITLE) else {
                return Err(BundleError::Layout { why: format!("the layer {} has no title", layer.digest) });
            };
            files.add(title.as_bytes(), layer.blob(folder)?)?;
        } else {
            return Err(BundleError::Layout { why: format!("a layer of the type `{kind}` is not known here") });
        }
    }
    Ok(files.all)
}

impl Descriptor {
    fn digest(&self) -> Result<Digest, BundleError> {
        let digits = self.digest.strip_prefix("sha256:");
        digits
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| BundleError::Layout { why: format!("`{}` is no SHA-256", self.digest) })
    }

    /// The bytes, which are those that it names.
    fn blob(&self, folder: &Path) -> Result<Vec<u8>, BundleError> {
        let digest = self.digest()?;
        let bytes = read_file(&folder.join("blobs").join("sha256").join(digest.to_string()))?;
        if bytes.len() as u64 == self.size && Digest::of(&bytes) == digest {
            Ok(bytes)
        } else {
            Err(BundleError::WrongBlob { digest })
        }
    }
}

fn parsed<T: DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T, BundleError> {
    serde_json::from_slice(bytes)
        .map_err(|error| BundleError::Layout { why: format!("{what} cannot be read: {error}") })
}
