use super::*;
use crate::facts::{AccountKind, Constrains, Effect, Granted, Patterns, RoleKind, Statement, Trusted};
use crate::formats::cases::{claimed, lines, lower as lower_file, run_cases};
use crate::formats::{FORMATS, Format, SystemHint};
use crate::syntax::parse;

mod conditions;
mod export;

const VERSION: &str = r#""Version": "2012-10-17""#;

fn format_of(text: &str) -> Option<&'static Format> {
    let document = &parse(text.as_bytes()).unwrap()[0];
    FORMATS.iter().find(|format| format.recognise.data("a/Policy.json", document))
}

fn name_of(text: &str) -> Option<&'static str> {
    claimed("a/Policy.json", &parse(text.as_bytes()).unwrap()[0])
}

fn facts(text: &str) -> Facts {
    lower_file(format_of(text).unwrap(), "a/Policy.json", text, None)
}

fn document(statements: &str) -> String {
    format!("{{{VERSION}, \"Statement\": {statements}}}")
}

/// The facts of a document with one statement, which has the elements in the text.
fn one(elements: &str) -> Facts {
    facts(&document(&format!("[{{{elements}}}]")))
}

fn statement(elements: &str) -> Statement {
    let facts = one(elements);
    assert_eq!(facts.unresolved, [], "{elements}");
    facts.roles[0].statements[0].clone()
}

/// The gap and reason of the only piece of a document that is not evaluated.
fn gap(facts: &Facts) -> (Gap, &str) {
    let [unresolved] = &facts.unresolved[..] else { panic!("{:?}", facts.unresolved) };
    (unresolved.gap, &unresolved.reason)
}

fn patterns(list: &[&str]) -> Patterns {
    Patterns::of(list.iter().copied())
}

const ALLOW: &str = r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "*""#;

#[test]
fn cases() {
    run_cases(&[POLICY, EXPORT], "aws");
}

#[test]
fn the_shape_of_the_root_decides_what_is_ours() {
    let policy = document(&format!("{{{ALLOW}}}"));
    for (text, format) in [
        (policy.clone(), Some("aws-policy")),
        (format!("{{\"Statement\": [{{{ALLOW}}}]}}"), Some("aws-policy")),
        (format!("{{\"PolicyVersion\": {{\"VersionId\": \"v1\", \"Document\": {policy}}}}}"), Some("aws-policy")),
        (format!("{{\"RoleName\": \"r\", \"PolicyName\": \"p\", \"PolicyDocument\": {policy}}}"), Some("aws-policy")),
        (r#"{"UserDetailList": []}"#.into(), Some("aws-account")),
        (r#"{"Role": {"Arn": "a", "AssumeRolePolicyDocument": {}}}"#.into(), Some("aws-account")),
        (r#"{"Roles": [{"Arn": "a", "AssumeRolePolicyDocument": {}}]}"#.into(), Some("aws-account")),
        // A policy document somewhere inside belongs to the format of what is around it.
        (format!("{{\"Resources\": {{\"P\": {{\"Properties\": {{\"PolicyDocument\": {policy}}}}}}}}}"), None),
        (format!("{{\"resources\": [{policy}]}}"), None),
        (format!("[{policy}]"), None),
        (format!("{{\"PolicyName\": \"p\", \"PolicyDocument\": {policy}}}"), None),
        (r#"{"Version": "1", "Statement": [{"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}]}"#.into(), None),
        (r#"{"Statement": "we value your privacy"}"#.into(), None),
        (r#"{"Roles": ["admin"]}"#.into(), None),
        (r#"{"Policies": []}"#.into(), None),
    ] {
        assert_eq!(name_of(&text), format, "{text}");
    }
}

#[test]
fn a_broken_text_with_the_two_elements_is_a_broken_policy() {
    let suspected = |text: &str| suspect("p.json", text, &parse(text.as_bytes()).unwrap_err());
    assert_eq!(suspected(r#"{"Statement": [{"Effect": "Allow",]"#), Some(Gap::Broken));
    assert_eq!(suspected(r#"{"Statement": 1, "Statement": [{"Effect": "Allow"}]}"#), Some(Gap::Broken));
    assert_eq!(suspected(r#"{"Statement": ["#), None);
    assert_eq!(suspected(r#"{"Type": "AWS::IAM::Role", "Statement": [{"Effect": "Allow",]"#), None);
}

#[test]
fn a_document_is_named_after_its_file_or_its_wrapper() {
    let policy = document(&format!("[{{{ALLOW}}}]"));
    let name = |path: &str, text: &str| lower_file(&POLICY, path, text, None).roles[0].id.name.to_string();
    assert_eq!(name("iam/policies/ReadOnly.json", &policy), "ReadOnly");
    assert_eq!(name("moved/ReadOnly.json", &policy), "ReadOnly");
    assert_eq!(name(".hidden", &policy), ".hidden");
    let version = format!("{{\"PolicyVersion\": {{\"VersionId\": \"v1\", \"Document\": {policy}}}}}");
    assert_eq!(name("ReadOnly.json", &version), "ReadOnly");
    let inline = format!("{{\"UserName\": \"ann\", \"PolicyName\": \"p\", \"PolicyDocument\": {policy}}}");
    assert_eq!(name("x.json", &inline), "ann/p");
    let two = format!("{policy}\n---\n{policy}");
    let roles = lower_file(&POLICY, "x.yaml", &two, None).roles;
    assert_eq!(roles.iter().map(|role| &*role.id.name).collect::<Vec<_>>(), ["x", "x#2"]);
}

#[test]
fn a_bare_document_is_a_role_of_the_configured_system_or_a_guardrail() {
    let policy = document(&format!("[{{{ALLOW}}}]"));
    let role = |hint| lower_file(&POLICY, "p.json", &policy, hint).roles.remove(0);
    let plain = role(None);
    assert_eq!((&*plain.id.system, plain.kind), ("aws", RoleKind::Document));
    let hinted = role(Some(SystemHint { id: "aws:111122223333".into(), guardrail: false }));
    assert_eq!((&*hinted.id.system, hinted.kind), ("aws:111122223333", RoleKind::Document));
    let guardrail = role(Some(SystemHint { id: "org".into(), guardrail: true }));
    assert_eq!((&*guardrail.id.system, guardrail.kind), ("org", RoleKind::Guardrail));
}

#[test]
fn a_service_control_policy_is_a_guardrail_read_from_its_content() {
    let wrapped = |kind: &str, content: &str| {
        format!(
            "{{\"Policy\": {{\"PolicySummary\": {{\"Arn\": \"arn:aws:organizations::111122223333:policy/o-1/p-1\", \
             \"Name\": \"Deny all\", \"Type\": \"{kind}\"}}, \"Content\": {content}}}}}"
        )
    };
    let content = serde_json::to_string(&document(r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#)).unwrap();
    let facts_of = facts(&wrapped("SERVICE_CONTROL_POLICY", &content));
    let role = &facts_of.roles[0];
    assert_eq!((role.kind, role.title.as_deref()), (RoleKind::Guardrail, Some("Deny all")));
    assert_eq!(role.statements[0].effect, Effect::Deny);
    // Inside a text, every place is the text's.
    let text = wrapped("SERVICE_CONTROL_POLICY", &content);
    let span = role.statements[0].origin.span;
    assert_eq!(&text[span.start as usize..span.end as usize], content);

    assert_eq!(gap(&facts(&wrapped("RESOURCE_CONTROL_POLICY", &content))).0, Gap::Unsupported);
    assert_eq!(name_of(&wrapped("TAG_POLICY", &content)), None);
    let broken = facts(&wrapped("SERVICE_CONTROL_POLICY", "\"{oops\""));
    assert!(matches!(gap(&broken), (Gap::Broken, reason) if reason.contains("cannot be read")));
}

#[test]
fn a_url_encoded_document_is_decoded_and_bad_encoding_is_broken() {
    let encoded = |text: &str| format!("{{\"PolicyVersion\": {{\"VersionId\": \"v1\", \"Document\": \"{text}\"}}}}");
    let good = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22a%3A%2B%22%2C%22Resource%22%3A%22x+y%22%7D%7D";
    let facts_of = facts(&encoded(good));
    assert_eq!(facts_of.roles[0].statements[0].actions, patterns(&["a:+"]));
    assert_eq!(facts_of.roles[0].statements[0].resources, patterns(&["x+y"]), "a plus is a plus");
    for bad in ["%7", "%ZZ", "%7B", "%5B%5D", "%FF", "abc"] {
        assert_eq!(gap(&facts(&encoded(bad))).0, Gap::Broken, "{bad}");
    }
}

#[test]
fn one_or_many_of_everything() {
    let lone = facts(&document(&format!("{{{ALLOW}}}")));
    assert_eq!(lone.roles[0].statements.len(), 1);
    assert_eq!(statement(ALLOW).actions, patterns(&["s3:GetObject"]));
    let many = statement(r#""Effect": "Deny", "Action": ["S3:Get*", "*"], "Resource": ["a", "b?"]"#);
    assert_eq!((many.effect, many.actions), (Effect::Deny, patterns(&["S3:Get*", "*"])));
    assert_eq!(many.resources, patterns(&["a", "b?"]));
    let empty = statement(r#""Effect": "Allow", "Action": [], "Resource": "*""#);
    assert_eq!(empty.actions, patterns(&[]));
    assert_eq!(facts(&document("[]")).roles[0].statements, []);
}

#[test]
fn complements_are_negated() {
    let statement = statement(r#""Effect": "Allow", "NotAction": "iam:*", "NotResource": ["a"]"#);
    assert!(statement.actions.negated && statement.resources.negated);
    assert_eq!((&*statement.actions.list[0], &*statement.resources.list[0]), ("iam:*", "a"));
}

#[test]
fn a_statement_that_aws_refuses_is_broken_and_the_others_count() {
    for (elements, reason) in [
        (r#""Action": "a:b", "Resource": "*""#, "no `Effect`"),
        (r#""Effect": "allow", "Action": "a:b", "Resource": "*""#, "case-sensitive"),
        (r#""Effect": true, "Action": "a:b", "Resource": "*""#, "neither `Allow` nor `Deny`"),
        (r#""Effect": "Allow", "Action": "a:b""#, "neither `Resource` nor `NotResource`"),
        (r#""Effect": "Allow", "Resource": "*""#, "neither `Action` nor `NotAction`"),
        (r#""Effect": "Allow", "Action": "a:b", "NotAction": "a:c", "Resource": "*""#, "both `Action` and `NotAction`"),
        (r#""Effect": "Allow", "Action": "a:b", "Resource": "*", "NotResource": "x""#, "both `Resource` and"),
        (r#""Effect": "Allow", "Actions": "a:b", "Resource": "*""#, "no element `Actions`"),
        (r#""Effect": "Allow", "Action": ["a:b", 3], "Resource": "*""#, "`Action` holds a number"),
        (r#""Effect": "Allow", "Action": "CreateUser", "Resource": "*""#, "names no service"),
        (r#""Effect": "Allow", "Action": "a:b", "Resource": {"Ref": "x"}"#, "`Resource` holds a map"),
        (r#""Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": "x""#, "a condition is text"),
        (r#""Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {"Bool": 1}"#, "a condition is a number"),
        (
            r#""Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {"StringIs": {"k": "v"}}"#,
            "no condition operator `StringIs`",
        ),
        (
            r#""Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {"Bool": {"k": {}}}"#,
            "compares with a map",
        ),
    ] {
        let facts = facts(&document(&format!("[{{{elements}}}, {{{ALLOW}}}]")));
        let (kind, told) = gap(&facts);
        assert_eq!(kind, Gap::Broken, "{elements}");
        assert!(told.contains(reason), "{elements}: {told}");
        assert_eq!(facts.roles[0].statements.len(), 1, "{elements}");
        assert_eq!(facts.tally.get("statement"), Some(&2));
    }
}

#[test]
fn a_document_that_aws_refuses_permits_nothing() {
    for text in [
        r#"{"Version": "2012-10-18", "Statement": []}"#.to_owned(),
        document("\"all\""),
        format!("{{{VERSION}, \"Statement\": null}}"),
    ] {
        let facts = facts(&text);
        assert_eq!(gap(&facts).0, Gap::Broken, "{text}");
        assert_eq!(facts.roles[0].statements, []);
    }
}

#[test]
fn a_template_that_has_yet_to_be_filled_in_is_told() {
    assert_eq!(gap(&one(r#""Effect": "Allow", "Action": "${service}:*", "Resource": "*""#)).0, Gap::Unsupported);
    assert_eq!(gap(&one(r#""Effect": "${effect}", "Action": "a:b", "Resource": "*""#)).0, Gap::Unsupported);
    // A permission is read as widely as the placeholder may be filled in; a denial is not read at all.
    let wide = one(
        r#""Effect": "Allow", "Action": "a:b", "Resource": "arn:aws:iam::${account}:role/{{ env }}-${aws:username}""#,
    );
    assert_eq!(gap(&wide).0, Gap::Unsupported);
    assert_eq!(wide.roles[0].statements[0].resources, patterns(&["arn:aws:iam::*:role/*-${aws:username}"]));
    for denied in [
        r#""Effect": "Deny", "Action": "a:b", "Resource": "${x}""#,
        r#""Effect": "Allow", "Action": "a:b", "NotResource": "${x}""#,
    ] {
        assert_eq!(one(denied).roles[0].statements, [], "{denied}");
    }
    let variables = r#""Effect": "Allow", "Action": "a:b", "Resource": ["${aws:PrincipalTag/team, 'none'}", "a${*}b"]"#;
    assert_eq!(statement(variables).resources.list.len(), 2);
    let tagged = "Version: '2012-10-17'\nStatement:\n- Effect: Allow\n  Action: a:b\n  Resource: !Sub x\n";
    assert_eq!(gap(&facts(tagged)).0, Gap::Unsupported);
}

/// Whom the policy of a resource gives what, a line each.
fn given(elements: &str) -> Vec<String> {
    let facts = one(elements);
    assert_eq!((facts.roles.len(), facts.accounts.len(), facts.trusts.len()), (0, 0, 0), "{elements}");
    facts
        .grants
        .iter()
        .map(|grant| match &grant.what {
            Granted::Statements(statements) => {
                let [own] = &statements[..] else { panic!("{statements:?}") };
                format!("{}: {} on {}", grant.to, own.actions.list.join(" "), own.resources.list.join(" "))
            }
            Granted::Role(role) => panic!("{role}"),
        })
        .collect()
}

#[test]
fn the_policy_of_a_resource_gives_to_whom_it_names() {
    for (principal, holder) in [
        (r#""Principal": "*""#, "group:aws/anyone"),
        (r#""Principal": {"AWS": "*"}"#, "group:aws/anyone"),
        (r#""NotPrincipal": {"AWS": "111122223333"}"#, "group:aws/anyone"),
        (r#""Principal": {"AWS": "111122223333"}"#, "group:aws:111122223333/account"),
        (r#""Principal": {"AWS": "arn:aws:iam::111122223333:root"}"#, "group:aws:111122223333/account"),
        (
            r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/r"}"#,
            "account:aws:111122223333/arn:aws:iam::111122223333:role/r",
        ),
        (r#""Principal": {"CanonicalUser": "79a5"}"#, "account:aws/canonical:79a5"),
        (r#""Principal": {"Federated": "accounts.example.com"}"#, "group:aws/federated:accounts.example.com"),
    ] {
        let elements = format!(r#""Effect": "Allow", {principal}, "Action": "s3:GetObject", "Resource": "x""#);
        assert_eq!(given(&elements), [format!("{holder}: s3:GetObject on x")], "{principal}");
    }
    let both = r#""Effect": "Allow", "Principal": "*", "Action": ["sts:AssumeRole", "kms:*"], "Resource": "*""#;
    assert_eq!(given(both), ["group:aws/anyone: sts:AssumeRole kms:* on *"]);
}

#[test]
fn a_service_and_a_denial_get_nothing_from_the_policy_of_a_resource() {
    for elements in [
        r#""Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish", "Resource": "x""#,
        r#""Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}, "Action": "s3:GetObject", "Resource": "x""#,
        r#""Effect": "Deny", "NotPrincipal": {"AWS": "1"}, "Action": "sqs:*", "Resource": "*""#,
    ] {
        assert_eq!(given(elements), [""; 0], "{elements}");
        assert_eq!(one(elements).unresolved, [], "{elements}");
    }
    // Beside a statement that allows, a denial takes something that is shown.
    let allow = r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "x"}"#;
    let deny = r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "x"}"#;
    let told = facts(&document(&format!("[{allow}, {deny}]")));
    assert_eq!(gap(&told).0, Gap::Unknown);
    assert_eq!(told.grants.len(), 1);
}

#[test]
fn a_statement_of_a_resource_that_cannot_be_told_is_told_so() {
    for (elements, reason) in [
        (r#""Principal": {"AWS": "ann"}, "Action": "a:b", "Resource": "x""#, "is no AWS account"),
        (r#""Principal": {"Group": "x"}, "Action": "a:b", "Resource": "x""#, "there is no principal of the kind"),
        (r#""Principal": "*", "NotPrincipal": "*", "Action": "a:b", "Resource": "x""#, "both `Principal`"),
        (r#""Principal": "*", "Action": "b", "Resource": "x""#, "names no service"),
        (r#""Principal": "*", "Action": "a:b""#, "neither `Resource`"),
    ] {
        let facts = one(&format!(r#""Effect": "Allow", {elements}"#));
        let (kind, told) = gap(&facts);
        assert_eq!(kind, Gap::Broken, "{elements}");
        assert!(told.contains(reason), "{elements}: {told}");
        assert_eq!(facts.grants, [], "{elements}");
    }
}

/// Who one trust statement lets in.
fn trusted(principal: &str, action: &str) -> Vec<String> {
    let facts = one(&format!(r#""Effect": "Allow", "Principal": {principal}, "Action": {action}"#));
    assert_eq!(facts.unresolved, [], "{principal}");
    assert_eq!(facts.accounts[0].kind, AccountKind::AssumedRole);
    assert_eq!(&*facts.accounts[0].id.name, "Policy");
    facts
        .trusts
        .iter()
        .map(|trust| match &trust.trusted {
            Trusted::Holder(holder) => holder.to_string(),
            Trusted::WhoeverMay { system, action } => format!("whoever may {action} in {system}"),
            Trusted::Service(name) => format!("service {name}"),
            Trusted::Anyone => "anyone".to_owned(),
        })
        .collect()
}

#[test]
fn every_kind_of_principal_is_told_apart() {
    let assume = r#""sts:AssumeRole""#;
    let whoever = ["whoever may sts:AssumeRole in aws:111122223333"];
    assert_eq!(trusted(r#"{"AWS": "arn:aws:iam::111122223333:root"}"#, assume), whoever);
    assert_eq!(trusted(r#"{"AWS": "111122223333"}"#, assume), whoever);
    assert_eq!(
        trusted(r#"{"AWS": ["arn:aws-cn:iam::111122223333:role/x/deploy"]}"#, assume),
        ["account:aws:111122223333/arn:aws-cn:iam::111122223333:role/x/deploy"]
    );
    assert_eq!(
        trusted(r#"{"AWS": "arn:aws:sts::111122223333:assumed-role/r/s"}"#, assume),
        ["account:aws:111122223333/arn:aws:sts::111122223333:assumed-role/r/s"]
    );
    assert_eq!(trusted(r#""*""#, assume), ["anyone"]);
    assert_eq!(trusted(r#"{"AWS": "*"}"#, r#""sts:*""#), ["anyone"]);
    assert_eq!(
        trusted(r#"{"Service": ["ec2.amazonaws.com", "ecs.amazonaws.com"]}"#, assume),
        ["service ec2.amazonaws.com", "service ecs.amazonaws.com"]
    );
    let provider = r#"{"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}"#;
    assert_eq!(
        trusted(provider, r#""sts:AssumeRoleWithWebIdentity""#),
        ["group:aws/federated:arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"]
    );
}

#[test]
fn only_the_action_that_lets_in_lets_in() {
    assert_eq!(trusted(r#"{"AWS": "111122223333"}"#, r#"["sts:TagSession", "sts:SetSourceIdentity"]"#), [""; 0]);
    assert_eq!(trusted(r#"{"AWS": "111122223333"}"#, r#""sts:AssumeRoleWithSAML""#), [""; 0]);
    assert_eq!(trusted(r#"{"Federated": "x"}"#, r#""sts:AssumeRole""#), [""; 0]);
    assert_eq!(trusted(r#"{"Federated": "x"}"#, r#""STS:assumerolewith*""#), ["group:aws/federated:x"]);
}

#[test]
fn a_trust_that_cannot_be_told_is_told_so() {
    let assume = r#""Action": "sts:AssumeRole""#;
    for (elements, kind, reason) in [
        (r#""Effect": "Deny", "Principal": "*""#, Gap::Unknown, "a denial in a trust policy"),
        (r#""Effect": "Allow", "NotPrincipal": {"AWS": "1"}"#, Gap::Unknown, "`NotPrincipal`"),
        (r#""Effect": "Allow", "Principal": {"AWS": "AIDAJQABLZS4A3QDU576Q"}"#, Gap::Dangling, "deleted user or role"),
        (r#""Effect": "Allow", "Principal": {"AWS": "ann"}"#, Gap::Broken, "is no AWS account"),
        (r#""Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/*"}"#, Gap::Broken, "wildcards"),
        (r#""Effect": "Allow", "Principal": {"CanonicalUser": "x"}"#, Gap::Broken, "by canonical id"),
        (r#""Effect": "Allow", "Principal": "arn:aws:iam::111122223333:root""#, Gap::Broken, "has no kind"),
        (r#""Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::${account}:root"}"#, Gap::Unsupported, "placeholder"),
        (r#""Effect": "Allow", "Principal": ["x"]"#, Gap::Broken, "`Principal` is a list"),
    ] {
        let facts = one(&format!("{elements}, {assume}"));
        let (gap, told) = gap(&facts);
        assert_eq!(gap, kind, "{elements}");
        assert!(told.contains(reason), "{elements}: {told}");
        assert_eq!(facts.trusts, [], "{elements}");
    }
    let not_action = one(r#""Effect": "Allow", "Principal": "*", "NotAction": "sts:TagSession""#);
    assert_eq!(gap(&not_action).0, Gap::Unknown);
    let nobody = facts(&document(&format!(
        r#"[{{"Effect": "Allow", {assume}}}, {{"Effect": "Allow", "Principal": {{"Service": "x"}}, {assume}}}]"#
    )));
    assert!(gap(&nobody).1.contains("names a `Principal`"));
    assert_eq!(nobody.trusts.len(), 1);
}

#[test]
fn a_trust_keeps_its_conditions() {
    let facts = one(r#""Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole",
           "Condition": {"StringEquals": {"sts:ExternalId": "x-1"}}"#);
    let condition = &facts.trusts[0].conditions[0];
    assert_eq!(&*condition.text, "StringEquals sts:ExternalId = x-1");
    assert_eq!(condition.constrains, Constrains::Yes);
}

#[test]
fn an_inline_policy_cannot_name_principals() {
    let text = format!(
        r#"{{"RoleName": "r", "PolicyName": "p", "PolicyDocument": {}}}"#,
        document(r#"[{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]"#)
    );
    assert!(gap(&facts(&text)).1.contains("cannot name principals"));
    let export = format!(
        r#"{{"UserDetailList": [{{"Arn": "u", "UserPolicyList": [{{"PolicyDocument": {}}}]}}]}}"#,
        document(r#"[{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]"#)
    );
    assert!(gap(&facts(&export)).1.contains("cannot name principals"));
}

#[test]
fn origins_point_at_the_text_that_decides() {
    let text = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\"Effect\": \"Allow\", \"Action\": \"a:b\", \"Resource\": \"*\"}\n  ]\n}";
    assert!(lines(&POLICY, "p.json", text, None).contains("4:5 allow a:b on *"));
}

#[test]
fn a_statement_beyond_the_limits_is_not_evaluated_and_says_so() {
    let keys: Vec<String> = (0..1_001).map(|n| format!(r#""aws:RequestTag/t{n}": "x""#)).collect();
    let many = format!(
        r#""Effect": "Allow", "Principal": {{"AWS": "111122223333"}}, "Action": "sts:AssumeRole",
           "Condition": {{"StringEquals": {{{}}}}}"#,
        keys.join(", ")
    );
    let facts = one(&many);
    assert_eq!((gap(&facts).0, facts.trusts.len()), (Gap::Unsupported, 0));
    assert!(gap(&facts).1.contains("more than 1000 conditions"), "{}", gap(&facts).1);

    let accounts: Vec<String> = (0..200).map(|n| format!("\"1111222{n:05}\"")).collect();
    let product = format!(
        r#""Effect": "Allow", "Principal": {{"AWS": [{}]}}, "Action": "sts:AssumeRole",
           "Condition": {{"StringEquals": {{{}}}}}"#,
        accounts.join(", "),
        keys[..900].join(", ")
    );
    let facts = one(&product);
    assert!(gap(&facts).1.contains("200 principals under 900 conditions are too many"), "{}", gap(&facts).1);
}
