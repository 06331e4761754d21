//! Pseudonyms in the place of people's names, in everything that evidence keeps.
//!
//! Before a record is kept, each name, e-mail address and id of a person in it and in all that it names is replaced by a
//! pseudonym: a keyed digest of the text. The [table](PseudonymTable) of pseudonyms and texts is kept elsewhere. Whoever
//! has it gets the bytes back as they were, and judges again; whoever has not reads roles, grants and findings with
//! pseudonyms in them, and verifies every digest, signature and place in the log, since all of them are of what is kept.
//! To erase somebody is to delete their rows: no evidence is touched, and it re-performs as erased.
//!
//! Replaced, in upper and lower case, is what is known to be somebody's: what people's manifests say, accounts that people
//! log in with or are granted something by, who made and reviewed the change, and who ran it. What stays:
//!
//! - names that nothing says are names (in a comment, say), those of one letter, and names in another encoding (base64,
//!   `\u` escapes, the signature of a commit);
//! - who somebody says that they are in a hold, a tombstone or a statement about external evidence, and kept attachments;
//! - digests of what has names in it: commits and trees of git, files that are not kept, fingerprints of findings. Whoever
//!   knows everything else that went into one can try names against it.

mod people;
mod rewrite;
mod table;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(super) use people::add_people;
pub use table::{PseudonymError, PseudonymTable, TableFile};

use self::words::Words;
use super::error::EvidenceError;
use super::manifest::Objects;
use super::objects::ReadObjects;
use super::statement::{DigestSet, ResourceDescriptor, Statement, sha256};
use crate::store::Digest;

const SCHEMA: &str = "countersign.dev/pseudonym-list/v1";
/// What every pseudonym begins with; 32 hexadecimal digits follow.
const PREFIX: &str = "pseudonym-";
const DIGITS: usize = 32;

/// The pseudonyms of a record.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    schema: String,
    /// Which table has them.
    table: String,
    pseudonyms: Vec<String>,
}

/// A record and what it names, with pseudonyms for people. Those that are new stand in the table afterwards.
///
/// # Errors
/// [`EvidenceError`] when there are more names than can be looked for at once.
pub fn pseudonymise(
    table: &mut PseudonymTable,
    statement: Statement,
    objects: Objects,
) -> Result<(Statement, Objects), EvidenceError> {
    let people: BTreeMap<String, String> =
        objects.people().iter().map(|(text, subject)| (text.to_lowercase(), subject.clone())).collect();
    let words = Words::of(objects.people().keys().map(String::as_str), &objects)?;
    let (statement, objects, used) = rewrite::rewrite(&words, table, statement, &objects);
    for (pseudonym, text) in used {
        let subject = words::parts_of(&people, &text).unwrap_or_default();
        table.add(&pseudonym, &subject, &text);
    }
    Ok((statement, objects))
}

/// What it takes to judge a record again that has pseudonyms for people.
pub(super) struct Known<'a> {
    table: &'a PseudonymTable,
    texts: BTreeMap<String, String>,
}

impl<'a> Known<'a> {
    /// The texts of a record's pseudonyms; `None` of a record that has none.
    ///
    /// # Errors
    /// [`EvidenceError`]: no table or another one is given, or somebody's rows are gone.
    pub(super) fn of(
        list: Option<&ResourceDescriptor>,
        objects: &dyn ReadObjects,
        table: Option<&'a PseudonymTable>,
    ) -> Result<Option<Self>, EvidenceError> {
        let Some(list) = list else { return Ok(None) };
        let list: List = objects.json(digest_of(&list.digest)?)?;
        let table = table.ok_or_else(|| PseudonymError::NoTable(list.table.clone()))?;
        if table.id() != list.table {
            return Err(PseudonymError::OtherTable { wanted: list.table, given: table.id() }.into());
        }
        let text = |pseudonym: &String| Ok((pseudonym.clone(), table.text(pseudonym)?));
        let texts = list.pseudonyms.iter().map(text).collect::<Result<_, PseudonymError>>()?;
        Ok(Some(Self { table, texts }))
    }

    /// The same record with pseudonyms, as it was when it was kept.
    pub(super) fn again(&self, statement: Statement, objects: &Objects) -> Result<(Statement, Objects), EvidenceError> {
        let words = Words::of(self.texts.values().map(String::as_str), objects)?;
        let (statement, objects, _) = rewrite::rewrite(&words, self.table, statement, objects);
        Ok((statement, objects))
    }

    /// Objects as they were before they were kept.
    pub(super) fn restored(&'a self, objects: &'a dyn ReadObjects) -> Restored<'a> {
        Restored { objects, texts: &self.texts }
    }
}

fn digest_of(set: &DigestSet) -> Result<Digest, EvidenceError> {
    set.get("sha256").and_then(|text| text.parse().ok()).ok_or(EvidenceError::NoDigest)
}

/// Names the list of a record's pseudonyms.
fn descriptor(digest: Digest) -> ResourceDescriptor {
    ResourceDescriptor { name: Some("pseudonyms".to_owned()), uri: None, digest: sha256(digest) }
}

/// Objects with people's names in the place of pseudonyms. Their digests are those of what is kept.
pub(super) struct Restored<'a> {
    objects: &'a dyn ReadObjects,
    texts: &'a BTreeMap<String, String>,
}

impl ReadObjects for Restored<'_> {
    fn object(&self, digest: &Digest) -> Result<Vec<u8>, EvidenceError> {
        let bytes = self.objects.object(digest)?;
        let mut restored = Vec::with_capacity(bytes.len());
        let mut done = 0;
        for start in memchr::memmem::find_iter(&bytes, PREFIX) {
            let end = start + PREFIX.len() + DIGITS;
            let pseudonym = bytes.get(start..end).and_then(|found| std::str::from_utf8(found).ok());
            let Some(text) = pseudonym.and_then(|pseudonym| self.texts.get(pseudonym)) else { continue };
            restored.extend_from_slice(bytes.get(done..start).unwrap_or_default());
            restored.extend_from_slice(text.as_bytes());
            done = end;
        }
        restored.extend_from_slice(bytes.get(done..).unwrap_or_default());
        Ok(restored)
    }
}
