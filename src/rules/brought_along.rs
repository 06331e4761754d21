//! What is known of the roles that types of systems bring along, and what is not.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::builtin;
use super::definitions::Definitions;
use super::known_roles::{KnownRole, KnownRoles};
use super::ruleset::Requirement;

/// The roles that types of systems bring along.
///
/// The list of a type is read when a tree first names such a role, since most trees name those of few systems.
#[derive(Debug, Clone, Default)]
pub struct BroughtAlong {
    built_in: bool,
    /// Lists of the house's own, by type of system: the first that has a role says what it is.
    own: Vec<(String, Arc<List>)>,
    /// The permissions that rulesets ask for, by type of system.
    asked: BTreeMap<String, BTreeSet<String>>,
    /// Permissions that are asked for in systems of every type.
    everywhere: BTreeSet<String>,
}

impl BroughtAlong {
    /// Those that ship with the binary, for what these definitions ask.
    #[must_use]
    pub fn built_in(definitions: &Definitions) -> Self {
        let mut known = Self { built_in: true, ..Self::default() };
        for duty in definitions.duties.values() {
            for (kind, binding) in &duty.value.bindings {
                let asked = known.asked.entry(kind.clone()).or_default();
                binding.any.iter().for_each(|requirement| permissions(requirement, asked));
            }
        }
        for escalation in definitions.escalations.values().map(|own| &own.value) {
            let asked = known.asked.entry(escalation.system.clone()).or_default();
            asked.extend(escalation.needs.iter().flat_map(|need| need.permission.each()).cloned());
        }
        known
    }

    /// Adds lists of the house's own, which count before those that ship with the binary.
    pub(super) fn add(&mut self, lists: Vec<KnownRoles>) {
        self.own.extend(lists.into_iter().map(|mut list| {
            // A list that does not say what was looked for says everything.
            if list.looked_for.is_empty() {
                list.roles.values_mut().for_each(|role| role.value.whole = true);
            }
            (list.system.clone(), Arc::new(List::new(list)))
        }));
    }

    /// Every role that a list of the house's own has, by type of system and name.
    pub fn own_roles(&self) -> impl Iterator<Item = ((&str, &str), &KnownRole)> {
        self.own.iter().rev().flat_map(|(kind, list)| {
            list.roles.roles.iter().map(move |(name, role)| ((kind.as_str(), name.as_str()), &role.value))
        })
    }

    /// Adds a permission that is asked for, in systems of whatever type.
    pub fn ask_everywhere(&mut self, permission: &str) {
        self.everywhere.insert(permission.to_owned());
    }

    /// What is known of a role, with the name that its list has for it; `None` when no list has it.
    #[must_use]
    pub fn role(&self, kind: &str, name: &str) -> Option<(&str, &KnownRole)> {
        self.lists(kind).find_map(|list| {
            let (name, role) = list.roles.roles.get_key_value(&*list.written(name))?;
            Some((name.as_str(), &role.value))
        })
    }

    /// The names of the roles of a type of system that are listed.
    pub fn names<'s>(&'s self, kind: &str) -> impl Iterator<Item = &'s str> {
        self.lists(kind).flat_map(|list| list.roles.roles.keys()).map(String::as_str)
    }

    /// Patterns of the names of all roles that systems of a type bring along, listed or not.
    pub fn predefined(&self, kind: &str) -> impl Iterator<Item = &str> {
        self.lists(kind).flat_map(|list| &list.roles.predefined).map(String::as_str)
    }

    /// The lists of a type of system, those of the house first.
    fn lists<'s>(&'s self, kind: &str) -> impl Iterator<Item = &'s List> {
        let own: Vec<&List> = self.own.iter().filter(|(own, _)| own == kind).map(|(_, list)| &**list).collect();
        own.into_iter().chain(self.list(kind))
    }

    /// The permissions that rulesets ask for and that nobody looked for in the roles of this type.
    #[must_use]
    pub fn not_looked_for(&self, kind: &str) -> Vec<&str> {
        let Some(list) = self.list(kind).filter(|list| !list.roles.looked_for.is_empty()) else { return Vec::new() };
        let looked_for: BTreeSet<String> = list.roles.looked_for.iter().map(|own| own.to_lowercase()).collect();
        let asked = self.everywhere.iter().chain(self.asked.get(kind).into_iter().flatten());
        asked.filter(|own| !looked_for.contains(&own.to_lowercase())).map(String::as_str).collect()
    }

    fn list(&self, kind: &str) -> Option<&'static List> {
        if self.built_in { builtin::known_roles(kind) } else { None }
    }
}

/// The permissions that a requirement names.
fn permissions(requirement: &Requirement, into: &mut BTreeSet<String>) {
    match requirement {
        Requirement::Name(name) => {
            into.insert(name.clone());
        }
        Requirement::Permission(own) => {
            into.insert(own.permission.clone());
        }
        Requirement::All { all: parts } | Requirement::Any { any: parts } => {
            parts.iter().for_each(|part| permissions(part, into));
        }
    }
}

/// The roles of one type of system, by whatever they are called.
#[derive(Debug)]
pub(super) struct List {
    roles: KnownRoles,
    /// Names by other names.
    aliases: BTreeMap<String, String>,
}

impl List {
    pub(super) fn new(roles: KnownRoles) -> Self {
        let mut aliases = BTreeMap::new();
        for (name, role) in &roles.roles {
            aliases.extend(role.value.aliases.iter().map(|alias| (alias.clone(), name.clone())));
        }
        Self { roles, aliases }
    }

    /// A name as this list writes it.
    fn written<'n>(&'n self, name: &'n str) -> Cow<'n, str> {
        if let Some(own) = self.aliases.get(name) {
            return Cow::Borrowed(own);
        }
        for (beginning, others) in &self.roles.also_begin {
            if let Some(rest) = others.iter().find_map(|other| name.strip_prefix(other.as_str())) {
                return Cow::Owned(format!("{beginning}{rest}"));
            }
        }
        Cow::Borrowed(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Rules;

    fn known() -> BroughtAlong {
        BroughtAlong::built_in(&Rules::built_in().unwrap().definitions)
    }

    #[test]
    fn a_role_is_found_by_every_name_that_it_has() {
        let known = known();
        let owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
        for (kind, given, found) in [
            ("azure", "Owner", "Owner"),
            ("azure", owner, "Owner"),
            ("gcp", owner, "(unknown)"),
            ("gcp", "roles/owner", "roles/owner"),
            ("gcp", "roles/pubsub.viewer", "roles/pubsub.viewer"),
            ("gcp", "roles/not.listed", "(unknown)"),
            ("gcp", "projects/p/roles/mine", "(unknown)"),
            ("erp", "roles/owner", "(unknown)"),
            ("aws", "arn:aws:iam::aws:policy/IAMFullAccess", "arn:aws:iam::aws:policy/IAMFullAccess"),
            ("aws", "arn:aws-cn:iam::aws:policy/IAMFullAccess", "arn:aws:iam::aws:policy/IAMFullAccess"),
            ("aws", "arn:aws:iam::111122223333:policy/IAMFullAccess", "(unknown)"),
        ] {
            let name = known.role(kind, given).map(|(name, _)| name);
            assert_eq!(name.unwrap_or("(unknown)"), found, "{kind} {given}");
        }
        assert!(BroughtAlong::default().role("azure", "Owner").is_none());
    }

    #[test]
    fn what_rulesets_ask_for_and_nobody_looked_for_is_known() {
        let mut known = known();
        assert_eq!(known.not_looked_for("aws"), Vec::<&str>::new(), "the built-in rulesets ask for what is listed");
        known.ask_everywhere("sqs:PurgeQueue");
        known.ask_everywhere("IAM:passrole");
        assert_eq!(known.not_looked_for("aws"), ["sqs:PurgeQueue"]);
        assert_eq!(known.not_looked_for("kubernetes"), Vec::<&str>::new(), "these roles are listed whole");
        assert_eq!(known.not_looked_for("erp"), Vec::<&str>::new());
    }
}
