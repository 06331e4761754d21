//! `aws_iam_policy_document`, which makes a policy document of blocks. It computes, it does not look anything up, so its
//! answer is known (AWS provider documentation, "Data Source: aws_iam_policy_document").

use std::collections::BTreeMap;
use std::sync::Arc;

use super::encode::decode;
use super::{Evaluation, Evaluator};
use crate::facts::{Gap, Origin, Text};
use crate::formats::configuration::value::{Items, Kind, Member, Part, Unknown, Value};

/// The version that the provider writes where none is given.
const VERSION: &str = "2012-10-17";

/// Statements while documents are merged.
#[derive(Default)]
struct Document {
    version: Option<Value>,
    id: Option<Value>,
    statements: Vec<Value>,
    rest: Option<Arc<Unknown>>,
}

impl Document {
    /// Adds a document: a statement with the id of an earlier one takes its place.
    fn merge(&mut self, other: Self) {
        self.version = other.version.or(self.version.take());
        self.id = other.id.or(self.id.take());
        self.rest = self.rest.take().or(other.rest);
        for statement in other.statements {
            let id = sid(&statement).map(str::to_owned);
            match id.and_then(|id| self.statements.iter_mut().find(|own| sid(own) == Some(&id))) {
                Some(own) => *own = statement,
                None => self.statements.push(statement),
            }
        }
    }
}

fn sid(statement: &Value) -> Option<&str> {
    statement.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty())
}

impl Evaluator<'_> {
    /// The document that the blocks of a data source make, as the text of its attribute `json`.
    pub(super) fn policy_document(&self, arguments: &Value, origin: Origin) -> Evaluation {
        let mut document = Document::default();
        for name in ["source_json", "source_policy_documents"] {
            self.merge_texts(arguments.get(name), &mut document);
        }
        let (blocks, rest) = match arguments.get("statement") {
            Some(blocks) => (blocks.one_or_many(), blocks.rest().cloned()),
            None => (&[][..], None),
        };
        self.step(blocks.len(), origin)?;
        let statements = blocks.iter().map(statement).collect();
        let own = |name: &str| arguments.get(name).cloned();
        document.merge(Document { version: own("version"), id: own("policy_id"), statements, rest });
        for name in ["override_json", "override_policy_documents"] {
            self.merge_texts(arguments.get(name), &mut document);
        }
        let version = document.version.unwrap_or_else(|| Value::text(VERSION, origin));
        let statements = Items { known: Arc::new(document.statements), rest: document.rest };
        let mut members = vec![("Version", version), ("Statement", Value::new(Kind::List(statements), origin))];
        members.extend(document.id.map(|id| ("Id", id)));
        self.json(&object(members, origin), origin)
    }

    /// Merges documents given as texts.
    fn merge_texts(&self, texts: Option<&Value>, into: &mut Document) {
        let Some(texts) = texts else { return };
        let (members, rest) = texts.possible_members();
        for text in members.into_iter().filter(|text| !text.is_null() && text.as_str() != Some("")) {
            match decode(text) {
                Ok(value) => into.merge(Document {
                    version: value.get("Version").cloned(),
                    id: value.get("Id").cloned(),
                    statements: value.get("Statement").map(|own| own.one_or_many().to_vec()).unwrap_or_default(),
                    rest: value.as_unknown().or_else(|| value.get("Statement").and_then(Value::rest)).cloned(),
                }),
                Err(reason) => self.unresolved(
                    Gap::Broken,
                    text.origin,
                    format!("this is no policy document: {reason}"),
                    "what it adds is not evaluated",
                ),
            }
        }
        into.rest = into.rest.take().or_else(|| rest.cloned());
    }
}

fn object(members: Vec<(&str, Value)>, origin: Origin) -> Value {
    let members =
        members.into_iter().map(|(name, value)| (Text::from(name), Member { key_origin: value.origin, value }));
    Value::map(members.collect(), origin)
}

/// A block `statement` as a statement of a document.
fn statement(block: &Value) -> Value {
    if block.as_map().is_none() {
        return block.clone();
    }
    let mut members = Vec::new();
    if let Some(sid) = block.get("sid").filter(|sid| sid.as_str() != Some("")) {
        members.push(("Sid", sid.clone()));
    }
    let effect = block.get("effect").cloned().unwrap_or_else(|| Value::text("Allow", block.origin));
    members.push(("Effect", effect));
    for (argument, element) in [
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ] {
        // An empty list is left out, as the provider leaves it out.
        let given = block.get(argument).filter(|own| !own.one_or_many().is_empty() || own.rest().is_some());
        members.extend(given.map(|own| (element, variables(own))));
    }
    for (argument, element) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        if let Some(blocks) = block.get(argument) {
            members.push((element, principals(blocks)));
        }
    }
    if let Some(conditions) = block.get("condition") {
        members.push(("Condition", condition(conditions)));
    }
    object(members, block.origin)
}

/// Principals by type; the type `*` names everybody.
fn principals(blocks: &Value) -> Value {
    let mut types: BTreeMap<Text, Member> = BTreeMap::new();
    for block in blocks.one_or_many() {
        let Some(kind) = block.get("type").and_then(Value::as_str) else {
            return block.get("type").unwrap_or(block).clone();
        };
        let identifiers =
            block.get("identifiers").map(variables).unwrap_or_else(|| Value::list(Vec::new(), block.origin));
        if kind == "*" && identifiers.one_or_many().iter().any(|own| own.as_str() == Some("*")) {
            return Value::text("*", identifiers.one_or_many().first().map_or(block.origin, |own| own.origin));
        }
        add(&mut types, kind, identifiers, block.origin);
    }
    Value::map(types, blocks.origin)
}

/// Conditions by operator and key.
fn condition(blocks: &Value) -> Value {
    let mut operators: BTreeMap<Text, BTreeMap<Text, Member>> = BTreeMap::new();
    for block in blocks.one_or_many() {
        let key = |name: &str| block.get(name)?.render(|unknown| format!("${{{}}}", unknown.short()).into());
        let (Some(test), Some(variable)) = (key("test"), key("variable")) else {
            return block
                .first_unknown()
                .map_or_else(|| block.clone(), |unknown| Value::new(Kind::Unknown(unknown.clone()), block.origin));
        };
        let values = block.get("values").map(variables).unwrap_or_else(|| Value::list(Vec::new(), block.origin));
        add(operators.entry(test.into()).or_default(), &variable, values, block.origin);
    }
    let operators = operators
        .into_iter()
        .map(|(test, keys)| (test, Member { key_origin: blocks.origin, value: Value::map(keys, blocks.origin) }));
    Value::map(operators.collect(), blocks.origin)
}

/// Adds values to those that a key has already.
fn add(map: &mut BTreeMap<Text, Member>, key: &str, values: Value, origin: Origin) {
    let Some(member) = map.get_mut(key) else {
        map.insert(key.into(), Member { key_origin: origin, value: values });
        return;
    };
    let known = member.value.one_or_many().iter().chain(values.one_or_many()).cloned().collect();
    let rest = member.value.rest().or(values.rest()).cloned();
    member.value = Value::new(Kind::List(Items { known: Arc::new(known), rest }), member.value.origin);
}

/// Texts in which `&{` stands for `${`, so that the policy language's own variables can be written.
fn variables(value: &Value) -> Value {
    match &value.kind {
        Kind::Text(written) if written.text.contains("&{") => {
            Value { kind: Value::text(written.text.replace("&{", "${"), value.origin).kind, ..value.clone() }
        }
        Kind::Template(parts) => {
            let parts = parts.iter().map(|part| match part {
                Part::Known(text, origin) => Part::Known(text.replace("&{", "${").into(), *origin),
                Part::Unknown(unknown) => Part::Unknown(unknown.clone()),
            });
            Value { kind: Kind::Template(parts.collect()), ..value.clone() }
        }
        Kind::List(items) | Kind::Set(items) => {
            let known = Arc::new(items.known.iter().map(variables).collect());
            Value { kind: Kind::List(Items { known, rest: items.rest.clone() }), ..value.clone() }
        }
        _ => value.clone(),
    }
}
