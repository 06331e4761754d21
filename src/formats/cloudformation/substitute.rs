//! Texts that are put together: `Fn::Sub` and `Fn::Join`.

use super::evaluate::{Argument, fails};
use super::repeat::bound;
use super::stacks::{Place, Stacks};
use crate::facts::Origin;
use crate::formats::configuration::value::{Kind, Part, Value, Why};
use crate::syntax::Entry;

/// Longest text that is put together, in bytes.
const MAX_TEXT: usize = 1024 * 1024;

/// Most unknown parts of one text.
const MAX_PARTS: usize = 10_000;

/// A text on its way.
#[derive(Default)]
pub(super) struct Text {
    parts: Vec<Part>,
    bytes: usize,
}

impl Text {
    pub(super) fn push(&mut self, text: &str, origin: Origin) {
        if !text.is_empty() {
            self.bytes += text.len();
            self.parts.push(Part::Known(text.into(), origin));
        }
    }

    /// Adds a value. Err with the reason when it is not text.
    pub(super) fn add(&mut self, value: &Value) -> Result<(), String> {
        let parts = value.parts().ok_or_else(|| format!("{} cannot be part of a text", value.kind_name()))?;
        for part in &*parts {
            match part {
                Part::Known(text, origin) => self.push(text, *origin),
                Part::Unknown(unknown) => self.parts.push(Part::Unknown(unknown.bare())),
            }
        }
        Ok(())
    }

    /// What it takes to put the text together, in steps.
    fn steps(&self) -> usize {
        self.parts.len() + self.bytes / 64
    }

    pub(super) fn finish(self, origin: Origin) -> Value {
        if self.bytes > MAX_TEXT || self.parts.len() > MAX_PARTS {
            let limit = format!("a text has more than {MAX_TEXT} bytes or {MAX_PARTS} parts");
            return Value::unknown(Why::Limit { limit: limit.into() }, origin);
        }
        let known: Option<String> = self
            .parts
            .iter()
            .map(|part| match part {
                Part::Known(text, _) => Some(&**text),
                Part::Unknown(_) => None,
            })
            .collect();
        match known {
            Some(text) => Value::text(text, origin),
            None => Value::new(Kind::Template(self.parts.into()), origin),
        }
    }
}

impl<'t> Stacks<'t> {
    /// `Fn::Sub` in both forms (CloudFormation user guide, "Fn::Sub"): `${Name}`, `${Name.Attribute}`, and `${!Literal}`,
    /// which stands for `${Literal}`.
    pub(super) fn substitute(&self, argument: Argument<'t>, place: &Place<'t>, origin: Origin) -> Value {
        let (template, own) = match (argument.text(), argument.items()) {
            (Some(text), _) => (text, &[][..]),
            (None, Some([text, map])) if map.as_map().is_some() => {
                let Some(text) = text.as_str().filter(|_| text.tag.is_none()) else {
                    return fails("the text of `Fn::Sub` must be written out", origin);
                };
                (text, map.as_map().unwrap_or_default())
            }
            (None, Some([text])) if text.as_str().is_some() => (text.as_str().unwrap_or_default(), &[][..]),
            _ => return fails("`Fn::Sub` has a text, or a text and a map of names", origin),
        };
        let template = bound(template, place);
        self.fill(&template, origin, |name| match own.iter().find(|entry| *entry.key == *name) {
            Some(Entry { value, .. }) => self.value(value, place),
            None => match name.split_once('.') {
                // A name with a dot may be that of a loop's turn; a resource has none.
                Some((id, attribute)) => self.attribute(id, attribute, place, origin),
                None => self.reference(name, place, origin),
            },
        })
    }

    /// A text with its `${…}` filled in.
    pub(super) fn fill(&self, template: &str, origin: Origin, mut value: impl FnMut(&str) -> Value) -> Value {
        let mut text = Text::default();
        let mut rest = template;
        while let Some(at) = rest.find("${") {
            let (before, from) = rest.split_at(at);
            let Some((whole, after)) = from.split_once('}') else { break };
            text.push(before, origin);
            let name = whole.strip_prefix("${").unwrap_or(whole).trim();
            if let Some(literal) = name.strip_prefix('!') {
                text.push(&format!("${{{literal}}}"), origin);
            } else {
                let filled = value(name);
                // A text that is nothing but one reference is that reference.
                if before.is_empty() && after.is_empty() && text.parts.is_empty() {
                    return Value { origin, ..filled };
                }
                if let Err(reason) = text.add(&filled) {
                    return fails(format!("`{name}`: {reason}"), origin);
                }
            }
            rest = after;
            if text.bytes > MAX_TEXT || text.parts.len() > MAX_PARTS {
                self.charge(text.steps());
                return text.finish(origin);
            }
        }
        text.push(rest, origin);
        self.charge(text.steps());
        text.finish(origin)
    }

    /// `Fn::Join`: the members of a list with a delimiter between them.
    pub(super) fn join(&self, argument: Argument<'t>, place: &Place<'t>, origin: Origin) -> Value {
        let Some([delimiter, list]) = argument.items() else {
            return fails("`Fn::Join` has a delimiter and a list", origin);
        };
        let Some(delimiter) = delimiter.as_str().or(delimiter.is_null().then_some("")) else {
            return fails("the delimiter of `Fn::Join` must be written out", origin);
        };
        let members = match list.as_list().filter(|_| list.tag.is_none()) {
            // Member by member, since in a text what is not known stays where it stands.
            Some(items) => items.iter().map(|item| self.value(item, place)).filter(|own| !own.is_null()).collect(),
            None => {
                let list = self.value(list, place);
                match (list.as_unknown(), list.rest()) {
                    (Some(unknown), _) | (None, Some(unknown)) => {
                        return Value::new(Kind::Unknown(unknown.bare()), origin);
                    }
                    (None, None) => list.one_or_many().to_vec(),
                }
            }
        };
        if let [lone] = &*members {
            return Value { origin, ..lone.clone() };
        }
        let mut text = Text::default();
        for (at, member) in members.iter().enumerate() {
            if at > 0 {
                text.push(delimiter, origin);
            }
            if let Err(reason) = text.add(member) {
                return fails(reason, origin);
            }
        }
        self.charge(text.steps());
        text.finish(origin)
    }

    /// `Fn::Split`: a list of what stands between delimiters. What is not known is one part, as it may hold delimiters.
    pub(super) fn split(&self, argument: Argument<'t>, place: &Place<'t>, origin: Origin) -> Value {
        let Some([delimiter, source]) = argument.items() else {
            return fails("`Fn::Split` has a delimiter and a text", origin);
        };
        let Some(delimiter) = delimiter.as_str().filter(|own| !own.is_empty()) else {
            return fails("the delimiter of `Fn::Split` must be written out", origin);
        };
        let source = self.value(source, place);
        match (source.as_text(), source.first_unknown()) {
            (Some(text), _) => {
                self.charge(text.matches(delimiter).count() + text.len() / 64);
                Value::list(text.split(delimiter).map(|part| Value::text(part, origin)).collect(), origin)
            }
            // An ARN's unknown parts (partition, region, account, a name) hold no delimiter that tells its parts apart.
            (None, Some(unknown)) => {
                match source.parts().filter(|parts| delimiter == ":" && parts.iter().all(is_plain)) {
                    Some(parts) => split_parts(&parts, delimiter, origin),
                    None => Value::new(Kind::Unknown(unknown.bare()), origin),
                }
            }
            (None, None) => fails(format!("{} cannot be split", source.kind_name()), origin),
        }
    }
}

/// Whether a part of an ARN is known, or holds no colon: the partition, the account, a name that is made up.
fn is_plain(part: &Part) -> bool {
    match part {
        Part::Known(..) => true,
        Part::Unknown(unknown) => unknown.meaning().is_some() || matches!(unknown.why, Why::AfterApply(_)),
    }
}

fn split_parts(parts: &[Part], delimiter: &str, origin: Origin) -> Value {
    let mut found = Vec::new();
    let mut open = Text::default();
    for part in parts {
        match part {
            Part::Known(text, at) => {
                for (place, piece) in text.split(delimiter).enumerate() {
                    if place > 0 {
                        found.push(std::mem::take(&mut open).finish(origin));
                    }
                    open.push(piece, *at);
                }
            }
            Part::Unknown(unknown) => open.parts.push(Part::Unknown(unknown.clone())),
        }
    }
    found.push(open.finish(origin));
    Value::list(found, origin)
}
