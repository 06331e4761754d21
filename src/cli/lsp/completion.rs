//! What can be written next in a manifest, a record, a ruleset or the configuration: kinds and keys from the published
//! schemas, values from the tree.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use lsp_types::{CompletionItem, CompletionItemKind, CompletionTextEdit, Position, Range, TextEdit};
use serde_json::{Map, Value};

use super::documents::{Document, Encoding, Lines};
use super::judge::Snapshot;
use super::yaml_place::{Spot, Step, Writes, spot};
use crate::cli::model::Model;
use crate::cli::schema;
use crate::facts::Holder;
use crate::formats::manifest::{API_VERSION, KINDS};
use crate::rules::{CONFIG_FILE, is_rule_path};

/// Most values that are offered.
const MOST: usize = 400;

/// The schemas of files that say their kind, by kind.
const OF_KINDS: [(&str, &str); 12] = [
    ("AccessReview", "access-review"),
    ("AccessReviewClosing", "access-review-closing"),
    ("AccessReviewDecisions", "access-review-decisions"),
    ("Approval", "approval"),
    ("Emergency", "emergency"),
    ("Exception", "exception"),
    ("Framework", "framework"),
    ("KnownRoles", "known-roles"),
    ("Mapping", "mapping"),
    ("Register", "register"),
    ("ReviewDecision", "review-decision"),
    ("Ruleset", "ruleset"),
];

/// Answers the request.
pub(super) fn completion(
    document: &Document,
    position: Position,
    snapshot: Option<&Snapshot>,
    encoding: Encoding,
) -> Option<Vec<CompletionItem>> {
    let path = document.path.as_deref().filter(|path| path.ends_with(".yaml") || path.ends_with(".yml"))?;
    // A file that has only begun may become one of ours.
    let begins = "apiVersion:".starts_with(document.text.trim());
    let is_ours = is_rule_path(path) || document.text.contains("countersign.dev/") || begins;
    if !is_ours {
        return None;
    }
    let lines = Lines::new(document.text.as_bytes(), encoding);
    let offset = lines.offset(position);
    let spot = spot(&document.text, offset)?;
    let asking = Asking { path, spot: &spot, snapshot };
    let offers = asking.offers();
    let range = lines.range(spot.from, offset);
    let items = offers.into_iter().take(MOST).map(|offer| offer.item(range, &spot));
    Some(items.collect())
}

/// Something that can be written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Offer {
    label: String,
    what: String,
    kind: OfferKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum OfferKind {
    Key,
    Word,
    Name,
}

impl Offer {
    fn item(self, range: Range, spot: &Spot) -> CompletionItem {
        let new_text = match self.kind {
            OfferKind::Key if spot.has_colon => self.label.clone(),
            OfferKind::Key => format!("{}: ", self.label),
            OfferKind::Word | OfferKind::Name if spot.is_quoted => self.label.clone(),
            OfferKind::Word | OfferKind::Name => plain(&self.label),
        };
        CompletionItem {
            kind: Some(match self.kind {
                OfferKind::Key => CompletionItemKind::PROPERTY,
                OfferKind::Word => CompletionItemKind::ENUM_MEMBER,
                OfferKind::Name => CompletionItemKind::REFERENCE,
            }),
            detail: Some(self.what).filter(|what| !what.is_empty()),
            filter_text: Some(self.label.clone()),
            label: self.label,
            text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text })),
            ..CompletionItem::default()
        }
    }
}

/// A value as YAML writes it: with quotes where it would read otherwise without them.
fn plain(value: &str) -> String {
    let first = value.chars().next().unwrap_or(' ');
    let special = "!&*?|>@`\"'%#{}[],- ".contains(first) || value.ends_with(':');
    let reads_otherwise = value.contains(": ")
        || value.contains(" #")
        || value.contains([',', '{', '}', '[', ']', '"'])
        || value.parse::<f64>().is_ok()
        || ["true", "false", "null", "~"].contains(&value);
    if special || reads_otherwise {
        format!("\"{}\"", value.replace('\\', r"\\").replace('"', r#"\""#))
    } else {
        value.to_owned()
    }
}

/// One question.
struct Asking<'a> {
    path: &'a str,
    spot: &'a Spot,
    snapshot: Option<&'a Snapshot>,
}

impl Asking<'_> {
    fn offers(&self) -> BTreeSet<Offer> {
        let schemas = Schemas::get();
        let mut found = BTreeSet::new();
        for root in self.roots(schemas) {
            for (place, named) in walk(root, &self.spot.path) {
                match self.spot.writes {
                    Writes::Key => found.extend(self.keys(root, place)),
                    Writes::Value => found.extend(self.values(place, &named)),
                    // An item may be a value, or begin a map.
                    Writes::Item => {
                        found.extend(self.values(place, &named));
                        found.extend(self.keys(root, place));
                    }
                }
            }
        }
        found
    }

    /// The schemas that a document of this file may follow.
    fn roots<'s>(&self, schemas: &'s Schemas) -> Vec<&'s Value> {
        if self.path == CONFIG_FILE {
            return schemas.by_name.get("config").into_iter().collect();
        }
        let is_kind = self.spot.path == [Step::Key("kind".to_owned())] && self.spot.writes == Writes::Value;
        let kind = self.spot.kind.as_deref().filter(|_| !is_kind);
        let of_kind =
            |kind: &str| OF_KINDS.iter().find(|(own, _)| *own == kind).and_then(|(_, name)| schemas.by_name.get(*name));
        match kind {
            Some(kind) if KINDS.contains(&kind) => schemas.manifests.get(kind).into_iter().collect(),
            Some(kind) if of_kind(kind).is_some() => of_kind(kind).into_iter().collect(),
            _ => {
                let others = OF_KINDS.iter().filter_map(|(_, name)| schemas.by_name.get(*name));
                schemas.manifests.values().chain(others).collect()
            }
        }
    }

    fn keys(&self, root: &Value, place: &Value) -> Vec<Offer> {
        let Some(properties) = place.get("properties").and_then(Value::as_object) else { return Vec::new() };
        let is_new = |key: &&String| !self.spot.present.contains(*key);
        let wanted = properties.keys().filter(is_new);
        let offer = |key: &String| {
            let what = properties.get(key).map(|own| described(root, own)).unwrap_or_default();
            Offer { label: key.clone(), what, kind: OfferKind::Key }
        };
        wanted.map(offer).collect()
    }

    fn values(&self, place: &Value, named: &[String]) -> Vec<Offer> {
        let mut found: Vec<Offer> = Vec::new();
        let word = |value: &Value, what: String| {
            let label = value.as_str().map(str::to_owned).or_else(|| value.as_bool().map(|own| own.to_string()))?;
            Some(Offer { label, what, kind: OfferKind::Word })
        };
        let described = place.get("description").and_then(Value::as_str).map(first_sentence).unwrap_or_default();
        found.extend(place.get("const").and_then(|value| word(value, described)));
        let listed = place.get("enum").and_then(Value::as_array).into_iter().flatten();
        found.extend(listed.filter_map(|value| word(value, String::new())));
        if place.get("type").and_then(Value::as_str) == Some("boolean") {
            found.extend(["true", "false"].map(|own| Offer {
                label: own.to_owned(),
                what: String::new(),
                kind: OfferKind::Word,
            }));
        }
        if self.spot.path == [Step::Key("apiVersion".to_owned())] {
            found.push(Offer { label: API_VERSION.to_owned(), what: String::new(), kind: OfferKind::Word });
        }
        if let Some(names) = Names::of(self.key(), named) {
            found.extend(self.names(names));
        }
        found
    }

    /// The key whose value, or an item of whose value, is being written.
    fn key(&self) -> &str {
        let keys = self.spot.path.iter().rev().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Item => None,
        });
        keys.into_iter().next().unwrap_or_default()
    }

    fn names(&self, names: Names) -> Vec<Offer> {
        let Some(snapshot) = self.snapshot else { return Vec::new() };
        if names == Names::Policies {
            let all = snapshot.bundle.all();
            return all.map(|own| name(&own.id, &own.metadata.title)).collect();
        }
        let Some(model) = snapshot.model() else { return Vec::new() };
        match names {
            Names::Policies => Vec::new(),
            Names::Systems => {
                model.graph.systems.iter().map(|own| name(&own.id, own.title.as_deref().unwrap_or(&own.kind))).collect()
            }
            Names::Duties => model.catalogue.duties().map(|(_, own)| name(&own.id, &own.title)).collect(),
            Names::Conflicts => model.catalogue.conflicts().map(|(_, own)| name(&own.id, &own.title)).collect(),
            Names::Rulesets => snapshot.rules.rulesets.iter().map(|own| name(&own.id, &own.title)).collect(),
            Names::Roles => self.roles(model),
            Names::People => self.holders(model, &|holder| matches!(holder, Holder::Person(_))),
            Names::Holders => self.holders(model, &|_| true),
            Names::Accounts => {
                let own = self.spot.system.as_deref();
                let all = holders(model).filter_map(|holder| match holder {
                    Holder::Account(native) => Some(native),
                    _ => None,
                });
                let of_system = all.filter(|native| own.is_none_or(|system| *native.system == *system));
                of_system.map(|native| name(&native.name, &native.system)).collect()
            }
        }
    }

    /// The roles of the system that the document names, if it names one.
    fn roles(&self, model: &Model) -> Vec<Offer> {
        let own = self.spot.system.as_deref().filter(|system| model.graph.systems.find(system).is_some());
        let all = model.graph.containers().filter_map(|(_, container)| Some((container.role.as_ref()?, container)));
        let of_system = all.filter(|(role, _)| own.is_none_or(|system| *role.system == *system));
        of_system
            .map(|(role, container)| name(&role.name, container.title.as_deref().unwrap_or(&role.system)))
            .collect()
    }

    fn holders(&self, model: &Model, wanted: &dyn Fn(&Holder) -> bool) -> Vec<Offer> {
        holders(model).filter(|holder| wanted(holder)).map(|holder| name(&holder.to_string(), "")).collect()
    }
}

fn holders(model: &Model) -> impl Iterator<Item = &Holder> {
    (0..).map_while(|number| model.graph.node(crate::access::NodeId(number))).map(|node| &node.holder)
}

fn name(label: &str, what: &str) -> Offer {
    Offer { label: label.to_owned(), what: what.to_owned(), kind: OfferKind::Name }
}

/// Names that the tree knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    Systems,
    People,
    Holders,
    Accounts,
    Roles,
    Policies,
    Duties,
    Conflicts,
    Rulesets,
}

impl Names {
    /// Which names stand in the value of a key, or in one that a schema calls so.
    fn of(key: &str, named: &[String]) -> Option<Self> {
        let is = |name: &str| named.iter().any(|own| own == name);
        Some(match key {
            "policy" | "policies" => Self::Policies,
            "duty" | "duties" | "may_hold" | "includes_duty" | "any_duty" => Self::Duties,
            "conflict" | "conflicts" => Self::Conflicts,
            "role" | "roles" | "includes" => Self::Roles,
            "ruleset" => Self::Rulesets,
            "subject" | "subjects" | "to" | "member" | "members" => Self::Holders,
            "name" if is("Name") => Self::Accounts,
            _ if is("SystemId") || ["system", "systems"].contains(&key) => Self::Systems,
            _ if is("PersonRef") => Self::People,
            "owner" | "approver" | "approvers" | "reviewer" | "manager" | "operator" | "monitor" | "by" => Self::People,
            _ if is("Reference") => Self::Holders,
            _ => return None,
        })
    }
}

/// The published schemas.
struct Schemas {
    by_name: BTreeMap<&'static str, Value>,
    /// Those of manifests, by kind.
    manifests: BTreeMap<&'static str, Value>,
}

impl Schemas {
    fn get() -> &'static Self {
        static ALL: OnceLock<Schemas> = OnceLock::new();
        ALL.get_or_init(|| {
            let names = OF_KINDS.iter().map(|(_, name)| *name).chain(["config"]);
            let by_name = names.filter_map(|name| Some((name, schema::named(name)?))).collect();
            let of_kind = |kind: &&'static str| Some((*kind, crate::formats::manifest::schema(kind)?));
            Self { by_name, manifests: KINDS.iter().filter_map(of_kind).collect() }
        })
    }
}

/// What a schema says of the place that a path leads to, each alternative with the names of the definitions that led to it.
fn walk<'s>(root: &'s Value, path: &[Step]) -> Vec<(&'s Value, Vec<String>)> {
    let mut at = alternatives(root, root, Vec::new(), 0);
    for step in path {
        let mut next = Vec::new();
        for (place, _) in at {
            next.extend(inner(place, step).flat_map(|inner| alternatives(root, inner, Vec::new(), 0)));
        }
        at = next;
    }
    at
}

/// What a step leads to.
fn inner<'s>(place: &'s Value, step: &Step) -> impl Iterator<Item = &'s Value> {
    let own = match step {
        Step::Key(key) => place.get("properties").and_then(|own| own.get(key)).or_else(|| {
            let patterns = place.get("patternProperties").and_then(Value::as_object);
            patterns.and_then(|own| own.values().next()).or_else(|| place.get("additionalProperties"))
        }),
        Step::Item => place.get("items"),
    };
    own.filter(|own| own.is_object()).into_iter()
}

/// A schema without what only leads to others.
fn alternatives<'s>(
    root: &'s Value,
    place: &'s Value,
    named: Vec<String>,
    depth: usize,
) -> Vec<(&'s Value, Vec<String>)> {
    /// Deepest chain of references; none of ours has more than four.
    const DEEPEST: usize = 12;
    if depth > DEEPEST {
        return Vec::new();
    }
    let mut all = vec![(place, named.clone())];
    if let Some(name) = place.get("$ref").and_then(Value::as_str).and_then(|own| own.strip_prefix("#/$defs/")) {
        let mut named = named.clone();
        named.push(name.to_owned());
        if let Some(inner) = root.get("$defs").and_then(|own| own.get(name)) {
            all.extend(alternatives(root, inner, named, depth + 1));
        }
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        for inner in place.get(key).and_then(Value::as_array).into_iter().flatten() {
            all.extend(alternatives(root, inner, named.clone(), depth + 1));
        }
    }
    all
}

/// What a key is for, in a sentence.
fn described(root: &Value, place: &Value) -> String {
    let own = |place: &Value| {
        place.as_object().and_then(|own: &Map<String, Value>| own.get("description")?.as_str().map(first_sentence))
    };
    own(place)
        .or_else(|| alternatives(root, place, Vec::new(), 0).into_iter().find_map(|(inner, _)| own(inner)))
        .unwrap_or_default()
}

fn first_sentence(text: &str) -> String {
    let end = text.find(". ").map_or(text.len(), |at| at + 1);
    text.get(..end).unwrap_or(text).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The labels offered at `‸`.
    fn offered(path: &str, text: &str) -> Vec<String> {
        let offset = text.find('‸').unwrap();
        let text = text.replace('‸', "");
        let uri = std::str::FromStr::from_str("file:///x").unwrap();
        let document = Document { uri, path: Some(path.to_owned()), version: 1, text };
        let position = Lines::new(document.text.as_bytes(), Encoding::Utf16).position(offset);
        let items = completion(&document, position, None, Encoding::Utf16).unwrap_or_default();
        items.into_iter().map(|item| item.label).collect()
    }

    const HEAD: &str = "apiVersion: countersign.dev/v1\nkind: Grant\n";

    #[test]
    fn keys_and_words_come_from_the_schemas() {
        let with = |rest: &str| offered("a.yaml", &format!("{HEAD}{rest}"));
        assert_eq!(with("‸"), ["metadata", "spec"]);
        let spec = with("spec:\n  role: x\n  ‸");
        assert!(spec.contains(&"to".to_owned()) && spec.contains(&"until".to_owned()), "{spec:?}");
        assert!(!spec.contains(&"role".to_owned()), "{spec:?}");
        assert!(with("spec:\n  permissions:\n    - permission: x\n      level: ‸").contains(&"view".to_owned()));
        assert!(with("spec: {permissions: [{permission: x, effect: ‸").contains(&"deny".to_owned()));
    }

    #[test]
    fn kinds_are_offered_and_lead_to_their_own_keys() {
        let kinds = offered("a.yaml", "apiVersion: countersign.dev/v1\nkind: ‸");
        for kind in KINDS.iter().copied().chain(OF_KINDS.iter().map(|(kind, _)| *kind)) {
            assert!(kinds.contains(&kind.to_owned()), "{kind}: {kinds:?}");
        }
        let keys = offered(".countersign/x.yaml", "apiVersion: countersign.dev/v1\nkind: Approval\nspec:\n  ‸");
        assert!(keys.contains(&"ticket".to_owned()) && keys.contains(&"approver".to_owned()), "{keys:?}");
    }

    #[test]
    fn the_configuration_has_its_own_keys() {
        let keys = offered(CONFIG_FILE, "version: 1\n‸");
        assert!(keys.contains(&"in_scope".to_owned()) && !keys.contains(&"version".to_owned()), "{keys:?}");
        let inner = offered(CONFIG_FILE, "credentials: {‸}");
        assert!(inner.contains(&"max_age_days".to_owned()) && !inner.contains(&"in_scope".to_owned()), "{inner:?}");
    }

    #[test]
    fn files_that_are_not_ours_are_left_alone() {
        let text = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ‸";
        assert!(offered("rbac.yaml", text).is_empty());
        assert!(offered("a.tf", "‸").is_empty());
    }

    #[test]
    fn values_are_quoted_where_they_would_read_otherwise() {
        for (value, written) in [
            ("person:ana", "person:ana"),
            ("AP Clerks", "AP Clerks"),
            ("*", "\"*\""),
            ("2000", "\"2000\""),
            ("a: b", "\"a: b\""),
            ("a,b", "\"a,b\""),
            ("true", "\"true\""),
        ] {
            assert_eq!(plain(value), written);
        }
    }
}
