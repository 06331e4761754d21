//! All repositories together: what is found only where the access of several is joined.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use super::judged::Judging;
use crate::cli::error::CliError;
use crate::gate::{self, Secrets, Task, policy_data, rule_files};
use crate::output::{
    AcrossLeg, AcrossReport, AcrossStep, CheckReport, FindingReport, FleetRepository, RunInfo, StepReport,
};
use crate::policy::Bundle;
use crate::rules::{Context, Rules};
use crate::source::{Comparison, Content, FileKind, SourceFile, Tree};
use crate::store::Digest;

/// Days; what is joined was written in this run or in the last 24 hours.
const MOST_DAYS: u32 = 2;

impl Judging {
    /// What needs more than one repository to be seen.
    pub(super) fn across(&self, done: &[(FleetRepository, Option<String>)]) -> Result<Vec<AcrossReport>, CliError> {
        let mut graphs: BTreeMap<String, (&str, &str)> = BTreeMap::new();
        for (number, (repository, access)) in done.iter().enumerate() {
            if let Some(access) = access.as_deref().filter(|_| repository.grants + repository.principals > 0) {
                graphs.insert(format!(".countersign/context/{number:06}.json"), (&repository.name, access));
            }
        }
        if graphs.len() < 2 {
            return Ok(Vec::new());
        }
        let files: Vec<SourceFile> = graphs.iter().map(|(path, (_, access))| file(path, access)).collect();
        let tree = Tree { files, commit: None, tree: None };
        let rule_files = rule_files(&tree);
        let mut rules = Rules::load_in(&rule_files, self.config.clone(), None)?;
        rules.context.extend(graphs.iter().map(|(path, (_, access))| Context {
            path: path.clone(),
            sha256: Digest::of(access.as_bytes()),
            max_age_days: MOST_DAYS,
            found: rule_files.iter().find(|file| *file.path == **path).cloned(),
        }));
        let comparison = Comparison::of(PathBuf::new(), tree, None);
        let bundle = Bundle::load(&rules.policies, policy_data(self.as_of))?;
        rules.check_policies(bundle.severities())?;
        // Each repository's own texts were searched.
        let secrets = Secrets::default();
        let record = gate::run(&Task::new(&comparison, &rules, &bundle, self.as_of, &secrets))?;
        let report = CheckReport::new(&record.judgement, &RunInfo::default(), &comparison);
        let places = Places::of(&graphs);
        let stands = report.findings.iter().filter(|own| own.under.is_none());
        Ok(stands.filter(|own| places.needs_several(own)).map(|own| places.finding(own)).collect())
    }
}

fn file(path: &str, text: &str) -> SourceFile {
    let content = Content::Bytes { bytes: text.as_bytes().into(), digest: Digest::of(text.as_bytes()) };
    SourceFile { path: path.into(), kind: FileKind::Regular, content }
}

/// Where the facts of the graphs stand in their repositories.
struct Places<'a> {
    graphs: &'a BTreeMap<String, (&'a str, &'a str)>,
    lines: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Places<'a> {
    fn of(graphs: &'a BTreeMap<String, (&'a str, &'a str)>) -> Self {
        let lines = graphs.iter().map(|(path, (_, access))| (path.as_str(), access.lines().collect())).collect();
        Self { graphs, lines }
    }

    fn repository(&self, step: &StepReport) -> Option<&'a str> {
        self.graphs.get(step.file.as_ref()?).map(|(name, _)| *name)
    }

    /// Where a step is written in its repository: a graph says it of each of its lines.
    fn place(&self, step: &StepReport) -> Option<String> {
        let lines = self.lines.get(step.file.as_deref()?)?;
        let line = lines.get(usize::try_from(step.line?).ok()?.checked_sub(1)?)?;
        let fact: Value = serde_json::from_str(line.trim_end_matches(',')).ok()?;
        fact["at"].as_str().filter(|at| !at.is_empty()).map(str::to_owned)
    }

    /// Whether the legs come from more than one repository. What all of them share, such as the person, is no part of it.
    fn needs_several(&self, finding: &FindingReport) -> bool {
        if finding.path.len() < 2 {
            return false;
        }
        let at = |step: &StepReport| (step.file.clone(), step.line);
        let shared = |step: &StepReport| finding.path.iter().all(|leg| leg.steps.iter().any(|own| at(own) == at(step)));
        let own = finding.path.iter().flat_map(|leg| &leg.steps).filter(|step| !shared(step));
        own.filter_map(|step| self.repository(step)).collect::<BTreeSet<_>>().len() > 1
    }

    fn finding(&self, own: &FindingReport) -> AcrossReport {
        let step = |step: &StepReport| AcrossStep {
            text: step.text.clone(),
            repository: self.repository(step).map(str::to_owned),
            place: self.place(step),
        };
        let legs = own.path.iter().map(|leg| AcrossLeg {
            duty: leg.duty.clone(),
            title: leg.title.clone(),
            steps: leg.steps.iter().map(step).collect(),
        });
        AcrossReport {
            fingerprint: own.fingerprint.to_string(),
            policy: own.policy.clone(),
            conflict: own.conflict.as_ref().map(|conflict| conflict.id.clone()),
            severity: own.severity,
            subject: own.subject.id.clone(),
            message: own.message.clone(),
            legs: legs.collect(),
        }
    }
}
