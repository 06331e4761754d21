//! Trust policies: who may act as a role (IAM user guide, "AWS JSON policy elements: Principal" and "Roles terms and
//! concepts").

use super::conditions::{conditions, never_hold};
use super::policy::{effect, is_template, placeholder, statements_of, texts};
use super::{Access, Fault, arn};
use crate::facts::{Effect, Gap, GroupFact, Holder, Native, TrustFact, Trusted};
use crate::formats::text;
use crate::formats::wildcards::matches;
use crate::syntax::{Node, Span};

/// The action that accounts and services take to act as a role.
const ASSUME: &str = "sts:AssumeRole";

/// The actions that federated identities take.
const ASSUME_FEDERATED: [&str; 2] = ["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

/// Most conditions that one statement repeats over all of its principals; see the limit on conditions.
const MAX_REPEATED: usize = 100_000;

impl Access<'_> {
    /// The trust policy of one role.
    pub(super) fn trust(&mut self, target: &Native, document: &Node) {
        self.lowering.count("trust");
        let statements = match statements_of(document) {
            Ok(statements) => statements,
            Err(fault) => return self.report(fault, "who may act as this role is not known"),
        };
        for statement in statements {
            if let Err(fault) = self.trust_statement(target, statement) {
                self.report(fault, "whom this statement lets act as the role is not known");
            }
        }
    }

    fn trust_statement(&mut self, target: &Native, statement: &Node) -> Result<(), Fault> {
        let effect = effect(statement)?;
        if effect == Effect::Deny {
            let fault = Fault::unknown(statement.span, "a denial in a trust policy is not evaluated");
            self.report(fault, "fewer may act as this role than shown");
            return Ok(());
        }
        if let Some(entry) = statement.entry("NotPrincipal") {
            return Err(Fault::unknown(entry.key_span, "this trust is in everybody but those listed (`NotPrincipal`)"));
        }
        if let Some(entry) = statement.entry("NotAction") {
            return Err(Fault::unknown(
                entry.key_span,
                "this trust is for every action but those listed (`NotAction`)",
            ));
        }
        let Some(principal) = statement.get("Principal") else {
            return Err(Fault::broken(
                statement.span,
                "a statement of a trust policy names a `Principal`; this one does not",
            ));
        };
        let Some(action) = statement.get("Action") else {
            return Err(Fault::broken(statement.span, "this statement has no `Action`; AWS refuses this document"));
        };
        let actions = texts(action, "Action")?;
        if actions.iter().any(|action| is_template(action)) {
            return Err(placeholder(action.span));
        }
        let condition = statement.get("Condition");
        let conditions = conditions(condition, effect)?;
        if never_hold(condition) {
            return Ok(());
        }
        let covers = |wanted: &str| actions.iter().any(|pattern| matches(pattern, wanted));
        let directly = covers(ASSUME);
        let federated = ASSUME_FEDERATED.into_iter().any(covers);
        let principals = principals(principal)?;
        if principals.len().saturating_mul(conditions.len()) > MAX_REPEATED {
            return Err(Fault {
                gap: Gap::Unsupported,
                span: principal.span,
                reason: format!("{} principals under {} conditions are too many", principals.len(), conditions.len()),
            });
        }
        for (kind, name, span) in principals {
            let trusted = match kind {
                // Tagging a session, or giving it an identity, lets nobody in.
                Kind::Anyone if directly || federated => Trusted::Anyone,
                Kind::Aws if directly => match aws_principal(name, span) {
                    Ok(trusted) => trusted,
                    Err(fault) => {
                        self.report(fault, "whether this principal may act as the role is not known");
                        continue;
                    }
                },
                Kind::Service if directly => Trusted::Service(text(name)),
                Kind::Federated if federated => Trusted::Holder(Holder::Group(self.federated(name, span))),
                Kind::Canonical => {
                    let fault = Fault::broken(span, "only the policies of buckets name principals by canonical id");
                    self.report(fault, "whether this principal may act as the role is not known");
                    continue;
                }
                _ => continue,
            };
            let origin = self.lowering.at(span);
            self.lowering.facts.trusts.push(TrustFact {
                target: target.clone(),
                trusted,
                conditions: conditions.clone(),
                origin,
            });
        }
        Ok(())
    }

    /// The users of an identity provider, as a group whose members are listed elsewhere.
    pub(super) fn federated(&mut self, provider: &str, span: Span) -> Native {
        let id = self.native(&format!("federated:{provider}"));
        if self.groups.insert(id.clone()) {
            let origin = self.lowering.at(span);
            self.lowering.facts.groups.push(GroupFact { id: id.clone(), members_listed: false, origin });
        }
        id
    }
}

/// The kinds of principals that a policy can name.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Anyone,
    Aws,
    Service,
    Federated,
    /// An account by the id that S3 knows it by.
    Canonical,
}

/// Every principal that the element names.
pub(super) fn principals(element: &Node) -> Result<Vec<(Kind, &str, Span)>, Fault> {
    if let Some(name) = element.as_str() {
        return match name {
            "*" => Ok(vec![(Kind::Anyone, name, element.span)]),
            _ if is_template(name) => Err(placeholder(element.span)),
            _ => Err(Fault::broken(
                element.span,
                format!("the principal `{name}` has no kind; AWS refuses this document"),
            )),
        };
    }
    let Some(entries) = element.as_map() else {
        return Err(Fault::broken(element.span, format!("`Principal` is {}, not an object", element.kind())));
    };
    let mut found = Vec::new();
    for entry in entries {
        let kind = match &*entry.key {
            "AWS" => Kind::Aws,
            "Service" => Kind::Service,
            "Federated" => Kind::Federated,
            "CanonicalUser" => Kind::Canonical,
            other => {
                return Err(Fault::broken(
                    entry.key_span,
                    format!("there is no principal of the kind `{other}`; AWS refuses this document"),
                ));
            }
        };
        let names = texts(&entry.value, &entry.key)?;
        for (name, node) in names.into_iter().zip(entry.value.one_or_many()) {
            if is_template(name) {
                return Err(placeholder(node.span));
            }
            let kind = if name == "*" && matches!(kind, Kind::Aws) { Kind::Anyone } else { kind };
            found.push((kind, name, node.span));
        }
    }
    Ok(found)
}

/// An account, user, role or session by ARN or id. Trust in an account, which its root ARN or its bare number
/// names, leaves the decision to the policies of that account.
pub(super) fn aws_principal(name: &str, span: Span) -> Result<Trusted, Fault> {
    let account = |id: &str| Trusted::WhoeverMay { system: arn::system(id).into(), action: text(ASSUME) };
    if arn::is_account(name) {
        return Ok(account(name));
    }
    if let Some(found) = arn::Arn::of(name)
        && let Some(id) = found.customer_account()
    {
        if found.service == "iam" && found.resource == "root" {
            return Ok(account(id));
        }
        if found.resource.contains(['*', '?']) {
            return Err(Fault::broken(span, "a principal cannot be named with wildcards; AWS refuses this document"));
        }
        if matches!(found.service, "iam" | "sts") {
            return Ok(Trusted::Holder(Holder::Account(Native::new(arn::system(id), name))));
        }
    }
    // AWS shows a principal that was deleted by its unique id (IAM user guide, "IAM identifiers", unique IDs).
    let is_unique_id = ["AIDA", "AROA"].iter().any(|prefix| name.starts_with(prefix))
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if is_unique_id {
        return Err(Fault {
            gap: Gap::Dangling,
            span,
            reason: format!("the principal {name} is a unique id, which is what remains of a deleted user or role"),
        });
    }
    Err(Fault::broken(span, format!("`{name}` is no AWS account, user, role or session")))
}
