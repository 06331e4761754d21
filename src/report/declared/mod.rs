//! What is declared at one commit: the systems and what they mean for reporting, who can do what in them, who holds what
//! is privileged, the service identities and their credentials.
//!
//! It follows from the tree, the rules in it and an instant, and from no evaluation: whoever has the commit makes it again.

mod credentials;
mod privileged;
mod services;
mod systems;

use std::collections::BTreeMap;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

pub use self::credentials::CredentialReport;
pub use self::privileged::PrivilegedReport;
pub use self::services::ServiceReport;
pub use self::systems::{Can, MatrixRow, ProcessReport, SystemReport};
use crate::access::{Graph, PrincipalKind, Site, place};
use crate::duties::{Catalogue, Holdings, Matcher, Matches};
use crate::history::{CampaignReport, reviews};
use crate::rules::Rules;
use crate::source::Tree;
use crate::syntax::LineIndex;

/// A tree, read and joined.
#[derive(Debug, Clone, Copy)]
pub struct Tip<'a> {
    /// Its commit; nothing of files on disk.
    pub commit: Option<&'a str>,
    /// Its files.
    pub files: &'a Tree,
    /// The rules in it.
    pub rules: &'a Rules,
    /// Its definitions that could not be evaluated.
    pub not_evaluated: usize,
    /// What it declares, joined.
    pub graph: &'a Graph,
    /// The duties in force.
    pub catalogue: &'a Catalogue,
    /// What each container means.
    pub matches: &'a Matches,
    /// The instant, in epoch seconds.
    pub as_of: i64,
}

/// What is declared at a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Declared {
    /// The commit; absent of files on disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Why nothing of it could be told, where that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
    /// Definitions that could not be evaluated: what they declare is missing here.
    pub not_evaluated: u64,
    /// How many principals of each kind.
    pub principals: BTreeMap<String, u64>,
    /// Every system that a manifest describes or a definition names.
    pub systems: Vec<SystemReport>,
    /// Who can do what in the systems that carry a process.
    pub matrix: Vec<MatrixRow>,
    /// Who holds what is privileged.
    pub privileged: Vec<PrivilegedReport>,
    /// The service identities.
    pub services: Vec<ServiceReport>,
    /// The credentials.
    pub credentials: Vec<CredentialReport>,
    /// The access reviews, held against what is declared here.
    pub reviews: Vec<CampaignReport>,
}

/// A principal with what it holds.
struct Holder {
    id: String,
    kind: &'static str,
    holdings: Holdings,
}

/// Tells what is declared.
#[must_use]
pub fn declared(tip: &Tip<'_>) -> Declared {
    let matcher = Matcher { graph: tip.graph, catalogue: tip.catalogue, matches: tip.matches, as_of: tip.as_of };
    let mut holders: Vec<Holder> = tip
        .graph
        .principals()
        .into_par_iter()
        .filter_map(|(node, kind)| {
            let id = tip.graph.node(node)?.holder.to_string();
            Some(Holder { id, kind: kind_word(kind), holdings: matcher.principal(node) })
        })
        .collect();
    holders.sort_by(|a, b| a.id.cmp(&b.id));
    let mut principals: BTreeMap<String, u64> = BTreeMap::new();
    for holder in &holders {
        *principals.entry(holder.kind.to_owned()).or_default() += 1;
    }
    let (systems, matrix) = systems::systems(tip, &holders);
    let privileged = privileged::privileged(tip, &holders);
    Declared {
        commit: tip.commit.map(str::to_owned),
        unreadable: None,
        not_evaluated: tip.not_evaluated as u64,
        principals,
        systems,
        matrix,
        services: services::services(tip, &privileged),
        credentials: credentials::credentials(tip),
        reviews: reviews(&tip.rules.records, tip.graph, tip.as_of).campaigns,
        privileged,
    }
}

/// `file:line`, or nothing where no file says it.
fn at(tip: &Tip<'_>, site: Site) -> Option<String> {
    let place = place(&tip.graph.units, site)?;
    let bytes = tip.files.get(&place.file).and_then(|file| file.bytes());
    Some(match bytes {
        Some(bytes) => format!("{}:{}", place.file, LineIndex::new(bytes).position(place.span.start).line),
        None => place.file.to_string(),
    })
}

fn kind_word(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::Person => "person",
        PrincipalKind::Service => "service identity",
        PrincipalKind::Account => "account",
        PrincipalKind::Group => "group",
    }
}
