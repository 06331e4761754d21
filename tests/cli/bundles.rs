//! Policies from bundles: an archive or a folder in the OCI image layout, pinned by a digest.

use std::fs;
use std::path::Path;

use countersign::cli::Exit;
use countersign::store::Digest;
use serde_json::json;

use super::places::{Folder, write};
use super::runner::{check, countersign};
use super::world::ADMIN;

const DEPLOYMENT: &str = "kind: Deployment\nmetadata: {name: web}\n";
const MAIN: &str = "package main\n\nimport rego.v1\n\ndeny contains msg if {\n\tinput.kind == \"Deployment\"\n\tmsg := \
                    data.words.no\n}\n";
const WORDS: &str = "{\"words\": {\"no\": \"no deployments today\"}}\n";

fn place() -> Folder {
    let place = Folder::new();
    write(&place.path, "tree/k8s/web.yaml", DEPLOYMENT);
    place
}

/// An archive beside the tree, as `tar` packs one; its digest.
fn archive(place: &Path, name: &str) -> Digest {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, text) in [("policy/main.rego", MAIN), ("policy/main_test.rego", "package main\n"), ("words.json", WORDS)]
    {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    let bytes = builder.into_inner().unwrap();
    fs::write(place.join(name), &bytes).unwrap();
    Digest::of(&bytes)
}

#[test]
fn an_archive_gives_policies_and_data() {
    let place = place();
    let digest = archive(&place.path, "org.tar");
    let pinned = format!("org.tar@sha256:{digest}");
    check(&format!("tree --no-record --conftest {pinned} --conftest-data {pinned}"), &place.path)
        .exits(Exit::Blocked)
        .says("no deployments today")
        .says(&format!("--conftest {pinned}"));
}

#[test]
fn a_bundle_that_is_not_pinned_or_is_another_one_is_refused() {
    let place = place();
    let digest = archive(&place.path, "org.tar");
    for option in ["--conftest", "--policy"] {
        check(&format!("tree --no-record {option} org.tar"), &place.path)
            .exits(Exit::Usage)
            .complains("the bundle org.tar: it is not pinned by a digest")
            .complains(&format!("add `@sha256:{digest}` to its path"));
        check(&format!("tree --no-record {option} org.tar@sha256:{}", "0".repeat(64)), &place.path)
            .exits(Exit::Usage)
            .complains("it is not the one that is pinned");
        check(&format!("tree --no-record {option} org.tar@sha256:00"), &place.path)
            .exits(Exit::Usage)
            .complains("`00` is not a digest");
        check(&format!("tree --no-record {option} tree@sha256:{digest}"), &place.path)
            .exits(Exit::Usage)
            .complains("tree is no bundle, and only a bundle is pinned");
    }
    fs::write(place.path.join("org.tar"), "no archive").unwrap();
    let digest = Digest::of(b"no archive");
    check(&format!("tree --no-record --policy org.tar@sha256:{digest}"), &place.path)
        .exits(Exit::Usage)
        .complains("it is no whole archive");
}

#[test]
fn policies_of_a_layout_are_tested_checked_and_judge() {
    let place = place();
    countersign("policy new --scope principal --folder made ORG-ACCESS-001", &place.path).run().exits(Exit::Clean);
    let layout = place.path.join("layout");
    let blobs = layout.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    let blob = |bytes: &[u8], kind: &str| {
        let digest = Digest::of(bytes);
        fs::write(blobs.join(digest.to_string()), bytes).unwrap();
        json!({"mediaType": kind, "digest": format!("sha256:{digest}"), "size": bytes.len()})
    };
    let mut layers = Vec::new();
    for entry in fs::read_dir(place.path.join("made")).unwrap() {
        let entry = entry.unwrap();
        let mut layer =
            blob(&fs::read(entry.path()).unwrap(), "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego");
        layer["annotations"] = json!({"org.opencontainers.image.title": entry.file_name().to_str().unwrap()});
        layers.push(layer);
    }
    let manifest = json!({"schemaVersion": 2, "layers": layers}).to_string();
    let named = blob(manifest.as_bytes(), "application/vnd.oci.image.manifest.v1+json");
    fs::write(layout.join("index.json"), json!({"schemaVersion": 2, "manifests": [named]}).to_string()).unwrap();
    fs::write(layout.join("oci-layout"), "{\"imageLayoutVersion\": \"1.0.0\"}").unwrap();
    let pinned = format!("layout@sha256:{}", Digest::of(manifest.as_bytes()));
    countersign(&format!("policy lint {pinned}"), &place.path).run().exits(Exit::Clean);
    let listed = countersign(&format!("policy list --path tree --policy {pinned}"), &place.path).run();
    listed.exits(Exit::Clean).says("ORG-ACCESS-001");
    write(&place.path, &format!("tree/{}", ADMIN.0), ADMIN.1);
    let ran = check(&format!("tree --no-record --output json --policy {pinned}"), &place.path).exits(Exit::Blocked);
    let asked = ran.json()["policies"].as_array().unwrap().clone();
    assert!(asked.iter().any(|policy| policy["id"] == "ORG-ACCESS-001"), "{asked:?}");
}
