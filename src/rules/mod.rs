//! All rule and record files of one tree, parsed and checked together.
//!
//! Rules are whatever governs the gate: `countersign.yaml`, rulesets, frameworks, approvals, policies. They come from
//! the target branch (or from the folder itself when nothing is compared). An error in any of them stops the run.

mod abilities;
mod alternatives;
mod authority;
mod brought_along;
mod builtin;
mod comes_with;
mod config;
mod context;
mod dates;
mod definitions;
mod enforcement;
mod error;
mod escalation;
mod example;
mod extends;
mod forge;
mod forge_events;
mod framework;
mod globs;
mod grants;
mod instead;
mod known_roles;
mod layer;
mod limits;
mod mapping;
mod matrix;
mod meaning;
mod people;
mod record;
mod remediation;
mod retention;
mod reviews;
mod ruleset;
mod table;

use std::borrow::Cow;
use std::sync::Arc;

use serde::de::DeserializeOwned;

pub use self::table::{ExportKind, TableConfig};
pub use abilities::{Abilities, SystemAbilities, abilities};
pub use alternatives::{RequiredPermission, alternatives};
pub use authority::{ApproverRow, Asked, Authority, AuthorityConfig, Bench, Deputy};
pub use brought_along::BroughtAlong;
pub use comes_with::{ComesWith, GivenAlong, comes_with};
pub use config::{Config, CredentialConfig, GateConfig, LinkRule};
pub use context::{Context, ContextEntry};
pub use dates::{Day, Instant, day, minute};
pub use definitions::{Defined, Definitions, are_built_in};
pub use enforcement::{
    Enforced, EnforcedBy, EnforcedOn, Enforcement, EnforcementConfig, Ladder, Step, default_enforcement,
};
pub use error::{RuleError, RuleFile};
pub use escalation::{Becomes, Escalation, Need, On, Target, TargetKind};
pub use example::{Example, Examples, examples};
pub use extends::{Extended, ExtendsEntry};
pub use forge::{ForgeReview, Review, ReviewState};
pub use forge_events::{ForgeEventKind, ForgeExport, forge_exports};
pub use framework::{Control, Framework, NoControl, no_control};
pub use globs::Globs;
pub use grants::{GrantsConfig, PrivilegedGrants, trusted_system};
pub use instead::instead_of;
pub use known_roles::{KnownRole, KnownRoles, KnownStatement};
pub use limits::LimitsConfig;
pub use mapping::{
    Condition, Each, Emission, EmittedKind, HouseFormat, Mapping, MappingFile, Path as MappingPath, Piece,
    Step as MappingStep, Template, Test, Without,
};
pub use matrix::{At, Drawn, DrawnConflict, DrawnDuty, MatrixError, MatrixFile, MatrixWish, Object, draw, matrix_yaml};
pub use people::{Employment, People, PeopleError, people_schema};
pub use record::{
    AccessReviewFile, Approval, ApprovalFile, Approved, CLOSING_FILE, Campaign, ClosedFile, Closing, ClosingFile,
    CompensatingControl, Covers, Decided, DecisionsFile, Disposition, Emergency, EmergencyFile, Exception,
    ExceptionFile, ExtentEntry, Flag, Frequency, FrozenItem, FrozenItems, HeldWord, ITEMS_FILE, ITEMS_SCHEMA,
    ItemDecision, ItemKind, LandedSpec, LastChange, OPENING_FILE, OneOrMany, Opening, Record, RecordKind, Records,
    Register, RegisterEntry, RegisterFile, ReviewDecision, ReviewDecisionFile, ReviewerFile, ReviewerRule,
    SHEET_COLUMNS, Terms, campaign_path, is_campaign_file, is_campaign_id, is_record_path, record_path, scope,
    signature_path,
};
pub use remediation::remediation_days;
pub use retention::{Keep, RetentionClass, RetentionConfig};
pub use reviews::ReviewsConfig;
pub use ruleset::{
    Binding, Conflict, ConflictAccounts, ConflictKind, ConflictScope, Duty, PermissionRequirement, Requirement,
    Ruleset, Severity,
};

use self::layer::{Layer, Loaded, load_rulesets};
use crate::keys::AllowedSigners;
use crate::source::Repository;
use crate::syntax::table::Dialect;
use crate::syntax::{Node, Spanned, decode, nearest, parse};

/// The configuration's name at the root of a tree.
pub const CONFIG_FILE: &str = "countersign.yaml";
/// The keys that may sign records, in the form of `ssh-keygen`'s allowed signers.
pub const SIGNERS: &str = ".countersign/allowed_signers";
/// The subject of findings about the repository itself.
pub const REPOSITORY: &str = "repository";
/// Where a repository's own rulesets may stand without being listed.
pub const RULESETS: &str = ".countersign/rulesets/";
/// Where lists of roles that systems bring along may stand without being listed.
pub const KNOWN_ROLES: &str = ".countersign/roles/";
/// Where mappings stand.
pub const MAPPINGS: &str = ".countersign/mappings/";
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
    /// The configuration, as it counts over the rules that it extends. `include`, `exclude`, `rulesets`, `policies`,
    /// `gate` and `evidence` are those of its own file.
    pub config: Config,
    /// Its file, if there is one.
    pub config_file: Option<RuleFile>,
    /// The rules that it extends, in the order in which they bind.
    pub extended: Vec<Extended>,
    /// The paths that are read.
    pub include: Globs,
    /// The paths that are not.
    pub exclude: Globs,
    /// The paths that are read whatever those say: where rules that are extended expect definitions.
    pub always_read: Globs,
    /// Where definitions are expected.
    pub in_scope: Globs,
    /// Which paths belong to which system, in order.
    pub systems: Vec<(Globs, crate::rules::SystemOfPath)>,
    /// Rulesets in force, in order.
    pub rulesets: Vec<RulesetInForce>,
    /// The duties and conflicts in force.
    pub definitions: Arc<Definitions>,
    /// Framework mappings.
    pub frameworks: Vec<Framework>,
    /// Roles that systems bring along.
    pub known_roles: BroughtAlong,
    /// Who may approve what.
    pub authority: Authority,
    /// The keys that may sign records, and their file.
    pub signers: Option<(RuleFile, AllowedSigners)>,
    /// Graphs of other repositories.
    pub context: Vec<Context>,
    /// How files of a house's own form are read.
    pub mappings: Vec<Mapping>,
    /// Files of rules for secrets, in gitleaks' form.
    pub secret_rules: Vec<RuleFile>,
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
    /// What system's exports tables there are, as far as the configuration says it.
    pub export: Option<ExportKind>,
    /// How tables there are written.
    pub dialect: Dialect,
}

impl Rules {
    /// The built-in rules alone.
    ///
    /// # Errors
    /// None unless the binary was built from broken files; a test rules that out.
    pub fn built_in() -> Result<Self, Vec<RuleError>> {
        Self::load(&[], None)
    }

    /// Reads the rules of a tree outside of a repository: see [`load_in`](Self::load_in).
    ///
    /// # Errors
    /// As there; rules of a commit cannot be extended.
    pub fn load(tree: &[RuleFile], config: Option<RuleFile>) -> Result<Self, Vec<RuleError>> {
        Self::load_in(tree, config, None)
    }

    /// Reads the rules of a tree, given all its files, and the rules that they extend; `config` replaces its
    /// `countersign.yaml`. Commits are read from `repository`.
    ///
    /// # Errors
    /// Every error in every rule file, so that one run shows them all. Where rules that are extended are not those that
    /// are pinned, or not there, that alone.
    pub fn load_in(
        tree: &[RuleFile],
        config: Option<RuleFile>,
        repository: Option<&Repository>,
    ) -> Result<Self, Vec<RuleError>> {
        let mut errors = Vec::new();
        let own = Layer::read(String::new(), Cow::Borrowed(tree), config, &mut errors);
        let mut unfound = Vec::new();
        let (extended, mut layers): (Vec<Extended>, Vec<Layer<'_>>) =
            extends::find(&own, tree, repository, &mut unfound).into_iter().unzip();
        if !unfound.is_empty() {
            errors.extend(unfound);
            return Err(errors);
        }
        let config_file = own.config_file.clone();
        let context = match &config_file {
            Some(file) => {
                own.config.context.iter().filter_map(|entry| Context::of(entry, file, tree, &mut errors)).collect()
            }
            None => Vec::new(),
        };
        layers.push(own);
        let mut files: Vec<RuleFile> = layers.iter().filter_map(|layer| layer.config_file.clone()).collect();

        let Loaded { rulesets, in_force, bounds } = load_rulesets(&layers, &mut errors);
        let definitions = definitions::merge(&rulesets).unwrap_or_else(|found| {
            errors.extend(found);
            Arc::default()
        });
        // What the first layer makes of the built-in rulesets is its own affair; each further one is bound.
        for window in bounds.windows(2).skip(1) {
            if let [bound, end] = window {
                extends::hold(rulesets.get(..*end).unwrap_or_default(), *bound, &mut errors);
            }
        }
        files.extend(rulesets.iter().map(|(file, _)| file.clone()));

        errors.extend(builtin::READ.errors.iter().cloned());
        let (framework_files, frameworks): (Vec<RuleFile>, Vec<Framework>) =
            builtin::READ.frameworks.iter().cloned().unzip();
        files.extend(framework_files.into_iter().chain(builtin::files("roles/").cloned()));
        let mut known_roles = BroughtAlong::built_in(&definitions);
        for file in layers.iter().flat_map(Layer::known_roles) {
            let mut found = Vec::new();
            collect(file, &mut found, &mut errors);
            known_roles.add(found);
            files.push(file.clone());
        }

        let listed = layers.iter().flat_map(|layer| layer.secret_rules(&mut errors));
        let secret_rules: Vec<RuleFile> = listed.cloned().collect();
        files.extend(secret_rules.iter().cloned());

        let records = Records::load(tree).unwrap_or_else(|found| {
            errors.extend(found);
            Records::default()
        });
        files.extend(records.files.iter().cloned());
        let mut mappings = Vec::new();
        let pseudonyms = layers.last().is_some_and(|own| own.config.evidence.pseudonyms);
        for (number, layer) in layers.iter().enumerate() {
            for file in layer.mappings() {
                let extended = number + 1 < layers.len();
                Mapping::read_all(file, extended, pseudonyms, &mut mappings, &mut errors);
                files.push(file.clone());
            }
        }
        mapping::check_ids(&mappings, &mut errors);
        let signers = read_signers(&layers, &mut files, &mut errors);
        let policies: Vec<RuleFile> = layers.iter().flat_map(Layer::policies).cloned().collect();
        // The repository's own policies are kept with its tree; those of others are not.
        let (last, others) = layers.split_last().map_or((None, &layers[..]), |(last, others)| (Some(last), others));
        files.extend(others.iter().flat_map(Layer::policies).cloned());

        let mut authority = Authority::default();
        let mut globs = LayerGlobs::default();
        let mut effective: Option<Config> = None;
        for layer in &layers {
            let file = layer.config_file.as_ref();
            let given = Authority::read(file, &layer.config).unwrap_or_else(|found| {
                errors.extend(found);
                Authority::default()
            });
            authority = given.under(authority);
            globs.add(layer, last.is_some_and(|last| std::ptr::eq(last, layer)), &mut errors);
            if let Some(file) = file {
                check_config(file, &layer.config, &definitions, &mut errors);
            }
            effective = Some(match effective {
                None => layer.config.clone(),
                Some(under) => extends::tighten(&under, &layer.config, file, &definitions, &mut errors),
            });
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            config: effective.unwrap_or_default(),
            config_file,
            extended,
            include: globs.include,
            exclude: globs.exclude,
            always_read: globs.always_read,
            in_scope: globs.in_scope,
            systems: globs.systems,
            rulesets: in_force,
            definitions,
            frameworks,
            known_roles,
            authority,
            signers,
            context,
            mappings,
            secret_rules,
            records,
            policies,
            files,
        })
    }

    /// Entries of `enforcement` for policies that ask for less than the rules that these extend do, once it is known
    /// how severe the findings of each policy are.
    ///
    /// # Errors
    /// Each such entry, at its place.
    pub fn check_policies<'a>(
        &self,
        severities: impl Iterator<Item = (&'a str, Severity)>,
    ) -> Result<(), Vec<RuleError>> {
        let Some(file) = &self.config_file else { return Ok(()) };
        let errors = extends::policies(&self.config.enforcement, file, severities);
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// Whether a path is read at all.
    #[must_use]
    pub fn reads(&self, path: &str) -> bool {
        self.always_read.matches(path)
            || (self.include.is_empty() || self.include.matches(path)) && !self.exclude.matches(path)
    }

    /// The system that the configuration names for a path.
    #[must_use]
    pub fn system_of(&self, path: &str) -> Option<&SystemOfPath> {
        self.systems.iter().find(|(globs, _)| globs.matches(path)).map(|(_, system)| system)
    }

    /// The mappings that read a path.
    pub fn mappings_of<'r>(&'r self, path: &'r str) -> impl Iterator<Item = &'r Mapping> {
        self.mappings.iter().filter(move |mapping| mapping.reads(path))
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

/// The paths of every layer.
#[derive(Default)]
struct LayerGlobs {
    include: Globs,
    exclude: Globs,
    always_read: Globs,
    in_scope: Globs,
    systems: Vec<(Globs, SystemOfPath)>,
}

impl LayerGlobs {
    /// Adds those of a layer; `own` says whether it is the repository's.
    fn add(&mut self, layer: &Layer<'_>, own: bool, errors: &mut Vec<RuleError>) {
        let mut read = |list: &[Spanned<String>]| {
            Globs::read(layer.config_file.as_ref(), list).unwrap_or_else(|error| {
                errors.push(error);
                Globs::default()
            })
        };
        let config = &layer.config;
        self.include.extend(&read(&config.include));
        self.exclude.extend(&read(&config.exclude));
        let in_scope = read(&config.in_scope);
        if !own {
            self.always_read.extend(&in_scope);
        }
        self.in_scope.extend(&in_scope);
        for entry in &config.systems {
            let table = entry.table.as_ref();
            let of = SystemOfPath {
                id: entry.id.as_str().into(),
                guardrail: entry.guardrail,
                export: table.and_then(|table| table.format).or_else(|| ExportKind::of_system(&entry.id)),
                dialect: table.map(TableConfig::dialect).unwrap_or_default(),
            };
            self.systems.push((read(&entry.paths), of));
        }
    }
}

/// The keys that may sign records: those of the first layer that lists any.
fn read_signers(
    layers: &[Layer<'_>],
    files: &mut Vec<RuleFile>,
    errors: &mut Vec<RuleError>,
) -> Option<(RuleFile, AllowedSigners)> {
    let mut signers = None;
    for file in layers.iter().filter_map(Layer::signers) {
        files.push(file.clone());
        match AllowedSigners::parse(&file.bytes) {
            Err(error) => errors.push(RuleError::signers(file, error)),
            Ok(_) if signers.is_some() => errors.push(
                file.error(None, "whose keys count is said by the rules that these extend")
                    .with_help("remove this list, or have a key added there"),
            ),
            Ok(read) => signers = Some((file.clone(), read)),
        }
    }
    signers
}

/// Names in the configuration that must mean something.
fn check_config(file: &RuleFile, config: &Config, definitions: &Definitions, errors: &mut Vec<RuleError>) {
    config.gate.check(file, errors);
    grants::check_trusted(&config.trusted_accounts, file, errors);
    for table in config.systems.iter().filter_map(|entry| entry.table.as_ref()) {
        table.check(file, config.evidence.pseudonyms, errors);
    }
    config.evidence.retention.check(file, errors);
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

/// What is wrong with a file of rulesets by itself.
#[must_use]
pub fn misread(file: &RuleFile) -> Vec<RuleError> {
    let (mut read, mut errors) = (Vec::<Ruleset>::new(), Vec::new());
    collect(file, &mut read, &mut errors);
    errors
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
