//! NetSuite: saved searches of roles (name, permission, level) and of employees (role), exported as CSV.

use super::roles::{Roles, grant};
use super::{Column, TableFormat, TableKind, TableUnit, broken_row, named};
use crate::facts::scope::Scope;
use crate::facts::{AccountFact, AccountKind, Facts, Level, Native, Validity};

/// The row of the list of formats.
pub(super) const FORMAT: TableFormat = TableFormat { name: "netsuite", kinds: KINDS, lower };

const PERMISSIONS: usize = 0;
const USERS: usize = 1;

const KINDS: &[TableKind] = &[
    TableKind {
        name: "role permission",
        telling: false,
        columns: &[
            Column::tells(&["Role", "Name"]),
            Column::tells(&["Permission"]),
            Column::tells(&["Level", "Permission Level"]),
        ],
    },
    TableKind {
        name: "role of a user",
        telling: false,
        columns: &[
            Column::tells(&["Email", "Login"]),
            Column::tells(&["Role"]),
            Column::optional(&["Inactive", "Is Inactive"]),
            Column::optional(&["Login Access", "Give Access"]),
        ],
    },
];

fn lower(unit: &TableUnit<'_>) -> Facts {
    let mut facts = Facts::default();
    let mut roles = Roles::default();
    for (number, file) in unit.of_kind(PERMISSIONS) {
        let system = unit.system(file);
        unit.rows(number, file, &mut facts, |record, facts| {
            let columns = KINDS.get(PERMISSIONS).and_then(|kind| named(record, kind, [0, 1, 2], facts));
            let Some([role, permission, written]) = columns else { return };
            let role = Native::new(system.clone(), role);
            let level = match written.to_ascii_lowercase().as_str() {
                "none" => {
                    roles.role(&role, record.origin());
                    return;
                }
                "view" => Some(Level::View),
                "create" => Some(Level::Create),
                "edit" => Some(Level::Edit),
                "full" => Some(Level::Full),
                _ => {
                    let reason = format!("`{written}` is no level: one of None, View, Create, Edit, Full");
                    broken_row(record, facts, reason, "the permission counts as full");
                    None
                }
            };
            roles.permit(&role, permission, level, record.origin());
        });
    }
    for (number, file) in unit.of_kind(USERS) {
        let system = unit.system(file);
        unit.rows(number, file, &mut facts, |record, facts| {
            // Somebody without a role is listed with an empty one.
            if record.get(1).is_empty() || is(record.get(2), true) || is(record.get(3), false) {
                return;
            }
            let columns = KINDS.get(USERS).and_then(|kind| named(record, kind, [0, 1], facts));
            let Some([user, role]) = columns else { return };
            let (user, role) = (Native::new(system.clone(), user), Native::new(system.clone(), role));
            let origin = record.origin();
            facts.accounts.push(AccountFact { id: user.clone(), kind: AccountKind::User, boundary: None, origin });
            facts.grants.push(grant(user, role, Scope::unknown(), Validity::default(), Vec::new(), origin));
        });
    }
    roles.finish(&mut facts);
    facts
}

/// Whether a box surely is ticked, or surely is not; an empty one is neither.
fn is(written: &str, ticked: bool) -> bool {
    let words: &[&str] = if ticked { &["yes", "true", "t"] } else { &["no", "false", "f"] };
    words.iter().any(|word| written.eq_ignore_ascii_case(word))
}
