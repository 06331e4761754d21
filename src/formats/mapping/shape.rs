//! Whether what a mapping makes can be manifests: their keys are held against the schema of their kind, before any row is
//! read.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::manifest;
use crate::rules::{Mapping, RuleError};
use crate::syntax::{Node, Span, Value, nearest};

/// The schemas of kinds of manifests, each made once.
pub(super) type Schemas = BTreeMap<&'static str, Option<Json>>;

/// The keys that a mapping's manifests have and should not, or lack.
pub(super) fn check(mapping: &Mapping, schemas: &mut Schemas, errors: &mut Vec<RuleError>) {
    let mut open: Vec<_> = mapping.each.iter().collect();
    while let Some(each) = open.pop() {
        open.extend(&each.each);
        for emission in &each.emit {
            let kind = emission.kind.as_str();
            let Some(schema) = schemas.entry(kind).or_insert_with(|| manifest::schema(kind)) else { continue };
            let found = Shape { root: schema }.check(&emission.written, schema, true);
            errors.extend(found.err().map(|(span, message, help)| mapping.file.error(span, message).with_help(help)));
        }
    }
}

type Fault = (Span, String, String);

struct Shape<'s> {
    root: &'s Json,
}

impl<'s> Shape<'s> {
    /// The forms that a value may have.
    fn forms(&self, schema: &'s Json) -> Vec<&'s Map<String, Json>> {
        let mut forms = Vec::new();
        let mut open = vec![schema];
        let mut steps = 0;
        while let Some(Json::Object(own)) = open.pop() {
            steps += 1;
            if steps > 64 {
                break;
            }
            if let Some(name) = own.get("$ref").and_then(Json::as_str) {
                open.extend(name.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)));
            }
            if let Some(Json::Array(any)) = own.get("anyOf").filter(|_| !own.contains_key("properties")) {
                open.extend(any.iter().rev());
            }
            forms.push(own);
        }
        forms
    }

    /// `top` is the document itself, whose version is filled in.
    fn check(&self, node: &Node, schema: &'s Json, top: bool) -> Result<(), Fault> {
        let forms = self.forms(schema);
        match &node.value {
            Value::Map(entries) => {
                let objects: Vec<_> =
                    forms.iter().filter_map(|own| Some((own, own.get("properties")?.as_object()?))).collect();
                let Some((form, properties)) = objects.first() else {
                    let values =
                        forms.iter().find_map(|own| own.get("additionalProperties").filter(|own| own.is_object()));
                    return match values {
                        Some(values) => entries.iter().try_for_each(|entry| self.check(&entry.value, values, false)),
                        None => Ok(()),
                    };
                };
                for entry in entries {
                    let Some(schema) = properties.get(&*entry.key) else {
                        let known = || properties.keys().map(String::as_str).filter(|key| *key != "apiVersion");
                        let help = nearest(&entry.key, known()).map_or_else(
                            || format!("one of: {}", known().collect::<Vec<_>>().join(", ")),
                            |near| format!("did you mean `{near}`?"),
                        );
                        return Err((entry.key_span, format!("unknown key `{}`", entry.key), help));
                    };
                    self.check(&entry.value, schema, false)?;
                }
                let required = form.get("required").and_then(Json::as_array).into_iter().flatten();
                for key in required.filter_map(Json::as_str).filter(|key| !(top && *key == "apiVersion")) {
                    if node.entry(key).is_none() {
                        let span = entries.first().map_or(node.span, |first| first.key_span);
                        let help = format!("add `{key}`, as such a manifest has it");
                        return Err((span, format!("the key `{key}` is missing"), help));
                    }
                }
                Ok(())
            }
            Value::List(items) => {
                let Some(schema) = forms.iter().find_map(|own| own.get("items")) else {
                    if forms.iter().any(|own| own.contains_key("properties")) {
                        let help = "see `countersign schema manifest`".to_owned();
                        return Err((node.span, "expected a map, found a list".to_owned(), help));
                    }
                    return Ok(());
                };
                items.iter().try_for_each(|item| self.check(item, schema, false))
            }
            _ => Ok(()),
        }
    }
}
