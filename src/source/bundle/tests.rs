use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use tar::{Builder, EntryType, Header};
use tempfile::TempDir;

use super::*;

/// An archive of files by their paths, written as they are.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (path, text) in files {
        builder.append(&header(path, text.len(), EntryType::Regular), text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A header whose path is not checked by the library.
fn header(path: &str, size: usize, kind: EntryType) -> Header {
    let mut header = Header::new_ustar();
    header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_size(size as u64);
    header.set_mode(0o644);
    header.set_entry_type(kind);
    header.set_cksum();
    header
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Reads an archive by its own digest.
fn read(bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rules.tar");
    fs::write(&path, bytes).unwrap();
    told(read_bundle(&path, Some(Digest::of(bytes))))
}

fn told(read: Result<BTreeMap<String, Vec<u8>>, BundleError>) -> Result<Vec<(String, String)>, String> {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    read.map(|files| files.into_iter().map(|(path, bytes)| (path, text(bytes))).collect())
        .map_err(|error| error.to_string())
}

const RULES: [(&str, &str); 2] = [("a.rego", "package a\n"), ("team/b.rego", "package b\n")];

fn rules() -> Result<Vec<(String, String)>, String> {
    Ok(RULES.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
}

#[test]
fn an_archive_is_read_however_it_is_compressed_and_however_its_paths_begin() {
    let plain = archive(&RULES);
    assert_eq!(read(&plain), rules());
    assert_eq!(read(&gzip(&plain)), rules());
    assert_eq!(read(&zstd::encode_all(&*plain, 3).unwrap()), rules());
    // Two members, as `pigz` and appending leave them.
    let (first, second) = plain.split_at(700);
    assert_eq!(read(&[gzip(first), gzip(second)].concat()), rules());
    assert_eq!(read(&archive(&[("/a.rego", "package a\n"), ("./team/b.rego", "package b\n")])), rules());
    let mut with_folders = Builder::new(Vec::new());
    with_folders.append(&header("team/", 0, EntryType::Directory), &[][..]).unwrap();
    for (path, text) in RULES {
        with_folders.append(&header(path, text.len(), EntryType::Regular), text.as_bytes()).unwrap();
    }
    assert_eq!(read(&with_folders.into_inner().unwrap()), rules());
}

#[test]
fn what_is_no_whole_archive_is_refused() {
    let plain = archive(&RULES);
    assert!(
        read(b"not an archive, and long enough for nothing else").unwrap_err().starts_with("it is no whole archive")
    );
    for cut in [600, 1_100] {
        let why = read(&plain[..cut]).unwrap_err();
        assert!(why.starts_with("it is no whole archive"), "{cut}: {why}");
    }
    let packed = gzip(&plain);
    for cut in [1, 12, packed.len() - 9, packed.len() - 1] {
        let read = read(&packed[..cut]);
        assert!(read.is_err(), "{cut}: {read:?}");
    }
    let mut wrong = plain;
    wrong[3] ^= 1;
    assert!(read(&wrong).unwrap_err().contains("checksum"));
}

#[test]
fn what_leads_out_or_is_no_file_is_refused() {
    for path in ["../a.rego", "team/../../a.rego", "a\\b.rego", "/", "."] {
        assert_eq!(read(&archive(&[(path, "x")])), Err(format!("`{path}` is no path in it")));
    }
    assert_eq!(read(&archive(&[("a.rego", "x"), ("./a.rego", "y")])), Err("`./a.rego` is there twice".to_owned()));
    for kind in [EntryType::Symlink, EntryType::Link, EntryType::Char, EntryType::Fifo] {
        let mut builder = Builder::new(Vec::new());
        builder.append(&header("a.rego", 0, kind), &[][..]).unwrap();
        assert_eq!(read(&builder.into_inner().unwrap()), Err("`a.rego` is no ordinary file".to_owned()));
    }
}

#[test]
fn what_is_too_large_is_refused_before_it_fills_the_memory() {
    let large = "0".repeat(usize::try_from(MOST_BYTES).unwrap() + 1);
    let why = "it has more than 64 MiB or 10,000 files";
    assert_eq!(read(&gzip(&archive(&[("a", &large)]))), Err(why.to_owned()));
    // What is skipped is no way around it.
    let mut builder = Builder::new(Vec::new());
    for _ in 0..3 {
        builder.append(&header("pax_global_header", large.len(), EntryType::XGlobalHeader), large.as_bytes()).unwrap();
    }
    assert_eq!(read(&gzip(&builder.into_inner().unwrap())), Err(why.to_owned()));
    let names: Vec<String> = (0..=MOST_FILES).map(|n| n.to_string()).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "")).collect();
    assert_eq!(read(&archive(&many)), Err(why.to_owned()));
    assert_eq!(read(&archive(&many[1..])).map(|files| files.len()), Ok(MOST_FILES));
}

#[test]
fn an_archive_counts_by_its_digest_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rules.tar.gz");
    let bytes = gzip(&archive(&RULES));
    fs::write(&path, &bytes).unwrap();
    let digest = Digest::of(&bytes);
    let unpinned = read_bundle(&path, None).unwrap_err();
    assert_eq!(unpinned.to_string(), "it is not pinned by a digest");
    assert!(unpinned.help().contains(&format!("@sha256:{digest}")), "{}", unpinned.help());
    let other = read_bundle(&path, Some(Digest::of(b""))).unwrap_err();
    assert!(other.to_string().starts_with("it is not the one that is pinned"), "{other}");
    assert_eq!(told(read_bundle(&path, Some(digest))), rules());
}

/// A layout in the making.
struct Layout(TempDir);

impl Layout {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir_all(folder.path().join("blobs/sha256")).unwrap();
        fs::write(folder.path().join("oci-layout"), r#"{"imageLayoutVersion": "1.0.0"}"#).unwrap();
        Self(folder)
    }

    fn blob(&self, bytes: &[u8], kind: &str, title: Option<&str>) -> serde_json::Value {
        let digest = Digest::of(bytes);
        fs::write(self.0.path().join(format!("blobs/sha256/{digest}")), bytes).unwrap();
        let mut own = json!({"mediaType": kind, "digest": format!("sha256:{digest}"), "size": bytes.len()});
        if let Some(title) = title {
            own["annotations"] = json!({"org.opencontainers.image.title": title});
        }
        own
    }

    /// Writes a manifest of these layers, and returns its digest.
    fn manifest(&self, layers: &[serde_json::Value]) -> Digest {
        let manifest = json!({"schemaVersion": 2, "layers": layers}).to_string();
        let named = self.blob(manifest.as_bytes(), "application/vnd.oci.image.manifest.v1+json", None);
        let index = json!({"schemaVersion": 2, "manifests": [named.clone(), named]});
        fs::write(self.0.path().join("index.json"), index.to_string()).unwrap();
        Digest::of(manifest.as_bytes())
    }

    fn read(&self, pinned: Digest) -> Result<Vec<(String, String)>, String> {
        assert!(is_bundle(self.0.path()));
        told(read_bundle(self.0.path(), Some(pinned)))
    }
}

const REGO: &str = "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego";

#[test]
fn a_layout_has_archives_and_single_files() {
    let layout = Layout::new();
    let packed = gzip(&archive(&RULES[..1]));
    let pinned = layout.manifest(&[
        layout.blob(&packed, "application/vnd.oci.image.layer.v1.tar+gzip", None),
        layout.blob(RULES[1].1.as_bytes(), REGO, Some(RULES[1].0)),
    ]);
    assert_eq!(layout.read(pinned), rules());
    let unpinned = read_bundle(layout.0.path(), None).unwrap_err();
    assert_eq!(unpinned.help(), format!("once you have read what is in it, add `@sha256:{pinned}` to its path"));
}

#[test]
fn a_blob_that_is_not_what_its_name_says_is_refused() {
    let layout = Layout::new();
    let layer = layout.blob(b"package a\n", REGO, Some("a.rego"));
    let pinned = layout.manifest(&[layer]);
    let digest = Digest::of(b"package a\n");
    let path = layout.0.path().join(format!("blobs/sha256/{digest}"));
    for bytes in [&b"package b\n"[..], b"package a\n\n", b""] {
        fs::write(&path, bytes).unwrap();
        assert_eq!(layout.read(pinned), Err(format!("its blob sha256:{digest} is not what its name says")));
    }
    fs::remove_file(&path).unwrap();
    assert!(layout.read(pinned).unwrap_err().contains("cannot be read"));
    fs::write(&path, b"package a\n").unwrap();
    assert_eq!(layout.read(pinned).map(|files| files.len()), Ok(1));
    let other = layout.read(digest).unwrap_err();
    assert!(other.starts_with("it is not the one that is pinned"), "{other}");
}

#[test]
fn a_layout_that_says_what_is_not_known_is_refused() {
    let layout = Layout::new();
    let refused = |layers: &[serde_json::Value], why: &str| {
        let read = layout.read(layout.manifest(layers)).unwrap_err();
        assert!(read.contains(why), "{read}");
    };
    refused(&[layout.blob(b"x", "application/wasm", None)], "a layer of the type `application/wasm` is not known here");
    refused(&[layout.blob(b"x", REGO, None)], "has no title");
    refused(&[layout.blob(b"x", REGO, Some("../x.rego"))], "is no path in it");
    refused(&[json!({"mediaType": "x.tar", "digest": "sha512:00", "size": 1})], "`sha512:00` is no SHA-256");
    let pinned = layout.manifest(&[]);
    fs::write(layout.0.path().join("oci-layout"), r#"{"imageLayoutVersion": "2.0.0"}"#).unwrap();
    assert!(layout.read(pinned).unwrap_err().contains("`2.0.0` is no version"));
    fs::write(layout.0.path().join("oci-layout"), r#"{"imageLayoutVersion": "1.0.0"}"#).unwrap();
    fs::write(layout.0.path().join("index.json"), "[").unwrap();
    assert!(layout.read(pinned).unwrap_err().contains("index.json cannot be read"));
}
