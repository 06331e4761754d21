//! Periods: what a report, a population or a sample is about.
//!
//! A period is half-open and in epoch seconds. Where its days begin depends on the offset from UTC that somebody chose
//! and that is stored with it: no time zone is looked up anywhere, so a period means the same on every machine, in every
//! year. An offset is fixed; who lives with daylight saving chooses the one that their books use.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};
use miette::Diagnostic;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::rules::Instant;

/// The seconds of a day. An offset is fixed, so all days are as long; epoch seconds count no leap seconds.
const DAY: i64 = 86_400;

/// The years that a period may have: from the epoch on, and four digits with a year behind them.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=9998;

/// The largest offset from UTC that is in use anywhere, in minutes: `+14:00`.
const WIDEST: i32 = 14 * 60;

/// How far the clocks by which days are counted are ahead of UTC. Written `UTC`, `+01:00` or `-05:30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Offset {
    minutes: i32,
}

impl Offset {
    /// None.
    pub const UTC: Self = Self { minutes: 0 };

    /// In seconds; positive east of Greenwich.
    #[must_use]
    pub fn seconds(self) -> i64 {
        i64::from(self.minutes) * 60
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.minutes == 0 {
            return f.write_str("UTC");
        }
        let sign = if self.minutes < 0 { '-' } else { '+' };
        let minutes = self.minutes.abs();
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl FromStr for Offset {
    type Err = PeriodError;

    /// Reads `UTC`, `+01:00` or `-05:30`; `+00:00` is UTC.
    fn from_str(text: &str) -> Result<Self, PeriodError> {
        if text == "UTC" {
            return Ok(Self::UTC);
        }
        let minutes = || {
            let (sign, rest) = match text.strip_prefix('-') {
                Some(rest) => (-1, rest),
                None => (1, text.strip_prefix('+')?),
            };
            let (hours, minutes) = rest.split_once(':')?;
            let (hours, minutes) = (number(hours, 2)?, number(minutes, 2).filter(|minutes| *minutes < 60)?);
            let all = i32::from(hours) * 60 + i32::from(minutes);
            // `-00:00` says that the offset is not known (RFC 3339, section 4.3).
            (all <= WIDEST && (sign, all) != (-1, 0)).then_some(sign * all)
        };
        let minutes = minutes().ok_or_else(|| PeriodError::Offset(text.to_owned()))?;
        Ok(Self { minutes })
    }
}

/// A stretch of whole days with the name that somebody gave it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Period {
    /// As it was written: `2026Q4`, `2026`, `2026-10`, `2026H2` or `2026-10-01..2026-12-31`.
    pub name: String,
    /// Its first second, in epoch seconds.
    pub from: i64,
    /// The first second after it, in epoch seconds.
    pub to: i64,
    /// By which its days begin.
    pub offset: Offset,
}

/// A day of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodDay {
    /// Its date at the period's offset: `2026-10-01`.
    pub name: String,
    /// Its first second, in epoch seconds.
    pub from: i64,
    /// The first second after it, in epoch seconds.
    pub to: i64,
}

/// What a name means, before it is known where its days begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stretch {
    /// So many months from the first of one on.
    Months { first: Date, count: i32 },
    /// From a day to another, both included.
    Days { first: Date, last: Date },
}

impl Stretch {
    fn read(text: &str) -> Option<Self> {
        if let Some((first, last)) = text.split_once("..") {
            let (first, last) = (date(first)?, date(last)?);
            return (first <= last).then_some(Self::Days { first, last });
        }
        let (year, rest) = text.split_at_checked(4)?;
        let year = number(year, 4).filter(|year| YEARS.contains(year))?;
        let (month, count) = match rest.split_at_checked(1) {
            None if rest.is_empty() => (1, 12),
            Some(("Q", quarter)) => (number(quarter, 1).filter(|n| (1..=4).contains(n))? * 3 - 2, 3),
            Some(("H", half)) => (number(half, 1).filter(|n| (1..=2).contains(n))? * 6 - 5, 6),
            Some(("-", month)) => (number(month, 2)?, 1),
            _ => return None,
        };
        Some(Self::Months { first: Date::new(year, i8::try_from(month).ok()?, 1).ok()?, count })
    }

    /// Its first day, and the day after its last.
    fn ends(self) -> Option<(Date, Date)> {
        match self {
            Self::Months { first, count } => Some((first, first.checked_add(count.months()).ok()?)),
            Self::Days { first, last } => Some((first, last.tomorrow().ok()?)),
        }
    }

    /// The stretch of the same kind that ends where this one begins.
    fn previous(self) -> Option<Self> {
        let before = |span: Span, from: Date| from.checked_sub(span).ok().filter(|day| YEARS.contains(&day.year()));
        match self {
            Self::Months { first, count } => Some(Self::Months { first: before(count.months(), first)?, count }),
            Self::Days { first, last } => {
                let days = i64::from(first.until(last).ok()?.get_days()) + 1;
                Some(Self::Days { first: before(days.days(), first)?, last: before(1.days(), first)? })
            }
        }
    }

    fn name(self) -> String {
        match self {
            Self::Months { first, count: 12 } => format!("{:04}", first.year()),
            Self::Months { first, count: 6 } => format!("{:04}H{}", first.year(), (first.month() + 5) / 6),
            Self::Months { first, count: 3 } => format!("{:04}Q{}", first.year(), (first.month() + 2) / 3),
            Self::Months { first, .. } => format!("{:04}-{:02}", first.year(), first.month()),
            Self::Days { first, last } => format!("{first}..{last}"),
        }
    }

    fn at(self, offset: Offset) -> Option<Period> {
        let (first, after) = self.ends()?;
        Some(Period { name: self.name(), from: midnight(first, offset)?, to: midnight(after, offset)?, offset })
    }
}

/// Digits, exactly so many.
fn number(text: &str, digits: usize) -> Option<i16> {
    let digits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// A day written as 2026-12-31, and in no other of the ways that ISO 8601 allows.
fn date(text: &str) -> Option<Date> {
    let day: Date = text.parse().ok()?;
    (day.to_string() == text && YEARS.contains(&day.year())).then_some(day)
}

/// The first second of a day.
fn midnight(day: Date, offset: Offset) -> Option<i64> {
    let utc = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    Some(utc - offset.seconds())
}

impl Period {
    /// Reads the name of a period whose days begin by an offset: a year `2026`, a half `2026H2`, a quarter `2026Q4`, a
    /// month `2026-10`, or days `2026-10-01..2026-12-31` with both ends included. Quarters are those of the calendar.
    ///
    /// # Errors
    /// [`PeriodError::Name`] for anything else, a day that no calendar has, or an end before the beginning.
    pub fn parse(text: &str, offset: Offset) -> Result<Self, PeriodError> {
        let period = Stretch::read(text).and_then(|stretch| stretch.at(offset));
        period.ok_or_else(|| PeriodError::Name(text.to_owned()))
    }

    /// Whether an instant in epoch seconds is in it.
    #[must_use]
    pub fn contains(&self, epoch: i64) -> bool {
        (self.from..self.to).contains(&epoch)
    }

    /// Its days, in order.
    pub fn days(&self) -> impl Iterator<Item = PeriodDay> + use<> {
        let (from, to, offset) = (self.from, self.to, self.offset);
        let count = (to - from) / DAY;
        (0..count).map(move |day| {
            let from = from + day * DAY;
            // Days of a period that was parsed are all days of the calendar.
            PeriodDay { name: crate::rules::day(from + offset.seconds()), from, to: from + DAY }
        })
    }

    /// The period of the same kind that ends where this one begins: the quarter before a quarter, the year before a year,
    /// as many days before days. `None` before 1970.
    #[must_use]
    pub fn previous(&self) -> Option<Self> {
        Stretch::read(&self.name)?.previous()?.at(self.offset)
    }
}

impl fmt::Display for Period {
    /// `2026Q4`, or `2026Q4 at +01:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.offset == Offset::UTC { Ok(()) } else { write!(f, " at {}", self.offset) }
    }
}

/// A period as files have it.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Written {
    /// `2026Q4`, `2026`, `2026-10`, `2026H2` or `2026-10-01..2026-12-31`, both days included.
    name: String,
    /// How far the clocks by which its days begin are ahead of UTC: `UTC`, `+01:00`.
    #[schemars(regex(pattern = r"^(UTC|[+-][0-9]{2}:[0-9]{2})$"))]
    offset: String,
    /// Its first second.
    from: Instant,
    /// The first second after it.
    to: Instant,
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = Written {
            name: self.name.clone(),
            offset: self.offset.to_string(),
            from: Instant::from_seconds(self.from),
            to: Instant::from_seconds(self.to),
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Period {
    /// Its ends follow from its name and its offset; where they contradict each other it is an error.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        let offset = written.offset.parse().map_err(de::Error::custom)?;
        let period = Self::parse(&written.name, offset).map_err(de::Error::custom)?;
        if (written.from.seconds(), written.to.seconds()) == (period.from, period.to) {
            Ok(period)
        } else {
            Err(de::Error::custom(format!("the period {period} has other ends than it says")))
        }
    }
}

impl JsonSchema for Period {
    fn schema_name() -> Cow<'static, str> {
        "Period".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Written::json_schema(generator)
    }
}

/// A text that is no period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeriodError {
    /// It names no period.
    Name(String),
    /// It is no offset from UTC.
    Offset(String),
}

impl fmt::Display for PeriodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(text) => write!(f, "`{text}` is not a period"),
            Self::Offset(text) => write!(f, "`{text}` is not an offset from UTC"),
        }
    }
}

impl std::error::Error for PeriodError {}

impl Diagnostic for PeriodError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self {
            Self::Name(_) => {
                "write a year as 2026, a half as 2026H2, a quarter as 2026Q4, a month as 2026-10, or days as \
                 2026-10-01..2026-12-31, both included"
            }
            Self::Offset(_) => "write UTC, or hours and minutes as +01:00; names of time zones are not looked up",
        }))
    }
}
