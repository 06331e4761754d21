//! System instances: their type, and how their own dimensions join the shared ones.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{DimensionMap, SystemFact, Text};

/// A system instance in one graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemIdx(pub u32);

/// What is known of a system instance.
#[derive(Debug, Clone, PartialEq)]
pub struct System {
    /// Its id.
    pub id: Text,
    /// Its type, which chooses the bindings. Without a manifest: the part of the id before `:`.
    pub kind: Text,
    /// A name for people.
    pub title: Option<Text>,
    /// The owner's person id.
    pub owner: Option<Text>,
    /// Whether a manifest describes it.
    pub described: bool,
    fixed: Scope,
    maps: Vec<DimensionMap>,
}

/// All systems of one graph.
#[derive(Debug, Clone, Default)]
pub struct Systems {
    all: Vec<System>,
    index: BTreeMap<Text, SystemIdx>,
}

impl Systems {
    /// Adds what a manifest says; two manifests of one id are joined, the first one's type stands.
    pub fn describe(&mut self, fact: &SystemFact) {
        let idx = self.intern(&fact.id);
        let Some(system) = self.all.get_mut(idx.0 as usize) else { return };
        if !system.described {
            system.kind = fact.kind.clone();
            system.described = true;
        }
        system.title = system.title.take().or_else(|| fact.title.clone());
        system.owner = system.owner.take().or_else(|| fact.owner.clone());
        system.fixed = if system.fixed.is_unknown() { fact.fixed.clone() } else { system.fixed.intersect(&fact.fixed) };
        system.maps.extend(fact.maps.iter().cloned());
    }

    /// The number of a system, known or new.
    pub fn intern(&mut self, id: &Text) -> SystemIdx {
        if let Some(idx) = self.index.get(id) {
            return *idx;
        }
        let idx = SystemIdx(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        let kind = id.split_once(':').map_or(&**id, |(kind, _)| kind);
        self.all.push(System {
            id: id.clone(),
            kind: kind.into(),
            title: None,
            owner: None,
            described: false,
            fixed: Scope::unknown(),
            maps: Vec::new(),
        });
        self.index.insert(id.clone(), idx);
        idx
    }

    /// A system.
    #[must_use]
    pub fn get(&self, idx: SystemIdx) -> Option<&System> {
        self.all.get(idx.0 as usize)
    }

    /// A system by id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<SystemIdx> {
        self.index.get(id).copied()
    }

    /// All systems.
    pub fn iter(&self) -> impl Iterator<Item = &System> {
        self.all.iter()
    }
}

impl System {
    /// A native scope in shared dimensions: native names are mapped, what the system fixes is added, and the `system`
    /// dimension is the system itself unless the manifest says otherwise.
    #[must_use]
    pub fn share(&self, native: &Scope) -> Scope {
        let mut shared = native.clone();
        for map in &self.maps {
            let Some(values) = native.get(&Dimension::new(&map.native)) else { continue };
            let mapped = match values {
                Values::All => Values::All,
                Values::Set(set) => {
                    let mut out: BTreeSet<Text> = BTreeSet::new();
                    for value in set {
                        // Values of hierarchies are mapped by their last segment too: `prod/payments` by `payments`.
                        let last = value.rsplit('/').next().map(Text::from);
                        match map.values.get(value).or_else(|| map.values.get(last.as_ref()?)) {
                            Some(targets) => out.extend(targets.iter().cloned()),
                            None => {
                                out.insert(value.clone());
                            }
                        }
                    }
                    Values::of(out)
                }
            };
            let dimension = Dimension::new(&map.shared);
            let joined = shared.get(&dimension).map_or_else(|| mapped.clone(), |own| own.intersect(&mapped));
            shared = shared.with(dimension, joined);
        }
        for (dimension, values) in self.fixed.iter() {
            let joined = shared.get(dimension).map_or_else(|| values.clone(), |own| own.intersect(values));
            shared = shared.with(dimension.clone(), joined);
        }
        if shared.get(&Dimension::system()).is_none() {
            shared = shared.with(Dimension::system(), Values::of([&*self.id]));
        }
        shared
    }

    /// A statement's own scope in shared dimensions, without what the grant already carries.
    #[must_use]
    pub fn share_statement(&self, native: &Scope) -> Scope {
        if native.is_unknown() { Scope::unknown() } else { self.share(native) }
    }
}
