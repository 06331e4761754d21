//! Resolved resources: what the evaluation of a configuration hands to the lowering of each provider.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::value::{Reference, Unknown, Value, Why};
use crate::facts::{Origin, Text, Unresolved};

/// Whether something is made or looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// A `resource` block.
    Managed,
    /// A `data` block.
    Data,
}

/// Which of several instances.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// There is only one, without `count` and `for_each`.
    None,
    /// The place under `count`.
    Number(u64),
    /// The key under `for_each`.
    Text(Text),
    /// An instance whose key is not known.
    Unknown,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Number(number) => write!(f, "[{number}]"),
            Self::Text(text) => write!(f, "[{text:?}]"),
            Self::Unknown => f.write_str("[?]"),
        }
    }
}

/// Where a module instance stands below the root: each call's name and key.
pub type ModulePath = Arc<[(Text, Key)]>;

/// The address of a resource instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The module instance.
    pub module: ModulePath,
    /// Made or looked up.
    pub mode: Mode,
    /// The type, such as `aws_iam_role`.
    pub kind: Text,
    /// The name.
    pub name: Text,
    /// Which instance.
    pub key: Key,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, key) in &*self.module {
            write!(f, "module.{name}{key}.")?;
        }
        let data = if self.mode == Mode::Data { "data." } else { "" };
        write!(f, "{data}{}.{}{}", self.kind, self.name, self.key)
    }
}

/// One module call on the way to a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallSite {
    /// The call's name.
    pub name: Text,
    /// Which instance of it.
    pub key: Key,
    /// Where the call is written.
    pub origin: Origin,
}

/// One resource or data source instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Its address.
    pub address: Address,
    /// The address as text, as references name it.
    pub name: Text,
    /// Its arguments, an object: attributes by name, nested blocks by type as lists of objects. `count`, `for_each`,
    /// `depends_on`, `provider` and `lifecycle` are not in it.
    pub attributes: Value,
    /// The type and name in its block.
    pub origin: Origin,
    /// The provider configuration that it names, such as `aws.audit`.
    pub provider: Option<Text>,
    /// Why it is not known whether it exists: an unknown `count` or `for_each`, here or on a module call.
    pub uncertain: Option<Arc<Unknown>>,
    /// The module calls that lead to it, outermost first.
    pub trail: Arc<[CallSite]>,
    /// What it is called where its own name is not known: by the place of its configuration and its oldest address, which
    /// a `moved` block of its module may give. No two configurations of a tree have the same.
    pub lasting_name: Text,
}

impl Resource {
    /// The type, such as `aws_iam_role`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.address.kind
    }

    /// An argument that is set; `null` counts as absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.attributes.get(name)
    }

    /// The blocks of a type, or an argument that is a list of objects or one object.
    #[must_use]
    pub fn blocks(&self, name: &str) -> &[Value] {
        self.get(name).map(Value::one_or_many).unwrap_or_default()
    }
}

/// What one root and its modules come to.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// The instances, in the order of modules and files.
    pub resources: Vec<Resource>,
    /// What the evaluation could not tell, apart from unknown values: those matter only where they are used.
    pub unresolved: Vec<Unresolved>,
    places: HashMap<Text, usize>,
    /// By type and name, as far as the names are known.
    named: HashMap<(Text, Text), usize>,
    /// What is made, by type.
    kinds: HashMap<Text, Vec<usize>>,
    /// The arguments of each provider's configuration in the root, by name and alias: `github`, `github.other`.
    providers: HashMap<Text, Value>,
}

impl Configuration {
    /// A configuration of these resources.
    #[must_use]
    pub fn new(resources: Vec<Resource>, unresolved: Vec<Unresolved>) -> Self {
        let places = resources.iter().enumerate().map(|(at, resource)| (resource.name.clone(), at)).collect();
        let named = resources
            .iter()
            .enumerate()
            .filter(|(_, resource)| resource.address.mode == Mode::Managed)
            .filter_map(|(at, resource)| {
                let name = resource.get("name").and_then(Value::as_str)?;
                Some(((resource.address.kind.clone(), Text::from(name)), at))
            })
            .collect();
        let mut kinds: HashMap<Text, Vec<usize>> = HashMap::new();
        for (at, resource) in resources.iter().enumerate().filter(|(_, own)| own.address.mode == Mode::Managed) {
            kinds.entry(resource.address.kind.clone()).or_default().push(at);
        }
        Self { resources, unresolved, places, named, kinds, providers: HashMap::new() }
    }

    /// The same with what its providers are configured for.
    #[must_use]
    pub fn with_providers(mut self, providers: HashMap<Text, Value>) -> Self {
        self.providers = providers;
        self
    }

    /// What providers are configured for, by name and alias.
    #[must_use]
    pub fn providers(&self) -> &HashMap<Text, Value> {
        &self.providers
    }

    /// What the provider of a resource is configured for: the configuration that the resource names, else the one
    /// without an alias. Which one a module is called with is not followed.
    #[must_use]
    pub fn provider(&self, resource: &Resource) -> Option<&Value> {
        let kind = resource.kind().split('_').next().unwrap_or_default();
        let named = resource.provider.as_ref().and_then(|name| self.providers.get(name));
        named.or_else(|| self.providers.get(kind))
    }

    /// The resource of a type whose argument `name` is this.
    #[must_use]
    pub fn named(&self, kind: &str, name: &str) -> Option<&Resource> {
        self.named.get(&(Text::from(kind), Text::from(name))).and_then(|at| self.resources.get(*at))
    }

    /// The resource at an address.
    #[must_use]
    pub fn resource(&self, address: &str) -> Option<&Resource> {
        self.places.get(address).and_then(|at| self.resources.get(*at))
    }

    /// The resource that a value refers to, and which of its attributes the value is: `aws_iam_role.x` and `name` for
    /// `role = aws_iam_role.x.name`, whether or not the name is known.
    #[must_use]
    pub fn resolve<'v>(&self, value: &'v Value) -> Option<(&Resource, &'v str)> {
        let reference: &Reference = match (&value.reference, value.as_unknown().map(|unknown| &unknown.why)) {
            (Some(reference), _) => reference,
            (None, Some(Why::AfterApply(reference) | Why::Data(reference))) => reference,
            _ => return None,
        };
        Some((self.resource(&reference.address)?, &reference.attribute))
    }

    /// The instances of one type that are made, not looked up.
    pub fn of_kind<'c>(&'c self, kind: &'c str) -> impl Iterator<Item = &'c Resource> {
        self.kinds.get(kind).into_iter().flatten().filter_map(|at| self.resources.get(*at))
    }
}
