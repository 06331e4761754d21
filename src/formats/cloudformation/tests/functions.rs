//! Every intrinsic function by a table. What each gives is what the CloudFormation user guide says, page by function name;
//! where the page has an example, that is the row.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use crate::formats::Files;
use crate::formats::cloudformation::stacks::{Place, Stacks};
use crate::formats::cloudformation::template::Library;
use crate::formats::configuration::value::{Kind, Unknown, Value};
use crate::formats::documents::{Documents, Language};
use crate::formats::trees::{rules, tree};
use crate::store::Digest;

/// What all rows may refer to.
const AROUND: &str = "
Parameters:
  Stage: {Type: String, Default: prod}
  Names: {Type: CommaDelimitedList, Default: 'ann, ben'}
  Open: {Type: String}
  Size: {Type: String, AllowedValues: [small, large]}
  Ami: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /ami/latest}
  Loop: {Type: String, Default: x}
Mappings:
  Accounts:
    prod: {Id: '111122223333', Users: [ann, ben]}
    test: {Id: '444455556666', Users: [cy]}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsTest: !Not [!Condition IsProd]
  IsSmall: !Equals [!Ref Size, small]
  IsHuge: !Equals [!Ref Size, huge]
  IsOpen: !Equals [!Ref Open, x]
  Both: !And [!Condition IsProd, Condition: IsOpen]
  Neither: !And [!Condition IsTest, !Condition IsOpen]
  Either: !Or [!Condition IsProd, !Condition IsOpen]
  Round: !Condition Round
Resources:
  Named: {Type: AWS::IAM::Role, Properties: {RoleName: deployer, Path: /ci/}}
  Unnamed: {Type: AWS::IAM::Role}
  Policy: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: limits}}
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub 'logs-${Stage}'}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: news}}
  Oidc: {Type: AWS::IAM::OIDCProvider, Properties: {Url: 'https://token.actions.githubusercontent.com'}}
  Function: {Type: AWS::Serverless::Function}
  Other: {Type: AWS::EC2::Instance}
  Self: {Type: AWS::IAM::Role, Properties: {RoleName: !Ref Self}}
";

fn value(expression: &str) -> Value {
    let text = format!("{AROUND}Outputs:\n  Row:\n    Value: {}\n", expression.replace('\n', "\n      "));
    let tree = tree(&[("t.yaml", &text)]);
    let rules = rules("version: 1\n");
    let parse = |path: &str, bytes: &[u8], _: Digest| Arc::new(Documents::parse(Language::of(path), bytes));
    let files = Files::new(&tree, &rules, &parse);
    let library = Library::load(&files, &["t.yaml"]);
    let stacks = Stacks::of(&library, &["t.yaml"]);
    let place = Place { stack: 0, loops: None };
    let output = stacks.stacks[0].outputs.get("Row").unwrap();
    stacks.value(output.node.get("Value").unwrap(), &place)
}

fn show(value: &Value) -> String {
    match &value.kind {
        Kind::Null => "nothing".to_owned(),
        Kind::List(items) | Kind::Set(items) => {
            let items: Vec<String> = items.known.iter().map(show).collect();
            format!("[{}]", items.join(", "))
        }
        Kind::Map(members) => {
            let mut shown = String::new();
            for (key, own) in &*members.known {
                let _ = write!(shown, "{key}: {}, ", show(&own.value));
            }
            let rest = members.rest.as_ref().map(|rest| format!("? {}", rest.why)).unwrap_or_default();
            format!("{{{}{rest}}}", shown)
        }
        Kind::Unknown(unknown) => unknown_value(unknown),
        _ => value.render(|unknown| Cow::Owned(format!("${{{}}}", unknown.short()))).unwrap(),
    }
}

fn unknown_value(unknown: &Unknown) -> String {
    let candidates: Vec<String> = unknown.candidates.iter().map(show).collect();
    if candidates.is_empty() { format!("? {}", unknown.why) } else { format!("one of {}", candidates.join(" | ")) }
}

fn check(rows: &[(&str, &str)]) {
    for (expression, wanted) in rows {
        assert_eq!(show(&value(expression)), *wanted, "{expression}");
    }
}

#[test]
fn references() {
    check(&[
        ("!Ref Stage", "prod"),
        ("{Ref: Stage}", "prod"),
        ("!Ref Names", "[ann, ben]"),
        ("!Ref Open", "? the parameter `Open` has no default"),
        ("!Ref Size", "one of small | large"),
        ("!Ref Ami", "? `Ami` depends on the run"),
        ("!Ref Nowhere", "? `Nowhere` is not declared in any file that could be read"),
        ("!Ref [a]", "? the expression fails: `Ref` names a parameter or a resource"),
        // "Ref": a role gives its name, a managed policy its ARN, a topic its ARN, a queue its URL.
        ("!Ref Named", "deployer"),
        ("!Ref Unnamed", "t#Unnamed"),
        ("!Ref Topic", "arn:${AWS::Partition.partition}:sns:${AWS::Region.region}:${AWS::AccountId.account_id}:news"),
        ("!Ref Queue", "? `t#Queue.Ref` is known only after it is applied"),
        ("!Ref Self", "? `Self.Ref` needs its own value"),
        ("!Ref AWS::NoValue", "nothing"),
        ("!Ref AWS::StackName", "? `AWS::StackName` depends on the run"),
        ("!Ref AWS::AccountId", "? `AWS::AccountId.account_id` is looked up when it is applied"),
        // "Fn::GetAtt" in its forms.
        ("!GetAtt Named.Arn", "arn:${AWS::Partition.partition}:iam::${AWS::AccountId.account_id}:role/ci/deployer"),
        ("!GetAtt [Bucket, Arn]", "arn:${AWS::Partition.partition}:s3:::logs-prod"),
        ("{'Fn::GetAtt': [Bucket, Arn]}", "arn:${AWS::Partition.partition}:s3:::logs-prod"),
        ("{'Fn::GetAtt': Bucket.Arn}", "arn:${AWS::Partition.partition}:s3:::logs-prod"),
        ("!GetAtt Other.PrivateIp", "? `t#Other.PrivateIp` is known only after it is applied"),
        (
            "!GetAtt Oidc.Arn",
            "arn:${AWS::Partition.partition}:iam::${AWS::AccountId.account_id}:oidc-provider/token.actions.githubusercontent.com",
        ),
        (
            "!GetAtt FunctionRole.Arn",
            "arn:${AWS::Partition.partition}:iam::${AWS::AccountId.account_id}:role/t#FunctionRole",
        ),
        ("!ImportValue nowhere", "? no template of the tree exports `nowhere`"),
    ]);
}

#[test]
fn texts() {
    check(&[
        // "Fn::Sub".
        ("!Sub '${Stage}-${Named}'", "prod-deployer"),
        ("!Sub '${!Literal}-${Stage}'", "${Literal}-prod"),
        ("!Sub ['www.${Domain}', {Domain: !Ref Stage}]", "www.prod"),
        ("!Sub '${Open}/${Stage}'", "${Open}/prod"),
        ("!Sub '${Bucket.Arn}/*'", "arn:${AWS::Partition.partition}:s3:::logs-prod/*"),
        ("!Sub '${Stage'", "${Stage"),
        ("!Sub '${Names}'", "[ann, ben]"),
        ("!Sub 'x${Names}'", "? the expression fails: `Names`: a list cannot be part of a text"),
        ("!Sub {a: b}", "? the expression fails: `Fn::Sub` has a text, or a text and a map of names"),
        ("!Sub '${!aws:username}'", "${aws:username}"),
        // "Fn::Join": the page's example gives a:b:c.
        ("!Join [':', [a, b, c]]", "a:b:c"),
        ("!Join ['', [a, !Ref AWS::NoValue, b]]", "ab"),
        ("!Join [',', !Ref Names]", "ann,ben"),
        ("!Join ['/', [a, !Ref Open]]", "a/${Open}"),
        ("!Join [',', !Ref Open]", "? the parameter `Open` has no default"),
        ("!Join [a]", "? the expression fails: `Fn::Join` has a delimiter and a list"),
        // "Fn::Split": the page's example splits a|b|c.
        ("!Split ['|', 'a|b|c']", "[a, b, c]"),
        ("!Split ['|', !Ref Open]", "? the parameter `Open` has no default"),
        ("!Select [5, !Split [':', !GetAtt Named.Arn]]", "role/ci/deployer"),
        ("!Split [':', !Sub 'a:${Open}']", "? the parameter `Open` has no default"),
        // "Fn::Base64" and "Fn::ToJsonString".
        ("!Base64 AWS CloudFormation", "QVdTIENsb3VkRm9ybWF0aW9u"),
        ("{'Fn::ToJsonString': {A: b, L: [1]}}", "{\"A\":\"b\",\"L\":[\"1\"]}"),
    ]);
}

#[test]
fn lists_and_maps() {
    check(&[
        // "Fn::Select": the page's example selects grapes.
        ("!Select ['1', [apples, grapes, oranges, mangoes]]", "grapes"),
        ("!Select [0, !Ref Names]", "ann"),
        ("!Select [9, [a]]", "? the expression fails: the list has no member 9"),
        ("!Select [0, [a, !Ref Open]]", "a"),
        ("!Select [0, !GetAZs '']", "? `Fn::GetAZs` depends on the run"),
        // "Fn::FindInMap".
        ("!FindInMap [Accounts, !Ref Stage, Id]", "111122223333"),
        ("!FindInMap [Accounts, prod, Users]", "[ann, ben]"),
        ("!FindInMap [Accounts, stage, Id]", "? the expression fails: the mappings have no such keys"),
        ("!FindInMap [Accounts, stage, Id, {DefaultValue: none}]", "none"),
        ("!FindInMap [Accounts, !Ref Open, Id]", "one of 111122223333 | 444455556666"),
        ("!FindInMap [Accounts, !Ref Open, Id, {DefaultValue: none}]", "one of 111122223333 | 444455556666 | none"),
        // "Fn::Length".
        ("{'Fn::Length': [a, b, c]}", "3"),
        ("{'Fn::Length': !Ref Names}", "2"),
        // "Fn::Cidr": the page's example makes 6 ranges of 5 bits.
        ("!Select [1, !Cidr ['192.168.0.0/24', 6, 5]]", "192.168.0.32/27"),
        ("!Select [1, !Cidr ['2001:db8::/56', 2, 64]]", "2001:db8:0:1::/64"),
        (
            "!Cidr ['192.168.0.0/24', 9, 5]",
            "? the expression fails: 9 ranges of 5 bits do not fit into `192.168.0.0/24`",
        ),
        ("!Cidr ['10.0.0.0/8', 300, 5]", "? the expression fails: the count of `Fn::Cidr` is 1 to 256"),
        // "Fn::Transform" is run elsewhere.
        ("!Transform {Name: AWS::Include}", "? the macro `AWS::Include` is not run"),
        ("{A: b, 'Fn::Transform': {Name: AWS::Include}}", "{A: b, ? the macro `AWS::Include` is not run}"),
        ("!Custom x", "? the function `Custom` is not evaluated"),
        // Numbers are as they are written.
        ("[012345678901, 1.10, true]", "[012345678901, 1.10, true]"),
    ]);
}

#[test]
fn conditions() {
    check(&[
        ("!If [IsProd, a, b]", "a"),
        ("!If [IsTest, a, b]", "b"),
        ("!If [IsTest, a, !Ref AWS::NoValue]", "nothing"),
        ("!If [IsSmall, a, b]", "one of a | b"),
        ("!If [IsHuge, a, b]", "b"),
        ("!If [IsOpen, a, b]", "one of a | b"),
        ("!If [IsOpen, a, a]", "a"),
        ("!If [Both, a, b]", "one of a | b"),
        ("!If [Neither, a, b]", "b"),
        ("!If [Either, a, b]", "a"),
        ("!If [Round, a, b]", "one of a | b"),
        ("!If [Nowhere, a, b]", "one of a | b"),
        ("!If [IsOpen, !If [IsSmall, a, b], c]", "one of a | b | c"),
        ("!If [IsProd, a]", "? the expression fails: `Fn::If` has a condition and two values"),
        // A list with a member that may be there is one of two lists.
        ("[a, !If [IsOpen, b, !Ref AWS::NoValue]]", "one of [a] | [a, b]"),
        ("[a, !If [IsTest, b, !Ref AWS::NoValue]]", "[a]"),
        ("{A: !If [IsTest, b, !Ref AWS::NoValue], B: c}", "{A: nothing, B: c, }"),
    ]);
}

#[test]
fn loops() {
    check(&[
        // "Fn::ForEach" in a map: keys and values are filled in.
        (
            "{'Fn::ForEach::Own': [Who, [ann, ben], {'User${Who}': !Sub '${Who}-${Stage}'}]}",
            "{Userann: ann-prod, Userben: ben-prod, }",
        ),
        ("{'Fn::ForEach::Own': [Who, !Ref Names, {'&{Who}': !Ref Who}]}", "{ann: ann, ben: ben, }"),
        ("{'Fn::ForEach::Own': [Who, ['a-b'], {'U&{Who}': 'x-${Who}'}]}", "{Uab: x-a-b, }"),
        (
            "{'Fn::ForEach::A': [A, [x, y], {'Fn::ForEach::B': [B, [p, q], {'${A}${B}': !Join ['', [!Ref A, !Ref B]]}]}]}",
            "{xp: xp, xq: xq, yp: yp, yq: yq, }",
        ),
        ("{'Fn::ForEach::Own': [Who, !Ref Open, {'${Who}': x}]}", "{}"),
    ]);
}
