//! Arguments of resources, and the facts that most providers make of them.

use std::borrow::Cow;

use super::Lowering;
use crate::facts::scope::Scope;
use crate::facts::{
    AccountFact, AccountKind, Gap, GrantFact, Granted, GroupFact, Holder, MembershipFact, Native, Origin, RoleFact,
    Text, Validity,
};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::{Kind, Part, Unknown, Value};

/// What it means that somebody who is given something is not known.
pub(super) const WHO: &str = "who gets this is not known; it is granted to whoever that is";

/// An argument that must be there.
pub(super) fn required<'r>(resource: &'r Resource, name: &str, lowering: &mut Lowering<'_>) -> Option<&'r Value> {
    let found = resource.get(name);
    if found.is_none() {
        let reason = format!("this block has no `{name}`");
        lowering.unresolved(Gap::Broken, resource.origin, reason, "this block is not evaluated");
    }
    found
}

/// Every value that an argument can have, with why it is not known where nothing says what it refers to.
pub(super) fn each<T>(
    value: &Value,
    lowering: &mut Lowering<'_>,
    mut work: impl FnMut(&mut Lowering<'_>, &Value, Option<&Unknown>) -> Option<T>,
) -> Vec<T> {
    let (members, rest) = value.possible_members();
    let mut found = Vec::new();
    let lone = value.as_unknown().filter(|unknown| unknown.candidates.is_empty()).map(|_| value);
    for member in members.into_iter().chain(lone) {
        let unknown = member.as_unknown().cloned().filter(|_| lowering.resolve(member).is_none());
        found.extend(work(lowering, member, unknown.as_deref()));
    }
    if let Some(rest) = rest.filter(|_| lone.is_none()) {
        let rest = rest.clone();
        let consequence = match value.as_unknown() {
            Some(_) => "it is one of several values; each of them is evaluated",
            None => "there may be more here than shown",
        };
        lowering.unknown(&rest, value.origin, consequence);
    }
    found
}

/// A text with a mark for what is not known.
pub(super) fn text(value: &Value) -> Option<String> {
    value.render(|unknown| Cow::Owned(format!("${{{}}}", unknown.short())))
}

/// Whether nothing is known of a value, not even which resource it is of.
pub(super) fn is_open(value: &Value, lowering: &Lowering<'_>) -> bool {
    value.as_unknown().is_some() && lowering.resolve(value).is_none()
}

/// Text of parts: known text where all of them are known.
pub(super) fn of_parts(parts: Vec<Part>, origin: Origin) -> Value {
    let known = parts.iter().try_fold(String::new(), |mut text, part| match part {
        Part::Known(own, _) => {
            text.push_str(own);
            Some(text)
        }
        Part::Unknown(_) => None,
    });
    known.map_or_else(|| Value::new(Kind::Template(parts.into()), origin), |text| Value::text(text, origin))
}

/// What a resource is called by one of its arguments; one of which nothing is known by its address.
pub(super) fn name_of(resource: &Resource, argument: &str) -> String {
    let known = resource.get(argument).filter(|own| own.as_unknown().is_none()).and_then(text);
    known.unwrap_or_else(|| resource.lasting_name.to_string())
}

/// The names that an argument gives, each with its place: of a resource of this kind that it refers to, by the argument
/// that names it; else as written. What is not known is said.
pub(super) fn names(
    value: &Value,
    (kind, argument): (&str, &str),
    consequence: &'static str,
    lowering: &mut Lowering<'_>,
) -> Vec<(String, Origin)> {
    each(value, lowering, |lowering, own, unknown| {
        if let Some((resource, _)) = lowering.resolve(own)
            && resource.kind() == kind
        {
            return Some((name_of(resource, argument), own.origin));
        }
        let open = unknown.cloned().or_else(|| own.first_unknown().map(|unknown| Unknown::clone(unknown)));
        if let Some(unknown) = open {
            lowering.unknown(&unknown, own.origin, consequence);
        }
        Some((text(own)?, own.telling_origin()))
    })
}

impl Lowering<'_> {
    /// Somebody is given something.
    pub(super) fn grant(&mut self, to: Holder, what: Granted, system: &Text, scope: Scope, origin: Origin) {
        self.facts.grants.push(GrantFact { scope, ..GrantFact::new(to, system.clone(), what, origin) });
    }

    /// An account.
    pub(super) fn account(&mut self, id: Native, kind: AccountKind, origin: Origin) {
        self.facts.accounts.push(AccountFact { id, kind, boundary: None, origin });
    }

    /// A group.
    pub(super) fn group(&mut self, id: Native, members_listed: bool, origin: Origin) {
        self.facts.groups.push(GroupFact { id, members_listed, origin });
    }

    /// Somebody belongs to a group.
    pub(super) fn join(&mut self, member: Holder, group: Native, origin: Origin) {
        self.facts.memberships.push(MembershipFact { member, group, validity: Validity::default(), origin });
    }

    /// A role that no text declares, once.
    pub(super) fn role_once(&mut self, role: RoleFact) {
        if !self.facts.roles.iter().any(|own| own.id == role.id) {
            self.facts.roles.push(role);
        }
    }

    /// What cannot be told, once for a configuration.
    pub(super) fn say_once(&mut self, gap: Gap, origin: Origin, reason: &str, consequence: &str) {
        if !self.facts.unresolved.iter().any(|own| own.reason == reason) {
            self.unresolved(gap, origin, reason, consequence);
        }
    }
}
