//! Policy documents by chance, out of patterns and conditions that real ones have.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::accounts::Account;

const ACTION_PATTERNS: [&str; 16] = [
    "*",
    "*:*",
    "iam:*",
    "IAM:PASSROLE",
    "iam:Put?serPolicy",
    "i*:*",
    "iam:P*",
    "iam:PassRole",
    "s3:*",
    "S3:getobject",
    "s3:*Object",
    "s3:Put*",
    "sts:AssumeRole",
    "sts:*",
    "ec2:Run*",
    "e?2:*",
];

const RESOURCE_PATTERNS: [&str; 15] = [
    "*",
    "*",
    "arn:aws:iam::111122223333:*",
    "arn:aws:iam::111122223333:user/*",
    "arn:aws:iam::*:user/ann",
    "arn:aws:iam::111122223333:user/${aws:username}",
    "arn:aws:iam::111122223333:role/*",
    "arn:aws:iam::*:role/app",
    "arn:aws:iam::111122223333:role/admin",
    "arn:aws:iam::111122223333:*/a*",
    "arn:*:s3:::data/*",
    "arn:aws:s3:::data/?",
    "arn:aws:s3:::data/a",
    "arn:aws:s3:::DATA/a",
    "arn:aws:iam::999999999999:*",
];

/// Conditions that some requests of the universe meet and others do not.
fn condition() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        Just(("aws:MultiFactorAuthPresent", "true")),
        Just(("aws:RequestedRegion", "eu-central-1")),
        Just(("aws:PrincipalTag/team", "red")),
        Just(("AWS:requestedregion", "us-east-1")),
    ];
    (key, 0..5usize).prop_map(|((key, value), form)| match (key, form) {
        ("aws:MultiFactorAuthPresent", 0) => json!({"BoolIfExists": {key: value}}),
        ("aws:MultiFactorAuthPresent", 1) => json!({"Bool": {key: "false"}}),
        ("aws:MultiFactorAuthPresent", 2) => json!({"Null": {key: "true"}}),
        ("aws:MultiFactorAuthPresent", _) => json!({"Bool": {key: value}}),
        (_, 0) => json!({"StringEquals": {key: [value, "elsewhere"]}}),
        (_, 1) => json!({"StringNotEquals": {key: value}}),
        (_, 2) => json!({"StringLike": {key: format!("{}*", &value[..2])}}),
        (_, 3) => json!({"StringEqualsIfExists": {key: value}}),
        _ => json!({"ForAllValues:StringEquals": {key: value}}),
    })
}

/// One text, or a list of a few.
fn some_of(patterns: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let one = proptest::sample::select(patterns);
    prop_oneof![
        3 => one.clone().prop_map(|own| json!(own)),
        2 => proptest::collection::vec(one, 1..4).prop_map(|list| json!(list)),
    ]
}

fn statement(effect: impl Strategy<Value = &'static str>) -> impl Strategy<Value = Value> {
    let negations = (proptest::bool::weighted(0.15), proptest::bool::weighted(0.15));
    (effect, some_of(&ACTION_PATTERNS), some_of(&RESOURCE_PATTERNS), negations).prop_map(
        |(effect, actions, resources, (no_action, no_resource))| {
            let mut own = Map::new();
            own.insert("Effect".to_owned(), json!(effect));
            own.insert(if no_action { "NotAction" } else { "Action" }.to_owned(), actions);
            own.insert(if no_resource { "NotResource" } else { "Resource" }.to_owned(), resources);
            Value::Object(own)
        },
    )
}

fn either() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just("Allow"), 2 => Just("Deny")]
}

/// A document with a few statements. One statement may stand without a list.
fn document(conditional: bool) -> impl Strategy<Value = Value> {
    let statement = (statement(either()), condition(), proptest::bool::weighted(0.4));
    let statement = statement.prop_map(move |(mut own, condition, has_one)| {
        if conditional && has_one {
            own["Condition"] = condition;
        }
        own
    });
    (proptest::collection::vec(statement, 1..4), proptest::bool::weighted(0.1)).prop_map(|(mut list, old)| {
        let version = if old { "2008-10-17" } else { "2012-10-17" };
        match list.len() {
            1 => json!({"Version": version, "Statement": list.remove(0)}),
            _ => json!({"Version": version, "Statement": list}),
        }
    })
}

/// A document that limits: it allows much and denies little, as such documents do.
fn limit() -> impl Strategy<Value = Value> {
    let wide = prop_oneof![
        3 => Just(json!({"Effect": "Allow", "Action": "*", "Resource": "*"})),
        2 => statement(Just("Allow")),
    ];
    (wide, proptest::option::of(statement(Just("Deny"))), proptest::option::of(statement(Just("Allow")))).prop_map(
        |(wide, deny, allow)| {
            let list: Vec<Value> = [Some(wide), deny, allow].into_iter().flatten().collect();
            json!({"Version": "2012-10-17", "Statement": list})
        },
    )
}

/// A service control policy: beside what is allowed to everybody it denies something.
fn control() -> impl Strategy<Value = Value> {
    let wide = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    statement(Just("Deny")).prop_map(move |deny| json!({"Version": "2012-10-17", "Statement": [wide, deny]}))
}

/// An account with policies in every place that they can stand in.
pub(super) fn account(conditional: bool) -> impl Strategy<Value = Account> {
    let some = move |most| proptest::collection::vec(document(conditional), 0..most);
    (
        some(3),
        proptest::option::weighted(0.3, document(conditional)),
        some(2),
        some(3),
        proptest::option::weighted(0.3, limit()),
        proptest::option::weighted(0.3, control()),
    )
        .prop_map(|(user, managed, group, role, boundary, control)| Account {
            user,
            managed,
            group,
            role,
            boundary,
            control,
        })
}

/// One allow under a condition, or one denial under a condition beside allows without any.
pub(super) fn account_with_one_condition() -> impl Strategy<Value = Account> {
    let wide = proptest::option::of(statement(Just("Allow")));
    (statement(either()), condition(), wide).prop_map(|(mut own, condition, wide)| {
        let denies = own["Effect"] == "Deny";
        own["Condition"] = condition;
        let mut list = vec![own];
        if denies {
            list.extend(wide);
        }
        let document = json!({"Version": "2012-10-17", "Statement": list});
        Account { user: vec![document.clone()], role: vec![document], ..Account::default() }
    })
}
