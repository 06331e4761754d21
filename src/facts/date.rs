//! Days and instants, as manifests and imported files write them.

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;

/// A day, or an instant, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    /// First second of it, epoch.
    pub start: i64,
    /// First second after it, epoch; of an instant, the instant.
    pub end: i64,
}

impl Date {
    /// Reads `2026-12-31` or `2026-12-31T17:00:00Z`; anything else is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // The length keeps out the forms without dashes, which are easily mistaken for a number.
        if text.len() == 10 {
            let day: civil::Date = text.parse().ok()?;
            let midnight =
                |day: civil::Date| day.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp().as_second());
            return Some(Self { start: midnight(day)?, end: midnight(day.tomorrow().ok()?)? });
        }
        let instant: Timestamp = text.parse().ok()?;
        Some(Self { start: instant.as_second(), end: instant.as_second() })
    }
}
