//! Dynamics 365 Finance: security roles with their duties and privileges, and the roles of users, perhaps in single
//! legal entities.
//!
//! Bindings name roles and duties as well as privileges, so each of them also is a permission of its own name.

use super::roles::{Roles, grant};
use super::{Column, TableFormat, TableKind, TableUnit, named};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{AccountFact, AccountKind, Facts, Native, Validity};

/// The row of the list of formats.
pub(super) const FORMAT: TableFormat = TableFormat { name: "d365", kinds: KINDS, lower };

const DUTIES: usize = 0;
const PRIVILEGES: usize = 1;
const USERS: usize = 2;

const ROLE: &[&str] = &["Security role", "Role name", "Role"];
const DUTY: &[&str] = &["Duty name", "Duty"];
const PRIVILEGE: &[&str] = &["Privilege name", "Privilege"];

const KINDS: &[TableKind] = &[
    TableKind {
        name: "duty of a role",
        telling: false,
        columns: &[Column::tells(ROLE), Column::tells(DUTY), Column::optional(PRIVILEGE)],
    },
    TableKind {
        name: "privilege of a role",
        telling: false,
        columns: &[Column::tells(ROLE), Column::tells(PRIVILEGE)],
    },
    TableKind {
        name: "role of a user",
        telling: false,
        columns: &[
            Column::tells(&["User ID", "UserId"]),
            Column::tells(ROLE),
            Column::optional(&["Legal entity", "Company"]),
        ],
    },
];

fn lower(unit: &TableUnit<'_>) -> Facts {
    let mut facts = Facts::default();
    let mut roles = Roles::default();
    for (kind_number, kind) in KINDS.iter().enumerate() {
        for (number, file) in unit.of_kind(kind_number) {
            let system = unit.system(file);
            let id = |name: &str| Native::new(system.clone(), name);
            unit.rows(number, file, &mut facts, |record, facts| {
                let origin = record.origin();
                match kind_number {
                    DUTIES => {
                        let Some([role]) = named(record, kind, [0], facts) else { return };
                        let (duty, privilege) = (record.get(1), record.get(2));
                        let role = id(role);
                        roles.ability(&role, origin);
                        // A privilege may be in a role without a duty, and a duty without privileges.
                        let holder = if duty.is_empty() {
                            role
                        } else {
                            let duty = id(&format!("duty:{duty}"));
                            roles.permit(&duty, record.get(1), None, origin);
                            roles.include(&role, &duty, origin);
                            duty
                        };
                        if !privilege.is_empty() {
                            roles.permit(&holder, privilege, None, origin);
                        }
                    }
                    PRIVILEGES => {
                        let Some([role, privilege]) = named(record, kind, [0, 1], facts) else { return };
                        roles.ability(&id(role), origin);
                        roles.permit(&id(role), privilege, None, origin);
                    }
                    USERS => {
                        let Some([user, role]) = named(record, kind, [0, 1], facts) else { return };
                        let (user, kind) = (id(user), AccountKind::User);
                        let scope = match record.get(2) {
                            // An assignment that names no legal entity counts in all of them.
                            "" if record.has(2) => Scope::unknown().with(entity(), Values::All),
                            "" => Scope::unknown(),
                            own => Scope::unknown().with(entity(), Values::of([own])),
                        };
                        facts.accounts.push(AccountFact { id: user.clone(), kind, boundary: None, origin });
                        facts.grants.push(grant(user, id(role), scope, Validity::default(), Vec::new(), origin));
                    }
                    _ => {}
                }
            });
        }
    }
    roles.finish(&mut facts);
    facts
}

fn entity() -> Dimension {
    Dimension::new("legal_entity")
}
