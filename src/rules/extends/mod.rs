//! Organisation rules: folders of rules that a repository names under `extends`, and may only tighten.
//!
//! A folder stands in the repository itself, or in a commit whose objects are in the repository's database; each is
//! pinned by a digest over its rule files. It holds what the root of a repository may hold, without what is a
//! repository's own: records, `gate`, `evidence`, `include`, `exclude` and `extends`. Nothing is ever fetched.
//!
//! Of several folders the earlier bind the later, and all of them bind the repository. What that means for each key is
//! in [`config`] and [`enforcement`], for duties and conflicts in [`definitions`], for who may approve in [`authority`].

mod authority;
mod config;
mod definitions;
mod enforcement;
mod place;

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Deserialize;

pub(super) use config::tighten;
pub(super) use definitions::hold;
pub(super) use enforcement::policies;

use super::config::Config;
use super::error::{RuleError, RuleFile};
use super::layer::Layer;
use super::{first_document, is_record_path};
use crate::source::{Repository, SourceError};
use crate::store::Digest;
use crate::syntax::{Span, Spanned};

/// Rules of an organisation: a folder of this repository, or of a commit whose objects this repository has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendsEntry {
    /// The folder that holds them, from the root of this repository, or else of `commit`.
    #[serde(default)]
    pub folder: Option<Spanned<String>>,
    /// The whole id of a commit. It is read from the objects of this repository and never fetched.
    #[serde(default)]
    pub commit: Option<Spanned<String>>,
    /// Where the commit is fetched from: `git fetch --depth=1 FROM COMMIT`.
    #[serde(default)]
    pub from: Option<Spanned<String>>,
    /// The SHA-256 over their rule files. Where it lacks or differs the error says which one was found.
    #[schemars(required)]
    pub digest: Option<Spanned<String>>,
}

/// Rules of an organisation, as they were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extended {
    /// Where they come from, for people: a folder, or an address with the folder in it. It stays when a later commit is
    /// pinned.
    pub source: String,
    /// The commit, if they are a commit's.
    pub commit: Option<String>,
    /// The digest over their rule files.
    pub digest: Digest,
    /// Their configuration, if there is one.
    pub config_file: Option<RuleFile>,
}

impl Config {
    /// Whether a path is in a folder of this repository whose rules it extends.
    #[must_use]
    pub fn is_extended(&self, path: &str) -> bool {
        let own = self.extends.iter().filter(|entry| entry.value.commit.is_none());
        own.filter_map(|entry| entry.value.folder.as_ref())
            .any(|folder| path.strip_prefix(trimmed(folder)).is_some_and(|rest| rest.starts_with('/')))
    }
}

impl Config {
    /// The commits whose rules it extends, each with the folder in it, as they are written.
    pub fn extended_commits(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.extends.iter().filter_map(|entry| {
            let commit = entry.value.commit.as_ref()?;
            Some((commit.as_str(), entry.value.folder.as_ref().map(|folder| trimmed(folder))))
        })
    }
}

/// Finds the rules that a repository extends, in the order in which they bind.
pub(super) fn find<'a>(
    own: &Layer<'a>,
    files: &'a [RuleFile],
    repository: Option<&Repository>,
    errors: &mut Vec<RuleError>,
) -> Vec<(Extended, Layer<'a>)> {
    let mut found = Vec::new();
    let Some(file) = &own.config_file else { return found };
    for entry in &own.config.extends {
        match Entry::read(file, entry).and_then(|entry| entry.open(files, repository, errors)) {
            Ok(one) => found.push(one),
            Err(error) => errors.push(error),
        }
    }
    found
}

/// An entry whose words were checked.
struct Entry<'a> {
    file: &'a RuleFile,
    at: Span,
    folder: Option<&'a str>,
    commit: Option<(&'a Spanned<String>, &'a str)>,
    digest: Option<&'a Spanned<String>>,
}

impl<'a> Entry<'a> {
    fn read(file: &'a RuleFile, entry: &'a Spanned<ExtendsEntry>) -> Result<Self, RuleError> {
        let ExtendsEntry { folder, commit, from, digest } = &entry.value;
        if let Some(folder) = folder
            && !is_folder(trimmed(folder))
        {
            return Err(file
                .error(folder.span, format!("`{}` is not a folder below the root", folder.value))
                .with_help("write it without `..` and without a leading `/`, as in `org-rules`"));
        }
        if let Some(digest) = digest
            && let Err(error) = Digest::parse(digest)
        {
            return Err(file.error(digest.span, format!("`{}` is not a digest: {error}", digest.value)));
        }
        let commit = match (commit, from) {
            (None, None) if folder.is_none() => {
                return Err(file
                    .error(entry.span, "an entry of `extends` has neither `folder` nor `commit`")
                    .with_help("name a folder of this repository, or a commit and where it is fetched `from`"));
            }
            (None, None) => None,
            (None, Some(from)) => {
                return Err(file
                    .error(from.span, "`from` says where a commit is fetched from, and there is no `commit`")
                    .with_help(format!("`git ls-remote {}` lists commits", shown(from))));
            }
            (Some(commit), None) => {
                return Err(file
                    .error(commit.span, "it is not said where this commit is fetched `from`")
                    .with_help("add `from:` with the address of its repository"));
            }
            (Some(commit), Some(from)) => {
                if !is_address(from) {
                    return Err(file
                        .error(from.span, format!("`{}` is not the address of a repository", from.value))
                        .with_help(
                            "write it as `https://HOST/PATH`, `ssh://USER@HOST/PATH` or `USER@HOST:PATH`, without a \
                             password",
                        ));
                }
                if !is_id(commit) {
                    return Err(file
                        .error(commit.span, format!("`{}` is not a whole commit id", commit.value))
                        .with_help(format!("`git ls-remote {}` lists whole ids", from.value)));
                }
                Some((commit, from.as_str()))
            }
        };
        let folder = folder.as_ref().map(|folder| trimmed(folder));
        Ok(Self { file, at: entry.span, folder, commit, digest: digest.as_ref() })
    }

    /// Where the rules come from, for people.
    fn source(&self) -> String {
        match (self.commit, self.folder) {
            (Some((_, from)), Some(folder)) => format!("{from} ({folder})"),
            (Some((_, from)), None) => from.to_owned(),
            (None, folder) => folder.unwrap_or_default().to_owned(),
        }
    }

    fn open<'f>(
        &self,
        files: &'f [RuleFile],
        repository: Option<&Repository>,
        errors: &mut Vec<RuleError>,
    ) -> Result<(Extended, Layer<'f>), RuleError> {
        let (prefix, files) = match self.commit {
            None => {
                let prefix = format!("{}/", self.folder.unwrap_or_default());
                let own: Vec<RuleFile> = files.iter().filter(|file| file.path.starts_with(&prefix)).cloned().collect();
                (prefix, own)
            }
            Some((commit, from)) => self.of_commit(commit, from, repository)?,
        };
        let layer = Layer::read(prefix, Cow::Owned(files), None, errors);
        let source = self.source();
        let Some(found) = layer.digest() else {
            return Err(self.file.error(self.at, format!("there are no rules in {source}")).with_help(
                "the folder holds a countersign.yaml, .countersign/rulesets/ or .countersign/policies/; its path counts \
                 from the root, and neither links nor submodules are followed",
            ));
        };
        let commit = self.commit.map(|(commit, _)| commit.value.clone());
        let extended = Extended { source, commit, digest: found, config_file: layer.config_file.clone() };
        self.pinned(&extended)?;
        refuse_own(&layer, errors);
        Ok((extended, layer))
    }

    /// Holds the digest that is found against the one that is written.
    fn pinned(&self, extended: &Extended) -> Result<(), RuleError> {
        let Extended { source, digest: found, .. } = extended;
        match self.digest {
            None => Err(self
                .file
                .error(self.at, format!("the rules of {source} are not pinned"))
                .with_help(format!("once you have read them, add `digest: {found}`"))),
            Some(digest) if digest.value != found.to_string() => Err(self
                .file
                .error(digest.span, format!("the rules of {source} are not those that are pinned"))
                .with_help(format!("once you have read what differs, write `digest: {found}`"))),
            Some(_) => Ok(()),
        }
    }

    /// The files of a commit, under paths that `git show` understands.
    fn of_commit(
        &self,
        commit: &Spanned<String>,
        from: &str,
        repository: Option<&Repository>,
    ) -> Result<(String, Vec<RuleFile>), RuleError> {
        let Some(repository) = repository else {
            return Err(self
                .file
                .error(
                    commit.span,
                    "rules of a commit are extended, and there is no git repository here to read it from",
                )
                .with_help("run in a clone, or copy the rules into a folder and name it as `folder`"));
        };
        let fetch = || format!("`git fetch --depth=1 {from} {}` gets it", commit.value);
        let tree = match repository.objects.files(commit, self.folder) {
            Ok(Some(tree)) => tree,
            Ok(None) => {
                return Err(self
                    .file
                    .error(commit.span, "this commit is not in this repository, and nothing is fetched here")
                    .with_help(fetch()));
            }
            Err(error @ SourceError::MissingObjects { .. }) => {
                return Err(self.file.error(commit.span, format!("of this commit, {error}")).with_help(fetch()));
            }
            Err(error) => {
                return Err(self
                    .file
                    .error(commit.span, format!("this commit cannot be read: {error}"))
                    .with_help("`git fsck` tells whether the repository is sound"));
            }
        };
        let files = tree.files.iter().filter_map(|file| {
            Some(RuleFile { path: format!("{}:{}", commit.value, file.path).into(), bytes: file.bytes()?.clone() })
        });
        let prefix = match self.folder {
            Some(folder) => format!("{}:{folder}/", commit.value),
            None => format!("{}:", commit.value),
        };
        Ok((prefix, files.collect()))
    }
}

/// What is a repository's own says nothing in rules that others extend, and silence would be taken for effect.
fn refuse_own(layer: &Layer<'_>, errors: &mut Vec<RuleError>) {
    const OWN: [(&str, &str); 5] = [
        ("extends", "rules that are extended do not extend others: name both under `extends` of the repository"),
        ("gate", "who has power over a repository's gate is said in that repository"),
        ("evidence", "where evidence goes is said in each repository"),
        ("include", "what is always to be read is said by `in_scope`"),
        ("exclude", "what is not read is said in each repository"),
    ];
    if let Some(file) = &layer.config_file
        && let Ok(node) = first_document(file)
    {
        for (key, help) in OWN {
            if let Some(entry) = node.entry(key) {
                errors.push(
                    file.error(entry.key_span, format!("`{key}` is no key of rules that are extended")).with_help(help),
                );
            }
        }
    }
    for (_, file) in layer.own().filter(|(path, _)| is_record_path(path)) {
        errors.push(
            file.error(None, "records stand in the repository that they are about, not in rules that are extended")
                .with_help("move it to the same path from the root of that repository"),
        );
    }
}

fn trimmed(folder: &str) -> &str {
    folder.trim_start_matches("./").trim_end_matches('/')
}

/// Whether a text is a folder below a root, in the one spelling that paths have here.
fn is_folder(text: &str) -> bool {
    !text.contains('\\') && text.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Whether a text is a whole object id.
fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a text is an address that a shell and git take for nothing else: people are told to paste it.
fn is_address(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(['-', '~'])
        && !text.contains("::")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/@+%=,".contains(&byte))
        && !has_password(text)
}

/// Whether an address has a password in it: it would stand in evidence and in messages.
fn has_password(text: &str) -> bool {
    let authority = text.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    authority.and_then(|authority| authority.rsplit_once('@')).is_some_and(|(user, _)| user.contains(':'))
}

/// An address as it can be pasted.
fn shown(address: &str) -> &str {
    if is_address(address) { address } else { "ADDRESS" }
}

#[cfg(test)]
mod tests;
