//! All rule and record files of one tree, parsed and checked together.
//!
//! Rules are whatever governs the gate: `countersign.yaml`, rulesets, frameworks, approvals, policies. They come from
//! the target branch (or from the folder itself when nothing is compared). An error in any of them stops the run.

mod alternatives;
mod authority;
mod builtin;
mod config;
mod dates;
mod definitions;
mod enforcement;
mod error;
mod forge;
mod framework;
mod globs;
mod known_roles;
mod limits;
mod meaning;
mod people;
mod record;
mod ruleset;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::de::DeserializeOwned;

pub use alternatives::{RequiredPermission, alternatives};
pub use authority::{ApproverRow, Asked, Authority, AuthorityConfig, Bench, Deputy};
pub use config::{Config, CredentialConfig, GateConfig, LinkRule};
pub use dates::{Day, Instant, day, minute};
pub use definitions::{Defined, Definitions};
pub use enforcement::{Enforcement, EnforcementConfig, Ladder, Step, default_enforcement};
pub use error::{RuleError, RuleFile};
pub use forge::{ForgeReview, Review, ReviewState};
pub use framework::{Control, Framework};
pub use globs::Globs;
pub use known_roles::{KnownRole, KnownRoles, KnownStatement};
pub use limits::LimitsConfig;
pub use people::{Employment, People, PeopleError, people_schema};
pub use record::{
    Approval, ApprovalFile, Approved, CompensatingControl, Disposition, Emergency, EmergencyFile, Exception,
    ExceptionFile, ExtentEntry, Frequency, HeldWord, LandedSpec, OneOrMany, Record, RecordKind, Records, Register,
    RegisterEntry, RegisterFile, ReviewDecision, ReviewDecisionFile, Terms, is_record_path, record_path, scope,
    signature_path,
};
pub use ruleset::{
    Binding, Conflict, ConflictAccounts, ConflictKind, ConflictScope, Duty, PermissionRequirement, Requirement,
    Ruleset, Severity,
};

use crate::keys::AllowedSigners;
use crate::syntax::{Node, decode, nearest, parse};

/// The configuration's name at the root of a tree.
pub const CONFIG_FILE: &str = "countersign.yaml";
/// The keys that may sign records, in the form of `ssh-keygen`'s allowed signers.
pub const SIGNERS: &str = ".countersign/allowed_signers";
/// The subject of findings about the repository itself.
pub const REPOSITORY: &str = "repository";
/// Where a repository's own rulesets may stand without being listed.
pub const RULESETS: &str = ".countersign/rulesets/";
/// Where a repository's own policies may stand without being listed.
pub const POLICIES: &str = ".countersign/policies/";

/// A ruleset in force.
#[derive(Debug, Clone)]
pub struct RulesetInForce {
    /// Its id.
    pub id: Arc<str>,
    /// Its version.
    pub version: String,
    /// Its title.
    pub title: String,
    /// Who adopted it.
    pub owner: Option<String>,
    /// The file.
    pub file: RuleFile,
    /// Whether it ships with the binary.
    pub built_in: bool,
}

/// Everything that governs one run.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The configuration.
    pub config: Config,
    /// Its file, if there is one.
    pub config_file: Option<RuleFile>,
    /// The paths that are read.
    pub include: Globs,
    /// The paths that are not.
    pub exclude: Globs,
    /// Where definitions are expected.
    pub in_scope: Globs,
    /// Which paths belong to which system, in order.
    pub systems: Vec<(Globs, crate::rules::SystemOfPath)>,
    /// Rulesets in force, in order.
    pub rulesets: Vec<RulesetInForce>,
    /// The duties and conflicts in force.
    pub definitions: Definitions,
    /// Framework mappings.
    pub frameworks: Vec<Framework>,
    /// Roles that systems bring along, by type of system.
    pub known_roles: Vec<KnownRoles>,
    /// Who may approve what.
    pub authority: Authority,
    /// The keys that may sign records, and their file.
    pub signers: Option<(RuleFile, AllowedSigners)>,
    /// Records.
    pub records: Records,
    /// The repository's own Rego files.
    pub policies: Vec<RuleFile>,
    /// Every file read, for the evidence.
    pub files: Vec<RuleFile>,
}

/// The system that a path belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemOfPath {
    /// The instance's id.
    pub id: Arc<str>,
    /// Whether policy documents there only limit.
    pub guardrail: bool,
}

impl Rules {
    /// The built-in rules alone.
    ///
    /// # Errors
    /// None unless the binary was built from broken files; a test rules that out.
    pub fn built_in() -> Result<Self, Vec<RuleError>> {
        Self::load(&[], None)
    }

    /// Reads the rules of a tree, given all its files; `config` replaces its `countersign.yaml`.
    ///
    /// # Errors
    /// Every error in every rule file, so that one run shows them all.
    pub fn load(tree: &[RuleFile], config: Option<RuleFile>) -> Result<Self, Vec<RuleError>> {
        let mut errors = Vec::new();
        let by_path: BTreeMap<&str, &RuleFile> = tree.iter().map(|file| (&*file.path, file)).collect();
        let config_file = config.or_else(|| by_path.get(CONFIG_FILE).map(|file| (*file).clone()));
        let config: Config = match &config_file {
            None => Config::default(),
            Some(file) => first_document(file).and_then(|node| read(file, &node)).unwrap_or_else(|error| {
                errors.push(error);
                Config::default()
            }),
        };
        let mut files: Vec<RuleFile> = config_file.iter().cloned().collect();
        if let (Some(file), Some(version)) = (&config_file, &config.version)
            && version.value != 1
        {
            errors.push(
                file.error(version.span, format!("version {} of the configuration is not known", version.value))
                    .with_help("this binary reads version 1"),
            );
        }

        let (rulesets, in_force) = load_rulesets(tree, &by_path, &config, config_file.as_ref(), &mut errors);
        let definitions = definitions::merge(&rulesets).unwrap_or_else(|found| {
            errors.extend(found);
            Definitions::default()
        });
        files.extend(rulesets.iter().map(|(file, _)| file.clone()));

        let mut frameworks = Vec::new();
        for file in builtin::under("frameworks/") {
            collect(&file, &mut frameworks, &mut errors);
            files.push(file);
        }
        let mut known_roles = Vec::new();
        for file in builtin::under("roles/") {
            collect(&file, &mut known_roles, &mut errors);
            files.push(file);
        }

        let records = Records::load(tree).unwrap_or_else(|found| {
            errors.extend(found);
            Records::default()
        });
        files.extend(records.files.iter().cloned());
        let mut signers = None;
        if let Some(file) = by_path.get(SIGNERS) {
            files.push((*file).clone());
            match AllowedSigners::parse(&file.bytes) {
                Ok(read) => signers = Some(((*file).clone(), read)),
                Err(error) => errors.push(RuleError::signers(file, error)),
            }
        }
        let authority = Authority::read(config_file.as_ref(), &config).unwrap_or_else(|found| {
            errors.extend(found);
            Authority::default()
        });
        let mut folders: BTreeSet<String> = BTreeSet::from([POLICIES.to_owned()]);
        folders.extend(config.policies.iter().map(|folder| format!("{}/", folder.trim_end_matches('/'))));
        let policies: Vec<RuleFile> = tree
            .iter()
            .filter(|file| is_rego(&file.path) && folders.iter().any(|folder| file.path.starts_with(folder.as_str())))
            .cloned()
            .collect();
        let globs = |list: &[crate::syntax::Spanned<String>], errors: &mut Vec<RuleError>| {
            Globs::read(config_file.as_ref(), list).unwrap_or_else(|error| {
                errors.push(error);
                Globs::default()
            })
        };
        let include = globs(&config.include, &mut errors);
        let exclude = globs(&config.exclude, &mut errors);
        let in_scope = globs(&config.in_scope, &mut errors);
        let systems = config
            .systems
            .iter()
            .map(|entry| {
                let of = SystemOfPath { id: entry.id.as_str().into(), guardrail: entry.guardrail };
                (globs(&entry.paths, &mut errors), of)
            })
            .collect();
        if let Some(file) = &config_file {
            check_config(file, &config, &definitions, &mut errors);
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            config,
            config_file,
            include,
            exclude,
            in_scope,
            systems,
            rulesets: in_force,
            definitions,
            frameworks,
            known_roles,
            authority,
            signers,
            records,
            policies,
            files,
        })
    }

    /// Whether a path is read at all.
    #[must_use]
    pub fn reads(&self, path: &str) -> bool {
        (self.include.is_empty() || self.include.matches(path)) && !self.exclude.matches(path)
    }

    /// The system that the configuration names for a path.
    #[must_use]
    pub fn system_of(&self, path: &str) -> Option<&SystemOfPath> {
        self.systems.iter().find(|(globs, _)| globs.matches(path)).map(|(_, system)| system)
    }

    /// Who adopted a ruleset.
    #[must_use]
    pub fn ruleset_owner(&self, ruleset: &str) -> Option<&str> {
        self.rulesets.iter().find(|known| &*known.id == ruleset)?.owner.as_deref()
    }
}

/// Whether a path is a policy rather than a policy's test.
#[must_use]
pub fn is_rego(path: &str) -> bool {
    path.ends_with(".rego") && !path.ends_with("_test.rego")
}

/// Whether a path is a file of rules or records, and so never a definition.
#[must_use]
pub fn is_rule_path(path: &str) -> bool {
    path == CONFIG_FILE || path.starts_with(".countersign/") && !is_evidence_path(path)
}

/// Whether a path is in the folder where `check` keeps evidence beside a plain folder. Nothing there is read.
#[must_use]
pub fn is_evidence_path(path: &str) -> bool {
    path.starts_with(".countersign/evidence/")
}

fn load_rulesets(
    tree: &[RuleFile],
    by_path: &BTreeMap<&str, &RuleFile>,
    config: &Config,
    config_file: Option<&RuleFile>,
    errors: &mut Vec<RuleError>,
) -> (Vec<(RuleFile, Ruleset)>, Vec<RulesetInForce>) {
    let mut rulesets: Vec<(RuleFile, Ruleset, bool)> = Vec::new();
    let mut load = |file: RuleFile, built_in: bool, errors: &mut Vec<RuleError>| {
        let mut found = Vec::new();
        collect(&file, &mut found, errors);
        rulesets.extend(found.into_iter().map(|ruleset| (file.clone(), ruleset, built_in)));
    };
    for file in builtin::under("rulesets/") {
        load(file, true, errors);
    }
    let listed: BTreeSet<&str> =
        config.rulesets.iter().filter_map(|entry| entry.path.as_ref()).map(|path| path.as_str()).collect();
    for file in tree {
        if file.path.starts_with(RULESETS) && is_yaml(&file.path) && !listed.contains(&*file.path) {
            load(file.clone(), false, errors);
        }
    }
    for entry in &config.rulesets {
        let (Some(path), Some(config_file)) = (&entry.path, config_file) else { continue };
        match by_path.get(path.as_str()) {
            Some(file) => load((*file).clone(), false, errors),
            None => errors.push(
                config_file
                    .error(path.span, format!("the ruleset file `{}` does not exist", path.value))
                    .with_help("the path counts from the root of the repository"),
            ),
        }
    }
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    for entry in &config.rulesets {
        let Some(config_file) = config_file else { continue };
        let id = match (&entry.id, &entry.path) {
            (Some(id), _) => id.clone(),
            (None, Some(path)) => match rulesets.iter().find(|(file, _, _)| &*file.path == path.as_str()) {
                Some((_, ruleset, _)) => ruleset.metadata.id.clone(),
                None => continue,
            },
            (None, None) => {
                errors.push(config_file.error(None, "an entry of `rulesets` has neither `id` nor `path`"));
                continue;
            }
        };
        if !rulesets.iter().any(|(_, ruleset, _)| ruleset.metadata.id.value == id.value) {
            let known: Vec<&str> = rulesets.iter().map(|(_, ruleset, _)| ruleset.metadata.id.as_str()).collect();
            let help = nearest(&id, known.iter().copied())
                .map_or_else(|| format!("known: {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
            errors.push(config_file.error(id.span, format!("there is no ruleset `{}`", id.value)).with_help(help));
        } else if let Some(owner) = &entry.owner {
            owners.insert(id.value, owner.value.clone());
        }
    }
    let in_force = rulesets
        .iter()
        .map(|(file, ruleset, built_in)| RulesetInForce {
            id: ruleset.metadata.id.as_str().into(),
            version: ruleset.metadata.version.clone(),
            title: ruleset.metadata.title.clone(),
            owner: owners.get(ruleset.metadata.id.as_str()).cloned(),
            file: file.clone(),
            built_in: *built_in,
        })
        .collect();
    (rulesets.into_iter().map(|(file, ruleset, _)| (file, ruleset)).collect(), in_force)
}

/// Names in the configuration that must mean something.
fn check_config(file: &RuleFile, config: &Config, definitions: &Definitions, errors: &mut Vec<RuleError>) {
    config.gate.check(file, errors);
    for id in config.enforcement.conflicts.keys() {
        if !definitions.conflicts.contains_key(id) {
            let known = definitions.conflicts.keys().map(String::as_str);
            let help = nearest(id, known).map_or_else(
                || "`countersign ruleset list` names them all".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            let at = key_span(file, &["enforcement", "conflicts"], id);
            errors.push(file.error(at, format!("there is no conflict `{id}`")).with_help(help));
        }
    }
}

/// Where a key of the configuration is written.
pub(crate) fn key_span(file: &RuleFile, path: &[&str], key: &str) -> Option<crate::syntax::Span> {
    let node = first_document(file).ok()?;
    node.at(path)?.entry(key).map(|entry| entry.key_span)
}

fn is_yaml(path: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending))
}

/// Reads every document of a file as `T`.
fn collect<T: DeserializeOwned>(file: &RuleFile, into: &mut Vec<T>, errors: &mut Vec<RuleError>) {
    match parse(&file.bytes) {
        Err(error) => errors.push(RuleError::syntax(file, error)),
        Ok(documents) => {
            for node in documents.iter().filter(|node| !node.is_null()) {
                match read(file, node) {
                    Ok(value) => into.push(value),
                    Err(error) => errors.push(error),
                }
            }
        }
    }
}

fn first_document(file: &RuleFile) -> Result<Node, RuleError> {
    let mut documents = parse(&file.bytes).map_err(|error| RuleError::syntax(file, error))?;
    match documents.len() {
        0 => Ok(Node::new(crate::syntax::Span::default(), crate::syntax::Value::Map(Vec::new()))),
        1 => Ok(documents.remove(0)),
        _ => Err(file.error(documents[1].span, "one document is expected here, and a second one begins")),
    }
}

fn read<T: DeserializeOwned>(file: &RuleFile, node: &Node) -> Result<T, RuleError> {
    decode(node).map_err(|error| RuleError::decode(file, error))
}

#[cfg(test)]
mod tests;
