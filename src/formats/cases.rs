//! What the tests of all formats share: lowering a text, and facts as short lines that a reader can check.
#![allow(dead_code, reason = "each format uses its own part of this")]

use std::collections::BTreeSet;
use std::fmt::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{FORMATS, Format, SystemHint, Unit, UnitFile};
use crate::facts::scope::Scope;
use crate::facts::{
    AccountFact, Condition, Effect, Facts, Granted, GroupFact, Holder, Origin, Patterns, Protected, ProtectionFact,
    RoleFact, Selector, SelectorExpression, Statement, Trusted, Unresolved,
};
use crate::syntax::{LineIndex, Node, parse};

/// The format that claims a document, by the table.
pub(super) fn claimed(path: &str, document: &Node) -> Option<&'static str> {
    FORMATS.iter().find(|format| format.recognise.data(path, document)).map(|format| format.name)
}

/// Lowers one file, all of whose documents the format must claim unless they are other people's.
pub(super) fn lower(format: &Format, path: &str, text: &str, system: Option<SystemHint>) -> Facts {
    let documents = parse(text.as_bytes()).unwrap();
    let documents: Vec<&Node> = documents.iter().filter(|document| format.recognise.data(path, document)).collect();
    (format.lower)(&Unit { files: vec![UnitFile { path, documents, system }], tree: None })
}

/// The facts of one file as lines.
pub(super) fn lines(format: &Format, path: &str, text: &str, system: Option<SystemHint>) -> String {
    render(&lower(format, path, text, system), text)
}

/// Runs every `testdata/formats/PREFIX-*/`: one input, its facts in `facts.snap`. A file `system` holds what the
/// configuration says of the path: the id, then perhaps `guardrail`.
pub(super) fn run_cases(formats: &[Format], prefix: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/formats");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(&format!("{prefix}-")))
        .collect();
    folders.sort();
    assert!(!folders.is_empty(), "no case for {prefix}");
    for folder in folders {
        let input = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.extension().is_some_and(|kind| kind == "json" || kind == "yaml"))
            .unwrap_or_else(|| panic!("no input in {}", folder.display()));
        let system = std::fs::read_to_string(folder.join("system")).ok().map(|hint| {
            let mut words = hint.split_whitespace();
            SystemHint { id: words.next().unwrap().into(), guardrail: words.next() == Some("guardrail") }
        });
        let name = input.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&input).unwrap();
        let shown = match parse(text.as_bytes()) {
            Ok(documents) => {
                let format = formats.iter().find(|format| documents.iter().any(|d| format.recognise.data(&name, d)));
                format.map_or_else(
                    || "not recognised".to_owned(),
                    |format| format!("format {}\n{}", format.name, lines(format, &name, &text, system)),
                )
            }
            Err(error) => {
                let gap = formats.iter().find_map(|format| (format.suspect)(&name, &text, &error));
                format!("does not parse ({error}): {gap:?}")
            }
        };
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.remove_snapshot_suffix();
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("facts", shown));
    }
}

/// Every fact as a line, in the order of the fields of [`Facts`].
pub(super) fn render(facts: &Facts, text: &str) -> String {
    render_files(facts, &[("", text.as_bytes())])
}

/// The same of a unit of several files: places name the file.
pub(super) fn render_files(facts: &Facts, files: &[(&str, &[u8])]) -> String {
    let files = files.iter().map(|(path, bytes)| (*path, LineIndex::new(bytes))).collect();
    let mut page = Page { out: String::new(), files };
    page.facts(facts).unwrap();
    page.out
}

struct Page<'t> {
    out: String,
    files: Vec<(&'t str, LineIndex<'t>)>,
}

impl Page<'_> {
    fn at(&self, origin: Origin) -> String {
        let (path, index) = &self.files[origin.file as usize];
        let from = index.position(origin.span.start);
        let path = if path.is_empty() { String::new() } else { format!("{path}:") };
        format!("{path}{}:{}", from.line, from.column)
    }

    fn facts(&mut self, facts: &Facts) -> fmt::Result {
        let tally: Vec<String> = facts.tally.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        writeln!(self.out, "tally: {}", tally.join(", "))?;
        for AccountFact { id, kind, boundary, origin } in &facts.accounts {
            let limit = boundary.as_ref().map(|(role, _)| format!(" within {role}")).unwrap_or_default();
            writeln!(self.out, "{} account {id} ({kind:?}){limit}", self.at(*origin))?;
        }
        for GroupFact { id, members_listed, origin } in &facts.groups {
            let listed = if *members_listed { "listed" } else { "not listed" };
            writeln!(self.out, "{} group {id} (members {listed})", self.at(*origin))?;
        }
        for fact in &facts.memberships {
            writeln!(self.out, "{} {} is in {}", self.at(fact.origin), fact.member, fact.group)?;
        }
        for role in &facts.roles {
            self.role(role)?;
            // What roles share is written where each of them has it.
            for permit in facts.permits.iter().filter(|permit| permit.role == role.id) {
                let own = |(statement, origin): &(Arc<Statement>, Origin)| Statement {
                    origin: *origin,
                    ..Statement::clone(statement)
                };
                self.statements(&permit.statements.iter().map(own).collect::<Vec<_>>())?;
            }
        }
        for fact in &facts.grants {
            let mut scope = if fact.scope.is_unknown() { String::new() } else { format!(" on {}", fact.scope) };
            scope.extend(fact.validity.from.map(|at| format!(" from {at}")));
            scope.extend(fact.validity.until.map(|at| format!(" until {at}")));
            write!(self.out, "{} {} gets", self.at(fact.origin), fact.to)?;
            match &fact.what {
                Granted::Role(role) => writeln!(self.out, " role {role}{scope}{}", conditions(&fact.conditions))?,
                Granted::Statements(statements) => {
                    writeln!(self.out, "{scope}{}", conditions(&fact.conditions))?;
                    self.statements(statements)?;
                }
            }
        }
        for fact in &facts.trusts {
            let trusted = match &fact.trusted {
                Trusted::Holder(holder) => holder.to_string(),
                Trusted::WhoeverMay { system, action } => format!("whoever may {action} in {system}"),
                Trusted::Service(name) => format!("service {name}"),
                Trusted::Anyone => "anyone".to_owned(),
            };
            let conditions = conditions(&fact.conditions);
            writeln!(self.out, "{} {} may be used by {trusted}{conditions}", self.at(fact.origin), fact.target)?;
        }
        for fact in &facts.jobs {
            let within = fact.environment.as_ref().map(|own| format!(" in {own}")).unwrap_or_default();
            writeln!(self.out, "{} {} is a job{within}", self.at(fact.origin), fact.account)?;
        }
        // What a service account's tokens say is its name.
        for fact in facts.tokens.iter().filter(|fact| &*fact.issuer != "kubernetes") {
            let place = self.at(fact.origin);
            for way in &fact.ways {
                let claims: Vec<String> = way.claims.iter().map(|(claim, value)| format!("{claim} {value}")).collect();
                let sure = if way.is_settled { "" } else { ", where `*` is not known" };
                let (issuer, when) = (&fact.issuer, &way.when);
                writeln!(self.out, "{place} {} by {when}: {} of {issuer}{sure}", fact.account, claims.join(", "))?;
            }
        }
        for ProtectionFact { scope, except, what, approvals, checks, origin } in &facts.protections {
            let what = match what {
                Protected::Branch(name) => format!("branch {name}"),
                Protected::Environment(name) => format!("environment {name}"),
            };
            let approvals = format!("{approvals:?}").to_lowercase();
            let place = self.at(*origin);
            let but: String = except.iter().map(|own| format!(" but {own}")).collect();
            writeln!(self.out, "{place} {what} of {scope}{but} asks for approvals {approvals}, checks {checks:?}")?;
        }
        for fact in &facts.credentials {
            let made = fact.created.map(|at| format!(", made {at}")).unwrap_or_default();
            let place = self.at(fact.origin);
            let detail = &fact.detail;
            let literal = if detail.is_literal { ", written here" } else { "" };
            let rotation = detail.rotation.map(|own| format!(", replaced {own:?}")).unwrap_or_default();
            let cloud = detail.pipeline.map(|own| format!(", a pipeline's key of {own:?}")).unwrap_or_default();
            let used =
                if detail.used_by.is_empty() { String::new() } else { format!(", used by {:?}", detail.used_by) };
            let rules = detail.rules.map(|own| format!(", {own:?}")).unwrap_or_default();
            writeln!(
                self.out,
                "{place} {:?} {} of {} ({:?}{made}{literal}{rotation}{cloud}{used}{rules})",
                fact.kind, fact.id, fact.holder, fact.lifetime
            )?;
        }
        for Unresolved { gap, reason, consequence, origin } in &facts.unresolved {
            writeln!(self.out, "{} {gap:?}: {reason}; {consequence}", self.at(*origin))?;
        }
        Ok(())
    }

    fn role(&mut self, role: &RoleFact) -> fmt::Result {
        let title = role.title.as_ref().map(|title| format!(" \"{title}\"")).unwrap_or_default();
        writeln!(self.out, "{} role {} ({:?}){title}", self.at(role.origin), role.id, role.kind)?;
        for (label, value) in &role.labels {
            writeln!(self.out, "  label {label}={value}")?;
        }
        for selector in &role.aggregates {
            writeln!(self.out, "  takes in {}", words(selector))?;
        }
        for include in &role.includes {
            writeln!(self.out, "  includes {}", include.role)?;
        }
        self.statements(&role.statements)
    }

    fn statements(&mut self, statements: &[Statement]) -> fmt::Result {
        for statement in statements {
            let effect = if statement.effect == Effect::Allow { "allow" } else { "deny" };
            let scope =
                if statement.scope == Scope::unknown() { String::new() } else { format!(" ({})", statement.scope) };
            let level = statement.level.map(|level| format!(" at {level:?}").to_lowercase()).unwrap_or_default();
            let fields = statement.fields.iter().flat_map(|fields| fields.iter());
            let fields: String =
                fields.map(|(field, values)| format!(" with {field} [{}]", patterns(values))).collect();
            writeln!(
                self.out,
                "  {} {effect} {}{level} on {}{fields}{scope}{}",
                self.at(statement.origin),
                patterns(&statement.actions),
                patterns(&statement.resources),
                conditions(&statement.conditions)
            )?;
        }
        Ok(())
    }
}

fn patterns(patterns: &Patterns) -> String {
    let ranges = patterns.ranges.iter().map(|range| format!("{}..{}", range.low, range.high));
    let all: Vec<String> = patterns.list.iter().map(ToString::to_string).chain(ranges).collect();
    format!("{}{}", if patterns.negated { "all but " } else { "" }, all.join(" "))
}

fn conditions(conditions: &[Condition]) -> String {
    conditions.iter().fold(String::new(), |mut line, condition| {
        let _ = write!(line, " if {} [{:?}]", condition.text, condition.constrains);
        line
    })
}

fn words(selector: &Selector) -> String {
    let labels = selector.match_labels.iter().map(|(label, value)| format!("{label}={value}"));
    let expressions = selector.match_expressions.iter().map(|expression| match expression {
        SelectorExpression::In(label, values) => format!("{label} in {}", values.join("|")),
        SelectorExpression::NotIn(label, values) => format!("{label} not in {}", values.join("|")),
        SelectorExpression::Exists(label) => label.to_string(),
        SelectorExpression::DoesNotExist(label) => format!("no {label}"),
    });
    let all: Vec<String> = labels.chain(expressions).collect();
    if all.is_empty() { "everything".to_owned() } else { all.join(", ") }
}

/// The account and group names of grants, for assertions on who is given something.
pub(super) fn receivers(facts: &Facts) -> BTreeSet<String> {
    facts.grants.iter().map(|grant| grant.to.to_string()).collect()
}

/// The members of one group.
pub(super) fn members(facts: &Facts, group: &str) -> Vec<String> {
    facts
        .memberships
        .iter()
        .filter(|fact| &*fact.group.name == group)
        .map(|fact| match &fact.member {
            Holder::Account(id) => id.name.to_string(),
            other => other.to_string(),
        })
        .collect()
}
