//! What was found in texts, as evidence has it: kind, verdict, place, length and keyed digest of each secret.
//!
//! The texts themselves are mostly not kept, and where they are, without their secrets. So the search cannot be made again
//! from evidence; what it found is an input like the rest, and the judgement over it is made again.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::error::EvidenceError;
use super::manifest::{self, Objects, Pieces};
use super::objects::ReadObjects;
use crate::facts::Lifetime;
use crate::gate::{Searched, SearchedFile, Secrets};
use crate::secrets::{Hit, Place, Refutation, SecretDigest, Tier, Verdict};
use crate::store::Digest;

/// The schema of a list of files with what was found in them.
pub(super) const FOUND: &str = "countersign.dev/found-secrets/v1";

/// What was found in the texts of each tree.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SecretsInput {
    head: SearchedInput,
    /// Absent where the same was found as in head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<SearchedInput>,
    /// Of the target's tip, where that is not base; absent where nothing of it was searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<SearchedInput>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SearchedInput {
    /// The list of files.
    found: Digest,
    searched: u64,
    unopened: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    file: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hits: Vec<HitEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HitEntry {
    kind: String,
    verdict: VerdictEntry,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refuted: Option<Refutation>,
    tier: Tier,
    lifetime: LifetimeEntry,
    /// Of a bounded one, in epoch seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    start: u64,
    end: u64,
    line: u32,
    column: u32,
    length: u32,
    digest: Digest,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum VerdictEntry {
    Proved,
    Shape,
    Refuted,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LifetimeEntry {
    Temporary,
    Bounded,
    Unbounded,
    Unknown,
}

impl SecretsInput {
    /// Adds what was found to the objects.
    pub(super) fn of(secrets: &Secrets, objects: &mut Objects) -> Self {
        let mut of = |searched: &Searched| SearchedInput {
            found: objects.add_list(
                FOUND,
                searched.files.iter().map(|(file, own)| (file.to_string(), json!(entry(file, own)))).collect(),
                Pieces::SMALL_ENTRIES,
            ),
            searched: searched.searched,
            unopened: searched.unopened,
        };
        let head = of(&secrets.head);
        let base = (secrets.base != secrets.head).then(|| of(&secrets.base));
        let target = (secrets.target != Searched::default()).then(|| of(&secrets.target));
        Self { head, base, target }
    }

    /// The lists that it names.
    pub(super) fn lists(&self) -> impl Iterator<Item = Digest> + '_ {
        [Some(&self.head), self.base.as_ref(), self.target.as_ref()].into_iter().flatten().map(|own| own.found)
    }

    /// Reads what was found back.
    pub(super) fn read(&self, objects: &dyn ReadObjects) -> Result<Secrets, EvidenceError> {
        let of = |input: &SearchedInput| -> Result<Searched, EvidenceError> {
            let entries = manifest::list(input.found, FOUND, objects)?.into_iter().map(|entry| {
                let entry: FileEntry = serde_json::from_value(entry)
                    .map_err(|error| EvidenceError::malformed(input.found, &error.to_string()))?;
                let hits = entry.hits.into_iter().map(|hit| hit.read(input.found)).collect::<Result<_, _>>()?;
                Ok((entry.file.into(), SearchedFile { hits, failure: entry.failure }))
            });
            let files = entries.collect::<Result<_, EvidenceError>>()?;
            Ok(Searched { files, searched: input.searched, unopened: input.unopened })
        };
        let head = of(&self.head)?;
        let base = self.base.as_ref().map_or_else(|| Ok(head.clone()), of)?;
        let target = self.target.as_ref().map_or_else(|| Ok(Searched::default()), of)?;
        Ok(Secrets { head, base, target })
    }
}

fn entry(file: &str, found: &SearchedFile) -> FileEntry {
    let hits = found.hits.iter().map(HitEntry::of).collect();
    FileEntry { file: file.to_owned(), hits, failure: found.failure.clone() }
}

impl HitEntry {
    fn of(hit: &Hit) -> Self {
        let (verdict, refuted) = match hit.verdict {
            Verdict::Proved => (VerdictEntry::Proved, None),
            Verdict::Shape => (VerdictEntry::Shape, None),
            Verdict::Refuted(why) => (VerdictEntry::Refuted, Some(why)),
        };
        let (lifetime, until) = match hit.lifetime {
            Lifetime::Temporary => (LifetimeEntry::Temporary, None),
            Lifetime::Until(until) => (LifetimeEntry::Bounded, Some(until)),
            Lifetime::Unbounded => (LifetimeEntry::Unbounded, None),
            // What stands in a text says when it ends, if it says anything.
            Lifetime::For(_) | Lifetime::Unknown => (LifetimeEntry::Unknown, None),
        };
        let Place { start, end, line, column } = hit.place;
        Self {
            kind: hit.kind.to_string(),
            verdict,
            refuted,
            tier: hit.tier,
            lifetime,
            until,
            start,
            end,
            line,
            column,
            length: hit.length,
            digest: Digest(hit.digest.0),
        }
    }

    /// The hit; `list` is the list that has it.
    fn read(self, list: Digest) -> Result<Hit, EvidenceError> {
        let lacks = |what: &str| EvidenceError::malformed(list, &format!("a hit of {} lacks `{what}`", self.kind));
        let verdict = match self.verdict {
            VerdictEntry::Proved => Verdict::Proved,
            VerdictEntry::Shape => Verdict::Shape,
            VerdictEntry::Refuted => Verdict::Refuted(self.refuted.ok_or_else(|| lacks("refuted"))?),
        };
        let lifetime = match self.lifetime {
            LifetimeEntry::Temporary => Lifetime::Temporary,
            LifetimeEntry::Bounded => Lifetime::Until(self.until.ok_or_else(|| lacks("until"))?),
            LifetimeEntry::Unbounded => Lifetime::Unbounded,
            LifetimeEntry::Unknown => Lifetime::Unknown,
        };
        Ok(Hit {
            kind: self.kind.into(),
            verdict,
            tier: self.tier,
            lifetime,
            place: Place { start: self.start, end: self.end, line: self.line, column: self.column },
            length: self.length,
            digest: SecretDigest(self.digest.0),
        })
    }
}
