//! Strangers whom an account lets act as it: what a policy is told of them, and what a finding about them shows.
//!
//! Whoever is described here is judged by what they hold, trust included; this is about those who are not: anybody, other
//! accounts of a cloud, and whoever an issuer of tokens vouches for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::describe::{Describe, Substance};
use super::finding::{Extent, ExtentPart, LocationRole};
use super::side::Tree;
use crate::access::federation::{Breadth, Federation, Issuer};
use crate::access::{EdgeKind, Graph, NodeId, Site, Trust, held, resource_part};
use crate::duties::Certainty;
use crate::facts::scope::Scope;
use crate::facts::{Condition, Constrains, Holder, Native, Trusted};
use crate::policy::RawFinding;
use crate::policy::input::{IssuerInput, TrustInput};
use crate::rules::{Rules, trusted_system};

/// Somebody whom an account lets act as it.
#[derive(Debug, Clone)]
pub(super) struct Stranger {
    pub(super) input: TrustInput,
    /// What narrows each way in, as a set in which what is wider has less.
    ways: BTreeSet<BTreeSet<Arc<str>>>,
    held: Certainty,
    site: Site,
}

/// What is known of a tree when strangers are looked for.
pub(super) struct Strangers<'a> {
    graph: &'a Graph,
    /// Accounts of AWS that are no strangers.
    known: BTreeSet<String>,
    /// Who has tokens of the issuers of each pool of Google Cloud, by the pool's node.
    pools: BTreeMap<NodeId, Vec<(String, Site)>>,
    as_of: i64,
}

/// Keys of conditions that narrow who anybody is. That somebody has a second factor, or tags of their own choice, is true
/// of strangers as well.
const WHO: [&str; 9] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "aws:vpcsourceip",
];

/// Keys that another account can only meet when it was meant: a secret that both know, or belonging to the organisation.
const MEANT: [&str; 1] = ["sts:externalid"];

/// Those whom anybody can be, by the type of system: anonymous ones, and those that need no more than some account.
const PUBLIC: [(&str, &str); 5] = [
    ("gcp", "allUsers"),
    ("gcp", "allAuthenticatedUsers"),
    ("kubernetes", "system:anonymous"),
    ("kubernetes", "system:unauthenticated"),
    ("kubernetes", "*"),
];

/// Roles that every cluster gives to everybody, for discovery and health (Kubernetes documentation, "Using RBAC
/// Authorization", API discovery roles).
const HARMLESS: [&str; 3] =
    ["clusterrole/system:public-info-viewer", "clusterrole/system:discovery", "clusterrole/system:basic-user"];

impl<'a> Strangers<'a> {
    pub(super) fn of_tree(tree: &'a Tree<'_>, rules: &Rules, as_of: i64) -> Self {
        let graph = &tree.graph;
        let mut known: BTreeSet<String> =
            rules.config.trusted_accounts.iter().filter_map(|own| trusted_system(own)).collect();
        known.extend(rules.config.systems.iter().map(|own| own.id.clone()));
        known.extend(graph.systems.iter().filter(|own| own.described).map(|own| own.id.to_string()));
        let mut pools: BTreeMap<NodeId, Vec<(String, Site)>> = BTreeMap::new();
        for number in 0.. {
            let id = NodeId(number);
            let Some(node) = graph.node(id) else { break };
            match &node.holder {
                // Whose identities are defined here is described here.
                Holder::Account(native)
                    if node.site.is_some() && native.system.starts_with("aws:") && !known.contains(&*native.system) =>
                {
                    known.insert(native.system.to_string());
                }
                Holder::Group(native) if native.name.starts_with("federated:") => {
                    for edge in graph.edges_of(id).iter().filter(|edge| edge.kind == EdgeKind::MemberOf) {
                        pools.entry(edge.to).or_default().push((native.name.to_string(), edge.site));
                    }
                }
                _ => {}
            }
        }
        Self { graph, known, pools, as_of }
    }

    /// The strangers whom a principal's accounts let in.
    pub(super) fn of(&self, principal: NodeId) -> Vec<Stranger> {
        let mut found: Vec<Stranger> = Vec::new();
        for node in self.graph.with_accounts(principal) {
            let Some(Holder::Account(account)) = self.graph.node(node).map(|node| &node.holder) else { continue };
            found.extend(self.graph.trusts_of(node).iter().filter_map(|trust| self.stranger(account, trust)));
        }
        found.extend(self.public(principal));
        found.sort_by(|a, b| (&a.input.id, &a.ways, a.site).cmp(&(&b.input.id, &b.ways, b.site)));
        found.dedup_by(|a, b| a.input.id == b.input.id && a.ways == b.ways);
        found
    }

    /// What is granted to those whom anybody can be.
    fn public(&self, principal: NodeId) -> Vec<Stranger> {
        let (system, name) = match self.graph.node(principal).map(|node| &node.holder) {
            Some(Holder::Group(native) | Holder::Account(native)) => (&native.system, &native.name),
            _ => return Vec::new(),
        };
        let kind = self.graph.systems.find(system).and_then(|idx| self.graph.systems.get(idx)).map(|own| &*own.kind);
        let kind = kind.unwrap_or_else(|| system.split(':').next().unwrap_or_default());
        if !PUBLIC.contains(&(kind, name)) {
            return Vec::new();
        }
        let all = held(self.graph, principal, self.as_of);
        let granted = all.into_iter().filter(|own| own.kind == crate::access::AccessKind::Grant);
        granted
            .filter_map(|own| {
                let role = own.id.split_once('/').map_or(&*own.id, |(_, role)| role);
                let is_role = own.id.starts_with("role:");
                let is_harmless = HARMLESS.contains(&role);
                let ways = BTreeSet::from([scope_conditions(&own.scope)]);
                let shown = if is_role { role } else { "permissions of its own" };
                (!is_harmless).then(|| Stranger {
                    input: TrustInput {
                        id: format!("{name} is granted {}", own.id),
                        account: own.id.to_string(),
                        name: shown.to_owned(),
                        system: own.system.to_string(),
                        party: name.to_string(),
                        ..trust("public")
                    },
                    ways,
                    held: Certainty::Certain,
                    site: own.site,
                })
            })
            .collect()
    }

    fn stranger(&self, account: &Native, written: &Trust) -> Option<Stranger> {
        let conditions: Vec<&Condition> =
            written.conditions.iter().filter_map(|id| self.graph.condition(*id)).collect();
        let base = TrustInput {
            account: format!("account:{account}"),
            name: short(&account.name),
            system: account.system.to_string(),
            ..trust("")
        };
        let pool = match &written.trusted {
            Trusted::Holder(holder @ Holder::Group(_)) => {
                self.graph.find(holder).and_then(|node| self.pools.get(&node))
            }
            _ => None,
        };
        let input = match &written.trusted {
            Trusted::Anyone => {
                let input = TrustInput { party: "anybody".to_owned(), kind: "anyone", ..base };
                self.asked(input, &conditions, &WHO)
            }
            Trusted::WhoeverMay { system, .. } => {
                self.foreign(account, system).then_some(())?;
                let input = TrustInput { party: system.to_string(), kind: "account", whole: Some(true), ..base };
                self.asked(input, &conditions, &WHO)
            }
            Trusted::Holder(Holder::Account(other)) if self.foreign(account, &other.system) => {
                let input = TrustInput { party: other.name.to_string(), kind: "account", whole: Some(false), ..base };
                self.asked(input, &conditions, &WHO)
            }
            // Google lets nobody else in by these names.
            Trusted::Holder(Holder::Group(group)) if PUBLIC.contains(&("gcp", &group.name)) => {
                let input = TrustInput { party: group.name.to_string(), kind: "anyone", ..base };
                self.asked(input, &conditions, &[])
            }
            trusted => {
                let federation = Federation::of(trusted, conditions.iter().copied())?;
                federated(base, trusted, &federation, pool, &conditions)
            }
        };
        let held = if input.unsure { Certainty::Unknown } else { Certainty::Certain };
        let beside: BTreeSet<Arc<str>> = input.narrowed_by.iter().map(|key| Arc::from(key.as_str())).collect();
        let mut ways: BTreeSet<BTreeSet<Arc<str>>> =
            input.subjects.iter().map(|subject| stems(subject).into_iter().chain(beside.clone()).collect()).collect();
        if ways.is_empty() {
            ways.insert(beside);
        }
        let texts: Vec<&str> = conditions.iter().map(|condition| &*condition.text).collect();
        let id = format!("{} by {} under {}", input.account, input.party, texts.join("; "));
        Some(Stranger { input: TrustInput { id, ..input }, ways, held, site: written.site })
    }

    /// Whether an account of AWS is another one than that which trusts, and nothing here knows it.
    fn foreign(&self, account: &Native, other: &str) -> bool {
        let is_account = |system: &str| trusted_system(system).as_deref() == Some(system);
        is_account(other) && *account.system != *other && !self.known.contains(other)
    }

    /// With what its conditions ask beside.
    fn asked(&self, input: TrustInput, conditions: &[&Condition], who: &[&str]) -> TrustInput {
        let mut narrowed_by = Vec::new();
        let mut unsure = false;
        for condition in conditions {
            let key = condition.key.to_ascii_lowercase();
            let listed = who.contains(&&*key) || MEANT.contains(&&*key);
            let by_values = condition.admits.as_deref().is_some_and(|own| {
                let open = |value: &Arc<str>| own.wildcards && value.bytes().all(|byte| byte == b'*');
                !own.negated && !own.absent && !own.values.is_empty() && !own.values.iter().any(open)
            });
            match condition.constrains {
                Constrains::No => {}
                _ if listed && (by_values || condition.constrains == Constrains::Yes) => {
                    narrowed_by.push(condition.key.to_string());
                }
                // A key that says nothing of who it is.
                Constrains::Yes => {}
                Constrains::Unknown if listed => {}
                Constrains::Unknown => unsure = true,
            }
        }
        narrowed_by.sort();
        narrowed_by.dedup();
        TrustInput { narrowed_by, unsure, ..input }
    }
}

fn trust(kind: &'static str) -> TrustInput {
    TrustInput {
        id: String::new(),
        account: String::new(),
        name: String::new(),
        system: String::new(),
        party: String::new(),
        kind,
        whole: None,
        issuer: None,
        admits: None,
        subjects: Vec::new(),
        audience: None,
        narrowed_by: Vec::new(),
        unsure: false,
    }
}

fn federated(
    base: TrustInput,
    trusted: &Trusted,
    federation: &Federation,
    pool: Option<&Vec<(String, Site)>>,
    conditions: &[&Condition],
) -> TrustInput {
    let host = federation.issuer.as_deref().map(str::to_owned).or_else(|| {
        let (name, _) = pool?.first()?;
        let name = name.strip_prefix("federated:")?.split(" if ").next()?;
        Some(name.strip_prefix("https://").unwrap_or(name).to_owned())
    });
    let issuer = match host.as_deref().map_or(Issuer::Other, Issuer::of) {
        Issuer::Other => federation.issuer_by_tests(),
        known => known,
    };
    let mut breadth = federation.breadth();
    // A condition of the pool's provider, or none that is known: the whole pool may be few.
    let open_pool = pool.is_some_and(|own| own.iter().any(|(name, _)| !name.contains(" if ")));
    if federation.issuer.is_none() && breadth == Some(Breadth::Everybody) && !open_pool {
        breadth = None;
    }
    // One claim tells the ways in: what several ask must hold together.
    let claims = ["sub", "repository", "repository_owner", "project_path", "namespace_path"];
    let claim = claims.into_iter().find(|claim| federation.tests_of(claim).next().is_some());
    let subjects: BTreeSet<String> = claim
        .into_iter()
        .flat_map(|claim| federation.tests_of(claim).collect::<Vec<_>>())
        .filter_map(|test| test.admits.as_deref().filter(|admits| !admits.negated))
        .flat_map(|admits| admits.values.iter().map(ToString::to_string))
        .collect();
    let others = |condition: &&&Condition| federation.others.contains(&condition.key);
    // All that is trusted of one pool is compared, whatever it is called by.
    let party = match (trusted, federation.issuer.as_deref()) {
        (_, Some(host)) => host.to_owned(),
        (Trusted::Holder(Holder::Group(group) | Holder::Account(group)), None) => pool_name(&group.name),
        _ => String::new(),
    };
    TrustInput {
        kind: "federation",
        party,
        issuer: Some(IssuerInput {
            kind: match issuer {
                Issuer::GitHub => "github",
                Issuer::GitLab => "gitlab",
                Issuer::Terraform => "terraform",
                Issuer::Kubernetes => "kubernetes",
                Issuer::Cognito => "cognito",
                Issuer::Public => "public",
                Issuer::Other => "other",
            },
            public: host.as_deref().is_some_and(|host| issuer.is_public(host)),
            host,
        }),
        admits: breadth.map(Breadth::as_str),
        subjects: subjects.into_iter().collect(),
        audience: federation
            .issuer
            .as_ref()
            .filter(|_| base.system.starts_with("aws"))
            .map(|_| federation.tests_of("aud").any(|test| test.admits.as_deref().is_none_or(|own| !own.negated))),
        narrowed_by: conditions
            .iter()
            .filter(others)
            .filter(|condition| condition.constrains == Constrains::Yes)
            .map(|condition| condition.key.to_string())
            .collect(),
        unsure: conditions.iter().filter(others).any(|condition| condition.constrains == Constrains::Unknown),
        ..base
    }
}

/// What a subject begins with, part by part, and the subject: a wider one has a part of what a narrower one has, so that
/// the extent of one covers that of the other.
fn stems(subject: &str) -> BTreeSet<Arc<str>> {
    let literal = subject.find(['*', '?']).map_or(subject, |at| subject.get(..at).unwrap_or_default());
    let mut found: BTreeSet<Arc<str>> = literal
        .match_indices([':', '/'])
        .map(|(at, _)| Arc::from(format!("{}*", literal.get(..=at).unwrap_or_default())))
        .collect();
    if !subject.bytes().all(|byte| byte == b'*') {
        found.insert(subject.into());
    }
    found
}

/// The pool in the name of a principal of Google Cloud.
fn pool_name(name: &str) -> String {
    let inner = name.split_once("/workloadIdentityPools/").and_then(|(_, rest)| rest.split('/').next());
    match inner {
        Some(pool) => format!("the pool {pool}"),
        None => name.strip_prefix("federated:").unwrap_or(name).to_owned(),
    }
}

fn scope_conditions(scope: &Scope) -> BTreeSet<Arc<str>> {
    let shown = super::proof::scope_words(scope);
    if shown.is_empty() { BTreeSet::new() } else { BTreeSet::from([shown.into()]) }
}

/// What people call an account: what stands behind the account's number in an ARN, an address, or its name.
pub(super) fn short(name: &str) -> String {
    if name.starts_with("arn:") {
        return resource_part(name).to_owned();
    }
    name.split_once(':').map_or(name, |(_, rest)| rest).to_owned()
}

impl Describe<'_> {
    /// What stands behind a finding that names strangers.
    pub(super) fn of_trusts(&self, raw: &RawFinding, trusts: &[Stranger]) -> Substance {
        let mut substance = Substance::default();
        let named = trusts.iter().filter(|own| raw.access.contains(&own.input.id));
        for own in named {
            let text = match own.input.kind {
                "public" => format!("{} is granted {}", own.input.party, own.input.name),
                _ => format!("lets {} act as {}", own.input.party, own.input.name),
            };
            if let Some(location) = self.location(own.site, LocationRole::Related, &text, false) {
                substance.in_scope |= self.evaluator.rules.in_scope.matches(&location.place.file);
                if substance.remedy.is_none() {
                    let key = raw.key.as_deref().unwrap_or_default();
                    substance.remedy = super::remedy::remedy(self.tree, &own.input, &location.place, key);
                }
                substance.locations.push(location);
            }
            let what: Arc<str> = format!("{} by {}", own.input.account, own.input.party).into();
            substance.extent.0.extend(own.ways.iter().map(|conditions| ExtentPart {
                scope: Scope::unknown(),
                held: own.held,
                conditions: conditions.clone(),
                apart: None,
                until: None,
                what: Some(what.clone()),
            }));
        }
        let parts: BTreeSet<ExtentPart> = std::mem::take(&mut substance.extent.0).into_iter().collect();
        substance.extent = Extent(parts.into_iter().collect());
        super::describe::order_locations(&mut substance.locations);
        substance
    }
}
