//! What one finding of a tree means.

use super::super::Env;
use super::super::error::CliError;
use super::super::model::{Model, TreeArgs};
use super::{Asked, definitions, next, policy};
use crate::gate::{self, Judged, Task};
use crate::output::{ExplainReport, ExplainedFinding, ExplainedKind};
use crate::policy::untrusted::Isolation;
use crate::source::SourceFile;
use crate::syntax::LineIndex;

/// Shortest beginning of a fingerprint that names a finding.
pub(super) const SHORTEST: usize = 4;

/// Judges the tree by itself, as `check` without `--base` does, and explains the finding.
pub(super) fn of(wanted: &str, tree: &TreeArgs, asked: &Asked<'_>, env: &Env<'_>) -> Result<ExplainReport, CliError> {
    let (comparison, rules) = tree.open(env)?;
    let model = Model::join(comparison, rules, asked.now, None)?;
    let secrets = gate::search(&model.comparison, &model.rules, asked.now)?;
    let record = gate::run(&Task {
        comparison: &model.comparison,
        rules: &model.rules,
        bundle: asked.bundle,
        as_of: asked.now,
        people: None,
        strict: false,
        revoked: &[],
        secrets: &secrets,
        review: None,
        isolation: &Isolation::Nowhere,
        reader: None,
        progress: &|_| {},
    })?;
    let findings = &record.judgement.findings;
    let found: Vec<&Judged> =
        findings.iter().filter(|own| own.finding.fingerprint.to_string().starts_with(wanted)).collect();
    match found.as_slice() {
        [] => Err(CliError::other(
            format!("there is no finding `{wanted}` in this tree"),
            "`countersign check --output json` names the fingerprint of each finding",
        )),
        [one] => Ok(explained(one, &model, asked)),
        several => {
            let ids: Vec<String> = several
                .iter()
                .take(5)
                .map(|own| {
                    let finding = &own.finding;
                    format!("{:.12} ({} {})", finding.fingerprint.to_string(), finding.policy, finding.subject.id)
                })
                .collect();
            Err(CliError::other(
                format!("`{wanted}` is the beginning of several fingerprints"),
                format!("one of: {}", ids.join(", ")),
            ))
        }
    }
}

fn explained(judged: &Judged, model: &Model, asked: &Asked<'_>) -> ExplainReport {
    let finding = &judged.finding;
    let fingerprint = finding.fingerprint.to_string();
    let mut report = match asked.bundle.find(&finding.policy) {
        Some(own) => policy::of(own, asked),
        None => super::empty(ExplainedKind::Finding, &finding.policy, &finding.title, asked.version),
    };
    let conflict = finding.conflict.as_ref().map(|conflict| &*conflict.id);
    let about = conflict.or_else(|| finding.duties.first().map(|duty| &*duty.id));
    if let Some(own) = about.and_then(|id| definitions::of(id, asked)) {
        report.meaning.push(format!("{}: {}.", own.id, own.title));
        report.meaning.extend(own.meaning);
        report.rests_on = own.rests_on;
        report.unblock = own.unblock;
    }
    report.kind = ExplainedKind::Finding;
    report.severity = Some(finding.severity);
    report.enforcement = Some(judged.decision.enforcement);
    if let Some(fix) = &judged.fix {
        report.fix.insert(0, format!("{} (proven: without it, this finding is gone)", fix.text));
    }
    for own in &mut report.next {
        own.command = own.command.replace("SUBJECT", &finding.subject.id);
    }
    if !finding.legs.is_empty() {
        let command = format!("countersign graph --finding {fingerprint:.12} --format html > finding.html");
        report.next.insert(0, next(command, "how both sides are reached, as a picture:"));
    }
    report.finding = Some(ExplainedFinding {
        subject: finding.subject.id.to_string(),
        message: finding.message.clone(),
        place: finding.locations.first().map(|location| {
            let place = &location.place;
            let file = model.comparison.head.get(&place.file).and_then(SourceFile::bytes);
            match file {
                Some(bytes) => format!("{}:{}", place.file, LineIndex::new(bytes).position(place.span.start).line),
                None => place.file.to_string(),
            }
        }),
        fingerprint,
    });
    report
}
