//! What Okta's own words mean, for every language that writes them.
//!
//! Users are known by their login, groups by their name, applications by their label. A type of administrator role is one
//! permission by that name; a custom role is a role by its label (developer.okta.com, "Roles").

use crate::facts::{Native, Origin, Patterns, Statement, Text};

/// The type of such systems, and the one that nothing names.
pub(in crate::formats) const SYSTEM: &str = "okta";

/// The type of a role that is no type of its own.
pub(in crate::formats) const CUSTOM: &str = "CUSTOM";

/// A user or a group, by login or name.
pub(in crate::formats) fn named(system: &Text, name: &str) -> Native {
    Native::new(system.clone(), name)
}

/// An application as one who acts.
pub(in crate::formats) fn client(system: &Text, label: &str) -> Native {
    Native::new(system.clone(), format!("app:{label}"))
}

/// A custom role.
pub(in crate::formats) fn role(system: &Text, label: &str) -> Native {
    Native::new(system.clone(), format!("role/{label}"))
}

/// What types of roles, or permissions of a custom one, give.
pub(in crate::formats) fn statement<'s>(actions: impl IntoIterator<Item = &'s str>, origin: Origin) -> Statement {
    Statement::allow(Patterns::of(actions), Patterns::any(), origin)
}

/// The use of an application.
pub(in crate::formats) fn uses(label: &str, origin: Origin) -> Statement {
    Statement::allow(Patterns::of(["app.use"]), Patterns::of([label]), origin)
}
