//! Finds the finding that a record is asked for.

use crate::cli::error::CliError;
use crate::gate::{Finding, Judgement, State};
use crate::syntax::nearest;

/// What a record is asked for.
pub(super) struct Wanted<'a> {
    pub(super) policy: &'a str,
    pub(super) subject: &'a str,
    /// A conflict, duty or credential.
    pub(super) about: Option<&'a str>,
    pub(super) system: Option<&'a str>,
}

/// The one finding that is meant.
pub(super) fn find<'j>(judgement: &'j Judgement, wanted: &Wanted<'_>) -> Result<&'j Finding, CliError> {
    let all = || judgement.findings.iter().filter(|own| own.state != State::Resolved).map(|own| &own.finding);
    let of_policy = || all().filter(|finding| *finding.policy == *wanted.policy);
    let of_subject = || of_policy().filter(|finding| *finding.subject.id == *wanted.subject);
    let found: Vec<&Finding> = of_subject()
        .filter(|finding| wanted.about.is_none_or(|about| abouts(finding).contains(&about)))
        .filter(|finding| wanted.system.is_none_or(|system| finding.systems.iter().any(|own| **own == *system)))
        .collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(none(judgement, wanted, of_policy().count(), of_subject().collect())),
        several => {
            let mut lines: Vec<String> = several.iter().take(8).map(|finding| describe(finding)).collect();
            lines.sort();
            lines.dedup();
            Err(CliError::other(
                format!("{} findings of {} for {} fit", several.len(), wanted.policy, wanted.subject),
                format!("say which with --about or --system: {}", lines.join("; ")),
            ))
        }
    }
}

/// Ids of what a finding is about.
pub(super) fn abouts(finding: &Finding) -> Vec<&str> {
    match &finding.conflict {
        Some(conflict) => vec![&conflict.id],
        None => finding.duties.iter().map(|duty| &*duty.id).chain(finding.credential.as_deref()).collect(),
    }
}

fn describe(finding: &Finding) -> String {
    let systems: Vec<&str> = finding.systems.iter().map(|system| &**system).collect();
    format!("{} in {}", abouts(finding).join("+"), systems.join("+"))
}

fn none(judgement: &Judgement, wanted: &Wanted<'_>, of_policy: usize, of_subject: Vec<&Finding>) -> CliError {
    if !of_subject.is_empty() {
        let there: Vec<String> = of_subject.iter().take(8).map(|finding| describe(finding)).collect();
        return CliError::other(
            format!("no finding of {} for {} fits", wanted.policy, wanted.subject),
            format!("there are: {}", there.join("; ")),
        );
    }
    let subjects = judgement.findings.iter().filter(|own| *own.finding.policy == *wanted.policy);
    let subjects: Vec<&str> = subjects.map(|own| &*own.finding.subject.id).collect();
    let help = match nearest(wanted.subject, subjects.iter().copied()) {
        Some(near) => format!("did you mean --subject {near}?"),
        None if of_policy == 0 => {
            format!("this tree has no finding of {}; `countersign check` lists what it has", wanted.policy)
        }
        None => "`countersign check` names the subjects".to_owned(),
    };
    CliError::other(format!("there is no finding of {} for {}", wanted.policy, wanted.subject), help)
}
