//! Definitions that a change puts where nothing is read.

use rayon::prelude::*;

use super::tables::{Recognised, TableCandidate};
use super::{DATA_ENDINGS, NotLowered, Reader, looks_like_a_definition};
use crate::facts::Gap;
use crate::formats::FORMATS;
use crate::rules::{Rules, is_campaign_file, is_evidence_path, is_rule_path};
use crate::source::{FileKind, SourceFile, Tree};

impl Reader {
    /// Files with definitions that the configuration keeps from being read or that stand where rules are kept, and that
    /// head has otherwise than base: a definition that is moved out of sight is not gone.
    #[must_use]
    pub fn hidden(&self, head: &Tree, base: &Tree, rules: &Rules) -> Vec<NotLowered> {
        let changed = |file: &&SourceFile| base.get(&file.path).is_none_or(|own| own.digest() != file.digest());
        head.files
            .par_iter()
            .filter(|file| is_rule_path(&file.path) || is_evidence_path(&file.path) || !rules.reads(&file.path))
            .filter(|file| file.kind != FileKind::Supposed)
            // Of an access review every file is read, and one of another kind is an error.
            .filter(|file| !is_campaign_file(&file.path))
            .filter(changed)
            .filter_map(|file| {
                let (bytes, digest) = (file.bytes()?, file.digest()?);
                let hidden = |format: &'static str| NotLowered {
                    file: file.path.clone(),
                    digest: Some(digest),
                    format,
                    gap: Gap::NotRead,
                    reason: "the change puts definitions where the configuration reads none".to_owned(),
                    span: None,
                };
                let named_as_data = DATA_ENDINGS.iter().any(|ending| file.path.ends_with(ending));
                if rules.mappings_of(&file.path).next().is_some() && !is_rule_path(&file.path) {
                    return Some(hidden(crate::formats::mapping::NAME));
                }
                match TableCandidate::of(file, bytes, digest, rules) {
                    Some(Recognised::Table(table)) => return Some(hidden(table.format().name)),
                    Some(Recognised::Broken(found)) => return Some(hidden(found.format)),
                    None => {}
                }
                if bytes.contains(&0) || !named_as_data && !looks_like_a_definition(bytes) {
                    return None;
                }
                let claims = self.parse(&file.path, bytes, digest).claims(&file.path);
                let format = claims.iter().flatten().find_map(|number| FORMATS.get(*number))?;
                Some(hidden(format.name))
            })
            .collect()
    }
}
