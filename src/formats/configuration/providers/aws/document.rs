//! Policy documents as values: each part keeps its place, and what is not known is read so that no permission is missed.
//!
//! An unknown part of what a statement allows is read as `*`; an unknown part of what it denies, or excludes from what it
//! allows, is left out. Both are said. Where neither is safe, the statement is not evaluated.

use std::borrow::Cow;
use std::sync::Arc;

use super::names::Names;
use crate::facts::GroupFact;
use crate::facts::{Facts, Gap, Granted, Holder, Native, Origin, Statement, Trusted, Unresolved};
use crate::formats::aws::embedded;
use crate::formats::aws::resource::ACCOUNT;
use crate::formats::configuration::providers::Lowering;
use crate::formats::configuration::value::{Kind, Unknown, Value};
use crate::formats::terraform::decode;
use crate::syntax::{Entry, Node, Span, Value as Data};

/// The name under which an unknown principal passes through the reader of trust policies.
const UNKNOWN_PRINCIPAL: &str = "arn:aws:iam::000000000000:unknown/";

/// What to do with what is not known in an element.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    /// It is read as `*`.
    Wide,
    /// It is left out.
    LeftOut,
    /// The statement cannot be evaluated.
    Unsafe,
}

/// A document on its way to the reader of policy documents. Positions in it are places in a list of origins, since a
/// document of values is written in many files.
struct Sheet<'n> {
    names: &'n Names,
    origins: Vec<Origin>,
    unresolved: Vec<Unresolved>,
    principals: Vec<Arc<Unknown>>,
}

/// The statements of a document that is attached to identities.
pub(super) fn statements(value: &Value, names: &Names, lowering: &mut Lowering<'_>) -> Vec<Statement> {
    let Some((sheet, node)) = sheet(value, names, lowering) else { return Vec::new() };
    let mut facts = Facts::default();
    let mut statements = embedded::identity_statements(&node, &names.system, &mut facts);
    for statement in &mut statements {
        sheet.settle(&mut statement.origin);
    }
    sheet.take(facts, lowering);
    statements
}

/// Who a trust policy lets act as a role.
pub(super) fn trust(value: &Value, target: &Native, names: &Names, lowering: &mut Lowering<'_>) {
    let Some((sheet, node)) = sheet(value, names, lowering) else { return };
    let mut facts = Facts::default();
    embedded::trust(&node, target, &mut facts);
    sheet.take(facts, lowering);
}

/// Whom the policy of a resource lets do what; `resource` is what `*` means in it.
pub(super) fn resource(value: &Value, resource: &str, names: &Names, lowering: &mut Lowering<'_>) {
    let Some((sheet, node)) = sheet(value, names, lowering) else { return };
    let mut facts = Facts::default();
    embedded::resource(&node, resource, &names.system, &mut facts);
    sheet.take(facts, lowering);
}

fn sheet<'n>(value: &Value, names: &'n Names, lowering: &mut Lowering<'_>) -> Option<(Sheet<'n>, Node)> {
    let nothing = "nothing of this document is evaluated";
    let document = match decode(value) {
        Ok(document) => document,
        Err(reason) => {
            let reason = format!("the policy document cannot be read: {reason}");
            lowering.unresolved(Gap::Broken, value.origin, reason, nothing);
            return None;
        }
    };
    match &document.kind {
        Kind::Map(_) => {}
        Kind::Unknown(unknown) => {
            lowering.unknown(unknown, value.origin, nothing);
            return None;
        }
        _ => {
            let reason = format!("the policy document is {}, not an object", document.kind_name());
            lowering.unresolved(Gap::Broken, value.origin, reason, nothing);
            return None;
        }
    }
    let mut sheet = Sheet { names, origins: Vec::new(), unresolved: Vec::new(), principals: Vec::new() };
    let node = sheet.document(&document);
    Some((sheet, node))
}

impl Sheet<'_> {
    fn span(&mut self, origin: Origin) -> Span {
        let at = self.origins.len();
        self.origins.push(origin);
        Span::new(at, at + 1)
    }

    fn settle(&self, origin: &mut Origin) {
        if let Some(own) = self.origins.get(origin.span.start as usize) {
            *origin = *own;
        }
    }

    /// Gives what the reader found its real places and names.
    fn take(mut self, mut facts: Facts, lowering: &mut Lowering<'_>) {
        for found in &mut facts.unresolved {
            self.settle(&mut found.origin);
        }
        let mut unknown: Vec<GroupFact> = Vec::new();
        for trust in &mut facts.trusts {
            self.settle(&mut trust.origin);
            match &mut trust.trusted {
                Trusted::WhoeverMay { system, .. } => self.names.settle_system(system),
                Trusted::Holder(holder) => unknown.extend(self.settle_holder(holder, trust.origin)),
                _ => {}
            }
        }
        for grant in &mut facts.grants {
            self.settle(&mut grant.origin);
            unknown.extend(self.settle_holder(&mut grant.to, grant.origin));
            if let Granted::Statements(statements) = &mut grant.what {
                statements.iter_mut().for_each(|statement| self.settle(&mut statement.origin));
            }
        }
        // The configuration's own account leaves it to the policies of its identities.
        let own = Native::new(self.names.system.clone(), ACCOUNT);
        facts.grants.retain(|grant| grant.to != Holder::Group(own.clone()));
        for group in &mut facts.groups {
            self.settle(&mut group.origin);
            self.names.settle(&mut group.id);
        }
        facts.groups.retain(|group| group.id != own);
        facts.groups.append(&mut unknown);
        facts.unresolved.append(&mut self.unresolved);
        lowering.facts.unresolved.append(&mut facts.unresolved);
        lowering.facts.groups.append(&mut facts.groups);
        lowering.facts.trusts.append(&mut facts.trusts);
        lowering.facts.grants.append(&mut facts.grants);
        for (kind, count) in facts.tally {
            *lowering.facts.tally.entry(kind).or_default() += count;
        }
    }

    /// Gives a principal its real name. One who is not known is a group of unknown members, which is returned.
    fn settle_holder(&self, holder: &mut Holder, origin: Origin) -> Option<GroupFact> {
        let (Holder::Account(native) | Holder::Group(native)) = holder else { return None };
        let unknown = native.name.strip_prefix(UNKNOWN_PRINCIPAL).and_then(|at| at.parse::<usize>().ok());
        let Some(unknown) = unknown.and_then(|at| self.principals.get(at)) else {
            self.names.settle(native);
            return None;
        };
        let id = Native::new(self.names.system.clone(), format!("unknown:{}", unknown.short()));
        *holder = Holder::Group(id.clone());
        Some(GroupFact { id, members_listed: false, origin })
    }

    fn unknown(&mut self, unknown: &Unknown, origin: Origin, consequence: &str) {
        self.unresolved.push(Unresolved {
            gap: Gap::Unknown,
            reason: unknown.why.to_string(),
            consequence: consequence.to_owned(),
            origin,
        });
    }

    fn document(&mut self, document: &Value) -> Node {
        let mut entries = Vec::new();
        for (key, member) in document.as_map().map(|members| members.known.clone()).iter().flat_map(|own| own.iter()) {
            let value = if &**key == "Statement" { self.statements(&member.value) } else { self.plain(&member.value) };
            entries.push(Entry { key: (**key).into(), key_span: self.span(member.key_origin), value });
        }
        Node::new(self.span(document.origin), Data::Map(entries))
    }

    fn statements(&mut self, value: &Value) -> Node {
        let (statements, rest) = value.possible_members();
        if let Some(rest) = rest {
            let consequence = if rest.candidates.is_empty() {
                "this document may have more statements than shown"
            } else {
                "each statement that may be here is evaluated, apart from those that deny"
            };
            self.unknown(rest, value.origin, consequence);
        }
        let mut nodes = Vec::new();
        for statement in statements {
            let certain = is_certain(value, statement);
            for candidate in statement.candidates() {
                match &candidate.kind {
                    Kind::Unknown(unknown) => {
                        self.unknown(unknown, candidate.origin, "this statement is not evaluated");
                    }
                    Kind::Null => {}
                    // What may deny takes nothing for certain.
                    _ if !certain && candidate.get("Effect").and_then(Value::as_str) == Some("Deny") => {}
                    _ => nodes.extend(self.statement(candidate)),
                }
            }
        }
        Node::new(self.span(value.origin), Data::List(nodes))
    }

    fn statement(&mut self, statement: &Value) -> Option<Node> {
        let Some(members) = statement.as_map() else { return Some(self.plain(statement)) };
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        let mut entries = Vec::new();
        for (key, member) in &*members.known {
            if member.value.is_null() {
                continue;
            }
            let reading = match (&**key, allows) {
                ("Action" | "Resource", true) => Some(Reading::Wide),
                ("Action" | "Resource", false) | ("NotAction" | "NotResource", true) => Some(Reading::LeftOut),
                ("NotAction" | "NotResource", false) => Some(Reading::Unsafe),
                _ => None,
            };
            let value = match (reading, &**key) {
                (Some(reading), _) => self.patterns(&member.value, reading, &**key == "Resource")?,
                (None, "Principal" | "NotPrincipal") => self.principals(&member.value),
                (None, _) => self.plain(&member.value),
            };
            entries.push(Entry { key: (**key).into(), key_span: self.span(member.key_origin), value });
        }
        Some(Node::new(self.span(statement.origin), Data::Map(entries)))
    }

    /// Actions or resources. None when the statement cannot be evaluated.
    fn patterns(&mut self, value: &Value, reading: Reading, resource: bool) -> Option<Node> {
        let (mut members, rest) = value.possible_members();
        if let Some(several) = rest.filter(|rest| !rest.candidates.is_empty()) {
            let consequence = match reading {
                Reading::Wide => "each value that it can have is read, so this statement may permit less than shown",
                Reading::LeftOut => "what it holds for certain is read, so this statement may permit less than shown",
                Reading::Unsafe => "this statement is not evaluated",
            };
            self.unknown(several, value.origin, consequence);
            match reading {
                Reading::Wide => {}
                Reading::LeftOut => members.retain(|member| is_certain(value, member)),
                Reading::Unsafe => return None,
            }
        }
        let rest = rest.filter(|rest| rest.candidates.is_empty());
        let mut nodes = Vec::new();
        for member in members {
            match self.pattern(member, reading, resource) {
                Ok(node) => nodes.extend(node),
                Err(unknown) => {
                    self.unknown(&unknown, member.origin, "this statement is not evaluated");
                    return None;
                }
            }
        }
        if let Some(rest) = rest {
            match (reading, resource) {
                (Reading::Wide, true) => {
                    self.unknown(
                        rest,
                        value.origin,
                        "this is read as `*`, so this statement may permit less than shown",
                    );
                    nodes.push(Node::new(self.span(value.origin), Data::String("*".into())));
                }
                (Reading::Wide, false) => self.unknown(rest, value.origin, "this statement may permit more than shown"),
                (Reading::LeftOut, _) => {
                    self.unknown(rest, value.origin, "this is left out, so this statement may permit less than shown");
                }
                (Reading::Unsafe, _) => {
                    self.unknown(rest, value.origin, "this statement is not evaluated");
                    return None;
                }
            }
        }
        // Without an action or a resource there is nothing to evaluate, as has been said.
        if nodes.is_empty() && value.first_unknown().is_some() {
            return None;
        }
        Some(Node::new(self.span(value.origin), Data::List(nodes)))
    }

    fn pattern(&mut self, value: &Value, reading: Reading, resource: bool) -> Result<Option<Node>, Arc<Unknown>> {
        let mut open: Option<Arc<Unknown>> = None;
        for unknown in value.parts().iter().flat_map(|parts| parts.iter()).filter_map(|part| match part {
            crate::formats::configuration::value::Part::Unknown(unknown) => Some(unknown),
            crate::formats::configuration::value::Part::Known(..) => None,
        }) {
            if self.names.meant(unknown).is_none() {
                open = Some(unknown.clone());
            }
        }
        if let Some(unknown) = &open {
            match reading {
                Reading::Wide if resource || value.as_unknown().is_none() => {
                    let consequence = "this is read as `*`, so this statement may permit less than shown";
                    self.unknown(unknown, value.origin, consequence);
                }
                Reading::Wide => {
                    self.unknown(unknown, value.origin, "this statement may permit more than shown");
                    return Ok(None);
                }
                Reading::LeftOut => {
                    self.unknown(
                        unknown,
                        value.origin,
                        "this is left out, so this statement may permit less than shown",
                    );
                    return Ok(None);
                }
                Reading::Unsafe => return Err(unknown.clone()),
            }
        }
        let names = self.names;
        let wide = value.render(|unknown| Cow::Borrowed(names.meant(unknown).unwrap_or("*")));
        let data = wide.map_or_else(|| self.plain(value).value, |text| Data::String(own_account(&text).into()));
        Ok(Some(Node::new(self.span(value.origin), data)))
    }

    fn principals(&mut self, value: &Value) -> Node {
        if let Kind::Unknown(unknown) = &value.kind {
            let unknown = unknown.clone();
            let inner = self.principal(&unknown, value.origin);
            let key_span = self.span(value.origin);
            let entries = vec![Entry { key: "AWS".into(), key_span, value: inner }];
            return Node::new(self.span(value.origin), Data::Map(entries));
        }
        let Some(members) = value.as_map() else { return self.plain(value) };
        let mut entries = Vec::new();
        for (kind, member) in &*members.known {
            let (identifiers, rest) = member.value.possible_members();
            let mut nodes = Vec::new();
            for own in identifiers {
                nodes.push(match self.unknown_principal(own) {
                    Some(unknown) if &**kind == "AWS" => self.principal(&unknown, own.origin),
                    _ => self.plain_with(own, false),
                });
            }
            if let Some(rest) = rest {
                let rest = rest.clone();
                match &**kind {
                    _ if !rest.candidates.is_empty() => {
                        self.unknown(&rest, member.value.origin, "each that may be named here counts as named");
                    }
                    "AWS" => nodes.push(self.principal(&rest, member.value.origin)),
                    _ => self.unknown(&rest, member.value.origin, "more may be let in than shown"),
                }
            }
            let list = Node::new(self.span(member.value.origin), Data::List(nodes));
            entries.push(Entry { key: (**kind).into(), key_span: self.span(member.key_origin), value: list });
        }
        Node::new(self.span(value.origin), Data::Map(entries))
    }

    /// Why it is not known who a principal is: nothing of it is known, or not the account.
    fn unknown_principal(&self, value: &Value) -> Option<Arc<Unknown>> {
        let parts = value.parts()?;
        let open = parts.iter().find_map(|part| match part {
            crate::formats::configuration::value::Part::Unknown(unknown) => {
                self.names.meant(unknown).is_none().then(|| unknown.clone())
            }
            crate::formats::configuration::value::Part::Known(..) => None,
        })?;
        let shown = value.render(|unknown| Cow::Borrowed(self.names.meant(unknown).unwrap_or("?")))?;
        let account = shown.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(3));
        let known =
            account.is_some_and(|account| !account.is_empty() && account.bytes().all(|own| own.is_ascii_digit()));
        (!known).then_some(open)
    }

    /// A principal that is not known: whoever it is gets what it is given.
    fn principal(&mut self, unknown: &Arc<Unknown>, origin: Origin) -> Node {
        self.unknown(unknown, origin, "who this is, is not known; it is evaluated as a group of unknown members");
        let name = format!("{UNKNOWN_PRINCIPAL}{}", self.principals.len());
        self.principals.push(unknown.clone());
        Node::new(self.span(origin), Data::String(name.into()))
    }

    /// A value with a mark for what is not known.
    fn plain(&mut self, value: &Value) -> Node {
        self.plain_with(value, true)
    }

    /// The evaluation bounds the depth. Marks are those of a template, or not, where the reader takes those for a fault.
    fn plain_with(&mut self, value: &Value, template: bool) -> Node {
        let data = match &value.kind {
            Kind::Null => Data::Null,
            Kind::Bool(flag) => Data::Bool(*flag),
            Kind::Number(number) => Data::Number(crate::formats::configuration::value::number_text(*number).into()),
            Kind::List(items) | Kind::Set(items) => {
                Data::List(items.known.iter().map(|item| self.plain_with(item, template)).collect())
            }
            Kind::Map(members) => {
                let entries = members.known.iter().map(|(key, member)| Entry {
                    key: (**key).into(),
                    key_span: self.span(member.key_origin),
                    value: self.plain_with(&member.value, template),
                });
                Data::Map(entries.collect())
            }
            Kind::Text(_) | Kind::Template(_) | Kind::Unknown(_) => {
                let names = self.names;
                let text = value.render(|unknown| match names.meant(unknown) {
                    Some(meant) => Cow::Borrowed(meant),
                    None if template => Cow::Owned(format!("${{{}}}", unknown.short())),
                    None => Cow::Owned(format!("<{}>", unknown.short())),
                });
                Data::String(text.unwrap_or_default().into())
            }
        };
        Node::new(self.span(value.origin), data)
    }
}

/// Whether a list holds a member whatever it turns out to be.
fn is_certain(list: &Value, member: &Value) -> bool {
    let one = |value: &Value| value.as_unknown().is_none_or(|unknown| unknown.candidates.len() < 2);
    let in_all = |unknown: &Arc<Unknown>| unknown.candidates.iter().all(|own| own.one_or_many().contains(member));
    one(member) && list.as_unknown().is_none_or(in_all)
}

/// A resource of the configuration's own account, whose number is not known, is one of any account's: `*`.
fn own_account(text: &str) -> String {
    text.replace(":000000000000:", ":*:")
}
