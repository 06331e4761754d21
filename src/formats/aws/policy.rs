//! Policy documents and their statements (IAM user guide, "IAM JSON policy element reference" and "Grammar of the
//! IAM JSON policy language").

use super::conditions::{conditions, never_hold};
use super::{Access, Fault};
use crate::facts::scope::Scope;
use crate::facts::{Effect, Gap, Patterns, RoleFact, RoleKind, Statement, Text};
use crate::formats::text;
use crate::syntax::{Node, Span};

/// The versions of the policy language. The older one knows no policy variables.
const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];

/// The elements that a statement may have. IAM refuses a document with any other.
const ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// What a policy document is, told from what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It names no principal: whoever it is attached to gets what it says.
    Identity,
    /// It says who may assume the role that it belongs to.
    Trust,
    /// It says who may do what with the resource that it belongs to.
    Resource,
}

/// Whether an object is a policy document of AWS.
///
/// The policy languages of other clouds look alike; their `Version` differs (Alibaba Cloud has `1`).
pub(super) fn is_document(node: &Node) -> bool {
    let Some(statement) = node.entry("Statement") else { return false };
    match node.get("Version") {
        Some(version) => version.as_str().is_some_and(|version| version.starts_with("20")),
        None => statement.value.one_or_many().iter().any(|statement| statement.entry("Effect").is_some()),
    }
}

/// What a document is for. A trust policy names principals, only actions of the token service and, since it belongs
/// to one role, no resource.
pub(super) fn purpose(document: &Node) -> Purpose {
    let statements = || document.get("Statement").map(Node::one_or_many).unwrap_or_default().iter();
    let has = |statement: &Node, keys: [&str; 2]| keys.iter().any(|key| statement.entry(key).is_some());
    if !statements().any(|statement| has(statement, ["Principal", "NotPrincipal"])) {
        return Purpose::Identity;
    }
    let of_token_service = |action: &Node| {
        action.as_str().and_then(|action| action.get(..4)).is_some_and(|service| service.eq_ignore_ascii_case("sts:"))
    };
    let trusts = statements().all(|statement| {
        !has(statement, ["Resource", "NotResource"])
            && ["Action", "NotAction"]
                .iter()
                .filter_map(|key| statement.get(key))
                .all(|actions| actions.one_or_many().iter().all(of_token_service))
    });
    if trusts { Purpose::Trust } else { Purpose::Resource }
}

/// The statements of a document, one or many, or why the document counts for nothing.
pub(super) fn statements_of(document: &Node) -> Result<&[Node], Fault> {
    if let Some(version) = document.get("Version")
        && !version.as_str().is_some_and(|version| VERSIONS.contains(&version))
    {
        return Err(Fault::broken(
            version.span,
            "the policy language has the versions 2012-10-17 and 2008-10-17 only; AWS refuses this document",
        ));
    }
    match document.get("Statement") {
        Some(statements) if statements.as_list().is_some() || statements.as_map().is_some() => {
            Ok(statements.one_or_many())
        }
        Some(other) => Err(Fault::broken(other.span, format!("`Statement` is {}, not a list", other.kind()))),
        None => Err(Fault::broken(document.span, "the policy document has no `Statement`")),
    }
}

/// Whether the document's version of the language has policy variables. Without a version it is the older one.
fn has_variables(document: &Node) -> bool {
    document.get("Version").and_then(Node::as_str) == Some(VERSIONS[0])
}

/// What looks like a variable where the language has none: the characters stand for themselves.
fn written_out(resource: &mut Text) {
    if resource.contains("${") {
        *resource = resource.replace("${", "${$}{").into();
    }
}

/// Checks what all kinds of statements share, and reads the effect.
pub(super) fn effect(statement: &Node) -> Result<Effect, Fault> {
    let Some(entries) = statement.as_map() else {
        return Err(Fault::broken(statement.span, format!("a statement is {}, not an object", statement.kind())));
    };
    if let Some(entry) = entries.iter().find(|entry| !ELEMENTS.contains(&&*entry.key)) {
        return Err(Fault::broken(
            entry.key_span,
            format!("a statement has no element `{}`; AWS refuses this document", entry.key),
        ));
    }
    let Some(node) = statement.get("Effect") else {
        return Err(Fault::broken(statement.span, "this statement has no `Effect`"));
    };
    match node.as_str() {
        Some("Allow") => Ok(Effect::Allow),
        Some("Deny") => Ok(Effect::Deny),
        Some(other) if is_template(other) => Err(placeholder(node.span)),
        _ => Err(Fault::broken(
            node.span,
            "the effect is neither `Allow` nor `Deny` (it is case-sensitive); AWS refuses this document",
        )),
    }
}

/// The texts of an element that is a text or a list of texts.
pub(super) fn texts<'n>(node: &'n Node, element: &str) -> Result<Vec<&'n str>, Fault> {
    node.one_or_many()
        .iter()
        .map(|item| match item.as_str() {
            // A tag such as `!Sub` belongs to a template language, which has yet to fill the value in.
            Some(_) if item.tag.is_some() => Err(placeholder(item.span)),
            Some(text) => Ok(text),
            None => Err(Fault::broken(item.span, format!("`{element}` holds {}, not text", item.kind()))),
        })
        .collect()
}

/// Whether a text waits for a template to fill it in. The policy language has variables of its own, such as
/// `${aws:username}`; they name a service, and `${*}`, `${?}` and `${$}` stand for a character
/// (IAM user guide, "IAM policy elements: Variables and tags").
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{")
        || text.split("${").skip(1).any(|rest| {
            let name = rest.split('}').next().unwrap_or(rest);
            !name.contains(':') && !matches!(name, "*" | "?" | "$")
        })
}

/// A text with every placeholder of a template replaced by `*`; policy variables stay.
fn widen(text: &str) -> String {
    let mut widened = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${").into_iter().chain(rest.find("{{")).min() {
        let (before, from) = rest.split_at(at);
        widened.push_str(before);
        let close = if from.starts_with("${") { "}" } else { "}}" };
        let (whole, after) = match from.split_once(close) {
            Some((_, after)) => (from.strip_suffix(after).unwrap_or(from), after),
            None => (from, ""),
        };
        widened.push_str(if is_template(whole) { "*" } else { whole });
        rest = after;
    }
    widened + rest
}

pub(super) fn placeholder(span: Span) -> Fault {
    Fault {
        gap: Gap::Unsupported,
        span,
        reason: "a template placeholder stands here; fill the template in and check the output".to_owned(),
    }
}

impl Access<'_> {
    /// A document that stands alone, as a role for whoever will hold it.
    pub(super) fn document(&mut self, document: &Node, name: &str, title: Option<Text>, guardrail: bool) {
        self.lowering.count("policy document");
        let statements = self.statements(document);
        self.role_fact(
            name,
            if guardrail { RoleKind::Guardrail } else { RoleKind::Document },
            title,
            statements,
            heading(document),
        );
    }

    pub(super) fn role_fact(
        &mut self,
        name: &str,
        kind: RoleKind,
        title: Option<Text>,
        statements: Vec<Statement>,
        span: Span,
    ) {
        let role = RoleFact { kind, title, ..RoleFact::new(self.native(name), statements, self.lowering.at(span)) };
        self.lowering.facts.roles.push(role);
    }

    /// The statements of a document that is attached to identities.
    pub(super) fn statements(&mut self, document: &Node) -> Vec<Statement> {
        let nodes = match statements_of(document) {
            Ok(nodes) => nodes,
            Err(fault) => {
                self.report(fault, "nothing of this document is evaluated");
                return Vec::new();
            }
        };
        let mut statements = Vec::with_capacity(nodes.len());
        let has_variables = has_variables(document);
        for node in nodes {
            self.lowering.count("statement");
            match self.statement(node) {
                Ok(_) if never_hold(node.get("Condition")) => {}
                Ok(mut statement) => {
                    if !has_variables {
                        statement.resources.list.iter_mut().for_each(written_out);
                    }
                    statements.push(statement);
                }
                Err(fault) => {
                    self.report(fault, "this statement is not evaluated; the document's other statements are")
                }
            }
        }
        statements
    }

    fn statement(&mut self, node: &Node) -> Result<Statement, Fault> {
        let effect = effect(node)?;
        if let Some(entry) = node.entry("Principal").or_else(|| node.entry("NotPrincipal")) {
            return Err(Fault::broken(
                entry.key_span,
                "a policy of an identity cannot name principals; AWS refuses this document",
            ));
        }
        self.permission(node, effect, None)
    }

    /// What a statement permits or denies. `own` is the resource that the document belongs to: what is meant by `*`, and
    /// where no resource is named.
    pub(super) fn permission(&mut self, node: &Node, effect: Effect, own: Option<&str>) -> Result<Statement, Fault> {
        let actions = patterns(node, "Action", "NotAction")?;
        for action in &actions.list {
            let span = || node.get("Action").or_else(|| node.get("NotAction")).map_or(node.span, |node| node.span);
            if is_template(action) {
                return Err(placeholder(span()));
            }
            if !action.contains(':') && &**action != "*" {
                return Err(Fault::broken(span(), format!("the action `{action}` names no service; AWS refuses it")));
            }
        }
        let names_none = node.entry("Resource").is_none() && node.entry("NotResource").is_none();
        let mut resources = match own {
            Some(own) if names_none => Patterns::of([own]),
            _ => patterns(node, "Resource", "NotResource")?,
        };
        if let Some(own) = own.filter(|_| !resources.negated) {
            resources
                .list
                .iter_mut()
                .filter(|resource| &***resource == "*")
                .for_each(|resource| *resource = own.into());
        }
        if resources.list.iter().any(|resource| is_template(resource)) {
            let span = node.get("Resource").or_else(|| node.get("NotResource")).map_or(node.span, |node| node.span);
            // Reading the placeholder as `*` makes a permission wider, which is safe, and a denial too wide, which is not.
            if effect == Effect::Deny || resources.negated {
                return Err(placeholder(span));
            }
            self.report(
                placeholder(span),
                "the placeholder is read as `*`, so this statement may permit less than shown",
            );
            for resource in &mut resources.list {
                *resource = widen(resource).into();
            }
        }
        Ok(Statement {
            effect,
            actions,
            resources,
            level: None,
            conditions: conditions(node.get("Condition"), effect)?,
            scope: Scope::unknown(),
            fields: None,
            origin: self.lowering.at(node.span),
        })
    }
}

/// An element or its complement, exactly one of which must be there. An empty list names nothing.
fn patterns(statement: &Node, element: &str, complement: &str) -> Result<Patterns, Fault> {
    let (node, name, negated) = match (statement.get(element), statement.get(complement)) {
        (Some(node), None) => (node, element, false),
        (None, Some(node)) => (node, complement, true),
        (Some(_), Some(both)) => {
            return Err(Fault::broken(
                both.span,
                format!("this statement has both `{element}` and `{complement}`; AWS refuses this document"),
            ));
        }
        (None, None) => {
            return Err(Fault::broken(
                statement.span,
                format!("this statement has neither `{element}` nor `{complement}`; AWS refuses this document"),
            ));
        }
    };
    Ok(Patterns { negated, ..Patterns::of(texts(node, name)?.into_iter().map(text)) })
}

/// The place that shows a document: the key of its statements.
pub(super) fn heading(document: &Node) -> Span {
    document.entry("Statement").map_or(document.span, |entry| entry.key_span)
}
