//! The policies of one run: built-in ones, the repository's own, and those of `--policy`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, OnceLock};

use super::conftest::Conftest;
use super::engine::Engine;
use super::metadata::{Metadata, Scope};
use super::outside::Outside;
use super::{lint, metadata};
use crate::rules::{RuleError, RuleFile, Severity};

macro_rules! embed {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/", $path)))),*]
    };
}

/// Every built-in policy by its path under `policies/`. A test holds this list against the folder.
pub static BUILT_IN: &[(&str, &str)] = embed![
    "coverage/context.rego",
    "coverage/not_evaluated.rego",
    "credential/literal.rego",
    "credential/long_lived.rego",
    "credential/passwords.rego",
    "credential/rotation.rego",
    "credential/shared.rego",
    "credential/static_key_in_pipeline.rego",
    "gate/changed_rules.rego",
    "gate/overdue_emergency.rego",
    "grant/escalation.rego",
    "grant/privileged_duty.rego",
    "grant/removed_guard.rego",
    "grant/unbounded_grant.rego",
    "grant/wide_trust.rego",
    "grant/wildcard.rego",
    "identity/agent_approval.rego",
    "identity/leaver_access.rego",
    "identity/mover_access.rego",
    "identity/ownership.rego",
    "identity/service_end.rego",
    "identity/service_lifecycle.rego",
    "identity/service_outside.rego",
    "identity/service_owner.rego",
    "identity/service_purpose.rego",
    "identity/shared_account.rego",
    "identity/unlinked_account.rego",
    "record/compensating_control.rego",
    "record/responsible.rego",
    "review/altered.rego",
    "review/incomplete.rego",
    "review/independence.rego",
    "review/late.rego",
    "review/not_removed.rego",
    "review/stale.rego",
    "review/unexplained.rego",
    "scope/special_system.rego",
    "scope/unmapped_system.rego",
    "secret/likely.rego",
    "secret/long_lived.rego",
    "secret/not_searched.rego",
    "secret/refuted.rego",
    "sod/indirect_conflict.rego",
    "sod/principal_conflict.rego",
    "sod/role_conflict.rego",
];

/// What policies may call beside builtins: `data.countersign.lib`.
pub(crate) static LIBRARY: (&str, &str) =
    ("lib/lib.rego", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/lib/lib.rego")));

/// A policy that is ready to be asked.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its id.
    pub id: String,
    /// What its metadata says.
    pub metadata: Metadata,
    /// The rule that gives its findings.
    pub rule: String,
    /// Its file.
    pub file: RuleFile,
    /// Whether it ships with the binary.
    pub built_in: bool,
    /// Whether it is asked in this process. One that nobody has accepted yet is not: see [`Outside`].
    pub accepted: bool,
}

/// The policies of one run, by id.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// The policies, in the order of their ids.
    pub policies: Vec<Policy>,
    /// The engine that has them loaded.
    engine: Engine,
    /// The same, ready to be asked.
    ready: OnceLock<Engine>,
    /// The answers of those that are not accepted.
    pub outside: Arc<Outside>,
    /// Policies of Conftest beside them.
    pub conftest: Option<Arc<Conftest>>,
}

impl Bundle {
    /// Loads the built-in policies and the given ones.
    ///
    /// # Errors
    /// Every problem of every policy: no metadata, a refused builtin, an id or package that is taken, not Rego.
    pub fn load(own: &[RuleFile], data: serde_json::Value) -> Result<Self, Vec<RuleError>> {
        Self::load_accepted(own, &|_| true, data)
    }

    /// Loads the built-in policies and those of the given ones that are accepted. Of the others only the metadata is
    /// read: they are not compiled here.
    ///
    /// # Errors
    /// As [`load`](Self::load), as far as the metadata of what is not accepted can tell.
    pub fn load_accepted(
        own: &[RuleFile],
        accepted: &dyn Fn(&RuleFile) -> bool,
        data: serde_json::Value,
    ) -> Result<Self, Vec<RuleError>> {
        let built_in = &*LOADED;
        let mut engine = built_in.engine.clone().with_data(data);
        let mut errors = built_in.errors.clone();
        let mut policies: BTreeMap<String, Policy> = BTreeMap::new();
        let mut packages: BTreeSet<String> = BTreeSet::new();
        let own = own.iter().map(|file| (file, load_one(&mut engine, file, false, accepted(file))));
        let all =
            built_in.policies.iter().map(|(policy, package)| (&policy.file, Ok((policy.clone(), package.clone()))));
        for (file, loaded) in all.chain(own) {
            match loaded {
                Err(found) => errors.extend(found),
                Ok((policy, package)) => {
                    if let Some(other) = policies.get(&policy.id) {
                        errors.push(
                            file.error(None, format!("the policy id `{}` is taken by {}", policy.id, other.file.path))
                                .with_help("ids are never used twice; choose another one"),
                        );
                    } else if policy.accepted && !packages.insert(package.clone()) {
                        errors.push(file.error(None, format!("the package `{package}` is defined by another policy")));
                    } else {
                        policies.insert(policy.id.clone(), policy);
                    }
                }
            }
        }
        if errors.is_empty() {
            Ok(Self {
                policies: policies.into_values().collect(),
                engine,
                ready: OnceLock::new(),
                outside: Arc::default(),
                conftest: None,
            })
        } else {
            Err(errors)
        }
    }

    /// An engine that has the policies loaded, one for each worker.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.ready.get_or_init(|| self.engine.clone().prepared()).clone()
    }

    /// The bundle with policies of Conftest beside its own.
    #[must_use]
    pub fn with_conftest(self, conftest: Option<Arc<Conftest>>) -> Self {
        Self { conftest, ..self }
    }

    /// Its policies and those of Conftest.
    pub fn all(&self) -> impl Iterator<Item = &Policy> {
        self.policies.iter().chain(self.conftest.iter().flat_map(|conftest| &conftest.policies))
    }

    /// The policies of one scope.
    pub fn of_scope(&self, scope: Scope) -> impl Iterator<Item = &Policy> {
        self.policies.iter().filter(move |policy| policy.metadata.custom.scope == scope)
    }

    /// How severe the findings of each policy are, unless it says otherwise of one.
    pub fn severities(&self) -> impl Iterator<Item = (&str, Severity)> {
        self.all().map(|policy| (policy.id.as_str(), policy.metadata.custom.severity))
    }

    /// A policy by id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Policy> {
        self.policies.iter().find(|policy| policy.id == id)
    }
}

/// The policies that ship with the binary. They are the same in every run, so that a process reads and compiles them once.
static LOADED: LazyLock<BuiltIn> = LazyLock::new(|| {
    let mut built_in = BuiltIn { engine: Engine::empty(), policies: Vec::new(), errors: Vec::new() };
    let (path, text) = LIBRARY;
    let library = RuleFile::new(format!("built-in/{path}"), text.as_bytes());
    built_in.errors.extend(built_in.engine.add(&library, text).err());
    for (path, text) in BUILT_IN {
        let file = RuleFile::new(format!("built-in/{path}"), text.as_bytes());
        match load_one(&mut built_in.engine, &file, true, true) {
            Ok(loaded) => built_in.policies.push(loaded),
            Err(found) => built_in.errors.extend(found),
        }
    }
    built_in
});

/// Policies with their packages, in an engine without data.
struct BuiltIn {
    engine: Engine,
    policies: Vec<(Policy, String)>,
    /// None; a test rules them out.
    errors: Vec<RuleError>,
}

fn load_one(
    engine: &mut Engine,
    file: &RuleFile,
    built_in: bool,
    accepted: bool,
) -> Result<(Policy, String), Vec<RuleError>> {
    let text = std::str::from_utf8(&file.bytes).map_err(|_| vec![file.error(None, "the policy is not UTF-8 text")])?;
    let metadata = metadata::read(file, text).map_err(|error| vec![error])?;
    let problems = if accepted { lint::check(file, text) } else { Vec::new() };
    if !problems.is_empty() {
        return Err(problems);
    }
    let id = metadata.custom.id.clone();
    if !built_in && id.to_ascii_uppercase().starts_with("CS-") {
        return Err(vec![
            file.error(None, format!("the policy id `{id}` begins with `CS-`, which is reserved"))
                .with_help("choose a prefix of your own"),
        ]);
    }
    let scope = metadata.custom.scope.as_str();
    if metadata.custom.input != format!("{scope}/v1") {
        return Err(vec![
            file.error(None, format!("the input `{}` does not fit the scope `{scope}`", metadata.custom.input))
                .with_help(format!("this binary gives `{scope}/v1`")),
        ]);
    }
    if !accepted {
        let policy = Policy { id, metadata, rule: String::new(), file: file.clone(), built_in, accepted };
        return Ok((policy, String::new()));
    }
    let package = engine.add(file, text).map_err(|error| vec![error])?;
    let package = package.strip_prefix("data.").unwrap_or(&package).to_owned();
    if !built_in && (package == "countersign" || package.starts_with("countersign.")) {
        return Err(vec![
            file.error(None, format!("the package `{package}` is Countersign's own"))
                .with_help("choose a package of your own, such as `acme.access.my_policy`"),
        ]);
    }
    let rule = format!("data.{package}.finding");
    Ok((Policy { id, metadata, rule, file: file.clone(), built_in, accepted }, package))
}
