//! Files of a house's own form among the files of a tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::{Class, LoweredUnit, NotLowered, Reader, Reading, UnitKey, hint};
use crate::facts::{Facts, Gap, Text};
use crate::formats::mapping::{self, LIMITS, Seen, Use};
use crate::rules::{Mapping, Rules, is_evidence_path, is_rule_path};
use crate::source::{Content, NotRead, SourceFile, Tree};
use crate::syntax::table::Dialect;
use crate::syntax::{Span, SyntaxErrorKind};

/// What one file came to by one mapping.
#[derive(Debug)]
pub(super) enum MappedFile {
    Read { facts: Arc<Facts>, seen: Vec<Seen> },
    Broken { reason: String, span: Option<Span> },
}

impl Reader {
    /// Reads every file that a mapping names, whatever else it is.
    pub(super) fn map(&self, tree: &Tree, rules: &Rules, reading: &mut Reading) {
        reading.mapped = rules.mappings.iter().map(|_| Use::default()).collect();
        if rules.mappings.is_empty() {
            return;
        }
        let may_read =
            |file: &&SourceFile| !is_rule_path(&file.path) && !is_evidence_path(&file.path) && rules.reads(&file.path);
        let found: Vec<(usize, usize, Arc<MappedFile>)> = tree
            .files
            .par_iter()
            .enumerate()
            .filter(|(_, file)| may_read(file))
            .flat_map_iter(|(at, file)| {
                let numbered = rules.mappings.iter().enumerate();
                numbered.filter_map(move |(number, own)| Some((at, number, self.mapped_file(file, own, rules)?)))
            })
            .collect();
        let mut broken: BTreeMap<Text, NotLowered> = BTreeMap::new();
        for (at, number, mapped) in found {
            let (Some(file), Some(used)) = (tree.files.get(at), reading.mapped.get_mut(number)) else { continue };
            let (class, one) = match &*mapped {
                MappedFile::Read { facts, seen } => {
                    let files = Arc::from([file.path.clone()]);
                    reading.units.push(LoweredUnit { format: mapping::NAME, files, facts: facts.clone() });
                    (Class::Definition, Use { files: 1, broken: false, seen: seen.clone() })
                }
                MappedFile::Broken { reason, span } => {
                    let (reason, span) = (reason.clone(), *span);
                    let digest = file.digest();
                    let format = mapping::NAME;
                    let path = file.path.clone();
                    let found = NotLowered { file: path, digest, format, gap: Gap::Broken, reason, span };
                    broken.insert(file.path.clone(), found);
                    (Class::NotEvaluated, Use { files: 1, broken: true, seen: Vec::new() })
                }
            };
            used.add(&one);
            if let Some(own) = reading.classes.get_mut(at) {
                let was = *own;
                if !matches!(was, Class::Definition) || class == Class::NotEvaluated {
                    *own = class;
                }
                if class == Class::Definition {
                    if was != Class::Definition && rules.in_scope.matches(&file.path) {
                        reading.in_scope += 1;
                    }
                    reading.formats.entry(file.path.clone()).or_default().insert(mapping::NAME);
                }
            }
        }
        // What nobody recognised is recognised now.
        reading.not_lowered.retain(|own| !own.format.is_empty() || !broken.contains_key(&own.file));
        reading.not_lowered.extend(broken.into_values());
    }

    /// What mappings make of a tree, and nothing else.
    #[must_use]
    pub fn read_mapped(&self, tree: &Tree, rules: &Rules) -> Reading {
        let mut reading = Reading::default();
        self.map(tree, rules, &mut reading);
        reading
    }

    fn mapped_file(&self, file: &SourceFile, mapping: &Mapping, rules: &Rules) -> Option<Arc<MappedFile>> {
        if !mapping.reads(&file.path) {
            return None;
        }
        let (bytes, digest) = match &file.content {
            Content::Bytes { bytes, digest } => (bytes, *digest),
            // What a link leads to is read where it stands.
            Content::NotRead(NotRead::Link { .. }) => return None,
            Content::NotRead(reason) => {
                return Some(Arc::new(MappedFile::Broken { reason: reason.to_string(), span: None }));
            }
        };
        let hint = hint(&file.path, rules);
        let named = hint.as_ref().map(|hint| (hint.id.clone(), hint.guardrail));
        let key: UnitKey = (
            mapping::NAME,
            vec![
                (file.path.clone(), digest, named, mapping.dialect),
                (mapping.id.as_str().into(), mapping.digest, None, Dialect::default()),
            ],
        );
        if let Some(known) = self.mapped.lock().ok().and_then(|mapped| mapped.get(&key).cloned()) {
            return Some(known);
        }
        let fresh = Arc::new(match mapping::read(mapping, &file.path, bytes, hint.as_ref(), LIMITS) {
            Ok(mapped) => MappedFile::Read { facts: Arc::new(mapped.facts), seen: mapped.seen },
            Err(error) => MappedFile::Broken {
                reason: error.message,
                span: (error.kind != SyntaxErrorKind::TooLarge).then_some(error.span),
            },
        });
        if let Ok(mut mapped) = self.mapped.lock() {
            mapped.insert(key, fresh.clone());
        }
        Some(fresh)
    }
}
