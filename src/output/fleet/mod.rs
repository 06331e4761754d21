//! `countersign.dev/fleet/v1`: many repositories at once, and what only shows where they are seen together.
//!
//! Within v1 optional fields may be added, and nothing else.

mod human;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use super::build::instant;
use super::check::{self, Tool};
use crate::rules::{Enforcement, Severity};

pub use human::fleet_human;

/// The name of this version of the format.
pub const FLEET_SCHEMA: &str = "countersign.dev/fleet/v1";

/// The JSON Schema of a fleet.
#[must_use]
pub fn fleet_schema() -> Schema {
    check::schema_of::<FleetReport>()
}

/// Many repositories, each judged as it is. A field that can be absent is absent when it has nothing to say; it is never
/// `null`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "countersign.dev/fleet/v1")]
pub struct FleetReport {
    /// `countersign.dev/fleet/v1`. A reader refuses what it does not know.
    #[schemars(extend("const" = FLEET_SCHEMA))]
    pub schema: &'static str,
    /// What made the report.
    pub tool: Tool,
    /// The instant of the run, RFC 3339, UTC.
    #[schemars(extend("format" = "date-time"))]
    pub as_of: String,
    /// The sums.
    pub totals: FleetTotals,
    /// Who has findings to answer for, those with the worst first; last those that nobody answers for.
    pub owners: Vec<OwnerReport>,
    /// Sets of rules, the one that most repositories have first.
    pub rules: Vec<RulesInUse>,
    /// Versions of Countersign that repositories name in their workflows and hooks, the commonest first.
    pub versions: Vec<VersionInUse>,
    /// Findings that need more than one repository to be seen.
    pub across: Vec<AcrossReport>,
    /// Each repository, in the order of their names.
    pub repositories: Vec<FleetRepository>,
}

/// Sums over all repositories.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FleetTotals {
    /// Repositories that were asked for.
    pub repositories: usize,
    /// Of these, those that have a `countersign.yaml`.
    pub configured: usize,
    /// Of these, those that declare access.
    pub declaring: usize,
    /// Of those that declare access, those without a `countersign.yaml`: what they declare is judged by nobody.
    pub uncovered: usize,
    /// Those that could not be judged.
    pub not_judged: usize,
    /// Files with definitions.
    pub definition_files: usize,
    /// Files that were recognised as definitions and could not be evaluated, wholly or in part.
    pub not_evaluated: usize,
    /// Findings, by severity.
    pub findings: BTreeMap<Severity, usize>,
}

/// One repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FleetRepository {
    /// The name of its folder.
    pub name: String,
    /// The folder, as it was given.
    pub folder: String,
    /// The commit that was judged; absent where it was not judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Why it was not judged; absent where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Whether it has a `countersign.yaml`.
    pub configured: bool,
    /// The digest of all its rule files; absent without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
    /// What its workflows and hooks name of Countersign.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<VersionPin>,
    /// What its rules do with findings of each severity, where conflicts and policies say nothing else.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub enforcement: BTreeMap<Severity, Enforcement>,
    /// Files in the tree.
    pub files: usize,
    /// Files that hold definitions.
    pub definition_files: usize,
    /// Files that were recognised as definitions and could not be evaluated, wholly or in part.
    pub not_evaluated: usize,
    /// Principals judged.
    pub principals: usize,
    /// Grants.
    pub grants: usize,
    /// Accounts that no person or service identity owns.
    pub unlinked_accounts: usize,
    /// What is found in it, whoever brought it, the worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FleetFinding>,
}

/// What a file of a repository names of Countersign.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct VersionPin {
    /// The file.
    pub file: String,
    /// The action, component or hook.
    pub what: String,
    /// The version, tag or commit.
    pub version: String,
}

/// A finding of one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FleetFinding {
    /// What makes it the same finding elsewhere.
    pub fingerprint: String,
    /// The policy.
    pub policy: String,
    /// The conflict, of a policy about conflicts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// Who or what it is about.
    pub subject: String,
    /// One sentence.
    pub message: String,
    /// Where to look first, as `file:line`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Who answers for it: the owner of its system, else of its ruleset, else the code owners of the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
    /// The record that lets it pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
}

/// Somebody who answers for findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OwnerReport {
    /// Who; absent for what nobody answers for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// How many findings, by severity.
    pub findings: BTreeMap<Severity, usize>,
    /// In which repositories.
    pub repositories: Vec<String>,
}

/// Rules, and who has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RulesInUse {
    /// The digest of all rule files; absent where a repository has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
    /// The repositories.
    pub repositories: Vec<String>,
}

/// A version of Countersign, and who names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VersionInUse {
    /// The version, tag or commit.
    pub version: String,
    /// The repositories.
    pub repositories: Vec<String>,
}

/// A finding that needs more than one repository to be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AcrossReport {
    /// What makes it the same finding elsewhere.
    pub fingerprint: String,
    /// The policy.
    pub policy: String,
    /// The conflict, of a policy about conflicts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// Who or what it is about.
    pub subject: String,
    /// One sentence.
    pub message: String,
    /// Each duty, with where it comes from.
    pub legs: Vec<AcrossLeg>,
}

/// A duty, with the way to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AcrossLeg {
    /// The duty.
    pub duty: String,
    /// What it is.
    pub title: String,
    /// The steps, from the subject to the permission.
    pub steps: Vec<AcrossStep>,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AcrossStep {
    /// In words.
    pub text: String,
    /// The repository that declares it; absent where a system brings it along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Where in it, as `file:line`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

impl FleetRepository {
    /// A repository that was not judged.
    #[must_use]
    pub fn not_judged(name: String, folder: String, problem: String) -> Self {
        Self {
            name,
            folder,
            commit: None,
            problem: Some(problem),
            configured: false,
            rules: None,
            versions: Vec::new(),
            enforcement: BTreeMap::new(),
            files: 0,
            definition_files: 0,
            not_evaluated: 0,
            principals: 0,
            grants: 0,
            unlinked_accounts: 0,
            findings: Vec::new(),
        }
    }

    /// Whether it declares access and nothing judges it.
    #[must_use]
    pub fn is_uncovered(&self) -> bool {
        self.definition_files > 0 && !self.configured
    }

    /// How many findings no record lets pass, by severity.
    fn open(&self) -> BTreeMap<Severity, usize> {
        counted(self.findings.iter().filter(|own| own.record.is_none()))
    }
}

impl FleetReport {
    /// Sums up repositories.
    #[must_use]
    pub fn new(
        version: &str,
        as_of: i64,
        mut repositories: Vec<FleetRepository>,
        mut across: Vec<AcrossReport>,
    ) -> Self {
        repositories.sort_by(|a, b| (&a.name, &a.folder).cmp(&(&b.name, &b.folder)));
        across.sort_by(|a, b| {
            let key = |own: &AcrossReport| (Reverse(own.severity), own.subject.clone(), own.fingerprint.clone());
            key(a).cmp(&key(b))
        });
        let totals = FleetTotals {
            repositories: repositories.len(),
            configured: repositories.iter().filter(|own| own.configured).count(),
            declaring: repositories.iter().filter(|own| own.definition_files > 0).count(),
            uncovered: repositories.iter().filter(|own| own.is_uncovered()).count(),
            not_judged: repositories.iter().filter(|own| own.problem.is_some()).count(),
            definition_files: repositories.iter().map(|own| own.definition_files).sum(),
            not_evaluated: repositories.iter().map(|own| own.not_evaluated).sum(),
            findings: counted(repositories.iter().flat_map(|own| &own.findings)),
        };
        Self {
            schema: FLEET_SCHEMA,
            tool: Tool { name: "countersign", version: version.to_owned() },
            as_of: instant(as_of),
            totals,
            owners: owners(&repositories),
            rules: rules(&repositories),
            versions: versions(&repositories),
            across,
            repositories,
        }
    }

    /// Whether every repository that declares access is judged, by rules of its own.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        self.totals.uncovered == 0 && self.totals.not_judged == 0
    }
}

fn counted<'a>(findings: impl Iterator<Item = &'a FleetFinding>) -> BTreeMap<Severity, usize> {
    let mut counts = BTreeMap::new();
    findings.for_each(|own| *counts.entry(own.severity).or_default() += 1);
    counts
}

/// Findings that no record lets pass, by who answers for them.
fn owners(repositories: &[FleetRepository]) -> Vec<OwnerReport> {
    let mut all: BTreeMap<Option<&str>, (Vec<&FleetFinding>, BTreeSet<&str>)> = BTreeMap::new();
    for repository in repositories {
        for finding in repository.findings.iter().filter(|own| own.record.is_none()) {
            let nobody = finding.owners.is_empty().then_some(None);
            for owner in finding.owners.iter().map(|own| Some(own.as_str())).chain(nobody) {
                let (findings, names) = all.entry(owner).or_default();
                findings.push(finding);
                names.insert(&repository.name);
            }
        }
    }
    let mut owners: Vec<OwnerReport> = all
        .into_iter()
        .map(|(owner, (findings, names))| OwnerReport {
            owner: owner.map(str::to_owned),
            findings: counted(findings.into_iter()),
            repositories: names.into_iter().map(str::to_owned).collect(),
        })
        .collect();
    let worst = |own: &OwnerReport| own.findings.iter().rev().map(|(s, n)| (*s, *n)).collect::<Vec<_>>();
    owners.sort_by(|a, b| a.owner.is_none().cmp(&b.owner.is_none()).then_with(|| worst(b).cmp(&worst(a))));
    owners
}

fn rules(repositories: &[FleetRepository]) -> Vec<RulesInUse> {
    let judged = repositories.iter().filter(|own| own.problem.is_none());
    let found = grouped(judged.map(|own| (own.rules.clone(), own.name.clone())));
    found.into_iter().map(|(rules, repositories)| RulesInUse { rules, repositories }).collect()
}

fn versions(repositories: &[FleetRepository]) -> Vec<VersionInUse> {
    let pins = |own: &FleetRepository| -> Vec<(String, String)> {
        own.versions.iter().map(|pin| (pin.version.clone(), own.name.clone())).collect()
    };
    let found = grouped(repositories.iter().flat_map(pins));
    found.into_iter().map(|(version, repositories)| VersionInUse { version, repositories }).collect()
}

/// Names by what they have in common, the largest group first.
fn grouped<K: Ord>(pairs: impl Iterator<Item = (K, String)>) -> Vec<(K, Vec<String>)> {
    let mut groups: BTreeMap<K, BTreeSet<String>> = BTreeMap::new();
    for (key, name) in pairs {
        groups.entry(key).or_default().insert(name);
    }
    let mut all: Vec<(K, Vec<String>)> =
        groups.into_iter().map(|(key, names)| (key, names.into_iter().collect())).collect();
    all.sort_by_key(|(_, names)| Reverse(names.len()));
    all
}
