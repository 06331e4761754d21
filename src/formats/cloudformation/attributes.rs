//! Names and ARNs that follow from a resource's properties (CloudFormation user guide, "Return values" of each type; AWS
//! General Reference, "Amazon Resource Names").

use super::references::shared;
use super::substitute::Text;
use crate::facts::Origin;
use crate::formats::configuration::value::{Reference, Value, Why};

/// What is asked of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted<'a> {
    /// What `Ref` gives.
    Reference,
    /// An attribute, such as `Arn`.
    Attribute(&'a str),
}

impl<'a> Wanted<'a> {
    pub(super) fn name(self) -> &'a str {
        match self {
            Self::Reference => "Ref",
            Self::Attribute(name) => name,
        }
    }
}

/// What a type's name and ARN are made of.
struct Shape {
    kind: &'static str,
    /// The property that names it.
    name: &'static str,
    /// Its ARN: `P` the partition, `R` the region, `A` the account, `/` the path, `N` the name, other letters as they are.
    arn: &'static [&'static str],
    /// The attribute that is the ARN, and the one that is the name.
    attributes: (&'static str, &'static str),
    /// Whether `Ref` gives the name, the ARN, or something else.
    reference: Gives,
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Gives {
    Name,
    Arn,
    Other,
}

const fn shape(
    kind: &'static str,
    name: &'static str,
    arn: &'static [&'static str],
    attributes: (&'static str, &'static str),
    reference: Gives,
) -> Shape {
    Shape { kind, name, arn, attributes, reference }
}

const P: &str = "{partition}";
const R: &str = "{region}";
const A: &str = "{account}";
const PATH: &str = "{path}";
const N: &str = "{name}";

const SHAPES: &[Shape] = &[
    shape("AWS::IAM::Role", "RoleName", &["arn:", P, ":iam::", A, ":role", PATH, N], ("Arn", ""), Gives::Name),
    shape("AWS::IAM::User", "UserName", &["arn:", P, ":iam::", A, ":user", PATH, N], ("Arn", ""), Gives::Name),
    shape("AWS::IAM::Group", "GroupName", &["arn:", P, ":iam::", A, ":group", PATH, N], ("Arn", ""), Gives::Name),
    shape(
        "AWS::IAM::ManagedPolicy",
        "ManagedPolicyName",
        &["arn:", P, ":iam::", A, ":policy", PATH, N],
        ("PolicyArn", ""),
        Gives::Arn,
    ),
    shape(
        "AWS::IAM::InstanceProfile",
        "InstanceProfileName",
        &["arn:", P, ":iam::", A, ":instance-profile", PATH, N],
        ("Arn", ""),
        Gives::Name,
    ),
    shape("AWS::IAM::SAMLProvider", "Name", &["arn:", P, ":iam::", A, ":saml-provider/", N], ("Arn", ""), Gives::Arn),
    shape("AWS::IAM::OIDCProvider", "Url", &["arn:", P, ":iam::", A, ":oidc-provider/", N], ("Arn", ""), Gives::Arn),
    shape("AWS::S3::Bucket", "BucketName", &["arn:", P, ":s3:::", N], ("Arn", ""), Gives::Name),
    shape("AWS::SQS::Queue", "QueueName", &["arn:", P, ":sqs:", R, ":", A, ":", N], ("Arn", "QueueName"), Gives::Other),
    shape(
        "AWS::SNS::Topic",
        "TopicName",
        &["arn:", P, ":sns:", R, ":", A, ":", N],
        ("TopicArn", "TopicName"),
        Gives::Arn,
    ),
    shape(
        "AWS::DynamoDB::Table",
        "TableName",
        &["arn:", P, ":dynamodb:", R, ":", A, ":table/", N],
        ("Arn", ""),
        Gives::Name,
    ),
    shape(
        "AWS::Serverless::SimpleTable",
        "TableName",
        &["arn:", P, ":dynamodb:", R, ":", A, ":table/", N],
        ("Arn", ""),
        Gives::Name,
    ),
    shape(
        "AWS::Lambda::Function",
        "FunctionName",
        &["arn:", P, ":lambda:", R, ":", A, ":function:", N],
        ("Arn", ""),
        Gives::Name,
    ),
    shape(
        "AWS::Serverless::Function",
        "FunctionName",
        &["arn:", P, ":lambda:", R, ":", A, ":function:", N],
        ("Arn", ""),
        Gives::Name,
    ),
    shape(
        "AWS::StepFunctions::StateMachine",
        "StateMachineName",
        &["arn:", P, ":states:", R, ":", A, ":stateMachine:", N],
        ("Arn", "Name"),
        Gives::Arn,
    ),
    shape(
        "AWS::Serverless::StateMachine",
        "Name",
        &["arn:", P, ":states:", R, ":", A, ":stateMachine:", N],
        ("Arn", "Name"),
        Gives::Arn,
    ),
    shape(
        "AWS::Logs::LogGroup",
        "LogGroupName",
        &["arn:", P, ":logs:", R, ":", A, ":log-group:", N, ":*"],
        ("Arn", ""),
        Gives::Name,
    ),
    shape(
        "AWS::ECR::Repository",
        "RepositoryName",
        &["arn:", P, ":ecr:", R, ":", A, ":repository/", N],
        ("Arn", ""),
        Gives::Name,
    ),
    shape(
        "AWS::ECS::Cluster",
        "ClusterName",
        &["arn:", P, ":ecs:", R, ":", A, ":cluster/", N],
        ("Arn", ""),
        Gives::Name,
    ),
    shape(
        "AWS::Kinesis::Stream",
        "Name",
        &["arn:", P, ":kinesis:", R, ":", A, ":stream/", N],
        ("Arn", ""),
        Gives::Name,
    ),
    shape("AWS::KMS::Key", "KeyId", &["arn:", P, ":kms:", R, ":", A, ":key/", N], ("Arn", "KeyId"), Gives::Name),
    shape(
        "AWS::SecretsManager::Secret",
        "Name",
        &["arn:", P, ":secretsmanager:", R, ":", A, ":secret:", N, "-??????"],
        ("Id", ""),
        Gives::Arn,
    ),
    shape(
        "AWS::CodeBuild::Project",
        "Name",
        &["arn:", P, ":codebuild:", R, ":", A, ":project/", N],
        ("Arn", ""),
        Gives::Name,
    ),
    shape(
        "AWS::CodeCommit::Repository",
        "RepositoryName",
        &["arn:", P, ":codecommit:", R, ":", A, ":", N],
        ("Arn", "Name"),
        Gives::Other,
    ),
    shape(
        "AWS::CodePipeline::Pipeline",
        "Name",
        &["arn:", P, ":codepipeline:", R, ":", A, ":", N],
        ("", ""),
        Gives::Name,
    ),
    shape("AWS::SSM::Parameter", "Name", &["arn:", P, ":ssm:", R, ":", A, ":parameter/", N], ("", ""), Gives::Name),
];

/// What a resource gives. What its properties do not say is known after the stack is made.
pub(super) fn of(
    kind: &str,
    wanted: Wanted<'_>,
    reference: &Reference,
    origin: Origin,
    property: &dyn Fn(&str) -> Option<Value>,
) -> Value {
    let later = |attribute: &str| {
        Value::unknown(Why::AfterApply(Reference { attribute: attribute.into(), ..reference.clone() }), origin)
    };
    let Some(shape) = SHAPES.iter().find(|shape| shape.kind == kind) else { return later(wanted.name()) };
    let (arn, name) = shape.attributes;
    let gives = match wanted {
        Wanted::Reference => shape.reference,
        Wanted::Attribute(own) if own == arn => Gives::Arn,
        Wanted::Attribute(own) if own == name => Gives::Name,
        Wanted::Attribute(_) => Gives::Other,
    };
    let own_name = || {
        // The service makes a name up where none is given. Whatever it is, it is this resource's: the address stands for it,
        // as it does where the resource is lowered.
        let name = property(shape.name).unwrap_or_else(|| Value::text(reference.address.clone(), origin));
        // An identity provider is known by its address without the scheme.
        match name.as_str().and_then(|name| name.strip_prefix("https://")) {
            Some(address) if shape.name == "Url" => Value::text(address, name.origin),
            _ => name,
        }
    };
    match gives {
        Gives::Other => later(wanted.name()),
        Gives::Name => own_name().with_reference(shared(reference, "name")),
        Gives::Arn => {
            let path = || property("Path").unwrap_or_else(|| Value::text("/", origin));
            arn_of(shape.arn, &own_name, &path, origin).with_reference(shared(reference, "arn"))
        }
    }
}

fn arn_of(pieces: &[&str], name: &dyn Fn() -> Value, path: &dyn Fn() -> Value, origin: Origin) -> Value {
    let asked = |address: &str, kind: &str, attribute: &str| {
        let reference =
            Reference { address: address.into(), kind: kind.into(), data: true, attribute: attribute.into() };
        Value::unknown(Why::Data(reference), origin)
    };
    let mut text = Text::default();
    for piece in pieces {
        let value = match *piece {
            P => asked("AWS::Partition", "aws_partition", "partition"),
            R => asked("AWS::Region", "aws_region", "region"),
            A => asked("AWS::AccountId", "aws_caller_identity", "account_id"),
            PATH => path(),
            N => name(),
            known => Value::text(known, origin),
        };
        // What is no text makes no ARN: it stays out of it, and its own use says what is wrong.
        if text.add(&value).is_err() {
            text.push("?", origin);
        }
    }
    text.finish(origin)
}

/// What a role gives that SAM makes. Its name is known after the stack is made.
pub(super) fn made_role(address: &str, wanted: Wanted<'_>, origin: Origin) -> Value {
    let reference = Reference {
        address: address.into(),
        kind: "aws_iam_role".into(),
        data: false,
        attribute: wanted.name().into(),
    };
    of("AWS::IAM::Role", wanted, &reference, origin, &|_| None)
}
