//! What a sample says of the population that it was drawn from, by exact sums: no normal or Poisson approximation.
//!
//! All bounds are one-sided upper bounds. [`upper_share`] is that of Clopper and Pearson (Biometrika 26, 1934): what is
//! tested is a process that may go on, and items are independent. [`upper_count`] and [`size_for`] are of a finite
//! population from which each item is drawn at most once (the hypergeometric distribution); they say more of it.
//!
//! Answers are whole numbers: basis points and items. Sums are of additions, multiplications and divisions alone, which
//! IEEE 754 defines to the last bit, so every machine gives the same answer. No crate does this without a library of all
//! of statistics behind it.

use std::fmt;

/// How sure one wants to be, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Confidence(u8);

impl Confidence {
    /// 90 %.
    pub const NINETY: Self = Self(90);
    /// 95 %.
    pub const NINETY_FIVE: Self = Self(95);

    /// From 1 to 99 percent.
    #[must_use]
    pub fn of_percent(percent: u8) -> Option<Self> {
        (1..=99).contains(&percent).then_some(Self(percent))
    }

    /// In percent.
    #[must_use]
    pub fn percent(self) -> u8 {
        self.0
    }

    /// Whether something this improbable may be excluded.
    fn excludes(self, probability: f64) -> bool {
        // Sums of this kind are right to some thirteen digits: what differs in the tenth counts as reached.
        const ROUNDING: f64 = 1.0 + 1e-10;
        probability <= f64::from(100 - self.0) / 100.0 * ROUNDING
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

/// A share in basis points: 10,000 are the whole. Shown in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u16);

impl Share {
    /// Everything.
    pub const WHOLE: Self = Self(10_000);

    /// From 0 to 10,000 basis points.
    #[must_use]
    pub fn of_basis_points(points: u16) -> Option<Self> {
        (points <= Self::WHOLE.0).then_some(Self(points))
    }

    /// In basis points.
    #[must_use]
    pub fn basis_points(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02} %", self.0 / 100, self.0 % 100)
    }
}

/// The smallest share of deviations, in basis points and so rounded up, that `exceptions` among `size` items exclude at a
/// confidence: whatever deviates more often would have shown more, with that probability.
#[must_use]
pub fn upper_share(size: u64, exceptions: u64, confidence: Confidence) -> Share {
    let excluded = |points: u64| confidence.excludes(binomial_at_most(exceptions, size, points));
    let points = first(0, u64::from(Share::WHOLE.0), excluded);
    Share(u16::try_from(points).unwrap_or(Share::WHOLE.0))
}

/// The most items of a population that may deviate, after `exceptions` among `size` that were drawn from it, at a
/// confidence. With the whole population drawn it is what was found.
#[must_use]
pub fn upper_count(population: u64, size: u64, exceptions: u64, confidence: Confidence) -> u64 {
    let size = size.min(population);
    let exceptions = exceptions.min(size);
    // What was drawn and is in order does not deviate.
    let most = population - (size - exceptions);
    let excluded = |count: u64| confidence.excludes(hypergeometric_at_most(exceptions, population, count, size));
    // One more than the most is excluded in any case.
    first(exceptions, most + 1, |count| count > most || excluded(count)).saturating_sub(1).max(exceptions)
}

/// The smallest sample of a population of which at most `exceptions` may deviate for a confidence that fewer than the
/// tolerable share of the population does. A share that is no whole number of items counts as the next one. It is the
/// whole population where nothing less says so much.
#[must_use]
pub fn size_for(population: u64, tolerable: Share, exceptions: u64, confidence: Confidence) -> u64 {
    let whole = u64::from(Share::WHOLE.0);
    // Without products that might not fit.
    let (units, rest) = (population / whole, population % whole);
    let share = u64::from(tolerable.0);
    let deviating = units * share + (rest * share).div_ceil(whole);
    if deviating <= exceptions {
        return population;
    }
    first(0, population, |size| confidence.excludes(hypergeometric_at_most(exceptions, population, deviating, size)))
}

/// The first number from `low` up to `high` of which something is so that is so of every larger one; `high` if of none.
fn first(mut low: u64, mut high: u64, is: impl Fn(u64) -> bool) -> u64 {
    while low < high {
        let middle = low + (high - low) / 2;
        if is(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// The probability of at most so many of `size` items, where each is one with a probability in basis points.
fn binomial_at_most(at_most: u64, size: u64, points: u64) -> f64 {
    let whole = u64::from(Share::WHOLE.0);
    if at_most >= size || points == 0 {
        return 1.0;
    }
    if points >= whole {
        return 0.0;
    }
    let odds = points as f64 / (whole - points) as f64;
    // From one number to the next: one more of those that are left.
    let ratio = |x: u64| (size - x) as f64 / (x + 1) as f64 * odds;
    at_most_of(at_most, 0, size, ratio)
}

/// The probability of at most so many among `size` items that are drawn from a population, each at most once, of which
/// `deviating` are such.
fn hypergeometric_at_most(at_most: u64, population: u64, deviating: u64, size: u64) -> f64 {
    let others = population - deviating;
    let least = size.saturating_sub(others);
    let most = size.min(deviating);
    if at_most >= most {
        return 1.0;
    }
    if at_most < least {
        return 0.0;
    }
    let ratio = |x: u64| {
        let ways = (deviating - x) as f64 * (size - x) as f64;
        // Of those that do not deviate, one fewer is drawn.
        ways / ((x + 1) as f64 * ((others + x + 1) - size) as f64)
    };
    at_most_of(at_most, least, most, ratio)
}

/// The share of the terms up to one, of a sequence with a single peak, from what each has to the one before. Nothing is
/// computed but terms relative to the largest one, so that nothing becomes too small to be told from zero where it counts.
fn at_most_of(at_most: u64, least: u64, most: u64, ratio: impl Fn(u64) -> f64) -> f64 {
    /// Terms this small, relative to the largest, change no sum: they fall ever faster.
    const NOTHING: f64 = 1e-30;
    let peak = first(least, most, |x| ratio(x) <= 1.0);
    let (mut below, mut above) = (0.0, 0.0);
    let mut count = |x: u64, term: f64| if x <= at_most { below += term } else { above += term };
    count(peak, 1.0);
    let mut term = 1.0;
    for x in (least..peak).rev() {
        term /= ratio(x);
        if term < NOTHING {
            break;
        }
        count(x, term);
    }
    term = 1.0;
    for x in peak..most {
        term *= ratio(x);
        if term < NOTHING {
            break;
        }
        count(x + 1, term);
    }
    below / (below + above)
}
