use super::*;
use crate::facts::{AccountKind, Constrains, Effect, Granted, Patterns, RoleKind, Statement, Trusted};
use crate::formats::cases::{claimed, lines, lower as lower_file, members, run_cases};
use crate::formats::{FORMATS, Format, SystemHint};
use crate::syntax::parse;

const VERSION: &str = r#""Version": "2012-10-17""#;

fn format_of(text: &str) -> Option<&'static Format> {
    let document = &parse(text.as_bytes()).unwrap()[0];
    FORMATS.iter().find(|format| (format.recognise)("a/Policy.json", document))
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

#[test]
fn resource_policies_are_recognised_and_not_evaluated() {
    for elements in [
        r#""Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "x""#,
        r#""Effect": "Deny", "NotPrincipal": {"AWS": "1"}, "Action": "sqs:*", "Resource": "*""#,
        r#""Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "x""#,
        r#""Effect": "Allow", "Principal": "*", "Action": ["sts:AssumeRole", "kms:*"]"#,
    ] {
        let facts = one(elements);
        assert_eq!(gap(&facts).0, Gap::Unsupported, "{elements}");
        assert_eq!((facts.roles.len(), facts.accounts.len(), facts.trusts.len()), (0, 0, 0));
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
        (r#""Effect": "Allow", "Principal": {"CanonicalUser": "x"}"#, Gap::Broken, "of the kind `CanonicalUser`"),
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

/// Whether the first condition of a block narrows a statement with this effect.
fn narrows(effect: &str, condition: &str) -> Constrains {
    statement(&format!(r#""Effect": "{effect}", "Action": "a:b", "Resource": "*", "Condition": {condition}"#))
        .conditions[0]
        .constrains
}

#[test]
fn conditions_on_the_listed_keys_narrow_a_permission() {
    for condition in [
        r#"{"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}"#,
        r#"{"StringEquals": {"IAM:passedtoservice": ["ec2.amazonaws.com", "ecs.amazonaws.com"]}}"#,
        r#"{"ArnLike": {"iam:PolicyARN": "arn:aws:iam::*:policy/team-*"}}"#,
        r#"{"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/b"}}"#,
        r#"{"StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#,
        r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#,
        r#"{"Bool": {"aws:MultiFactorAuthPresent": true}}"#,
        r#"{"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}"#,
        r#"{"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"]}}"#,
        r#"{"StringEquals": {"aws:SourceVpce": "vpce-1"}}"#,
        r#"{"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:t"}}"#,
        r#"{"StringEquals": {"aws:PrincipalTag/team": "payments"}}"#,
        r#"{"StringEquals": {"ec2:ResourceTag/owner": "${aws:username}"}}"#,
        r#"{"StringLike": {"aws:RequestTag/env": "dev-*"}}"#,
        r#"{"Null": {"aws:ResourceTag/owner": "false"}}"#,
        r#"{"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}"#,
        r#"{"StringEqualsIfExists": {"aws:RequestedRegion": "eu-west-1"}}"#,
        r#"{"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}}"#,
        r#"{"Bool": {"aws:SecureTransport": "false"}}"#,
        r#"{"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}"#,
    ] {
        assert_eq!(narrows("Allow", condition), Constrains::Yes, "{condition}");
    }
}

#[test]
fn conditions_that_practically_every_request_meets_narrow_nothing() {
    for condition in [
        r#"{"Bool": {"aws:SecureTransport": "true"}}"#,
        r#"{"BoolIfExists": {"aws:SecureTransport": "true"}}"#,
        r#"{"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}"#,
        r#"{"NumericGreaterThan": {"aws:EpochTime": "1500000000"}}"#,
        r#"{"DateGreaterThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}"#,
        r#"{"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "0.0.0.0/0"]}}"#,
        r#"{"StringLike": {"aws:PrincipalOrgID": "*"}}"#,
        r#"{"StringLike": {"iam:PassedToService": "*.amazonaws.com"}}"#,
        r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:*"}}"#,
        r#"{"StringLike": {"token.actions.githubusercontent.com:sub": "*"}}"#,
        r#"{"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}"#,
    ] {
        assert_eq!(narrows("Allow", condition), Constrains::No, "{condition}");
    }
}

#[test]
fn what_depends_on_more_than_the_text_is_unknown() {
    for condition in [
        // True when the key is absent.
        r#"{"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}"#,
        r#"{"StringEqualsIfExists": {"iam:PassedToService": "ec2.amazonaws.com"}}"#,
        r#"{"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-1/*"}}"#,
        r#"{"IpAddressIfExists": {"aws:SourceIp": "192.0.2.0/24"}}"#,
        r#"{"StringNotEquals": {"aws:PrincipalTag/team": "payments"}}"#,
        // The holder need only leave the second factor out.
        r#"{"Bool": {"aws:MultiFactorAuthPresent": "false"}}"#,
        r#"{"Null": {"aws:RequestTag/env": "false"}}"#,
        r#"{"StringLike": {"token.actions.githubusercontent.com:sub": "repo:*"}}"#,
        r#"{"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}"#,
        // The clock is not known here.
        r#"{"DateLessThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}"#,
        r#"{"DateGreaterThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}"#,
        r#"{"DateLessThanIfExists": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}"#,
        r#"{"StringEquals": {"aws:ResourceAccount": "111122223333"}}"#,
        r#"{"StringEquals": {"s3:prefix": "home/"}}"#,
        r#"{"StringEquals": {"iam:PassedToService": []}}"#,
    ] {
        assert_eq!(narrows("Allow", condition), Constrains::Unknown, "{condition}");
    }
}

#[test]
fn all_values_narrow_once_the_key_must_be_there() {
    let block = |null: &str| {
        format!(
            r#"{{"ForAllValues:StringLike": {{"aws:PrincipalOrgPaths": "o-1/*"}}, "Null": {{"AWS:PrincipalOrgPaths": "{null}"}}}}"#
        )
    };
    assert_eq!(narrows("Allow", &block("false")), Constrains::Yes);
    assert_eq!(narrows("Allow", &block("true")), Constrains::Unknown);
}

#[test]
fn a_denial_with_an_exclusion_leaves_those_excluded() {
    for condition in [
        r#"{"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}"#,
        r#"{"Null": {"aws:MultiFactorAuthAge": "true"}, "Bool": {"aws:MultiFactorAuthPresent": "false"}}"#,
        r#"{"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}"#,
        r#"{"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}"#,
        r#"{"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}"#,
        r#"{"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}"#,
        r#"{"Bool": {"aws:SecureTransport": "false"}}"#,
        r#"{"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}"#,
    ] {
        let last = statement(&format!(r#""Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {condition}"#))
            .conditions
            .pop()
            .unwrap();
        assert_eq!(last.constrains, Constrains::Yes, "{condition}");
    }
    assert_eq!(
        narrows("Deny", r#"{"ForAllValues:StringNotEquals": {"aws:PrincipalOrgPaths": "o-1/*"}}"#),
        Constrains::Unknown
    );
}

#[test]
fn every_operator_on_every_key_is_one_condition() {
    let statement = statement(
        r#""Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition":
           {"StringEquals": {"aws:PrincipalOrgID": "o-1", "s3:x": ["a", "b"]}, "Bool": {"aws:SecureTransport": true}}"#,
    );
    let texts: Vec<&str> = statement.conditions.iter().map(|condition| &*condition.text).collect();
    assert_eq!(
        texts,
        ["StringEquals aws:PrincipalOrgID = o-1", "StringEquals s3:x = a, b", "Bool aws:SecureTransport = true"]
    );
    assert_eq!(&*statement.conditions[1].key, "s3:x");
}

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
    let facts = facts(r#"{"UserDetailList": [], "IsTruncated": true, "Marker": "x"}"#);
    assert_eq!(gap(&facts).0, Gap::Unknown);
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

#[test]
fn an_inline_policy_cannot_name_principals() {
    let text = format!(
        r#"{{"RoleName": "r", "PolicyName": "p", "PolicyDocument": {}}}"#,
        document(r#"[{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]"#)
    );
    assert_eq!(gap(&facts(&text)).0, Gap::Unsupported);
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
