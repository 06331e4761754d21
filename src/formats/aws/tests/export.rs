//! Account exports and roles.

use super::*;
use crate::facts::Granted;
use crate::formats::cases::members;

const GROUP: &str = r#"{"GroupName": "devs", "Arn": "arn:aws:iam::111122223333:group/it/devs"}"#;
const USER: &str = r#"{"UserName": "ann", "Arn": "arn:aws:iam::111122223333:user/ann", "GroupList": ["devs", "ops"]}"#;

#[test]
fn an_export_names_its_account_and_groups_by_arn() {
    let text = format!(
        r#"{{"UserDetailList": [{USER}], "GroupDetailList": [{GROUP}], "RoleDetailList": [], "Policies": []}}"#
    );
    let hint = SystemHint { id: "elsewhere".into(), guardrail: false };
    let facts = lower_file(&EXPORT, "export.json", &text, Some(hint));
    assert_eq!(&*facts.accounts[0].id.system, "aws:111122223333", "the definition names the system");
    assert_eq!(facts.accounts[0].kind, AccountKind::User);
    assert!(facts.groups[0].members_listed);
    assert_eq!(members(&facts, "arn:aws:iam::111122223333:group/it/devs"), ["arn:aws:iam::111122223333:user/ann"]);
    assert_eq!(members(&facts, "arn:aws:iam::111122223333:group/ops").len(), 1, "a group that is not in the export");
    let empty = r#"{"UserDetailList": [{"Arn": "arn:aws:iam::aws:user/x"}]}"#;
    let hinted = lower_file(&EXPORT, "e.json", empty, Some(SystemHint { id: "elsewhere".into(), guardrail: false }));
    assert_eq!(&*hinted.accounts[0].id.system, "elsewhere");
}

#[test]
fn the_members_of_a_group_are_listed_only_when_all_users_are() {
    let listed = |text: String| lower_file(&EXPORT, "e.json", &text, None).groups[0].members_listed;
    assert!(!listed(format!(r#"{{"GroupDetailList": [{GROUP}]}}"#)));
    assert!(!listed(format!(r#"{{"UserDetailList": [], "GroupDetailList": [{GROUP}], "IsTruncated": true}}"#)));
    assert!(listed(format!(r#"{{"UserDetailList": [], "GroupDetailList": [{GROUP}], "IsTruncated": false}}"#)));
}

#[test]
fn a_page_of_an_export_says_that_it_is_one() {
    let page = |more: &str| facts(&format!(r#"{{"UserDetailList": [], {more}}}"#));
    assert_eq!(gap(&page(r#""IsTruncated": true, "Marker": "x""#)).0, Gap::NotRead);
    assert_eq!(gap(&page(r#""NextToken": "x""#)).0, Gap::NotRead);
    assert_eq!(page(r#""IsTruncated": false"#).unresolved, Vec::new());
}

#[test]
fn policies_of_an_account_are_grants() {
    let user = format!(
        r#"{{"Arn": "arn:aws:iam::111122223333:user/ann",
            "UserPolicyList": [{{"PolicyName": "own", "PolicyDocument": {}}}],
            "AttachedManagedPolicies": [{{"PolicyName": "P", "PolicyArn": "arn:aws:iam::aws:policy/P"}}],
            "PermissionsBoundary": {{"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/b"}}}}"#,
        document(&format!("{{{ALLOW}}}"))
    );
    let facts = facts(&format!(r#"{{"UserDetailList": [{user}]}}"#));
    assert_eq!(facts.unresolved, [], "a policy that is not in the export is a name");
    let [inline, attached] = &facts.grants[..] else { panic!("{:?}", facts.grants) };
    assert!(matches!(&inline.what, Granted::Statements(statements) if statements.len() == 1));
    assert_eq!(attached.what, Granted::Role(Native::new("aws:111122223333", "arn:aws:iam::aws:policy/P")));
    assert!(facts.grants.iter().all(|grant| grant.scope.is_unknown() && &*grant.system == "aws:111122223333"));
    let (boundary, _) = facts.accounts[0].boundary.as_ref().unwrap();
    assert_eq!(&*boundary.name, "arn:aws:iam::111122223333:policy/b");
}

#[test]
fn a_managed_policy_is_what_its_default_version_says() {
    let version = |default: &str, action: &str| {
        let body = document(&format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}"#));
        format!(r#"{{"VersionId": "{action}", "IsDefaultVersion": {default}, "Document": {body}}}"#)
    };
    let export = |versions: &str| {
        facts(&format!(
            r#"{{"RoleDetailList": [], "Policies": [{{"PolicyName": "P", "Arn": "arn:aws:iam::111122223333:policy/P",
                "DefaultVersionId": "a:new", "PolicyVersionList": [{versions}]}}]}}"#
        ))
    };
    let action = |facts: &Facts| facts.roles[0].statements[0].actions.list[0].to_string();
    let flagged = export(&format!("{}, {}", version("false", "a:new"), version("true", "a:old")));
    assert_eq!(action(&flagged), "a:old");
    assert_eq!((flagged.roles[0].kind, flagged.roles[0].title.as_deref()), (RoleKind::Role, Some("P")));
    assert_eq!(action(&export(&format!("{}, {}", version("null", "a:old"), version("null", "a:new")))), "a:new");
    let none = export(&version("false", "a:old"));
    assert_eq!(gap(&none).0, Gap::Broken);
    assert_eq!(none.roles[0].statements, [], "the policy is there, so references to it do not dangle");
}

#[test]
fn a_role_is_an_account_with_a_trust_policy() {
    let trust =
        document(r#"{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}"#);
    for text in [
        format!(
            r#"{{"RoleDetailList": [{{"Arn": "arn:aws:iam::111122223333:role/r", "AssumeRolePolicyDocument": {trust}}}]}}"#
        ),
        format!(r#"{{"Role": {{"Arn": "arn:aws:iam::111122223333:role/r", "AssumeRolePolicyDocument": {trust}}}}}"#),
        format!(r#"{{"Roles": [{{"Arn": "arn:aws:iam::111122223333:role/r", "AssumeRolePolicyDocument": {trust}}}]}}"#),
    ] {
        let facts = facts(&text);
        assert_eq!(facts.accounts[0].id, Native::new("aws:111122223333", "arn:aws:iam::111122223333:role/r"));
        assert_eq!(facts.accounts[0].kind, AccountKind::AssumedRole);
        assert_eq!(facts.trusts[0].target, facts.accounts[0].id);
        assert_eq!((facts.tally.get("role"), facts.tally.get("trust")), (Some(&1), Some(&1)));
    }
}

#[test]
fn broken_pieces_of_an_export_do_not_take_the_rest_along() {
    for (text, reason) in [
        (r#"{"UserDetailList": [{"UserName": "x"}, USER]}"#, "no `Arn`"),
        (r#"{"UserDetailList": [USER], "Policies": {}}"#, "`Policies` is a map"),
        (
            r#"{"UserDetailList": [USER, {"Arn": "arn:aws:iam::111122223333:user/x", "GroupList": [1]}]}"#,
            "a group's name",
        ),
        (r#"{"UserDetailList": [USER, {"Arn": "u", "UserPolicyList": [{"PolicyName": "p"}]}]}"#, "no `PolicyDocument`"),
        (r#"{"UserDetailList": [USER, {"Arn": "u", "UserPolicyList": [{"PolicyDocument": "{"}]}]}"#, "cannot be read"),
        (r#"{"UserDetailList": [USER, {"Arn": "u", "AttachedManagedPolicies": [{}]}]}"#, "no `PolicyArn`"),
        (r#"{"UserDetailList": [USER, {"Arn": "u", "PermissionsBoundary": {}}]}"#, "names no policy"),
        (r#"{"UserDetailList": [USER], "RoleDetailList": [{"Arn": "r"}]}"#, "no trust policy"),
        (
            r#"{"UserDetailList": [USER], "RoleDetailList": [{"Arn": "r", "AssumeRolePolicyDocument": 3}]}"#,
            "not an object",
        ),
    ] {
        let facts = facts(&text.replace("USER", USER));
        let (kind, told) = gap(&facts);
        assert_eq!(kind, Gap::Broken, "{text}");
        assert!(told.contains(reason), "{text}: {told}");
        assert!(facts.accounts.iter().any(|account| account.id.name.ends_with("user/ann")), "{text}");
    }
}
