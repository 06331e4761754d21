//! Everything that a judgement follows from, kept so that it can be made again without the repository.
//!
//! Kept are the bytes of every file that had a say: definitions, rules, records, and what decides whether the gate runs;
//! policies and rules that ship with the binary; the forge's answers; the commits of the change. A file in which nothing
//! was a definition is named in the manifest, with its digest, and its bytes are left where they are. Employment facts
//! are never kept: they are given again.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::error::EvidenceError;
use super::manifest::{self, Objects, Pieces};
use super::objects::ReadObjects;
use super::pseudonyms;
use super::record::Run;
use super::redact::{ReadBy, redacted};
use super::secrets::SecretsInput;
use crate::formats::{Class, Reading, terraform};
use crate::gate::{Governing, Secrets};
use crate::keys::CommitSignature;
use crate::policy::conftest::{self, ConftestFiles};
use crate::rules::{ForgeReview, HouseFormat, RuleFile, Rules};
use crate::source::{Author, Commit, Comparison, Objects as SourceObjects, Repository, RulesFrom, SourceFile, Tree};
use crate::store::Digest;

const SCHEMA: &str = "countersign.dev/inputs/v1";
pub(super) const KEPT: &str = "countersign.dev/kept/v1";

/// What the object says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Inputs {
    schema: String,
    /// Whether the rules are the base's. Otherwise nothing was compared.
    rules_from_base: bool,
    head: TreeInput,
    base: Option<TreeInput>,
    /// The target's tip, where the rules are from there and base is an older tree.
    target: Option<TreeInput>,
    /// Commits that rules are extended from.
    extended: Vec<TreeInput>,
    /// The list of the files whose bytes are kept.
    kept: Digest,
    /// The configuration that was given instead of the tree's.
    config: Option<GivenFile>,
    /// Policies that were given beside the tree's.
    policies: Vec<GivenFile>,
    /// Policies of Conftest that were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conftest: Option<ConftestInput>,
    review: Option<GivenFile>,
    commits: Vec<CommitInput>,
    /// What was found in the texts; absent of records from before they were searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secrets: Option<SecretsInput>,
    authors: Vec<Author>,
    uncommitted: Vec<Author>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TreeInput {
    manifest: Digest,
    commit: Option<String>,
    tree: Option<String>,
}

/// A file that was given on the command line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenFile {
    path: String,
    /// The file's bytes.
    sha256: Digest,
    /// The object, where it is not the file as it was: only what decides is kept of a forge's answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kept: Option<Digest>,
}

/// What policies of Conftest were loaded from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConftestInput {
    policies: Vec<GivenFile>,
    /// Data, by the path that its folders and its name make.
    data: BTreeMap<String, GivenFile>,
    namespaces: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommitInput {
    id: String,
    at: i64,
    authors: Vec<Author>,
    paths: Option<Vec<String>>,
    /// Who signed it is found out again. Its message is not kept: it is nobody's evidence and may hold anything.
    signature: Option<CommitSignature>,
}

/// An entry of the list of kept files.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptFile {
    /// The file's bytes, as the manifest has them.
    sha256: Digest,
    /// The object, where it is not the file as it was: secrets are blanked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redacted: Option<Digest>,
}

/// What a judgement was given, or would have been if it had come to one.
pub(super) struct Parts<'a> {
    pub(super) comparison: &'a Comparison,
    pub(super) rules: &'a Rules,
    /// Policies, those that ship with the binary included.
    pub(super) policies: Vec<&'a RuleFile>,
    pub(super) head: &'a Reading,
    pub(super) base: Option<&'a Reading>,
    /// The configuration and the policies that were given beside the tree's.
    pub(super) given: (Option<&'a RuleFile>, Vec<&'a RuleFile>),
    /// Policies of Conftest.
    pub(super) conftest: Option<&'a ConftestFiles>,
    pub(super) review: Option<&'a ForgeReview>,
    /// What was found in the texts.
    pub(super) secrets: &'a Secrets,
}

impl<'a> Parts<'a> {
    /// Of a run that came to a judgement.
    pub(super) fn of(run: &Run<'a>) -> Self {
        let in_tree = |file: &RuleFile| {
            let own = run.comparison.rules_tree().get(&file.path).and_then(|own| own.bytes());
            own.is_some_and(|own| **own == *file.bytes)
        };
        let of_rules: BTreeSet<&str> = run.rules.policies.iter().map(|file| &*file.path).collect();
        let outside = run.bundle.policies.iter().filter(|policy| !policy.built_in).map(|policy| &policy.file);
        Self {
            comparison: run.comparison,
            rules: run.rules,
            policies: run.bundle.policies.iter().map(|policy| &policy.file).collect(),
            head: &run.record.head,
            base: run.record.base.as_ref(),
            given: (
                run.rules.config_file.as_ref().filter(|file| !in_tree(file)),
                outside.filter(|file| !of_rules.contains(&*file.path)).collect(),
            ),
            conftest: run.bundle.conftest.as_ref().map(|conftest| &conftest.given),
            review: run.review,
            secrets: run.secrets,
        }
    }
}

/// Adds what a run was given, and returns the digest of the object that names it.
pub(super) fn add(run: &Parts<'_>, objects: &mut Objects) -> Digest {
    let comparison = run.comparison;
    pseudonyms::add_people(run, objects);
    let mut kept: BTreeMap<Digest, KeptFile> = BTreeMap::new();
    let hidden = hidden(run);
    let mut keep = |file: &SourceFile, read_by: ReadBy, objects: &mut Objects| {
        let (Some(bytes), Some(digest)) = (file.bytes(), file.digest()) else { return };
        let secrets = hidden.get(&digest).map(Vec::as_slice).unwrap_or_default();
        kept.entry(digest).or_insert_with(|| match redacted(bytes, read_by, secrets) {
            Some(blanked) => KeptFile { sha256: digest, redacted: Some(objects.add_bytes(&blanked.into())) },
            None => {
                objects.add_bytes(bytes);
                KeptFile { sha256: digest, redacted: None }
            }
        });
    };
    let governing = Governing::of(comparison, run.rules);
    let mut of = |tree: &Tree, reading: Option<&Reading>, whole: bool, objects: &mut Objects| -> TreeInput {
        let refused: BTreeSet<&str> =
            reading.iter().flat_map(|reading| &reading.not_lowered).map(|found| &*found.file).collect();
        for (number, file) in tree.files.iter().enumerate() {
            let class = reading.and_then(|reading| reading.classes.get(number));
            let counts = matches!(class, Some(Class::Definition | Class::NotEvaluated | Class::Rule));
            let own = whole || governing.includes(&file.path) || matches!(class, Some(Class::Rule));
            let asked = run.conftest.is_some() && conftest::reads(&file.path);
            if own || counts || asked || refused.contains(&*file.path) {
                // Neither of the two is read by the parsers of JSON and YAML, and every row of it may count.
                let rows = |format| matches!(format, Some(HouseFormat::Csv | HouseFormat::Toml));
                let mapped = || run.rules.mappings_of(&file.path).any(|own| rows(own.format_of(&file.path)));
                let table = || mapped() || reading.is_some_and(|reading| reading.is_table(&file.path));
                let configures = || {
                    let formats = reading.and_then(|reading| reading.formats.get(&file.path));
                    formats.is_some_and(|formats| formats.contains(terraform::FORMAT.name))
                        || file.path.ends_with(".hcl")
                        || terraform::is_module_file(&file.path)
                };
                let read_by = match own {
                    true => ReadBy::ItsOwn,
                    false if table() => ReadBy::Rows,
                    false if file.path.ends_with(".sql") => ReadBy::Script,
                    false if configures() => ReadBy::Configuration,
                    false => ReadBy::Syntax,
                };
                keep(file, read_by, objects);
            }
        }
        let manifest = manifest::of_tree(tree, reading, objects);
        TreeInput { manifest, commit: tree.commit.clone(), tree: tree.tree.clone() }
    };
    let head = of(&comparison.head, Some(run.head), false, objects);
    let base = comparison.base.as_ref().map(|tree| of(tree, run.base, false, objects));
    let target = comparison.rules_tree.as_ref().map(|tree| of(tree, None, false, objects));
    let extended = extended(comparison, &governing).iter().map(|tree| of(tree, None, true, objects)).collect();
    let entries = kept.into_values().map(|file| (file.sha256.to_string(), json!(file))).collect();
    let kept = objects.add_list(KEPT, entries, Pieces::SMALL_ENTRIES);
    // What ships with the binary, so that other engines find it too.
    let (config, policies) = &run.given;
    for file in run.rules.files.iter().chain(run.policies.iter().copied()).chain(*config) {
        objects.add_bytes(&file.bytes);
    }
    let given =
        |file: &RuleFile| GivenFile { path: file.path.to_string(), sha256: Digest::of(&file.bytes), kept: None };
    let conftest = run.conftest.map(|own| ConftestInput {
        policies: own.policies.iter().map(given).collect(),
        data: own.data.iter().map(|(at, file)| (at.clone(), given(file))).collect(),
        namespaces: own.namespaces.clone(),
    });
    for file in run.conftest.iter().flat_map(|own| own.policies.iter().chain(own.data.iter().map(|(_, file)| file))) {
        objects.add_bytes(&file.bytes);
    }
    let review = run.review.map(|review| GivenFile {
        path: review.file.path.to_string(),
        sha256: review.digest,
        kept: Some(objects.add_bytes(&review.file.bytes)),
    });
    let inputs = Inputs {
        schema: SCHEMA.to_owned(),
        rules_from_base: comparison.rules == RulesFrom::Base,
        head,
        base,
        target,
        extended,
        kept,
        config: config.map(given),
        policies: policies.iter().map(|file| given(file)).collect(),
        conftest,
        review,
        commits: comparison.commits.iter().map(commit_input).collect(),
        secrets: Some(SecretsInput::of(run.secrets, objects)),
        authors: comparison.authors.clone(),
        uncommitted: comparison.uncommitted.clone(),
    };
    objects.add(&inputs)
}

/// Where secrets stand, by the digests of the files: two files with the same bytes are kept once.
fn hidden(run: &Parts<'_>) -> BTreeMap<Digest, Vec<Range<usize>>> {
    let comparison = run.comparison;
    let trees = [
        (Some(&comparison.head), &run.secrets.head),
        (comparison.base.as_ref(), &run.secrets.base),
        (comparison.rules_tree.as_deref(), &run.secrets.target),
    ];
    let mut all: BTreeMap<Digest, Vec<Range<usize>>> = BTreeMap::new();
    for (tree, searched) in trees {
        for (path, found) in &searched.files {
            let Some(digest) = tree.and_then(|tree| tree.get(path)).and_then(SourceFile::digest) else { continue };
            all.entry(digest).or_default().extend(found.hidden());
        }
    }
    all
}

/// The files of the commits that rules are extended from, by the target or by the change.
fn extended(comparison: &Comparison, governing: &Governing<'_>) -> Vec<Tree> {
    let Some(repository) = &comparison.repository else { return Vec::new() };
    let mut trees: BTreeMap<&str, Tree> = BTreeMap::new();
    for (commit, folder) in governing.extended_commits() {
        // What cannot be read was an error of the rules, and is one again.
        let Ok(Some(found)) = repository.objects.files(commit, folder) else { continue };
        let tree = trees.entry(commit).or_insert_with(|| Tree { files: Vec::new(), ..found.clone() });
        tree.files.extend(found.files);
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        tree.files.dedup_by(|a, b| a.path == b.path);
    }
    trees.into_values().collect()
}

fn commit_input(commit: &Commit) -> CommitInput {
    CommitInput {
        id: commit.id.clone(),
        at: commit.at,
        authors: commit.authors.clone(),
        paths: commit.paths.as_ref().map(|paths| paths.iter().map(ToString::to_string).collect()),
        signature: commit.signature.clone(),
    }
}

/// What the object of a run's inputs names.
pub(super) struct Named {
    pub(super) manifests: Vec<Digest>,
    /// The list of kept files.
    pub(super) kept: Digest,
    pub(super) objects: Vec<Digest>,
    /// The lists of what was found in texts.
    pub(super) secrets: Vec<Digest>,
}

/// What the object of a run's inputs names.
///
/// # Errors
/// [`EvidenceError`] when it is missing, damaged or something else.
pub(super) fn named(digest: Digest, objects: &dyn ReadObjects) -> Result<Named, EvidenceError> {
    let inputs: Inputs = objects.json(digest)?;
    let trees = [Some(&inputs.head), inputs.base.as_ref(), inputs.target.as_ref()].into_iter().flatten();
    let conftest = inputs.conftest.iter().flat_map(|own| own.policies.iter().chain(own.data.values()));
    let files = inputs.config.iter().chain(&inputs.policies).chain(&inputs.review).chain(conftest);
    Ok(Named {
        manifests: trees.chain(&inputs.extended).map(|tree| tree.manifest).collect(),
        kept: inputs.kept,
        objects: files.map(|file| file.kept.unwrap_or(file.sha256)).collect(),
        secrets: inputs.secrets.iter().flat_map(SecretsInput::lists).collect(),
    })
}

/// What a run was given, read back.
pub(super) struct Given {
    pub(super) comparison: Comparison,
    pub(super) config: Option<RuleFile>,
    pub(super) policies: Vec<RuleFile>,
    pub(super) conftest: Option<ConftestFiles>,
    pub(super) review: Option<ForgeReview>,
    pub(super) secrets: Secrets,
}

/// Reads what a run was given.
///
/// # Errors
/// [`EvidenceError`] when an object is missing, damaged or not what it should be.
pub(super) fn read(digest: Digest, objects: &dyn ReadObjects) -> Result<Given, EvidenceError> {
    let inputs: Inputs = objects.json(digest)?;
    if inputs.schema != SCHEMA {
        let why = format!("it is of {}, and this binary reads {SCHEMA}", inputs.schema);
        return Err(EvidenceError::malformed(digest, &why));
    }
    let mut kept: BTreeMap<Digest, (Arc<[u8]>, Digest)> = BTreeMap::new();
    for entry in manifest::list(inputs.kept, KEPT, objects)? {
        let file: KeptFile =
            serde_json::from_value(entry).map_err(|error| EvidenceError::malformed(inputs.kept, &error.to_string()))?;
        let bytes = objects.object(&file.redacted.unwrap_or(file.sha256))?;
        // Where people are pseudonyms, the file is known by what is kept of it, and was itself another one.
        let digest = if file.redacted.is_some() { file.sha256 } else { Digest::of(&bytes) };
        kept.insert(file.sha256, (bytes.into(), digest));
    }
    let tree = |input: &TreeInput| -> Result<Tree, EvidenceError> {
        let files = manifest::files(input.manifest, objects, &|digest| kept.get(&digest).cloned())?;
        Ok(Tree { files, commit: input.commit.clone(), tree: input.tree.clone() })
    };
    let file = |given: &GivenFile| -> Result<RuleFile, EvidenceError> {
        let bytes = objects.object(&given.kept.unwrap_or(given.sha256))?.into();
        Ok(RuleFile { path: given.path.as_str().into(), bytes })
    };
    let review = |given: &GivenFile| -> Result<ForgeReview, EvidenceError> {
        let read = ForgeReview::read(&file(given)?);
        let mut review = read.map_err(|error| EvidenceError::malformed(given.sha256, &error.to_string()))?;
        review.digest = given.sha256;
        Ok(review)
    };
    let commit = |input: CommitInput| Commit {
        id: input.id,
        at: input.at,
        authors: input.authors,
        paths: input.paths.map(|paths| paths.iter().map(|path| path.as_str().into()).collect()),
        signature: input.signature,
    };
    let extended = inputs.extended.iter().map(|input| Ok((input.commit.clone().unwrap_or_default(), tree(input)?)));
    let extended: BTreeMap<String, Tree> = extended.collect::<Result<_, EvidenceError>>()?;
    let repository =
        Repository { git_common_dir: PathBuf::new(), remote_url: None, objects: SourceObjects::kept(extended) };
    Ok(Given {
        comparison: Comparison {
            root: PathBuf::new(),
            head: tree(&inputs.head)?,
            base: inputs.base.as_ref().map(tree).transpose()?,
            rules: if inputs.rules_from_base { RulesFrom::Base } else { RulesFrom::Head },
            rules_tree: inputs.target.as_ref().map(tree).transpose()?.map(Arc::new),
            merge: None,
            commits: inputs.commits.into_iter().map(commit).collect(),
            authors: inputs.authors,
            uncommitted: inputs.uncommitted,
            repository: Some(repository),
            head_label: "head".to_owned(),
            base_label: Some("base".to_owned()),
        },
        config: inputs.config.as_ref().map(file).transpose()?,
        policies: inputs.policies.iter().map(file).collect::<Result<_, _>>()?,
        conftest: inputs
            .conftest
            .as_ref()
            .map(|own| -> Result<ConftestFiles, EvidenceError> {
                Ok(ConftestFiles {
                    policies: own.policies.iter().map(file).collect::<Result<_, _>>()?,
                    data: own
                        .data
                        .iter()
                        .map(|(at, own)| Ok((at.clone(), file(own)?)))
                        .collect::<Result<_, EvidenceError>>()?,
                    namespaces: own.namespaces.clone(),
                })
            })
            .transpose()?,
        review: inputs.review.as_ref().map(review).transpose()?,
        secrets: inputs.secrets.as_ref().map(|own| own.read(objects)).transpose()?.unwrap_or_default(),
    })
}
