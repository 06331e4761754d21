//! The shape of a document, from its JSON Schema.

use std::collections::BTreeMap;

use serde_json::Value;

/// What may stand at one place of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// Named fields.
    Object(Vec<Field>),
    /// Any number of one thing.
    List(Box<Shape>),
    /// Any names, one thing each.
    Map(Box<Shape>),
    /// A text, and the words that its description gives as examples.
    Text(Vec<String>),
    /// A whole number, and whether it is an instant.
    Number { instant: bool },
    /// Yes or no.
    Flag,
}

/// A named field.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) required: bool,
    pub(super) shape: Shape,
}

impl Shape {
    /// The shape that a schema describes. What it does not understand is a text.
    pub(super) fn of(schema: &Value) -> Self {
        let definitions: BTreeMap<&str, &Value> = schema
            .get("$defs")
            .and_then(Value::as_object)
            .map(|all| all.iter().map(|(name, schema)| (name.as_str(), schema)).collect())
            .unwrap_or_default();
        read(schema, &definitions, "", 0)
    }
}

/// Deepest nesting that is followed; a schema that contains itself ends here.
const DEEPEST: usize = 8;

fn read(schema: &Value, definitions: &BTreeMap<&str, &Value>, said: &str, depth: usize) -> Shape {
    let said = schema.get("description").and_then(Value::as_str).unwrap_or(said);
    if depth > DEEPEST {
        return Shape::Text(Vec::new());
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/$defs/")) {
        return definitions
            .get(name)
            .map_or(Shape::Text(Vec::new()), |schema| read(schema, definitions, said, depth + 1));
    }
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        let real = choices.iter().find(|choice| choice.get("type").is_none_or(|name| name != "null"));
        return real.map_or(Shape::Text(Vec::new()), |schema| read(schema, definitions, said, depth + 1));
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    match types.iter().find(|name| **name != "null") {
        Some(&"object") => match schema.get("properties").and_then(Value::as_object) {
            Some(properties) => {
                let required: Vec<&str> = schema
                    .get("required")
                    .and_then(Value::as_array)
                    .map(|names| names.iter().filter_map(Value::as_str).collect())
                    .unwrap_or_default();
                Shape::Object(
                    properties
                        .iter()
                        .map(|(name, schema)| Field {
                            name: name.clone(),
                            required: required.contains(&name.as_str()),
                            shape: read(schema, definitions, "", depth + 1),
                        })
                        .collect(),
                )
            }
            None => {
                let inner = schema.get("additionalProperties").filter(|inner| inner.is_object());
                Shape::Map(Box::new(
                    inner.map_or(Shape::Text(Vec::new()), |schema| read(schema, definitions, said, depth + 1)),
                ))
            }
        },
        Some(&"array") => {
            let inner = schema.get("items");
            Shape::List(Box::new(
                inner.map_or(Shape::Text(Vec::new()), |schema| read(schema, definitions, said, depth + 1)),
            ))
        }
        Some(&("integer" | "number")) => Shape::Number { instant: said.contains("epoch seconds") },
        Some(&"boolean") => Shape::Flag,
        _ => {
            let listed = schema.get("enum").and_then(Value::as_array);
            match listed {
                Some(words) => Shape::Text(words.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
                None => Shape::Text(quoted(said)),
            }
        }
    }
}

/// The words in backquotes: the descriptions of the input documents name the values of a field so.
fn quoted(text: &str) -> Vec<String> {
    let words = text.split('`').skip(1).step_by(2);
    words.filter(|word| !word.contains("[\"")).map(|word| word.replace('…', "x")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Scope, input};

    fn field<'s>(shape: &'s Shape, name: &str) -> &'s Field {
        let Shape::Object(fields) = shape else { panic!("{shape:?}") };
        fields.iter().find(|field| field.name == name).unwrap()
    }

    #[test]
    fn the_shape_of_every_input_is_known() {
        for scope in Scope::ALL {
            assert!(matches!(Shape::of(&input::schema(scope)), Shape::Object(fields) if fields.len() > 2));
        }
        let principal = Shape::of(&input::schema(Scope::Principal));
        let status = field(&principal, "status");
        assert!(!status.required);
        assert_eq!(status.shape, Shape::Text(["active", "leave", "departed"].map(String::from).to_vec()));
        let Shape::List(conflict) = &field(&principal, "conflicts").shape else { panic!() };
        assert!(matches!(field(conflict, "on").shape, Shape::List(_)));
        let credential = Shape::of(&input::schema(Scope::Credential));
        assert_eq!(field(&credential, "created").shape, Shape::Number { instant: true });
        assert_eq!(field(&credential, "max_age_days").shape, Shape::Number { instant: false });
        let lifetime = &field(&credential, "lifetime").shape;
        assert!(matches!(&field(lifetime, "kind").shape, Shape::Text(words) if words.len() == 4));
    }
}
