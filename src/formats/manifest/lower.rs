//! One manifest to facts.

use std::borrow::Cow;

use super::lifecycle::{lifecycle, reporting};
use super::schema::{
    AccountSpec, CredentialSpec, GrantDocument, GroupDocument, MemberSpec, PermissionSpec, PersonDocument,
    RoleDocument, ServiceIdentityDocument, SystemDocument,
};
use super::values::{Date, Many, Name, PersonRef, Reference, ShortOrFull, SystemId};
use crate::facts::{
    CredentialDetail, CredentialFact, CredentialKind, DimensionMap, Effect, GrantFact, Granted, GroupFact, Holder,
    IncludeFact, Lifetime, MembershipFact, Native, Origin, Patterns, PersonFact, PersonStatus, RoleFact, ServiceFact,
    Statement, SystemFact, Text, Validity,
};
use crate::formats::{Lowering, SystemHint, text};
use crate::syntax::{DecodeError, Entry, Node, Spanned, Value, decode};

/// Lowers one document whose kind and version are known.
///
/// # Errors
/// What is wrong with it, at its place.
pub(in crate::formats) fn document(
    lowering: &mut Lowering<'_>,
    kind: &str,
    node: &Node,
    hint: Option<&SystemHint>,
) -> Result<(), DecodeError> {
    let node = &*numbers_as_text(node);
    match kind {
        "System" => system(lowering, decode(node)?),
        "Person" => person(lowering, decode(node)?)?,
        "ServiceIdentity" => service(lowering, decode(node)?),
        "Group" => group(lowering, decode(node)?, node, hint)?,
        "Role" => role(lowering, decode(node)?, node, hint)?,
        _ => grant(lowering, decode(node)?, node, hint)?,
    }
    Ok(())
}

/// No key of a manifest is a number, but names and scope values can look like one: `plant: 0100` is not plant 100.
fn numbers_as_text(node: &Node) -> Cow<'_, Node> {
    fn holds_number(node: &Node) -> bool {
        match &node.value {
            Value::Number(_) => true,
            Value::List(items) => items.iter().any(holds_number),
            Value::Map(entries) => entries.iter().any(|entry| holds_number(&entry.value)),
            _ => false,
        }
    }
    fn convert(node: &Node) -> Node {
        let value = match &node.value {
            Value::Number(written) => Value::String(written.clone()),
            Value::List(items) => Value::List(items.iter().map(convert).collect()),
            Value::Map(entries) => Value::Map(
                entries.iter().map(|entry| Entry { value: convert(&entry.value), ..entry.clone() }).collect(),
            ),
            other => other.clone(),
        };
        Node { span: node.span, tag: node.tag.clone(), value }
    }
    if holds_number(node) { Cow::Owned(convert(node)) } else { Cow::Borrowed(node) }
}

fn system(lowering: &mut Lowering<'_>, document: SystemDocument) {
    let origin = lowering.at(document.metadata.id.span);
    let spec = document.spec;
    let reporting = reporting(&spec);
    let maps = spec.maps.0.into_iter().map(|Spanned { value: map, .. }| DimensionMap {
        native: text(&map.native.0),
        shared: text(&map.shared.0),
        values: map
            .values
            .into_iter()
            .map(|(native, shared)| (text(&native), shared.0.iter().map(|value| text(&value.value.0)).collect()))
            .collect(),
    });
    lowering.facts.systems.push(SystemFact {
        id: text(&document.metadata.id.value.0),
        kind: text(&spec.r#type.0),
        title: document.metadata.name.map(Text::from),
        owner: spec.owner.map(|owner| text(&owner.0)),
        fixed: spec.dimensions.scope(),
        maps: maps.collect(),
        reporting,
        origin,
    });
}

fn person(lowering: &mut Lowering<'_>, document: PersonDocument) -> Result<(), DecodeError> {
    let origin = lowering.at(document.metadata.id.span);
    let spec = document.spec;
    let fact = PersonFact {
        id: text(&document.metadata.id.value.0),
        name: document.metadata.name.map(Text::from),
        status: spec.status.unwrap_or(PersonStatus::Active),
        manager: spec.manager.map(|manager| text(&manager.0)),
        emails: spec.emails.0.iter().map(|email| text(&email.value.0)).collect(),
        employed: validity(spec.start, spec.end.as_ref(), ["start", "end"])?,
        accounts: accounts(lowering, &spec.accounts),
        origin,
    };
    lowering.facts.people.push(fact);
    Ok(())
}

fn service(lowering: &mut Lowering<'_>, document: ServiceIdentityDocument) {
    let origin = lowering.at(document.metadata.id.span);
    let spec = document.spec;
    let id = text(&document.metadata.id.value.0);
    for credential in &spec.credentials.0 {
        let fact = credential_fact(lowering, &id, &credential.value);
        lowering.facts.credentials.push(fact);
    }
    let lifecycle = lifecycle(lowering, &spec);
    let fact = ServiceFact {
        id,
        kind: spec.r#type,
        name: document.metadata.name.map(Text::from),
        owner: spec.owner.map(|owner| (text(&owner.value.0), lowering.at(owner.span))),
        operators: people(lowering, &spec.operator),
        approvers: people(lowering, &spec.approver),
        purpose: spec.purpose.map(Text::from),
        may_hold: spec
            .may_hold
            .map(|names| names.0.iter().map(|name| (text(&name.value.0), lowering.at(name.span))).collect()),
        review_by: spec.review_by.map(|date| date.end),
        lifecycle,
        accounts: accounts(lowering, &spec.accounts),
        origin,
    };
    lowering.facts.services.push(fact);
}

fn people(lowering: &Lowering<'_>, people: &Many<PersonRef>) -> Vec<(Text, Origin)> {
    people.0.iter().map(|person| (text(&person.value.0), lowering.at(person.span))).collect()
}

fn credential_fact(lowering: &Lowering<'_>, service: &Text, credential: &CredentialSpec) -> CredentialFact {
    let holder = Holder::Service(service.clone());
    // Without a system the name is the holder's own.
    let system = credential.system.as_ref().map_or_else(|| text(&holder.to_string()), |system| text(&system.0));
    CredentialFact {
        id: Native::new(system, credential.id.value.0.as_str()),
        holder,
        kind: credential.kind,
        lifetime: lifetime(credential),
        created: credential.created.map(|date| date.start),
        detail: CredentialDetail {
            rotated: credential.rotated.map(|date| date.start),
            used_by: credential.used_by.0.iter().map(|name| text(&name.value.0)).collect(),
            ..CredentialDetail::default()
        },
        origin: lowering.at(credential.id.span),
    }
}

/// Keys and tokens work until somebody ends them, unless told otherwise; whether a password or a certificate ends is
/// decided by the system, which the manifest does not speak for.
fn lifetime(credential: &CredentialSpec) -> Lifetime {
    match (credential.kind, credential.expires) {
        (CredentialKind::Federated, _) => Lifetime::Temporary,
        (_, Some(expiry)) => expiry.0,
        (
            CredentialKind::AccessKey
            | CredentialKind::ServiceAccountKey
            | CredentialKind::Token
            | CredentialKind::SshKey,
            None,
        ) => Lifetime::Unbounded,
        (
            CredentialKind::Password
            | CredentialKind::Certificate
            | CredentialKind::Secret
            | CredentialKind::EncryptionKey,
            None,
        ) => Lifetime::Unknown,
    }
}

fn group(
    lowering: &mut Lowering<'_>,
    document: GroupDocument,
    node: &Node,
    hint: Option<&SystemHint>,
) -> Result<(), DecodeError> {
    let spec = document.spec;
    let system = belongs_to(spec.system.as_ref(), node, hint)?;
    let id = Native::new(system, document.metadata.id.value.0.as_str());
    let mut memberships = Vec::with_capacity(spec.members.0.len());
    for Spanned { value, span } in spec.members.0 {
        let (Reference(member), validity, span) = match value {
            ShortOrFull::Short(member) => (member, Validity::default(), span),
            ShortOrFull::Full(MemberSpec { member, from, until }) => {
                (member.value, validity(from, until.as_ref(), ["from", "until"])?, member.span)
            }
        };
        memberships.push(MembershipFact { member, group: id.clone(), validity, origin: lowering.at(span) });
    }
    let origin = lowering.at(document.metadata.id.span);
    lowering.facts.memberships.append(&mut memberships);
    lowering.facts.groups.push(GroupFact { id, members_listed: spec.members_listed.unwrap_or(true), origin });
    Ok(())
}

fn role(
    lowering: &mut Lowering<'_>,
    document: RoleDocument,
    node: &Node,
    hint: Option<&SystemHint>,
) -> Result<(), DecodeError> {
    let spec = document.spec;
    let system = belongs_to(spec.system.as_ref(), node, hint)?;
    let fact = RoleFact {
        title: document.metadata.name.map(Text::from),
        includes: spec
            .includes
            .0
            .iter()
            .map(|role| IncludeFact {
                role: Native::new(system.clone(), role.value.0.as_str()),
                origin: lowering.at(role.span),
            })
            .collect(),
        ..RoleFact::new(
            Native::new(system.clone(), document.metadata.id.value.0.as_str()),
            statements(lowering, spec.permissions),
            lowering.at(document.metadata.id.span),
        )
    };
    lowering.facts.roles.push(fact);
    Ok(())
}

fn grant(
    lowering: &mut Lowering<'_>,
    document: GrantDocument,
    node: &Node,
    hint: Option<&SystemHint>,
) -> Result<(), DecodeError> {
    let spec = document.spec;
    let system = belongs_to(spec.system.as_ref(), node, hint)?;
    let validity = validity(spec.from, spec.until.as_ref(), ["from", "until"])?;
    let here = node.at(&["spec"]).unwrap_or(node).span;
    if spec.to.0.is_empty() {
        let at = node.at(&["spec", "to"]).map_or(here, |to| to.span);
        return Err(DecodeError::at(at, "this grant names nobody").with_help("name at least one in `to`"));
    }
    let mut given: Vec<(Granted, Option<Origin>)> = Vec::new();
    for role in spec.role.iter().chain(&spec.roles.0) {
        given.push((Granted::Role(Native::new(system.clone(), role.value.0.as_str())), Some(lowering.at(role.span))));
    }
    let permissions = statements(lowering, spec.permissions);
    if let Some(first) = permissions.first() {
        let origin = first.origin;
        given.push((Granted::Statements(permissions), Some(origin)));
    }
    if given.is_empty() {
        return Err(DecodeError::at(here, "this grant gives nothing").with_help("add `role`, `roles` or `permissions`"));
    }
    // A pair of receiver and role has two places. The one that a reviewer has to see is the longer list's item, since
    // that is where lines are added.
    let by_receiver = spec.to.0.len() > given.len();
    let scope = spec.scope.scope();
    let (justification, ticket) = (spec.justification.map(Text::from), spec.ticket.map(Text::from));
    for Spanned { value: Reference(to), span } in spec.to.0 {
        for (what, origin) in &given {
            let receiver = lowering.at(span);
            lowering.facts.grants.push(GrantFact {
                scope: scope.clone(),
                validity,
                justification: justification.clone(),
                ticket: ticket.clone(),
                ..GrantFact::new(
                    to.clone(),
                    system.clone(),
                    what.clone(),
                    origin.filter(|_| !by_receiver).unwrap_or(receiver),
                )
            });
        }
    }
    Ok(())
}

fn statements(lowering: &Lowering<'_>, permissions: Many<ShortOrFull<Name, PermissionSpec>>) -> Vec<Statement> {
    let one = |Spanned { value, span }| {
        let spec = match value {
            ShortOrFull::Short(name) => PermissionSpec {
                permission: Spanned { value: name, span },
                level: None,
                effect: None,
                resource: None,
                scope: Default::default(),
            },
            ShortOrFull::Full(spec) => spec,
        };
        Statement {
            effect: spec.effect.unwrap_or(Effect::Allow),
            level: spec.level,
            scope: spec.scope.scope(),
            ..Statement::allow(
                Patterns::of([spec.permission.value.0.as_str()]),
                spec.resource.map_or_else(Patterns::any, |resource| Patterns::of([resource.0.as_str()])),
                lowering.at(spec.permission.span),
            )
        }
    };
    permissions.0.into_iter().map(one).collect()
}

fn accounts(lowering: &Lowering<'_>, accounts: &Many<AccountSpec>) -> Vec<(Native, Origin)> {
    accounts
        .0
        .iter()
        .map(|Spanned { value: account, .. }| {
            (Native::new(account.system.0.as_str(), account.name.value.0.as_str()), lowering.at(account.name.span))
        })
        .collect()
}

/// The system that a document names, else the one that the configuration names for its path.
fn belongs_to(written: Option<&SystemId>, node: &Node, hint: Option<&SystemHint>) -> Result<Text, DecodeError> {
    match (written, hint) {
        (Some(system), _) => Ok(text(&system.0)),
        (None, Some(hint)) => Ok(hint.id.clone()),
        (None, None) => {
            let at = node.entry("spec").map_or(node.span, |spec| spec.key_span);
            Err(DecodeError::at(at, "the key `system` is missing")
                .with_help("name the system here, or in `systems:` of countersign.yaml"))
        }
    }
}

fn validity(
    from: Option<Date>,
    until: Option<&Spanned<Date>>,
    [first, last]: [&str; 2],
) -> Result<Validity, DecodeError> {
    let validity = Validity { from: from.map(|date| date.start), until: until.map(|date| date.value.end) };
    match until {
        Some(date) if validity.is_empty() => {
            Err(DecodeError::at(date.span, format!("`{last}` is before `{first}`")).with_help("correct one of them"))
        }
        _ => Ok(validity),
    }
}
