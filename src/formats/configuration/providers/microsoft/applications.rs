//! Applications, service principals and managed identities: what authenticates them, who may act as them, and what they
//! may do with other applications.

use super::cloud;
use super::directory::identity as identity_of;
use super::principals::{account, principals};
use crate::facts::scope::Scope;
use crate::facts::{
    AccountFact, AccountKind, CredentialDetail, CredentialFact, CredentialKind, Gap, Granted, Holder, Lifetime, Native,
    Origin, TrustFact, Trusted,
};
use crate::formats::azure::PrincipalKind;
use crate::formats::configuration::providers::Lowering;
use crate::formats::configuration::providers::arguments::{each, required, text};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::{Reference, Value, Why};

/// An application, with its owners and the passwords in its block.
pub(super) fn application(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(id) = declare(resource, lowering) else { return };
    for block in resource.blocks("password") {
        let name = format!("{}/password", resource.lasting_name);
        credential(name, &id, CredentialKind::Password, block.get("end_date"), block.origin, lowering);
    }
    if let Some(owners) = resource.get("owners") {
        owned_by(&id, owners, lowering);
    }
}

pub(super) fn service_principal(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(id) = declare(resource, lowering) else { return };
    if let Some(owners) = resource.get("owners") {
        owned_by(&id, owners, lowering);
    }
}

pub(super) fn identity(resource: &Resource, lowering: &mut Lowering<'_>) {
    declare(resource, lowering);
}

fn declare(resource: &Resource, lowering: &mut Lowering<'_>) -> Option<Native> {
    let id = identity_of(resource, lowering)?;
    let (kind, origin) = (AccountKind::ServiceAccount, resource.origin);
    lowering.facts.accounts.push(AccountFact { id: id.clone(), kind, boundary: None, origin });
    Some(id)
}

/// An owner can add a secret and then act as the application (Entra documentation, "Overview of enterprise application
/// ownership").
fn owned_by(target: &Native, owners: &Value, lowering: &mut Lowering<'_>) {
    for (owner, origin) in principals(owners, PrincipalKind::Unknown, lowering) {
        let (target, trusted) = (target.clone(), Trusted::Holder(owner));
        lowering.facts.trusts.push(TrustFact { target, trusted, conditions: Vec::new(), origin });
    }
}

pub(super) fn owner(resource: &Resource, lowering: &mut Lowering<'_>) {
    let (Some(application), Some(owner)) =
        (required(resource, "application_id", lowering), required(resource, "owner_object_id", lowering))
    else {
        return;
    };
    if let Some(target) = account(application, lowering) {
        owned_by(&target, owner, lowering);
    }
}

/// The argument that says whose something is; its name changed between releases of the provider.
const WHOSE: [&str; 3] = ["application_id", "application_object_id", "service_principal_id"];

pub(super) fn password(resource: &Resource, lowering: &mut Lowering<'_>) {
    own_credential(resource, CredentialKind::Password, lowering);
}

pub(super) fn certificate(resource: &Resource, lowering: &mut Lowering<'_>) {
    own_credential(resource, CredentialKind::Certificate, lowering);
}

fn own_credential(resource: &Resource, kind: CredentialKind, lowering: &mut Lowering<'_>) {
    let Some(whose) = whose(resource, &WHOSE, lowering) else { return };
    let name = resource.lasting_name.to_string();
    credential(name, &whose, kind, resource.get("end_date"), resource.origin, lowering);
}

fn whose(resource: &Resource, arguments: &[&str], lowering: &mut Lowering<'_>) -> Option<Native> {
    match arguments.iter().find_map(|name| resource.get(name)) {
        Some(value) => account(value, lowering),
        None => {
            let reason = format!("this block has no `{}`", arguments.first().copied().unwrap_or_default());
            lowering.unresolved(Gap::Broken, resource.origin, reason, "this block is not evaluated");
            None
        }
    }
}

/// Without a date the directory decides how long a secret lives.
fn credential(
    name: String,
    whose: &Native,
    kind: CredentialKind,
    end: Option<&Value>,
    origin: Origin,
    lowering: &mut Lowering<'_>,
) {
    let until = end.and_then(Value::as_str).and_then(|at| at.parse::<jiff::Timestamp>().ok());
    let lifetime = until.map_or(Lifetime::Unknown, |at| Lifetime::Until(at.as_second()));
    let cloud = cloud(lowering);
    let id = Native::new(cloud.entra.clone(), format!("key/{name}"));
    let holder = Holder::Account(whose.clone());
    let detail = CredentialDetail::default();
    cloud.facts.credentials.push(CredentialFact { id, holder, kind, lifetime, created: None, detail, origin });
}

pub(super) fn application_federation(resource: &Resource, lowering: &mut Lowering<'_>) {
    federation(resource, &WHOSE, lowering);
}

pub(super) fn identity_federation(resource: &Resource, lowering: &mut Lowering<'_>) {
    federation(resource, &["user_assigned_identity_id", "parent_id"], lowering);
}

fn federation(resource: &Resource, arguments: &[&str], lowering: &mut Lowering<'_>) {
    let Some(target) = whose(resource, arguments, lowering) else { return };
    let Some(issuer) = required(resource, "issuer", lowering) else { return };
    if let Some(unknown) = issuer.as_unknown().cloned() {
        lowering.unknown(&unknown, issuer.origin, "whose tokens let in is not known");
    }
    let issuer = text(issuer).unwrap_or_default();
    let subject = resource.get("subject").and_then(text);
    cloud(lowering).federate(target, &issuer, subject.as_deref(), resource.origin);
}

pub(super) fn flexible_federation(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(target) = whose(resource, &WHOSE, lowering) else { return };
    let (Some(issuer), Some(expression)) =
        (required(resource, "issuer", lowering), required(resource, "claims_matching_expression", lowering))
    else {
        return;
    };
    if let Some(unknown) = issuer.as_unknown().cloned() {
        lowering.unknown(&unknown, issuer.origin, "whose tokens let in is not known");
    }
    let (issuer, expression) = (text(issuer).unwrap_or_default(), text(expression).unwrap_or_else(|| "?".into()));
    cloud(lowering).federate_flexibly(target, &issuer, &expression, resource.origin);
}

/// A permission of another application, such as Microsoft Graph: a role that the directory knows by name.
pub(super) fn app_role_assignment(resource: &Resource, lowering: &mut Lowering<'_>) {
    let (Some(role), Some(principal)) =
        (required(resource, "app_role_id", lowering), required(resource, "principal_object_id", lowering))
    else {
        return;
    };
    let names = each(role, lowering, |lowering, own, _| {
        let name = app_role(own)?;
        if name.contains("${") {
            let unknown = own.first_unknown().cloned()?;
            lowering.unknown(&unknown, own.origin, "which permission this gives is not known");
        }
        Some(name)
    });
    for (to, origin) in principals(principal, PrincipalKind::Unknown, lowering) {
        for name in &names {
            let mut cloud = cloud(lowering);
            let role = cloud.directory_role(name);
            cloud.grant(to.clone(), Granted::Role(role), Scope::unknown(), Vec::new(), origin);
        }
    }
}

/// `azuread_service_principal.graph.app_role_ids["User.Read.All"]` names the permission that it looks up.
fn app_role(value: &Value) -> Option<String> {
    let reference: Option<&Reference> = match (&value.reference, value.as_unknown().map(|own| &own.why)) {
        (Some(reference), _) => Some(reference),
        (None, Some(Why::AfterApply(reference) | Why::Data(reference))) => Some(reference),
        _ => None,
    };
    let looked_up = reference
        .and_then(|own| own.attribute.strip_prefix("app_role_ids"))
        .map(|key| key.trim_start_matches('.').trim_matches(|c| matches!(c, '[' | ']' | '"')).to_owned());
    looked_up.filter(|name| !name.is_empty()).or_else(|| text(value))
}
