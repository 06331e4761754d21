//! Policies of Conftest: each configuration file of a tree is asked about, whatever else it is.

use std::sync::Arc;

use rayon::prelude::*;

use super::describe::{Describe, Substance};
use super::finding::{Finding, Location, LocationRole, Subject, SubjectKind};
use super::side::{Evaluated, Evaluator, Tree};
use crate::access::Place;
use crate::formats::Class;
use crate::policy::conftest::{self, Conftest, Document};
use crate::policy::{EngineError, Policy, RawFinding};
use crate::source::SourceFile;

impl Evaluator<'_> {
    /// Asks about the files of a tree; what cannot be read is told by [`unread`].
    pub(super) fn conftest(
        &self,
        tree: &Tree<'_>,
        describe: &Describe<'_>,
        all: &mut Evaluated,
    ) -> Result<(), EngineError> {
        let Some(conftest) = &self.bundle.conftest else { return Ok(()) };
        let files: Vec<(&SourceFile, &Arc<[u8]>)> = files(tree).collect();
        let found: Result<Vec<(usize, Vec<Finding>)>, EngineError> = files
            .par_iter()
            .map(|(file, bytes)| {
                let Some(Ok(documents)) = conftest::documents(&file.path, bytes) else { return Ok((0, Vec::new())) };
                let said = conftest.ask(&file.path, &documents)?;
                let findings = said.iter().filter_map(|(number, message)| {
                    let policy = conftest.policies.get(message.policy)?;
                    Some(describe.configuration(policy, &message.text, &file.path, documents.get(*number)?))
                });
                Ok((documents.len(), findings.collect()))
            })
            .collect();
        for (documents, findings) in found? {
            all.configurations += documents;
            all.findings.extend(findings);
        }
        Ok(())
    }
}

impl Describe<'_> {
    /// A finding about a document of a configuration file.
    fn configuration(&self, policy: &Policy, message: &str, path: &Arc<str>, document: &Document) -> Finding {
        let name: Arc<str> = match &document.name {
            Some(name) => format!("{path}#{name}").into(),
            None => path.clone(),
        };
        let subject = Subject { kind: SubjectKind::Configuration, id: format!("configuration:{name}").into(), name };
        // What it says is what tells it apart: nothing else of it is known.
        let raw = RawFinding {
            message: message.to_owned(),
            conflict: None,
            duty: None,
            credential: None,
            systems: Vec::new(),
            key: Some(message.to_owned()),
            access: Vec::new(),
            private: None,
            severity: None,
        };
        let location = Location {
            side: self.tree.side,
            place: Place { file: path.clone(), span: document.span },
            role: LocationRole::Primary,
            text: "the document that it is about".to_owned(),
            added: false,
        };
        let in_scope = self.evaluator.rules.in_scope.matches(path);
        self.finding(policy, &raw, subject, Substance { locations: vec![location], in_scope, ..Substance::default() })
    }
}

/// The configuration files of a tree: what is excluded, is a rule or was imported is none.
fn files<'t>(tree: &'t Tree<'_>) -> impl Iterator<Item = (&'t SourceFile, &'t Arc<[u8]>)> {
    tree.files.files.iter().enumerate().filter_map(|(number, file)| {
        let class = tree.reading.classes.get(number);
        let own = !matches!(class, Some(Class::Rule | Class::Excluded | Class::NotRead));
        let asked = own && file.imported_as().is_none() && conftest::reads(&file.path);
        Some((file, file.bytes().filter(|_| asked)?))
    })
}

/// The files that Conftest's policies should have been asked about and that cannot be read, and why.
pub(super) fn unread(tree: &Tree<'_>, conftest: Option<&Conftest>) -> Vec<(Arc<str>, String)> {
    let read = |(file, bytes): (&SourceFile, &Arc<[u8]>)| {
        let why = conftest::documents(&file.path, bytes)?.err()?;
        Some((file.path.clone(), why))
    };
    conftest.into_iter().flat_map(|_| files(tree)).filter_map(read).collect()
}
