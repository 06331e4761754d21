//! What files of a house's own form say under the mappings of the change.

use std::collections::BTreeSet;

use super::super::finding::Side;
use super::{Effect, EffectKind, Sides, Weight, some};
use crate::access::Place;
use crate::facts::{Effect as Gives, Granted, Origin, PersonStatus, Statement, Text};
use crate::formats::{LoweredUnit, Reader, mapping};
use crate::rules::{Mapping, Rules};
use crate::store::Digest;
use crate::syntax::Span;

pub(super) fn effects(sides: &Sides<'_>) -> Vec<Effect> {
    let of = |rules: &Rules| -> BTreeSet<(String, Digest)> {
        rules.mappings.iter().map(|own| (own.id.clone(), own.digest)).collect()
    };
    let (base, head) = (of(sides.base), of(sides.head));
    if base == head {
        return Vec::new();
    }
    let (mut lost, mut gained) = (BTreeSet::new(), BTreeSet::new());
    let comparison = sides.task.comparison;
    let trees =
        [Some((&comparison.head, &sides.record.head)), comparison.base.as_ref().zip(sides.record.base.as_ref())];
    for (tree, reading) in trees.into_iter().flatten() {
        let before = said(&reading.units);
        let after = said(&Reader::default().read_mapped(tree, sides.head).units);
        lost.extend(before.difference(&after).cloned());
        gained.extend(after.difference(&before).cloned());
    }
    let differs = |own: &&Mapping, other: &BTreeSet<(String, Digest)>| !other.contains(&(own.id.clone(), own.digest));
    let place = |side, own: &Mapping| (side, Place { file: own.file.path.clone(), span: Span::default() });
    let in_head = sides.head.mappings.iter().find(|own| differs(own, &base)).map(|own| place(Side::Head, own));
    let in_base = || {
        let gone = sides.base.mappings.iter().find(|own| differs(own, &head)).filter(|_| sides.base_places);
        gone.map(|own| place(Side::Base, own))
    };
    let at = in_head.or_else(in_base);
    let list = |all: BTreeSet<String>| all.into_iter().collect::<Vec<String>>();
    let (lost, gained) = (list(lost), list(gained));
    let mut effects = Vec::new();
    if let Some(first) = lost.first() {
        let text = format!("files that are mapped would no longer say that {}", some(&lost));
        let concerns = sides.concerns(|flip| flip.kind == super::FlipKind::Vanishes);
        effects.push(
            Effect::new(Weight::Weakens, EffectKind::MappedToLess, text)
                .at(at.clone())
                .shown_by(first.clone())
                .concerning(concerns),
        );
    }
    if let Some(first) = gained.first() {
        let text = format!("files that are mapped would say that {}", some(&gained));
        effects
            .push(Effect::new(Weight::Tightens, EffectKind::MappedToMore, text).at(at.clone()).shown_by(first.clone()));
    }
    if effects.is_empty() {
        let text = "mappings are written otherwise; what they make of files that are there now stays";
        effects.push(Effect::new(Weight::Alters, EffectKind::MappingsRewritten, text).at(at));
    }
    effects
}

/// What mapped files declare, one clause a fact.
fn said(units: &[LoweredUnit]) -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    for facts in units.iter().filter(|unit| unit.format == mapping::NAME).map(|unit| &unit.facts) {
        said.extend(
            facts.systems.iter().map(|own| {
                format!("{} is a system of type {}, {:?} {:?}", own.id, own.kind, own.fixed.lists(), own.maps)
            }),
        );
        for person in &facts.people {
            let gone = if person.status == PersonStatus::Departed { "has left" } else { "is there" };
            let until = person.employed.until.map(|until| format!(" until {until}")).unwrap_or_default();
            said.insert(format!("person:{} {gone}{until}", person.id));
            said.extend(person.accounts.iter().map(|(own, _)| format!("account:{own} is of person:{}", person.id)));
        }
        for service in &facts.services {
            let owner = service.owner.as_ref().map_or("nobody", |(owner, _)| owner);
            said.insert(format!("service:{} is owned by {owner}", service.id));
            let who = |people: &[(Text, Origin)], verb: &str| -> Vec<String> {
                people.iter().map(|(person, _)| format!("person:{person} {verb} service:{}", service.id)).collect()
            };
            said.extend(who(&service.operators, "operates"));
            said.extend(who(&service.approvers, "approves what is done by"));
            said.extend(service.accounts.iter().map(|(own, _)| format!("account:{own} is of service:{}", service.id)));
        }
        said.extend(facts.credentials.iter().map(|own| format!("{} has {} ({:?})", own.holder, own.id, own.lifetime)));
        said.extend(facts.groups.iter().map(|own| {
            let listed = if own.members_listed { "with the members listed" } else { "with members elsewhere" };
            format!("group:{} is there, {listed}", own.id)
        }));
        said.extend(
            facts
                .memberships
                .iter()
                .map(|own| format!("{} is in {}{}", own.member, own.group, validity(own.validity.until))),
        );
        for role in &facts.roles {
            said.extend(role.includes.iter().map(|own| format!("{} includes {}", role.id, own.role)));
            said.extend(role.statements.iter().map(|own| format!("{} permits {}", role.id, statement(own))));
        }
        for grant in &facts.grants {
            let on = if grant.scope.is_unknown() { String::new() } else { format!(" on {}", grant.scope) };
            let until = validity(grant.validity.until);
            match &grant.what {
                Granted::Role(role) => drop(said.insert(format!("{} gets {role}{on}{until}", grant.to))),
                Granted::Statements(list) => said.extend(
                    list.iter()
                        .map(|own| format!("{} may {} in {}{on}{until}", grant.to, statement(own), grant.system)),
                ),
            }
        }
    }
    said
}

fn validity(until: Option<i64>) -> String {
    until.map(|until| format!(" until {until}")).unwrap_or_default()
}

/// A statement without its place.
fn statement(own: &Statement) -> String {
    let names: Vec<&str> = own.actions.list.iter().map(|name| &**name).collect();
    let never = if own.effect == Gives::Deny { "never " } else { "" };
    let bare = Statement { origin: Origin { file: 0, span: Span::default() }, ..own.clone() };
    let plain = Statement::allow(own.actions.clone(), crate::facts::Patterns::any(), bare.origin);
    if bare == plain {
        return format!("{never}{}", names.join(" and "));
    }
    let on: Vec<&str> = own.resources.list.iter().map(|name| &**name).collect();
    let level = own.level.map(|level| format!(" at {level:?}").to_lowercase()).unwrap_or_default();
    let scope = if own.scope.is_unknown() { String::new() } else { format!(", {}", own.scope) };
    format!("{never}{}{level} on {}{scope}", names.join(" and "), on.join(" and "))
}
