//! Service accounts, their keys, and the identities of elsewhere that may take their place.

use super::super::arguments::{required, text};
use super::computed;
use super::iam::{cloud, possible};
use crate::facts::{
    AccountFact, AccountKind, CredentialDetail, CredentialFact, CredentialKind, GroupFact, Holder, Lifetime,
    MembershipFact, Validity,
};
use crate::formats::configuration::providers::Lowering;
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::{Reference, Value};
use crate::formats::gcp::{self, last_part};

pub(super) fn service_account(resource: &Resource, lowering: &mut Lowering<'_>) {
    let reference =
        Reference { address: resource.name.clone(), kind: resource.kind().into(), data: false, attribute: "".into() };
    let computed = computed::ROWS.iter().find(|(kind, _)| *kind == resource.kind());
    let own = computed.map(|(_, compute)| compute(&resource.attributes, &reference, resource.origin));
    let email = own.unwrap_or_default().into_iter().find(|(name, _)| *name == "email");
    let Some(email) = email.and_then(|(_, email)| text(&email)) else { return };
    let cloud = cloud(lowering);
    let id = cloud.native(&gcp::service_account(&email));
    let kind = AccountKind::ServiceAccount;
    cloud.facts.accounts.push(AccountFact { id, kind, boundary: None, origin: resource.origin });
}

/// A key of a service account lives until it is deleted (IAM documentation, "Service account keys").
pub(super) fn key(resource: &Resource, lowering: &mut Lowering<'_>) {
    credential(resource, "service_account_id", CredentialKind::ServiceAccountKey, lowering);
}

/// An HMAC key of Cloud Storage is an access key of a service account, and does not end either.
pub(super) fn hmac_key(resource: &Resource, lowering: &mut Lowering<'_>) {
    credential(resource, "service_account_email", CredentialKind::AccessKey, lowering);
}

fn credential(resource: &Resource, argument: &str, kind: CredentialKind, lowering: &mut Lowering<'_>) {
    let Some(account) = required(resource, argument, lowering) else { return };
    for (name, origin) in possible(account, "whose key this is, is not known", lowering) {
        let email = if name.starts_with("${") { &*name } else { last_part(&name) };
        let cloud = cloud(lowering);
        let id = cloud.native(&format!("key/{}", resource.lasting_name));
        let holder = cloud.native(&gcp::service_account(email));
        cloud.mentioned.account(&holder, AccountKind::ServiceAccount, origin);
        cloud.facts.credentials.push(CredentialFact {
            id,
            holder: Holder::Account(holder),
            kind,
            lifetime: Lifetime::Unbounded,
            detail: CredentialDetail::default(),
            created: None,
            origin: resource.origin,
        });
    }
}

/// A pool by its name in principal identifiers, as far as it is known.
fn pool_name(project: &Value, pool: &Value) -> Option<String> {
    let name = text(pool)?;
    if name.starts_with("projects/") {
        return Some(name);
    }
    Some(format!("projects/{}/locations/global/workloadIdentityPools/{name}", text(project)?))
}

/// All identities of a pool.
pub(super) fn pool(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(id) = required(resource, "workload_identity_pool_id", lowering) else { return };
    let project = computed::project(&resource.attributes, resource.origin);
    let Some(name) = pool_name(&project, id) else { return };
    let cloud = cloud(lowering);
    let id = cloud.native(&everybody_in(&name));
    cloud.facts.groups.push(GroupFact { id, members_listed: true, origin: resource.origin });
}

fn everybody_in(pool: &str) -> String {
    format!("principalSet://iam.googleapis.com/{pool}/*")
}

/// Who may take an identity of a pool: whoever the issuer vouches for, as far as the provider's condition lets them
/// (IAM documentation, "Workload Identity Federation", attribute conditions). Those whom a condition narrows are another
/// group than those whom none does.
pub(super) fn pool_provider(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(pool) = required(resource, "workload_identity_pool_id", lowering) else { return };
    let project = computed::project(&resource.attributes, resource.origin);
    let declared = lowering.resolve(pool).map(|(own, _)| own).filter(|own| own.kind() != resource.kind()).cloned();
    let own = declared.as_ref().and_then(|own| own.get("workload_identity_pool_id"));
    let of = declared.as_ref().map_or(project.clone(), |own| computed::project(&own.attributes, own.origin));
    let Some(name) = pool_name(&of, own.unwrap_or(pool)) else { return };
    let issuer = |block: &str, argument: &str| resource.blocks(block).first()?.get(argument).and_then(text);
    let issuer = issuer("oidc", "issuer_uri")
        .or_else(|| issuer("aws", "account_id").map(|account| format!("aws:{account}")))
        .or_else(|| resource.blocks("saml").first().map(|_| format!("saml:{}", resource.lasting_name)))
        .unwrap_or_else(|| resource.lasting_name.to_string());
    let condition = resource.get("attribute_condition").and_then(text).filter(|text| !text.trim().is_empty());
    let condition = condition.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let who = match condition.as_deref() {
        None | Some("true") => format!("federated:{issuer}"),
        Some(condition) => format!("federated:{issuer} if {condition}"),
    };
    let cloud = cloud(lowering);
    let (member, group) = (cloud.native(&who), cloud.native(&everybody_in(&name)));
    let origin = resource.origin;
    cloud.facts.groups.push(GroupFact { id: member.clone(), members_listed: false, origin });
    cloud.facts.memberships.push(MembershipFact {
        member: Holder::Group(member),
        group,
        validity: Validity::default(),
        origin,
    });
}
