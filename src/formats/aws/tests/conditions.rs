//! Which conditions narrow.

use super::*;

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
        r#"{"StringLike": {"aws:PrincipalTag/team": "*"}}"#,
        r#"{"StringLike": {"aws:SourceVpc": "*"}}"#,
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

#[test]
fn conditions_cannot_multiply_without_end() {
    let keys = |count: usize| (0..count).map(|i| format!(r#""k:{i}": "v""#)).collect::<Vec<_>>().join(", ");
    let many = one(&format!(r#"{ALLOW}, "Condition": {{"StringEquals": {{{}}}}}"#, keys(1_001)));
    assert_eq!(gap(&many).0, Gap::Unsupported);
    let names = vec![r#""x""#; 101].join(", ");
    let repeated = one(&format!(
        r#""Effect": "Allow", "Principal": {{"Service": [{names}]}}, "Action": "sts:AssumeRole",
           "Condition": {{"StringEquals": {{{}}}}}"#,
        keys(1_000)
    ));
    assert_eq!(gap(&repeated).0, Gap::Unsupported);
    assert_eq!(repeated.trusts, []);
}

#[test]
fn what_no_request_ever_meets_says_nothing() {
    let statements = |conditions: &str| {
        let elements = format!(r#""Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {conditions}"#);
        let facts = one(&elements);
        assert_eq!(facts.unresolved, [], "{elements}");
        facts.roles[0].statements.len()
    };
    assert_eq!(statements(r#"{"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:01Z"}}"#), 0);
    assert_eq!(statements(r#"{"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:01Z"}}"#), 0);
    // Of who signs with a key of long standing it is true; and this one is still to come.
    assert_eq!(statements(r#"{"DateLessThanIfExists": {"aws:TokenIssueTime": "2020-01-01T00:00:01Z"}}"#), 1);
    assert_eq!(statements(r#"{"DateLessThan": {"aws:CurrentTime": "2120-01-01T00:00:01Z"}}"#), 1);
    assert_eq!(statements(r#"{"DateGreaterThan": {"aws:TokenIssueTime": "2020-01-01T00:00:01Z"}}"#), 1);
}
