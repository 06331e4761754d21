//! Credentials that resources make or hold: one row of a table a type.
//!
//! What a type grants is lowered by its provider's own function; what it says of a credential stands in the tables here:
//! what it is, whose, where its end is written, which argument is its value and what replaces it. The next type is one
//! row. Of a value only whether it is written in the configuration is ever told.

mod aws;
mod blocks;
mod forges;
mod google;
mod microsoft;
mod passwords;
mod row;
mod services;
mod times;
mod users;
mod variables;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::LazyLock;

use self::row::{Declared, Made, Rotates};
use super::Lowering;
use super::arguments::text;
use crate::facts::{CredentialDetail, CredentialFact, Holder, Lifetime, Native, Rotation};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::{Kind, Value};
use crate::formats::credentials::is_written;

pub(super) use self::blocks::{arguments as provider_secrets, of_providers};
pub(super) use self::users::used_by;

/// The rows of all providers.
const ROWS: &[&[Declared]] = &[aws::ROWS, google::ROWS, microsoft::ROWS, forges::ROWS, services::ROWS];

static BY_KIND: LazyLock<HashMap<&'static str, &'static Declared>> =
    LazyLock::new(|| ROWS.iter().flat_map(|rows| rows.iter()).map(|row| (row.kind, row)).collect());

/// The name under which a type is counted, if it declares credentials or what is asked of passwords.
pub(super) fn name(kind: &str) -> Option<&'static str> {
    BY_KIND.get(kind).map(|row| row.kind).or_else(|| passwords::name(kind)).or_else(|| variables::name(kind))
}

/// Types of which nothing but a credential is to be told, although their names are those of types that declare access.
const NOTHING_ELSE: [&str; 3] =
    ["google_apikeys_key", "kubernetes_certificate_signing_request_v1", "kubernetes_token_request_v1"];

/// Whether resources of a type are looked at for what they say of others.
pub(super) fn is_looked_up(kind: &str) -> bool {
    BY_KIND.values().any(|row| matches!(row.rotation, Rotates::Resource { kind: own, .. } if own == kind))
}

/// Whether what is read here of a type is all that it says.
pub(super) fn is_all_of(kind: &str) -> bool {
    NOTHING_ELSE.contains(&kind) || passwords::name(kind).is_some()
}

/// The arguments of a resource type that hold secrets, by the last part of their path.
pub(super) fn secret_arguments(kind: &str) -> impl Iterator<Item = &'static str> {
    let paths = BY_KIND.get(kind).map(|row| row.values).unwrap_or_default();
    let variable = variables::name(kind).map(|_| variables::VALUE);
    paths.iter().map(|path| path.rsplit('.').next().unwrap_or(path)).chain(variable)
}

/// Adds what a resource says of credentials to its facts; `from` is how many credentials there were before it.
pub(super) fn lower(resource: &Resource, from: usize, lowering: &mut Lowering<'_>) {
    passwords::lower(resource, lowering);
    variables::lower(resource, lowering);
    let row = BY_KIND.get(resource.kind()).copied();
    if lowering.facts.credentials.len() == from
        && let Some(row) = row
        && declares(row, resource)
    {
        let system = lowering.system_of(row.system);
        let id = resource.lasting_name.clone();
        lowering.facts.credentials.push(CredentialFact {
            id: Native::new(system.clone(), id),
            holder: Holder::Account(Native::new(system, holder(row, resource, lowering))),
            kind: row.what,
            lifetime: Lifetime::Unknown,
            created: None,
            detail: CredentialDetail::default(),
            origin: resource.origin,
        });
    }
    let Some(row) = row else { return };
    let lifetime = row.end.map(|end| times::lifetime(end, resource));
    let rotation = rotation(row, resource, lowering);
    let is_literal = row.values.iter().any(|path| at(&resource.attributes, path).into_iter().any(is_literal));
    for fact in lowering.facts.credentials.iter_mut().skip(from) {
        fact.lifetime = lifetime.unwrap_or(fact.lifetime);
        fact.detail.declared_as = Some(resource.address.kind.clone());
        fact.detail.rotation = rotation;
        fact.detail.is_literal = is_literal;
    }
}

/// Whether a resource declares a credential that no function of its type's lowered.
fn declares(row: &Declared, resource: &Resource) -> bool {
    let flag = |path: &str| at(&resource.attributes, path).first().and_then(|own| own.as_bool());
    let is_made = match row.made {
        Made::Always => true,
        Made::WithValue => row.values.iter().any(|path| !at(&resource.attributes, path).is_empty()),
        Made::On(path) => flag(path) == Some(true),
        Made::UnlessOff(path) => flag(path) != Some(false),
    };
    is_made
        && row.only.iter().all(|(path, wanted)| {
            let found = at(&resource.attributes, path);
            // The first value that a row names is the one that stands where none is written, but for a type.
            found.first().map_or(*path != "type", |own| own.as_text().is_none_or(|text| *text == **wanted))
        })
}

/// Whose a credential is: the name that an argument gives, else the resource.
fn holder(row: &Declared, resource: &Resource, lowering: &Lowering<'_>) -> String {
    let own = || resource.lasting_name.to_string();
    let Some(value) = at(&resource.attributes, row.holder).into_iter().next().filter(|_| !row.holder.is_empty()) else {
        return own();
    };
    if let Some((target, _)) = lowering.resolve(value) {
        return target.lasting_name.to_string();
    }
    text(value).filter(|text| !text.is_empty()).unwrap_or_else(own)
}

/// How often it is replaced by itself.
fn rotation(row: &Declared, resource: &Resource, lowering: &Lowering<'_>) -> Option<Rotation> {
    let values = |path: &str| at(&resource.attributes, path);
    let days = |value: Option<&&Value>| value.and_then(|own| own.as_number()).map(|days| days as u32);
    Some(match row.rotation {
        Rotates::Unasked => return None,
        Rotates::Never => Rotation::Off,
        Rotates::Flag { on, days: path, otherwise } => match values(on).first().map(|own| own.as_bool()) {
            None | Some(Some(false)) => Rotation::Off,
            Some(None) => Rotation::Unsaid,
            Some(Some(true)) => match values(path).first() {
                None => Rotation::Every(otherwise),
                Some(own) => days(Some(own)).map_or(Rotation::Unsaid, Rotation::Every),
            },
        },
        Rotates::Period(written) => {
            let found = written.iter().find_map(|(path, form)| Some((values(path).into_iter().next()?, *form)));
            match found {
                None => Rotation::Off,
                Some((value, form)) => times::days(value, form).map_or(Rotation::Unsaid, Rotation::Every),
            }
        }
        Rotates::Resource { kind, names, days: path, own } => {
            let written = values(own);
            let other = lowering
                .configuration
                .of_kind(kind)
                .find(|other| other.get(names).is_some_and(|value| names_it(value, resource, lowering)));
            let of_other = other.map(|other| at(&other.attributes, path));
            match (of_other, written.first()) {
                (Some(found), _) => days(found.first()).map_or(Rotation::Unsaid, Rotation::Every),
                (None, Some(value)) => days(Some(value)).map_or(Rotation::Unsaid, Rotation::Every),
                (None, None) => Rotation::Off,
            }
        }
    })
}

/// Whether a value refers to a resource, or may: one that is not known names what it will.
fn names_it(value: &Value, resource: &Resource, lowering: &Lowering<'_>) -> bool {
    match lowering.resolve(value) {
        Some((found, _)) => found.name == resource.name,
        None => match value.as_str() {
            Some(text) => resource.get("name").and_then(Value::as_str) == Some(text),
            None => true,
        },
    }
}

/// Whether a value is a secret that is written in the configuration. Parts of it that are computed make it none.
fn is_literal(value: &Value) -> bool {
    match &value.kind {
        Kind::Text(_) => value.reference.as_ref().is_none_or(|own| !own.data) && value.as_str().is_some_and(is_written),
        Kind::List(items) | Kind::Set(items) => items.known.iter().any(is_literal),
        Kind::Map(members) => members.known.values().any(|member| is_literal(&member.value)),
        _ => false,
    }
}

/// The values at a path through blocks and arguments. An empty text counts as none.
fn at<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    if path.is_empty() {
        return Vec::new();
    }
    let mut found = vec![value];
    for part in path.split('.') {
        found = found
            .into_iter()
            .flat_map(|own| own.one_or_many())
            .filter_map(|own| own.get(part))
            .filter(|own| own.as_str() != Some(""))
            .collect();
    }
    found.retain(|own| !own.as_items().is_some_and(|items| items.known.is_empty() && items.rest.is_none()));
    found
}
