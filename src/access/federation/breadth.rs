//! How many of an issuer's tokens a test of claims lets through.
//!
//! Subjects are those of each issuer's own documentation: "OpenID Connect reference" of GitHub, "Connect to cloud
//! services" of GitLab, "Workload identity tokens" of HCP Terraform, "Managing Service Accounts" of Kubernetes.

use super::{ClaimTest, Federation};
use crate::facts::Admits;

/// How many tokens get through; the greater is the more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Breadth {
    /// None that is ever issued.
    Nothing,
    /// Those of one ref, environment, run or workload, or of a few.
    One,
    /// Those of one project, whatever of it asks: every branch and pull request, every workload of a namespace.
    Project,
    /// Those of every project of one owner.
    Owner,
    /// Those of everybody whom the issuer vouches for.
    Everybody,
}

impl Breadth {
    /// The word in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::One => "one",
            Self::Project => "project",
            Self::Owner => "owner",
            Self::Everybody => "everybody",
        }
    }
}

/// Who issues tokens, as far as that says what their claims mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issuer {
    /// Jobs of GitHub Actions.
    GitHub,
    /// Jobs of GitLab CI, of gitlab.com or of a GitLab of one's own.
    GitLab,
    /// Runs of HCP Terraform.
    Terraform,
    /// Workloads of one cluster.
    Kubernetes,
    /// Users of an identity pool of Cognito, whom the audience tells apart.
    Cognito,
    /// An issuer that vouches for anybody at all, whatever the claims mean.
    Public,
    /// Some other one.
    Other,
}

/// Hosts of issuers that anybody can have tokens of.
const PUBLIC: [&str; 8] = [
    "accounts.google.com",
    "agent.buildkite.com",
    "api.bitbucket.org",
    "graph.facebook.com",
    "oidc.circleci.com",
    "oidc.fly.io",
    "oidc.vercel.com",
    "www.amazon.com",
];

impl Issuer {
    /// Who has this address.
    #[must_use]
    pub fn of(host: &str) -> Self {
        let lower = host.to_ascii_lowercase();
        let domain = lower.split('/').next().unwrap_or_default();
        match domain {
            "token.actions.githubusercontent.com" => Self::GitHub,
            "app.terraform.io" => Self::Terraform,
            "cognito-identity.amazonaws.com" => Self::Cognito,
            "kubernetes" | "container.googleapis.com" => Self::Kubernetes,
            _ if domain.starts_with("oidc.eks.") || domain.starts_with("oidc-eks.") => Self::Kubernetes,
            _ if domain.split('.').any(|part| part == "gitlab") => Self::GitLab,
            _ if PUBLIC.contains(&domain) => Self::Public,
            _ => Self::Other,
        }
    }

    /// Whether anybody in the world can have a token of it.
    #[must_use]
    pub fn is_public(self, host: &str) -> bool {
        match self {
            Self::GitHub | Self::Terraform | Self::Cognito | Self::Public => true,
            Self::GitLab => host.split('/').next().is_some_and(|domain| domain.eq_ignore_ascii_case("gitlab.com")),
            Self::Kubernetes | Self::Other => false,
        }
    }
}

impl Federation {
    /// Who issues the tokens, by how the claims are written that are tested: an issuer of one's own has any address.
    #[must_use]
    pub fn issuer_by_tests(&self) -> Issuer {
        let begins = |stem: &str| {
            let admitted = self.tests_of("sub").filter_map(|test| test.admits.as_deref());
            admitted.flat_map(|own| &own.values).any(|value| value.starts_with(stem))
        };
        let tests = |claim: &str| self.tests_of(claim).next().is_some();
        if begins("system:serviceaccount:") {
            Issuer::Kubernetes
        } else if begins("repo:") || tests("repository") || tests("repository_owner") {
            Issuer::GitHub
        } else if begins("project_path:") || tests("project_path") || tests("namespace_path") {
            Issuer::GitLab
        } else {
            Issuer::Other
        }
    }

    /// How many of the issuer's tokens get in; none where that cannot be told.
    #[must_use]
    pub fn breadth(&self) -> Option<Breadth> {
        let issuer = self.issuer.as_deref().map_or(Issuer::Other, Issuer::of);
        let mut narrowest = Breadth::Everybody;
        let mut doubt = false;
        for test in &self.tests {
            match of_test(issuer, test) {
                Some(breadth) => narrowest = narrowest.min(breadth),
                None => doubt = true,
            }
        }
        // A test that is not understood may well let through one alone.
        (!doubt || narrowest <= Breadth::One).then_some(narrowest)
    }
}

fn of_test(issuer: Issuer, test: &ClaimTest) -> Option<Breadth> {
    match &*test.claim {
        "sub" | "subject" => of_values(test, |pattern| of_subject(issuer, pattern)),
        "aud" if issuer == Issuer::Cognito || matches!(issuer, Issuer::Public | Issuer::Other) => {
            of_values(test, |pattern| Some(if pattern.is_open() { Breadth::Everybody } else { Breadth::One }))
        }
        // Whoever asks for a token says for whom it is.
        "aud" | "iss" | "actor" | "ref" | "environment" | "event_name" => Some(Breadth::Everybody),
        "repository" | "project_path" => of_values(test, of_project),
        "repository_owner" | "repository_owner_id" | "namespace_path" | "namespace_id" => {
            of_values(test, |pattern| Some(if pattern.is_open() { Breadth::Everybody } else { Breadth::Owner }))
        }
        "repository_id" | "project_id" => {
            of_values(test, |pattern| Some(if pattern.is_open() { Breadth::Everybody } else { Breadth::Project }))
        }
        _ => None,
    }
}

/// A value, up to where it leaves open what comes.
struct Pattern<'p> {
    literal: &'p str,
    whole: &'p str,
}

impl Pattern<'_> {
    fn is_open(&self) -> bool {
        self.literal.len() < self.whole.len()
    }

    /// Whether it may go on in any way, of what begins with `stem`.
    fn leaves(&self, rest: &str, stem: &str) -> bool {
        self.is_open() && stem.starts_with(rest)
    }
}

/// The widest of several values, any of which will do.
fn of_values(test: &ClaimTest, of: impl Fn(&Pattern<'_>) -> Option<Breadth>) -> Option<Breadth> {
    let admits: &Admits = test.admits.as_deref()?;
    // Everybody but some is everybody else.
    if admits.negated {
        return Some(Breadth::Everybody);
    }
    let mut widest = Breadth::Nothing;
    for value in &admits.values {
        let at = value.find(['*', '?']);
        let breadth = match at {
            // Where a star is a star it is in no claim.
            Some(_) if !admits.wildcards => Some(Breadth::Nothing),
            Some(at) => of(&Pattern { literal: value.get(..at).unwrap_or_default(), whole: value }),
            None => of(&Pattern { literal: value, whole: value }),
        };
        widest = widest.max(breadth?);
    }
    Some(widest)
}

/// `OWNER/NAME`, whose owner anybody can choose a name beside.
fn of_project(pattern: &Pattern<'_>) -> Option<Breadth> {
    Some(match (pattern.literal.split_once('/'), pattern.is_open()) {
        (Some((owner, _)), true) if !owner.is_empty() => Breadth::Owner,
        (_, true) => Breadth::Everybody,
        (Some(_), false) => Breadth::Project,
        (None, false) => Breadth::Nothing,
    })
}

fn of_subject(issuer: Issuer, pattern: &Pattern<'_>) -> Option<Breadth> {
    if pattern.whole.bytes().all(|byte| byte == b'*') {
        return Some(Breadth::Everybody);
    }
    match issuer {
        Issuer::GitHub => of_pipeline(pattern, "repo:", &["ref:refs/heads/", "ref:refs/tags/", "environment:"]),
        Issuer::GitLab => of_pipeline(pattern, "project_path:", &["ref_type:branch:ref:", "ref_type:tag:ref:"]),
        Issuer::Terraform => of_run(pattern),
        Issuer::Kubernetes => of_workload(pattern),
        // The subject of a pool's principal is written as its issuer writes it.
        Issuer::Other if pattern.whole.starts_with("repo:") => of_subject(Issuer::GitHub, pattern),
        Issuer::Other if pattern.whole.starts_with("project_path:") => of_subject(Issuer::GitLab, pattern),
        Issuer::Other if pattern.whole.starts_with("system:serviceaccount:") => of_subject(Issuer::Kubernetes, pattern),
        Issuer::Cognito | Issuer::Public | Issuer::Other => (!pattern.is_open()).then_some(Breadth::One),
    }
}

/// `STEM:OWNER/NAME:WHAT`. Behind the name stands which of the project's refs or environments it is.
fn of_pipeline(pattern: &Pattern<'_>, stem: &str, all: &[&str]) -> Option<Breadth> {
    let Some(rest) = pattern.literal.strip_prefix(stem) else {
        // A subject of the owner's own making, unless the stem itself is left open.
        return pattern.leaves(pattern.literal, stem).then_some(Breadth::Everybody);
    };
    let Some((project, what)) = rest.split_once(':') else {
        return of_project(&Pattern { literal: rest, whole: pattern.whole.strip_prefix(stem)? })
            // Something always follows the name.
            .map(|breadth| if pattern.is_open() { breadth } else { Breadth::Nothing });
    };
    if !project.contains('/') {
        return Some(Breadth::Nothing);
    }
    let is_any = what == "pull_request" || all.iter().any(|own| pattern.leaves(what, own));
    Some(if is_any { Breadth::Project } else { Breadth::One })
}

/// `organization:ORG:project:NAME:workspace:NAME:run_phase:PHASE`.
fn of_run(pattern: &Pattern<'_>) -> Option<Breadth> {
    let mut parts = pattern.literal.split(':');
    let closed = parts.clone().count() - 1;
    if !pattern.is_open() {
        return Some(if closed == 7 { Breadth::One } else { Breadth::Nothing });
    }
    let own = parts.next().is_some_and(|first| "organization".starts_with(first));
    own.then_some(match closed {
        0 | 1 => Breadth::Everybody,
        2..=5 => Breadth::Owner,
        _ => Breadth::One,
    })
}

/// `system:serviceaccount:NAMESPACE:NAME`.
fn of_workload(pattern: &Pattern<'_>) -> Option<Breadth> {
    let stem = "system:serviceaccount:";
    let Some(rest) = pattern.literal.strip_prefix(stem) else {
        return pattern.leaves(pattern.literal, stem).then_some(Breadth::Everybody);
    };
    Some(match (rest.split_once(':'), pattern.is_open()) {
        (None, true) => Breadth::Everybody,
        (None, false) => Breadth::Nothing,
        (Some(_), true) => Breadth::Project,
        (Some(_), false) => Breadth::One,
    })
}
