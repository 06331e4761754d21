//! Frozen populations: everything that an auditor draws from, with a root that speaks for each item.
//!
//! The root is that of a Merkle tree (RFC 6962, section 2.1, with SHA-256) whose leaves are the items in the order of
//! their ids, each as canonical JSON (RFC 8785). Whoever publishes it before the seed of a sample is known can neither
//! add nor drop nor change an item afterwards: the root would be another one, and with it the whole selection.
//!
//! The root speaks for the items alone. What the file says beside them (the period, the repository, the branch, its tip)
//! is theirs to read, so a sample names the digest of the whole file too.

use std::fmt;

use miette::Diagnostic;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::error::Category;

use super::period::Period;
use crate::evidence::log::{leaf_hash, root_of};
use crate::rules::Instant;
use crate::store::Digest;

/// The name of this version of the format.
pub const POPULATION_SCHEMA: &str = "countersign.dev/population/v1";

/// What the name of every version begins with.
const SCHEMA_FAMILY: &str = "countersign.dev/population/";

/// The JSON Schema of a frozen population.
#[must_use]
pub fn population_schema() -> Schema {
    schemars::schema_for!(Population)
}

/// What the items of a population are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PopulationKind {
    /// What landed on a branch; an id is that of a commit.
    Merges,
    /// What the gate judged; an id is that of an evidence record.
    Evaluations,
}

impl PopulationKind {
    /// The word, as files have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merges => "merges",
            Self::Evaluations => "evaluations",
        }
    }
}

impl fmt::Display for PopulationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a population is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Frame {
    /// What its items are.
    pub kind: PopulationKind,
    /// When they happened.
    pub period: Period,
    /// Where, as people call the repository: `github.com/acme/access`.
    pub repository: String,
    /// The protected branch.
    pub branch: String,
    /// The commit that the branch was at when the population was listed.
    pub tip: String,
}

/// An item of a population. Its canonical JSON is a leaf of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// What names it, once in the population.
    pub id: String,
    /// The instant by which it belongs to the period, to the second, in UTC: `2026-11-21T18:30:00Z`.
    #[serde(deserialize_with = "in_one_spelling")]
    pub at: Instant,
    /// What it is, in one line.
    pub what: String,
}

impl Item {
    /// An item at an instant in epoch seconds. What it is becomes one line: breaks and other control characters of, say,
    /// the message of a commit turn into single spaces.
    #[must_use]
    pub fn new(id: impl Into<String>, at: i64, what: &str) -> Self {
        let words = what.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        Self { id: id.into(), at: Instant::from_seconds(at), what: words.collect::<Vec<_>>().join(" ") }
    }

    /// What stands for it in the tree.
    fn leaf(&self) -> Result<Digest, PopulationError> {
        let bytes = serde_json_canonicalizer::to_vec(self);
        // No year has more than four digits in RFC 3339; all else can be written.
        bytes.map(|bytes| leaf_hash(&bytes)).map_err(|_| PopulationError::Instant { id: self.id.clone() })
    }
}

/// An instant that is spelled as it is written, so that what stands in the file is what the root is of.
fn in_one_spelling<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
    let text = String::deserialize(deserializer)?;
    let at: Option<jiff::Timestamp> = text.parse().ok().filter(|at: &jiff::Timestamp| at.to_string() == text);
    let at = at.filter(|at| at.subsec_nanosecond() == 0);
    at.map(|at| Instant::from_seconds(at.as_second()))
        .ok_or_else(|| de::Error::custom(format!("`{text}` is not an instant; write it as 2026-11-21T18:30:00Z")))
}

/// A frozen population. There is no other way to one than [`freeze`](Self::freeze) and [`read`](Self::read), so that its
/// count and root are always those of its items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "countersign.dev/population/v1", deny_unknown_fields)]
pub struct Population {
    /// `countersign.dev/population/v1`. A reader refuses what it does not know.
    #[schemars(extend("const" = POPULATION_SCHEMA))]
    schema: String,
    #[serde(flatten)]
    frame: Frame,
    /// How many items it has.
    count: u64,
    /// The root of the Merkle tree (RFC 6962, SHA-256) of the items' canonical JSON (RFC 8785), in order.
    root: Digest,
    /// Its items, in the order of their ids' bytes; no id twice.
    items: Vec<Item>,
}

/// A population as a file claims it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claimed {
    #[serde(rename = "schema")]
    _schema: String,
    kind: PopulationKind,
    period: Period,
    repository: String,
    branch: String,
    tip: String,
    count: u64,
    root: Digest,
    items: Vec<Item>,
}

impl Population {
    /// Freezes items, in whatever order they come.
    ///
    /// # Errors
    /// [`PopulationError`]: an id is there twice, or something cannot be written in one line.
    pub fn freeze(frame: Frame, mut items: Vec<Item>) -> Result<Self, PopulationError> {
        items.sort_by(|one, other| one.id.cmp(&other.id));
        Self::of_sorted(frame, items)
    }

    /// Reads a frozen population, and believes nothing that it says of itself: order, count and root are made again.
    ///
    /// # Errors
    /// [`PopulationError`]; of those, [`altered`](PopulationError::altered) says which show that it was changed.
    pub fn read(bytes: &[u8]) -> Result<Self, PopulationError> {
        /// The one field that every version has.
        #[derive(Deserialize)]
        struct Any {
            schema: String,
        }
        let any: Any = serde_json::from_slice(bytes).map_err(|error| PopulationError::malformed(&error))?;
        if any.schema != POPULATION_SCHEMA {
            return Err(PopulationError::Schema(any.schema));
        }
        let claimed: Claimed = serde_json::from_slice(bytes).map_err(|error| PopulationError::malformed(&error))?;
        let Claimed { kind, period, repository, branch, tip, count, root, items, .. } = claimed;
        let read = Self::of_sorted(Frame { kind, period, repository, branch, tip }, items)?;
        if read.count != count {
            return Err(PopulationError::Count { said: count, found: read.count });
        }
        if read.root != root {
            return Err(PopulationError::Root { said: root, found: read.root });
        }
        Ok(read)
    }

    fn of_sorted(frame: Frame, items: Vec<Item>) -> Result<Self, PopulationError> {
        for (field, text) in [("repository", &frame.repository), ("branch", &frame.branch), ("tip", &frame.tip)] {
            one_line(field, text)?;
        }
        for item in &items {
            one_line("id", &item.id)?;
            // What has no message has nothing to say, and is an item all the same.
            if !item.what.is_empty() {
                one_line("what", &item.what)?;
            }
        }
        for pair in items.windows(2) {
            let [before, item] = pair else { continue };
            if before.id == item.id {
                return Err(PopulationError::Twice { id: item.id.clone() });
            }
            if before.id > item.id {
                return Err(PopulationError::Order { before: before.id.clone(), id: item.id.clone() });
            }
        }
        let leaves: Vec<Digest> = items.iter().map(Item::leaf).collect::<Result<_, _>>()?;
        let count = items.len() as u64;
        Ok(Self { schema: POPULATION_SCHEMA.to_owned(), frame, count, root: root_of(leaves), items })
    }

    /// What it is of.
    #[must_use]
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Its items, in the order of their ids.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// How many items it has.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// What speaks for all its items.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.root
    }

    /// How many of its items have an instant outside of the period. They may belong to it all the same: the author of a
    /// commit chooses its date.
    #[must_use]
    pub fn outside(&self) -> u64 {
        let outside = self.items.iter().filter(|item| !self.frame.period.contains(item.at.seconds()));
        outside.count() as u64
    }

    /// The file: JSON, always the same bytes for the same population.
    ///
    /// # Errors
    /// None in practice: what cannot be written is not frozen.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}

/// Holds that a text is one line that shows as what it is.
fn one_line(field: &'static str, text: &str) -> Result<(), PopulationError> {
    if text.is_empty() || text.trim() != text || text.chars().any(char::is_control) {
        return Err(PopulationError::Text { field, text: text.escape_debug().to_string() });
    }
    Ok(())
}

/// What is no frozen population.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PopulationError {
    /// It is not JSON of this form, or ends before its end.
    Malformed {
        /// What the reader says, with line and column.
        why: String,
        /// Whether it is cut off.
        truncated: bool,
    },
    /// It is a document of another kind, or of a newer version.
    Schema(String),
    /// A text is empty, has control characters, or spaces at an end.
    Text {
        /// Which.
        field: &'static str,
        /// The text, with what cannot be shown escaped.
        text: String,
    },
    /// The instant of an item is outside of the calendar.
    Instant {
        /// The item.
        id: String,
    },
    /// Two items have one id.
    Twice {
        /// The id.
        id: String,
    },
    /// An item stands behind a later one.
    Order {
        /// What stands before it.
        before: String,
        /// The item.
        id: String,
    },
    /// It says that it has more or fewer items than it has.
    Count {
        /// What it says.
        said: u64,
        /// What it has.
        found: u64,
    },
    /// It says another root than its items have.
    Root {
        /// What it says.
        said: Digest,
        /// What its items have.
        found: Digest,
    },
}

impl PopulationError {
    fn malformed(error: &serde_json::Error) -> Self {
        Self::Malformed { why: error.to_string(), truncated: error.classify() == Category::Eof }
    }

    /// Whether it is a population that was changed after it was frozen, rather than something else.
    #[must_use]
    pub fn altered(&self) -> bool {
        matches!(self, Self::Twice { .. } | Self::Order { .. } | Self::Count { .. } | Self::Root { .. })
    }
}

impl fmt::Display for PopulationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { why, truncated: true } => write!(f, "the population is cut off: {why}"),
            Self::Malformed { why, truncated: false } => write!(f, "this is not a frozen population: {why}"),
            Self::Schema(schema) if schema.starts_with(SCHEMA_FAMILY) => {
                write!(f, "`{schema}` is not a version of populations that this release reads")
            }
            Self::Schema(schema) => write!(f, "`{schema}` is not a frozen population"),
            Self::Text { field, text } => write!(f, "the {field} \"{text}\" is not one line of text"),
            Self::Instant { id } => write!(f, "the instant of {id} is outside of the calendar"),
            Self::Twice { id } => write!(f, "{id} is in the population twice"),
            Self::Order { before, id } => write!(f, "{id} stands behind {before}, and items stand in the order of ids"),
            Self::Count { said, found } => write!(f, "the population says that it has {said} items, and has {found}"),
            Self::Root { said, found } => {
                write!(
                    f,
                    "the population was changed after it was frozen: its root is said to be {said}, and is {found}"
                )
            }
        }
    }
}

impl std::error::Error for PopulationError {}

impl Diagnostic for PopulationError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self {
            Self::Schema(schema) if schema.starts_with(SCHEMA_FAMILY) => {
                "a newer release of countersign may have written it: update countersign, then run the command again"
            }
            Self::Malformed { truncated: false, .. } | Self::Schema(_) => {
                "give the file that was frozen; `countersign schema population` prints its form"
            }
            Self::Text { .. } | Self::Instant { .. } => {
                "`countersign schema population` prints the form; leave out control characters and spaces at the ends"
            }
            _ => "take the copy that was kept when its root was published, and compare its digest: `sha256sum FILE`",
        }))
    }
}
