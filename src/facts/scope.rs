//! Scopes: on what a permission works, by dimension.
//!
//! A dimension holds a set of values; `*` means all. A value is a path of segments parted by `/`, so that hierarchies
//! (organisation > repository, cluster > namespace) need no table: `acme/*` covers `acme/payments`. A dimension that
//! is absent is unknown: it counts as all, and says so.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// The name of a dimension, such as `legal_entity`, `repository` or `system`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dimension(pub Arc<str>);

impl Dimension {
    /// A dimension by name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The system instance that a permission belongs to; always known.
    #[must_use]
    pub fn system() -> Self {
        Self::new("system")
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a scope says of one dimension that it names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Values {
    /// Every value.
    All,
    /// These values; an empty set is nowhere.
    Set(BTreeSet<Arc<str>>),
}

impl Values {
    /// A set of values; one of them `*` makes it all.
    pub fn of<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> Self {
        let set: BTreeSet<Arc<str>> = values.into_iter().map(|value| Arc::from(value.as_ref())).collect();
        if set.contains("*") { Self::All } else { Self::Set(set) }
    }

    /// What both allow.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, values) | (values, Self::All) => values.clone(),
            (Self::Set(a), Self::Set(b)) => {
                Self::Set(a.iter().flat_map(|x| b.iter().filter_map(move |y| narrower(x, y))).cloned().collect())
            }
        }
    }

    /// What either allows.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::Set(a), Self::Set(b)) => Self::Set(a.union(b).cloned().collect()),
        }
    }

    /// Whether everything that `other` allows is allowed here.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Set(_), Self::All) => false,
            (Self::Set(a), Self::Set(b)) => b.iter().all(|y| a.iter().any(|x| value_covers(x, y))),
        }
    }

    /// Whether this allows nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Set(set) if set.is_empty())
    }
}

/// Whether the value or subtree `wide` holds `narrow`.
fn value_covers(wide: &str, narrow: &str) -> bool {
    wide == narrow || wide.strip_suffix('*').is_some_and(|prefix| prefix.ends_with('/') && narrow.starts_with(prefix))
}

fn narrower<'a>(x: &'a Arc<str>, y: &'a Arc<str>) -> Option<&'a Arc<str>> {
    if value_covers(x, y) {
        Some(y)
    } else if value_covers(y, x) {
        Some(x)
    } else {
        None
    }
}

/// The dimensions that a grant, a permission or a duty names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Scope(BTreeMap<Dimension, Values>);

impl Scope {
    /// The scope that names no dimension.
    #[must_use]
    pub fn unknown() -> Self {
        Self::default()
    }

    /// This scope with one dimension set.
    #[must_use]
    pub fn with(mut self, dimension: Dimension, values: Values) -> Self {
        self.0.insert(dimension, values);
        self
    }

    /// What it says of a dimension; `None` is unknown.
    #[must_use]
    pub fn get(&self, dimension: &Dimension) -> Option<&Values> {
        self.0.get(dimension)
    }

    /// The dimensions it names, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Dimension, &Values)> {
        self.0.iter()
    }

    /// The dimensions that it names with their values, as documents write them: `["*"]` is all.
    #[must_use]
    pub fn lists(&self) -> BTreeMap<String, Vec<String>> {
        self.0
            .iter()
            .map(|(dimension, values)| {
                let list = match values {
                    Values::All => vec!["*".to_owned()],
                    Values::Set(set) => set.iter().map(ToString::to_string).collect(),
                };
                (dimension.to_string(), list)
            })
            .collect()
    }

    /// Whether it names no dimension.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.0.is_empty()
    }

    /// What both allow, dimension by dimension; a dimension that only one names keeps that one's values.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        let mut both = self.0.clone();
        for (dimension, values) in &other.0 {
            both.entry(dimension.clone())
                .and_modify(|own| *own = own.intersect(values))
                .or_insert_with(|| values.clone());
        }
        Self(both)
    }

    /// The least scope that covers both. A dimension that only one names is unknown in it.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if self.is_empty() || other.is_empty() {
            return if self.is_empty() { other.clone() } else { self.clone() };
        }
        let named =
            self.0.iter().filter_map(|(dimension, values)| Some((dimension, values.union(other.get(dimension)?))));
        Self(named.map(|(dimension, values)| (dimension.clone(), values)).collect())
    }

    /// The least scope that covers both, and whether it covers nothing else.
    #[must_use]
    pub fn join(&self, other: &Self) -> (Self, bool) {
        let joined = self.union(other);
        let differ = self.0.iter().filter(|(dimension, values)| other.0.get(dimension) != Some(values)).count();
        let exact = self.0.len() == other.0.len() && joined.0.len() == self.0.len() && differ <= 1;
        (joined, exact)
    }

    /// Whether some dimension allows nothing, so that the whole scope is nowhere.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.values().any(Values::is_empty)
    }

    /// Whether everything in `other` is in this one. An unknown dimension counts as all.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.is_empty()
            || self.0.iter().all(|(dimension, values)| values.covers(other.get(dimension).unwrap_or(&Values::All)))
    }
}

/// Most combinations of values that are looked at to see whether several scopes cover one.
const MOST_CELLS: usize = 4096;

/// Whether every combination of the values of a scope is in one of several scopes: two scopes on one entity each cover
/// one on both. Where that takes too long to see, the answer is no, which is the careful one.
#[must_use]
pub fn covered_together(scopes: &[&Scope], wanted: &Scope) -> bool {
    let mut budget = MOST_CELLS;
    covered_by_value(scopes, wanted, &mut budget)
}

fn covered_by_value(scopes: &[&Scope], wanted: &Scope, budget: &mut usize) -> bool {
    if scopes.iter().any(|scope| scope.covers(wanted)) {
        return true;
    }
    // A scope that misses some dimension altogether shares nothing of what is wanted.
    let near: Vec<&Scope> = scopes.iter().copied().filter(|scope| !scope.intersect(wanted).is_empty()).collect();
    let several = wanted.iter().find_map(|(dimension, values)| match values {
        Values::Set(set) if set.len() > 1 => Some((dimension, set)),
        _ => None,
    });
    let (false, Some((dimension, set))) = (near.len() < 2, several) else { return false };
    set.iter().all(|value| {
        *budget = budget.saturating_sub(1);
        *budget > 0 && covered_by_value(&near, &wanted.clone().with(dimension.clone(), Values::of([value])), budget)
    })
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (dimension, values)) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            let name = dimension.0.replace('_', " ");
            match values {
                Values::All => write!(f, "{comma}every {name}")?,
                Values::Set(set) => {
                    let list: Vec<&str> = set.iter().map(|value| &**value).collect();
                    write!(f, "{comma}{name} {}", list.join(" and "))?;
                }
            }
        }
        Ok(())
    }
}
