//! Oracle Fusion: the role hierarchy, the privileges of roles and the roles of users, as spreadsheets of them are saved.
//!
//! Bindings name duty roles as well as privileges, so a role also is a permission of its own name.

use super::roles::{Roles, grant};
use super::{Column, TableFormat, TableKind, TableUnit, named};
use crate::facts::scope::Scope;
use crate::facts::{AccountFact, AccountKind, Facts, Native, Validity};

/// The row of the list of formats.
pub(super) const FORMAT: TableFormat = TableFormat { name: "fusion", kinds: KINDS, lower };

const HIERARCHY: usize = 0;
const PRIVILEGES: usize = 1;
const USERS: usize = 2;

const ROLE: &[&str] = &["Role Name", "Role"];

const KINDS: &[TableKind] = &[
    TableKind {
        name: "inherited role",
        telling: false,
        columns: &[Column::tells(ROLE), Column::tells(&["Inherited Role Name", "Inherited Role"])],
    },
    TableKind {
        name: "privilege of a role",
        telling: false,
        columns: &[Column::tells(ROLE), Column::tells(&["Privilege Name", "Privilege"])],
    },
    TableKind {
        name: "role of a user",
        telling: false,
        columns: &[Column::tells(&["User Name", "Username"]), Column::tells(ROLE)],
    },
];

fn lower(unit: &TableUnit<'_>) -> Facts {
    let mut facts = Facts::default();
    let mut roles = Roles::default();
    for (kind_number, kind) in KINDS.iter().enumerate() {
        for (number, file) in unit.of_kind(kind_number) {
            let system = unit.system(file);
            unit.rows(number, file, &mut facts, |record, facts| {
                let Some([first, second]) = named(record, kind, [0, 1], facts) else { return };
                let (left, right) = (Native::new(system.clone(), first), Native::new(system.clone(), second));
                let origin = record.origin();
                match kind_number {
                    HIERARCHY => {
                        roles.ability(&left, origin);
                        roles.ability(&right, origin);
                        roles.include(&left, &right, origin);
                    }
                    PRIVILEGES => {
                        roles.ability(&left, origin);
                        roles.permit(&left, second, None, origin);
                    }
                    USERS => {
                        let kind = AccountKind::User;
                        facts.accounts.push(AccountFact { id: left.clone(), kind, boundary: None, origin });
                        facts.grants.push(grant(
                            left,
                            right,
                            Scope::unknown(),
                            Validity::default(),
                            Vec::new(),
                            origin,
                        ));
                    }
                    _ => {}
                }
            });
        }
    }
    roles.finish(&mut facts);
    facts
}
