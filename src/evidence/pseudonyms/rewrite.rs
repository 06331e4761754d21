//! A record and its objects with other texts in them: what names an object names the one that takes its place.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::table::PseudonymTable;
use super::words::Words;
use super::{List, SCHEMA, descriptor};
use crate::evidence::manifest::Objects;
use crate::evidence::statement::{Statement, sha256};
use crate::store::Digest;

/// Replaces words by pseudonyms. Returns the pseudonyms that stand there, with their texts.
pub(super) fn rewrite(
    words: &Words,
    table: &PseudonymTable,
    mut statement: Statement,
    objects: &Objects,
) -> (Statement, Objects, BTreeMap<String, String>) {
    let mut pass = Pass { words, table, digests: BTreeMap::new(), used: BTreeMap::new() };
    let mut rewritten = Objects::default();
    let made: BTreeSet<&Digest> = objects.made().iter().collect();
    // Files first: what is made here names them.
    for (digest, bytes) in objects.iter().filter(|(digest, _)| !made.contains(digest)) {
        if let Some(other) = pass.replaced(bytes) {
            pass.digests.insert(*digest, rewritten.add_bytes(&other.into()));
        } else {
            // What keeps its bytes keeps its name.
            rewritten.add_object(*digest, bytes);
        }
    }
    for digest in objects.made() {
        let value: Option<Value> = objects.get(digest).and_then(|bytes| serde_json::from_slice(bytes).ok());
        let Some(mut value) = value else { continue };
        pass.value(&mut value, &None);
        pass.digests.insert(*digest, rewritten.add(&value));
    }
    pass.statement(&mut statement);
    let pseudonyms = pass.used.keys().cloned().collect();
    let list = List { schema: SCHEMA.to_owned(), table: table.id(), pseudonyms };
    statement.predicate.pseudonyms = Some(descriptor(rewritten.add(&list)));
    statement.predicate.result_digest = sha256(statement.predicate.digest_of_result());
    (statement, rewritten, pass.used)
}

struct Pass<'a> {
    words: &'a Words,
    table: &'a PseudonymTable,
    /// What takes the place of each object.
    digests: BTreeMap<Digest, Digest>,
    used: BTreeMap<String, String>,
}

impl Pass<'_> {
    fn replaced(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let (table, used) = (self.table, &mut self.used);
        self.words.replaced(bytes, |text| {
            let pseudonym = table.pseudonym(text);
            used.insert(pseudonym.clone(), text.to_owned());
            pseudonym
        })
    }

    fn text(&mut self, text: &mut String) {
        if let Some(replaced) = self.replaced(text.as_bytes()).and_then(|bytes| String::from_utf8(bytes).ok()) {
            *text = replaced;
        }
    }

    /// The texts of a value, but for its keys and what kind of object it is.
    fn value(&mut self, value: &mut Value, key: &Option<&str>) {
        match value {
            Value::String(text) => match text.parse::<Digest>() {
                Ok(digest) => self.digest(&digest, text),
                Err(_) if *key == Some("schema") => {}
                Err(_) => self.text(text),
            },
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item, key)),
            Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| self.value(value, &Some(key))),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn digest(&self, digest: &Digest, text: &mut String) {
        if let Some(other) = self.digests.get(digest) {
            *text = other.to_string();
        }
    }

    /// What a statement says in free words, and the objects that it names.
    fn statement(&mut self, statement: &mut Statement) {
        let predicate = &mut statement.predicate;
        let described = statement.subject.iter_mut().chain(&mut predicate.config).chain(&mut predicate.review);
        for described in described.chain(&mut predicate.imports) {
            described.name.iter_mut().chain(&mut described.uri).for_each(|text| self.text(text));
        }
        let trees = [Some(&mut predicate.head), predicate.base.as_mut()];
        for tree in trees.into_iter().flatten() {
            self.text(&mut tree.label);
            tree.manifest.values_mut().for_each(|text| self.named(text));
        }
        predicate.ci.values_mut().chain(&mut predicate.error).for_each(|text| self.text(text));
        let lists = [
            &mut predicate.rules.digest,
            &mut predicate.inputs.digest,
            &mut predicate.population.digest,
            &mut predicate.findings.digest,
            &mut predicate.unresolved.digest,
        ];
        let described = statement.subject.iter_mut().chain(&mut predicate.policy);
        let described = described.chain(&mut predicate.config).chain(&mut predicate.review);
        let described = described.chain(&mut predicate.imports);
        let digests = described.map(|own| &mut own.digest).chain(lists);
        let digests = digests.chain(predicate.rules_evaluated.iter_mut().filter_map(|rule| rule.digest.as_mut()));
        for set in digests {
            set.values_mut().for_each(|text| self.named(text));
        }
    }

    fn named(&self, text: &mut String) {
        if let Ok(digest) = text.parse::<Digest>() {
            self.digest(&digest, text);
        }
    }
}
