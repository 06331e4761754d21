//! What a word in a text names: a principal, a group, a role, a permission, a duty, a conflict, a policy.

use crate::access::{ContainerId, NodeId, Site, SystemIdx, place};
use crate::cli::model::Model;
use crate::duties::{ConflictIdx, DutyIdx};
use crate::facts::{Effect, Holder, Native, Text};
use crate::policy::Bundle;

/// Most things of one name that are spoken of.
const MOST: usize = 4;

/// What a word names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// A principal, an account or a group.
    Holder(NodeId),
    /// A role.
    Role(ContainerId),
    /// A permission, as its system names it.
    Permission(String),
    /// A duty.
    Duty(DutyIdx),
    /// A conflict.
    Conflict(ConflictIdx),
    /// A policy, by its id.
    Policy(String),
    /// A system.
    System(SystemIdx),
}

/// The words around a byte of a text, the likeliest first: a name may hold spaces, slashes and colons, and what ends it
/// depends on the language.
pub(super) fn words_at(text: &str, offset: usize) -> Vec<(usize, usize)> {
    let before = text.get(..offset).unwrap_or_default();
    let start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let end = text.get(offset..).and_then(|rest| rest.find(['\n', '\r'])).map_or(text.len(), |at| offset + at);
    let mut words: Vec<(usize, usize)> = Vec::new();
    let mut add = |from: usize, to: usize| {
        let inner = text.get(from..to).unwrap_or_default();
        let trimmed = inner.trim_start();
        let from = from + (inner.len() - trimmed.len());
        let to = from + trimmed.trim_end().len();
        if from < to && from <= offset && offset <= to && !words.contains(&(from, to)) {
            words.push((from, to));
        }
    };
    let line = text.get(start..end).unwrap_or_default();
    // Between two quotes, wherever they stand.
    for quote in ['"', '\''] {
        let mut open: Option<usize> = None;
        for (at, _) in line.match_indices(quote) {
            match open.take() {
                Some(from) => add(start + from + 1, start + at),
                None => open = Some(at),
            }
        }
    }
    // Between what separates values: of YAML, JSON, HCL and CSV.
    for separators in
        [&[": ", "- ", " #", ", ", "{", "}", "[", "]", "= "][..], &[",", ";", "\t", "|", "{", "}", "[", "]"][..]]
    {
        let cuts = |found: &str, from_end: bool| {
            let at = separators
                .iter()
                .filter_map(|own| if from_end { found.rfind(own).map(|at| at + own.len()) } else { found.find(own) });
            if from_end { at.max() } else { at.min() }
        };
        let left = text.get(start..offset).unwrap_or_default();
        let right = text.get(offset..end).unwrap_or_default();
        let from = start + cuts(left, true).unwrap_or_default();
        let to = offset + cuts(right, false).unwrap_or(right.len());
        add(from, to);
    }
    // Signs that names are made of.
    let is_part = |c: char| c.is_alphanumeric() || "_-./:@*+$\\".contains(c);
    let left = text.get(start..offset).unwrap_or_default();
    let right = text.get(offset..end).unwrap_or_default();
    let from = left.char_indices().rev().take_while(|(_, c)| is_part(*c)).last().map_or(offset, |(at, _)| start + at);
    let to = right.char_indices().find(|(_, c)| !is_part(*c)).map_or(end, |(at, _)| offset + at);
    add(from, to);
    let word = text.get(from..to).unwrap_or_default();
    add(from, from + word.trim_end_matches([':', '.', ',']).len());
    words
}

/// Everything that a word names. `file` and `text` say where it stands: what is named there too comes first.
pub(super) fn named(word: &str, file: &str, text: &str, model: &Model, bundle: &Bundle) -> Vec<Subject> {
    let word = word.trim_matches(['"', '\'']);
    if word.is_empty() {
        return Vec::new();
    }
    if bundle.find(word).is_some() {
        return vec![Subject::Policy(word.to_owned())];
    }
    if let Some((idx, _)) = model.catalogue.conflicts().find(|(_, conflict)| *conflict.id == *word) {
        return vec![Subject::Conflict(idx)];
    }
    let mut found: Vec<Subject> = holders(word, text, model).into_iter().map(Subject::Holder).collect();
    found.extend(roles(word, file, text, model).into_iter().map(Subject::Role));
    if found.is_empty() {
        found.extend(model.catalogue.find_duty(word).map(Subject::Duty));
        found.extend(model.graph.systems.find(word).map(Subject::System));
    }
    if found.is_empty() && is_permission(word, model) {
        found.push(Subject::Permission(word.to_owned()));
    }
    found.truncate(MOST);
    found
}

fn holders(word: &str, text: &str, model: &Model) -> Vec<NodeId> {
    let name = |holder: &Holder| match holder {
        Holder::Person(id) | Holder::Service(id) => id.clone(),
        Holder::Account(native) | Holder::Group(native) => native.name.clone(),
    };
    let mut exact = Vec::new();
    let mut by_name = Vec::new();
    for number in 0.. {
        let id = NodeId(number);
        let Some(node) = model.graph.node(id) else { break };
        let full = node.holder.to_string();
        let native = full.split_once(':').map_or("", |(_, rest)| rest);
        if full == word || native == word {
            exact.push(id);
        } else if *name(&node.holder) == *word {
            by_name.push(id);
        }
    }
    if !exact.is_empty() {
        return exact;
    }
    let of = |id: &NodeId| match model.graph.node(*id).map(|node| &node.holder) {
        Some(Holder::Account(native) | Holder::Group(native)) => Some(native),
        _ => None,
    };
    nearest(by_name, |id| of(id).map(|native| native.system.clone()), text)
}

fn roles(word: &str, file: &str, text: &str, model: &Model) -> Vec<ContainerId> {
    let is_it =
        |role: &Native| *role.name == *word || role.to_string() == word || role.name.rsplit('/').next() == Some(word);
    let found: Vec<ContainerId> = model
        .graph
        .containers()
        .filter(|(_, container)| container.role.as_ref().is_some_and(is_it))
        .map(|(id, _)| id)
        .collect();
    let stands_here = |id: &ContainerId| {
        let site = model.graph.container(*id).and_then(|container| container.site);
        site.and_then(|site| place(&model.graph.units, site)).is_some_and(|place| *place.file == *file)
    };
    if let [one] = found.iter().copied().filter(stands_here).collect::<Vec<_>>().as_slice() {
        return vec![*one];
    }
    let system = |id: &ContainerId| {
        let system = model.graph.container(*id).map(|container| container.system)?;
        model.graph.systems.get(system).map(|system| system.id.clone())
    };
    nearest(found, system, text)
}

/// Of several things of one name those whose system the text names, if any.
fn nearest<T: Copy>(found: Vec<T>, system: impl Fn(&T) -> Option<Text>, text: &str) -> Vec<T> {
    let near: Vec<T> =
        found.iter().copied().filter(|own| system(own).is_some_and(|system| text.contains(&*system))).collect();
    if near.is_empty() || found.len() < 2 { found } else { near }
}

fn is_permission(word: &str, model: &Model) -> bool {
    let is_it = |name: &str| name.eq_ignore_ascii_case(word);
    model.catalogue.leaves().any(|leaf| is_it(&leaf.permission))
        || model.graph.containers().any(|(_, container)| {
            let mut allowed = container.statements.iter().filter(|(statement, _)| statement.effect == Effect::Allow);
            allowed.any(|(statement, _)| statement.actions.list.iter().any(|action| is_it(action)))
        })
}

/// Where a thing is defined, where the tree says so.
pub(super) fn defined(subject: &Subject, model: &Model) -> Option<Site> {
    match subject {
        Subject::Holder(id) => model.graph.node(*id)?.site,
        Subject::Role(id) => model.graph.container(*id)?.site,
        Subject::System(idx) => {
            let id = &model.graph.systems.get(*idx)?.id;
            (0..).zip(&model.graph.units).find_map(|(unit, own)| {
                let fact = own.facts.systems.iter().find(|fact| fact.id == *id)?;
                Some(Site { unit, origin: fact.origin })
            })
        }
        Subject::Permission(_) | Subject::Duty(_) | Subject::Conflict(_) | Subject::Policy(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words<'t>(text: &'t str, under: &str) -> Vec<&'t str> {
        let at = text.find(under).unwrap();
        words_at(text, at).into_iter().map(|(from, to)| &text[from..to]).collect()
    }

    #[test]
    fn a_name_is_found_in_each_language() {
        for (text, under, name) in [
            ("  to: group:netsuite-prod/AP Clerks  # a team\n", "Clerks", "group:netsuite-prod/AP Clerks"),
            ("  - {system: \"github:acme\", name: acme-bot}", "acme-bot", "acme-bot"),
            ("  - {system: \"github:acme\", name: acme-bot}", "hub:", "github:acme"),
            ("user,role\r\nana,AP Clerk\r\n", "Clerk", "AP Clerk"),
            ("  role = \"roles/owner\"\n", "owner", "roles/owner"),
            ("\"Action\": [\"iam:PassRole\", \"s3:Get*\"]", "PassRole", "iam:PassRole"),
            ("\"Action\": [\"iam:PassRole\", \"s3:Get*\"]", "Get*", "s3:Get*"),
            ("GRANT sales_writer TO ben;", "ben", "ben"),
            ("    - Zoë Ångström", "gstr", "Zoë Ångström"),
            ("person:ana: x", "ana", "person:ana"),
        ] {
            assert!(words(text, under).contains(&name), "{text}: {:?}", words(text, under));
        }
    }

    #[test]
    fn at_the_end_of_a_text_there_is_a_word_too_and_between_words_none() {
        assert_eq!(words_at("role: clerk", 11).first(), Some(&(6, 11)));
        assert_eq!(words_at("", 0), []);
        assert_eq!(words_at("a\n\nb", 2), []);
    }
}
