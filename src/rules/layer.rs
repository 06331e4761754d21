//! What one folder says: the root of a repository, or a folder with an organisation's rules.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::config::Config;
use super::error::{RuleError, RuleFile};
use super::ruleset::Ruleset;
use super::{
    CONFIG_FILE, KNOWN_ROLES, MAPPINGS, POLICIES, RULESETS, RulesetInForce, SIGNERS, builtin, collect, is_rego, is_yaml,
};
use crate::store::Digest;
use crate::syntax::{Spanned, nearest};

/// One folder of rules.
pub(super) struct Layer<'a> {
    /// What the paths of its files begin with: nothing at the root of a repository.
    prefix: String,
    /// Every file of it, and perhaps others.
    files: Cow<'a, [RuleFile]>,
    pub(super) config_file: Option<RuleFile>,
    pub(super) config: Config,
}

impl<'a> Layer<'a> {
    /// Reads the configuration; `config` replaces the one that is there.
    pub(super) fn read(
        prefix: String,
        files: Cow<'a, [RuleFile]>,
        config: Option<RuleFile>,
        errors: &mut Vec<RuleError>,
    ) -> Self {
        let path = format!("{prefix}{CONFIG_FILE}");
        let config_file = config.or_else(|| files.iter().find(|file| *file.path == *path).cloned());
        let config: Config = match &config_file {
            None => Config::default(),
            Some(file) => Config::read(file).unwrap_or_else(|error| {
                errors.push(error);
                Config::default()
            }),
        };
        if let (Some(file), Some(version)) = (&config_file, &config.version)
            && version.value != 1
        {
            errors.push(
                file.error(version.span, format!("version {} of the configuration is not known", version.value))
                    .with_help("this binary reads version 1"),
            );
        }
        Self { prefix, files, config_file, config }
    }

    /// Its files, each with its path from this folder.
    pub(super) fn own(&self) -> impl Iterator<Item = (&str, &RuleFile)> {
        self.files.iter().filter_map(|file| Some((file.path.strip_prefix(self.prefix.as_str())?, file)))
    }

    /// The file at a path from this folder.
    fn at(&self, path: &str) -> Option<&RuleFile> {
        self.own().find(|(own, _)| *own == path).map(|(_, file)| file)
    }

    /// The keys that may sign records.
    pub(super) fn signers(&self) -> Option<&RuleFile> {
        self.at(SIGNERS)
    }

    /// The Rego files, tests left out.
    pub(super) fn policies(&self) -> impl Iterator<Item = &RuleFile> {
        let mut folders: BTreeSet<String> = BTreeSet::from([POLICIES.to_owned()]);
        folders.extend(self.config.policies.iter().map(|folder| format!("{}/", folder.trim_end_matches('/'))));
        let among = move |path: &str| is_rego(path) && folders.iter().any(|folder| path.starts_with(folder.as_str()));
        self.own().filter(move |(path, _)| among(path)).map(|(_, file)| file)
    }

    /// The lists of roles that systems bring along.
    pub(super) fn known_roles(&self) -> impl Iterator<Item = &RuleFile> {
        let mut folders: BTreeSet<String> = BTreeSet::from([KNOWN_ROLES.to_owned()]);
        folders.extend(self.config.known_roles.iter().map(|folder| format!("{}/", folder.trim_end_matches('/'))));
        let among = move |path: &str| is_yaml(path) && folders.iter().any(|folder| path.starts_with(folder.as_str()));
        self.own().filter(move |(path, _)| among(path)).map(|(_, file)| file)
    }

    /// The files of mappings.
    pub(super) fn mappings(&self) -> impl Iterator<Item = &RuleFile> {
        self.own().filter(|(path, _)| path.starts_with(MAPPINGS) && is_yaml(path)).map(|(_, file)| file)
    }

    /// The files of rules for secrets, in the order in which the configuration lists them.
    pub(super) fn secret_rules(&self, errors: &mut Vec<RuleError>) -> Vec<&RuleFile> {
        self.listed(&self.config.secrets.rules, "file of rules for secrets", errors)
    }

    /// The files that the configuration lists; what is not there is an error.
    fn listed<'p>(
        &self,
        paths: impl IntoIterator<Item = &'p Spanned<String>>,
        what: &str,
        errors: &mut Vec<RuleError>,
    ) -> Vec<&RuleFile> {
        let mut found = Vec::new();
        for path in paths {
            match (self.at(path.value.as_str()), &self.config_file) {
                (Some(file), _) => found.push(file),
                (None, Some(config)) => errors.push(
                    config
                        .error(path.span, format!("the {what} `{}` does not exist", path.value))
                        .with_help("the path counts from the folder of the configuration, the root of a repository"),
                ),
                (None, None) => {}
            }
        }
        found
    }

    /// The ruleset files: those in their folder, then those that the configuration lists.
    fn rulesets(&self, errors: &mut Vec<RuleError>) -> Vec<&RuleFile> {
        let entries = || self.config.rulesets.iter().filter_map(|entry| entry.path.as_ref());
        let listed: BTreeSet<&str> = entries().map(|path| path.as_str()).collect();
        let unlisted = |path: &str| path.starts_with(RULESETS) && is_yaml(path) && !listed.contains(path);
        let mut found: Vec<&RuleFile> = self.own().filter(|(path, _)| unlisted(path)).map(|(_, file)| file).collect();
        found.extend(self.listed(entries(), "ruleset file", errors));
        found
    }

    /// The digest over its rule files: `PATH`, a zero byte, the SHA-256 of the bytes and a line break for each, in the
    /// order of the paths. `None` when it has none.
    pub(super) fn digest(&self) -> Option<Digest> {
        // What is listed and not there is said when the rules are read.
        let rulesets = self.rulesets(&mut Vec::new());
        let files = self.config_file.iter().chain(rulesets).chain(self.policies()).chain(self.mappings());
        let secret_rules = self.secret_rules(&mut Vec::new());
        let files = files.chain(self.known_roles()).chain(self.signers()).chain(secret_rules);
        let by_path: BTreeMap<&str, Digest> = files
            .map(|file| (file.path.strip_prefix(self.prefix.as_str()).unwrap_or(&file.path), Digest::of(&file.bytes)))
            .collect();
        let text: String = by_path.iter().map(|(path, digest)| format!("{path}\0{digest}\n")).collect();
        (!by_path.is_empty()).then(|| Digest::of(text.as_bytes()))
    }
}

/// Rulesets with their files, in the order in which they are laid over each other.
pub(super) struct Loaded {
    pub(super) rulesets: Vec<(RuleFile, Arc<Ruleset>)>,
    pub(super) in_force: Vec<RulesetInForce>,
    /// How many of them there are before each layer, and after the last.
    pub(super) bounds: Vec<usize>,
}

/// Reads the built-in rulesets and those of every layer. The first layer that adopts a ruleset says who does.
pub(super) fn load_rulesets(layers: &[Layer<'_>], errors: &mut Vec<RuleError>) -> Loaded {
    let mut rulesets: Vec<(RuleFile, Arc<Ruleset>)> = Vec::new();
    let load = |file: &RuleFile, rulesets: &mut Vec<(RuleFile, Arc<Ruleset>)>, errors: &mut Vec<RuleError>| {
        let mut found = Vec::new();
        collect(file, &mut found, errors);
        rulesets.extend(found.into_iter().map(|ruleset| (file.clone(), Arc::new(ruleset))));
    };
    rulesets.extend(builtin::READ.rulesets.iter().cloned());
    let mut bounds = vec![rulesets.len()];
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    for layer in layers {
        for file in layer.rulesets(errors) {
            load(file, &mut rulesets, errors);
        }
        bounds.push(rulesets.len());
        let own = adopted(layer, &rulesets, &owners, errors);
        owners.extend(own);
    }
    let built_in = bounds.first().copied().unwrap_or_default();
    let in_force = rulesets
        .iter()
        .enumerate()
        .map(|(number, (file, ruleset))| RulesetInForce {
            id: ruleset.metadata.id.as_str().into(),
            version: ruleset.metadata.version.clone(),
            title: ruleset.metadata.title.clone(),
            owner: owners.get(ruleset.metadata.id.as_str()).cloned(),
            file: file.clone(),
            built_in: number < built_in,
        })
        .collect();
    Loaded { rulesets, in_force, bounds }
}

/// Who adopts which ruleset by a layer's configuration, beside those that are adopted already.
fn adopted(
    layer: &Layer<'_>,
    rulesets: &[(RuleFile, Arc<Ruleset>)],
    before: &BTreeMap<String, String>,
    errors: &mut Vec<RuleError>,
) -> BTreeMap<String, String> {
    let mut owners = BTreeMap::new();
    let Some(config_file) = &layer.config_file else { return owners };
    for entry in &layer.config.rulesets {
        let of_path = |path: &str| {
            let file = layer.at(path)?;
            rulesets.iter().find(|(own, _)| own.path == file.path).map(|(_, ruleset)| ruleset.metadata.id.clone())
        };
        let id = match (&entry.id, &entry.path) {
            (Some(id), _) => id.clone(),
            (None, Some(path)) => match of_path(path) {
                Some(id) => id,
                None => continue,
            },
            (None, None) => {
                errors.push(config_file.error(None, "an entry of `rulesets` has neither `id` nor `path`"));
                continue;
            }
        };
        if !rulesets.iter().any(|(_, ruleset)| ruleset.metadata.id.value == id.value) {
            let known: Vec<&str> = rulesets.iter().map(|(_, ruleset)| ruleset.metadata.id.as_str()).collect();
            let help = nearest(&id, known.iter().copied())
                .map_or_else(|| format!("known: {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
            errors.push(config_file.error(id.span, format!("there is no ruleset `{}`", id.value)).with_help(help));
        } else if let Some(owner) = &entry.owner {
            match before.get(&id.value) {
                Some(known) if *known != owner.value => errors.push(
                    config_file
                        .error(
                            owner.span,
                            format!("`{}` is adopted by {known} in the rules that these extend", id.value),
                        )
                        .with_help("leave `owner` out: who adopts a ruleset there stands"),
                ),
                Some(_) => {}
                None => {
                    owners.insert(id.value, owner.value.clone());
                }
            }
        }
    }
    owners
}
