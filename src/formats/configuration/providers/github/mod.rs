//! GitHub: members, teams, repositories and what people may do with them, in the words of
//! `formats::github` (registry.terraform.io, integrations/github).
//!
//! The organisation is that of the system which `countersign.yaml` names for the folder (`github:acme`), else the `owner`
//! of the provider.

mod people;
mod protection;
mod secrets;

use super::{Lowering, Row};
use crate::facts::scope::Scope;
use crate::facts::{Gap, Granted, Holder, Native, Origin, Text};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::{Unknown, Value};
use crate::formats::github::{Organisation, UNNAMED};

use super::arguments::{WHO, each, name_of, names, text};

/// The resource types of the provider `github` that declare access.
pub const ROWS: &[&[Row]] = &[people::ROWS, protection::ROWS, secrets::ROWS];

/// The organisation that a resource belongs to.
fn organisation(resource: &Resource, lowering: &mut Lowering<'_>) -> Organisation {
    let system = lowering.system_of("github");
    if &*system != "github" {
        let name = system.split_once(':').map_or(&*system, |(_, name)| name).to_lowercase();
        return Organisation { system, name };
    }
    let provider = lowering.configuration.provider(resource);
    let owner = provider.and_then(|own| own.get("owner").or_else(|| own.get("organization")));
    if let Some(owner) = owner.and_then(Value::as_str) {
        let name = owner.to_lowercase();
        return Organisation { system: format!("github:{name}").into(), name };
    }
    lowering.say_once(
        Gap::Unknown,
        resource.origin,
        "the provider `github` names no organisation (`owner`) that is known; name it in `systems:` of countersign.yaml",
        "what is granted counts in the system `github`, and joins with no other definition of the organisation",
    );
    Organisation { system, name: UNNAMED.to_owned() }
}

/// The logins that an argument names, in lower case.
fn logins(value: &Value, lowering: &mut Lowering<'_>) -> Vec<(String, Origin)> {
    let found = names(value, ("github_membership", "username"), WHO, lowering);
    found.into_iter().map(|(login, origin)| (login.to_lowercase(), origin)).collect()
}

/// The teams that an argument names: by reference, by slug or by id.
fn teams(value: &Value, lowering: &mut Lowering<'_>) -> Vec<(String, Origin)> {
    each(value, lowering, |lowering, own, unknown| {
        if let Some((resource, _)) = lowering.resolve(own) {
            if resource.kind() == "github_team" && resource.get("name").is_some() {
                return Some((name_of(resource, "name"), own.origin));
            }
            // A data source finds it by its slug.
            if let Some(slug) = resource.get("slug").filter(|_| resource.kind() == "github_team").and_then(text) {
                return Some((by_slug(&slug, lowering), own.origin));
            }
        }
        let open = unknown.cloned().or_else(|| own.first_unknown().map(|unknown| Unknown::clone(unknown)));
        if let Some(unknown) = open {
            lowering.unknown(&unknown, own.origin, WHO);
        }
        let written = text(own)?;
        Some((by_slug(&written, lowering), own.telling_origin()))
    })
}

/// The team of the configuration with this slug, or else the slug.
fn by_slug(written: &str, lowering: &Lowering<'_>) -> String {
    let declared = lowering.configuration.of_kind("github_team").map(|own| name_of(own, "name"));
    let mut declared = declared.filter(|name| name == written || slug(name) == written);
    declared.next().unwrap_or_else(|| written.to_owned())
}

/// A team's name as addresses write it: lower case, with hyphens for all but letters, digits and underscores.
fn slug(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '-' }).collect();
    plain.to_lowercase().split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// The repositories that an argument names, without their owner.
fn repositories(value: &Value, lowering: &mut Lowering<'_>) -> Vec<String> {
    const WHERE: &str = "which repository this is about is not known; it counts for one that is named so";
    let found = names(value, ("github_repository", "name"), WHERE, lowering);
    let bare = |name: String| name.rsplit_once('/').map(|(_, own)| own.to_owned()).unwrap_or(name);
    found.into_iter().map(|(name, _)| bare(name)).collect()
}

/// Somebody is given a role that GitHub brings along.
fn give(
    organisation: &Organisation,
    to: Holder,
    role: &str,
    scope: Scope,
    origin: Origin,
    lowering: &mut Lowering<'_>,
) {
    lowering.role_once(organisation.built_in(role, origin));
    let what = Granted::Role(organisation.native(role));
    lowering.grant(to, what, &organisation.system, scope, origin);
}

/// Somebody by login, with the account's fact.
fn user(organisation: &Organisation, login: &str, origin: Origin, lowering: &mut Lowering<'_>) -> Holder {
    let id: Native = organisation.native(login);
    lowering.account(id.clone(), crate::facts::AccountKind::User, origin);
    Holder::Account(id)
}

/// The first block of a type.
fn block<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.get(name).and_then(|own| own.one_or_many().first())
}

/// The word of an argument that is one of a few.
fn word(value: Option<&Value>, otherwise: &str) -> Option<Text> {
    match value {
        None => Some(otherwise.into()),
        Some(value) => value.as_str().map(Text::from),
    }
}
