//! Mappings that do not fit: an error of the rules, since what they should say would be passed over.

use super::{Use, shape};
use crate::formats::Reading;
use crate::rules::{Mapping, RuleError, Rules};
use crate::source::{SourceFile, Tree};
use crate::syntax::nearest;

/// Keys that are named where none is near.
const NAMED: usize = 8;

/// Mappings whose manifests are no manifests, and those that name files or values which no tree has. `readings` are of
/// all the trees that are compared: what a change takes away was there.
///
/// A mapping that `head` has otherwise, or no longer, is about to be corrected, and no error: it could never be.
#[must_use]
pub fn misfits(rules: &Rules, readings: &[&Reading], head: &Tree, target: &Tree) -> Vec<RuleError> {
    let mut errors = Vec::new();
    let mut schemas = shape::Schemas::default();
    for (number, mapping) in rules.mappings.iter().enumerate() {
        if is_edited(mapping, head, target) {
            continue;
        }
        let before = errors.len();
        shape::check(mapping, &mut schemas, &mut errors);
        if errors.len() > before {
            continue;
        }
        let mut used = Use::default();
        readings.iter().filter_map(|reading| reading.mapped.get(number)).for_each(|own| used.add(own));
        // What an organisation maps need not be in each repository.
        if used.files == 0 && !mapping.extended {
            let message = format!("the mapping `{}` matches no file", mapping.id);
            let help = "correct `files`, or remove the mapping; files that are excluded are not read";
            errors.push(mapping.file.error(mapping.at, message).with_help(help));
        }
        if used.broken {
            continue;
        }
        for (path, seen) in mapping.paths.iter().zip(&used.seen) {
            let Some(missed) = seen.missed.as_ref().filter(|_| path.required && !seen.found) else { continue };
            let keys = || seen.keys.iter().map(|key| &**key);
            let help = match nearest(missed, keys()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if seen.keys.is_empty() => "there are no keys at all".to_owned(),
                None => format!("the keys there: {}", keys().take(NAMED).collect::<Vec<_>>().join(", ")),
            };
            let message =
                format!("the mapping `{}` matches nothing: no row has `{missed}` of `{}`", mapping.id, path.text);
            errors.push(mapping.file.error(path.span, message).with_help(help));
        }
    }
    errors
}

fn is_edited(mapping: &Mapping, head: &Tree, target: &Tree) -> bool {
    match head.get(&mapping.file.path).and_then(SourceFile::digest) {
        Some(digest) => digest != mapping.digest,
        None => target.get(&mapping.file.path).is_some(),
    }
}
