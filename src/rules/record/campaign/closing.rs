//! The closing of a campaign: what came of it, over which files.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::decisions::RestsOn;
use super::{CLOSING_FILE, RecordKind};
use crate::rules::dates::{Instant, minute};
use crate::rules::error::{RuleError, RuleFile};
use crate::rules::ruleset::ApiVersion;
use crate::store::Digest;
use crate::syntax::Spanned;

/// `kind: AccessReviewClosing`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ClosingKind {
    /// The only value.
    AccessReviewClosing,
}

/// The closing's file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosingFile {
    /// The version of this format.
    #[serde(rename = "apiVersion")]
    pub api_version: ApiVersion,
    /// What the file is.
    pub kind: ClosingKind,
    /// Of which campaign.
    pub metadata: ClosingMetadata,
    /// What it says.
    pub spec: ClosingSpec,
}

/// Of which campaign.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosingMetadata {
    /// The campaign's id.
    pub campaign: Spanned<String>,
}

/// What came of a campaign. The counts are for people; what counts is in the files that it names.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosingSpec {
    /// The digest of the campaign's opening.
    pub opening: Spanned<Digest>,
    /// When it was closed.
    pub closed: Spanned<Instant>,
    /// How many items there are, and how many were decided in which way.
    pub items: BTreeMap<String, usize>,
    /// The files that were closed over.
    pub files: Vec<ClosedFile>,
}

/// A file that was closed over.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosedFile {
    /// Its name in the campaign's folder.
    pub file: String,
    /// Its digest.
    pub sha256: Digest,
}

/// A closing that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Its file.
    pub file: RuleFile,
    /// When, in epoch seconds.
    pub at: i64,
    /// The files that were closed over.
    pub files: Vec<ClosedFile>,
}

impl Closing {
    pub(super) fn read(file: &RuleFile, written: &ClosingFile, rests: &RestsOn<'_>) -> Result<Self, RuleError> {
        let spec = &written.spec;
        rests.check(file, &written.metadata.campaign, &spec.opening)?;
        if spec.closed.seconds() < rests.opened {
            return Err(file
                .error(spec.closed.span, format!("it was closed before it was opened, on {}", minute(rests.opened))));
        }
        Ok(Self { file: file.clone(), at: spec.closed.seconds(), files: spec.files.clone() })
    }

    /// The names of files of the campaign that are not as they were when it was closed.
    pub(super) fn altered(&self, files: &[&RuleFile], signatures: &BTreeMap<&str, Vec<RuleFile>>) -> Vec<String> {
        let beside = files.iter().filter_map(|file| signatures.get(&*file.path)).flatten();
        let mut there: BTreeMap<&str, Digest> = BTreeMap::new();
        for file in files.iter().copied().chain(beside) {
            let name = file.path.rsplit('/').next().unwrap_or_default();
            // Whoever closed it may sign that afterwards.
            if !name.starts_with(CLOSING_FILE) {
                there.insert(name, Digest::of(&file.bytes));
            }
        }
        let named: BTreeMap<&str, Digest> = self.files.iter().map(|own| (own.file.as_str(), own.sha256)).collect();
        let mut altered: Vec<String> = Vec::new();
        altered.extend(
            named.iter().filter(|(name, own)| there.get(*name) != Some(own)).map(|(name, _)| (*name).to_owned()),
        );
        altered.extend(there.keys().filter(|name| !named.contains_key(*name)).map(|name| (*name).to_owned()));
        altered.sort();
        altered
    }
}

/// Whether a path is one of a campaign's tables.
pub(in crate::rules::record) fn is_sheet(path: &str) -> bool {
    path.starts_with(RecordKind::AccessReview.folder()) && path.ends_with(".csv")
}
