//! What a finding means: the code of its policy and the definitions behind it. A record holds for one meaning.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use crate::gate::finding::Finding;
use crate::policy::Bundle;
use crate::rules::{Definitions, Mapping, Rules};
use crate::store::Digest;

/// The meanings of findings in one run.
pub struct Meanings<'a> {
    bundle: &'a Bundle,
    definitions: &'a Definitions,
    mappings: &'a [Mapping],
    /// The type of each system.
    kinds: BTreeMap<&'a str, &'a str>,
    policies: Mutex<BTreeMap<String, Digest>>,
    known: Mutex<BTreeMap<String, Option<Digest>>>,
}

impl<'a> Meanings<'a> {
    /// Meanings under some policies and rules; `systems` gives the type of each system.
    pub fn new(bundle: &'a Bundle, rules: &'a Rules, systems: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let Rules { definitions, mappings, .. } = rules;
        let kinds = systems.collect();
        Self { bundle, definitions, mappings, kinds, policies: Mutex::default(), known: Mutex::default() }
    }

    /// The meaning of a finding.
    #[must_use]
    pub fn of(&self, finding: &Finding) -> Digest {
        let mut text = format!("countersign.dev/meaning/v1\n{}\n", self.policy(&finding.policy));
        let kinds: BTreeSet<&str> =
            finding.systems.iter().filter_map(|system| self.kinds.get(&**system).copied()).collect();
        let conflict = finding.conflict.iter().map(|conflict| &*conflict.id);
        // Of a conflict the duties are part of its meaning.
        let duties = finding.duties.iter().map(|duty| &*duty.id).filter(|_| finding.conflict.is_none());
        for id in conflict.chain(duties) {
            if let Some(meaning) = self.definitions.meaning(id, &kinds) {
                text.push_str(&format!("{id} {meaning}\n"));
            }
        }
        Digest::of(text.as_bytes())
    }

    /// The meanings that a register keeps, by policy, conflict, duty or mapping: here for all types of systems.
    #[must_use]
    pub fn whole(&self, finding: &Finding) -> Vec<(String, Digest)> {
        let conflict = finding.conflict.iter().map(|conflict| &*conflict.id);
        let duties = finding.duties.iter().map(|duty| &*duty.id).filter(|_| finding.conflict.is_none());
        let about = conflict.chain(duties).filter_map(|id| Some((id.to_owned(), self.definition(id)?)));
        // What a mapped file says is what its mapping makes of it.
        let read = |own: &&Mapping| finding.locations.iter().any(|at| own.reads(&at.place.file));
        let mapped = self.mappings.iter().filter(read).map(mapping);
        std::iter::once((finding.policy.to_string(), self.policy(&finding.policy))).chain(about).chain(mapped).collect()
    }

    /// Everything that could find something: policies, conflicts, privileged duties, mappings.
    #[must_use]
    pub fn all(&self) -> BTreeMap<String, Digest> {
        let policies = self.bundle.policies.iter().map(|policy| (policy.id.clone(), self.policy(&policy.id)));
        let conflicts = self.definitions.conflicts.keys();
        let duties = self.definitions.duties.iter().filter(|(_, duty)| duty.value.privileged).map(|(id, _)| id);
        let ids = conflicts.chain(duties);
        let definitions = ids.filter_map(|id| Some((id.clone(), self.definition(id)?)));
        policies.chain(definitions).chain(self.mappings.iter().map(mapping)).collect()
    }

    /// The meaning of a conflict or duty in all types of systems.
    fn definition(&self, id: &str) -> Option<Digest> {
        if let Some(known) = self.known.lock().ok().and_then(|known| known.get(id).copied()) {
            return known;
        }
        let duties = self.definitions.duties.values();
        let kinds: BTreeSet<&str> = duties.flat_map(|duty| duty.value.bindings.keys()).map(String::as_str).collect();
        let found = self.definitions.meaning(id, &kinds);
        if let Ok(mut known) = self.known.lock() {
            known.insert(id.to_owned(), found);
        }
        found
    }

    /// The meaning of a policy: its code.
    fn policy(&self, id: &str) -> Digest {
        let known = self.policies.lock().ok().and_then(|known| known.get(id).copied());
        known.unwrap_or_else(|| {
            let found = self.bundle.find(id).map_or_else(|| Digest::of(b""), crate::policy::Policy::meaning);
            if let Ok(mut known) = self.policies.lock() {
                known.insert(id.to_owned(), found);
            }
            found
        })
    }
}

/// A mapping among the meanings, and what it means: its text.
fn mapping(own: &Mapping) -> (String, Digest) {
    (format!("mapping/{}", own.id), own.digest)
}
