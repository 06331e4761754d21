//! Whom the rules of branches do not bind (GitHub documentation, "About protected branches" and "About rulesets").
//!
//! Administrators of a repository can change its rules, which their role already says.

use super::{block, each, give, organisation, repositories, teams, text, user};
use crate::facts::scope::Scope;
use crate::facts::{AccountKind, Approvals, Gap, Holder, Origin, Protected, ProtectionFact, Text};
use crate::formats::configuration::providers::arguments::WHO;
use crate::formats::configuration::providers::{Lowering, Row};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::{Unknown, Value};
use crate::formats::github::{self, Actor, BYPASS, Organisation};

/// The rows of the table of resource types.
pub(super) const ROWS: &[Row] = &[
    ("github_branch_protection", protection),
    ("github_branch_protection_v3", protection_v3),
    ("github_repository_ruleset", |own, lowering| ruleset(own, lowering, false)),
    ("github_organization_ruleset", |own, lowering| ruleset(own, lowering, true)),
    ("github_repository_environment", environment),
];

/// How many must approve by a block that asks for reviews. Without a number some must.
fn approvals(reviews: Option<&Value>, otherwise: Approvals) -> Approvals {
    let Some(reviews) = reviews else { return otherwise };
    let count = reviews.get("required_approving_review_count").and_then(text).and_then(|own| own.parse().ok());
    count.map_or(Approvals::Some, Approvals::Of)
}

/// The names of checks in a list of texts, or of blocks that name one each.
fn checks(list: Option<&Value>) -> Vec<Text> {
    let members = list.map(|own| own.possible_members().0).unwrap_or_default();
    members.into_iter().filter_map(|own| text(own.get("context").unwrap_or(own)).map(Text::from)).collect()
}

fn protects(
    scopes: &[Scope],
    what: &Protected,
    approvals: Approvals,
    checks: &[Text],
    origin: Origin,
    lowering: &mut Lowering<'_>,
) {
    let facts = scopes.iter().map(|scope| ProtectionFact {
        scope: scope.clone(),
        except: Vec::new(),
        what: what.clone(),
        approvals,
        checks: checks.to_vec(),
        origin,
    });
    lowering.facts.protections.extend(facts);
}

/// The branch that an argument names; one that is not known is no branch that is protected.
fn branch(resource: &Resource, argument: &str) -> Option<Protected> {
    resource.get(argument).and_then(Value::as_str).map(|name| Protected::Branch(name.into()))
}

/// An environment: jobs that name it run when one of its reviewers lets them (GitHub documentation, "Managing
/// environments for deployment", required reviewers).
fn environment(resource: &Resource, lowering: &mut Lowering<'_>) {
    let own = organisation(resource, lowering);
    let scopes = scopes(resource, "repository", &own, lowering);
    let Some(name) = resource.get("environment").and_then(Value::as_str) else { return };
    let reviewers = block(&resource.attributes, "reviewers");
    let asked = |kind: &str| {
        let list = reviewers.and_then(|own| own.get(kind));
        list.is_some_and(|own| own.as_unknown().is_some() || !own.possible_members().0.is_empty())
    };
    let approvals = Approvals::Of(u32::from(asked("users") || asked("teams")));
    let what = Protected::Environment(name.into());
    protects(&scopes, &what, approvals, &[], resource.origin, lowering);
}

fn scopes(resource: &Resource, argument: &str, own: &Organisation, lowering: &mut Lowering<'_>) -> Vec<Scope> {
    let Some(repository) = resource.get(argument) else { return vec![own.repositories("*")] };
    repositories(repository, lowering).iter().map(|name| own.repositories(name)).collect()
}

fn bypass(own: &Organisation, who: &Holder, scopes: &[Scope], origin: Origin, lowering: &mut Lowering<'_>) {
    for scope in scopes {
        give(own, who.clone(), BYPASS, scope.clone(), origin, lowering);
    }
}

/// The newer resource: people as `/login`, teams as `organisation/slug`, or either by reference.
fn protection(resource: &Resource, lowering: &mut Lowering<'_>) {
    let own = organisation(resource, lowering);
    let scopes = scopes(resource, "repository_id", &own, lowering);
    let reviews = block(&resource.attributes, "required_pull_request_reviews");
    if let Some(branch) = branch(resource, "pattern") {
        let checks = checks(block(&resource.attributes, "required_status_checks").and_then(|own| own.get("contexts")));
        protects(&scopes, &branch, approvals(reviews, Approvals::Of(0)), &checks, resource.origin, lowering);
    }
    let lists = [reviews.and_then(|own| own.get("pull_request_bypassers")), resource.get("force_push_bypassers")];
    for list in lists.into_iter().flatten() {
        for (who, origin) in actors(&own, list, lowering) {
            bypass(&own, &who, &scopes, origin, lowering);
        }
    }
}

fn actors(own: &Organisation, list: &Value, lowering: &mut Lowering<'_>) -> Vec<(Holder, Origin)> {
    each(list, lowering, |lowering, actor, unknown| {
        if let Some((resource, _)) = lowering.resolve(actor) {
            match resource.kind() {
                "github_team" => {
                    let (team, origin) = teams(actor, lowering).pop()?;
                    return Some((Holder::Group(own.native(&team)), origin));
                }
                "github_user" => {
                    let login = resource.get("username").and_then(text)?.to_lowercase();
                    return Some((user(own, &login, actor.origin, lowering), actor.origin));
                }
                _ => {}
            }
        }
        let open = unknown.cloned().or_else(|| actor.first_unknown().map(|unknown| Unknown::clone(unknown)));
        if let Some(unknown) = open {
            lowering.unknown(&unknown, actor.origin, WHO);
        }
        let written = text(actor)?;
        Some(match written.split_once('/') {
            Some(("", login)) => (user(own, &login.to_lowercase(), actor.origin, lowering), actor.origin),
            Some((_, slug)) => (Holder::Group(own.native(&super::by_slug(slug, lowering))), actor.origin),
            // An id of the API: whose, nothing here says.
            None => {
                let id = own.native(&format!("actor:{written}"));
                lowering.group(id.clone(), false, actor.origin);
                (Holder::Group(id), actor.origin)
            }
        })
    })
}

/// The older resource: people by login, teams by slug, and apps.
fn protection_v3(resource: &Resource, lowering: &mut Lowering<'_>) {
    let own = organisation(resource, lowering);
    let scopes = scopes(resource, "repository", &own, lowering);
    let reviews = block(&resource.attributes, "required_pull_request_reviews");
    if let Some(branch) = branch(resource, "branch") {
        let required = block(&resource.attributes, "required_status_checks");
        let own = ["checks", "contexts"].map(|name| checks(required.and_then(|own| own.get(name))));
        protects(&scopes, &branch, approvals(reviews, Approvals::Of(0)), &own.concat(), resource.origin, lowering);
    }
    let Some(allowed) = reviews.and_then(|own| block(own, "bypass_pull_request_allowances")) else { return };
    for (login, origin) in allowed.get("users").map(|own| super::logins(own, lowering)).unwrap_or_default() {
        let who = user(&own, &login, origin, lowering);
        bypass(&own, &who, &scopes, origin, lowering);
    }
    for (team, origin) in allowed.get("teams").map(|own| teams(own, lowering)).unwrap_or_default() {
        bypass(&own, &Holder::Group(own.native(&team)), &scopes, origin, lowering);
    }
    for app in allowed.get("apps").map(Value::one_or_many).unwrap_or_default() {
        let Some(name) = text(app) else { continue };
        let who = application(&own, &name, app.origin, lowering);
        bypass(&own, &who, &scopes, app.origin, lowering);
    }
}

fn application(own: &Organisation, name: &str, origin: Origin, lowering: &mut Lowering<'_>) -> Holder {
    let id = own.native(&format!("app:{name}"));
    lowering.account(id.clone(), AccountKind::ServiceAccount, origin);
    Holder::Account(id)
}

fn ruleset(resource: &Resource, lowering: &mut Lowering<'_>, whole: bool) {
    // What only observes, or nothing, binds nobody.
    if matches!(resource.get("enforcement").and_then(Value::as_str), Some("disabled" | "evaluate")) {
        return;
    }
    let own = organisation(resource, lowering);
    let scopes = if whole { vec![own.repositories("*")] } else { scopes(resource, "repository", &own, lowering) };
    rules(resource, &own, &scopes, whole, lowering);
    let (actors, rest) = resource.get("bypass_actors").map(Value::possible_members).unwrap_or_default();
    if let Some(rest) = rest.cloned() {
        lowering.unknown(&rest, resource.origin, "more may bypass this ruleset than shown");
    }
    for actor in actors {
        let id = actor.get("actor_id");
        let number = id.and_then(text).unwrap_or_default();
        let who = match github::actor(actor.get("actor_type").and_then(Value::as_str), &number) {
            Actor::Administrators => continue,
            Actor::Role(role) => {
                let reason = format!("everybody with the repository role `{role}` may bypass this ruleset");
                let consequence = "who they are is not followed; fewer count as bypassing it than do";
                lowering.unresolved(Gap::Unsupported, actor.origin, reason, consequence);
                continue;
            }
            Actor::App => application(&own, &number, actor.origin, lowering),
            Actor::DeployKeys => {
                let id = own.native("deploy-keys");
                lowering.group(id.clone(), false, actor.origin);
                Holder::Group(id)
            }
            Actor::Other => match id.filter(|id| lowering.resolve(id).is_some()) {
                Some(id) => match teams(id, lowering).pop() {
                    Some((team, _)) => Holder::Group(own.native(&team)),
                    None => continue,
                },
                None => unknown_team(&own, &number, actor.origin, lowering),
            },
        };
        bypass(&own, &who, &scopes, actor.origin, lowering);
    }
}

/// What a ruleset asks of changes of the branches that it is for. One for repositories by pattern is not followed.
fn rules(resource: &Resource, own: &Organisation, scopes: &[Scope], whole: bool, lowering: &mut Lowering<'_>) {
    let conditions = block(&resource.attributes, "conditions");
    let names = |value: Option<&Value>, list: &str| -> Vec<Text> {
        let members = value.and_then(|own| own.get(list)).map(|own| own.possible_members().0).unwrap_or_default();
        members.into_iter().filter_map(|own| text(own).map(Text::from)).collect()
    };
    let mut scopes = scopes.to_vec();
    if whole {
        let repositories = conditions.and_then(|own| block(own, "repository_name"));
        if !names(repositories, "exclude").is_empty() {
            return;
        }
        let included = names(repositories, "include");
        if !included.iter().any(|name| &**name == "~ALL") {
            scopes = included.iter().filter(|name| !name.contains('*')).map(|name| own.repositories(name)).collect();
        }
    }
    let Some(rules) = block(&resource.attributes, "rules") else { return };
    let reference = conditions.and_then(|own| block(own, "ref_name"));
    let excluded = names(reference, "exclude");
    let required = block(rules, "required_status_checks");
    let checks = checks(required.and_then(|own| own.get("required_check")));
    let approvals = approvals(block(rules, "pull_request"), Approvals::Unsaid);
    if resource.get("target").and_then(Value::as_str).is_some_and(|target| target != "branch") {
        return;
    }
    for name in names(reference, "include").iter().filter(|name| !excluded.contains(name)) {
        let branch = Protected::Branch(name.strip_prefix("refs/heads/").unwrap_or(name).into());
        protects(&scopes, &branch, approvals, &checks, resource.origin, lowering);
    }
}

/// A team or another actor by its number alone: a group whose members nobody lists.
fn unknown_team(own: &Organisation, number: &str, origin: Origin, lowering: &mut Lowering<'_>) -> Holder {
    let id = own.native(&format!("actor:{number}"));
    lowering.group(id.clone(), false, origin);
    lowering.unresolved(Gap::Unknown, origin, format!("nothing here says who the actor {number} is"), WHO);
    Holder::Group(id)
}
