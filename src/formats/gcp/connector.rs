//! Config Connector: Google Cloud's IAM as Kubernetes objects (Config Connector reference, API group
//! `iam.cnrm.cloud.google.com`).

use super::native::Reader;
use super::{On, project_of, service_account};
use crate::facts::{
    AccountFact, AccountKind, CredentialDetail, CredentialFact, CredentialKind, Facts, Gap, Holder, Lifetime, RoleKind,
};
use crate::formats::mentioned::Mentioned;
use crate::formats::{Format, Grouping, Recognise, Unit};
use crate::syntax::{Node, SyntaxError};

/// Objects of Config Connector.
pub const FORMAT: Format = Format {
    name: "config-connector",
    recognise: Recognise::Data(|_, document| kind_of(document).is_some()),
    suspect,
    unit: Grouping::Alone,
    lower,
};

const GROUP: &str = "iam.cnrm.cloud.google.com/";

/// The kinds that declare access.
const KINDS: [&str; 6] =
    ["IAMPolicy", "IAMPartialPolicy", "IAMPolicyMember", "IAMCustomRole", "IAMServiceAccount", "IAMServiceAccountKey"];

fn kind_of(document: &Node) -> Option<&'static str> {
    let version = document.get("apiVersion").and_then(Node::as_str)?;
    let kind = document.get("kind").and_then(Node::as_str)?;
    version.starts_with(GROUP).then(|| KINDS.into_iter().find(|own| *own == kind)).flatten()
}

fn suspect(_path: &str, text: &str, _error: &SyntaxError) -> Option<Gap> {
    text.contains(GROUP).then(|| if text.contains("{{") { Gap::Unsupported } else { Gap::Broken })
}

fn lower(unit: &Unit<'_>) -> Facts {
    let mut facts = Facts::default();
    for (place, file) in unit.files.iter().enumerate() {
        let mut mentioned = Mentioned::default();
        for document in &file.documents {
            let Some(kind) = kind_of(document) else { continue };
            let mut reader = Reader::new(&mut facts, &mut mentioned, file, place);
            reader.count(kind);
            reader.object(kind, document);
        }
        mentioned.settle(&mut facts);
    }
    facts
}

/// An object's name in Google Cloud: `resourceID`, else the name in Kubernetes.
fn name(object: &Node) -> Option<&str> {
    let text = |path: &[&str]| object.at(path).and_then(Node::as_str).filter(|text| !text.is_empty());
    text(&["spec", "resourceID"]).or_else(|| text(&["metadata", "name"]))
}

/// The project of an object: that of its annotation, else its namespace is called as the project.
fn project(object: &Node) -> Option<&str> {
    let annotations = object.at(&["metadata", "annotations"]);
    let annotated = annotations.and_then(|own| own.get("cnrm.cloud.google.com/project-id"));
    annotated.or_else(|| object.at(&["metadata", "namespace"])).and_then(Node::as_str)
}

/// The address of the service account that a reference names.
fn account_of(reference: &Node, object: &Node) -> Option<String> {
    if let Some(external) = reference.get("external").and_then(Node::as_str) {
        return Some(super::last_part(external).to_owned());
    }
    let name = reference.get("name").and_then(Node::as_str)?;
    let project = reference.get("namespace").and_then(Node::as_str).or_else(|| project(object));
    Some(format!("{name}@{}.iam.gserviceaccount.com", project.unwrap_or("${project}")))
}

/// The principal of a member: as a policy writes it, or the identity of another object.
fn member(own: &Node, object: &Node) -> Option<String> {
    if let Some(text) = own.as_str().or_else(|| own.get("member").and_then(Node::as_str)) {
        return Some(text.to_owned());
    }
    let account = own.at(&["memberFrom", "serviceAccountRef"])?;
    Some(format!("serviceAccount:{}", account_of(account, object)?))
}

/// A resource kind as the policy types of Terraform have it: `storage_bucket` of `StorageBucket`.
fn snake(kind: &str) -> String {
    let kind =
        kind.replace("PubSub", "Pubsub").replace("BigQuery", "Bigquery").replace("RunService", "CloudRunService");
    let letters: Vec<char> = kind.chars().collect();
    let mut out = String::new();
    for (at, c) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let starts = c.is_uppercase()
            && before
                .is_some_and(|before| before.is_lowercase() || letters.get(at + 1).is_some_and(|n| n.is_lowercase()));
        if starts {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

impl Reader<'_> {
    fn object(&mut self, kind: &str, object: &Node) {
        match kind {
            "IAMPolicy" | "IAMPartialPolicy" => {
                let on = self.on(object);
                for binding in object.at(&["spec", "bindings"]).and_then(Node::as_list).unwrap_or_default() {
                    self.binding(binding, &on, |own| member(own, object));
                }
            }
            "IAMPolicyMember" => self.member(object),
            "IAMCustomRole" => self.custom_role(object),
            "IAMServiceAccount" => {
                let Some(name) = name(object) else { return self.nameless(object) };
                let email = format!("{name}@{}.iam.gserviceaccount.com", project(object).unwrap_or("${project}"));
                let (id, origin) = (self.cloud.native(&service_account(&email)), self.at(object.span));
                let kind = AccountKind::ServiceAccount;
                self.cloud.facts.accounts.push(AccountFact { id, kind, boundary: None, origin });
            }
            _ => self.key(object),
        }
    }

    fn nameless(&mut self, object: &Node) {
        self.unresolved(Gap::Broken, object.span, "this object has no name", "it is not evaluated");
    }

    fn member(&mut self, object: &Node) {
        let on = self.on(object);
        let spec = object.get("spec");
        let role = spec.and_then(|spec| spec.get("role")).and_then(Node::as_str);
        let (Some(spec), Some(role), Some(member)) = (spec, role, spec.and_then(|spec| member(spec, object))) else {
            let reason = "a policy member has a `role`, and a `member` or a service account in `memberFrom`";
            return self.unresolved(Gap::Broken, object.span, reason, "it is not evaluated");
        };
        let limits = self.limits(spec.get("condition"));
        let span = spec.get("member").map_or(spec.span, |own| own.span);
        self.bind(&member, role, &on, &limits, span);
    }

    fn custom_role(&mut self, object: &Node) {
        let Some(name) = name(object) else { return self.nameless(object) };
        let annotation = |key: &str| object.at(&["metadata", "annotations", key]).and_then(Node::as_str);
        let parent = match annotation("cnrm.cloud.google.com/organization-id") {
            Some(organization) => format!("organizations/{organization}"),
            None => format!("projects/{}", project(object).unwrap_or("${project}")),
        };
        let title = object.at(&["spec", "title"]).and_then(Node::as_str).map(Into::into);
        let permissions = object.at(&["spec", "permissions"]);
        self.define(&format!("{parent}/roles/{name}"), RoleKind::Role, title, permissions, object.span);
    }

    fn key(&mut self, object: &Node) {
        let account = object.at(&["spec", "serviceAccountRef"]).and_then(|own| account_of(own, object));
        let (Some(name), Some(email)) = (name(object), account) else {
            let reason = "a key has a name and a `serviceAccountRef`";
            return self.unresolved(Gap::Broken, object.span, reason, "it is not evaluated");
        };
        let holder = self.cloud.native(&service_account(&email));
        let origin = self.at(object.span);
        self.cloud.mentioned.account(&holder, AccountKind::ServiceAccount, origin);
        let credential = CredentialFact {
            id: self.cloud.native(&format!("key/{}/{name}", project(object).unwrap_or("${project}"))),
            holder: Holder::Account(holder),
            kind: CredentialKind::ServiceAccountKey,
            lifetime: Lifetime::Unbounded,
            detail: CredentialDetail::of("IAMServiceAccountKey"),
            created: None,
            origin,
        };
        self.cloud.facts.credentials.push(credential);
    }

    /// What an object's policy is set on.
    fn on(&mut self, object: &Node) -> On {
        let Some(reference) = object.at(&["spec", "resourceRef"]) else {
            let reason = "this object does not say which resource it is about (`resourceRef`)";
            self.unresolved(Gap::Unknown, object.span, reason, "what it grants counts as in every project");
            return On::Unknown;
        };
        let text = |key: &str| reference.get(key).and_then(Node::as_str);
        let external = text("external");
        let named = external.map(super::last_part).or_else(|| text("name"));
        let own_project = external.and_then(project_of).or_else(|| text("namespace")).or_else(|| project(object));
        match text("kind").unwrap_or_default() {
            // Without a name, a project is that of the object.
            "Project" => On::Project(named.or_else(|| project(object)).map(Into::into)),
            "Folder" => On::Folder(named.map(Into::into)),
            "Organization" => On::Organization(named.map(Into::into)),
            "IAMServiceAccount" => {
                let email = account_of(reference, object);
                let project = email.as_deref().and_then(super::project_of_account).map(Into::into);
                On::ServiceAccount { project, email: email.map(Into::into) }
            }
            kind => On::Resource {
                name: named.map(|name| format!("{}/{name}", snake(kind)).into()),
                project: own_project.map(Into::into),
            },
        }
    }
}
