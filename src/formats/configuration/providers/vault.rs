//! Vault: policies, the roles of its ways to log in, and groups of identities (registry.terraform.io, hashicorp/vault).

use super::arguments::{WHO, each, name_of, names, required, text};
use super::{Lowering, Row};
use crate::facts::scope::Scope;
use crate::facts::{
    AccountKind, CredentialDetail, CredentialFact, CredentialKind, Facts, Gap, Granted, Holder, Lifetime, Native,
    Origin, Statement, TrustFact, Trusted,
};
use crate::formats::cloud;
use crate::formats::configuration::resource::{Mode, Resource};
use crate::formats::configuration::value::{Kind, Value};
use crate::formats::vault::policy;
use crate::syntax::{Span, hcl};

/// The resource types of the provider `vault` that declare access.
pub const ROWS: &[&[Row]] = &[&[
    ("vault_policy", vault_policy),
    ("vault_kubernetes_auth_backend_role", |own, lowering| login(own, lowering, "kubernetes", "role_name")),
    ("vault_approle_auth_backend_role", |own, lowering| login(own, lowering, "approle", "role_name")),
    ("vault_jwt_auth_backend_role", |own, lowering| login(own, lowering, "jwt", "role_name")),
    ("vault_aws_auth_backend_role", |own, lowering| login(own, lowering, "aws", "role")),
    ("vault_gcp_auth_backend_role", |own, lowering| login(own, lowering, "gcp", "role")),
    ("vault_azure_auth_backend_role", |own, lowering| login(own, lowering, "azure", "role")),
    ("vault_cert_auth_backend_role", |own, lowering| login(own, lowering, "cert", "name")),
    ("vault_token_auth_backend_role", |own, lowering| login(own, lowering, "token", "role_name")),
    ("vault_approle_auth_backend_role_secret_id", secret_id),
    ("vault_ldap_auth_backend_group", |own, lowering| outside(own, lowering, "ldap", "groupname", true)),
    ("vault_ldap_auth_backend_user", |own, lowering| outside(own, lowering, "ldap", "username", false)),
    ("vault_github_team", |own, lowering| outside(own, lowering, "github", "team", true)),
    ("vault_github_user", |own, lowering| outside(own, lowering, "github", "user", false)),
    ("vault_okta_auth_backend_group", |own, lowering| outside(own, lowering, "okta", "group_name", true)),
    ("vault_okta_auth_backend_user", |own, lowering| outside(own, lowering, "okta", "username", false)),
    ("vault_token", token),
    ("vault_identity_group", identity_group),
    ("vault_identity_group_policies", |own, lowering| identity_policies(own, lowering, "group_id", true)),
    ("vault_identity_group_member_entity_ids", member_entities),
    ("vault_identity_group_member_group_ids", member_groups),
    ("vault_identity_group_alias", group_alias),
    ("vault_identity_entity", identity_entity),
    ("vault_identity_entity_policies", |own, lowering| identity_policies(own, lowering, "entity_id", false)),
]];

fn native(name: &str, lowering: &Lowering<'_>) -> Native {
    Native::new(lowering.system_of(policy::SYSTEM), name)
}

fn vault_policy(resource: &Resource, lowering: &mut Lowering<'_>) {
    let id = native(&policy::role(&name_of(resource, "name")), lowering);
    let Some(value) = required(resource, "policy", lowering) else { return };
    let mut statements = Vec::new();
    for own in value.candidates() {
        statements.extend(document(own, lowering));
    }
    lowering.facts.roles.push(policy::fact(id, statements, resource.origin));
}

/// The statements of a policy: a text, or the data source that writes one.
fn document(value: &Value, lowering: &mut Lowering<'_>) -> Vec<Statement> {
    if let Some((data, _)) = lowering.resolve(value)
        && data.address.mode == Mode::Data
        && data.kind() == "vault_policy_document"
    {
        let rules: Vec<Value> = data.blocks("rule").to_vec();
        return rules.iter().filter_map(|rule| written_rule(rule, lowering)).collect();
    }
    if let Some(unknown) = value.as_unknown().cloned() {
        lowering.unknown(&unknown, value.origin, "what this policy permits is not evaluated");
        return Vec::new();
    }
    // An unknown part of a path is any rest of it.
    if let Some(unknown) = value.first_unknown().cloned() {
        lowering.unknown(&unknown, value.origin, "this is read as `*`, so the policy may permit less than shown");
    }
    let Some(source) = value.render(|_| "*".into()) else { return Vec::new() };
    let body = match hcl::parse(source.as_bytes()) {
        Ok(body) => body,
        Err(error) => {
            let reason = format!("the policy cannot be read: {error}");
            lowering.unresolved(Gap::Broken, value.origin, reason, "what it permits is not evaluated");
            return Vec::new();
        }
    };
    let at = |span: Span| match &value.kind {
        Kind::Text(written) => written.within(value.origin, span),
        _ => value.origin,
    };
    let mut facts = Facts::default();
    let statements = policy::statements(&body, &at, &mut facts);
    lowering.facts.unresolved.append(&mut facts.unresolved);
    statements
}

fn written_rule(rule: &Value, lowering: &mut Lowering<'_>) -> Option<Statement> {
    let path = rule.get("path")?;
    if let Some(unknown) = rule.first_unknown().cloned() {
        lowering.unknown(&unknown, rule.origin, "this is read as `*`, so the policy may permit less than shown");
    }
    let path = path.render(|_| "*".into())?;
    let list = rule.get("capabilities").map(Value::one_or_many).unwrap_or_default();
    let capabilities: Vec<String> = list.iter().filter_map(Value::as_str).map(str::to_lowercase).collect();
    let mut facts = Facts::default();
    let found = policy::statement(&path, &capabilities, Vec::new(), rule.origin, &mut facts);
    lowering.facts.unresolved.append(&mut facts.unresolved);
    found
}

/// Grants the policies that arguments name.
fn policies(resource: &Resource, arguments: &[&str], to: &Holder, lowering: &mut Lowering<'_>) {
    const UNKNOWN: &str = "what this policy permits is not evaluated";
    let system = lowering.system_of(policy::SYSTEM);
    for value in arguments.iter().filter_map(|argument| resource.get(argument)) {
        for (name, origin) in names(value, ("vault_policy", "name"), UNKNOWN, lowering) {
            let role = native(&policy::role(&name), lowering);
            lowering.grant(to.clone(), Granted::Role(role), &system, Scope::unknown(), origin);
        }
    }
}

/// Where a way to log in is mounted.
fn mount(resource: &Resource, otherwise: &str, lowering: &Lowering<'_>) -> String {
    let Some(value) = resource.get("backend").or_else(|| resource.get("mount")) else { return otherwise.to_owned() };
    if let Some((backend, _)) = lowering.resolve(value)
        && value.as_str().is_none()
    {
        let named = backend.get("path").or_else(|| backend.get("type")).and_then(text);
        return named.unwrap_or_else(|| otherwise.to_owned());
    }
    text(value).unwrap_or_else(|| otherwise.to_owned())
}

/// A role of a way to log in: whoever logs in by it holds its policies.
fn login(resource: &Resource, lowering: &mut Lowering<'_>, backend: &str, argument: &str) {
    let mount = mount(resource, backend, lowering);
    let id = native(&format!("auth/{mount}/role/{}", name_of(resource, argument)), lowering);
    lowering.account(id.clone(), AccountKind::AssumedRole, resource.origin);
    policies(resource, &["token_policies", "policies", "allowed_policies"], &Holder::Account(id.clone()), lowering);
    match backend {
        "kubernetes" => service_accounts(resource, &id, lowering),
        "aws" => aws_principals(resource, &id, lowering),
        _ => {}
    }
}

fn trust(target: &Native, holder: Holder, origin: Origin, lowering: &mut Lowering<'_>) {
    let trusted = Trusted::Holder(holder);
    lowering.facts.trusts.push(TrustFact { target: target.clone(), trusted, conditions: Vec::new(), origin });
}

/// The service accounts of Kubernetes that may log in: each name in each namespace, `*` is every one.
fn service_accounts(resource: &Resource, target: &Native, lowering: &mut Lowering<'_>) {
    let cluster = lowering.system_of("kubernetes");
    let mut list = |argument: &str, kind: &str| {
        let value = resource.get(argument).cloned();
        value.map(|value| names(&value, (kind, "name"), WHO, lowering)).unwrap_or_default()
    };
    let accounts = list("bound_service_account_names", "kubernetes_service_account");
    let namespaces = list("bound_service_account_namespaces", "kubernetes_namespace");
    for (namespace, _) in &namespaces {
        for (account, origin) in &accounts {
            let holder = match (account.as_str(), namespace.as_str()) {
                ("*", "*") => Holder::Group(Native::new(cluster.clone(), "system:serviceaccounts")),
                ("*", _) => Holder::Group(Native::new(cluster.clone(), format!("system:serviceaccounts:{namespace}"))),
                (_, "*") => {
                    let reason = format!("the service account `{account}` of every namespace may log in");
                    lowering.unresolved(Gap::Unsupported, *origin, reason, "they are not followed one by one");
                    let id = Native::new(cluster.clone(), format!("system:serviceaccount:*:{account}"));
                    lowering.group(id.clone(), false, *origin);
                    Holder::Group(id)
                }
                _ => {
                    let name = format!("system:serviceaccount:{namespace}:{account}");
                    Holder::Account(Native::new(cluster.clone(), name))
                }
            };
            trust(target, holder, *origin, lowering);
        }
    }
}

fn aws_principals(resource: &Resource, target: &Native, lowering: &mut Lowering<'_>) {
    let Some(value) = resource.get("bound_iam_principal_arns") else { return };
    let own = super::aws::names::Names::of(lowering);
    let found: Vec<(Native, Origin)> = each(value, lowering, |lowering, arn, unknown| {
        if let Some(unknown) = unknown {
            lowering.unknown(unknown, arn.origin, WHO);
        }
        let written = arn.render(|unknown| match own.meant(unknown) {
            Some(meant) => meant.to_owned().into(),
            None => format!("${{{}}}", unknown.short()).into(),
        })?;
        let mut id = cloud::aws_role(&written).unwrap_or_else(|| Native::new(lowering.system_of("aws"), written));
        own.settle(&mut id);
        Some((id, arn.origin))
    });
    for (id, origin) in found {
        trust(target, Holder::Account(id), origin, lowering);
    }
}

/// A credential of a role: without a time to live it has no end.
fn secret_id(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(role) = required(resource, "role_name", lowering) else { return };
    let mount = mount(resource, "approle", lowering);
    let ttl = resource.get("ttl").or_else(|| resource.get("num_uses"));
    let lifetime = if ttl.is_some() { Lifetime::Unknown } else { Lifetime::Unbounded };
    let found = names(role, ("vault_approle_auth_backend_role", "role_name"), WHO, lowering);
    for (role, _) in found {
        let holder = Holder::Account(native(&format!("auth/{mount}/role/{role}"), lowering));
        let id = native(&format!("secret-id/{}", resource.lasting_name), lowering);
        let kind = CredentialKind::Token;
        let origin = resource.origin;
        let detail = CredentialDetail::default();
        lowering.facts.credentials.push(CredentialFact { id, holder, kind, lifetime, created: None, detail, origin });
    }
}

/// A group or user of another directory.
fn outside(resource: &Resource, lowering: &mut Lowering<'_>, backend: &str, argument: &str, group: bool) {
    let mount = mount(resource, backend, lowering);
    let word = if group { "group" } else { "user" };
    let id = native(&format!("auth/{mount}/{word}/{}", name_of(resource, argument)), lowering);
    let holder = if group {
        lowering.group(id.clone(), false, resource.origin);
        Holder::Group(id)
    } else {
        lowering.account(id.clone(), AccountKind::User, resource.origin);
        Holder::Account(id)
    };
    policies(resource, &["policies", "token_policies"], &holder, lowering);
}

/// A token that the configuration makes: whoever reads its state has it.
fn token(resource: &Resource, lowering: &mut Lowering<'_>) {
    let id = native(&format!("token/{}", resource.lasting_name), lowering);
    lowering.account(id.clone(), AccountKind::ServiceAccount, resource.origin);
    let holder = Holder::Account(id.clone());
    policies(resource, &["policies"], &holder, lowering);
    let ends = resource.get("explicit_max_ttl").is_some() || resource.get("ttl").is_some();
    let lifetime = if ends && resource.get("period").is_none() { Lifetime::Unknown } else { Lifetime::Unbounded };
    let origin = resource.origin;
    lowering.facts.credentials.push(CredentialFact {
        id,
        holder,
        kind: CredentialKind::Token,
        lifetime,
        created: None,
        detail: CredentialDetail::default(),
        origin,
    });
}

fn group_id(name: &str, lowering: &Lowering<'_>) -> Native {
    native(&format!("identity/group/{name}"), lowering)
}

fn entity_id(name: &str, lowering: &Lowering<'_>) -> Native {
    native(&format!("identity/entity/{name}"), lowering)
}

fn identity_group(resource: &Resource, lowering: &mut Lowering<'_>) {
    let id = group_id(&name_of(resource, "name"), lowering);
    let internal = resource.get("type").is_none_or(|kind| kind.as_str() == Some("internal"));
    let managed = resource.get("external_member_entity_ids").and_then(Value::as_bool) == Some(true);
    let listed = internal && (!managed || resource.get("member_entity_ids").is_some());
    lowering.group(id.clone(), listed, resource.origin);
    policies(resource, &["policies"], &Holder::Group(id.clone()), lowering);
    members(resource, &id, lowering);
}

fn members(resource: &Resource, group: &Native, lowering: &mut Lowering<'_>) {
    if let Some(value) = resource.get("member_entity_ids") {
        for (name, origin) in names(value, ("vault_identity_entity", "name"), WHO, lowering) {
            lowering.join(Holder::Account(entity_id(&name, lowering)), group.clone(), origin);
        }
    }
    if let Some(value) = resource.get("member_group_ids") {
        for (name, origin) in names(value, ("vault_identity_group", "name"), WHO, lowering) {
            lowering.join(Holder::Group(group_id(&name, lowering)), group.clone(), origin);
        }
    }
}

fn member_entities(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(value) = required(resource, "group_id", lowering) else { return };
    for (group, _) in names(value, ("vault_identity_group", "name"), WHO, lowering) {
        members(resource, &group_id(&group, lowering), lowering);
    }
}

fn member_groups(resource: &Resource, lowering: &mut Lowering<'_>) {
    member_entities(resource, lowering);
}

/// A group of another directory whose members belong to a group here.
fn group_alias(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(value) = required(resource, "canonical_id", lowering) else { return };
    let outside = native(&format!("external/{}", name_of(resource, "name")), lowering);
    lowering.group(outside.clone(), false, resource.origin);
    for (group, _) in names(value, ("vault_identity_group", "name"), WHO, lowering) {
        lowering.join(Holder::Group(outside.clone()), group_id(&group, lowering), resource.origin);
    }
}

fn identity_entity(resource: &Resource, lowering: &mut Lowering<'_>) {
    let id = entity_id(&name_of(resource, "name"), lowering);
    lowering.account(id.clone(), AccountKind::User, resource.origin);
    policies(resource, &["policies"], &Holder::Account(id), lowering);
}

fn identity_policies(resource: &Resource, lowering: &mut Lowering<'_>, argument: &str, group: bool) {
    let Some(value) = required(resource, argument, lowering) else { return };
    let kind = if group { "vault_identity_group" } else { "vault_identity_entity" };
    for (name, _) in names(value, (kind, "name"), WHO, lowering) {
        let holder = match group {
            true => Holder::Group(group_id(&name, lowering)),
            false => Holder::Account(entity_id(&name, lowering)),
        };
        policies(resource, &["policies"], &holder, lowering);
    }
}
