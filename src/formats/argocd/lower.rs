//! Policies to facts.

use std::collections::{BTreeMap, BTreeSet};

use super::csv::{Rule, lines};
use super::{Kind, SYSTEM, objects};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{
    AccountFact, AccountKind, CredentialDetail, CredentialFact, CredentialKind, Effect, Facts, Gap, GrantFact, Granted,
    GroupFact, Holder, IncludeFact, Lifetime, MembershipFact, Native, Origin, Patterns, RoleFact, Statement, Text,
    Validity,
};
use crate::formats::documents::Documents;
use crate::formats::{Lowering, SystemHint, Unit};
use crate::syntax::{Node, Span};

/// Everybody who has logged in.
const EVERYBODY: &str = "authenticated";

/// The roles that Argo CD brings along; a line about one adds to it.
const BUILT_IN: [&str; 2] = ["role:admin", "role:readonly"];

pub(super) fn lower(unit: &Unit<'_>) -> Facts {
    let mut facts = Facts::default();
    let (Some(tree), Some(first)) = (unit.tree, unit.files.first()) else { return facts };
    let (Some(read), Some((file, parsed))) = (tree.read(first.path), tree.documents(first.path)) else { return facts };
    let Documents::Data(Ok(documents)) = &*parsed else { return facts };
    let system = system(first.system.as_ref());
    for document in documents {
        for (kind, object) in objects(document) {
            let lowering = Lowering { facts: &mut facts, file };
            let mut own = Instance { lowering, system: system.clone(), bytes: &read.bytes, seen: BTreeSet::new() };
            match kind {
                Kind::Policies => own.policies(object),
                Kind::Settings => own.settings(object),
                Kind::Project => own.project(object),
            }
        }
    }
    facts
}

/// The instance beside the cluster that the configuration names for a path: `argocd:prod` for `kubernetes:prod`.
fn system(hint: Option<&SystemHint>) -> Text {
    let Some(hint) = hint else { return SYSTEM.into() };
    match hint.id.split_once(':') {
        Some((SYSTEM, _)) => hint.id.clone(),
        Some((_, name)) => format!("{SYSTEM}:{name}").into(),
        None if &*hint.id == SYSTEM => hint.id.clone(),
        None if &*hint.id == "kubernetes" => SYSTEM.into(),
        None => format!("{SYSTEM}:{}", hint.id).into(),
    }
}

/// How the patterns of a policy are written.
#[derive(Clone, Copy, PartialEq)]
enum Matching {
    Glob,
    Regex,
}

/// One instance of Argo CD while a file is lowered.
struct Instance<'f> {
    lowering: Lowering<'f>,
    system: Text,
    bytes: &'f [u8],
    /// Holders that have their fact.
    seen: BTreeSet<Text>,
}

/// What lines say of one role.
#[derive(Default)]
struct Role {
    statements: Vec<Statement>,
    includes: Vec<IncludeFact>,
    at: Option<Origin>,
}

impl Instance<'_> {
    /// The ConfigMap of policies.
    fn policies(&mut self, object: &Node) {
        self.lowering.count("ConfigMap");
        let Some(data) = object.get("data") else { return };
        let matching = match data.get("policy.matchMode").and_then(Node::as_str) {
            Some("regex") => Matching::Regex,
            _ => Matching::Glob,
        };
        let mut roles = BTreeMap::new();
        for entry in data.as_map().unwrap_or_default() {
            if entry.key.starts_with("policy.") && entry.key.ends_with("csv") {
                self.text(&entry.value, matching, &mut roles);
            }
        }
        if let Some(role) = data.get("policy.default")
            && let Some(name) = role.as_str().filter(|name| !name.is_empty())
        {
            let to = self.group(EVERYBODY, role.span);
            self.grant(to, Granted::Role(self.native(name)), role.span);
        }
        self.roles(roles);
    }

    fn text(&mut self, node: &Node, matching: Matching, roles: &mut BTreeMap<String, Role>) {
        let Some(text) = node.as_str() else {
            if !node.is_null() {
                let reason = format!("a policy is {}, not text", node.kind());
                self.lowering.unresolved(Gap::Broken, node.span, reason, "nothing in it is evaluated");
            }
            return;
        };
        for line in lines(text, node, self.bytes) {
            self.line(&line.rule, line.span, matching, roles);
        }
    }

    fn line(&mut self, rule: &Rule<'_>, span: Span, matching: Matching, roles: &mut BTreeMap<String, Role>) {
        let origin = self.lowering.at(span);
        match rule {
            Rule::Broken(reason) => {
                self.lowering.unresolved(Gap::Broken, span, *reason, "this line is not evaluated");
            }
            Rule::Policy { subject, resource, action, object, allow } => {
                self.lowering.count("policy");
                let Some(statement) = self.statement([resource, action, object], *allow, matching, span) else {
                    return;
                };
                if is_role(subject) {
                    let role = roles.entry((*subject).to_owned()).or_default();
                    role.at.get_or_insert(origin);
                    role.statements.push(statement);
                } else {
                    let to = self.subject(subject, span);
                    self.grant(to, Granted::Statements(vec![statement]), span);
                }
            }
            Rule::Group { subject, role } => {
                self.lowering.count("assignment");
                let inner = self.native(role);
                if is_role(subject) {
                    let outer = roles.entry((*subject).to_owned()).or_default();
                    outer.at.get_or_insert(origin);
                    outer.includes.push(IncludeFact { role: inner, origin });
                } else {
                    let to = self.subject(subject, span);
                    self.grant(to, Granted::Role(inner), span);
                }
            }
        }
    }

    fn statement(
        &mut self,
        [resource, action, object]: [&str; 3],
        allow: bool,
        matching: Matching,
        span: Span,
    ) -> Option<Statement> {
        let mut patterns = [resource, action, object].map(|text| pattern(text, matching));
        if patterns.iter().any(Option::is_none) {
            let consequence = if allow {
                "it is read as `*`, so this line may permit less than shown"
            } else {
                "this denial is left out, so less may be permitted than shown"
            };
            let reason = "this line has a pattern that is more than `*` and `?`";
            self.lowering.unresolved(Gap::Unsupported, span, reason, consequence);
            if !allow {
                return None;
            }
        }
        let [resource, action, object] = patterns.each_mut().map(|own| own.take().unwrap_or_else(|| "*".to_owned()));
        // The object of what belongs to a project begins with the project.
        let project = object.split_once('/').map(|(project, _)| project).filter(|_| is_of_project(&resource));
        let scope = match project {
            Some(project) if !project.contains(['*', '?']) => {
                Scope::unknown().with(Dimension::new("argocd_project"), Values::of([project]))
            }
            _ => Scope::unknown(),
        };
        Some(Statement {
            effect: if allow { Effect::Allow } else { Effect::Deny },
            scope,
            ..Statement::allow(
                Patterns::of([format!("{resource}:{action}")]),
                Patterns::of([object]),
                self.lowering.at(span),
            )
        })
    }

    fn roles(&mut self, roles: BTreeMap<String, Role>) {
        for (name, mut role) in roles {
            let Some(origin) = role.at else { continue };
            if BUILT_IN.contains(&name.as_str()) {
                role.includes.push(IncludeFact { role: self.native(&format!("built-in/{name}")), origin });
            }
            self.lowering.facts.roles.push(RoleFact {
                includes: role.includes,
                ..RoleFact::new(self.native(&name), role.statements, origin)
            });
        }
    }

    /// The ConfigMap of settings: local accounts, and whether nobody needs one.
    fn settings(&mut self, object: &Node) {
        self.lowering.count("ConfigMap");
        for entry in object.get("data").and_then(Node::as_map).unwrap_or_default() {
            if let Some(name) = entry.key.strip_prefix("accounts.").filter(|name| !name.contains('.')) {
                self.account(name, entry.key_span);
            }
            if &*entry.key == "users.anonymous.enabled" && entry.value.as_text() == Some("true") {
                let member = self.group("anonymous", entry.key_span);
                let Holder::Group(group) = self.group(EVERYBODY, entry.key_span) else { continue };
                let origin = self.lowering.at(entry.span());
                let fact = MembershipFact { member, group, validity: Validity::default(), origin };
                self.lowering.facts.memberships.push(fact);
            }
        }
    }

    /// A project: its roles, the groups that have them, and the tokens that act as them.
    fn project(&mut self, object: &Node) {
        self.lowering.count("AppProject");
        let Some(project) = object.at(&["metadata", "name"]).and_then(Node::as_str) else {
            let reason = "this project has no name that is text";
            self.lowering.unresolved(Gap::Broken, object.span, reason, "its roles are not evaluated");
            return;
        };
        for role in object.at(&["spec", "roles"]).and_then(Node::as_list).unwrap_or_default() {
            let Some(name) = role.get("name").filter(|name| name.as_str().is_some()) else {
                let reason = "a role of a project has no name that is text";
                self.lowering.unresolved(Gap::Broken, role.span, reason, "this role is not evaluated");
                continue;
            };
            let id = format!("proj:{project}:{}", name.as_str().unwrap_or_default());
            let mut roles = BTreeMap::new();
            let origin = self.lowering.at(name.span);
            roles.insert(id.clone(), Role { at: Some(origin), ..Role::default() });
            for policy in role.get("policies").and_then(Node::as_list).unwrap_or_default() {
                self.text(policy, Matching::Glob, &mut roles);
            }
            self.roles(roles);
            for group in role.get("groups").and_then(Node::as_list).unwrap_or_default() {
                if let Some(own) = group.as_str().filter(|own| !own.is_empty()) {
                    let to = self.group(own, group.span);
                    self.grant(to, Granted::Role(self.native(&id)), group.span);
                }
            }
            for token in role.get("jwtTokens").and_then(Node::as_list).unwrap_or_default() {
                self.token(&id, token);
            }
        }
    }

    /// A token of a role. Without an end it never expires.
    fn token(&mut self, role: &str, token: &Node) {
        let number = |key: &str| token.get(key).and_then(Node::as_text).and_then(|text| text.parse::<i64>().ok());
        let first = !self.seen.contains(role);
        let holder = self.account(role, token.span);
        if first {
            self.grant(holder.clone(), Granted::Role(self.native(role)), token.span);
        }
        let name = token.get("id").or_else(|| token.get("iat")).and_then(Node::as_text).unwrap_or("token");
        let fact = CredentialFact {
            id: self.native(&format!("{role}/{name}")),
            holder,
            kind: CredentialKind::Token,
            lifetime: number("exp").map_or(Lifetime::Unbounded, Lifetime::Until),
            created: number("iat"),
            detail: CredentialDetail::of("argocd_project_token"),
            origin: self.lowering.at(token.span),
        };
        self.lowering.facts.credentials.push(fact);
    }

    /// Who a line is about. Nothing tells accounts from groups of the identity provider but what they look like: an
    /// address is somebody, and `admin` is the account that is always there.
    fn subject(&mut self, name: &str, span: Span) -> Holder {
        if name == "admin" || name.contains('@') { self.account(name, span) } else { self.group(name, span) }
    }

    fn account(&mut self, name: &str, span: Span) -> Holder {
        let id = self.native(name);
        if self.seen.insert(id.name.clone()) {
            let origin = self.lowering.at(span);
            let kind = if name.starts_with("proj:") { AccountKind::ServiceAccount } else { AccountKind::User };
            self.lowering.facts.accounts.push(AccountFact { id: id.clone(), kind, boundary: None, origin });
        }
        Holder::Account(id)
    }

    fn group(&mut self, name: &str, span: Span) -> Holder {
        let id = self.native(name);
        if self.seen.insert(id.name.clone()) {
            let origin = self.lowering.at(span);
            self.lowering.facts.groups.push(GroupFact { id: id.clone(), members_listed: false, origin });
        }
        Holder::Group(id)
    }

    fn grant(&mut self, to: Holder, what: Granted, span: Span) {
        self.lowering.facts.grants.push(GrantFact::new(to, self.system.clone(), what, self.lowering.at(span)));
    }

    fn native(&self, name: &str) -> Native {
        Native::new(self.system.clone(), name)
    }
}

fn is_role(subject: &str) -> bool {
    subject.starts_with("role:") || subject.starts_with("proj:")
}

/// The resources whose objects begin with their project.
fn is_of_project(resource: &str) -> bool {
    matches!(resource, "applications" | "applicationsets" | "logs" | "exec")
}

/// A pattern in our words; None when `*` and `?` do not say it.
fn pattern(text: &str, matching: Matching) -> Option<String> {
    if matching == Matching::Glob {
        return (!text.contains(['[', '{', '\\'])).then(|| text.to_owned());
    }
    let text = text.strip_prefix('^').unwrap_or(text);
    let text = text.strip_suffix('$').unwrap_or(text).replace(".*", "*");
    let literal = text.replace("\\.", ".");
    (!text.replace("\\.", "").contains(['[', '(', '|', '+', '?', '\\', '{', '^', '$'])).then_some(literal)
}
