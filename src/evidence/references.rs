//! Everything that a record names by digest, down to the bytes of files.

use serde_json::Value;

use super::error::EvidenceError;
use super::inputs;
use super::manifest::{self, FOLDER};
use super::objects::ReadObjects;
use super::record::{FINDINGS, RULES, UNRESOLVED};
use super::statement::{DigestSet, Predicate};
use crate::store::Digest;

/// Remembers which objects were looked at, so that what many records share is looked at once.
pub(super) trait Seen {
    /// Whether it is the first time.
    fn first(&self, digest: Digest) -> bool;
}

/// Looks at every object that an evaluation names and that was not seen before, and tells what is wrong.
pub(super) fn walk(
    predicate: &Predicate,
    objects: &dyn ReadObjects,
    seen: &dyn Seen,
    wrong: &mut dyn FnMut(EvidenceError),
) {
    let mut walk = Walk { objects, seen, wrong };
    let of = |set: &DigestSet| set.get("sha256").and_then(|text| text.parse::<Digest>().ok());
    for (set, schema) in [
        (Some(&predicate.head.manifest), FOLDER),
        (predicate.base.as_ref().map(|base| &base.manifest), FOLDER),
        (Some(&predicate.findings.digest), FINDINGS),
        (Some(&predicate.unresolved.digest), UNRESOLVED),
        (Some(&predicate.rules.digest), RULES),
    ] {
        let Some(set) = set else { continue };
        match of(set) {
            Some(digest) => walk.list(digest, schema),
            None => (walk.wrong)(EvidenceError::NoDigest),
        }
    }
    for set in predicate.policy.iter().map(|policy| &policy.digest) {
        match of(set) {
            Some(digest) => walk.object(digest),
            None => (walk.wrong)(EvidenceError::NoDigest),
        }
    }
    match of(&predicate.inputs.digest) {
        Some(digest) => walk.inputs(digest),
        None => (walk.wrong)(EvidenceError::NoDigest),
    }
}

struct Walk<'a> {
    objects: &'a dyn ReadObjects,
    seen: &'a dyn Seen,
    wrong: &'a mut dyn FnMut(EvidenceError),
}

impl Walk<'_> {
    fn object(&mut self, digest: Digest) {
        if self.seen.first(digest)
            && let Err(error) = self.objects.object(&digest)
        {
            (self.wrong)(error);
        }
    }

    fn list(&mut self, root: Digest, schema: &str) {
        // One list may be named under two schemas by whoever would confuse us: each is a look of its own.
        if !self.seen.first(root) {
            return;
        }
        let mut entries = Vec::new();
        if let Err(error) = manifest::pieces(root, schema, self.objects, self.seen, &mut |entry| entries.push(entry)) {
            (self.wrong)(error);
        }
        for entry in entries {
            self.entry(&entry, schema);
        }
    }

    fn entry(&mut self, entry: &Value, schema: &str) {
        let digest = |key: &str| entry[key].as_str().and_then(|text| text.parse::<Digest>().ok());
        match schema {
            FOLDER => {
                if let Some(folder) = digest("folder") {
                    self.list(folder, FOLDER);
                }
            }
            RULES | inputs::KEPT => {
                if let Some(object) = digest("redacted").or_else(|| digest("sha256")) {
                    self.object(object);
                }
            }
            _ => {}
        }
    }

    fn inputs(&mut self, digest: Digest) {
        if !self.seen.first(digest) {
            return;
        }
        match inputs::named(digest, self.objects) {
            Ok(named) => {
                for manifest in named.manifests {
                    self.list(manifest, FOLDER);
                }
                self.list(named.kept, inputs::KEPT);
                for object in named.objects {
                    self.object(object);
                }
            }
            Err(error) => (self.wrong)(error),
        }
    }
}
