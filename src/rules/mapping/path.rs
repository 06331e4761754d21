//! Places in a house file, as mappings write them, and texts with such places in them.
//!
//! A path begins with a name that is bound, and goes on with keys: `row.login`, `team."on call"`. Where rows are chosen,
//! `.*` is every value of a map and `[]` every item of a list. In a text, `{row.login}` stands for what is there, and `{{`
//! and `}}` for braces.

use crate::syntax::Span;

/// One step from a value to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The value of a map's key.
    Key(Box<str>),
    /// Every value of a map.
    EveryValue,
    /// Every item of a list.
    EveryItem,
}

/// A place, or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The name that it begins with.
    pub name: Box<str>,
    /// What follows.
    pub steps: Vec<Step>,
    /// As it is written, for messages.
    pub text: Box<str>,
    /// Where in the mapping.
    pub span: Span,
    /// Its number among the paths of its mapping.
    pub number: usize,
}

impl Path {
    /// Reads a path. Its number is given later.
    pub(super) fn read(text: &str, span: Span) -> Result<Self, String> {
        let (name, mut rest) = word(text)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(next) = rest.strip_prefix("[]") {
                steps.push(Step::EveryItem);
                rest = next;
            } else if let Some(next) = rest.strip_prefix(".*") {
                steps.push(Step::EveryValue);
                rest = next;
            } else if let Some(next) = rest.strip_prefix('.') {
                let (key, next) = word(next)?;
                steps.push(Step::Key(key.into()));
                rest = next;
            } else {
                return Err(format!("`{text}` is no path: behind a key comes `.KEY`, `.*` or `[]`, not `{rest}`"));
            }
        }
        Ok(Self { name: name.into(), steps, text: text.into(), span, number: 0 })
    }

    /// Whether it stands for several places.
    #[must_use]
    pub fn is_many(&self) -> bool {
        self.steps.iter().any(|step| !matches!(step, Step::Key(_)))
    }
}

/// The word that a text begins with, and what follows.
fn word(text: &str) -> Result<(&str, &str), String> {
    if let Some(rest) = text.strip_prefix('"') {
        return rest.split_once('"').ok_or_else(|| format!("a quote is opened and never closed in `{text}`"));
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(text.len());
    match text.split_at(end) {
        ("", _) => Err(format!("a key is missing before `{text}`; one with other characters stands in quotes")),
        found => Ok(found),
    }
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Text(Box<str>),
    /// What a place holds.
    Hole {
        /// The place.
        path: Path,
        /// What happens where the place holds nothing.
        without: Without,
    },
}

/// What becomes of a text whose place holds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// The manifest cannot be told.
    Error,
    /// `{PATH?}`: the field, or the item of a list, whose value the text is, is left out.
    Field,
    /// `{PATH??}`: the map that the field stands in is left out.
    Map,
}

/// Reads a text with holes.
pub(super) fn pieces(text: &str, span: Span) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut fixed = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, found) = rest.split_at(at);
        fixed.push_str(before);
        if let Some(next) = found.strip_prefix("{{").or_else(|| found.strip_prefix("}}")) {
            fixed.push_str(found.get(..1).unwrap_or_default());
            rest = next;
            continue;
        }
        let Some((hole, next)) = found.strip_prefix('{').and_then(|open| open.split_once('}')) else {
            return Err(format!("a brace stands alone in `{text}`; write it twice where it means itself"));
        };
        if !fixed.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut fixed).into()));
        }
        let (path, without) = match (hole.strip_suffix("??"), hole.strip_suffix('?')) {
            (Some(path), _) => (path, Without::Map),
            (None, Some(path)) => (path, Without::Field),
            (None, None) => (hole, Without::Error),
        };
        let path = Path::read(path, span)?;
        if path.is_many() {
            return Err(format!("`{{{hole}}}` is several values; `each` goes through them one by one"));
        }
        pieces.push(Piece::Hole { path, without });
        rest = next;
    }
    fixed.push_str(rest);
    if !fixed.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(fixed.into()));
    }
    Ok(pieces)
}
