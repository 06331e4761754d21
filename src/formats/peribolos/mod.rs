//! GitHub organisations as `peribolos` keeps them: owners, members, teams and what teams may do with repositories.
//!
//! Two layouts. One file whose `orgs:` maps organisations to all they have; or one folder an organisation with an
//! `org.yaml`, whose folder names the organisation, and any number of files below it with a root key `teams:` (the
//! layout of kubernetes/org). In the second, the folder is the unit.
//!
//! What the words mean is that of GitHub, in `formats::github`.

mod lower;
mod shape;

use std::collections::BTreeSet;

use crate::facts::Gap;
use crate::formats::{Format, Grouping, Recognise};
use crate::syntax::{Node, SyntaxError};

/// The row of the format table.
pub const FORMAT: Format = Format {
    name: "peribolos",
    recognise: Recognise::Data(recognise),
    suspect,
    unit: Grouping::Together(unit),
    lower: lower::lower,
};

fn recognise(path: &str, document: &Node) -> bool {
    shape::layout(path, document).is_some()
}

/// A text that does not parse and has the root keys of one of the layouts.
fn suspect(path: &str, text: &str, _error: &SyntaxError) -> Option<Gap> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if !matches!(name.rsplit_once('.').map(|(_, extension)| extension), Some("yaml" | "yml" | "json") | None) {
        return None;
    }
    let key = |line: &str, key: &str| {
        line.trim_start_matches(['{', ' ', '"']).strip_prefix(key).is_some_and(|rest| rest.starts_with([':', '"']))
    };
    let root = |word: &str| text.lines().any(|line| !line.starts_with(' ') && key(line, word));
    let anywhere = |word: &str| text.lines().any(|line| key(line, word));
    let whole = root("orgs");
    let split = (root("teams") || root("admins")) && anywhere("members");
    (whole || split).then_some(Gap::Broken)
}

/// The nearest `org.yaml` at or above a file stands for the folder that it governs; without one a file stands alone.
fn unit(path: &str, all: &BTreeSet<&str>) -> String {
    governing(path, |candidate| all.contains(candidate)).unwrap_or_else(|| path.to_owned())
}

/// The path of the nearest `org.yaml` in a file's folder or in one above it.
fn governing(path: &str, exists: impl Fn(&str) -> bool) -> Option<String> {
    let mut rest = path;
    loop {
        let folder = rest.rfind('/').map_or("", |slash| &rest[..slash]);
        let inside = if folder.is_empty() { "" } else { "/" };
        let names = ["org.yaml", "org.yml"].map(|name| format!("{folder}{inside}{name}"));
        if let Some(found) = names.into_iter().find(|name| exists(name)) {
            return Some(found);
        }
        if folder.is_empty() {
            return None;
        }
        rest = folder;
    }
}

#[cfg(test)]
mod tests;
