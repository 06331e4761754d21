//! The document of a credential, with what the rest of the tree says about it: who else uses it, whether there is a way
//! without it, and what its system asks of passwords.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::{Graph, PrincipalKind};
use crate::facts::{Cloud, CredentialFact, Facts, Holder, Native, PasswordRules, Rotation, Text, Trusted};
use crate::policy::input::{CredentialInput, HolderInput, PasswordsInput, PipelineInput, RotationInput};
use crate::rules::CredentialConfig;

/// The password of a user of AWS, which the account's policy is about (IAM user guide, "Set an account password policy").
const LOGIN: &str = "aws_iam_user_login_profile";

/// How groups of those are called whom an issuer of tokens vouches for.
const FEDERATED: &str = "federated:";

/// The issuers of the tokens of pipelines, as federations name them.
const ISSUERS: [&str; 2] = ["token.actions.githubusercontent.com", "gitlab"];

/// What bears on the credentials of a tree beside each of them.
pub(super) struct Around<'g> {
    /// The people whose accounts are linked.
    people: BTreeMap<&'g Holder, &'g Holder>,
    /// The workloads that use a credential.
    used_by: BTreeMap<&'g Native, BTreeSet<&'g Text>>,
    /// The clouds that something lets pipelines into by OIDC.
    federated: BTreeSet<Cloud>,
    /// What systems ask of passwords.
    passwords: BTreeMap<&'g Text, PasswordRules>,
}

impl<'g> Around<'g> {
    pub(super) fn of(graph: &'g Graph) -> Self {
        let mut around = Self {
            people: people(graph),
            used_by: BTreeMap::new(),
            federated: BTreeSet::new(),
            passwords: BTreeMap::new(),
        };
        for facts in graph.units.iter().map(|unit| &unit.facts) {
            around.federated.extend(federated(facts));
            for fact in &facts.credentials {
                around.used_by.entry(&fact.id).or_default().extend(&fact.detail.used_by);
                if let Some(rules) = fact.detail.rules {
                    around.passwords.insert(&fact.id.system, rules);
                }
            }
        }
        around
    }

    /// The document of a credential.
    pub(super) fn input(&self, fact: &CredentialFact, config: &CredentialConfig) -> CredentialInput {
        let used_by: Vec<String> =
            self.used_by.get(&fact.id).into_iter().flatten().map(|name| name.to_string()).collect();
        let detail = &fact.detail;
        CredentialInput {
            id: fact.id.name.to_string(),
            kind: fact.kind.as_str(),
            system: fact.id.system.to_string(),
            holder: HolderInput {
                id: fact.holder.to_string(),
                kind: match fact.holder {
                    Holder::Person(_) => "person",
                    Holder::Service(_) => "service",
                    Holder::Account(_) => "account",
                    Holder::Group(_) => "group",
                },
            },
            lifetime: fact.lifetime.into(),
            created: fact.created,
            max_age_days: config.days(fact.kind),
            declared_as: detail.declared_as.as_ref().map(ToString::to_string),
            literal: detail.is_literal,
            rotation: detail.rotation.map(|rotation| match rotation {
                Rotation::Off => RotationInput { kind: "off", days: None },
                Rotation::Every(days) => RotationInput { kind: "every", days: Some(days) },
                Rotation::Unsaid => RotationInput { kind: "unsaid", days: None },
            }),
            pipeline: detail
                .pipeline
                .map(|cloud| PipelineInput { cloud: cloud.as_str(), federation: self.federated.contains(&cloud) }),
            person: if used_by.is_empty() { None } else { self.person(&fact.holder) },
            used_by,
            passwords: self.passwords(fact),
        }
    }

    /// The person behind a holder.
    fn person(&self, holder: &Holder) -> Option<String> {
        let own = matches!(holder, Holder::Person(_)).then_some(holder);
        own.or_else(|| self.people.get(holder).copied()).map(ToString::to_string)
    }

    /// What is asked of passwords: as a policy says, or of the password of somebody whose system has none in the tree.
    fn passwords(&self, fact: &CredentialFact) -> Option<PasswordsInput> {
        let of = |declared, rules: PasswordRules| PasswordsInput {
            declared,
            min_length: rules.min_length,
            classes: rules.classes,
            history: rules.history,
            attempts: rules.attempts,
        };
        if let Some(rules) = fact.detail.rules {
            return Some(of(true, rules));
        }
        let is_login = fact.detail.declared_as.as_deref() == Some(LOGIN);
        (is_login && !self.passwords.contains_key(&fact.id.system)).then(|| of(false, PasswordRules::default()))
    }
}

/// The accounts that are somebody's, with whose.
fn people(graph: &Graph) -> BTreeMap<&Holder, &Holder> {
    let people = graph.principals().into_iter().filter(|(_, kind)| *kind == PrincipalKind::Person);
    let owned = people.flat_map(|(node, _)| graph.with_accounts(node).skip(1).map(move |account| (account, node)));
    owned.filter_map(|(account, person)| Some((&graph.node(account)?.holder, &graph.node(person)?.holder))).collect()
}

/// The clouds that a unit lets pipelines into by OIDC: a federation with the issuer of their tokens, or a job that takes
/// on an identity there.
fn federated(facts: &Facts) -> BTreeSet<Cloud> {
    let groups = facts.groups.iter().filter(|group| {
        let issuer = group.id.name.strip_prefix(FEDERATED).unwrap_or_default();
        ISSUERS.iter().any(|own| issuer.contains(own))
    });
    let jobs: BTreeSet<&Native> = facts.jobs.iter().map(|job| &job.account).collect();
    let taken = facts.trusts.iter().filter(|trust| match &trust.trusted {
        Trusted::Holder(Holder::Account(account)) => jobs.contains(account),
        _ => false,
    });
    let systems = groups.map(|group| &group.id.system).chain(taken.map(|trust| &trust.target.system));
    systems.filter_map(|system| Cloud::of_system(system)).collect()
}
