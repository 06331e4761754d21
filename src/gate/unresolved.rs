//! What could not be told of a tree, and what follows from that.

use super::conftest::unread;
use super::judgement::UnresolvedAt;
use super::side::Tree;
use crate::access::{Place, place};
use crate::duties::Catalogue;
use crate::facts::Gap;
use crate::policy::conftest::Conftest;
use crate::syntax::Span;

/// Everything that could not be told, each once, with whether base has it too.
pub(super) fn unresolved(
    head: &Tree<'_>,
    base: Option<&Tree<'_>>,
    catalogue: &Catalogue,
    conftest: Option<&Conftest>,
) -> Vec<UnresolvedAt> {
    let mut all = of_tree(head, catalogue, conftest);
    if let Some(base) = base {
        let known: std::collections::HashSet<(Gap, String)> =
            of_tree(base, catalogue, conftest).into_iter().map(|found| (found.gap, found.reason)).collect();
        for found in &mut all {
            found.existing = known.contains(&(found.gap, found.reason.clone()));
        }
    }
    all.sort_by(|a, b| (a.existing, a.gap, &a.place, &a.reason).cmp(&(b.existing, b.gap, &b.place, &b.reason)));
    all.dedup();
    all
}

fn of_tree(tree: &Tree<'_>, catalogue: &Catalogue, conftest: Option<&Conftest>) -> Vec<UnresolvedAt> {
    let mut all = Vec::new();
    let mut add = |gap, reason: &str, consequence: &str, place: Option<Place>| {
        all.push(UnresolvedAt {
            gap,
            reason: reason.to_owned(),
            consequence: consequence.to_owned(),
            place,
            existing: false,
        });
    };
    let units = &tree.graph.units;
    for (unit, facts) in (0u32..).zip(units.iter().map(|unit| &unit.facts)) {
        for found in &facts.unresolved {
            let site = crate::access::Site { unit, origin: found.origin };
            add(found.gap, &found.reason, &found.consequence, place(units, site));
        }
    }
    for (found, unit) in &tree.graph.gaps {
        let site = unit.map(|unit| crate::access::Site { unit, origin: found.origin });
        add(found.gap, &found.reason, &found.consequence, site.and_then(|site| place(units, site)));
    }
    for gap in &tree.link_gaps {
        add(gap.gap, &gap.reason, "the account is linked to nobody and judged by itself", place(units, gap.site));
    }
    for found in &tree.reading.not_lowered {
        let place = Place { file: found.file.clone(), span: found.span.unwrap_or_default() };
        let consequence = match found.gap {
            Gap::NotRead => "what it may define does not count",
            _ => "nothing that this file defines counts",
        };
        add(found.gap, &found.reason, consequence, Some(place));
    }
    // A system of a type that no binding knows gives duties to nobody, which must not look like a clean result.
    for system in tree.graph.systems.iter().filter(|system| !catalogue.knows_kind(&system.kind)) {
        let reason = if system.described {
            format!("no duty has a binding for systems of the type {} ({})", system.kind, system.id)
        } else {
            format!("the system {} has no System manifest, and its type is not known", system.id)
        };
        add(Gap::Unknown, &reason, "what is granted there confers no duty", None);
    }
    for (file, why) in unread(tree, conftest) {
        // What is recognised as a definition is told as such.
        if !tree.reading.not_lowered.iter().any(|found| found.file == file) {
            let place = Place { file, span: Span::default() };
            add(Gap::Unsupported, &why, "no Conftest policy is asked about this file", Some(place));
        }
    }
    if let Some(why) = conftest.and_then(Conftest::not_reperformable) {
        let reason = format!("{why}, on which engines do not agree");
        add(Gap::Unknown, &reason, "what these policies find cannot be had again from the evidence", None);
    }
    for (system, count) in tree.joined_goals() {
        let reason =
            format!("{system} can be administered on {count} scopes beyond those that are looked at one by one");
        add(
            Gap::Unknown,
            &reason,
            "ways to administer it there are told as one, on a scope that covers them all",
            None,
        );
    }
    all
}
