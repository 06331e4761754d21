//! Arguments as lowering asks for them, whatever the provider.

use std::borrow::Cow;

use super::Lowering;
pub(super) use super::arguments::{each, required};
use crate::facts::Origin;
use crate::formats::configuration::value::{Kind, Part, Value};

/// A text with a mark for each part that is not known. None for what is not text.
pub(super) fn shown(value: &Value) -> Option<String> {
    value.render(|unknown| Cow::Owned(format!("${{{}}}", unknown.short())))
}

/// Whether nothing is known of a value, not even which resource it is of.
pub(super) fn is_open(value: &Value, lowering: &Lowering<'_>) -> bool {
    value.as_unknown().is_some() && lowering.resolve(value).is_none()
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
