//! Trust in those whom somebody else vouches for: whose tokens let in, what is asked of them, and how many they are.
//!
//! Three clouds write it in three ways. AWS trusts an identity provider and tests claims by conditions, Entra names one
//! subject of an issuer, Google Cloud names principals of a pool. All come to the same: an issuer as far as it is named,
//! and tests of claims.

mod breadth;
mod tokens;

use std::sync::Arc;

pub use breadth::{Breadth, Issuer};
pub(super) use tokens::verdict;
pub use tokens::{Fit, Verdict};

use crate::facts::{Admits, Condition, Constrains, Holder, Text, Trusted};

/// Who is let in by tokens of an issuer.
#[derive(Debug, Clone, PartialEq)]
pub struct Federation {
    /// The host and path of the issuer's address; none where a pool of Google Cloud hides it.
    pub issuer: Option<Text>,
    /// What is asked of the token. All must hold.
    pub tests: Vec<ClaimTest>,
    /// Conditions on something else than the token, by their keys.
    pub others: Vec<Text>,
}

/// What is asked of one claim.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimTest {
    /// The claim, such as `sub`.
    pub claim: Text,
    /// The values under which it holds; none where that cannot be said.
    pub admits: Option<Arc<Admits>>,
}

/// What groups of users of an identity provider are named by.
const FEDERATED: &str = "federated:";

/// What names of principals of pools begin with, before the pool, and what stands behind it.
const POOLS: &str = "//iam.googleapis.com/projects/";

impl Federation {
    /// What a trust says of tokens. None where it is in somebody whom no token makes.
    pub fn of<'c>(trusted: &Trusted, conditions: impl IntoIterator<Item = &'c Condition>) -> Option<Self> {
        let conditions: Vec<&Condition> = conditions.into_iter().collect();
        let (provider, own) = match trusted {
            Trusted::Holder(Holder::Group(group)) => match group.name.strip_prefix(FEDERATED) {
                Some(provider) => (Some(issuer_of(provider)?), None),
                None => (None, Some(pool_test(&group.name)?)),
            },
            Trusted::Holder(Holder::Account(account)) => (None, Some(principal_test(&account.name)?)),
            _ => return None,
        };
        // Of a provider that is not known the conditions may tell whose tokens it takes.
        let unknown = provider.is_some_and(is_open);
        let mut hosts = conditions.iter().filter_map(|own| own.key.rsplit_once(':'));
        let named = hosts.find(|(host, claim)| is_claim(claim) && host.contains('.') && !is_open(host));
        let issuer = if unknown { named.map(|(host, _)| host) } else { provider };
        let mut found =
            Self { issuer: issuer.map(Text::from), tests: own.flatten().into_iter().collect(), others: Vec::new() };
        for condition in &conditions {
            match claim_of(&condition.key, issuer, unknown) {
                // What is true of every token asks nothing.
                Some(_) if condition.constrains == Constrains::No => {}
                Some(claim) => found.tests.push(ClaimTest { claim, admits: condition.admits.clone() }),
                None => found.others.push(condition.key.clone()),
            }
        }
        // Whether an unknown provider takes tokens at all is only told by what is asked of them.
        (!unknown || !found.tests.is_empty()).then_some(found)
    }

    /// What is asked of a claim.
    pub fn tests_of<'s>(&'s self, claim: &'s str) -> impl Iterator<Item = &'s ClaimTest> {
        self.tests.iter().filter(move |test| &*test.claim == claim)
    }
}

/// The host and path of an issuer, of what a provider is named by. None for a provider whose assertions are no tokens.
fn issuer_of(provider: &str) -> Option<&str> {
    let provider = provider.split(" if ").next().unwrap_or(provider);
    if provider.contains(":saml-provider/") || provider.starts_with("saml:") || provider.starts_with("aws:") {
        return None;
    }
    let host = provider.split_once(":oidc-provider/").map_or(provider, |(_, host)| host);
    Some(host.strip_prefix("https://").unwrap_or(host).trim_end_matches('/'))
}

/// Whether a name stands for something that is only known elsewhere.
fn is_open(name: &str) -> bool {
    name.contains(['<', '$'])
}

/// Whether a claim is one that every issuer writes.
fn is_claim(claim: &str) -> bool {
    ["sub", "aud"].iter().any(|own| own.eq_ignore_ascii_case(claim))
}

/// The claim that a condition tests, if it tests one: `HOST:sub` of AWS, `sub` of Entra. Where the provider is not known,
/// neither need its name in the key be.
fn claim_of(key: &str, issuer: Option<&str>, unknown: bool) -> Option<Text> {
    match key.rsplit_once(':') {
        Some((host, claim)) => {
            let is_own = issuer.is_some_and(|own| own.eq_ignore_ascii_case(host));
            (is_own || unknown && is_open(host)).then(|| claim.to_ascii_lowercase().into())
        }
        None => Some(key.into()),
    }
}

fn exactly(claim: &str, value: &str) -> ClaimTest {
    let admits = Admits { values: vec![value.into()], ..Admits::default() };
    ClaimTest { claim: claim.into(), admits: Some(Arc::new(admits)) }
}

/// What a set of principals of a pool asks: nothing of all of them, else one value of an attribute (IAM documentation,
/// "Principal identifiers"). Attributes are taken for the claims that they are called by.
fn pool_test(name: &str) -> Option<Option<ClaimTest>> {
    let inner = name.strip_prefix("principalSet:")?.strip_prefix(POOLS)?.split_once("/workloadIdentityPools/")?.1;
    match inner.split_once('/')?.1 {
        "*" => Some(None),
        own => {
            let (attribute, value) = own.strip_prefix("attribute.")?.split_once('/')?;
            Some(Some(exactly(attribute, value)))
        }
    }
}

/// What one principal of a pool asks. A service account of GKE is one too: `PROJECT.svc.id.goog[NAMESPACE/NAME]`.
fn principal_test(name: &str) -> Option<Option<ClaimTest>> {
    if let Some(member) = name.strip_prefix("serviceAccount:") {
        let (namespace, account) =
            member.split_once(".svc.id.goog[")?.1.strip_suffix(']').and_then(|inner| inner.split_once('/'))?;
        return Some(Some(exactly("sub", &format!("system:serviceaccount:{namespace}:{account}"))));
    }
    let inner = name.strip_prefix("principal:")?.strip_prefix(POOLS)?;
    Some(Some(exactly("sub", inner.split_once("/subject/")?.1)))
}

#[cfg(test)]
mod tests;
