//! Roles and privileges of Postgres in SQL (PostgreSQL documentation, "Database Roles" and "Privileges").
//!
//! The files of a folder are a sequence, in the order of their names: a statement counts on top of those before it. What is
//! left at the end is what the files declare. Of a script only statements count that speak of roles and privileges.

mod roles;
mod statement;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use self::roles::Roles;
use self::statement::{Change, Unread, read};
use crate::facts::{Facts, Gap, Origin};
use crate::formats::{Files, Format, Grouping, Recognise, Unit, UnitFile, system_of_type};
use crate::syntax::SyntaxError;
use crate::syntax::sql::{Script, Statement, WordKind};

/// The row of the format table.
pub const FORMAT: Format =
    Format { name: "postgres", recognise: Recognise::Sql(recognise), suspect, unit: Grouping::Reaching(units), lower };

/// Whether a script speaks of access, in Postgres' words and in those of no other database.
fn recognise(path: &str, script: &Script) -> bool {
    let speaks = |own: &Statement| matches!(read(own), Ok(_) | Err(Unread::Unknown(..))) || speaks_in_code(own);
    let foreign = |own: &Statement| read(own) == Err(Unread::Foreign);
    !is_undone(path) && script.statements.iter().any(speaks) && !script.statements.iter().any(foreign)
}

/// What takes a step of a sequence back is no step of it.
fn is_undone(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let undo = name.strip_prefix('U').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    name.ends_with(".down.sql") || name == "down.sql" || undo && name.contains("__")
}

fn suspect(path: &str, text: &str, _error: &SyntaxError) -> Option<Gap> {
    let speaks = |line: &str| {
        let line = line.trim_start().to_ascii_uppercase();
        line.starts_with("GRANT ") && line.contains(" TO ") || line.starts_with("CREATE ROLE ")
    };
    (path.ends_with(".sql") && text.lines().any(speaks)).then_some(Gap::Broken)
}

/// The words by which a block of code is known to speak of privileges.
pub const WORDS_IN_CODE: [&str; 6] = ["GRANT ", "REVOKE ", "CREATE ROLE", "CREATE USER", "ALTER ROLE", "ALTER USER"];

/// Whether a statement is looked at, or may be for what its code says.
#[must_use]
pub fn may_count(statement: &Statement) -> bool {
    statement::is_looked_at(statement) || is_code(statement)
}

fn is_code(statement: &Statement) -> bool {
    statement.begins(&["DO"])
}

/// A block of code that speaks of privileges.
fn speaks_in_code(statement: &Statement) -> bool {
    is_code(statement)
        && statement.words.iter().any(|word| match &word.kind {
            WordKind::Body(body) | WordKind::Text(body) => {
                let body = body.to_ascii_uppercase();
                WORDS_IN_CODE.iter().any(|word| body.contains(word))
            }
            _ => false,
        })
}

/// The files of a folder are one sequence; so are folders beside each other that hold one `migration.sql` or `up.sql`.
fn units(all: &BTreeSet<&str>, _tree: &Files<'_>) -> BTreeMap<String, Vec<String>> {
    let mut units: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in all {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let unit = match name {
            "migration.sql" | "up.sql" => folder.rsplit_once('/').map_or("", |(outer, _)| outer),
            _ => folder,
        };
        units.entry(unit.to_owned()).or_default().push((*path).to_owned());
    }
    for files in units.values_mut() {
        files.sort_by_cached_key(|path| by_number(path));
    }
    units
}

/// A name as people count it: `V10` comes behind `V2`.
fn by_number(path: &str) -> Vec<(u64, String)> {
    let mut parts = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let text = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (before, digits) = rest.split_at(text);
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let (number, behind) = digits.split_at(end);
        parts.push((0, before.to_owned()));
        if !number.is_empty() {
            parts.push((number.parse().unwrap_or(u64::MAX), number.to_owned()));
        }
        rest = behind;
    }
    parts
}

fn lower(unit: &Unit<'_>) -> Facts {
    let mut facts = Facts::default();
    let (Some(tree), Some(first)) = (unit.tree, unit.files.first()) else { return facts };
    let named = first.system.as_ref().map(|hint: &crate::formats::SystemHint| &hint.id);
    let mut roles = Roles::new(system_of_type(named, "postgres"));
    for UnitFile { path, .. } in &unit.files {
        let Some((file, script)) = tree.script(path) else { continue };
        for (span, message) in &script.faults {
            let reason = format!("this is no SQL: {}", message.to_lowercase());
            untold(
                &mut facts,
                Gap::Broken,
                Origin { file, span: *span },
                reason,
                "the statement here is not evaluated",
            );
        }
        for statement in &script.statements {
            let at = |span| Origin { file, span };
            match read(statement) {
                Ok(change) => {
                    *facts.tally.entry(word(&change)).or_default() += 1;
                    roles.apply(change, &at, &mut facts);
                }
                Err(Unread::Unknown(span, reason)) => {
                    untold(&mut facts, Gap::Unsupported, at(span), reason, "this statement is not evaluated");
                }
                Err(_) if speaks_in_code(statement) => {
                    let reason = "this block of code gives or takes privileges, and code is not run";
                    let consequence = "more or less may be granted than shown";
                    let head = statement.words.first().map_or(statement.span, |word| word.span);
                    untold(&mut facts, Gap::Unsupported, at(head), reason.to_owned(), consequence);
                }
                Err(_) => {}
            }
        }
    }
    roles.finish(&mut facts);
    facts
}

fn word(change: &Change) -> &'static str {
    match change {
        Change::Grant { .. } | Change::GrantRole { .. } => "GRANT",
        Change::Revoke { .. } | Change::RevokeRole { .. } | Change::Nothing => "REVOKE",
        Change::Create { .. } => "CREATE ROLE",
        Change::Alter { .. } => "ALTER ROLE",
        Change::Drop { .. } => "DROP ROLE",
    }
}

fn untold(facts: &mut Facts, gap: Gap, origin: Origin, reason: String, consequence: &str) {
    facts.unresolved.push(crate::facts::Unresolved { gap, reason, consequence: consequence.to_owned(), origin });
}
