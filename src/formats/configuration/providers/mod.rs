//! What each resource type means for access.
//!
//! [`PROVIDERS`] is the one table. To add a resource type, write its function in the provider's folder and add its row
//! there; to add a provider, add a folder and a line here. A function sees one instance, fully evaluated, and the whole
//! configuration, for what it refers to. Of a type without a row nothing is read; where it declares access, that is said.

mod arguments;
pub mod aws;
mod credentials;
pub mod github;
pub mod google;
pub mod kubernetes;
pub mod microsoft;
pub mod okta;
pub mod snowflake;
mod unread;
pub mod vault;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::resource::{Configuration, Mode, Resource};
use super::value::{Reference, Unknown, Value};
use crate::facts::{Facts, Gap, Origin, Text, Unresolved};
use crate::formats::mentioned::Mentioned;

/// Lowers one instance.
pub type Lower = fn(resource: &Resource, lowering: &mut Lowering<'_>);

/// A resource type and how it is lowered.
pub type Row = (&'static str, Lower);

/// The rows of each provider, in groups.
pub static PROVIDERS: &[&[&[Row]]] = &[
    aws::ROWS,
    github::ROWS,
    google::ROWS,
    kubernetes::ROWS,
    microsoft::ROWS,
    okta::ROWS,
    snowflake::ROWS,
    vault::ROWS,
];

/// Resource types that a provider names by one scheme, and how all of them are lowered. A row of a type's own comes first.
pub struct Scheme {
    /// What is counted: the scheme with `*` for what differs.
    pub name: &'static str,
    /// How the names begin.
    pub prefix: &'static str,
    /// How the names end.
    pub suffix: &'static str,
    /// Lowers one instance.
    pub lower: Lower,
}

/// The schemes of each provider.
pub static SCHEMES: &[&[Scheme]] = &[google::SCHEMES];

/// What only all instances together tell, such as that one takes away what another gives.
pub type Whole = fn(lowering: &mut Lowering<'_>);

/// What each provider looks at when all instances are lowered.
pub static WHOLES: &[Whole] = &[google::WHOLE];

/// What is known of the attributes that a provider fills in, such as an ARN that is made of a name: their names and values.
pub type Compute = fn(attributes: &Value, reference: &Reference, origin: Origin) -> Vec<(&'static str, Value)>;

/// What can be computed for each resource type; a type needs no row here. A data source is named as in references to it,
/// such as `data.google_service_account`.
pub static COMPUTED: &[&[(&str, Compute)]] = &[aws::COMPUTED, google::COMPUTED, microsoft::COMPUTED];

static COMPUTED_BY_KIND: LazyLock<HashMap<&'static str, Compute>> =
    LazyLock::new(|| COMPUTED.iter().flat_map(|rows| rows.iter().copied()).collect());

/// What is known of the attributes that the provider of a resource fills in.
pub(in crate::formats) fn computed(attributes: &Value, reference: &Reference, origin: Origin) -> Vec<(Text, Value)> {
    let compute = match reference.data {
        true => COMPUTED_BY_KIND.get(&*format!("data.{}", reference.kind)),
        false => COMPUTED_BY_KIND.get(&*reference.kind),
    };
    let found = compute.map(|compute| compute(attributes, reference, origin)).unwrap_or_default();
    found.into_iter().map(|(name, value)| (Text::from(name), value)).collect()
}

static BY_KIND: LazyLock<HashMap<&'static str, Row>> = LazyLock::new(|| {
    PROVIDERS
        .iter()
        .flat_map(|provider| provider.iter())
        .flat_map(|rows| rows.iter())
        .map(|row| (row.0, *row))
        .collect()
});

/// Whether resources of a type are lowered.
#[must_use]
pub fn is_read(kind: &str) -> bool {
    row(kind).is_some() || credentials::name(kind).is_some() || credentials::is_looked_up(kind)
}

/// The function for a type, with the name under which it is counted.
fn row(kind: &str) -> Option<Row> {
    let scheme = || {
        SCHEMES
            .iter()
            .flat_map(|own| own.iter())
            .find(|own| kind.starts_with(own.prefix) && kind.ends_with(own.suffix))
            .map(|own| (own.name, own.lower))
    };
    BY_KIND.get(kind).copied().or_else(scheme)
}

/// Collects the facts of one configuration.
pub struct Lowering<'c> {
    /// Everything that is evaluated.
    pub configuration: &'c Configuration,
    /// The facts so far.
    pub facts: &'c mut Facts,
    /// The system that `countersign.yaml` names for the root's folder, if any.
    pub system: Option<Text>,
    /// How many things were added to facts that were there, such as privileges to a role.
    pub added: usize,
    /// Accounts that are named so far.
    pub(in crate::formats) mentioned: &'c mut Mentioned,
}

/// Lowers a configuration.
#[must_use]
pub fn lower(configuration: &Configuration, system: Option<Text>) -> Facts {
    let mut facts = Facts { unresolved: configuration.unresolved.clone(), ..Facts::default() };
    // Once for each block, however many instances it has.
    let mut told: HashSet<Origin> = HashSet::new();
    let mut mentioned = Mentioned::default();
    for resource in configuration.resources.iter().filter(|resource| resource.address.mode == Mode::Managed) {
        if is_unread(resource.kind()) && told.insert(resource.origin) {
            facts.unresolved.push(unread(resource));
        }
        if let Some(kind) = counted_as(resource.kind()) {
            let before = said(&facts);
            let mut lowering = Lowering {
                configuration,
                facts: &mut facts,
                system: system.clone(),
                added: 0,
                mentioned: &mut mentioned,
            };
            one(resource, &mut lowering);
            if lowering.added > 0 || said(lowering.facts) > before {
                lowering.existence(resource);
                *facts.tally.entry(kind).or_default() += 1;
            }
        }
    }
    for whole in WHOLES {
        whole(&mut Lowering {
            configuration,
            facts: &mut facts,
            system: system.clone(),
            added: 0,
            mentioned: &mut mentioned,
        });
    }
    credentials::of_providers(&mut Lowering {
        configuration,
        facts: &mut facts,
        system: system.clone(),
        added: 0,
        mentioned: &mut mentioned,
    });
    credentials::used_by(configuration, &mut facts);
    mentioned.settle(&mut facts);
    facts
}

/// What each instance that bears on access declares by itself: to be looked at one by one. Of a type that is not read it
/// is what is said of that.
#[must_use]
pub fn lower_each(configuration: &Configuration) -> Vec<(&Resource, Facts)> {
    let managed = configuration.resources.iter().filter(|resource| resource.address.mode == Mode::Managed);
    let each = managed.filter_map(|resource| {
        let mut facts = Facts::default();
        let mut mentioned = Mentioned::default();
        one(
            resource,
            &mut Lowering { configuration, facts: &mut facts, system: None, added: 0, mentioned: &mut mentioned },
        );
        if is_unread(resource.kind()) {
            facts.unresolved.push(unread(resource));
        }
        mentioned.settle(&mut facts);
        (said(&facts) > 0).then_some((resource, facts))
    });
    each.collect()
}

/// The name under which a type is counted, if something is read of it.
fn counted_as(kind: &str) -> Option<&'static str> {
    row(kind).map(|(name, _)| name).or_else(|| credentials::name(kind))
}

/// Lowers one instance: what it grants, and what it says of credentials.
fn one(resource: &Resource, lowering: &mut Lowering<'_>) {
    let from = lowering.facts.credentials.len();
    if let Some((_, lower)) = row(resource.kind()) {
        lower(resource, lowering);
    }
    credentials::lower(resource, from, lowering);
}

/// Whether a type declares access that is lost, because nothing reads it. A credential may be read all the same.
fn is_unread(kind: &str) -> bool {
    row(kind).is_none() && unread::declares_access(kind) && !credentials::is_all_of(kind)
}

/// The arguments of a resource type that hold secrets, in whatever depth.
pub(crate) fn secret_arguments(kind: &str) -> impl Iterator<Item = &'static str> {
    credentials::secret_arguments(kind)
}

/// The arguments of a provider's own configuration that hold secrets.
pub(crate) fn provider_secrets(provider: &str) -> impl Iterator<Item = &'static str> {
    credentials::provider_secrets(provider)
}

fn unread(resource: &Resource) -> Unresolved {
    Unresolved {
        gap: Gap::Unsupported,
        reason: format!("resources of the type `{}` are not read", resource.kind()),
        consequence: "what they grant counts for nothing in the findings".to_owned(),
        origin: resource.origin,
    }
}

/// How much the facts say. What says nothing of access, such as a bucket without a policy, is no definition of it.
fn said(facts: &Facts) -> usize {
    let access = facts.accounts.len() + facts.groups.len() + facts.memberships.len() + facts.roles.len();
    access
        + facts.grants.len()
        + facts.trusts.len()
        + facts.credentials.len()
        + facts.protections.len()
        + facts.unresolved.len()
}

impl Lowering<'_> {
    /// The system of a type: the one that `countersign.yaml` names, unless that is of another provider's type.
    pub(super) fn system_of(&self, own: &str) -> Text {
        crate::formats::system_of_type(self.system.as_ref(), own)
    }

    /// Records something that cannot be told.
    pub fn unresolved(&mut self, gap: Gap, origin: Origin, reason: impl Into<String>, consequence: impl Into<String>) {
        self.facts.unresolved.push(Unresolved { gap, reason: reason.into(), consequence: consequence.into(), origin });
    }

    /// Records that a value is not known, with the reason that it carries.
    pub fn unknown(&mut self, unknown: &Unknown, origin: Origin, consequence: impl Into<String>) {
        self.unresolved(Gap::Unknown, origin, unknown.why.to_string(), consequence);
    }

    /// Records that an instance may not exist: what it declares counts all the same.
    fn existence(&mut self, resource: &Resource) {
        if let Some(unknown) = &resource.uncertain {
            let consequence = format!("whether `{}` exists is not known; it is evaluated as if it does", resource.name);
            self.unknown(unknown, resource.origin, consequence);
        }
    }

    /// The resource that a value refers to, with the attribute.
    #[must_use]
    pub fn resolve<'v>(&self, value: &'v Value) -> Option<(&Resource, &'v str)> {
        self.configuration.resolve(value)
    }
}
