//! What Snowflake's own words mean, for every language that writes them (Snowflake documentation, "Overview of Access
//! Control" and "Access control privileges").
//!
//! A permission is called `PRIVILEGE:KIND`, as in `SELECT:TABLE`; on what, the resource says. Names are compared in upper
//! case, as those that are not quoted are; two names that differ in case alone count as one.

use crate::facts::{
    Facts, GrantFact, Granted, Holder, IncludeFact, Native, Origin, Patterns, RoleFact, Statement, Text,
};

/// The system of an account that nothing names, and its type.
pub(in crate::formats) const SYSTEM: &str = "snowflake";

/// The roles that each account has. What a definition adds to one stands beside what it comes with: the role
/// `built-in/NAME`.
const BUILT_IN: [&str; 6] = ["ACCOUNTADMIN", "SECURITYADMIN", "USERADMIN", "SYSADMIN", "ORGADMIN", "PUBLIC"];

/// A name as it is compared: without quotes, in upper case.
pub(in crate::formats) fn name(written: &str) -> String {
    written.replace('"', "").to_uppercase()
}

/// A role of an account.
pub(in crate::formats) fn role(system: &Text, written: &str) -> Native {
    Native::new(system.clone(), format!("role/{}", name(written)))
}

/// A user.
pub(in crate::formats) fn user(system: &Text, written: &str) -> Native {
    Native::new(system.clone(), format!("user/{}", name(written)))
}

/// Privileges on things of one kind.
pub(in crate::formats) fn statement(privileges: &[String], kind: &str, on: &str, origin: Origin) -> Statement {
    let kind = kind.trim().to_uppercase();
    let actions: Vec<String> = privileges.iter().map(|own| format!("{}:{kind}", own.trim().to_uppercase())).collect();
    Statement::allow(Patterns::of(actions), Patterns::of([name(on)]), origin)
}

/// The fact of a role, made when it is new. Definitions give roles their privileges one by one.
pub(in crate::formats) fn declared<'f>(facts: &'f mut Facts, id: &Native, origin: Origin) -> Option<&'f mut RoleFact> {
    let place = facts.roles.iter().position(|own| own.id == *id).unwrap_or(facts.roles.len());
    if place == facts.roles.len() {
        let built_in = id.name.strip_prefix("role/").filter(|own| BUILT_IN.contains(own));
        let known = built_in.map(|own| Native::new(id.system.clone(), format!("built-in/{own}")));
        facts.roles.push(RoleFact {
            includes: known.into_iter().map(|role| IncludeFact { role, origin }).collect(),
            ..RoleFact::new(id.clone(), Vec::new(), origin)
        });
    }
    facts.roles.get_mut(place)
}

/// A role is given to a role: whoever holds the outer one holds the inner one.
pub(in crate::formats) fn include(facts: &mut Facts, outer: &Native, inner: &Native, origin: Origin) {
    if let Some(role) = declared(facts, outer, origin) {
        role.includes.push(IncludeFact { role: inner.clone(), origin });
    }
}

/// A role is given to a user.
pub(in crate::formats) fn give(facts: &mut Facts, to: &Native, role: &Native, origin: Origin) {
    facts.grants.push(GrantFact::new(
        Holder::Account(to.clone()),
        role.system.clone(),
        Granted::Role(role.clone()),
        origin,
    ));
}
