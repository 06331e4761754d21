//! What each resource type means for access.
//!
//! [`PROVIDERS`] is the one table. To add a resource type, write its function in the provider's folder and add its row
//! there; to add a provider, add a folder and a line here. A function sees one instance, fully evaluated, and the whole
//! configuration, for what it refers to. Of a type without a row nothing is read; where it declares access, that is said.

mod arguments;
pub mod aws;
pub mod github;
pub mod kubernetes;
pub mod okta;
pub mod snowflake;
mod unread;
pub mod vault;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::resource::{Configuration, Mode, Resource};
use super::value::{Reference, Unknown, Value};
use crate::facts::{Facts, Gap, Origin, Text, Unresolved};

/// Lowers one instance.
pub type Lower = fn(resource: &Resource, lowering: &mut Lowering<'_>);

/// A resource type and how it is lowered.
pub type Row = (&'static str, Lower);

/// The rows of each provider, in groups.
pub static PROVIDERS: &[&[&[Row]]] =
    &[aws::ROWS, github::ROWS, kubernetes::ROWS, okta::ROWS, snowflake::ROWS, vault::ROWS];

/// The types of systems that providers declare access in, which are also the systems of what is not known better.
const SYSTEM_KINDS: &[&str] =
    &["argocd", "aws", "azure", "entra", "gcp", "github", "kubernetes", "okta", "snowflake", "vault"];

/// What is known of the attributes that a provider fills in, such as an ARN that is made of a name: their names and values.
pub type Compute = fn(attributes: &Value, reference: &Reference, origin: Origin) -> Vec<(&'static str, Value)>;

/// What can be computed for each resource type; a type needs no row here.
pub static COMPUTED: &[&[(&str, Compute)]] = &[aws::COMPUTED];

static COMPUTED_BY_KIND: LazyLock<HashMap<&'static str, Compute>> =
    LazyLock::new(|| COMPUTED.iter().flat_map(|rows| rows.iter().copied()).collect());

/// What is known of the attributes that the provider of a resource fills in.
pub(in crate::formats) fn computed(attributes: &Value, reference: &Reference, origin: Origin) -> Vec<(Text, Value)> {
    let compute = COMPUTED_BY_KIND.get(&*reference.kind);
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
    BY_KIND.contains_key(kind)
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
}

/// Lowers a configuration.
#[must_use]
pub fn lower(configuration: &Configuration, system: Option<Text>) -> Facts {
    let mut facts = Facts { unresolved: configuration.unresolved.clone(), ..Facts::default() };
    // Once for each block, however many instances it has.
    let mut unread: HashSet<Origin> = HashSet::new();
    for resource in configuration.resources.iter().filter(|resource| resource.address.mode == Mode::Managed) {
        let row = BY_KIND.get(resource.kind());
        if row.is_none() && unread::declares_access(resource.kind()) && unread.insert(resource.origin) {
            facts.unresolved.push(Unresolved {
                gap: Gap::Unsupported,
                reason: format!("resources of the type `{}` are not read", resource.kind()),
                consequence: "what they grant counts for nothing in the findings".to_owned(),
                origin: resource.origin,
            });
        }
        if let Some((kind, lower)) = row {
            let before = said(&facts);
            let mut lowering = Lowering { configuration, facts: &mut facts, system: system.clone(), added: 0 };
            lower(resource, &mut lowering);
            if lowering.added > 0 || said(lowering.facts) > before {
                lowering.existence(resource);
                *facts.tally.entry(kind).or_default() += 1;
            }
        }
    }
    facts
}

/// How much the facts say. What says nothing of access, such as a bucket without a policy, is no definition of it.
fn said(facts: &Facts) -> usize {
    let access = facts.accounts.len() + facts.groups.len() + facts.memberships.len() + facts.roles.len();
    access + facts.grants.len() + facts.trusts.len() + facts.credentials.len() + facts.unresolved.len()
}

impl Lowering<'_> {
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

    /// The system that resources of a provider belong to. A configuration may have several providers: what
    /// `countersign.yaml` names for its folder counts for the provider whose type of system it is, or for all when its
    /// type is none of theirs.
    #[must_use]
    pub fn system_of(&self, kind: &str) -> Text {
        let named = self.system.as_ref().filter(|id| {
            let own = id.split_once(':').map_or(&***id, |(kind, _)| kind);
            own == kind || !SYSTEM_KINDS.contains(&own)
        });
        named.cloned().unwrap_or_else(|| Text::from(kind))
    }

    /// The resource that a value refers to, with the attribute.
    #[must_use]
    pub fn resolve<'v>(&self, value: &'v Value) -> Option<(&Resource, &'v str)> {
        self.configuration.resolve(value)
    }
}
