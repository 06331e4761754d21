use super::shape::{Layout, layout};
use super::*;
use crate::facts::{Facts, Granted, Holder, Native, Patterns};
use crate::formats::manifest::render;
use crate::formats::{SystemHint, Unit, UnitFile};
use crate::syntax::{Span, SyntaxErrorKind, parse};

fn lowered(files: &[(&str, &str)], hint: Option<&str>) -> Facts {
    let parsed: Vec<(&str, Vec<Node>)> =
        files.iter().map(|(path, text)| (*path, parse(text.as_bytes()).unwrap())).collect();
    let files = parsed
        .iter()
        .map(|(path, documents)| UnitFile {
            path,
            documents: documents.iter().filter(|node| recognise(path, node)).collect(),
            system: hint.map(|id| SystemHint { id: id.into(), guardrail: false }),
        })
        .collect();
    (FORMAT.lower)(&Unit { files, tree: None })
}

fn shape_of(path: &str, text: &str) -> Option<Layout> {
    layout(path, &parse(text.as_bytes()).unwrap()[0])
}

/// What a role lets one do.
fn actions<'f>(facts: &'f Facts, role: &str) -> Vec<&'f Patterns> {
    let role = facts.roles.iter().find(|fact| &*fact.id.name == role).unwrap();
    role.statements.iter().map(|statement| &statement.actions).collect()
}

#[test]
fn cases() {
    insta::glob!("../../../testdata/formats", "peribolos-*", |folder| render::assert_case(&FORMAT, folder));
}

#[test]
fn layouts_are_told_by_their_keys() {
    assert_eq!(shape_of("x.yaml", "orgs: {acme: {members: [a]}}"), Some(Layout::Whole));
    assert_eq!(shape_of("x.yaml", "orgs: {acme: {colour: red}}"), None);
    assert_eq!(shape_of("x.yaml", "orgs: [acme]"), None);
    assert_eq!(shape_of("x.yaml", "admins: [a]\ndefault_repository_permission: read"), Some(Layout::Org));
    assert_eq!(shape_of("a/org.yaml", "admins: [a]\nmembers: [b]"), Some(Layout::Org));
    assert_eq!(shape_of("a/config.yaml", "admins: [a]\nmembers: [b]"), None);
    assert_eq!(shape_of("x.yaml", "teams: {t: {members: [a], privacy: closed}}"), Some(Layout::Teams));
    assert_eq!(shape_of("x.yaml", "teams: {t: {maintainers: [a]}}"), Some(Layout::Teams));
    assert_eq!(shape_of("x.yaml", "teams: {t: {members: [a]}}"), None);
    assert_eq!(shape_of("x/teams.yaml", "teams: {t: {members: [a]}}"), Some(Layout::Teams));
    assert_eq!(shape_of("x.yaml", "teams: {t: {teams: {u: {maintainers: [a]}}}}"), Some(Layout::Teams));
    assert_eq!(shape_of("x.yaml", "teams: [t]"), None);
    assert_eq!(shape_of("x.yaml", "teams: {t: {members: [a], privacy: closed}}\nservices: {}"), None);
    assert_eq!(shape_of("restrictions.yaml", "restrictions: [{path: acme/org.yaml, allowedRepos: [a]}]"), None);
    assert_eq!(shape_of("OWNERS", "reviewers: [a]\napprovers: [a]"), None);
}

#[test]
fn broken_texts_are_suspected_by_their_root_keys() {
    let error = SyntaxError { span: Span::default(), message: String::new(), kind: SyntaxErrorKind::Malformed };
    let suspects = |path: &str, text: &str| suspect(path, text, &error);
    assert_eq!(suspects("x.yaml", "orgs:\n  acme: ["), Some(Gap::Broken));
    assert_eq!(suspects("x.yaml", "teams:\n  a:\n    members: ["), Some(Gap::Broken));
    assert_eq!(suspects("x.yaml", "admins:\n- a\nmembers: ["), Some(Gap::Broken));
    assert_eq!(suspects("x.json", "{\"orgs\": {"), Some(Gap::Broken));
    assert_eq!(suspects("x.yaml", "teams:\n  a: ["), None);
    assert_eq!(suspects("x.yaml", "spec:\n  orgs: ["), None);
    assert_eq!(suspects("README.md", "orgs:\n  acme: ["), None);
}

#[test]
fn the_nearest_org_file_above_makes_the_unit() {
    let all = BTreeSet::from(["org.yaml", "c/acme/org.yaml", "c/acme/x/teams.yaml", "c/acme-labs/teams.yaml"]);
    assert_eq!(unit("c/acme/x/teams.yaml", &all), "c/acme/org.yaml");
    assert_eq!(unit("c/acme/org.yaml", &all), "c/acme/org.yaml");
    assert_eq!(unit("c/acme-labs/teams.yaml", &all), "org.yaml");
    assert_eq!(unit("other/github.yaml", &BTreeSet::from(["other/github.yaml"])), "other/github.yaml");
}

#[test]
fn logins_are_one_account_however_they_are_spelt() {
    let facts = lowered(
        &[("x.yaml", "orgs: {Acme: {members: [Bob, bob], admins: [BOB], default_repository_permission: read}}")],
        None,
    );
    let bob = Native::new("github:acme", "bob");
    assert_eq!(facts.accounts.iter().map(|account| account.id.clone()).collect::<Vec<_>>(), [bob]);
    assert_eq!(facts.memberships.len(), 1);
    assert_eq!(facts.tally, [("admin", 1), ("member", 2), ("org", 1)].into());
}

#[test]
fn each_permission_takes_in_the_weaker_ones() {
    let team = "orgs: {acme: {teams: {t: {repos: {a: read, b: triage, c: write, d: maintain, e: admin}}}}}";
    let facts = lowered(&[("x.yaml", team)], None);
    assert_eq!(actions(&facts, "repo-read"), [&Patterns::of(["repo:read"])]);
    assert_eq!(actions(&facts, "repo-triage"), [&Patterns::of(["repo:read", "repo:triage"])]);
    let write = ["repo:read", "repo:triage", "repo:write", "repo:review"];
    assert_eq!(actions(&facts, "repo-write"), [&Patterns::of(write)]);
    let admin = ["repo:read", "repo:triage", "repo:write", "repo:review", "repo:maintain", "repo:admin"];
    assert_eq!(actions(&facts, "repo-maintain"), [&Patterns::of(admin.iter().take(5).copied())]);
    assert_eq!(actions(&facts, "repo-admin"), [&Patterns::of(admin)]);
}

#[test]
fn owners_administer_every_repository() {
    let facts = lowered(&[("x.yaml", "orgs: {acme: {admins: [a]}}")], None);
    let owner = &facts.roles[0];
    assert_eq!(owner.statements[0].actions, Patterns::of(["org:owner", "org:audit-log", "team:maintain"]));
    assert!(owner.statements[0].scope.is_unknown());
    assert_eq!(owner.statements[1].actions.list.last().map(|action| &**action), Some("repo:admin"));
    assert_eq!(owner.statements[1].scope.to_string(), "repository acme/*");
}

#[test]
fn a_permission_that_is_not_written_gives_nothing() {
    let facts = lowered(&[("x.yaml", "orgs: {acme: {members: [a]}}")], None);
    assert_eq!(facts.grants, []);
    let facts = lowered(&[("x.yaml", "orgs: {acme: {members: [a], default_repository_permission: none}}")], None);
    assert_eq!(facts.grants, []);
    let facts = lowered(&[("x.yaml", "orgs: {acme: {members: [a], default_repository_permission: write}}")], None);
    assert_eq!(facts.grants[0].to, Holder::Group(Native::new("github:acme", "org-members")));
    assert_eq!(facts.grants[0].what, Granted::Role(Native::new("github:acme", "repo-write")));
    assert_eq!(facts.grants[0].scope.to_string(), "repository acme/*");
}

#[test]
fn a_child_team_belongs_to_its_parent_and_not_the_other_way() {
    let facts = lowered(&[("x.yaml", "orgs: {acme: {teams: {p: {members: [a], teams: {c: {members: [b]}}}}}}")], None);
    let edges: Vec<String> =
        facts.memberships.iter().map(|fact| format!("{} in {}", fact.member, fact.group.name)).collect();
    assert_eq!(edges, ["account:github:acme/a in p", "group:github:acme/c in p", "account:github:acme/b in c"]);
}

#[test]
fn a_configured_system_wins_where_it_can_mean_one_organisation() {
    let one = lowered(&[("x.yaml", "orgs: {acme: {admins: [a]}}")], Some("github:books"));
    assert_eq!(one.grants[0].system.as_ref(), "github:books");
    let two = lowered(&[("x.yaml", "orgs: {acme: {admins: [a]}, labs: {admins: [a]}}")], Some("github:books"));
    assert_eq!(two.grants.iter().map(|grant| &*grant.system).collect::<Vec<_>>(), ["github:acme", "github:labs"]);
    let root = lowered(&[("teams.yaml", "teams: {t: {members: [a], repos: {r: read}}}")], Some("github:books"));
    assert_eq!(root.unresolved, []);
    assert_eq!(root.grants[0].scope.to_string(), "repository books/r");
}

#[test]
fn teams_below_an_org_file_belong_to_its_folder() {
    let files = [
        ("c/acme/deep/er/teams.yaml", "teams: {t: {members: [a], repos: {r: read}}}"),
        ("c/acme/org.yaml", "admins: [a]\nmembers: [b]"),
    ];
    let facts = lowered(&files, None);
    assert_eq!(facts.unresolved, []);
    assert!(facts.groups.iter().all(|group| &*group.id.system == "github:acme"));
    // The organisation's own list is where a login is first met.
    assert_eq!(facts.accounts[0].origin.file, 1);
}
