//! Arguments as lowering asks for them, whatever the provider.

use std::borrow::Cow;

use super::Lowering;
use crate::facts::{Gap, Origin};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::{Kind, Part, Unknown, Value};

/// Every value that an argument can have, with why it is not known where nothing says what it refers to.
pub(super) fn each<T>(
    value: &Value,
    lowering: &mut Lowering<'_>,
    mut work: impl FnMut(&mut Lowering<'_>, &Value, Option<&Unknown>) -> Option<T>,
) -> Vec<T> {
    let (members, rest) = value.possible_members();
    let mut found = Vec::new();
    let lone = value.as_unknown().filter(|unknown| unknown.candidates.is_empty()).map(|_| value);
    for member in members.into_iter().chain(lone) {
        let unknown = member.as_unknown().cloned().filter(|_| lowering.resolve(member).is_none());
        found.extend(work(lowering, member, unknown.as_deref()));
    }
    if let Some(rest) = rest.filter(|_| lone.is_none()) {
        let rest = rest.clone();
        let consequence = match value.as_unknown() {
            Some(_) => "it is one of several values; each of them is evaluated",
            None => "there may be more here than shown",
        };
        lowering.unknown(&rest, value.origin, consequence);
    }
    found
}

/// A text with a mark for each part that is not known. None for what is not text.
pub(super) fn shown(value: &Value) -> Option<String> {
    value.render(|unknown| Cow::Owned(format!("${{{}}}", unknown.short())))
}

/// Whether nothing is known of a value, not even which resource it is of.
pub(super) fn is_open(value: &Value, lowering: &Lowering<'_>) -> bool {
    value.as_unknown().is_some() && lowering.resolve(value).is_none()
}

/// An argument that must be there.
pub(super) fn required<'r>(resource: &'r Resource, name: &str, lowering: &mut Lowering<'_>) -> Option<&'r Value> {
    let found = resource.get(name);
    if found.is_none() {
        let reason = format!("this block has no `{name}`");
        lowering.unresolved(Gap::Broken, resource.origin, reason, "this block is not evaluated");
    }
    found
}

/// Text of parts: known text where all of them are known.
pub(super) fn of_parts(parts: Vec<Part>, origin: Origin) -> Value {
    let known = parts.iter().try_fold(String::new(), |mut text, part| match part {
        Part::Known(own, _) => {
            text.push_str(own);
            Some(text)
        }
        Part::Unknown(_) => None,
    });
    known.map_or_else(|| Value::new(Kind::Template(parts.into()), origin), |text| Value::text(text, origin))
}
