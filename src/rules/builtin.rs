//! The knowledge that ships with the binary.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, OnceLock};

use serde::de::DeserializeOwned;

use super::brought_along::List;
use super::collect;
use super::error::{RuleError, RuleFile};
use super::framework::Framework;
use super::known_roles::KnownRoles;
use super::ruleset::Ruleset;

macro_rules! embed {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/", $path)))),*]
    };
}

/// Every embedded YAML file by its path under `policies/`. A test holds this list against the folder.
pub(super) static FILES: &[(&str, &str)] = embed![
    "abilities.yaml",
    "alternatives.yaml",
    "comes-with.yaml",
    "examples/credential.yaml",
    "examples/grant.yaml",
    "examples/identity.yaml",
    "examples/record.yaml",
    "examples/review.yaml",
    "examples/scope.yaml",
    "examples/secret.yaml",
    "examples/sod.yaml",
    "forge-events.yaml",
    "frameworks/cobit-2019.yaml",
    "frameworks/iso-27001-2022.yaml",
    "frameworks/nist-800-53r5.yaml",
    "frameworks/nist-csf-2.0.yaml",
    "frameworks/owasp-nhi-2025.yaml",
    "frameworks/pci-dss-4.0.yaml",
    "frameworks/soc2-tsc-2017.yaml",
    "remediation.yaml",
    "retention.yaml",
    "roles/argocd.yaml",
    "roles/aws.yaml",
    "roles/azure.yaml",
    "roles/countersign.yaml",
    "roles/entra.yaml",
    "roles/gcp.yaml",
    "roles/keycloak.yaml",
    "roles/kubernetes.yaml",
    "roles/postgres.yaml",
    "roles/sap.yaml",
    "roles/snowflake.yaml",
    "roles/vault.yaml",
    "rulesets/assets.yaml",
    "rulesets/escalations-aws.yaml",
    "rulesets/escalations-azure.yaml",
    "rulesets/escalations-gcp.yaml",
    "rulesets/escalations-github.yaml",
    "rulesets/escalations-kubernetes.yaml",
    "rulesets/escalations-others.yaml",
    "rulesets/h2r.yaml",
    "rulesets/inventory.yaml",
    "rulesets/it.yaml",
    "rulesets/o2c.yaml",
    "rulesets/p2p.yaml",
    "rulesets/privileged.yaml",
    "rulesets/r2r.yaml",
    "rulesets/sets.yaml",
    "rulesets/treasury.yaml",
    "rulesets/wildcards.yaml",
    "secrets/tokens.yaml",
];

/// The embedded files by their paths under `policies/`. Their bytes are shared by all who keep them.
static SHARED: LazyLock<Vec<(&'static str, RuleFile)>> = LazyLock::new(|| {
    let file =
        |(path, text): &(&'static str, &str)| (*path, RuleFile::new(format!("built-in/{path}"), text.as_bytes()));
    FILES.iter().map(file).collect()
});

/// The embedded files under a folder of `policies/`, or the one of that name.
pub(super) fn files(folder: &str) -> impl Iterator<Item = &'static RuleFile> {
    SHARED.iter().filter(move |(path, _)| path.starts_with(folder)).map(|(_, file)| file)
}

/// What the embedded files say. They are the same in every run, so that a process reads them once.
pub(super) static READ: LazyLock<Read> = LazyLock::new(|| {
    let mut errors = Vec::new();
    let rulesets = under("rulesets/", &mut errors).into_iter().map(|(file, ruleset)| (file, Arc::new(ruleset)));
    let rulesets = rulesets.collect();
    let frameworks: Vec<(RuleFile, Framework)> = under("frameworks/", &mut errors);
    for (file, own) in &frameworks {
        own.check(file, &mut errors);
    }
    Read { rulesets, frameworks, errors }
});

/// The lists of roles that types of systems bring along, by type, each read when it is first asked for. A file is called
/// what its type of system is.
static KNOWN_ROLES: LazyLock<BTreeMap<&'static str, Unread>> = LazyLock::new(|| {
    let kind = |path: &'static str| path.strip_prefix("roles/")?.strip_suffix(".yaml");
    let unread =
        |(path, file): &'static (&'static str, RuleFile)| Some((kind(path)?, Unread { file, list: OnceLock::new() }));
    SHARED.iter().filter_map(unread).collect()
});

/// A list that is read when it is first asked for.
struct Unread {
    file: &'static RuleFile,
    list: OnceLock<Option<List>>,
}

/// The roles that systems of a type bring along.
pub(super) fn known_roles(kind: &str) -> Option<&'static List> {
    let Unread { file, list } = KNOWN_ROLES.get(kind)?;
    list.get_or_init(|| {
        let (mut found, mut errors) = (Vec::<KnownRoles>::new(), Vec::new());
        collect(file, &mut found, &mut errors);
        found.pop().map(List::new)
    })
    .as_ref()
}

/// The embedded files, read.
pub(super) struct Read {
    pub(super) rulesets: Vec<(RuleFile, Arc<Ruleset>)>,
    pub(super) frameworks: Vec<(RuleFile, Framework)>,
    /// None; a test rules them out.
    pub(super) errors: Vec<RuleError>,
}

/// The documents under a folder of `policies/`, each with its file.
fn under<T: DeserializeOwned>(folder: &str, errors: &mut Vec<RuleError>) -> Vec<(RuleFile, T)> {
    let mut all = Vec::new();
    for file in files(folder) {
        let mut found = Vec::new();
        collect(file, &mut found, errors);
        all.extend(found.into_iter().map(|read| (file.clone(), read)));
    }
    all
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_yaml_file_under_policies_is_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
        let mut found = Vec::new();
        for entry in glob::glob(&format!("{}/**/*.yaml", root.display())).unwrap() {
            found.push(entry.unwrap().strip_prefix(&root).unwrap().display().to_string());
        }
        found.sort();
        let listed: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(found, listed);
    }

    #[test]
    fn every_list_of_roles_is_one_document_and_called_as_its_system_is() {
        for (kind, Unread { file, .. }) in KNOWN_ROLES.iter() {
            let (mut found, mut errors) = (Vec::<KnownRoles>::new(), Vec::new());
            collect(file, &mut found, &mut errors);
            assert!(errors.is_empty(), "{errors:?}");
            let systems: Vec<&str> = found.iter().map(|list| list.system.as_str()).collect();
            assert_eq!(systems, [*kind]);
        }
    }
}
