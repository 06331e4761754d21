//! Which role and which holder a name means.

use std::collections::BTreeSet;

use crate::access::NodeId;
use crate::cli::error::CliError;
use crate::cli::model::Model;
use crate::facts::{Holder, Native, RoleKind, Text};
use crate::syntax::nearest;

/// Most names that an error lists.
const LISTED: usize = 8;

/// Who is meant: a principal, else an account that somebody owns or a group whose members are listed.
pub(super) fn holder(model: &Model, wanted: &str) -> Result<Holder, CliError> {
    let all: Vec<&Holder> =
        (0..).map_while(|number| model.graph.node(NodeId(number))).map(|node| &node.holder).collect();
    if let Some(exact) = all.iter().find(|holder| holder.to_string() == wanted) {
        return Ok((*exact).clone());
    }
    let none = match model.principal(wanted) {
        Ok((node, _)) => {
            return Ok(model.graph.node(node).map_or_else(|| Holder::Person(wanted.into()), |own| own.holder.clone()));
        }
        Err(error) => error,
    };
    let ends = |id: &str| ends_with(id, wanted, &[':', '/']);
    let found: Vec<&Holder> = all.into_iter().filter(|holder| ends(&holder.to_string())).collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(none),
        several => {
            let mut ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            ids.sort();
            Err(several_of(wanted, &ids))
        }
    }
}

/// Whom a role of a system goes to: of a person or a service identity the one account there, if there is one.
pub(super) fn account_in(model: &Model, holder: Holder, system: &Text) -> Result<Holder, CliError> {
    let own: Vec<Holder> = accounts(model, &holder)
        .into_iter()
        .filter(|account| matches!(account, Holder::Account(native) if native.system == *system))
        .collect();
    match own.as_slice() {
        [] => Ok(holder),
        [one] => Ok(one.clone()),
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(CliError::other(
                format!("{holder} has several accounts in {system}"),
                format!("say which one: {}", shown(&ids)),
            ))
        }
    }
}

/// The accounts of a person or a service identity.
pub(super) fn accounts(model: &Model, holder: &Holder) -> Vec<Holder> {
    let own = model.links.iter().filter(|(_, owner)| model.links.identity(owner) == model.links.identity(holder));
    own.map(|(account, _)| Holder::Account(account.clone())).collect()
}

/// Which role is meant. Of several that a name fits, those in systems where the holder is.
pub(super) fn role(model: &Model, wanted: &str, holder: &Holder) -> Result<Native, CliError> {
    let wanted = wanted.strip_prefix("role:").unwrap_or(wanted);
    let all = roles(model);
    let full = |role: &Native| role.to_string() == wanted;
    let name = |role: &Native| *role.name == *wanted;
    let end = |role: &Native| ends_with(&role.to_string(), wanted, &['/']);
    let title = |role: &Native| is_called(model, role, wanted);
    let steps: [&dyn Fn(&Native) -> bool; 4] = [&full, &name, &end, &title];
    let mut found: Vec<&Native> = Vec::new();
    for fits in steps {
        if found.is_empty() {
            found = all.iter().filter(|role| fits(role)).collect();
        }
    }
    let near = systems_of(model, holder);
    if found.len() > 1 && found.iter().any(|role| near.contains(&role.system)) {
        found.retain(|role| near.contains(&role.system));
    }
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let names = all.iter().flat_map(|role| [&*role.name, last(&role.name)]);
            let help = nearest(wanted, names).map_or_else(
                || "name a role that a definition here defines, or that one of its systems brings along".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            Err(CliError::other(format!("there is no role `{wanted}`"), help))
        }
        several => Err(several_of(wanted, &several.iter().map(ToString::to_string).collect::<Vec<_>>())),
    }
}

/// Every role that a definition defines or that a system of the tree brings along.
fn roles(model: &Model) -> BTreeSet<Native> {
    let defined = model.graph.containers().filter(|(_, own)| own.kind != RoleKind::Guardrail);
    let mut all: BTreeSet<Native> = defined.filter_map(|(_, own)| own.role.clone()).collect();
    for system in model.graph.systems.iter() {
        let names = model.rules.known_roles.names(&system.kind);
        all.extend(names.map(|name| Native::new(system.id.clone(), name)));
    }
    all
}

/// Whether a role has another name, such as the system's own id of it, or a title for people.
fn is_called(model: &Model, role: &Native, wanted: &str) -> bool {
    let title = model.graph.role(role).and_then(|id| model.graph.container(id)).and_then(|own| own.title.as_ref());
    let rest = wanted.strip_prefix(&*role.system).and_then(|rest| rest.strip_prefix('/')).unwrap_or(wanted);
    let kind = model.graph.systems.find(&role.system).and_then(|idx| model.graph.systems.get(idx)).map(|own| &own.kind);
    title.is_some_and(|title| title.eq_ignore_ascii_case(wanted))
        || kind.and_then(|kind| model.rules.known_roles.role(kind, rest)).is_some_and(|(name, _)| *name == *role.name)
}

/// The systems in which a holder is: its own, or those of its accounts.
fn systems_of(model: &Model, holder: &Holder) -> BTreeSet<Text> {
    let accounts = accounts(model, holder);
    let natives = accounts.iter().chain([holder]).filter_map(|own| match own {
        Holder::Account(native) | Holder::Group(native) => Some(native.system.clone()),
        Holder::Person(_) | Holder::Service(_) => None,
    });
    natives.collect()
}

fn ends_with(id: &str, wanted: &str, before: &[char]) -> bool {
    id == wanted || id.strip_suffix(wanted).is_some_and(|rest| rest.ends_with(before))
}

fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn several_of(wanted: &str, ids: &[String]) -> CliError {
    CliError::other(format!("`{wanted}` is the end of several names"), format!("one of: {}", shown(ids)))
}

fn shown(ids: &[String]) -> String {
    let more = ids.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let listed: Vec<&str> = ids.iter().take(LISTED).map(String::as_str).collect();
    format!("{}{more}", listed.join(", "))
}
