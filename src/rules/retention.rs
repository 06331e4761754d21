//! How long evidence is kept.
//!
//! What ships with the binary is `policies/retention.yaml`, with the source of each period; `evidence.retention` of the
//! configuration says otherwise, class by class.

use std::fmt;

use jiff::tz::TimeZone;
use jiff::{Span, SpanFieldwise, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::{RuleError, RuleFile};
use crate::syntax::Spanned;

/// What a record is, for how long it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RetentionClass {
    /// An evaluation of what landed, that passed.
    Pass,
    /// An evaluation of what landed, that found what must be cleared.
    Blocked,
    /// What landed and could not be evaluated.
    Error,
    /// What a judge kept of a proposed change, whatever it came to.
    Proposal,
    /// External evidence.
    Attachment,
}

impl RetentionClass {
    /// Every class.
    pub const ALL: [Self; 5] = [Self::Pass, Self::Blocked, Self::Error, Self::Proposal, Self::Attachment];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Blocked => "blocked",
            Self::Error => "error",
            Self::Proposal => "proposal",
            Self::Attachment => "attachment",
        }
    }
}

/// How long something is kept: `7 years`, `18 months`, `90 days`, or `forever`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// So long, by the calendar.
    For(SpanFieldwise),
    /// Without an end.
    Forever,
}

impl Keep {
    /// Reads a period.
    ///
    /// # Errors
    /// Why it is none, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "forever" {
            return Ok(Self::Forever);
        }
        let span: Span = text.parse().map_err(|_| format!("`{text}` is not a period"))?;
        if span.is_negative() || span.is_zero() || !Self::is_of_the_calendar(&span) {
            return Err(format!("`{text}` is not a period of days, weeks, months or years"));
        }
        Ok(Self::For(span.fieldwise()))
    }

    fn is_of_the_calendar(span: &Span) -> bool {
        let small = [
            i64::from(span.get_hours()),
            span.get_minutes(),
            span.get_seconds(),
            span.get_milliseconds(),
            span.get_microseconds(),
            span.get_nanoseconds(),
        ];
        small.iter().all(|count| *count == 0)
    }

    /// Until when something is kept that was made at an instant, both in epoch seconds; `None` is without an end.
    #[must_use]
    pub fn until(self, made: i64) -> Option<i64> {
        let Self::For(span) = self else { return None };
        // What is too far away for the calendar has no end.
        let made = Timestamp::from_second(made).ok()?.to_zoned(TimeZone::UTC);
        Some(made.checked_add(span.0).ok()?.timestamp().as_second())
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::For(span) => write!(f, "{:#}", span.0),
            Self::Forever => f.write_str("forever"),
        }
    }
}

/// How long evidence is kept from when it was made, by what it is: `7 years`, `18 months`, `90 days` or `forever`.
///
/// Each record says until when it is kept by the configuration of that day. A longer period holds for what is there
/// already, too; a shorter one only for what comes.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionConfig {
    /// Evaluations of what landed, that passed.
    #[serde(default)]
    pub pass: Option<Spanned<String>>,
    /// Evaluations of what landed, that found what must be cleared.
    #[serde(default)]
    pub blocked: Option<Spanned<String>>,
    /// What landed and could not be evaluated.
    #[serde(default)]
    pub error: Option<Spanned<String>>,
    /// What a judge kept of proposed changes.
    #[serde(default)]
    pub proposal: Option<Spanned<String>>,
    /// External evidence.
    #[serde(default)]
    pub attachment: Option<Spanned<String>>,
}

impl RetentionConfig {
    fn written(&self, class: RetentionClass) -> Option<&Spanned<String>> {
        match class {
            RetentionClass::Pass => self.pass.as_ref(),
            RetentionClass::Blocked => self.blocked.as_ref(),
            RetentionClass::Error => self.error.as_ref(),
            RetentionClass::Proposal => self.proposal.as_ref(),
            RetentionClass::Attachment => self.attachment.as_ref(),
        }
    }

    /// How long a class is kept.
    #[must_use]
    pub fn keep(&self, class: RetentionClass) -> Keep {
        // What cannot be read was an error when the rules were loaded; to keep too much can be made good.
        self.written(class).map_or_else(|| default_of(class), |text| Keep::parse(text).unwrap_or(Keep::Forever))
    }

    pub(super) fn check(&self, file: &RuleFile, errors: &mut Vec<RuleError>) {
        for written in RetentionClass::ALL.into_iter().filter_map(|class| self.written(class)) {
            if let Err(what) = Keep::parse(written) {
                let help = "write it as `7 years`, `18 months`, `90 days` or `forever`";
                errors.push(file.error(written.span, what).with_help(help));
            }
        }
    }
}

/// How long a class is kept where nobody says otherwise.
fn default_of(class: RetentionClass) -> Keep {
    let entry = defaults().ok().and_then(|table| table.classes.into_iter().find(|entry| entry.class == class));
    // A test holds that every class is there.
    entry.and_then(|entry| Keep::parse(&entry.keep).ok()).unwrap_or(Keep::Forever)
}

fn defaults() -> Result<Defaults, RuleError> {
    let file = super::builtin::files("retention.yaml").next().cloned().unwrap_or_else(|| RuleFile::new("", Vec::new()));
    super::first_document(&file).and_then(|node| super::read(&file, &node))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Defaults {
    classes: Vec<DefaultPeriod>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DefaultPeriod {
    class: RetentionClass,
    keep: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for whoever reads the table"))]
    source: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_a_default_with_its_source() {
        let table = defaults().unwrap();
        assert_eq!(table.classes.len(), RetentionClass::ALL.len());
        for class in RetentionClass::ALL {
            let entry = table.classes.iter().find(|entry| entry.class == class).unwrap();
            assert!(!entry.source.is_empty());
            assert_eq!(RetentionConfig::default().keep(class).to_string(), "7y");
        }
    }

    #[test]
    fn periods_are_of_the_calendar() {
        let instant = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
        for (text, made, until) in [
            ("7 years", "2026-11-21T10:00:00Z", "2033-11-21T10:00:00Z"),
            ("7 years", "2024-02-29T00:00:00Z", "2031-02-28T00:00:00Z"),
            ("18 months", "2026-08-31T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("90 days", "2026-11-21T00:00:00Z", "2027-02-19T00:00:00Z"),
            ("P2Y", "2026-11-21T00:00:00Z", "2028-11-21T00:00:00Z"),
        ] {
            assert_eq!(Keep::parse(text).unwrap().until(instant(made)), Some(instant(until)), "{text}");
        }
        assert_eq!(Keep::parse("forever").unwrap().until(0), None);
        for text in ["", "seven years", "7", "0 days", "-1 year", "7 hours", "1 day 3 minutes", "Forever"] {
            assert!(Keep::parse(text).is_err(), "{text}");
        }
    }
}
