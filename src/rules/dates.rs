//! Days and instants, as people write them in rules and records.

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A day, UTC: `2026-12-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(transparent)]
pub struct Day(#[schemars(with = "String", extend("format" = "date"))] Date);

impl Day {
    /// Its first second, in epoch seconds.
    #[must_use]
    pub fn starts(self) -> i64 {
        self.0.to_zoned(jiff::tz::TimeZone::UTC).map_or(i64::MIN, |zoned| zoned.timestamp().as_second())
    }

    /// The first second after it, in epoch seconds.
    #[must_use]
    pub fn ends(self) -> i64 {
        self.0.tomorrow().map_or(i64::MAX, |next| Self(next).starts())
    }

    /// The day of an instant in epoch seconds.
    #[must_use]
    pub fn of(seconds: i64) -> Option<Self> {
        jiff::Timestamp::from_second(seconds).ok().map(|at| Self(at.to_zoned(jiff::tz::TimeZone::UTC).date()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // A day that cannot be followed by another one has no end.
        let day = text.parse::<Date>().ok().filter(|day| day.tomorrow().is_ok() && text.len() == 10);
        day.map(Self).ok_or_else(|| de::Error::custom(format!("`{text}` is not a day; write it as 2026-12-31")))
    }
}

/// An instant, as `2026-11-21T18:30:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(transparent)]
pub struct Instant(#[schemars(with = "String", extend("format" = "date-time"))] i64);

impl Instant {
    /// In epoch seconds.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// From epoch seconds.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(at) => at.fmt(f),
            Err(_) => self.0.fmt(f),
        }
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = jiff::Timestamp::from_second(self.0).map_err(serde::ser::Error::custom)?;
        serializer.collect_str(&at)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse::<jiff::Timestamp>()
            .map(|at| Self(at.as_second()))
            .map_err(|_| de::Error::custom(format!("`{text}` is not an instant; write it as 2026-11-21T18:30:00Z")))
    }
}

/// An instant for people, to the day: `2026-12-31`.
#[must_use]
pub fn day(seconds: i64) -> String {
    Day::of(seconds).map_or_else(|| seconds.to_string(), |day| day.to_string())
}

/// An instant for people, to the minute: `2026-12-31 18:30 UTC`.
#[must_use]
pub fn minute(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map(|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string())
        .unwrap_or_else(|_| seconds.to_string())
}
