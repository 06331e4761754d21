//! Roles and their rules.

use std::collections::BTreeMap;

use super::{Cluster, Fault, Kind, Object};
use crate::facts::{Gap, Patterns, RoleFact, Selector, SelectorExpression, Statement, Text};
use crate::formats::text;
use crate::syntax::Node;

/// Most action patterns that the rules of one file may expand to; real files stay below a few thousand. A rule is a
/// product of three lists, so a short text could otherwise fill the memory.
pub(super) const MAX_ACTIONS: usize = 1_000_000;

/// What a rule permits, or why it is not evaluated.
enum Outcome {
    Permits(Patterns, Patterns),
    /// The rule can match no request.
    Nothing,
    TooLarge(usize),
}

impl Cluster<'_> {
    /// A role with its rules. The rules of an aggregating cluster role are not read: the controller overwrites them
    /// with those of the roles that it takes in (Kubernetes documentation, "Using RBAC Authorization").
    pub(super) fn role(&mut self, object: Object<'_>, name: &Node, namespace: &str) {
        let Some(own_name) = name.as_str() else { return };
        let id = match object.kind {
            Kind::Role => self.native(format!("role/{namespace}/{own_name}")),
            _ => self.native(format!("clusterrole/{own_name}")),
        };
        let aggregation = object.node.get("aggregationRule").filter(|_| object.kind == Kind::ClusterRole);
        let statements = if aggregation.is_some() { Vec::new() } else { self.rules(object) };
        let aggregates = aggregation.map(|rule| self.selectors(rule)).unwrap_or_default();
        // Aggregation takes in cluster roles alone, so the labels of others mean nothing here.
        let labels = object.node.at(&["metadata", "labels"]).filter(|_| object.kind == Kind::ClusterRole);
        let labels = labels.map(|labels| self.labels(labels)).unwrap_or_default();
        let origin = self.lowering.at(name.span);
        self.lowering.facts.roles.push(RoleFact { labels, aggregates, ..RoleFact::new(id, statements, origin) });
    }

    fn rules(&mut self, object: Object<'_>) -> Vec<Statement> {
        let Some(rules) = object.node.get("rules") else { return Vec::new() };
        let Some(list) = rules.as_list() else {
            let reason = format!("`rules` is {}, not a list", rules.kind());
            self.broken(rules.span, reason, "no rule of this role is evaluated");
            return Vec::new();
        };
        let mut statements = Vec::with_capacity(list.len());
        for rule in list {
            self.lowering.count("rule");
            match permits(rule, object.kind, self.action_budget) {
                Ok(Outcome::Permits(actions, resources)) => {
                    self.action_budget = self.action_budget.saturating_sub(actions.list.len());
                    statements.push(Statement::allow(actions, resources, self.lowering.at(rule.span)));
                }
                Ok(Outcome::Nothing) => {}
                Ok(Outcome::TooLarge(size)) => self.lowering.unresolved(
                    Gap::Unsupported,
                    rule.span,
                    format!("this rule expands to {size} actions; the rules of one file are read up to {MAX_ACTIONS} actions"),
                    "this rule is not evaluated",
                ),
                Err(fault) => {
                    self.broken(fault.span, fault.reason, "this rule is not evaluated; the role's other rules are");
                }
            }
        }
        statements
    }

    fn labels(&mut self, labels: &Node) -> BTreeMap<Text, Text> {
        let Some(entries) = labels.as_map() else {
            let reason = format!("`labels` is {}, not a map", labels.kind());
            self.broken(labels.span, reason, "no aggregating role takes this role in");
            return BTreeMap::new();
        };
        let mut found = BTreeMap::new();
        for entry in entries {
            match entry.value.as_str() {
                Some(value) => {
                    found.insert(text(&entry.key), text(value));
                }
                None => self.broken(
                    entry.span(),
                    format!("the label `{}` is {}, not text", entry.key, entry.value.kind()),
                    "no aggregating role takes this role in by this label",
                ),
            }
        }
        found
    }

    fn selectors(&mut self, aggregation: &Node) -> Vec<Selector> {
        let Some(selectors) = aggregation.get("clusterRoleSelectors") else { return Vec::new() };
        let Some(list) = selectors.as_list() else {
            let reason = format!("`clusterRoleSelectors` is {}, not a list", selectors.kind());
            self.broken(selectors.span, reason, "this role is evaluated as if it took no role in");
            return Vec::new();
        };
        let mut found = Vec::with_capacity(list.len());
        for node in list {
            match selector(node) {
                Ok(selector) => found.push(selector),
                Err(fault) => {
                    self.broken(fault.span, fault.reason, "the roles that this selector takes in are not evaluated");
                }
            }
        }
        found
    }
}

/// A label selector: all of its labels and expressions must hold.
fn selector(node: &Node) -> Result<Selector, Fault> {
    let Some(_) = node.as_map() else {
        return Err(Fault::new(node.span, format!("a label selector is {}, not a map", node.kind())));
    };
    let mut selector = Selector::default();
    if let Some(labels) = node.get("matchLabels") {
        let entries = labels.as_map().ok_or_else(|| Fault::new(labels.span, "`matchLabels` is not a map"))?;
        for entry in entries {
            let value = entry
                .value
                .as_str()
                .ok_or_else(|| Fault::new(entry.span(), format!("the label `{}` is not text", entry.key)))?;
            selector.match_labels.insert(text(&entry.key), text(value));
        }
    }
    if let Some(expressions) = node.get("matchExpressions") {
        let list =
            expressions.as_list().ok_or_else(|| Fault::new(expressions.span, "`matchExpressions` is not a list"))?;
        for expression in list {
            selector.match_expressions.push(selector_expression(expression)?);
        }
    }
    Ok(selector)
}

fn selector_expression(node: &Node) -> Result<SelectorExpression, Fault> {
    let key = node
        .get("key")
        .and_then(Node::as_str)
        .ok_or_else(|| Fault::new(node.span, "this selector expression names no label (`key`)"))?;
    let values = || -> Result<Vec<Text>, Fault> { Ok(texts(node, "values")?.into_iter().map(text).collect()) };
    match node.get("operator").and_then(Node::as_str) {
        Some("In") => Ok(SelectorExpression::In(text(key), values()?)),
        Some("NotIn") => Ok(SelectorExpression::NotIn(text(key), values()?)),
        Some("Exists") => Ok(SelectorExpression::Exists(text(key))),
        Some("DoesNotExist") => Ok(SelectorExpression::DoesNotExist(text(key))),
        _ => Err(Fault::new(node.span, "the operator is none of In, NotIn, Exists and DoesNotExist")),
    }
}

/// A list of texts under a key; absent is empty.
fn texts<'n>(node: &'n Node, key: &str) -> Result<Vec<&'n str>, Fault> {
    let Some(value) = node.get(key) else { return Ok(Vec::new()) };
    let list =
        value.as_list().ok_or_else(|| Fault::new(value.span, format!("`{key}` is {}, not a list", value.kind())))?;
    list.iter()
        .map(|item| {
            item.as_str().ok_or_else(|| Fault::new(item.span, format!("`{key}` holds {}, not text", item.kind())))
        })
        .collect()
}

/// The actions and resource names that one rule permits.
fn permits(rule: &Node, kind: Kind, budget: usize) -> Result<Outcome, Fault> {
    if rule.as_map().is_none() {
        return Err(Fault::new(rule.span, format!("a rule is {}, not a map", rule.kind())));
    }
    let required = |key: &str| {
        let list = texts(rule, key)?;
        if list.is_empty() {
            Err(Fault::new(rule.span, format!("this rule names no `{key}`; the API server refuses it")))
        } else {
            Ok(list)
        }
    };
    let verbs: Vec<&str> = required("verbs")?.into_iter().filter(|verb| is_literal(verb) || *verb == "*").collect();
    let urls = texts(rule, "nonResourceURLs")?;
    if !urls.is_empty() {
        if kind == Kind::Role {
            return Err(Fault::new(
                rule.span,
                "a Role cannot hold `nonResourceURLs`, since they are in no namespace; the API server refuses it",
            ));
        }
        if ["apiGroups", "resources", "resourceNames"].into_iter().any(|key| rule.get(key).is_some_and(is_filled)) {
            return Err(Fault::new(
                rule.span,
                "this rule names both resources and `nonResourceURLs`; the API server refuses it",
            ));
        }
        let urls: Vec<&str> = urls.into_iter().filter(|url| is_literal(url.trim_end_matches('*'))).collect();
        return Ok(product(
            budget,
            &verbs,
            &[""],
            &urls,
            |verb, _, url| Some(format!("{verb}:url/{url}")),
            Patterns::any(),
        ));
    }
    let groups: Vec<&str> = required("apiGroups")?
        .into_iter()
        .filter(|group| is_literal(group) || *group == "*")
        .map(|group| if group.is_empty() { "core" } else { group })
        .collect();
    let resources: Vec<&str> = required("resources")?
        .into_iter()
        .filter(|resource| *resource == "*" || is_literal(resource.strip_prefix("*/").unwrap_or(resource)))
        .collect();
    let names = texts(rule, "resourceNames")?;
    // The empty name is that of a request for no particular object, so it opens the whole collection.
    if names.is_empty() || names.contains(&"") {
        return Ok(product(
            budget,
            &verbs,
            &groups,
            &resources,
            |v, g, r| Some(format!("{v}:{g}/{r}")),
            Patterns::any(),
        ));
    }
    // Names are compared literally: here `*` is a name that hardly any object can have, not a wildcard.
    let names = Patterns::of(names.into_iter().filter(|name| is_literal(name)));
    if names.list.is_empty() {
        return Ok(Outcome::Nothing);
    }
    Ok(product(budget, &verbs, &groups, &resources, named_action, names))
}

/// The action on objects that are named in the rule. A request to create an object, or to delete a collection,
/// carries no name, so such a rule never matches it; creating a subresource does carry its object's name
/// (Kubernetes documentation, "Using RBAC Authorization", referring to resources).
fn named_action(verb: &str, group: &str, resource: &str) -> Option<String> {
    match verb {
        "deletecollection" => None,
        "create" if resource == "*" => Some(format!("create:{group}/*/*")),
        "create" if !resource.contains('/') => None,
        _ => Some(format!("{verb}:{group}/{resource}")),
    }
}

/// Whether the authorizer compares this text as it stands, which our patterns then do too. A text with a `*` in a
/// place where the authorizer knows no wildcard (`get*`, `pods/*`) names nothing that exists.
fn is_literal(text: &str) -> bool {
    !text.contains(['*', '?'])
}

fn is_filled(node: &Node) -> bool {
    node.as_list().is_none_or(|list| !list.is_empty())
}

fn product(
    budget: usize,
    verbs: &[&str],
    groups: &[&str],
    resources: &[&str],
    action: impl Fn(&str, &str, &str) -> Option<String>,
    names: Patterns,
) -> Outcome {
    let size = verbs.len().saturating_mul(groups.len()).saturating_mul(resources.len());
    if size > budget {
        return Outcome::TooLarge(size);
    }
    let mut list: Vec<Text> = Vec::with_capacity(size);
    for verb in verbs {
        for group in groups {
            list.extend(resources.iter().filter_map(|resource| action(verb, group, resource)).map(Text::from));
        }
    }
    if list.is_empty() { Outcome::Nothing } else { Outcome::Permits(Patterns::of(list), names) }
}
