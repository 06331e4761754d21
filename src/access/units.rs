//! Lowered units and places in them.

use std::sync::Arc;

use crate::facts::{Facts, Origin, Text};
use crate::formats::LoweredUnit;
use crate::syntax::Span;

/// The facts of one unit with the paths of its members.
#[derive(Debug, Clone)]
pub struct UnitFacts {
    /// What it declares.
    pub facts: Arc<Facts>,
    /// The members' paths, in the order that origins count.
    pub files: Arc<[Text]>,
}

impl From<&LoweredUnit> for UnitFacts {
    fn from(unit: &LoweredUnit) -> Self {
        Self { facts: unit.facts.clone(), files: unit.files.clone() }
    }
}

/// A place in one of several units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    /// The unit's place in the list of units.
    pub unit: u32,
    /// The place in the unit.
    pub origin: Origin,
}

/// A place as file and bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file's path.
    pub file: Text,
    /// The bytes.
    pub span: Span,
}

/// The file and bytes of a site.
#[must_use]
pub fn place(units: &[UnitFacts], site: Site) -> Option<Place> {
    let unit = units.get(site.unit as usize)?;
    let file = unit.files.get(site.origin.file as usize)?;
    Some(Place { file: file.clone(), span: site.origin.span })
}
