//! Answers of policies that are not asked in this process.
//!
//! A run that meets such a policy takes its answer from here. What is not answered yet is noted as a question and counts
//! as nothing found; whoever has the questions answered elsewhere runs again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::engine::RawFinding;
use crate::store::Digest;

/// The number of a policy in its bundle, and the digest of a document.
type Asked = (usize, Digest);

/// Questions and answers.
#[derive(Debug, Default)]
pub struct Outside {
    answers: Mutex<HashMap<Asked, Arc<Vec<RawFinding>>>>,
    questions: Mutex<BTreeMap<Asked, (String, Value)>>,
}

impl Outside {
    /// What a policy says of a document, if that is known. If not, `document` and its subject become a question.
    pub fn answer(
        &self,
        policy: usize,
        digest: Digest,
        subject: &str,
        document: impl FnOnce() -> Value,
    ) -> Arc<Vec<RawFinding>> {
        let known = self.answers.lock().ok().and_then(|answers| answers.get(&(policy, digest)).cloned());
        known.unwrap_or_else(|| {
            if let Ok(mut questions) = self.questions.lock() {
                questions.entry((policy, digest)).or_insert_with(|| (subject.to_owned(), document()));
            }
            Arc::default()
        })
    }

    /// Takes the questions for one policy, in the order of their digests.
    pub fn take_questions(&self, policy: usize) -> Vec<(Digest, String, Value)> {
        let Ok(mut questions) = self.questions.lock() else { return Vec::new() };
        let (own, rest) = std::mem::take(&mut *questions).into_iter().partition(|((number, _), _)| *number == policy);
        *questions = rest;
        let own: BTreeMap<Asked, (String, Value)> = own;
        own.into_iter().map(|((_, digest), (subject, document))| (digest, subject, document)).collect()
    }

    /// Notes an answer.
    pub fn learn(&self, policy: usize, digest: Digest, findings: Vec<RawFinding>) {
        if let Ok(mut answers) = self.answers.lock() {
            answers.insert((policy, digest), Arc::new(findings));
        }
    }
}
