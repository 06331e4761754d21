//! What a definition means, as a digest: it stays when words for people change, and changes with what it decides.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::definitions::Definitions;
use super::ruleset::{Conflict, Duty, PermissionRequirement, Requirement};
use crate::store::Digest;

impl Definitions {
    /// The meaning of a conflict or duty in systems of some types. `None` when there is none of that id.
    #[must_use]
    pub fn meaning(&self, id: &str, kinds: &BTreeSet<&str>) -> Option<Digest> {
        let mut text = String::new();
        if let Some(conflict) = self.conflicts.get(id) {
            self.conflict(id, &conflict.value, kinds, &mut text);
        } else {
            self.duty(id, kinds, &mut BTreeSet::new(), &mut text)?;
        }
        Some(Digest::of(text.as_bytes()))
    }

    fn conflict(&self, id: &str, conflict: &Conflict, kinds: &BTreeSet<&str>, text: &mut String) {
        let Conflict { title: _, duties, at_least, accounts, severity: _, scope, kind, risk: _, owner: _ } = conflict;
        let mut dimensions: Vec<&String> = scope.dimension.iter().chain(&scope.dimensions).collect();
        dimensions.sort();
        let _ = writeln!(
            text,
            "conflict {id} at_least {} accounts {accounts:?} kind {kind:?} on {dimensions:?}",
            at_least.unwrap_or(duties.len())
        );
        let mut ids: Vec<&str> = duties.iter().map(|duty| duty.as_str()).collect();
        ids.sort_unstable();
        let mut seen = BTreeSet::new();
        for duty in ids {
            let _ = self.duty(duty, kinds, &mut seen, text);
        }
    }

    fn duty<'a>(
        &'a self,
        id: &'a str,
        kinds: &BTreeSet<&str>,
        seen: &mut BTreeSet<&'a str>,
        text: &mut String,
    ) -> Option<()> {
        let Duty { bindings, any_duty, includes: _, privileged, .. } = &self.duties.get(id)?.value;
        if !seen.insert(id) {
            return Some(());
        }
        let _ = writeln!(text, "duty {id} privileged {privileged}");
        for (kind, binding) in bindings.iter().filter(|(kind, _)| kinds.contains(kind.as_str())) {
            let mut any: Vec<String> = binding.any.iter().map(requirement).collect();
            any.sort();
            any.dedup();
            let _ = writeln!(text, "{kind} any {any:?}");
        }
        let mut others: Vec<&str> = any_duty.iter().map(|duty| duty.as_str()).collect();
        // What includes this duty confers it too.
        others.extend(
            self.duties
                .iter()
                .filter(|(_, other)| other.value.includes.iter().any(|duty| duty.value == id))
                .map(|(other, _)| other.as_str()),
        );
        others.sort_unstable();
        others.dedup();
        for other in others {
            let _ = self.duty(other, kinds, seen, text);
        }
        Some(())
    }
}

/// A requirement in one spelling.
pub(super) fn requirement(requirement: &Requirement) -> String {
    let list = |parts: &[Requirement]| {
        let mut parts: Vec<String> = parts.iter().map(self::requirement).collect();
        parts.sort();
        parts.join(", ")
    };
    match requirement {
        Requirement::Name(name) => format!("{name:?} level None resource None"),
        Requirement::Permission(PermissionRequirement { permission, level, resource, fields }) => {
            // A binding without fields means what it meant before there were any.
            let fields = if fields.is_empty() { String::new() } else { format!(" fields {fields:?}") };
            format!("{permission:?} level {level:?} resource {resource:?}{fields}")
        }
        Requirement::All { all } => format!("all({})", list(all)),
        Requirement::Any { any } => format!("any({})", list(any)),
    }
}
