//! The same access, written in HCL, in a template and in the JSON that AWS answers with, comes to the same facts.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Reader;
use super::cases::render_files;
use crate::rules::{RuleFile, Rules};
use crate::source::{Content, FileKind, SourceFile, Tree};
use crate::store::Digest;

/// One shape of access in three languages.
struct Shape {
    name: &'static str,
    hcl: &'static str,
    template: &'static str,
    export: &'static str,
}

/// What one file declares, as lines without their places. A role's or grant's statements belong to its line.
fn facts(path: &str, text: &str) -> BTreeSet<String> {
    let config = b"version: 1\nsystems:\n  - paths: [\"**\"]\n    id: aws:111122223333\n";
    let rules = Rules::load(&[RuleFile::new("countersign.yaml", config.to_vec())], None).unwrap();
    let content = Content::Bytes { bytes: Arc::from(text.as_bytes()), digest: Digest::of(text.as_bytes()) };
    let file = SourceFile { path: path.into(), kind: FileKind::Regular, content };
    let reading = Reader::default().read(&Tree { files: vec![file], commit: None, tree: None }, &rules);
    assert!(reading.not_lowered.is_empty(), "{path}: {:?}", reading.not_lowered);
    assert_eq!(reading.units.len(), 1, "{path}");
    let shown = render_files(&reading.units[0].facts, &[("", text.as_bytes())]);
    let mut lines: Vec<String> = Vec::new();
    for line in shown.lines().skip(1) {
        let (_, said) = line.trim_start().split_once(' ').unwrap();
        match lines.last_mut().filter(|_| line.starts_with(' ')) {
            Some(owner) => owner.push_str(&format!("\n  {said}")),
            None => lines.push(said.to_owned()),
        }
    }
    lines.into_iter().collect()
}

#[test]
fn three_languages_come_to_the_same_facts() {
    for shape in SHAPES {
        let hcl = facts("main.tf", shape.hcl);
        assert!(!hcl.is_empty(), "{}", shape.name);
        assert!(hcl.iter().all(|line| !line.contains("Unknown:") && !line.contains("Broken:")), "{hcl:#?}");
        assert_eq!(facts("stack.yaml", shape.template), hcl, "{}: template (left) and HCL", shape.name);
        assert_eq!(facts("account.json", shape.export), hcl, "{}: export (left) and HCL", shape.name);
    }
}

const SHAPES: &[Shape] = &[
    Shape {
        name: "a user with a path",
        hcl: r#"resource "aws_iam_user" "a" {
  name = "ann"
  path = "/finance/"
}"#,
        template: "Resources:\n  A:\n    Type: AWS::IAM::User\n    Properties: {UserName: ann, Path: /finance/}\n",
        export: r#"{"UserDetailList": [{"Arn": "arn:aws:iam::111122223333:user/finance/ann"}]}"#,
    },
    Shape {
        name: "an inline policy of a user",
        hcl: r#"resource "aws_iam_user" "a" { name = "ann" }
resource "aws_iam_user_policy" "p" {
  user   = aws_iam_user.a.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "iam:CreateAccessKey", Resource = "*" }] })
}"#,
        template: r#"
Resources:
  A:
    Type: AWS::IAM::User
    Properties:
      UserName: ann
      Policies:
        - PolicyName: p
          PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: iam:CreateAccessKey, Resource: "*"}]}
"#,
        export: r#"{"UserDetailList": [{"Arn": "arn:aws:iam::111122223333:user/ann", "UserPolicyList": [{"PolicyName": "p",
  "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}]}}]}]}"#,
    },
    Shape {
        name: "AWS's own policy for a user",
        hcl: r#"resource "aws_iam_user" "a" { name = "ann" }
resource "aws_iam_user_policy_attachment" "p" {
  user       = "ann"
  policy_arn = "arn:aws:iam::aws:policy/IAMFullAccess"
}"#,
        template: "Resources:\n  A:\n    Type: AWS::IAM::User\n    Properties:\n      UserName: ann\n      ManagedPolicyArns: \
                   [!Sub 'arn:${AWS::Partition}:iam::aws:policy/IAMFullAccess']\n",
        export: r#"{"UserDetailList": [{"Arn": "arn:aws:iam::111122223333:user/ann", "AttachedManagedPolicies": [{"PolicyArn": "arn:aws:iam::aws:policy/IAMFullAccess"}]}]}"#,
    },
    Shape {
        name: "a group with a member",
        hcl: r#"resource "aws_iam_user" "a" { name = "ann" }
resource "aws_iam_group" "g" { name = "payers" }
resource "aws_iam_group_membership" "m" {
  name  = "m"
  group = aws_iam_group.g.name
  users = [aws_iam_user.a.name]
}"#,
        template: r"
Resources:
  A: {Type: AWS::IAM::User, Properties: {UserName: ann}}
  G: {Type: AWS::IAM::Group, Properties: {GroupName: payers}}
  M: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: !Ref G, Users: [!Ref A]}}
",
        export: r#"{"UserDetailList": [{"Arn": "arn:aws:iam::111122223333:user/ann", "GroupList": ["payers"]}],
  "GroupDetailList": [{"GroupName": "payers", "Arn": "arn:aws:iam::111122223333:group/payers"}]}"#,
    },
    Shape {
        name: "a user that names its groups",
        hcl: r#"resource "aws_iam_user" "a" { name = "ann" }
resource "aws_iam_group" "g" { name = "payers" }
resource "aws_iam_user_group_membership" "m" {
  user   = aws_iam_user.a.name
  groups = [aws_iam_group.g.name]
}"#,
        template: r"
Resources:
  A: {Type: AWS::IAM::User, Properties: {UserName: ann, Groups: [!Ref G]}}
  G: {Type: AWS::IAM::Group, Properties: {GroupName: payers}}
",
        export: r#"{"UserDetailList": [{"Arn": "arn:aws:iam::111122223333:user/ann", "GroupList": ["payers"]}],
  "GroupDetailList": [{"GroupName": "payers", "Arn": "arn:aws:iam::111122223333:group/payers"}]}"#,
    },
    Shape {
        name: "a managed policy for a group",
        hcl: r#"resource "aws_iam_user" "a" { name = "ann" }
resource "aws_iam_group" "g" { name = "payers" }
resource "aws_iam_user_group_membership" "m" {
  user   = "ann"
  groups = ["payers"]
}
resource "aws_iam_policy" "p" {
  name   = "pay"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["sqs:SendMessage"], Resource = "arn:aws:sqs:*:111122223333:pay" }] })
}
resource "aws_iam_group_policy_attachment" "p" {
  group      = aws_iam_group.g.name
  policy_arn = aws_iam_policy.p.arn
}"#,
        template: r"
Resources:
  A: {Type: AWS::IAM::User, Properties: {UserName: ann, Groups: [payers]}}
  G: {Type: AWS::IAM::Group, Properties: {GroupName: payers}}
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: pay
      Groups: [!Ref G]
      PolicyDocument:
        Version: 2012-10-17
        Statement: {Effect: Allow, Action: [sqs:SendMessage], Resource: 'arn:aws:sqs:*:111122223333:pay'}
",
        export: r#"{"UserDetailList": [{"Arn": "arn:aws:iam::111122223333:user/ann", "GroupList": ["payers"]}],
  "GroupDetailList": [{"GroupName": "payers", "Arn": "arn:aws:iam::111122223333:group/payers",
    "AttachedManagedPolicies": [{"PolicyArn": "arn:aws:iam::111122223333:policy/pay"}]}],
  "Policies": [{"PolicyName": "pay", "Arn": "arn:aws:iam::111122223333:policy/pay", "PolicyVersionList": [{"IsDefaultVersion": true,
    "Document": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": "arn:aws:sqs:*:111122223333:pay"}]}}]}]}"#,
    },
    Shape {
        name: "a role that a service acts as",
        hcl: r#"resource "aws_iam_role" "r" {
  name               = "runner"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }] })
}"#,
        template: r"
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: runner
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}]
",
        export: r#"{"RoleDetailList": [{"Arn": "arn:aws:iam::111122223333:role/runner", "AssumeRolePolicyDocument":
  {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}}]}"#,
    },
    Shape {
        name: "a role of another account, with a second factor",
        hcl: r#"resource "aws_iam_role" "r" {
  name               = "support"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "arn:aws:iam::444455556666:root" }, Condition = { Bool = { "aws:MultiFactorAuthPresent" = "true" } } }] })
}"#,
        template: r"
Parameters:
  Trusted: {Type: String, Default: '444455556666'}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: support
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Action: sts:AssumeRole
            Principal: {AWS: !Sub 'arn:${AWS::Partition}:iam::${Trusted}:root'}
            Condition: {Bool: {'aws:MultiFactorAuthPresent': 'true'}}
",
        export: r#"{"RoleDetailList": [{"Arn": "arn:aws:iam::111122223333:role/support", "AssumeRolePolicyDocument":
  {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
    "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]}}]}"#,
    },
    Shape {
        name: "a role of a repository's workflows",
        hcl: r#"resource "aws_iam_role" "r" {
  name               = "deployer"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRoleWithWebIdentity", Principal = { Federated = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }, Condition = { StringEquals = { "token.actions.githubusercontent.com:sub" = "repo:acme/pay:ref:refs/heads/main" } } }] })
}"#,
        template: r"
Resources:
  Provider: {Type: AWS::IAM::OIDCProvider, Properties: {Url: 'https://token.actions.githubusercontent.com'}}
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: deployer
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Action: sts:AssumeRoleWithWebIdentity
            Principal: {Federated: !GetAtt Provider.Arn}
            Condition: {StringEquals: {'token.actions.githubusercontent.com:sub': 'repo:acme/pay:ref:refs/heads/main'}}
",
        export: r#"{"RoleDetailList": [{"Arn": "arn:aws:iam::111122223333:role/deployer", "AssumeRolePolicyDocument":
  {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
    "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
    "Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/pay:ref:refs/heads/main"}}}]}}]}"#,
    },
    Shape {
        name: "a role within a boundary",
        hcl: r#"resource "aws_iam_role" "r" {
  name                 = "runner"
  permissions_boundary = "arn:aws:iam::111122223333:policy/limits"
  assume_role_policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
}"#,
        template: r"
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: runner
      PermissionsBoundary: !Sub 'arn:aws:iam::${AWS::AccountId}:policy/limits'
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {Service: ec2.amazonaws.com}}]
",
        export: r#"{"RoleDetailList": [{"Arn": "arn:aws:iam::111122223333:role/runner",
  "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/limits"}, "AssumeRolePolicyDocument":
  {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]}}]}"#,
    },
    Shape {
        name: "a denial with a complement and a condition",
        hcl: r#"resource "aws_iam_user" "a" { name = "ann" }
resource "aws_iam_user_policy" "p" {
  user   = "ann"
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "*", Resource = "*" },
    { Effect = "Deny", NotAction = ["iam:ChangePassword"], Resource = "*", Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } } },
  ] })
}"#,
        template: r"
Resources:
  A: {Type: AWS::IAM::User, Properties: {UserName: ann}}
  P:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: p
      Users: [!Ref A]
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - {Effect: Allow, Action: '*', Resource: '*'}
          - Effect: Deny
            NotAction: [iam:ChangePassword]
            Resource: '*'
            Condition: {BoolIfExists: {'aws:MultiFactorAuthPresent': 'false'}}
",
        export: r#"{"UserDetailList": [{"Arn": "arn:aws:iam::111122223333:user/ann", "UserPolicyList": [{"PolicyName": "p",
  "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"},
    {"Effect": "Deny", "NotAction": ["iam:ChangePassword"], "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]}}]}]}"#,
    },
    Shape {
        name: "who may act as whom",
        hcl: r#"resource "aws_iam_user" "a" { name = "ann" }
resource "aws_iam_role" "r" {
  name               = "admin"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = aws_iam_user.a.arn } }] })
}
resource "aws_iam_role_policy_attachment" "p" {
  role       = aws_iam_role.r.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}"#,
        template: r"
Resources:
  A: {Type: AWS::IAM::User, Properties: {UserName: ann}}
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: admin
      ManagedPolicyArns: [!Join ['', ['arn:', !Ref AWS::Partition, ':iam::aws:policy/AdministratorAccess']]]
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {AWS: !GetAtt A.Arn}}]
",
        export: r#"{"UserDetailList": [{"Arn": "arn:aws:iam::111122223333:user/ann"}], "RoleDetailList": [{"Arn": "arn:aws:iam::111122223333:role/admin",
  "AttachedManagedPolicies": [{"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}], "AssumeRolePolicyDocument":
  {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111122223333:user/ann"}}]}}]}"#,
    },
];
