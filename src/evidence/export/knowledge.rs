//! Duties and conflicts, as atoms: what confers a duty in alternatives, what it includes, what must not meet.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::duties::Leaf;
use crate::facts::Level;
use crate::rules::{Conflict, ConflictAccounts, ConflictKind, Definitions, Duty, Requirement};

/// What a requirement is called: permission, least level, resource and fields.
pub(super) fn requirement(leaf: &Leaf) -> String {
    let fields = leaf.fields.iter().map(|(field, values)| (&**field, values.iter().map(|value| &**value).collect()));
    name(&leaf.permission, leaf.level, leaf.resource.as_deref(), fields)
}

fn name<'a>(
    permission: &str,
    level: Level,
    resource: Option<&str>,
    fields: impl IntoIterator<Item = (&'a str, Vec<&'a str>)>,
) -> String {
    let level = match level {
        Level::View => "view",
        Level::Create => "create",
        Level::Edit => "edit",
        Level::Full => "full",
    };
    let fields = fields.into_iter().map(|(field, values)| format!(" | {field} {}", values.join(",")));
    format!("{permission} | {level} | {}{}", resource.unwrap_or("-"), fields.collect::<String>())
}

/// Every list of requirements that confers together.
fn alternatives(requirement: &Requirement) -> Vec<Vec<String>> {
    match requirement {
        Requirement::Name(text) => vec![vec![name(text, Level::Create, None, [])]],
        Requirement::Permission(own) => {
            let fields = own.fields.iter();
            let fields = fields.map(|(field, values)| (field.as_str(), values.iter().map(String::as_str).collect()));
            let level = own.level.unwrap_or(Level::Create);
            vec![vec![name(&own.permission, level, own.resource.as_deref(), fields)]]
        }
        Requirement::Any { any } => any.iter().flat_map(alternatives).collect(),
        Requirement::All { all } if all.is_empty() => Vec::new(),
        Requirement::All { all } => all.iter().map(alternatives).fold(vec![Vec::new()], |so_far, part| {
            so_far
                .iter()
                .flat_map(|left| part.iter().map(move |right| left.iter().chain(right).cloned().collect()))
                .collect()
        }),
    }
}

/// The bindings of a duty for some types of system.
fn bindings(duty: &Duty, kinds: &BTreeSet<&str>) -> BTreeMap<String, Vec<Vec<String>>> {
    let wanted = duty.bindings.iter().filter(|(kind, _)| kinds.contains(kind.as_str()));
    wanted.map(|(kind, binding)| (kind.clone(), binding.any.iter().flat_map(alternatives).collect())).collect()
}

/// The duties that some met requirements can lead to, and the conflicts that these can make. What is left out could not
/// be derived from the other atoms.
pub(super) fn knowledge(definitions: &Definitions, kinds: &BTreeSet<&str>, met: &BTreeSet<String>) -> (Value, Value) {
    let mut duties: BTreeMap<&str, Value> = BTreeMap::new();
    let mut open: Vec<&str> = Vec::new();
    for (id, duty) in &definitions.duties {
        let possible =
            bindings(&duty.value, kinds).into_values().flatten().any(|all| all.iter().all(|r| met.contains(r)));
        if possible {
            open.push(id);
        }
    }
    while let Some(id) = open.pop() {
        let Some(duty) = definitions.duties.get(id).map(|duty| &duty.value) else { continue };
        if duties.contains_key(id) {
            continue;
        }
        let names = |list: &'_ [crate::syntax::Spanned<String>]| -> Vec<String> {
            list.iter().map(|name| name.value.clone()).filter(|name| definitions.duties.contains_key(name)).collect()
        };
        let value = json!({
            "bindings": bindings(duty, kinds),
            "kinds": duty.bindings.keys().collect::<Vec<_>>(),
            "includes": names(&duty.includes),
            "any_duty": names(&duty.any_duty),
        });
        duties.insert(id, value);
        open.extend(duty.includes.iter().map(|name| name.value.as_str()));
        let conferred =
            definitions.duties.iter().filter(|(_, other)| other.value.any_duty.iter().any(|own| own.value == id));
        open.extend(conferred.map(|(id, _)| id.as_str()));
    }
    let conflicts: BTreeMap<&str, Value> = definitions
        .conflicts
        .iter()
        .filter_map(|(id, conflict)| Some((id.as_str(), conflict_atom(&conflict.value, &duties)?)))
        .collect();
    (json!(duties), json!(conflicts))
}

fn conflict_atom(conflict: &Conflict, duties: &BTreeMap<&str, Value>) -> Option<Value> {
    let at_least = conflict.at_least.unwrap_or(conflict.duties.len());
    let possible = conflict.duties.iter().filter(|duty| duties.contains_key(duty.as_str())).count();
    if conflict.kind != ConflictKind::Static || possible < at_least {
        return None;
    }
    let dimensions: Vec<&String> = conflict.scope.dimension.iter().chain(&conflict.scope.dimensions).collect();
    Some(json!({
        "duties": conflict.duties.iter().map(|duty| &duty.value).collect::<Vec<_>>(),
        "at_least": at_least,
        "dimensions": dimensions,
        "distinct_accounts": conflict.accounts == ConflictAccounts::Distinct,
    }))
}
