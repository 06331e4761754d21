//! How wide trust in tokens is, and which tokens get in.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::facts::{Native, Origin, TokenFact, TokenWay};
use crate::syntax::Span;

const GITHUB: &str = "federated:arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";

fn group(name: &str) -> Trusted {
    Trusted::Holder(Holder::Group(Native::new("aws:111122223333", name)))
}

fn condition(key: &str, values: &[&str], wildcards: bool) -> Condition {
    let values = values.iter().map(|value| Text::from(*value)).collect();
    let admits = Admits { values, wildcards, ..Admits::default() };
    Condition { admits: Some(Arc::new(admits)), ..Condition::new(key, "", Constrains::Yes) }
}

fn breadth(provider: &str, subject: &str) -> Option<Breadth> {
    let trusted = group(&format!("federated:{provider}"));
    let federation = Federation::of(&trusted, &[condition(&format!("{provider}:sub"), &[subject], true)]);
    federation.unwrap().breadth()
}

#[test]
fn subjects_are_as_wide_as_what_they_leave_open() {
    use Breadth::{Everybody, Nothing, One, Owner, Project};
    let github = "token.actions.githubusercontent.com";
    let (gitlab, cluster, terraform) = ("gitlab.com", "oidc.eks.eu-west-1.amazonaws.com/id/AB", "app.terraform.io");
    for (provider, subject, wanted) in [
        (github, "*", Some(Everybody)),
        (github, "re*", Some(Everybody)),
        (github, "repo:*", Some(Everybody)),
        (github, "repo:acme*", Some(Everybody)),
        (github, "repo:*/app:*", Some(Everybody)),
        (github, "repo:acme/*", Some(Owner)),
        (github, "repo:acme/*:ref:refs/heads/main", Some(Owner)),
        (github, "repo:acme/app*", Some(Owner)),
        (github, "repo:acme/app:*", Some(Project)),
        (github, "repo:acme/app:ref:*", Some(Project)),
        (github, "repo:acme/app:ref:refs/heads/*", Some(Project)),
        (github, "repo:acme/app:pull_request", Some(Project)),
        (github, "repo:acme/app:environment:*", Some(Project)),
        (github, "repo:acme/app:ref:refs/heads/release/*", Some(One)),
        (github, "repo:acme/app:ref:refs/heads/main", Some(One)),
        (github, "repo:acme/app", Some(Nothing)),
        (github, "repo:acme", Some(Nothing)),
        (github, "repository_owner:acme:*", None),
        (gitlab, "project_path:*", Some(Everybody)),
        (gitlab, "project_path:acme/*", Some(Owner)),
        (gitlab, "project_path:acme/*:ref_type:branch:ref:main", Some(Owner)),
        (gitlab, "project_path:acme/deep/app:*", Some(Project)),
        (gitlab, "project_path:acme/app:ref_type:branch:ref:*", Some(Project)),
        (gitlab, "project_path:acme/app:ref_type:branch:ref:main", Some(One)),
        (cluster, "system:serviceaccount:*", Some(Everybody)),
        (cluster, "system:serviceaccount:*:app", Some(Everybody)),
        (cluster, "system:serviceaccount:shop:*", Some(Project)),
        (cluster, "system:serviceaccount:shop:app", Some(One)),
        (terraform, "organization:*", Some(Everybody)),
        (terraform, "organization:acme:*", Some(Owner)),
        (terraform, "organization:acme:project:p:workspace:w:run_phase:*", Some(One)),
        ("login.example.com", "*", Some(Everybody)),
        ("login.example.com", "team-*", None),
    ] {
        assert_eq!(breadth(provider, subject), wanted, "{provider} {subject}");
    }
}

#[test]
fn a_star_that_is_compared_as_one_lets_nobody_in() {
    let trusted = group(GITHUB);
    let key = "token.actions.githubusercontent.com:sub";
    let federation = Federation::of(&trusted, &[condition(key, &["repo:acme/app:*"], false)]).unwrap();
    assert_eq!(federation.breadth(), Some(Breadth::Nothing));
    let both = condition(key, &["repo:acme/app:*", "repo:acme/app:pull_request"], false);
    assert_eq!(Federation::of(&trusted, &[both]).unwrap().breadth(), Some(Breadth::Project));
}

#[test]
fn other_claims_narrow_and_other_keys_are_named() {
    let trusted = group(GITHUB);
    let host = "token.actions.githubusercontent.com";
    let tests = [
        condition(&format!("{host}:aud"), &["sts.amazonaws.com"], false),
        condition(&format!("{host}:repository_owner"), &["acme"], false),
        condition("aws:SourceIp", &["192.0.2.0/24"], false),
    ];
    let federation = Federation::of(&trusted, &tests).unwrap();
    assert_eq!(federation.breadth(), Some(Breadth::Owner));
    assert_eq!(federation.others, [Text::from("aws:SourceIp")]);
    let none = Federation::of(&trusted, &[]).unwrap();
    assert_eq!(none.breadth(), Some(Breadth::Everybody));
}

#[test]
fn whoever_comes_by_no_token_is_none_of_these() {
    for name in ["federated:arn:aws:iam::111122223333:saml-provider/Okta", "writers of acme/app", "principalSet:x"] {
        assert_eq!(Federation::of(&group(name), &[]), None, "{name}");
    }
}

#[test]
fn of_a_provider_that_is_not_known_the_conditions_tell() {
    let trusted = group("federated:<aws_iam_openid_connect_provider.ci.arn>");
    assert_eq!(Federation::of(&trusted, &[]), None, "it may take assertions");
    let open = condition("${ci}:sub", &["system:serviceaccount:shop:*"], true);
    let federation = Federation::of(&trusted, &[open]).unwrap();
    assert_eq!((federation.issuer.as_deref(), federation.breadth()), (None, Some(Breadth::Project)));
    let named = condition("token.actions.githubusercontent.com:sub", &["repo:acme/*"], true);
    let federation = Federation::of(&trusted, &[named]).unwrap();
    assert_eq!(federation.issuer.as_deref(), Some("token.actions.githubusercontent.com"));
    assert_eq!(federation.breadth(), Some(Breadth::Owner));
}

#[test]
fn principals_of_pools_ask_for_what_they_name() {
    let pool = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci";
    let of = |trusted: &Trusted| Federation::of(trusted, &[]).unwrap().breadth();
    assert_eq!(of(&group(&format!("principalSet:{pool}/*"))), Some(Breadth::Everybody));
    assert_eq!(of(&group(&format!("principalSet:{pool}/attribute.repository/acme/app"))), Some(Breadth::Project));
    assert_eq!(of(&group(&format!("principalSet:{pool}/attribute.repository_owner/acme"))), Some(Breadth::Owner));
    let account = |name: &str| Trusted::Holder(Holder::Account(Native::new("gcp", name)));
    assert_eq!(
        of(&account(&format!("principal:{pool}/subject/repo:acme/app:ref:refs/heads/main"))),
        Some(Breadth::One)
    );
    let member = account("serviceAccount:acme.svc.id.goog[shop/app]");
    let federation = Federation::of(&member, &[]).unwrap();
    assert_eq!(federation.tests, [exactly("sub", "system:serviceaccount:shop:app")]);
}

fn way(when: &str, subject: &str, is_settled: bool) -> TokenWay {
    TokenWay { when: when.into(), claims: BTreeMap::from([("sub".into(), subject.into())]), is_settled }
}

fn meets(subjects: &[&str], ways: Vec<TokenWay>) -> Option<Verdict> {
    let trusted = group(GITHUB);
    let tests = [condition("token.actions.githubusercontent.com:sub", subjects, true)];
    let origin = Origin { file: 0, span: Span::default() };
    let (account, issuer) = (Native::new("github:acme", "job"), "token.actions.githubusercontent.com".into());
    verdict(&[Federation::of(&trusted, &tests)?], &TokenFact { account, issuer, ways, origin })
}

#[test]
fn tokens_get_in_always_sometimes_never_or_nobody_knows() {
    let main = || way("a push to main", "repo:acme/app:ref:refs/heads/main", true);
    let pull = || way("a pull request", "repo:acme/app:pull_request", true);
    let any = || way("a push", "repo:acme/app:ref:refs/heads/*", true);
    let default = || way("a schedule", "repo:acme/app:ref:refs/heads/*", false);
    let on_main = "repo:acme/app:ref:refs/heads/main";
    assert_eq!(meets(&["repo:acme/*"], vec![main(), pull()]), Some(Verdict::Always));
    assert_eq!(meets(&[on_main], vec![main()]), Some(Verdict::Always));
    assert_eq!(meets(&[on_main], vec![pull()]), Some(Verdict::Never));
    assert_eq!(meets(&[on_main], vec![any()]), Some(Verdict::When(vec!["a push".into()])));
    assert_eq!(meets(&[on_main], vec![main(), pull()]), Some(Verdict::When(vec!["a push to main".into()])));
    assert_eq!(meets(&[on_main], vec![default()]), Some(Verdict::Unknown));
    assert_eq!(meets(&["repo:ACME/app:*"], vec![main()]), Some(Verdict::Unknown), "names that differ in case");
    assert_eq!(meets(&["repo:other/app:*"], vec![main()]), Some(Verdict::Never));
}

proptest! {
    /// What gets in always or never does so for every subject that the way stands for.
    #[test]
    fn verdicts_hold_for_each_token(trusted in "[ab*]{1,5}", stem in "[ab]{0,3}", open in any::<bool>(), tail in "[ab]{0,3}") {
        let subject = if open { format!("{stem}*") } else { stem.clone() };
        let found = meets(&[&trusted], vec![way("x", &subject, true)]);
        let one = if open { format!("{stem}{tail}") } else { stem };
        let gets_in = crate::access::covers(&trusted, &one, false);
        match found {
            Some(Verdict::Always) => prop_assert!(gets_in),
            Some(Verdict::Never) => prop_assert!(!gets_in),
            _ => {}
        }
    }

    /// Any text has some breadth or none, and what is added to what is open makes it no wider.
    #[test]
    fn any_subject_is_judged(subject in "(repo:|acme|/|:|\\*|\\?|ref|project_path:|organization:){0,8}") {
        for provider in ["token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io", "oidc.eks.x", "y"] {
            let _ = breadth(provider, &subject);
        }
    }
}
