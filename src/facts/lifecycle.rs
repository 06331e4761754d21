//! From the first approval of a service identity to its end, and what a system means for the company's reporting.

use serde::{Deserialize, Serialize};

use super::{Origin, Text};

/// The steps in the life of a service identity that are declared. Instants are epoch seconds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lifecycle {
    /// Who approved that it exists, and when.
    pub approved: Option<Approved>,
    /// What it was made for: tests, or the real thing.
    pub stage: Option<Stage>,
    /// The first second at which it is to be gone.
    pub until: Option<i64>,
    /// When it was retired: from then on it holds nothing.
    pub retired: Option<i64>,
    /// Who looked at it last, and when.
    pub reviewed: Option<(Text, i64)>,
    /// What is special about it.
    pub tags: Vec<Tag>,
    /// The control that makes up for what its tags say.
    pub control: Option<ControlFact>,
}

/// That somebody approved that a service identity exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Approved {
    /// The approver's person id.
    pub by: Text,
    /// When, in epoch seconds.
    pub at: i64,
    /// Where it was asked for.
    pub ticket: Option<Text>,
    /// Where it is written.
    pub origin: Origin,
}

/// What a service identity was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// To try something out: it has an end.
    Test,
    /// To do its work.
    Production,
}

impl Stage {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Production => "production",
        }
    }
}

/// What is special about a system or a service identity, and asks for a control that makes up for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tag {
    /// Somebody outside of the company runs it, or acts through it.
    ThirdParty,
    /// It came with an acquisition, with access that nobody here granted.
    Acquired,
    /// It writes no log of who did what.
    NoLog,
}

impl Tag {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ThirdParty => "third_party",
            Self::Acquired => "acquired",
            Self::NoLog => "no_log",
        }
    }
}

/// A control that makes up for something.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlFact {
    /// Its id in the company's own list.
    pub id: Text,
    /// The person id of who answers for it.
    pub owner: Text,
    /// The person id of who does it.
    pub monitor: Text,
    /// Most days between two times.
    pub every_days: i64,
    /// When it was last done, in epoch seconds.
    pub last_operated: Option<i64>,
    /// Whether it works.
    pub effective: bool,
}

/// What a system means for the company's financial reporting.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reporting {
    /// The processes that it carries.
    pub processes: Vec<ProcessFact>,
    /// Why it is left out of scope.
    pub excluded: Option<Text>,
    /// What is special about it.
    pub tags: Vec<Tag>,
    /// The control that makes up for what its tags say.
    pub control: Option<ControlFact>,
}

/// A process that a system carries.
#[derive(Debug, Clone, PartialEq)]
pub struct ProcessFact {
    /// Its name.
    pub name: Text,
    /// The significant accounts that it books on.
    pub accounts: Vec<Text>,
    /// What of these accounts it bears on.
    pub assertions: Vec<Assertion>,
    /// The clause of the company's policy that asks for control over it.
    pub clause: Option<Text>,
}

/// What financial statements assert of an account (PCAOB AS 1105.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Assertion {
    /// What is there exists, and what is booked happened.
    Existence,
    /// Everything is booked.
    Completeness,
    /// At the right amount.
    Valuation,
    /// It is the company's.
    Rights,
    /// It is shown as it must be.
    Presentation,
}

impl Assertion {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Existence => "existence",
            Self::Completeness => "completeness",
            Self::Valuation => "valuation",
            Self::Rights => "rights",
            Self::Presentation => "presentation",
        }
    }
}
