//! SAP: what the tables of its user and role administration say, as the data browser exports them.
//!
//! An authorization is one object with values for each of its fields, and SAP checks all fields of one authorization
//! together. So each instance (role, object, authorization name) becomes one statement with its fields, and no value of
//! one instance ever completes another one. The transaction codes of `S_TCODE` are actions by themselves; every other
//! object is an action by its name, which a binding can narrow by fields.
//!
//! Table and column names are those of the ABAP dictionary: `AGR_1251` authorizations of roles, `AGR_1252` their
//! organisational levels, `AGR_AGRS` roles in composite roles, `AGR_DEFINE` roles, `AGR_USERS` roles of users, `UST04`
//! profiles of users, `USR02` logon data, `USREFUS` reference users.

mod authorizations;
mod users;

use std::collections::BTreeMap;

use self::users::Users;
use super::roles::Roles;
use super::{Column, Record, TableFormat, TableKind, TableUnit, broken_row, named};
use crate::facts::{Facts, Native, Text};

/// The row of the list of formats.
pub(super) const FORMAT: TableFormat = TableFormat { name: "sap", kinds: KINDS, lower };

const AUTHORIZATIONS: usize = 0;
const LEVELS: usize = 1;
const COMPOSITES: usize = 2;
const ROLE_USERS: usize = 3;
const PROFILES: usize = 4;
const LOGONS: usize = 5;
const REFERENCES: usize = 6;
const DEFINITIONS: usize = 7;

/// Each table's client stands first.
const CLIENT: usize = 0;

const KINDS: &[TableKind] = &[
    TableKind {
        name: "AGR_1251",
        telling: true,
        columns: &[
            Column::optional(&["MANDT"]),
            Column::tells(&["AGR_NAME"]),
            Column::tells(&["OBJECT"]),
            Column::required(&["AUTH"]),
            Column::tells(&["FIELD"]),
            Column::required(&["LOW"]),
            Column::required(&["HIGH"]),
            Column::required(&["DELETED"]),
        ],
    },
    TableKind {
        name: "AGR_1252",
        telling: true,
        columns: &[
            Column::optional(&["MANDT"]),
            Column::tells(&["AGR_NAME"]),
            Column::tells(&["VARBL"]),
            Column::required(&["LOW"]),
            Column::required(&["HIGH"]),
        ],
    },
    TableKind {
        name: "AGR_AGRS",
        telling: true,
        columns: &[Column::optional(&["MANDT"]), Column::tells(&["AGR_NAME"]), Column::tells(&["CHILD_AGR"])],
    },
    TableKind {
        name: "AGR_USERS",
        telling: true,
        columns: &[
            Column::optional(&["MANDT"]),
            Column::tells(&["AGR_NAME"]),
            Column::tells(&["UNAME"]),
            Column::required(&["FROM_DAT"]),
            Column::required(&["TO_DAT"]),
        ],
    },
    TableKind {
        name: "UST04",
        telling: true,
        columns: &[Column::optional(&["MANDT"]), Column::tells(&["BNAME"]), Column::tells(&["PROFILE"])],
    },
    TableKind {
        name: "USR02",
        telling: true,
        columns: &[
            Column::optional(&["MANDT"]),
            Column::tells(&["BNAME"]),
            Column::required(&["GLTGV"]),
            Column::required(&["GLTGB"]),
            Column::tells(&["UFLAG"]),
            Column::optional(&["USTYP"]),
        ],
    },
    TableKind {
        name: "USREFUS",
        telling: true,
        columns: &[Column::optional(&["MANDT"]), Column::tells(&["BNAME"]), Column::tells(&["REFUSER"])],
    },
    TableKind {
        name: "AGR_DEFINE",
        telling: true,
        columns: &[Column::optional(&["MANDT"]), Column::tells(&["AGR_NAME"]), Column::tells(&["PARENT_AGR"])],
    },
];

fn lower(unit: &TableUnit<'_>) -> Facts {
    let mut facts = Facts::default();
    let mut roles = Roles::default();
    let mut clients = Clients::default();
    authorizations::read(unit, &mut clients, &mut roles, &mut facts);
    each(unit, COMPOSITES, &mut clients, &mut facts, &mut |system, record, facts| {
        let columns = KINDS.get(COMPOSITES).and_then(|kind| named(record, kind, [1, 2], facts));
        if let Some([outer, inner]) = columns {
            let (outer, inner) = (Native::new(system.clone(), outer), Native::new(system.clone(), inner));
            roles.include(&outer, &inner, record.origin());
        }
    });
    each(unit, DEFINITIONS, &mut clients, &mut facts, &mut |system, record, facts| {
        if let Some([name]) = KINDS.get(DEFINITIONS).and_then(|kind| named(record, kind, [1], facts)) {
            roles.role(&Native::new(system.clone(), name), record.origin());
        }
    });
    // Bindings name some roles of the standard delivery.
    roles.abilities("SAP_");
    Users::read(unit, &mut clients, &mut facts).finish(unit, &mut clients, &mut facts);
    roles.finish(&mut facts);
    facts
}

/// The client whose rows count, by system. The clients of one installation are systems of their own.
#[derive(Clone, Default)]
struct Clients(BTreeMap<Text, Text>);

impl Clients {
    /// Whether a row is of the client that the system's other rows are of.
    fn admits(&mut self, system: &Text, record: &Record<'_>, facts: &mut Facts) -> bool {
        let client = record.get(CLIENT);
        if client.is_empty() {
            return true;
        }
        let known = self.0.entry(system.clone()).or_insert_with(|| client.into()).clone();
        if *known == *client {
            return true;
        }
        let reason = format!("this row is of client {client} and others of {system} are of client {known}");
        broken_row(
            record,
            facts,
            reason,
            "this row is not evaluated; keep the exports of each client in a folder and a system of its own",
        );
        false
    }
}

/// Gives every row of one kind of table to `then`, with its system.
fn each(
    unit: &TableUnit<'_>,
    kind: usize,
    clients: &mut Clients,
    facts: &mut Facts,
    then: &mut dyn FnMut(&Text, &Record<'_>, &mut Facts),
) {
    for (number, file) in unit.of_kind(kind) {
        let system = unit.system(file);
        unit.rows(number, file, facts, |record, facts| {
            if clients.admits(&system, record, facts) {
                then(&system, record, facts);
            }
        });
    }
}
