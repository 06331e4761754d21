//! Samples: which items of a frozen population somebody's seed selects.
//!
//! Every item has the digest `SHA-256(root ‖ length of the seed ‖ seed ‖ id)`: the 32 bytes of the population's root, the
//! number of the seed's bytes as 8 bytes, big-endian, the seed and the id in UTF-8. The items with the lowest digests are
//! the sample, in that order. The root has always as many bytes and the id is the last, so the length of the seed alone is
//! needed for no two selections to have one input: seed `a` with id `bc` and seed `ab` with id `c` differ.
//!
//! Who freezes the population does not know the seed, and who chooses the seed cannot change the population: neither can
//! steer what is selected, and a larger sample by the same seed has all of a smaller one.

use std::fmt;

use miette::Diagnostic;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::bounds::{Confidence, Share, size_for, upper_count, upper_share};
use super::period::Period;
use super::population::{Item, Population, PopulationKind};
use crate::rules::Instant;
use crate::store::Digest;

/// The name of this version of the format.
pub const SAMPLE_SCHEMA: &str = "countersign.dev/sample/v1";

/// How items are selected, as every sample says it.
pub const ALGORITHM: &str = "the items with the lowest SHA-256(root || length of the seed as 8 bytes big-endian || seed || \
                             id), in that order; root is 32 raw bytes, seed and id are UTF-8";

/// What the bounds of a sample are, as every sample says it.
const INFORMATION: &str =
    "for information: whoever audits sets the size of the sample and judges what an exception means";

/// The shares of deviations for which a sample says what size would do, in basis points.
const TOLERABLE: [u16; 2] = [500, 1_000];

/// The exceptions for which a sample says what they would mean.
const EXCEPTIONS: std::ops::RangeInclusive<u64> = 0..=2;

/// At which bounds are given.
const CONFIDENCES: [Confidence; 2] = [Confidence::NINETY, Confidence::NINETY_FIVE];

/// The JSON Schema of a sample.
#[must_use]
pub fn sample_schema() -> Schema {
    schemars::schema_for!(Sample)
}

/// What selects: a text that whoever audits chooses once the root is known. Its bytes in UTF-8 count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Seed(String);

impl Seed {
    /// A seed that can be read out and typed again.
    ///
    /// # Errors
    /// [`SampleError::EmptySeed`], or [`SampleError::Seed`] for control characters and spaces at an end.
    pub fn new(text: &str) -> Result<Self, SampleError> {
        if text.is_empty() {
            return Err(SampleError::EmptySeed);
        }
        if text.trim() != text || text.chars().any(char::is_control) {
            return Err(SampleError::Seed(text.escape_debug().to_string()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What decides on an item of the population with a root.
    #[must_use]
    pub fn digest(&self, root: Digest, id: &str) -> Digest {
        let mut hash = Sha256::new();
        hash.update(root.0);
        hash.update((self.0.len() as u64).to_be_bytes());
        hash.update(&self.0);
        hash.update(id);
        Digest(hash.finalize().into())
    }
}

/// A selected item with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rank<'a> {
    /// From 1 on.
    pub rank: u64,
    /// What decided.
    pub digest: Digest,
    /// The item.
    pub item: &'a Item,
}

impl Population {
    /// The items that a seed selects, at most so many, in their order. A larger number gives the same and more.
    #[must_use]
    pub fn select(&self, size: u64, seed: &Seed) -> Vec<Rank<'_>> {
        let digest = |item: &'_ Item| seed.digest(self.root(), &item.id);
        let mut all: Vec<(Digest, &Item)> = self.items().iter().map(|item| (digest(item), item)).collect();
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let order = |one: &(Digest, &Item), other: &(Digest, &Item)| (one.0, &one.1.id).cmp(&(other.0, &other.1.id));
        if size < all.len() {
            all.select_nth_unstable_by(size, order);
            all.truncate(size);
        }
        all.sort_unstable_by(order);
        let ranks = (1..).zip(all);
        ranks.map(|(rank, (digest, item))| Rank { rank, digest, item }).collect()
    }
}

/// A sample, with all that it takes to draw it again. The same population, number and seed give the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "countersign.dev/sample/v1")]
pub struct Sample {
    /// `countersign.dev/sample/v1`. A reader refuses what it does not know.
    #[schemars(extend("const" = SAMPLE_SCHEMA))]
    pub schema: &'static str,
    /// What it was drawn from.
    pub population: PopulationReport,
    /// What whoever audits chose.
    pub seed: Seed,
    /// How items are selected, in words.
    pub algorithm: &'static str,
    /// How many were asked for.
    pub n: u64,
    /// The selected items in the order of their digests: all, where the population has no more than were asked for.
    pub items: Vec<Sampled>,
    /// What the bounds and sizes below are for.
    pub information: &'static str,
    /// What the sample would say of the population, by how many exceptions are found. Empty where nothing was selected.
    pub bounds: Vec<BoundReport>,
    /// The smallest samples of this population that would say something.
    pub sizes: Vec<SizeReport>,
}

/// The population of a sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PopulationReport {
    /// The root that speaks for its items.
    pub root: Digest,
    /// The SHA-256 of its file, which speaks for what stands beside the items too.
    pub file: Digest,
    /// How many items it has.
    pub count: u64,
    /// What they are.
    pub kind: PopulationKind,
    /// When they happened.
    pub period: Period,
    /// Where.
    pub repository: String,
    /// On which branch.
    pub branch: String,
    /// The commit that the branch was at.
    pub tip: String,
}

/// A selected item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sampled {
    /// Its place in the order of digests, from 1 on.
    pub rank: u64,
    /// What decided.
    pub digest: Digest,
    /// Its id in the population.
    pub id: String,
    /// When it happened.
    pub at: Instant,
    /// What it is, in one line.
    pub what: String,
}

/// What a number of exceptions in the sample would say, with a confidence, of how much of the population deviates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BoundReport {
    /// In percent.
    pub confidence: u8,
    /// How many exceptions are found in the sample.
    pub exceptions: u64,
    /// The rate of deviations is at most this, in basis points, rounded up; exact binomial, after Clopper and Pearson, as
    /// for a process without end.
    pub rate_at_most: u16,
    /// At most so many items of this population deviate; exact hypergeometric.
    pub items_at_most: u64,
}

/// The smallest sample of this population that would say that less than a tolerable rate deviates; exact hypergeometric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SizeReport {
    /// In percent.
    pub confidence: u8,
    /// In basis points.
    pub tolerable_rate: u16,
    /// How many exceptions it may have.
    pub exceptions: u64,
    /// How many items it has.
    pub size: u64,
}

/// What is read of a sample that was drawn: which items, of what.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Drawn {
    schema: String,
    /// What it was drawn from.
    pub population: DrawnFrom,
    /// The selected items, in the order of their digests.
    pub items: Vec<DrawnItem>,
}

/// What is read of the population of a sample.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DrawnFrom {
    /// What its items are.
    pub kind: PopulationKind,
    /// The root that speaks for them.
    pub root: Digest,
    /// How many there are.
    pub count: u64,
}

/// What is read of a selected item.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DrawnItem {
    /// Its place, from 1 on.
    pub rank: u64,
    /// Its id in the population.
    pub id: String,
    /// What it is, in one line.
    pub what: String,
}

impl Drawn {
    /// Reads a sample.
    ///
    /// # Errors
    /// [`SampleError::NotRead`]: it is no sample, or of a version that this binary does not know.
    pub fn read(bytes: &[u8]) -> Result<Self, SampleError> {
        let drawn: Self = serde_json::from_slice(bytes).map_err(|error| SampleError::NotRead(error.to_string()))?;
        if drawn.schema == SAMPLE_SCHEMA {
            Ok(drawn)
        } else {
            Err(SampleError::NotRead(format!("`{}` is not {SAMPLE_SCHEMA}", drawn.schema)))
        }
    }
}

impl Sample {
    /// Draws a sample of at most `n` items. `file` is the digest of the population's file.
    ///
    /// # Errors
    /// [`SampleError::None`]: no items are asked for.
    pub fn draw(population: &Population, file: Digest, n: u64, seed: Seed) -> Result<Self, SampleError> {
        if n == 0 {
            return Err(SampleError::None);
        }
        let frame = population.frame().clone();
        let items = population.select(n, &seed).into_iter().map(|own| Sampled {
            rank: own.rank,
            digest: own.digest,
            id: own.item.id.clone(),
            at: own.item.at,
            what: own.item.what.clone(),
        });
        let items: Vec<Sampled> = items.collect();
        let count = population.count();
        Ok(Self {
            schema: SAMPLE_SCHEMA,
            population: PopulationReport {
                root: population.root(),
                file,
                count,
                kind: frame.kind,
                period: frame.period,
                repository: frame.repository,
                branch: frame.branch,
                tip: frame.tip,
            },
            seed,
            algorithm: ALGORITHM,
            n,
            information: INFORMATION,
            bounds: bounds(count, items.len() as u64),
            sizes: sizes(count),
            items,
        })
    }
}

fn bounds(population: u64, size: u64) -> Vec<BoundReport> {
    let of = |confidence: Confidence, exceptions| BoundReport {
        confidence: confidence.percent(),
        exceptions,
        rate_at_most: upper_share(size, exceptions, confidence).basis_points(),
        items_at_most: upper_count(population, size, exceptions, confidence),
    };
    let possible = EXCEPTIONS.filter(|exceptions| size > 0 && *exceptions <= size);
    possible.flat_map(|exceptions| CONFIDENCES.map(|confidence| of(confidence, exceptions))).collect()
}

fn sizes(population: u64) -> Vec<SizeReport> {
    let tolerable = TOLERABLE.into_iter().filter_map(Share::of_basis_points);
    let of = |share: Share, confidence: Confidence| SizeReport {
        confidence: confidence.percent(),
        tolerable_rate: share.basis_points(),
        exceptions: 0,
        size: size_for(population, share, 0, confidence),
    };
    tolerable.flat_map(|share| CONFIDENCES.map(|confidence| of(share, confidence))).collect()
}

/// Why no sample is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SampleError {
    /// No items are asked for.
    None,
    /// The seed is empty.
    EmptySeed,
    /// It is no sample; why.
    NotRead(String),
    /// The seed could not be typed again from how it is shown; with what cannot be shown escaped.
    Seed(String),
}

impl fmt::Display for SampleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("a sample has at least 1 item"),
            Self::EmptySeed => f.write_str("the seed is empty"),
            Self::NotRead(why) => write!(f, "it is no sample: {why}"),
            Self::Seed(text) => write!(f, "the seed \"{text}\" has control characters, or spaces at an end"),
        }
    }
}

impl std::error::Error for SampleError {}

impl Diagnostic for SampleError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self {
            Self::None => "say how many with `countersign sample --n 25`; more than there are selects all",
            Self::NotRead(_) => "give what `countersign sample --output FILE` wrote",
            Self::EmptySeed | Self::Seed(_) => {
                "let whoever audits choose a text after the root was published, such as a roll of dice: \
                 `countersign sample --seed 4146235`"
            }
        }))
    }
}
