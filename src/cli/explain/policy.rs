//! What a policy means.

use std::collections::{BTreeMap, BTreeSet};

use super::{Asked, empty, next};
use crate::output::{
    ExampleFile, ExampleReport, ExamplesReport, ExplainReport, ExplainedKind, NextReport, ServedReport,
};
use crate::policy::{Policy, Scope};
use crate::rules::{self, EnforcedOn, Enforcement, Example, RecordKind, Severity, examples};

/// The policy that changed rules are found by.
const CHANGED_RULES: &str = "CS-GATE-001";

pub(super) fn of(policy: &Policy, asked: &Asked<'_>) -> ExplainReport {
    let (metadata, custom) = (&policy.metadata, &policy.metadata.custom);
    let enforcement = enforced(None, &policy.id, custom.severity, asked);
    let mut meaning = vec![metadata.description.trim().to_owned()];
    meaning.retain(|text| !text.is_empty());
    meaning.push(format!("It judges each {}.", custom.scope.as_str().replace('_', " ")));
    let examples = examples(&policy.id).map(|own| ExamplesReport {
        beside: files(&own.world, None),
        fires: example(&own.fires),
        silent: example(&own.silent),
    });
    let mut commands = looking(custom.scope);
    commands.extend(answering(&policy.id, custom.scope, enforcement, None));
    commands.push(next(format!("countersign policy show {}", policy.id), "its Rego:"));
    ExplainReport {
        severity: Some(custom.severity),
        enforcement: Some(enforcement),
        meaning,
        examples,
        fix: vec![custom.remediation.trim().to_owned()].into_iter().filter(|text| !text.is_empty()).collect(),
        unblock: unblock(&policy.id, custom.scope, custom.severity, enforcement, &[], asked),
        next: commands,
        serves: serves(policy, asked),
        ..empty(ExplainedKind::Policy, &policy.id, &metadata.title, asked.version)
    }
}

/// What the gate does with a new finding as the rules of this tree stand.
pub(super) fn enforced(conflict: Option<&str>, policy: &str, severity: Severity, asked: &Asked<'_>) -> Enforcement {
    asked.rules.config.enforcement.decide(EnforcedOn { conflict, policy, severity }, asked.now).enforcement
}

fn example(own: &Example) -> ExampleReport {
    let document = own.input.iter().map(|text| file(None, text, Some(&own.mark)));
    ExampleReport {
        says: own.says.clone(),
        before: files(&own.before, None),
        files: files(&own.files, Some(&own.mark)).into_iter().chain(document).collect(),
        people: own.people.clone(),
    }
}

fn files(own: &BTreeMap<String, String>, mark: Option<&str>) -> Vec<ExampleFile> {
    own.iter().map(|(path, text)| file(Some(path), text, mark)).collect()
}

fn file(path: Option<&str>, text: &str, mark: Option<&str>) -> ExampleFile {
    let line = mark.and_then(|mark| text.lines().position(|line| line.contains(mark)));
    ExampleFile { path: path.map(str::to_owned), text: text.to_owned(), line: line.map(|line| line + 1) }
}

/// The controls that a policy serves.
pub(super) fn serves(policy: &Policy, asked: &Asked<'_>) -> Vec<ServedReport> {
    let mut all = BTreeSet::new();
    for framework in &asked.rules.frameworks {
        for control in framework.controls.iter().filter(|control| control.policies.contains(&policy.id)) {
            all.insert(ServedReport {
                framework: framework.metadata.id.value.clone(),
                control: control.id.value.clone(),
                title: control.title.clone(),
            });
        }
    }
    for own in &policy.metadata.custom.frameworks {
        let Some((framework, control)) = own.split_once(' ') else { continue };
        if !all.iter().any(|served| served.framework == framework && served.control == control) {
            all.insert(ServedReport {
                framework: framework.to_owned(),
                control: control.to_owned(),
                title: String::new(),
            });
        }
    }
    all.into_iter().collect()
}

/// Who may let a finding pass, as the rules of this tree stand.
pub(super) fn unblock(
    policy: &str,
    scope: Scope,
    severity: Severity,
    enforcement: Enforcement,
    about: &[&str],
    asked: &Asked<'_>,
) -> Vec<String> {
    if enforcement < Enforcement::Approve {
        return vec!["It stops nobody here, so nobody has to.".to_owned()];
    }
    if scope == Scope::Document {
        return vec!["Nobody: a file that cannot be read has to be mended.".to_owned()];
    }
    let (record, does) = match enforcement {
        Enforcement::Approve => (RecordKind::Approval, "may approve it"),
        _ => (RecordKind::Exception, "may tolerate it for a time, with a control that makes up for it"),
    };
    let authority = &asked.rules.authority;
    let benches = if policy == CHANGED_RULES {
        vec![authority.of_rules(asked.now)]
    } else {
        let (systems, scopes) = (Vec::new(), Vec::new());
        authority.over(&rules::Asked { record, severity, policy, about: about.to_vec(), systems, scopes }, asked.now)
    };
    let mut all: Vec<String> = Vec::new();
    for bench in benches {
        let who = match &bench.people {
            None => "Any active person who has no part in the change".to_owned(),
            Some(people) if people.is_empty() => continue,
            Some(people) => {
                let names: Vec<&str> = people.iter().map(String::as_str).collect();
                let names = names.join(" or ");
                if bench.quorum > 1 { format!("{} of {names}", bench.quorum) } else { names }
            }
        };
        all.push(format!("{who} {does}, in review of the change or with a signature."));
    }
    if all.is_empty() {
        let why = if authority.configured {
            "`authority` in countersign.yaml has no row for all of it; who may depends on the system and the scope of \
             the finding, which `countersign check` says."
        } else {
            "Nobody: `authority` in countersign.yaml names who may."
        };
        return vec![why.to_owned()];
    }
    all.push("Nobody may for themselves, and nobody who wrote, committed or pushed the change.".to_owned());
    all
}

/// Where to look at what a policy of a scope judges.
fn looking(scope: Scope) -> Vec<NextReport> {
    let one = |command: &str, what: &str| vec![next(command, what)];
    match scope {
        Scope::Principal => vec![
            next("countersign access SUBJECT", "what somebody holds, by which path, with file and line:"),
            next("countersign graph --principal SUBJECT --format html > graph.html", "the same as a picture:"),
        ],
        Scope::Role => one("countersign who-can DUTY", "who holds what the role gives:"),
        Scope::ServiceIdentity => one("countersign services", "the service identities of this tree:"),
        Scope::Credential => one("countersign services --format json", "service identities with their credentials:"),
        Scope::Secret => one("countersign secrets", "the secrets that stand in the files:"),
        Scope::Document => one("countersign check", "why each file was not evaluated:"),
        Scope::Record => one("countersign exception list", "the exceptions that are in force:"),
        Scope::Repository => one("countersign scope", "the systems of this tree, and what they carry:"),
    }
}

/// The command that writes what lets a finding pass.
pub(super) fn answering(
    policy: &str,
    scope: Scope,
    enforcement: Enforcement,
    about: Option<&str>,
) -> Option<NextReport> {
    let about = about.map(|about| format!(" --about {about}")).unwrap_or_default();
    let (command, what) = match (enforcement, scope) {
        (Enforcement::Record | Enforcement::Warn, _) | (_, Scope::Document) => return None,
        (Enforcement::Approve, _) if policy == CHANGED_RULES => {
            ("countersign approval new --rules --approver person:WHO --reason WHY".to_owned(), "approve the change:")
        }
        (Enforcement::Approve, _) => (
            format!(
                "countersign approval new {policy} --subject SUBJECT --duty DUTY --approver person:WHO --reason WHY"
            ),
            "have it approved; `countersign check` prints the command filled in:",
        ),
        (Enforcement::Block, _) => (
            format!(
                "countersign exception new {policy} --subject SUBJECT{about} --approver person:WHO --owner person:WHO \
                 --reason WHY --control ID --control-does WHAT --monitor person:WHO --frequency weekly"
            ),
            "have it tolerated; `countersign check` prints the command filled in:",
        ),
    };
    Some(next(command, what))
}
