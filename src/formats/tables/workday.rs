//! Workday: security groups with the domain and business process policies that they are in, and their members, as
//! custom reports export them.
//!
//! A business process is a permission under its own name for whoever may start it; each other action on it is one under
//! the name and the action: `Supplier Event: Approve`.

use std::collections::BTreeSet;

use super::roles::Roles;
use super::{Column, TableFormat, TableKind, TableUnit, broken_row, named};
use crate::facts::{Facts, GrantFact, Granted, GroupFact, Holder, Level, MembershipFact, Native, Origin, Validity};

/// The row of the list of formats.
pub(super) const FORMAT: TableFormat = TableFormat { name: "workday", kinds: KINDS, lower };

const DOMAINS: usize = 0;
const PROCESSES: usize = 1;
const MEMBERS: usize = 2;

const GROUP: &[&str] = &["Security Group", "Security Groups"];

const KINDS: &[TableKind] = &[
    TableKind {
        name: "domain policy",
        telling: false,
        columns: &[
            Column::tells(&["Domain Security Policy", "Domain"]),
            Column::tells(GROUP),
            Column::tells(&["View/Modify Access", "Access", "Permission"]),
        ],
    },
    TableKind {
        name: "business process policy",
        telling: false,
        columns: &[
            Column::tells(&["Business Process Type", "Business Process"]),
            Column::tells(GROUP),
            Column::tells(&["Action", "Securable Action"]),
        ],
    },
    TableKind {
        name: "member of a security group",
        telling: false,
        columns: &[Column::tells(GROUP), Column::tells(&["Workday Account", "User Name", "Member"])],
    },
];

fn lower(unit: &TableUnit<'_>) -> Facts {
    let mut facts = Facts::default();
    let mut groups = Groups::default();
    for (kind_number, kind) in KINDS.iter().enumerate() {
        for (number, file) in unit.of_kind(kind_number) {
            let system = unit.system(file);
            unit.rows(number, file, &mut facts, |record, facts| match kind_number {
                DOMAINS => {
                    let Some([domain, group, access]) = named(record, kind, [0, 1, 2], facts) else { return };
                    let group = groups.known(Native::new(system.clone(), group), record.origin());
                    let level = match access.to_ascii_lowercase().as_str() {
                        "view" | "view only" | "get" | "get only" => Some(Level::View),
                        "modify" | "view and modify" | "put" | "get and put" => None,
                        _ => {
                            let reason = format!("`{access}` is no access, such as View Only or View and Modify");
                            broken_row(record, facts, reason, "it counts as modifying");
                            None
                        }
                    };
                    groups.roles.permit(&group, domain, level, record.origin());
                }
                PROCESSES => {
                    let Some([process, group, action]) = named(record, kind, [0, 1, 2], facts) else { return };
                    let group = groups.known(Native::new(system.clone(), group), record.origin());
                    let (name, level) = match action.to_ascii_lowercase().as_str() {
                        "initiate" | "initiation" => (process.to_owned(), None),
                        own if own.starts_with("view") => (process.to_owned(), Some(Level::View)),
                        _ => (format!("{process}: {action}"), None),
                    };
                    groups.roles.permit(&group, &name, level, record.origin());
                }
                MEMBERS => {
                    let Some([group, member]) = named(record, kind, [0, 1], facts) else { return };
                    let group = groups.known(Native::new(system.clone(), group), record.origin());
                    facts.memberships.push(MembershipFact {
                        member: Holder::Account(Native::new(system.clone(), member)),
                        group,
                        validity: Validity::default(),
                        origin: record.origin(),
                    });
                }
                _ => {}
            });
        }
    }
    groups.finish(&mut facts);
    facts
}

/// Security groups: each is a group, and the role of the same name that it is given.
#[derive(Default)]
struct Groups {
    roles: Roles,
    known: BTreeSet<Native>,
    all: Vec<(Native, Origin)>,
}

impl Groups {
    fn known(&mut self, id: Native, origin: Origin) -> Native {
        if self.known.insert(id.clone()) {
            self.roles.role(&id, origin);
            self.all.push((id.clone(), origin));
        }
        id
    }

    fn finish(self, facts: &mut Facts) {
        let listed: BTreeSet<Native> = facts.memberships.iter().map(|fact| fact.group.clone()).collect();
        for (id, origin) in self.all {
            facts.grants.push(GrantFact::new(
                Holder::Group(id.clone()),
                id.system.clone(),
                Granted::Role(id.clone()),
                origin,
            ));
            let members_listed = listed.contains(&id);
            facts.groups.push(GroupFact { id, members_listed, origin });
        }
        self.roles.finish(facts);
    }
}
