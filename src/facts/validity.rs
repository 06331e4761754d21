//! When a fact counts.

/// When something counts, in epoch seconds; both ends may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Validity {
    /// First second that counts.
    pub from: Option<i64>,
    /// First second that no longer counts.
    pub until: Option<i64>,
}

impl Validity {
    /// Whether it counts at an instant.
    #[must_use]
    pub fn contains(self, at: i64) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }

    /// What is in both.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        let until = match (self.until, other.until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { from: self.from.max(other.from), until }
    }

    /// The shortest interval that holds both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        let until = match (self.until, other.until) {
            (Some(a), Some(b)) => Some(a.max(b)),
            _ => None,
        };
        Self { from: self.from.min(other.from), until }
    }

    /// Whether everything in `other` is in this one.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.from <= other.from && self.until.is_none_or(|until| other.until.is_some_and(|other| until >= other))
    }

    /// Whether the interval holds no instant.
    #[must_use]
    pub fn is_empty(self) -> bool {
        matches!((self.from, self.until), (Some(from), Some(until)) if from >= until)
    }
}
