//! What branches, rulesets and environments ask for, and whom they do not bind.

use std::collections::{BTreeMap, BTreeSet};

use super::lower::{Read, Reader, origin};
use crate::facts::scope::Scope;
use crate::facts::{AccountKind, Approvals, Facts, Gap, GroupFact, Holder, Origin, Protected, ProtectionFact, Text};
use crate::formats::github::{Actor, BYPASS, Organisation, actor};
use crate::syntax::Node;

/// What a file says of branches, by name.
pub(super) type Branches = BTreeMap<Text, Branch>;

/// What a file says of one branch; nothing where another file's word stands.
pub(super) struct Branch {
    approvals: Option<Approvals>,
    checks: Option<Vec<Text>>,
    origin: Origin,
}

/// The elements of a list, or those under `include` of a map.
fn items<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    let list = node.get(key).filter(|own| !own.is_null());
    list.map(|own| own.get("include").unwrap_or(own).one_or_many()).unwrap_or_default()
}

fn texts(node: Option<&Node>) -> Vec<Text> {
    node.map(Node::one_or_many).unwrap_or_default().iter().filter_map(Node::as_text).map(Text::from).collect()
}

/// How many must approve by what is written under this key: nobody where it is null.
fn approvals(reviews: &Node) -> Approvals {
    if reviews.is_null() {
        return Approvals::Of(0);
    }
    let count = reviews.get("required_approving_review_count").and_then(Node::as_text);
    count.and_then(|own| own.parse().ok()).map_or(Approvals::Some, Approvals::Of)
}

/// What a file says of branches. Those whom a branch does not bind are given that at once.
pub(super) fn branches(reader: &mut Reader<'_>, place: u32, document: &Node, scopes: &[Scope]) -> Branches {
    let mut found = Branches::new();
    for branch in items(document, "branches") {
        let (Some(name), Some(protection)) = (branch.get("name").and_then(Node::as_text), branch.get("protection"))
        else {
            continue;
        };
        let reviews = protection.get("required_pull_request_reviews");
        let checks = protection.get("required_status_checks");
        // Without any protection nothing is asked for.
        let nothing = protection.is_null();
        let own = Branch {
            approvals: reviews.map(approvals).or(nothing.then_some(Approvals::Of(0))),
            checks: checks.map(|own| texts(own.get("contexts"))).or(nothing.then(Vec::new)),
            origin: origin(place, branch.span),
        };
        found.insert(name.into(), own);
        let Some(allowed) = reviews.and_then(|own| own.get("bypass_pull_request_allowances")) else { continue };
        for (kind, list) in ["users", "teams", "apps"].map(|kind| (kind, allowed.get(kind))) {
            for who in list.map(Node::one_or_many).unwrap_or_default() {
                let Some(name) = who.as_text() else { continue };
                let at = origin(place, who.span);
                let holder = match kind {
                    "users" => reader.user(name, at),
                    "teams" => Holder::Group(reader.own.native(name)),
                    _ => {
                        let id = reader.own.native(&format!("app:{name}"));
                        reader.account(id, AccountKind::ServiceAccount, at)
                    }
                };
                for scope in scopes {
                    reader.grant(holder.clone(), BYPASS, scope.clone(), at);
                }
            }
        }
    }
    found
}

/// What rulesets and environments of a file ask for.
pub(super) fn others(
    reader: &mut Reader<'_>,
    place: u32,
    document: &Node,
    scopes: &[Scope],
    is_whole: bool,
) -> Vec<ProtectionFact> {
    let mut found = Vec::new();
    for environment in items(document, "environments") {
        let Some(name) = environment.get("name").and_then(Node::as_text) else { continue };
        let reviewers = environment.get("reviewers").is_some_and(|own| !own.one_or_many().is_empty());
        found.extend(scopes.iter().map(|scope| ProtectionFact {
            scope: scope.clone(),
            except: Vec::new(),
            what: Protected::Environment(name.into()),
            approvals: Approvals::Of(u32::from(reviewers)),
            checks: Vec::new(),
            origin: origin(place, environment.span),
        }));
    }
    for ruleset in items(document, "rulesets") {
        let word = |key: &str| ruleset.get(key).and_then(Node::as_text);
        // What only observes, or nothing, binds nobody.
        if matches!(word("enforcement"), Some("disabled" | "evaluate"))
            || word("target").is_some_and(|own| own != "branch")
        {
            continue;
        }
        let mut scopes = scopes.to_vec();
        let names = |condition: &str, list: &str| texts(ruleset.at(&["conditions", condition, list]));
        if is_whole {
            let included = names("repository_name", "include");
            if !included.iter().any(|name| &**name == "~ALL") || !names("repository_name", "exclude").is_empty() {
                let plain = included.iter().filter(|name| !name.contains('*') && !name.starts_with('~'));
                scopes = plain.map(|name| reader.own.repositories(name)).collect();
            }
        }
        bypass(reader, place, ruleset, &scopes);
        let rule = |kind: &str| {
            let mut rules = ruleset.get("rules").map(Node::one_or_many).unwrap_or_default().iter();
            rules.find(|rule| rule.get("type").and_then(Node::as_text) == Some(kind))
        };
        let approvals = rule("pull_request")
            .map_or(Approvals::Unsaid, |own| own.get("parameters").map_or(Approvals::Some, approvals));
        let required = rule("required_status_checks").and_then(|own| own.at(&["parameters", "required_status_checks"]));
        let checks = required.map(Node::one_or_many).unwrap_or_default().iter().filter_map(|own| own.get("context"));
        let checks: Vec<Text> = checks.filter_map(Node::as_text).map(Text::from).collect();
        let excluded = names("ref_name", "exclude");
        for name in names("ref_name", "include").iter().filter(|name| !excluded.contains(name)) {
            let name = name.strip_prefix("refs/heads/").unwrap_or(name);
            found.extend(scopes.iter().map(|scope| ProtectionFact {
                scope: scope.clone(),
                except: Vec::new(),
                what: Protected::Branch(name.into()),
                approvals,
                checks: checks.clone(),
                origin: origin(place, ruleset.span),
            }));
        }
    }
    found
}

/// Whom a ruleset does not bind.
fn bypass(reader: &mut Reader<'_>, place: u32, ruleset: &Node, scopes: &[Scope]) {
    for entry in ruleset.get("bypass_actors").map(Node::one_or_many).unwrap_or_default() {
        let at = origin(place, entry.span);
        let number = entry.get("actor_id").and_then(Node::as_text).unwrap_or_default();
        let holder = match actor(entry.get("actor_type").and_then(Node::as_text), number) {
            Actor::Administrators => continue,
            Actor::Role(role) => {
                let reason = format!("everybody with the repository role `{role}` may bypass this ruleset");
                let lost = "who they are is not followed; fewer count as bypassing it than do";
                reader.lowering(place).unresolved(Gap::Unsupported, entry.span, reason, lost);
                continue;
            }
            Actor::App => {
                let id = reader.own.native(&format!("app:{number}"));
                reader.account(id, AccountKind::ServiceAccount, at)
            }
            Actor::DeployKeys => Holder::Group(reader.own.native("deploy-keys")),
            Actor::Other => {
                let id = reader.own.native(&format!("actor:{number}"));
                reader.facts.groups.push(GroupFact { id: id.clone(), members_listed: false, origin: at });
                Holder::Group(id)
            }
        };
        for scope in scopes {
            reader.grant(holder.clone(), BYPASS, scope.clone(), at);
        }
    }
}

/// Says of each repository what all layers together ask for: what is nearer to it goes before, key by key.
pub(super) fn give(own: &Organisation, layers: &[Read], facts: &mut Facts) {
    let mut order: Vec<&Read> = layers.iter().collect();
    order.sort_by_key(|read| (read.repositories.is_some(), read.is_own));
    let names: BTreeSet<&Text> = order.iter().flat_map(|read| read.branches.keys()).collect();
    for name in names {
        let saying = || order.iter().filter_map(|read| Some((*read, read.branches.get(name)?)));
        let near: BTreeSet<&String> = saying().flat_map(|(read, _)| read.repositories.iter().flatten()).collect();
        let fact = |scope: Scope, except: Vec<Scope>, said: &[&Branch]| {
            let last = said.last()?;
            Some(ProtectionFact {
                scope,
                except,
                what: Protected::Branch(name.clone()),
                approvals: said.iter().rev().find_map(|own| own.approvals).unwrap_or(Approvals::Of(0)),
                checks: said.iter().rev().find_map(|own| own.checks.clone()).unwrap_or_default(),
                origin: last.origin,
            })
        };
        let whole: Vec<&Branch> =
            saying().filter(|(read, _)| read.repositories.is_none()).map(|(_, branch)| branch).collect();
        let except = near.iter().map(|repository| own.repositories(repository)).collect();
        facts.protections.extend(fact(own.repositories("*"), except, &whole));
        for repository in near {
            let said: Vec<&Branch> = saying()
                .filter(|(read, _)| read.repositories.as_ref().is_none_or(|list| list.contains(repository)))
                .map(|(_, branch)| branch)
                .collect();
            facts.protections.extend(fact(own.repositories(repository), Vec::new(), &said));
        }
    }
    facts.protections.extend(layers.iter().flat_map(|read| read.others.iter().cloned()));
}
