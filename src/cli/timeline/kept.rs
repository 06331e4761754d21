//! What is known of a branch so far, as the cache keeps it: what each landing changed of what is declared.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::super::matters::Matters;
use super::judge::Names;
use crate::history::{Declared, Standing, There};
use crate::source::Branch;
use crate::store::{Cache, Digest, compress, decompress};

/// What is known of a branch.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The first commit of the history that was read, and the last.
    pub(super) first: Option<String>,
    pub(super) tip: Option<String>,
    /// How many landings that are.
    pub(super) landings: usize,
    things: Vec<Declared>,
    records: Vec<String>,
    /// What changed, oldest first.
    pub(super) moments: Vec<Moment>,
    /// What changed by itself behind the tip.
    pub(super) tail: Option<Tail>,
    /// The instants at which the last tree changes by itself; nothing before the first was read.
    pub(super) instants: Option<Vec<i64>>,
    /// What of the last tree matters.
    pub(super) matters: Option<Matters>,
    /// What the last moment came to; made again when it is read.
    #[serde(skip)]
    pub(super) last: Standing,
}

/// What changed by itself after the last landing.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Tail {
    /// Up to when that is known.
    pub(super) until: i64,
    /// What changed.
    pub(super) moments: Vec<Moment>,
}

/// Something changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Moment {
    /// The landing that changed it, by its number; nothing where a day did that the files name.
    pub(super) landing: Option<usize>,
    /// When.
    pub(super) at: i64,
    /// What.
    pub(super) what: What,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum What {
    /// What came or is there in another way, what went, and which files are broken from now on.
    Difference { put: Vec<(u32, There)>, gone: Vec<u32>, broken: BTreeSet<String> },
    /// Nothing is known, and why.
    Unknown(String),
}

impl Moment {
    pub(super) fn unknown(landing: Option<usize>, at: i64, why: String) -> Self {
        Self { landing, at, what: What::Unknown(why) }
    }
}

impl Kept {
    /// Adds what changed.
    pub(super) fn push(&mut self, moment: Moment) {
        let idle = match &moment.what {
            What::Difference { put, gone, broken } => {
                put.is_empty() && gone.is_empty() && *broken == self.last.broken && !self.is_unknown()
            }
            What::Unknown(_) => false,
        };
        apply(&mut self.last, &moment.what);
        if !idle || self.moments.is_empty() {
            self.moments.push(moment);
        }
    }

    /// What a standing changes of the last one.
    pub(super) fn difference(&self, standing: Standing) -> What {
        Self::between(&self.last, &standing)
    }

    /// What changes from one standing to the next.
    pub(super) fn between(before: &Standing, now: &Standing) -> What {
        let put = now.there.iter().filter(|(number, there)| before.there.get(number) != Some(there));
        let gone = before.there.keys().filter(|number| !now.there.contains_key(number));
        What::Difference {
            put: put.map(|(number, there)| (*number, *there)).collect(),
            gone: gone.copied().collect(),
            broken: now.broken.clone(),
        }
    }

    /// Whether nothing is known after the last landing.
    pub(super) fn is_unknown(&self) -> bool {
        self.moments.last().is_some_and(|own| matches!(own.what, What::Unknown(_)))
    }

    /// All that changed, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = &Moment> {
        self.moments.iter().chain(self.tail.iter().flat_map(|own| &own.moments))
    }

    /// Hands the names over, which grow while one goes on.
    pub(super) fn take_names(&mut self) -> Names {
        Names::of(std::mem::take(&mut self.things), std::mem::take(&mut self.records))
    }
}

/// Makes the next standing of one.
pub(super) fn apply(standing: &mut Standing, what: &What) {
    let What::Difference { put, gone, broken } = what else { return };
    standing.there.extend(put.iter().copied());
    let there: &mut BTreeMap<u32, There> = &mut standing.there;
    for number in gone {
        there.remove(number);
    }
    standing.broken.clone_from(broken);
}

/// Where what is known of a branch is kept.
pub(super) struct Store {
    cache: Cache,
    key: Digest,
}

impl Store {
    /// For what a program finds out by some rules.
    pub(super) fn new(cache: Cache, program: &str, rules: &str, branch: &str) -> Self {
        let key = Digest::of(format!("timeline/v1\n{program}\n{rules}\n{branch}").as_bytes());
        Self { cache, key }
    }

    /// What was kept of a branch, as far as its history still goes that way.
    pub(super) fn read(&self, branch: &Branch) -> Option<Kept> {
        let bytes = decompress(&self.cache.get(&self.key)?).ok()?;
        let mut kept: Kept = serde_json::from_slice(&bytes).ok()?;
        let first = branch.commits.first().map(|own| &own.commit);
        let last = kept.landings.checked_sub(1).and_then(|last| branch.commits.get(last)).map(|own| &own.commit);
        if first.is_none() || kept.first.as_ref() != first || kept.tip.as_ref() != last {
            return None;
        }
        let mut standing = Standing::default();
        kept.moments.iter().for_each(|own| apply(&mut standing, &own.what));
        kept.last = standing;
        Some(kept)
    }

    /// Keeps it.
    pub(super) fn write(&self, mut kept: Kept, names: Names) {
        (kept.things, kept.records) = (names.things, names.records);
        if let Some(bytes) = serde_json::to_vec(&kept).ok().and_then(|bytes| compress(&bytes).ok()) {
            self.cache.put(&self.key, &bytes);
        }
    }
}
