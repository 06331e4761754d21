//! Google Cloud's own documents, in JSON or YAML: IAM policies as `get-iam-policy` answers and `set-iam-policy` takes them
//! (IAM reference, `Policy`), deny policies (`gcloud iam policies`), and custom roles as `gcloud iam roles` takes and answers them (IAM reference, `Role`).
//!
//! A policy does not say which resource it is of, so what it grants counts as everywhere.

use super::conditions::{Limits, limits};
use super::deny::{DenyRule, attached_to};
use super::{Bound, Cloud, On, SYSTEM};
use crate::facts::{Facts, Gap, Origin, Patterns, RoleFact, RoleKind, Statement, Text, Unresolved};
use crate::formats::mentioned::Mentioned;
use crate::formats::{Format, Grouping, Recognise, Unit, UnitFile, stem, system_of_type};
use crate::syntax::{Node, Span, SyntaxError};

/// Policies and custom roles.
pub const FORMAT: Format =
    Format { name: "gcp-iam", recognise: Recognise::Data(recognise), suspect, unit: Grouping::Alone, lower };

fn recognise(_path: &str, document: &Node) -> bool {
    is_policy(document) || is_role(document) || is_deny_policy(document)
}

/// Bindings that name roles and members, at the root.
fn is_policy(document: &Node) -> bool {
    let bindings = document.get("bindings").and_then(Node::as_list).unwrap_or_default();
    let is_binding =
        |own: &Node| own.get("role").is_some() && own.get("members").is_some_and(|own| own.as_list().is_some());
    document.get("apiVersion").is_none() && !bindings.is_empty() && bindings.iter().all(is_binding)
}

/// Rules that deny, as `gcloud iam policies` takes and answers them.
fn is_deny_policy(document: &Node) -> bool {
    let rules = document.get("rules").and_then(Node::as_list).unwrap_or_default();
    document.get("apiVersion").is_none() && !rules.is_empty() && rules.iter().all(|own| own.get("denyRule").is_some())
}

fn is_role(document: &Node) -> bool {
    document.get("includedPermissions").is_some() && document.get("apiVersion").is_none()
}

fn suspect(_path: &str, text: &str, _error: &SyntaxError) -> Option<Gap> {
    let has = |part: &str| text.contains(part);
    (has("bindings") && has("members") && has("roles/") && has("etag")
        || has("includedPermissions")
        || has("denyRule") && has("deniedPermissions"))
    .then_some(Gap::Broken)
}

fn lower(unit: &Unit<'_>) -> Facts {
    let mut facts = Facts::default();
    for (place, file) in unit.files.iter().enumerate() {
        let mut mentioned = Mentioned::default();
        for (index, document) in file.documents.iter().enumerate() {
            let mut reader = Reader::new(&mut facts, &mut mentioned, file, place);
            if is_role(document) {
                let name =
                    if index == 0 { stem(file.path).to_owned() } else { format!("{}#{}", stem(file.path), index + 1) };
                reader.role(document, &name);
            } else if is_deny_policy(document) {
                reader.deny_policy(document, stem(file.path));
            } else {
                reader.policy(document);
            }
        }
        mentioned.settle(&mut facts);
    }
    facts
}

/// Reads documents of one file.
pub(super) struct Reader<'f> {
    pub(super) cloud: Cloud<'f>,
    file: u32,
}

impl<'f> Reader<'f> {
    pub(super) fn new(facts: &'f mut Facts, mentioned: &'f mut Mentioned, file: &UnitFile<'_>, place: usize) -> Self {
        let system = system_of_type(file.system.as_ref().map(|hint| &hint.id), SYSTEM);
        Self { cloud: Cloud { facts, mentioned, system }, file: u32::try_from(place).unwrap_or(u32::MAX) }
    }

    pub(super) fn at(&self, span: Span) -> Origin {
        Origin { file: self.file, span }
    }

    pub(super) fn count(&mut self, kind: &'static str) {
        *self.cloud.facts.tally.entry(kind).or_default() += 1;
    }

    pub(super) fn unresolved(&mut self, gap: Gap, span: Span, reason: impl Into<String>, consequence: &str) {
        let (reason, consequence, origin) = (reason.into(), consequence.to_owned(), self.at(span));
        self.cloud.facts.unresolved.push(Unresolved { gap, reason, consequence, origin });
    }

    fn policy(&mut self, document: &Node) {
        let bindings = document.get("bindings").and_then(Node::as_list).unwrap_or_default();
        if let Some(first) = bindings.first() {
            self.unresolved(
                Gap::Unknown,
                first.span,
                "an IAM policy does not say which resource it is of",
                "what it grants counts as in every project",
            );
        }
        for binding in bindings {
            self.count("binding");
            self.binding(binding, &On::Unknown, |member| member.as_str().map(str::to_owned));
        }
    }

    /// A deny policy. Its full name says on what it is.
    fn deny_policy(&mut self, document: &Node, file_name: &str) {
        let name = document.get("name").and_then(Node::as_str).unwrap_or(file_name);
        let on = attached_to(name);
        for (number, rule) in (1..).zip(document.get("rules").map(Node::one_or_many).unwrap_or_default()) {
            self.count("deny rule");
            let Some(deny) = rule.get("denyRule") else { continue };
            let list = |key: &str| -> Vec<(String, Origin)> {
                let items = deny.get(key).map(Node::one_or_many).unwrap_or_default().iter();
                items.filter_map(|own| Some((own.as_str()?.to_owned(), self.at(own.span)))).collect()
            };
            let (principals, permissions) = (list("deniedPrincipals"), list("deniedPermissions"));
            let excepted: Vec<String> = list("exceptionPermissions").into_iter().map(|(name, _)| name).collect();
            let excepted_principals = !list("exceptionPrincipals").is_empty();
            let limits = self.limits(deny.get("denialCondition"));
            let origin = self.at(rule.span);
            self.cloud.deny(&DenyRule {
                policy: super::last_part(name),
                number,
                on: &on,
                principals: &principals,
                excepted_principals,
                permissions: &permissions,
                excepted_permissions: &excepted,
                limits: &limits,
                origin,
            });
        }
    }

    /// One role for several members, each read by `name`.
    pub(super) fn binding(&mut self, binding: &Node, on: &On, name: impl Fn(&Node) -> Option<String>) {
        let Some(role) = binding.get("role").and_then(Node::as_str) else {
            return self.unresolved(Gap::Broken, binding.span, "this binding names no role", "it is not evaluated");
        };
        let limits = self.limits(binding.get("condition"));
        for member in binding.get("members").and_then(Node::as_list).unwrap_or_default() {
            match name(member) {
                Some(name) => self.bind(&name, role, on, &limits, member.span),
                None => self.unresolved(
                    Gap::Broken,
                    member.span,
                    format!("a principal is expected here, and this is {}", member.kind()),
                    "what it is granted counts for nothing in the findings",
                ),
            }
        }
    }

    pub(super) fn bind(&mut self, member: &str, role: &str, on: &On, limits: &Limits, span: Span) {
        let origin = self.at(span);
        self.cloud.bind(&Bound { member, role, on, limits, origin });
    }

    pub(super) fn limits(&mut self, condition: Option<&Node>) -> Limits {
        let Some(condition) = condition else { return Limits::default() };
        match condition.get("expression").and_then(Node::as_str) {
            Some(expression) => limits(expression),
            None => {
                let consequence = "whether the condition narrows this is not known";
                self.unresolved(Gap::Broken, condition.span, "a condition has an `expression`", consequence);
                limits("?")
            }
        }
    }

    /// A custom role. One that says its full name is granted by that; another is known by its file's name.
    fn role(&mut self, document: &Node, file_name: &str) {
        self.count("custom role");
        let named = document.get("name").and_then(Node::as_str);
        let kind = if named.is_some_and(|name| name.contains("/roles/")) { RoleKind::Role } else { RoleKind::Document };
        let title = document.get("title").and_then(Node::as_str).map(Text::from);
        let permissions = document.get("includedPermissions");
        self.define(named.unwrap_or(file_name), kind, title, permissions, document.span);
    }

    pub(super) fn define(
        &mut self,
        name: &str,
        kind: RoleKind,
        title: Option<Text>,
        permissions: Option<&Node>,
        span: Span,
    ) {
        let mut names = Vec::new();
        for permission in permissions.map(Node::one_or_many).unwrap_or_default() {
            match permission.as_str() {
                Some(name) => names.push(name.to_owned()),
                None => {
                    let reason = format!("a permission is expected here, and this is {}", permission.kind());
                    self.unresolved(Gap::Broken, permission.span, reason, "this role may permit more than shown");
                }
            }
        }
        let origin = self.at(permissions.map_or(span, |own| own.span));
        let statement = Statement::allow(Patterns::of(names), Patterns::any(), origin);
        let statements = if statement.actions.list.is_empty() { Vec::new() } else { vec![statement] };
        let (id, origin) = (self.cloud.native(name), self.at(span));
        let (includes, labels, aggregates) = (Vec::new(), std::collections::BTreeMap::new(), Vec::new());
        self.cloud.facts.roles.push(RoleFact { id, kind, title, statements, includes, labels, aggregates, origin });
    }
}
