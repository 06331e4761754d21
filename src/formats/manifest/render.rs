//! Facts as short lines, for the snapshots of the manifest and peribolos cases.
//!
//! Each line ends with the place it comes from, as `file:line` and the first words that stand there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::facts::{Facts, Granted, Origin, Statement, Validity};
use crate::formats::{Format, SystemHint, Unit, UnitFile};
use crate::syntax::{LineIndex, Node, parse};

/// Every file below a folder, by its path from there.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, into: &mut BTreeMap<String, Vec<u8>>) {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(root, &path, into);
            } else if path.extension().is_none_or(|extension| extension != "snap") {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                into.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(root, root, &mut found);
    found
}

/// Lowers every unit of one format under a folder.
pub(crate) fn units(format: &Format, root: &Path, hint: Option<&SystemHint>) -> Vec<(String, Vec<String>, Facts)> {
    let texts = files(root);
    let parsed: BTreeMap<&str, Vec<Node>> =
        texts.iter().filter_map(|(path, text)| Some((path.as_str(), parse(text).ok()?))).collect();
    let claimed: BTreeMap<&str, Vec<&Node>> = parsed
        .iter()
        .map(|(path, documents)| (*path, documents.iter().filter(|node| format.recognise.data(path, node)).collect()))
        .filter(|(_, documents): &(&str, Vec<&Node>)| !documents.is_empty())
        .collect();
    let all: BTreeSet<&str> = claimed.keys().copied().collect();
    let mut members: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for path in &all {
        members.entry(format.unit.name(path, &all)).or_default().push(path);
    }
    let lower = |(name, paths): (String, Vec<&str>)| {
        let files = paths
            .iter()
            .map(|path| UnitFile { path, documents: claimed[path].clone(), system: hint.cloned() })
            .collect();
        let facts = (format.lower)(&Unit { files, tree: None });
        (name, paths.iter().map(|path| (*path).to_owned()).collect(), facts)
    };
    members.into_iter().map(lower).collect()
}

/// The snapshot of one case: every unit's facts, and the texts that do not parse but are suspected.
pub(crate) fn case(format: &Format, root: &Path) -> String {
    let texts = files(root);
    let mut out = String::new();
    for (path, text) in &texts {
        if let Err(error) = parse(text) {
            let suspected = (format.suspect)(path, &String::from_utf8_lossy(text), &error);
            writeln!(out, "{path} does not parse: {suspected:?}").unwrap();
        }
    }
    for (name, paths, facts) in units(format, root, None) {
        let sources: Vec<(&str, &[u8])> = paths.iter().map(|path| (path.as_str(), texts[path].as_slice())).collect();
        writeln!(out, "unit {name} {:?}", facts.tally).unwrap();
        write!(out, "{}", Rendered { facts: &facts, sources }.lines()).unwrap();
    }
    out
}

/// Every fact of a tree as one line without its place: what a moved, split or reordered file leaves as it is.
pub(crate) fn statements(format: &Format, root: &Path) -> BTreeSet<String> {
    let texts = files(root);
    let mut all = BTreeSet::new();
    for (_, paths, facts) in units(format, root, None) {
        assert_eq!(facts.unresolved, []);
        let sources = paths.iter().map(|path| (path.as_str(), texts[path].as_slice())).collect();
        let mut parent = String::new();
        for line in (Rendered { facts: &facts, sources }).lines().lines() {
            // Deeper lines belong to the fact above them.
            match line.trim_start().split_once("@ ") {
                Some(("", _)) => {}
                _ if line.starts_with("    ") => drop(all.insert(format!("{parent}: {}", line.trim()))),
                _ => {
                    line.trim().clone_into(&mut parent);
                    all.insert(parent.clone());
                }
            }
        }
    }
    all
}

/// One unit's facts and the texts that they point into.
pub(crate) struct Rendered<'a> {
    /// The facts.
    pub(crate) facts: &'a Facts,
    /// Path and text of each member.
    pub(crate) sources: Vec<(&'a str, &'a [u8])>,
}

impl Rendered<'_> {
    fn place(&self, origin: Origin) -> String {
        let (path, bytes) = self.sources[origin.file as usize];
        let position = LineIndex::new(bytes).position(origin.span.start);
        let words = String::from_utf8_lossy(&bytes[origin.span.start as usize..origin.span.end as usize]).into_owned();
        let first = words.lines().next().unwrap_or_default();
        let more = if words.trim_end().contains('\n') { " …" } else { "" };
        format!("\n      @ {path}:{}:{} {first}{more}", position.line, position.column)
    }

    fn statement(&self, statement: &Statement) -> String {
        let level = statement.level.map(|level| format!(" {level:?}")).unwrap_or_default();
        let not = |negated: bool| if negated { "not " } else { "" };
        format!(
            "    {:?}{level} {}{:?} on {}{:?} [{}]{}\n",
            statement.effect,
            not(statement.actions.negated),
            statement.actions.list,
            not(statement.resources.negated),
            statement.resources.list,
            statement.scope,
            self.place(statement.origin),
        )
    }

    /// All facts, in the order of [`Facts`]'s fields.
    pub(crate) fn lines(&self) -> String {
        let facts = self.facts;
        let mut out = String::new();
        for fact in &facts.systems {
            let system = (&fact.id, &fact.kind, &fact.title, &fact.owner);
            out += &format!("  system {system:?} fixed [{}]{}\n", fact.fixed, self.place(fact.origin));
            for map in &fact.maps {
                out += &format!("    {} -> {} {:?}\n", map.native, map.shared, map.values);
            }
            if fact.reporting != crate::facts::Reporting::default() {
                out += &format!("    reporting {:?}\n", fact.reporting);
            }
        }
        for fact in &facts.people {
            out += &format!(
                "  person {} {:?} {:?} manager {:?} emails {:?} {}{}\n",
                fact.id,
                fact.name,
                fact.status,
                fact.manager,
                fact.emails,
                validity(fact.employed),
                self.place(fact.origin),
            );
            for (account, origin) in &fact.accounts {
                out += &format!("    account {account}{}\n", self.place(*origin));
            }
        }
        for fact in &facts.services {
            out += &format!(
                "  service {} {:?} purpose {:?} may hold {:?} review by {:?}{}\n",
                fact.id,
                fact.name,
                fact.purpose,
                fact.may_hold.as_ref().map(|names| names.iter().map(|(name, _)| name).collect::<Vec<_>>()),
                fact.review_by,
                self.place(fact.origin),
            );
            if let Some((owner, origin)) = &fact.owner {
                out += &format!("    owner {owner}{}\n", self.place(*origin));
            }
            if let Some(kind) = fact.kind {
                out += &format!("    is {kind:?}\n");
            }
            let life = &fact.lifecycle;
            if let Some(approved) = &life.approved {
                let place = self.place(approved.origin);
                out += &format!("    approved by {} at {} {:?}{place}\n", approved.by, approved.at, approved.ticket);
            }
            let steps = (life.stage, life.until, life.retired, &life.reviewed);
            if steps != (None, None, None, &None) {
                out += &format!("    stage, until, retired, reviewed {steps:?}\n");
            }
            if !life.tags.is_empty() || life.control.is_some() {
                out += &format!("    tags {:?} control {:?}\n", life.tags, life.control);
            }
            for (part, people) in [("operator", &fact.operators), ("approver", &fact.approvers)] {
                for (person, origin) in people {
                    out += &format!("    {part} {person}{}\n", self.place(*origin));
                }
            }
            for (account, origin) in &fact.accounts {
                out += &format!("    account {account}{}\n", self.place(*origin));
            }
        }
        for fact in &facts.accounts {
            out += &format!("  account {} {:?}{}\n", fact.id, fact.kind, self.place(fact.origin));
        }
        for fact in &facts.groups {
            let listed = if fact.members_listed { "" } else { " (members not listed)" };
            out += &format!("  group {}{listed}{}\n", fact.id, self.place(fact.origin));
        }
        for fact in &facts.memberships {
            let when = validity(fact.validity);
            out += &format!("  {} in {} {when}{}\n", fact.member, fact.group, self.place(fact.origin));
        }
        for fact in &facts.roles {
            out += &format!("  role {} {:?} {:?}{}\n", fact.id, fact.kind, fact.title, self.place(fact.origin));
            for statement in &fact.statements {
                out += &self.statement(statement);
            }
            for include in &fact.includes {
                out += &format!("    includes {}{}\n", include.role, self.place(include.origin));
            }
        }
        for fact in &facts.grants {
            let what = match &fact.what {
                Granted::Role(role) => format!("role {role}"),
                Granted::Statements(statements) => format!("{} statements", statements.len()),
            };
            out += &format!(
                "  grant {what} to {} in {} [{}] {} {:?} {:?}{}\n",
                fact.to,
                fact.system,
                fact.scope,
                validity(fact.validity),
                fact.justification,
                fact.ticket,
                self.place(fact.origin),
            );
            if let Granted::Statements(statements) = &fact.what {
                for statement in statements {
                    out += &self.statement(statement);
                }
            }
        }
        for fact in &facts.credentials {
            out += &format!(
                "  credential {} of {} {:?} {:?} created {:?}{}\n",
                fact.id,
                fact.holder,
                fact.kind,
                fact.lifetime,
                fact.created,
                self.place(fact.origin),
            );
        }
        for gap in &facts.unresolved {
            out += &format!("  {:?}: {} => {}{}\n", gap.gap, gap.reason, gap.consequence, self.place(gap.origin));
        }
        out
    }
}

fn validity(validity: Validity) -> String {
    let show = |second: Option<i64>| {
        second.map_or_else(String::new, |second| jiff::Timestamp::from_second(second).unwrap().to_string())
    };
    format!("{}..{}", show(validity.from), show(validity.until))
}

/// Compares a case folder with the `facts.snap` in it.
pub(crate) fn assert_case(format: &Format, input: &Path) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(input);
    settings.set_prepend_module_to_snapshot(false);
    settings.remove_snapshot_suffix();
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("facts", case(format, input)));
}
