//! What is known of the name under the cursor: the duties that it means, who holds it, and the conflicts that it is part of.

use std::collections::{BTreeMap, BTreeSet};

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, TextDocumentPositionParams};
use rayon::prelude::*;

use super::documents::Lines;
use super::session::Asked;
use super::subjects::{Subject, named, words_at};
use crate::access::{ContainerId, NodeId, SystemIdx, reach};
use crate::cli::model::Model;
use crate::duties::{ConflictIdx, DutyIdx, Holdings};
use crate::facts::scope::{Dimension, Scope};
use crate::facts::{Effect, Holder};
use crate::policy::Bundle;

/// Most lines of a list, before the rest is counted.
const LINES: usize = 8;
/// Most names in a line.
const NAMES: usize = 5;
/// Most holders whose conflicts are looked for.
const HOLDERS: usize = 200;

/// Answers the request.
pub(super) fn hover(asked: &Asked<'_>, at: &TextDocumentPositionParams) -> Option<Hover> {
    let document = asked.documents.get(&at.text_document.uri)?;
    let file = document.path.as_deref()?;
    let model = asked.snapshot.model()?;
    let lines = Lines::new(document.text.as_bytes(), asked.client.encoding);
    let offset = lines.offset(at.position);
    for (from, to) in words_at(&document.text, offset) {
        let word = document.text.get(from..to).unwrap_or_default();
        let subjects = named(word, file, &document.text, model, &asked.snapshot.bundle);
        let parts: Vec<String> =
            subjects.iter().filter_map(|subject| text(subject, model, &asked.snapshot.bundle)).collect();
        if !parts.is_empty() {
            let value = parts.join("\n\n---\n\n");
            return Some(Hover {
                contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value }),
                range: Some(lines.range(from, to)),
            });
        }
    }
    None
}

fn text(subject: &Subject, model: &Model, bundle: &Bundle) -> Option<String> {
    match subject {
        Subject::Holder(id) => holder(*id, model),
        Subject::Role(id) => role(*id, model),
        Subject::Permission(name) => permission(name, model),
        Subject::Duty(idx) => duty(*idx, model),
        Subject::Conflict(idx) => conflict(*idx, model),
        Subject::Policy(id) => {
            let policy = bundle.find(id)?;
            let mut page = Page::new(&format!("{} policy {}", policy.metadata.custom.severity.as_str(), code(id)));
            page.say(&policy.metadata.title);
            page.say(&policy.metadata.description);
            page.say(&policy.metadata.custom.remediation);
            Some(page.text)
        }
        Subject::System(idx) => {
            let system = model.graph.systems.get(*idx)?;
            let title = system.title.as_deref().map(|title| format!(", {}", escaped(title))).unwrap_or_default();
            let mut page = Page::new(&format!("system {}{title}", code(&system.id)));
            page.say(&format!("type {}", system.kind));
            if let Some(owner) = &system.owner {
                page.say(&format!("owner: {owner}"));
            }
            Some(page.text)
        }
    }
}

fn holder(id: NodeId, model: &Model) -> Option<String> {
    let node = model.graph.node(id)?;
    let mut page = Page::new(&code(&node.holder.to_string()));
    // An account that somebody owns is judged with everything else that they have.
    let principals = model.graph.principals();
    let owner = principals.iter().map(|(own, _)| *own).find(|own| *own != id && owns(model, *own, id));
    let judged = owner.unwrap_or(id);
    if let Some(owner) = owner.and_then(|owner| model.graph.node(owner)) {
        page.say(&format!("used by {}, who holds:", owner.holder));
    }
    if matches!(node.holder, Holder::Group(_)) {
        let members = holding(model, &|_, node| node == id, id);
        page.list("Members", &members, "nobody that is declared here");
    }
    let holdings = model.matcher().principal(judged);
    let ways = model.ways(judged, &holdings, None);
    let mut duties: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for way in &ways {
        let mark = if way.privileged { " (privileged)" } else { "" };
        let could = if way.by_escalation { "could come to: " } else { "" };
        let said = format!("{could}{} {}{mark}", code(&way.duty), escaped(&way.title));
        let scope = scope_words(&way.on);
        let scope = if scope.is_empty() { String::new() } else { format!(" ({})", escaped(&scope)) };
        duties.entry((way.system.clone(), said)).or_default().insert(scope);
    }
    let duties: Vec<String> = duties
        .into_iter()
        .map(|((system, said), scopes)| {
            let scopes: Vec<String> = scopes.into_iter().collect();
            format!("{said} in {}{}", code(&system), scopes.first().map(String::as_str).unwrap_or_default())
        })
        .collect();
    page.items("Duties", &duties, "no duty of the catalogue");
    let conflicts: BTreeSet<ConflictIdx> = holdings.conflicts.iter().map(|met| met.conflict).collect();
    let conflicts: Vec<String> = conflicts.into_iter().filter_map(|idx| conflict_line(model, idx, &[])).collect();
    page.items("Conflicts", &conflicts, "none");
    Some(page.text)
}

/// A scope without the system, which is said beside it.
fn scope_words(scope: &Scope) -> String {
    let own = scope.iter().filter(|(dimension, _)| **dimension != Dimension::system());
    own.fold(Scope::unknown(), |all, (dimension, values)| all.with(dimension.clone(), values.clone())).to_string()
}

fn owns(model: &Model, principal: NodeId, account: NodeId) -> bool {
    model.graph.with_accounts(principal).any(|own| own == account)
}

fn role(id: ContainerId, model: &Model) -> Option<String> {
    let container = model.graph.container(id)?;
    let name = container.role.as_ref().map(|role| role.name.to_string()).unwrap_or_default();
    let title = container.title.as_deref().filter(|title| **title != name);
    let title = title.map(|title| format!(", {}", escaped(title))).unwrap_or_default();
    let mut page = Page::new(&format!("role {} in {}{title}", code(&name), code(&system(model, container.system))));
    let holdings = model.matcher().role(id);
    let held: BTreeSet<DutyIdx> = holdings.duties.iter().map(|held| held.duty).collect();
    let duties: Vec<String> = held.iter().filter_map(|idx| duty_line(model, *idx)).collect();
    page.items("Confers", &duties, "no duty of the catalogue");
    let gives = |container: ContainerId| model.matches.flat(container).iter().any(|inner| inner.container == id);
    let holders = principals_of(model, &gives);
    page.list("Held by", &names(model, &holders), "nobody that is declared here");
    page.items("Conflicts", &conflicts_of(model, &holdings, &held, &holders), "none");
    Some(page.text)
}

fn permission(name: &str, model: &Model) -> Option<String> {
    let mut page = Page::new(&format!("permission {}", code(name)));
    let leaves = model.catalogue.leaves().filter(|leaf| leaf.permission.eq_ignore_ascii_case(name));
    let mut duties: BTreeMap<DutyIdx, bool> = BTreeMap::new();
    for leaf in leaves {
        *duties.entry(leaf.duty).or_default() |= leaf.alone;
    }
    let lines: Vec<String> = duties
        .iter()
        .filter_map(|(idx, alone)| {
            let line = duty_line(model, *idx)?;
            Some(if *alone { line } else { format!("{line}, together with others") })
        })
        .collect();
    page.items("Confers", &lines, "no duty of the catalogue by its own name");
    let permits = |id: ContainerId| {
        model.graph.container(id).is_some_and(|container| {
            let mut allowed = container.statements.iter().filter(|(own, _)| own.effect == Effect::Allow);
            allowed.any(|(statement, _)| statement.actions.cover(name, true))
        })
    };
    let roles: BTreeSet<String> = model
        .graph
        .containers()
        .filter(|(id, _)| permits(*id))
        .filter_map(|(_, container)| container.role.as_ref().map(|role| code(&role.name)))
        .collect();
    page.list("In the roles", &roles.into_iter().collect::<Vec<_>>(), "none that is defined here");
    let gives = |container: ContainerId| model.matches.flat(container).iter().any(|inner| permits(inner.container));
    page.list("Held by", &names(model, &principals_of(model, &gives)), "nobody that is declared here");
    let conflicts =
        model.catalogue.conflicts().filter(|(_, own)| own.duties.iter().any(|duty| duties.contains_key(duty)));
    let conflicts: Vec<String> = conflicts.filter_map(|(idx, _)| conflict_line(model, idx, &[])).collect();
    page.items("Conflicts of these duties", &conflicts, "none");
    Some(page.text)
}

fn duty(idx: DutyIdx, model: &Model) -> Option<String> {
    let duty = model.catalogue.duty(idx)?;
    let mark = if duty.privileged.is_some() { " (privileged)" } else { "" };
    let mut page = Page::new(&format!("duty {}{mark}: {}", code(&duty.id), escaped(&duty.title)));
    page.say(&duty.description);
    let matcher = model.matcher();
    let holders: Vec<NodeId> = model
        .graph
        .principals()
        .par_iter()
        .map(|(node, _)| *node)
        .filter(|node| matcher.principal(*node).duties.iter().any(|held| held.duty == idx))
        .collect();
    page.list("Held by", &names(model, &holders), "nobody that is declared here");
    let conflicts = model.catalogue.conflicts().filter(|(_, own)| own.duties.contains(&idx));
    let conflicts: Vec<String> = conflicts.filter_map(|(idx, _)| conflict_line(model, idx, &[])).collect();
    page.items("Conflicts", &conflicts, "none");
    Some(page.text)
}

fn conflict(idx: ConflictIdx, model: &Model) -> Option<String> {
    let conflict = model.catalogue.conflict(idx)?;
    let severity = conflict.severity.as_str();
    let mut page = Page::new(&format!("{severity} conflict {}: {}", code(&conflict.id), escaped(&conflict.title)));
    page.say(&conflict.risk);
    let duties: Vec<String> = conflict.duties.iter().filter_map(|idx| duty_line(model, *idx)).collect();
    page.items("Duties", &duties, "none");
    if !conflict.owner.is_empty() {
        page.say(&format!("Owner of the risk: {}", conflict.owner));
    }
    Some(page.text)
}

/// The principals that hold a container of some kind, in the order of their ids.
fn principals_of(model: &Model, wanted: &(dyn Fn(ContainerId) -> bool + Sync)) -> Vec<NodeId> {
    let holds = |node: NodeId| {
        let reached = reach(&model.graph, node, model.as_of);
        let mut granted = reached.held.iter().filter_map(|held| model.graph.grant(held.grant));
        granted.any(|grant| wanted(grant.container))
    };
    model.graph.principals().par_iter().map(|(node, _)| *node).filter(|node| holds(*node)).collect()
}

/// The principals of which some way leads to a node, but for that itself.
fn holding(model: &Model, wanted: &(dyn Fn(&Model, NodeId) -> bool + Sync), itself: NodeId) -> Vec<String> {
    let leads = |node: NodeId| reach(&model.graph, node, model.as_of).ways.iter().any(|way| wanted(model, way.node));
    let found: Vec<NodeId> = model
        .graph
        .principals()
        .par_iter()
        .map(|(node, _)| *node)
        .filter(|node| *node != itself && leads(*node))
        .collect();
    names(model, &found)
}

fn names(model: &Model, nodes: &[NodeId]) -> Vec<String> {
    nodes.iter().filter_map(|node| model.graph.node(*node)).map(|node| code(&node.holder.to_string())).collect()
}

/// The conflicts that duties of a role are part of: those that the role makes by itself, and those that its holders have.
fn conflicts_of(model: &Model, own: &Holdings, duties: &BTreeSet<DutyIdx>, holders: &[NodeId]) -> Vec<String> {
    let matcher = model.matcher();
    let by_itself: BTreeSet<ConflictIdx> = own.conflicts.iter().map(|met| met.conflict).collect();
    let of_holders: Vec<(NodeId, Vec<ConflictIdx>)> = holders
        .par_iter()
        .take(HOLDERS)
        .map(|node| (*node, matcher.principal(*node).conflicts.iter().map(|met| met.conflict).collect()))
        .collect();
    let mut found: BTreeMap<ConflictIdx, Vec<NodeId>> = BTreeMap::new();
    for (node, conflicts) in of_holders {
        for idx in conflicts {
            let is_part =
                model.catalogue.conflict(idx).is_some_and(|own| own.duties.iter().any(|own| duties.contains(own)));
            let known = found.entry(idx).or_default();
            if is_part && !by_itself.contains(&idx) && !known.contains(&node) {
                known.push(node);
            }
        }
    }
    found.retain(|_, nodes| !nodes.is_empty());
    let own = by_itself
        .into_iter()
        .filter_map(|idx| Some(format!("{}, by this role alone", conflict_line(model, idx, &[])?)));
    own.chain(found.into_iter().filter_map(|(idx, nodes)| conflict_line(model, idx, &names(model, &nodes)))).collect()
}

fn duty_line(model: &Model, idx: DutyIdx) -> Option<String> {
    let duty = model.catalogue.duty(idx)?;
    let mark = if duty.privileged.is_some() { " (privileged)" } else { "" };
    Some(format!("{} {}{mark}", code(&duty.id), escaped(&duty.title)))
}

fn conflict_line(model: &Model, idx: ConflictIdx, who: &[String]) -> Option<String> {
    let conflict = model.catalogue.conflict(idx)?;
    let who = if who.is_empty() { String::new() } else { format!(", of {}", list(who)) };
    Some(format!("{} {}{who}", code(&conflict.id), escaped(&conflict.title)))
}

fn system(model: &Model, idx: SystemIdx) -> String {
    model.graph.systems.get(idx).map(|system| system.id.to_string()).unwrap_or_default()
}

/// Names in a line, the rest counted.
fn list(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMES).map(String::as_str).collect();
    match names.len().saturating_sub(NAMES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A page of Markdown.
struct Page {
    text: String,
}

impl Page {
    fn new(heading: &str) -> Self {
        Self { text: format!("**{heading}**") }
    }

    fn say(&mut self, text: &str) {
        if !text.is_empty() {
            self.text.push_str(&format!("\n\n{}", escaped(text)));
        }
    }

    fn list(&mut self, label: &str, names: &[String], none: &str) {
        let said = if names.is_empty() { none.to_owned() } else { list(names) };
        self.text.push_str(&format!("\n\n{label}: {said}"));
    }

    fn items(&mut self, label: &str, items: &[String], none: &str) {
        if items.is_empty() {
            self.text.push_str(&format!("\n\n{label}: {none}"));
            return;
        }
        self.text.push_str(&format!("\n\n{label}:\n"));
        for item in items.iter().take(LINES) {
            self.text.push_str(&format!("\n- {item}"));
        }
        if let Some(more) = items.len().checked_sub(LINES).filter(|more| *more > 0) {
            self.text.push_str(&format!("\n- and {more} more"));
        }
    }
}

/// A name as code. What would end it is left out: a name is shown here, not written.
fn code(name: &str) -> String {
    let name: String = name.chars().filter(|c| *c != '`' && !c.is_control()).collect();
    format!("`{name}`")
}

/// Text of the tree in Markdown that only says what it says.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '&' => escaped.extend(['\\', c]),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
