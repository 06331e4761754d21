//! Until when a record is kept.

use serde::{Deserialize, Serialize};

use super::attachment::{ATTACHMENT_TYPE, AttachmentStatement};
use super::hold_statement::Covers;
use super::look::kind_of;
use super::{RecordId, names};
use crate::evidence::statement::{PREDICATE_TYPE, Predicate, Statement};
use crate::rules::{RetentionClass, RetentionConfig};

/// How long a record is kept, as it says itself: by the configuration of the day on which it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// What it is.
    pub class: RetentionClass,
    /// Until when at least it is kept, RFC 3339; absent is without an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

impl Retention {
    /// Of what was made at an instant, in epoch seconds.
    #[must_use]
    pub fn of(class: RetentionClass, made: i64, config: &RetentionConfig) -> Self {
        let until = config.keep(class).until(made).and_then(|until| jiff::Timestamp::from_second(until).ok());
        Self { class, until: until.map(|until| until.to_string()) }
    }
}

/// The end of what a record has to be kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeptUntil {
    /// An instant, in epoch seconds.
    Instant(i64),
    /// It has none.
    Forever,
}

impl KeptUntil {
    fn of(until: Option<i64>) -> Self {
        until.map_or(Self::Forever, Self::Instant)
    }

    /// Whether it is past at an instant, in epoch seconds.
    #[must_use]
    pub fn is_past(self, now: i64) -> bool {
        matches!(self, Self::Instant(until) if until <= now)
    }
}

/// What decides how long a record is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dated {
    /// What it is; `None` of what is always kept: statements about keys, holds, tombstones, and what is not known.
    pub(super) class: Option<RetentionClass>,
    /// When it says that it was made, in epoch seconds.
    pub(super) made: Option<i64>,
    /// Until when it says that it is kept.
    says: KeptUntil,
    /// The repositories that it is about, where it names any.
    repositories: Vec<String>,
}

impl Dated {
    /// Reads it from a statement.
    pub(super) fn of(payload: &[u8]) -> Self {
        let forever = Self { class: None, made: None, says: KeptUntil::Forever, repositories: Vec::new() };
        match kind_of(payload).as_deref() {
            Ok(PREDICATE_TYPE) => match serde_json::from_slice::<Statement>(payload) {
                Ok(statement) => {
                    let predicate = &statement.predicate;
                    let made = seconds(&predicate.invocation.finished_on);
                    let uris = statement.subject.iter().filter_map(|subject| subject.uri.clone());
                    Self::with(predicate.retention.as_ref(), class_of(predicate), made, uris.collect())
                }
                Err(_) => forever,
            },
            Ok(ATTACHMENT_TYPE) => match serde_json::from_slice::<AttachmentStatement>(payload) {
                Ok(statement) => {
                    let predicate = &statement.predicate;
                    let made = seconds(&predicate.at);
                    Self::with(predicate.retention.as_ref(), RetentionClass::Attachment, made, Vec::new())
                }
                Err(_) => forever,
            },
            _ => forever,
        }
    }

    fn with(said: Option<&Retention>, class: RetentionClass, made: Option<i64>, repositories: Vec<String>) -> Self {
        let says = match (said, made) {
            // What was recorded before records said so is kept as long as the defaults say.
            (None, Some(made)) => KeptUntil::of(RetentionConfig::default().keep(class).until(made)),
            (Some(Retention { until: Some(until), .. }), _) => KeptUntil::of(seconds(until)),
            (Some(Retention { until: None, .. }), _) | (None, None) => KeptUntil::Forever,
        };
        let class = Some(said.map_or(class, |said| said.class));
        Self { class, made, says, repositories }
    }

    /// Until when it is kept by its own word: nobody can make that shorter.
    pub(super) fn says(&self) -> KeptUntil {
        self.says
    }

    /// Until when it is kept: by its own word, or longer where a configuration of today says so.
    pub(super) fn until(&self, config: Option<&RetentionConfig>) -> KeptUntil {
        let (Some(class), Some(made)) = (self.class, self.made) else { return KeptUntil::Forever };
        config.map_or(self.says, |config| self.says.max(KeptUntil::of(config.keep(class).until(made))))
    }

    /// Whether a hold over these covers it. What a record does not say of itself does not take it out of a hold.
    pub(super) fn is_covered(&self, id: RecordId, covers: &Covers) -> bool {
        let Covers { records, repository, from, until } = covers;
        let of_repository = |name: &String| {
            self.repositories.is_empty() || self.repositories.iter().any(|uri| names::is_repository(uri, name))
        };
        let instant = |text: &Option<String>| text.as_ref().and_then(|text| seconds(text));
        // A bound that cannot be read bounds nothing.
        let late = self.made.zip(instant(from)).is_none_or(|(made, from)| made >= from);
        let early = self.made.zip(instant(until)).is_none_or(|(made, until)| made < until);
        (records.is_empty() || records.contains(&id)) && repository.as_ref().is_none_or(of_repository) && late && early
    }
}

/// What an evaluation is, from what it was for and what it came to.
pub(in crate::evidence) fn class_of(predicate: &Predicate) -> RetentionClass {
    match (&*predicate.invocation.mode, &*predicate.verdict) {
        ("record", "pass") => RetentionClass::Pass,
        ("record", "blocked") => RetentionClass::Blocked,
        ("record", _) => RetentionClass::Error,
        _ => RetentionClass::Proposal,
    }
}

/// An RFC 3339 instant in epoch seconds.
pub(super) fn seconds(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}
