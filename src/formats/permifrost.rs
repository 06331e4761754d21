//! Specifications of Permifrost: roles, users and privileges of Snowflake in YAML (Permifrost documentation, "Spec
//! definition").

use crate::facts::{AccountFact, AccountKind, Facts, Gap, Native, Origin, Text};
use crate::formats::snowflake as words;
use crate::formats::{Format, Grouping, Lowering, Recognise, Unit, text};
use crate::syntax::{Node, SyntaxError};

/// The row of the format table.
pub const FORMAT: Format =
    Format { name: "permifrost", recognise: Recognise::Data(recognise), suspect, unit: Grouping::Alone, lower };

/// A list of maps of one key, as the tool writes roles and users, with what such a map may hold.
fn is_list_of(document: &Node, key: &str, tells: &[&str]) -> bool {
    document.get(key).and_then(Node::as_list).is_some_and(|list| {
        list.iter()
            .filter_map(Node::as_map)
            .flatten()
            .any(|entry| tells.iter().any(|own| entry.value.get(own).is_some()))
    })
}

fn recognise(_path: &str, document: &Node) -> bool {
    let roles = is_list_of(document, "roles", &["privileges", "owns", "member_of", "warehouses", "integrations"]);
    let users = is_list_of(document, "users", &["member_of", "can_login", "owns"]);
    let things = ["databases", "warehouses"].iter().any(|key| document.get(key).and_then(Node::as_list).is_some());
    document.get("version").is_none_or(|version| version.as_text().is_some())
        && (roles && (users || things) || users && things)
}

fn suspect(_path: &str, _text: &str, _error: &SyntaxError) -> Option<Gap> {
    None
}

fn lower(unit: &Unit<'_>) -> Facts {
    let mut facts = Facts::default();
    for (place, file) in (0u32..).zip(&unit.files) {
        let system = file.system.as_ref().map_or_else(|| text(words::SYSTEM), |hint| hint.id.clone());
        for document in &file.documents {
            Specification { lowering: Lowering { facts: &mut facts, file: place }, system: system.clone() }
                .lower(document);
        }
    }
    facts
}

struct Specification<'f> {
    lowering: Lowering<'f>,
    system: Text,
}

impl Specification<'_> {
    fn lower(&mut self, document: &Node) {
        for (name, at, own) in named(document, "roles") {
            self.lowering.count("role");
            self.role(name, at, own);
        }
        for (name, at, own) in named(document, "users") {
            self.lowering.count("user");
            let origin = self.lowering.at(at.span);
            let id = words::user(&self.system, name);
            let kind = AccountKind::User;
            self.lowering.facts.accounts.push(AccountFact { id: id.clone(), kind, boundary: None, origin });
            for role in self.texts(own, &["member_of"]) {
                let inner = words::role(&self.system, role.0);
                words::give(self.lowering.facts, &id, &inner, role.1);
            }
            self.owned(own, name);
        }
    }

    fn role(&mut self, name: &str, at: &Node, own: &Node) {
        let id = words::role(&self.system, name);
        let origin = self.lowering.at(at.span);
        words::declared(self.lowering.facts, &id, origin);
        // A role that is a member of another holds what that one holds.
        let includes = match own.get("member_of") {
            Some(members) if members.as_map().is_some() => self.texts(own, &["member_of", "include"]),
            _ => self.texts(own, &["member_of"]),
        };
        for (inner, origin) in includes {
            if inner == "*" {
                self.lowering.facts.unresolved.push(crate::facts::Unresolved {
                    gap: Gap::Unsupported,
                    reason: "a role is a member of every other role".to_owned(),
                    consequence: "only the roles that are named are followed".to_owned(),
                    origin,
                });
                continue;
            }
            let inner = words::role(&self.system, inner);
            words::include(self.lowering.facts, &id, &inner, origin);
        }
        for (warehouse, origin) in self.texts(own, &["warehouses"]) {
            self.permits(&id, &["USAGE", "OPERATE", "MONITOR"], "WAREHOUSE", warehouse, origin);
        }
        for (integration, origin) in self.texts(own, &["integrations"]) {
            self.permits(&id, &["USAGE"], "INTEGRATION", integration, origin);
        }
        for (kind, read, write) in PRIVILEGES {
            for (on, origin) in self.texts(own, &["privileges", kind, "read"]) {
                self.permits(&id, read, &singular(kind), on, origin);
            }
            for (on, origin) in self.texts(own, &["privileges", kind, "write"]) {
                self.permits(&id, read, &singular(kind), on, origin);
                self.permits(&id, write, &singular(kind), on, origin);
            }
        }
        for (kind, ..) in PRIVILEGES {
            for (on, origin) in self.texts(own, &["owns", kind]) {
                self.permits(&id, &["OWNERSHIP"], &singular(kind), on, origin);
            }
        }
    }

    /// The tool can give objects to a user, which Snowflake cannot.
    fn owned(&mut self, own: &Node, name: &str) {
        if let Some(owns) = own.get("owns") {
            let reason = format!("the user `{name}` cannot own objects; roles do");
            self.lowering.unresolved(Gap::Unsupported, owns.span, reason, "what is owned is not evaluated");
        }
    }

    fn permits(&mut self, role: &Native, privileges: &[&str], kind: &str, on: &str, origin: Origin) {
        let held: Vec<String> = privileges.iter().map(|own| (*own).to_owned()).collect();
        let statement = words::statement(&held, kind, on, origin);
        if let Some(role) = words::declared(self.lowering.facts, role, origin) {
            role.statements.push(statement);
        }
    }

    /// The texts of a list at a path, with their places.
    fn texts<'n>(&mut self, node: &'n Node, path: &[&str]) -> Vec<(&'n str, Origin)> {
        let Some(list) = node.at(path) else { return Vec::new() };
        let Some(items) = list.as_list() else {
            let reason = format!("`{}` is {}, not a list", path.join("."), list.kind());
            self.lowering.unresolved(Gap::Broken, list.span, reason, "nothing in it is evaluated");
            return Vec::new();
        };
        let mut found = Vec::new();
        for item in items {
            match item.as_text() {
                Some(own) => found.push((own, self.lowering.at(item.span))),
                None => {
                    let reason = format!("`{}` holds {}, not text", path.join("."), item.kind());
                    self.lowering.unresolved(Gap::Broken, item.span, reason, "this entry is not evaluated");
                }
            }
        }
        found
    }
}

/// What reading and writing come to, by kind (Permifrost documentation, "Permissions").
const PRIVILEGES: [(&str, &[&str], &[&str]); 3] = [
    ("databases", &["USAGE"], &["MONITOR", "CREATE SCHEMA"]),
    (
        "schemas",
        &["USAGE"],
        &[
            "MONITOR",
            "CREATE TABLE",
            "CREATE VIEW",
            "CREATE STAGE",
            "CREATE FILE FORMAT",
            "CREATE SEQUENCE",
            "CREATE FUNCTION",
            "CREATE PIPE",
        ],
    ),
    ("tables", &["SELECT"], &["INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES"]),
];

fn singular(kind: &str) -> String {
    kind.trim_end_matches('s').to_uppercase()
}

/// Each member of a list of maps of one key: the name, where the map is, and its value.
fn named<'n>(document: &'n Node, key: &str) -> impl Iterator<Item = (&'n str, &'n Node, &'n Node)> {
    let list = document.get(key).and_then(Node::as_list).unwrap_or_default();
    list.iter()
        .flat_map(|item| item.as_map().unwrap_or_default().iter().map(move |entry| (&*entry.key, item, &entry.value)))
}

#[cfg(test)]
mod tests {
    use super::FORMAT;
    use crate::formats::trees::run_trees;

    #[test]
    fn cases() {
        run_trees("permifrost-*", &[FORMAT.name]);
    }
}
