//! The documents that policies saw, what they said of each, and the driver that asks another engine the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::gate::{Document, Side};
use crate::policy::{Bundle, RawFinding, Scope, When};
use crate::store::Digest;

/// One document under the name of its file.
pub(super) struct Named {
    pub(super) name: String,
    /// The rule of the driver that asks about it.
    query: &'static str,
    sides: BTreeSet<Side>,
    subject: String,
    pub(super) input: Value,
    pub(super) findings: Vec<Value>,
}

/// Each document once, in the order of scope and subject, whichever tree it is of.
pub(super) fn named(documents: Vec<Document>) -> Vec<Named> {
    type Key = (Scope, String, &'static str, Digest);
    let mut all: BTreeMap<Key, (BTreeSet<Side>, Document)> = BTreeMap::new();
    for document in documents {
        let digest = Digest::of(document.input.to_string().as_bytes());
        let key = (document.scope, document.subject.clone(), query(&document), digest);
        let side = document.side;
        all.entry(key).or_insert_with(|| (BTreeSet::new(), document)).0.insert(side);
    }
    let numbered = all.into_iter().zip(1..);
    numbered
        .map(|(((scope, subject, query, _), (sides, document)), number)| Named {
            name: format!("{number:04}-{}-{}", scope.as_str(), slug(&subject)),
            query,
            sides,
            findings: findings(&document.findings),
            subject,
            input: document.input,
        })
        .collect()
}

/// The rule of the driver that asks every policy of a scope.
fn rule_of(scope: Scope) -> &'static str {
    match scope {
        Scope::Principal => "about_principal",
        Scope::Role => "about_role",
        Scope::ServiceIdentity => "about_service_identity",
        Scope::Credential => "about_credential",
        Scope::Secret => "about_secret",
        Scope::Document => "about_document",
        Scope::Record => "about_record",
        Scope::Repository => "about_repository",
    }
}

/// The rule for an account that counts as somebody's: only policies that wait for that are asked.
const ATTRIBUTION: &str = "about_attribution";

fn query(document: &Document) -> &'static str {
    match document.only {
        Some(When::Attribution) => ATTRIBUTION,
        _ => rule_of(document.scope),
    }
}

/// Letters, digits, dots and hyphens of a text, as a file's name.
pub(super) fn slug(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' };
    text.chars().take(60).map(plain).collect()
}

/// What policies found, without the words for people.
fn findings(found: &[(String, RawFinding)]) -> Vec<Value> {
    let sorted = |texts: &[String]| texts.iter().cloned().collect::<BTreeSet<String>>();
    let mut all: Vec<Value> = found
        .iter()
        .map(|(policy, raw)| {
            let mut fields = Map::from_iter([("policy".to_owned(), json!(policy))]);
            let texts = [
                ("conflict", raw.conflict.as_deref()),
                ("duty", raw.duty.as_deref()),
                ("credential", raw.credential.as_deref()),
                ("key", raw.key.as_deref()),
                ("severity", raw.severity.map(crate::rules::Severity::as_str)),
            ];
            let lists = [("systems", &raw.systems), ("access", &raw.access)];
            fields.extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text?)))));
            let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
            fields.extend(lists.map(|(name, list)| (name.to_owned(), json!(sorted(list)))));
            Value::Object(fields)
        })
        .collect();
    all.sort_by_key(ToString::to_string);
    all.dedup();
    all
}

/// `inputs.json`: every document by name, and which rule of the driver asks about it.
pub(super) fn inputs(documents: &[Named]) -> Value {
    let inputs: BTreeMap<&str, &Value> = documents.iter().map(|own| (&*own.name, &own.input)).collect();
    let subjects: BTreeMap<&str, Value> = documents
        .iter()
        .map(|own| (&*own.name, json!({ "subject": own.subject, "query": own.query, "sides": own.sides })))
        .collect();
    json!({ "countersign": { "exported": { "inputs": inputs, "subjects": subjects } } })
}

/// `expected.json`: what the gate's own engine said of each.
pub(super) fn expected(documents: &[Named]) -> Value {
    let expected: BTreeMap<&str, &Vec<Value>> = documents.iter().map(|own| (&*own.name, &own.findings)).collect();
    json!({ "countersign": { "exported": { "expected": expected } } })
}

/// What of an input must be there for the policy to be asked; the other scopes give every input to every policy.
fn condition(scope: Scope, when: When) -> Option<&'static str> {
    if !matches!(scope, Scope::Principal | Scope::Role | Scope::ServiceIdentity) {
        return None;
    }
    Some(match when {
        When::Excess => "count(input.excess) > 0",
        When::AiAgent => "input.type == \"ai_agent\"",
        _ if scope == Scope::ServiceIdentity => return None,
        When::Conflicts => "count(input.conflicts) > 0",
        When::PrivilegedDuties => "count(input.privileged_duties) > 0",
        When::Escalations => "count(input.escalations) > 0",
        When::Unlinked => "count(input.unlinked) > 0",
        When::Duties => "count(input.duties) > 0",
        When::Employment => "input.employment",
        When::Attribution => "input.attribution",
        When::Trusts => "count(input.trusts) > 0",
        When::Guards => "count(input.guards) > 0",
        When::GrantLimits => "input.grant_limits",
        When::Credentials => "false",
        When::IndirectConflicts => "count(input.indirect_conflicts) > 0",
    })
}

/// `all.rego`: asks every policy of a scope, and compares what it says with what is expected.
pub(super) fn driver(bundle: &Bundle) -> String {
    let mut text = include_str!("all.rego").to_owned();
    let mut ask = |query: &str, id: &str, condition: Option<&str>, rule: &str| {
        let condition = condition.map(|condition| format!("\t{condition}\n")).unwrap_or_default();
        text.push_str(&format!(
            "\n{query} contains answer({}, f) if {{\n{condition}\tsome f in {rule}\n}}\n",
            json!(id)
        ));
    };
    for policy in &bundle.policies {
        let custom = &policy.metadata.custom;
        let condition = custom.when.and_then(|when| condition(custom.scope, when));
        ask(rule_of(custom.scope), &policy.id, condition, &policy.rule);
        if custom.scope == Scope::Principal && custom.when == Some(When::Attribution) {
            ask(ATTRIBUTION, &policy.id, condition, &policy.rule);
        }
    }
    text
}
