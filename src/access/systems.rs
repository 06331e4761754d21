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

impl System {
    /// All of it that what is held in the system depends on.
    pub(super) fn meaning(&self) -> impl std::hash::Hash + '_ {
        (&self.id, &self.kind, self.described, &self.fixed, format!("{:?}", self.maps))
    }
}

/// All systems of one graph.
#[derive(Debug, Clone, Default)]
pub struct Systems {
    all: Vec<System>,
    index: BTreeMap<Text, SystemIdx>,
}

impl Systems {
    /// Adds what a manifest says; two manifests of one id are joined, the first one's type stands. Says whether this
    /// is the first.
    pub fn describe(&mut self, fact: &SystemFact) -> bool {
        let idx = self.intern(&fact.id);
        let Some(system) = self.all.get_mut(idx.0 as usize) else { return true };
        let first = !system.described;
        if first {
            system.kind = fact.kind.clone();
            system.described = true;
        }
        system.title = system.title.take().or_else(|| fact.title.clone());
        system.owner = system.owner.take().or_else(|| fact.owner.clone());
        for (dimension, values) in fact.fixed.iter() {
            let joined = system.fixed.get(dimension).map_or_else(|| values.clone(), |own| own.union(values));
            system.fixed = std::mem::take(&mut system.fixed).with(dimension.clone(), joined);
        }
        for map in &fact.maps {
            let known = system.maps.iter_mut().find(|own| own.native == map.native && own.shared == map.shared);
            let Some(known) = known else {
                system.maps.push(map.clone());
                continue;
            };
            for (native, shared) in &map.values {
                known.values.entry(native.clone()).or_default().extend(shared.iter().cloned());
            }
        }
        first
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
        let mut shared = Scope::unknown();
        for (dimension, values) in native.iter() {
            // A dimension whose own values are translated is not kept beside their translation.
            if !self.maps.iter().any(|map| map.native == map.shared && *map.native == *dimension.0) {
                shared = shared.with(dimension.clone(), values.clone());
            }
        }
        for map in &self.maps {
            let Some(values) = native.get(&Dimension::new(&map.native)) else { continue };
            let mapped = match values {
                Values::All => Values::All,
                Values::Set(set) => {
                    let mut out: BTreeSet<Text> = BTreeSet::new();
                    for value in set {
                        translate(map, value, &mut out);
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

/// What one native value is in shared values.
fn translate(map: &DimensionMap, value: &Text, out: &mut BTreeSet<Text>) {
    // Values of hierarchies are mapped by their last segment too: `prod/payments` by `payments`.
    let last = value.rsplit('/').next().unwrap_or(value);
    if let Some(targets) = map.values.get(value).or_else(|| map.values.get(last)) {
        out.extend(targets.iter().cloned());
        return;
    }
    out.insert(value.clone());
    // A subtree holds everything that is mapped by a path inside it, or by a last segment alone.
    if let Some(inside) = value.strip_suffix('*').filter(|prefix| prefix.ends_with('/')) {
        let held = map.values.iter().filter(|(key, _)| key.starts_with(inside) || !key.contains('/'));
        out.extend(held.flat_map(|(_, targets)| targets.iter().cloned()));
    }
}
