//! What the tokens claim that jobs of this repository's pipelines can have.
//!
//! A definition of a pipeline says what starts its jobs; whose repository it is stands in `countersign.yaml`
//! (`gate.repository`). Together they make the subjects that clouds test. Without that name nothing is known of them.

use std::sync::Arc;

use super::LoweredUnit;
use super::pipelines::NAME;
use crate::facts::{Facts, JobFact, TokenFact, TokenWay};
use crate::rules::Rules;

/// The issuer of the tokens of GitHub's jobs.
pub(super) const GITHUB: &str = "token.actions.githubusercontent.com";

/// Whichever GitLab runs a pipeline.
pub(super) const GITLAB: &str = "gitlab";

/// The issuer of whichever cluster a service account is in.
pub(super) const KUBERNETES: &str = "kubernetes";

/// The units about tokens of a tree's jobs.
#[must_use]
pub fn units(rules: &Rules, units: &[LoweredUnit]) -> Vec<LoweredUnit> {
    // As it is written: clouds compare subjects with regard to case.
    let (Some(repository), Some(_)) = (&rules.config.gate.repository, rules.config.gate.repository()) else {
        return Vec::new();
    };
    units
        .iter()
        .filter_map(|unit| {
            let tokens: Vec<TokenFact> =
                unit.facts.jobs.iter().filter_map(|job| token(job, repository.value.as_str())).collect();
            let facts = Facts { tokens, ..Facts::default() };
            (!facts.tokens.is_empty()).then(|| LoweredUnit {
                format: NAME,
                files: unit.files.clone(),
                facts: Arc::new(facts),
            })
        })
        .collect()
}

fn token(job: &JobFact, repository: &str) -> Option<TokenFact> {
    let own = job.token.as_ref()?;
    let owner = repository.split_once('/').map_or(repository, |(owner, _)| owner);
    let is_github = &*own.issuer == GITHUB;
    let (stem, project, of_owner) = match is_github {
        true => ("repo", "repository", "repository_owner"),
        false => ("project_path", "project_path", "namespace_path"),
    };
    let ways = own.ways.iter().map(|way| {
        let mut claims = way.claims.clone();
        if let Some(subject) = claims.get_mut("sub") {
            *subject = format!("{stem}:{repository}:{subject}").into();
        }
        claims.insert(project.into(), repository.into());
        claims.insert(of_owner.into(), owner.into());
        TokenWay { claims, ..way.clone() }
    });
    Some(TokenFact {
        account: job.account.clone(),
        issuer: own.issuer.clone(),
        ways: ways.collect(),
        origin: job.origin,
    })
}
