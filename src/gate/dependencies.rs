//! What the verdicts of a policy depend on beside the tree: its module, the rules that its findings follow from, what the
//! gate does with them, and what reads the tree.
//!
//! Which fields of its document a module reads decides what counts for it. A module that may read any field depends on
//! all. So a benchmark (PCAOB AS 2201, B28 to B31) can say of each policy whether anything that it rests on has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::rules_change::escalation_decides;
use crate::duties::ADMINISTRATOR;
use crate::policy::{Bundle, Policy, Scope, When, Words};
use crate::rules::{CONFIG_FILE, EnforcedOn, KNOWN_ROLES, MAPPINGS, RuleFile, Rules, SIGNERS, Severity};
use crate::store::Digest;

/// What kind of thing a policy depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A Rego module.
    Module,
    /// Data that a module reads.
    Data,
    /// A conflict, with its severity.
    Conflict,
    /// A duty with its bindings and those that confer it.
    Duty,
    /// A way to come to administer a system.
    Escalation,
    /// A list of the roles that systems bring along.
    KnownRoles,
    /// What the gate does with findings.
    Enforcement,
    /// Who has adopted a ruleset.
    Adoption,
    /// A part of the configuration.
    Setting,
    /// How files of a house's own form are read.
    Mapping,
    /// Rules for secrets.
    SecretRules,
    /// The keys that may sign records.
    Signers,
}

impl Part {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Data => "data",
            Self::Conflict => "conflict",
            Self::Duty => "duty",
            Self::Escalation => "escalation",
            Self::KnownRoles => "known_roles",
            Self::Enforcement => "enforcement",
            Self::Adoption => "adoption",
            Self::Setting => "setting",
            Self::Mapping => "mapping",
            Self::SecretRules => "secret_rules",
            Self::Signers => "signers",
        }
    }
}

/// One thing that a policy depends on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dependency {
    /// What kind.
    pub part: Part,
    /// Which one.
    pub name: String,
}

impl fmt::Display for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.part.as_str().replace('_', " "), self.name)
    }
}

/// What a policy depends on, each with the digest of what it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependencies(pub BTreeMap<Dependency, Digest>);

impl Dependencies {
    /// One digest for all of them.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let lines: Vec<String> = self.0.iter().map(|(own, digest)| format!("{own} {digest}")).collect();
        Digest::of(lines.join("\n").as_bytes())
    }

    fn add(&mut self, part: Part, name: impl Into<String>, what: &[u8]) {
        self.0.insert(Dependency { part, name: name.into() }, Digest::of(what));
    }
}

/// What each policy of a bundle depends on under some rules, by its id.
#[must_use]
pub fn dependencies(bundle: &Bundle, rules: &Rules) -> BTreeMap<String, Dependencies> {
    let definitions = &rules.definitions;
    let kinds: BTreeSet<&str> =
        definitions.duties.values().flat_map(|duty| duty.value.bindings.keys()).map(String::as_str).collect();
    let ids = definitions.conflicts.keys().chain(definitions.duties.keys());
    let meanings = ids.filter_map(|id| Some((id.as_str(), definitions.meaning(id, &kinds)?))).collect();
    let known = Known { bundle, rules, settings: settings(rules), meanings };
    bundle.policies.iter().map(|policy| (policy.id.clone(), known.of(policy))).collect()
}

/// Settings that say how a tree is read: every verdict about one depends on them.
const READING: [&str; 6] = ["include", "exclude", "in_scope", "systems", "context", "extends"];

/// The policies that state conflicts, of which enforcement is asked conflict by conflict.
const OF_CONFLICTS: [&str; 2] = ["CS-SOD-001", "CS-SOD-002"];
const SEVERITIES: [Severity; 4] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];

struct Known<'a> {
    bundle: &'a Bundle,
    rules: &'a Rules,
    /// The parts of all configurations in force, as they are written.
    settings: BTreeMap<String, String>,
    /// What conflicts and duties mean in systems of every type that a binding is for.
    meanings: BTreeMap<&'a str, Digest>,
}

impl Known<'_> {
    fn of(&self, policy: &Policy) -> Dependencies {
        let mut all = Dependencies::default();
        let text = self.modules(policy, &mut all);
        let words = Words::of(&text);
        let custom = &policy.metadata.custom;
        let reads = |field: &str| words.may_read(field);
        let when = |wanted: &[When]| custom.when.is_some_and(|when| wanted.contains(&when));
        let holds = matches!(custom.scope, Scope::Principal | Scope::Role | Scope::ServiceIdentity);
        let conflicts = holds
            && (["conflicts", "indirect_conflicts", "shared_conflicts"].into_iter().any(reads)
                || when(&[When::Conflicts, When::IndirectConflicts]));
        let duties = holds && (["duties", "excess"].into_iter().any(reads) || when(&[When::Duties, When::Excess]));
        // Whether an account holds much, and what a guard guards, is a matter of privileged duties.
        let privileged = holds
            && (["privileged_duties", "attribution", "guards"].into_iter().any(reads)
                || when(&[When::PrivilegedDuties, When::Attribution, When::Guards]));
        let escalations = holds && (reads("escalations") || when(&[When::Escalations]));
        if conflicts {
            self.conflicts(policy, &mut all);
        }
        if duties || privileged {
            self.duties(duties, &mut all);
        }
        if escalations {
            self.escalations(&mut all);
        }
        if conflicts || duties || privileged || escalations {
            for file in self.files(&["built-in/roles/", KNOWN_ROLES], &self.rules.config.known_roles) {
                all.add(Part::KnownRoles, &*file.path, &file.bytes);
            }
        }
        self.settings_of(policy, &reads, &mut all);
        self.enforcement(policy, &text, conflicts, &mut all);
        all
    }

    /// The policy's module and those that it names, as one text.
    fn modules(&self, policy: &Policy, all: &mut Dependencies) -> String {
        let mut open = vec![policy];
        let mut seen = BTreeSet::from([policy.id.as_str()]);
        let mut texts = String::new();
        while let Some(own) = open.pop() {
            let text = String::from_utf8_lossy(&own.file.bytes);
            all.add(Part::Module, &*own.file.path, &own.file.bytes);
            let named = |other: &&Policy| {
                let package = other.rule.strip_suffix(".finding").unwrap_or(&other.rule);
                !package.is_empty() && !seen.contains(other.id.as_str()) && names(&text, package)
            };
            let others: Vec<&Policy> = self.bundle.policies.iter().filter(named).collect();
            seen.extend(others.iter().map(|other| other.id.as_str()));
            open.extend(others);
            texts.push_str(&text);
            texts.push('\n');
        }
        if names(&texts, AS_OF) {
            all.add(Part::Data, "countersign.as_of", b"the instant of the evaluation");
        }
        texts
    }

    fn conflicts(&self, policy: &Policy, all: &mut Dependencies) {
        let definitions = &self.rules.definitions;
        for (id, conflict) in &definitions.conflicts {
            let text = format!("{:?} {}", self.meanings.get(id.as_str()), conflict.value.severity);
            all.add(Part::Conflict, id, text.as_bytes());
            // Its duties are in its meaning; they are named so that what changed can be told.
            for duty in &conflict.value.duties {
                self.duty(duty.as_str(), all);
            }
            let owner = self.rules.rulesets.iter().find(|own| own.id == conflict.ruleset);
            let owner = owner.and_then(|own| own.owner.clone()).unwrap_or_default();
            all.add(Part::Adoption, &*conflict.ruleset, owner.as_bytes());
            let on = EnforcedOn { conflict: Some(id), policy: &policy.id, severity: conflict.value.severity };
            all.add(Part::Enforcement, format!("{} {id}", policy.id), self.ladder(on).as_bytes());
        }
    }

    fn duties(&self, ordinary: bool, all: &mut Dependencies) {
        for (id, duty) in &self.rules.definitions.duties {
            if ordinary || duty.value.privileged {
                self.duty(id, all);
            }
        }
    }

    fn duty(&self, id: &str, all: &mut Dependencies) {
        let Some(duty) = self.rules.definitions.duties.get(id) else { return };
        let text = format!("{:?} {:?}", self.meanings.get(id), duty.value.severity);
        all.add(Part::Duty, id, text.as_bytes());
    }

    fn escalations(&self, all: &mut Dependencies) {
        for (id, escalation) in &self.rules.definitions.escalations {
            let text = format!("{:?}", escalation_decides(&escalation.value));
            all.add(Part::Escalation, id, text.as_bytes());
        }
        self.duty(ADMINISTRATOR, all);
    }

    fn settings_of(&self, policy: &Policy, reads: &dyn Fn(&str) -> bool, all: &mut Dependencies) {
        let scope = policy.metadata.custom.scope;
        let mut wanted: BTreeSet<&str> = BTreeSet::new();
        if scope != Scope::Record {
            wanted.extend(READING);
            for file in self.files(&[MAPPINGS], &[]) {
                all.add(Part::Mapping, &*file.path, &file.bytes);
            }
        }
        match scope {
            Scope::Principal | Scope::Role | Scope::ServiceIdentity => wanted.extend(["links", "gate"]),
            Scope::Credential => wanted.extend(["credentials"]),
            Scope::Secret => {
                wanted.extend(["credentials", "secrets"]);
                for file in &self.rules.secret_rules {
                    all.add(Part::SecretRules, &*file.path, &file.bytes);
                }
            }
            Scope::Record | Scope::Repository => {
                wanted.extend(["limits", "authority", "gate"]);
                if let Some((file, _)) = &self.rules.signers {
                    all.add(Part::Signers, SIGNERS, &file.bytes);
                }
            }
            Scope::Document => {}
        }
        let by_field = [("grant_limits", "grants"), ("trusts", "trusted_accounts"), ("limits", "limits")];
        wanted.extend(by_field.into_iter().filter(|(field, _)| reads(field)).map(|(_, setting)| setting));
        for setting in wanted {
            let text = self.settings.get(setting).map_or("", String::as_str);
            all.add(Part::Setting, setting, text.as_bytes());
        }
    }

    fn enforcement(&self, policy: &Policy, text: &str, conflicts: bool, all: &mut Dependencies) {
        if conflicts && OF_CONFLICTS.contains(&policy.id.as_str()) {
            return;
        }
        let own = policy.metadata.custom.severity;
        // A policy may give each finding a severity; which ones is not known beforehand.
        let gives = text.contains("\"severity\"");
        let severities = SEVERITIES.into_iter().filter(|severity| gives || *severity == own);
        let ladders: Vec<String> = severities
            .map(|severity| {
                let on = EnforcedOn { conflict: None, policy: &policy.id, severity };
                format!("{severity} {}", self.ladder(on))
            })
            .collect();
        all.add(Part::Enforcement, &*policy.id, ladders.join("\n").as_bytes());
    }

    /// What is done with a finding, from each day on that any entry names.
    fn ladder(&self, on: EnforcedOn<'_>) -> String {
        let config = &self.rules.config.enforcement;
        let instants = std::iter::once(i64::MIN).chain(config.days().map(|day| day.starts()));
        let instants: BTreeSet<i64> = instants.collect();
        let mut steps: Vec<(i64, &'static str)> = Vec::new();
        for instant in instants {
            let does = config.decide(on, instant).enforcement.as_str();
            if steps.last().is_none_or(|(_, last)| *last != does) {
                steps.push((instant, does));
            }
        }
        steps.iter().map(|(from, does)| format!("{from} {does}")).collect::<Vec<_>>().join(", ")
    }

    /// The rule files below some folders.
    fn files<'f>(
        &'f self,
        folders: &'f [&'f str],
        listed: &'f [crate::syntax::Spanned<String>],
    ) -> impl Iterator<Item = &'f RuleFile> {
        self.rules.files.iter().filter(move |file| {
            let listed =
                listed.iter().any(|folder| file.path.starts_with(&format!("{}/", folder.trim_end_matches('/'))));
            listed || folders.iter().any(|folder| file.path.starts_with(folder))
        })
    }
}

const AS_OF: &str = "data.countersign.as_of";

/// Whether a module's code names a path of data. What stands in comments is no code.
fn names(text: &str, path: &str) -> bool {
    text.lines().map(|line| line.split('#').next().unwrap_or_default()).any(|code| {
        code.match_indices(path).any(|(at, _)| {
            let next = code.as_bytes().get(at + path.len());
            next.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
        })
    })
}

/// The parts of all configurations in force, each as it is written, whatever stands beside it.
fn settings(rules: &Rules) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let own = rules.config_file.as_ref().map(|file| &file.path);
    let configs = rules.files.iter().filter(|file| file.path.ends_with(CONFIG_FILE) || Some(&file.path) == own);
    for file in configs {
        let Ok(documents) = crate::syntax::parse(&file.bytes) else { continue };
        for entry in documents.iter().filter_map(|document| document.as_map()).flatten() {
            let value: serde_json::Value = crate::syntax::decode(&entry.value).unwrap_or_default();
            let text = all.entry(entry.key.to_string()).or_default();
            text.push_str(&value.to_string());
            text.push('\n');
        }
    }
    all
}

#[cfg(test)]
#[path = "dependencies_tests.rs"]
mod tests;
