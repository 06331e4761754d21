//! Teams and collaborators, for all repositories, some, or one.

use std::collections::{BTreeMap, BTreeSet};

use super::protection::{self, Branches};
use super::{Layer, layer};
use crate::facts::scope::Scope;
use crate::facts::{AccountFact, AccountKind, Facts, Gap, GrantFact, Granted, Holder, Native, Origin, Text};
use crate::formats::github::{Organisation, REPOSITORY_ROLES, UNNAMED, repository_role};
use crate::formats::{Lowering, Unit, UnitFile, system_of_type};
use crate::syntax::{Node, Span};

/// The system of settings where the configuration names none.
const KIND: &str = "github";

/// Lowers a unit: the files of one folder.
pub(super) fn lower(unit: &Unit<'_>) -> Facts {
    let mut facts = Facts::default();
    let Some(first) = unit.files.first() else { return facts };
    let system = system_of_type(first.system.as_ref().map(|hint| &hint.id), KIND);
    let name = system.split_once(':').map_or(UNNAMED, |(_, name)| name).to_lowercase();
    let own = Organisation { system, name };
    let mut reader = Reader { facts: &mut facts, own, accounts: BTreeSet::new() };
    let mut layers: Vec<Read> = Vec::new();
    let is_split = unit.files.iter().any(|file| layer(file.path) != Some(Layer::Organisation));
    for (place, file) in (0u32..).zip(&unit.files) {
        layers.extend(file.documents.iter().filter_map(|document| reader.read(place, file, document, is_split)));
    }
    if *reader.own.name == *UNNAMED
        && let Some(first) = layers.first()
    {
        reader.lowering(first.at.file).unresolved(
            Gap::Unknown,
            first.at.span,
            "nothing names the organisation of these settings; name it in `systems:` of countersign.yaml, as `github:ORG`",
            "what is granted counts in the system `github`, and joins with no other definition of the organisation",
        );
    }
    reader.give(&layers);
    protection::give(&reader.own, &layers, reader.facts);
    facts
}

/// What one file says.
pub(super) struct Read {
    /// The repositories that it is for, in lower case; none for all.
    pub(super) repositories: Option<Vec<String>>,
    /// Whether it is for one repository alone, which goes before what is said of some.
    pub(super) is_own: bool,
    pub(super) branches: Branches,
    /// What else protects: rulesets and environments.
    pub(super) others: Vec<crate::facts::ProtectionFact>,
    /// Where the file begins.
    pub(super) at: Origin,
    given: Vec<Given>,
}

/// Somebody is given a permission.
struct Given {
    to: Holder,
    /// The role that the permission stands for, and its rank among them.
    role: String,
    rank: usize,
    /// The repositories that the entry names for itself.
    only: Option<Vec<String>>,
    origin: Origin,
}

pub(super) struct Reader<'f> {
    pub(super) facts: &'f mut Facts,
    pub(super) own: Organisation,
    accounts: BTreeSet<Native>,
}

impl Reader<'_> {
    pub(super) fn lowering(&mut self, file: u32) -> Lowering<'_> {
        Lowering { facts: self.facts, file }
    }

    fn read(&mut self, place: u32, file: &UnitFile<'_>, document: &Node, is_split: bool) -> Option<Read> {
        let at = document.head();
        let named = document.at(&["repository", "name"]).and_then(Node::as_str).map(str::to_lowercase);
        let (repositories, is_own) = match layer(file.path)? {
            Layer::Organisation if !is_split && named.is_some() => (named.map(|name| vec![name]), true),
            Layer::Organisation => (None, false),
            Layer::Some => (Some(self.listed(place, document)), false),
            Layer::One(name) => (Some(vec![named.unwrap_or_else(|| name.to_lowercase())]), true),
        };
        if repositories.is_none() && !is_split {
            self.lowering(place).unresolved(
                Gap::Unknown,
                at,
                "these settings name no repository, so they are taken for those of every repository of the organisation",
                "more may count as given and as protected than is",
            );
        }
        self.lowering(place).count("settings");
        let given = self.given(place, document);
        let scopes = self.scopes(repositories.as_deref());
        let branches = protection::branches(self, place, document, &scopes);
        let others = protection::others(self, place, document, &scopes, repositories.is_none());
        Some(Read { repositories, is_own, branches, others, at: Origin { file: place, span: at }, given })
    }

    pub(super) fn scopes(&self, repositories: Option<&[String]>) -> Vec<Scope> {
        match repositories {
            Some(names) => names.iter().map(|name| self.own.repositories(name)).collect(),
            None => vec![self.own.repositories("*")],
        }
    }

    /// The repositories of a group of them, as far as the file lists them.
    fn listed(&mut self, place: u32, document: &Node) -> Vec<String> {
        let mut names = Vec::new();
        for key in ["suborgrepos", "suborgteams", "suborgproperties"] {
            let Some(entry) = document.entry(key) else { continue };
            for item in entry.value.one_or_many() {
                match item.as_text().filter(|name| key == "suborgrepos" && !name.contains(['*', '?', '['])) {
                    Some(name) => names.push(name.to_lowercase()),
                    None => self.lowering(place).unresolved(
                        Gap::Unsupported,
                        item.span,
                        "which repositories a pattern, a team or a property means is not followed",
                        "what these settings give on those repositories counts for nothing in the findings",
                    ),
                }
            }
        }
        names
    }

    fn given(&mut self, place: u32, document: &Node) -> Vec<Given> {
        let mut found = Vec::new();
        for (key, name) in [("collaborators", "username"), ("teams", "name")] {
            for entry in document.get(key).map(Node::one_or_many).unwrap_or_default() {
                let Some(written) = entry.get(name).and_then(Node::as_text).filter(|name| !name.is_empty()) else {
                    if !entry.is_null() {
                        let reason = format!("an entry of `{key}` has no `{name}`");
                        self.lowering(place).unresolved(Gap::Broken, entry.span, reason, "this entry is not evaluated");
                    }
                    continue;
                };
                let origin = Origin { file: place, span: entry.span };
                let to = match key {
                    "teams" => Holder::Group(self.own.native(written)),
                    _ => self.user(written, origin),
                };
                // A collaborator is given what the app's interface gives where nothing is said.
                let permission = entry.get("permission").and_then(Node::as_text).unwrap_or("push");
                let known = repository_role(permission);
                let role = known.map_or_else(|| format!("repository-role:{permission}"), str::to_owned);
                let rank = REPOSITORY_ROLES.iter().position(|(word, _)| role.strip_prefix("repo-") == Some(word));
                if entry.get("exclude").is_some_and(|own| !own.one_or_many().is_empty()) {
                    self.lowering(place).unresolved(
                        Gap::Unsupported,
                        entry.span,
                        format!("`{written}` is given this on all repositories but those under `exclude`"),
                        "it counts on those as well",
                    );
                }
                let only = entry
                    .get("include")
                    .map(|own| own.one_or_many().iter().filter_map(Node::as_text).map(str::to_lowercase).collect());
                found.push(Given { to, role, rank: rank.unwrap_or(usize::MAX), only, origin });
            }
        }
        found
    }

    pub(super) fn user(&mut self, login: &str, origin: Origin) -> Holder {
        let id = self.own.native(&login.to_lowercase());
        self.account(id, AccountKind::User, origin)
    }

    pub(super) fn account(&mut self, id: Native, kind: AccountKind, origin: Origin) -> Holder {
        if self.accounts.insert(id.clone()) {
            self.facts.accounts.push(AccountFact { id: id.clone(), kind, boundary: None, origin });
        }
        Holder::Account(id)
    }

    pub(super) fn grant(&mut self, to: Holder, role: &str, scope: Scope, origin: Origin) {
        let id = self.own.native(role);
        let is_built_in = !role.starts_with("repository-role:");
        if is_built_in && !self.facts.roles.iter().any(|own| own.id == id) {
            self.facts.roles.push(self.own.built_in(role, origin));
        }
        let system: Text = self.own.system.clone();
        self.facts.grants.push(GrantFact { scope, ..GrantFact::new(to, system, Granted::Role(id), origin) });
    }

    /// Grants what all layers together give. What is said of one repository goes before what is said of some of them.
    fn give(&mut self, layers: &[Read]) {
        let mut near: BTreeMap<(&str, &Holder), (bool, &Given)> = BTreeMap::new();
        for read in layers {
            for repository in read.repositories.iter().flatten() {
                for given in read.given.iter().filter(|own| is_for(own, repository)) {
                    let known = near.entry((repository, &given.to)).or_insert((read.is_own, given));
                    if read.is_own && !known.0 {
                        *known = (true, given);
                    }
                }
            }
        }
        for ((repository, to), (_, given)) in &near {
            self.grant((*to).clone(), &given.role, self.own.repositories(repository), given.origin);
        }
        for given in layers.iter().filter(|read| read.repositories.is_none()).flat_map(|read| &read.given) {
            for scope in self.scopes(given.only.as_deref()) {
                self.grant(given.to.clone(), &given.role, scope, given.origin);
            }
            let weaker = near.iter().filter(|((repository, to), (_, own))| {
                **to == given.to && own.rank < given.rank && is_for(given, repository)
            });
            let weaker: Vec<(String, Origin)> =
                weaker.map(|((repository, _), (_, own))| ((*repository).to_owned(), own.origin)).collect();
            for (repository, origin) in weaker {
                self.lowering(origin.file).unresolved(
                    Gap::Unsupported,
                    origin.span,
                    format!("less is given here on `{repository}` than on every repository"),
                    "what is given on every repository counts there as well",
                );
            }
        }
    }
}

fn is_for(given: &Given, repository: &str) -> bool {
    given.only.as_ref().is_none_or(|only| only.iter().any(|name| name == repository))
}

/// Where a node stands.
pub(super) fn origin(file: u32, span: Span) -> Origin {
    Origin { file, span }
}
