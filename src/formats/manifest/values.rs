//! The single values of a manifest: names, references, dates, scopes, and "one or a list".
//!
//! Each reads itself from text and says in its own words what is wrong; the reader adds the place.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{Holder, Lifetime, Native};
use crate::syntax::{Span, Spanned, nearest};

/// A value that is written as one text.
pub(super) trait Word: Sized {
    /// What stands there, for messages: "a date".
    const WHAT: &'static str;

    /// Reads it; the error is one lower-case sentence that says what to write.
    fn read(text: &str) -> Result<Self, String>;
}

struct WordVisitor<T>(PhantomData<T>);

impl<T: Word> Visitor<'_> for WordVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WHAT)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::read(text).map_err(E::custom)
    }
}

/// Makes a [`Word`] readable and gives it a JSON Schema.
macro_rules! word {
    ($name:ident, $title:literal, $schema:tt) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(WordVisitor(PhantomData))
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                $title.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

fn filled(text: &str, what: &str) -> Result<(), String> {
    if text.is_empty() {
        Err(format!("{what} is empty"))
    } else if text.trim() != text || text.chars().any(char::is_control) {
        Err(format!("{what} has space around it or a control character in it"))
    } else {
        Ok(())
    }
}

/// The id of a person or a service identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PrincipalId(pub(super) String);

impl Word for PrincipalId {
    const WHAT: &'static str = "an id";

    fn read(text: &str) -> Result<Self, String> {
        filled(text, "the id")?;
        if text.contains(char::is_whitespace) {
            return Err(format!("the id `{text}` has a space in it; the `name` is for people, the id is not"));
        }
        for prefix in ["person:", "service:"] {
            if let Some(id) = text.strip_prefix(prefix) {
                return Err(format!("the id is written without `{prefix}`: `{id}`"));
            }
        }
        Ok(Self(text.to_owned()))
    }
}

word!(PrincipalId, "PrincipalId", {
    "type": "string",
    "description": "An id that never changes, without spaces: not an e-mail address, which can.",
    "pattern": r"^(?!person:|service:)\S+$"
});

/// The id of a system instance. It has no `/`, since `account:SYSTEM/NAME` is split at the first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SystemId(pub(super) String);

impl Word for SystemId {
    const WHAT: &'static str = "a system's id";

    fn read(text: &str) -> Result<Self, String> {
        filled(text, "the system's id")?;
        match text.chars().find(|c| c.is_whitespace() || *c == '/') {
            Some('/') => Err(format!("the system id `{text}` has a `/` in it, which parts a system from a name")),
            Some(_) => Err(format!("the system id `{text}` has a space in it")),
            None => Ok(Self(text.to_owned())),
        }
    }
}

word!(SystemId, "SystemId", {
    "type": "string",
    "description": "The id of a system instance, such as `netsuite-prod`, `aws:111122223333` or `github:acme`.",
    "pattern": r"^[^\s/]+$"
});

/// A name inside one system, as that system writes it: of a role, a group, an account or a permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name(pub(super) String);

impl Word for Name {
    const WHAT: &'static str = "a name";

    fn read(text: &str) -> Result<Self, String> {
        filled(text, "the name")?;
        Ok(Self(text.to_owned()))
    }
}

word!(Name, "Name", {
    "type": "string",
    "description": "A name as the system itself writes it.",
    "pattern": r"^\S(.*\S)?$"
});

/// `person:ID`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PersonRef(pub(super) String);

impl Word for PersonRef {
    const WHAT: &'static str = "a person";

    fn read(text: &str) -> Result<Self, String> {
        match text.strip_prefix("person:") {
            Some(id) => PrincipalId::read(id).map(|id| Self(id.0)),
            None if text.contains(':') => Err(format!("`{text}` is not a person; write `person:ID`")),
            None => Err(format!("`{text}` is not a person; write `person:{text}`")),
        }
    }
}

word!(PersonRef, "PersonRef", {
    "type": "string",
    "description": "A person: `person:ID`.",
    "pattern": r"^person:\S+$"
});

/// Whoever can hold something: `person:ID`, `service:ID`, `account:SYSTEM/NAME` or `group:SYSTEM/NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference(pub(super) Holder);

impl Word for Reference {
    const WHAT: &'static str = "a reference";

    fn read(text: &str) -> Result<Self, String> {
        const FORMS: &str = "`person:ID`, `service:ID`, `account:SYSTEM/NAME` or `group:SYSTEM/NAME`";
        let Some((word, rest)) = text.split_once(':') else {
            return Err(format!("`{text}` does not say what it is; write {FORMS}"));
        };
        let native = |rest: &str| match rest.split_once('/') {
            Some((system, name)) => {
                let system = SystemId::read(system)?;
                let name = Name::read(name)?;
                Ok(Native::new(system.0, name.0))
            }
            None => Err(format!("`{text}` lacks a system or a name; write `{word}:SYSTEM/NAME`")),
        };
        match word {
            "person" => Ok(Self(Holder::Person(PrincipalId::read(rest)?.0.into()))),
            "service" => Ok(Self(Holder::Service(PrincipalId::read(rest)?.0.into()))),
            "account" => Ok(Self(Holder::Account(native(rest)?))),
            "group" => Ok(Self(Holder::Group(native(rest)?))),
            _ => Err(match nearest(word, ["person", "service", "account", "group"]) {
                Some(near) => format!("`{word}:` is not a kind of holder; did you mean `{near}:`?"),
                None => format!("`{word}:` is not a kind of holder; write {FORMS}"),
            }),
        }
    }
}

word!(Reference, "Reference", {
    "type": "string",
    "description": "Who: `person:ID`, `service:ID`, `account:SYSTEM/NAME` or `group:SYSTEM/NAME`.",
    "pattern": r"^((person|service):\S+|(account|group):[^\s/]+/.+)$"
});

pub(super) use crate::facts::date::Date;

impl Word for Date {
    const WHAT: &'static str = "a date";

    fn read(text: &str) -> Result<Self, String> {
        Self::parse(text).ok_or_else(|| format!("`{text}` is not a date; write `2026-12-31` or `2026-12-31T17:00:00Z`"))
    }
}

word!(Date, "Date", {
    "type": "string",
    "description": "A day in UTC such as `2026-12-31`, or an instant such as `2026-12-31T17:00:00Z`. \
                    A day as a beginning counts from its midnight; as an end it counts through its last second.",
    "pattern": r"^\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2}))?$"
});

/// When a credential ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Expiry(pub(super) Lifetime);

impl Word for Expiry {
    const WHAT: &'static str = "a date or `never`";

    fn read(text: &str) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self(Lifetime::Unbounded));
        }
        Date::read(text).map(|date| Self(Lifetime::Until(date.end))).map_err(|reason| format!("{reason}, or `never`"))
    }
}

word!(Expiry, "Expiry", {
    "description": "The last day on which it works, such as `2026-12-31`, or `never`.",
    "anyOf": [
        {"const": "never"},
        {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}([Tt ].+)?$"}
    ]
});

/// The name of a scope dimension.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DimensionName(pub(super) String);

impl Word for DimensionName {
    const WHAT: &'static str = "a dimension";

    fn read(text: &str) -> Result<Self, String> {
        filled(text, "the dimension")?;
        Ok(Self(text.to_owned()))
    }
}

word!(DimensionName, "DimensionName", {
    "type": "string",
    "description": "A dimension of scope, such as `legal_entity`, `plant` or `repository`.",
    "pattern": r"^\S(.*\S)?$"
});

/// The name of a dimension that a grant or a permission can narrow. Only a system's own manifest says what its
/// `system` dimension is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ScopeDimension(pub(super) String);

impl Word for ScopeDimension {
    const WHAT: &'static str = "a dimension";

    fn read(text: &str) -> Result<Self, String> {
        if text == "system" {
            return Err(
                "the dimension `system` is what the key `system` of the spec says; leave it out here".to_owned()
            );
        }
        DimensionName::read(text).map(|name| Self(name.0))
    }
}

word!(ScopeDimension, "ScopeDimension", {
    "type": "string",
    "description": "A dimension of scope, such as `legal_entity`, `plant` or `repository`.",
    "pattern": r"^(?!system$)\S(.*\S)?$"
});

/// One value of a dimension.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ScopeValue(pub(super) String);

impl Word for ScopeValue {
    const WHAT: &'static str = "a value";

    fn read(text: &str) -> Result<Self, String> {
        filled(text, "the value")?;
        let stem = if text == "*" { "" } else { text.strip_suffix("/*").unwrap_or(text) };
        // `DE*` would be read as a legal entity of that very name, and so match nothing.
        if stem.contains('*') {
            return Err(format!("`{text}` has a `*` in the middle; `*` stands alone or after `/`, as in `acme/*`"));
        }
        Ok(Self(text.to_owned()))
    }
}

word!(ScopeValue, "ScopeValue", {
    "type": ["string", "number"],
    "description": "A value of a dimension; `*` is every value, `acme/*` everything below `acme`.",
    "pattern": r"^(\*|[^*]+(/\*)?)$"
});

/// The values of one dimension: at least one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ScopeValues(pub(super) Values);

impl<'de> Deserialize<'de> for ScopeValues {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list = Many::<ScopeValue>::deserialize(deserializer)?;
        // Nowhere, or everywhere? The writer of an empty list may mean either.
        if list.0.is_empty() {
            return Err(D::Error::custom(
                "no value is given; write `\"*\"` for every value, or leave the dimension out",
            ));
        }
        Ok(Self(Values::of(list.0.iter().map(|value| &value.value.0))))
    }
}

impl JsonSchema for ScopeValues {
    fn schema_name() -> Cow<'static, str> {
        "ScopeValues".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<ScopeValue>();
        json_schema!({"anyOf": [value, {"type": "array", "items": value, "minItems": 1}]})
    }
}

/// On what: dimensions and their values. A dimension that is left out is unknown and counts as every value.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct ScopeMap(BTreeMap<ScopeDimension, ScopeValues>);

impl ScopeMap {
    /// The model's scope.
    pub(super) fn scope(&self) -> Scope {
        scope(self.0.iter().map(|(name, values)| (&name.0, values)))
    }
}

/// What a system fixes for all its permissions.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct FixedDimensions(BTreeMap<DimensionName, ScopeValues>);

impl FixedDimensions {
    /// The model's scope.
    pub(super) fn scope(&self) -> Scope {
        scope(self.0.iter().map(|(name, values)| (&name.0, values)))
    }
}

fn scope<'a>(dimensions: impl Iterator<Item = (&'a String, &'a ScopeValues)>) -> Scope {
    dimensions.fold(Scope::unknown(), |scope, (name, values)| scope.with(Dimension::new(name), values.0.clone()))
}

/// One value or a list of them, each with its place; nothing is an empty list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Many<T>(pub(super) Vec<Spanned<T>>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

struct Items<T>(Vec<Spanned<T>>);

struct ItemsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ItemsVisitor<T> {
    type Value = Items<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or a list")
    }

    fn visit_unit<E: Error>(self) -> Result<Items<T>, E> {
        Ok(Items(Vec::new()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Items<T>, E> {
        let value = T::deserialize(StrDeserializer::<E>::new(text))?;
        Ok(Items(vec![Spanned { value, span: Span::default() }]))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Items<T>, A::Error> {
        let value = T::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Items(vec![Spanned { value, span: Span::default() }]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Items<T>, A::Error> {
        let mut items = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(1024));
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Items(items))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemsVisitor(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value: Items(mut items), span } = Spanned::<Items<T>>::deserialize(deserializer)?;
        for item in &mut items {
            // A lone value stands where the whole stands.
            if item.span == Span::default() {
                item.span = span;
            }
        }
        Ok(Self(items))
    }
}

impl<T: JsonSchema> JsonSchema for Many<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Many_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({"anyOf": [one, {"type": "array", "items": one}, {"type": "null"}]})
    }
}

/// A value that can be written as one word, or as a map that says more.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ShortOrFull<S, F> {
    /// The word.
    Short(S),
    /// The map.
    Full(F),
}

impl<'de, S: Deserialize<'de> + Word, F: Deserialize<'de>> Deserialize<'de> for ShortOrFull<S, F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<S, F>(PhantomData<(S, F)>);
        impl<'de, S: Word, F: Deserialize<'de>> Visitor<'de> for Either<S, F> {
            type Value = ShortOrFull<S, F>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} or a map", S::WHAT)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                S::read(text).map(ShortOrFull::Short).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                F::deserialize(MapAccessDeserializer::new(map)).map(ShortOrFull::Full)
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

impl<S: JsonSchema, F: JsonSchema> JsonSchema for ShortOrFull<S, F> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}_or_{}", S::schema_name(), F::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (short, full) = (generator.subschema_for::<S>(), generator.subschema_for::<F>());
        json_schema!({"anyOf": [short, full]})
    }
}
