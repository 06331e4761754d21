//! Names and ARNs that follow from a resource's arguments (AWS General Reference, "Amazon Resource Names"; Service
//! Authorization Reference, "Resource types defined by AWS Identity and Access Management").
//!
//! Partition, account and region are what the provider is configured for; they stay unknown parts with that meaning.

use std::sync::Arc;

use super::super::Compute;
use crate::facts::{Origin, Text};
use crate::formats::configuration::value::{Kind, Part, Reference, Unknown, Value, Why};

/// The rows of the table of computed attributes.
pub(super) const ROWS: &[(&str, Compute)] = &[
    ("aws_iam_role", |own, reference, origin| identity("role", own, reference, origin)),
    ("aws_iam_user", |own, reference, origin| identity("user", own, reference, origin)),
    ("aws_iam_group", |own, reference, origin| identity("group", own, reference, origin)),
    ("aws_iam_instance_profile", |own, reference, origin| identity("instance-profile", own, reference, origin)),
    ("aws_iam_policy", |own, reference, origin| {
        let arn = iam_arn("policy", own, reference, origin);
        vec![("arn", arn.clone()), ("id", arn), ("name", name(own, reference, origin))]
    }),
    ("aws_s3_bucket", bucket),
];

/// A user, group or role: its id is its name.
fn identity(resource: &str, own: &Value, reference: &Reference, origin: Origin) -> Vec<(&'static str, Value)> {
    let name = name(own, reference, origin);
    vec![("arn", iam_arn(resource, own, reference, origin)), ("id", name.clone()), ("name", name)]
}

fn bucket(own: &Value, reference: &Reference, origin: Origin) -> Vec<(&'static str, Value)> {
    let name = argument("bucket", own, reference, origin);
    let mut parts = vec![known("arn:", origin), asked("aws_partition", "partition", origin), known(":s3:::", origin)];
    parts.extend(name.parts().into_iter().flat_map(std::borrow::Cow::into_owned));
    vec![("arn", text(parts, origin)), ("id", name.clone()), ("bucket", name)]
}

fn name(own: &Value, reference: &Reference, origin: Origin) -> Value {
    argument("name", own, reference, origin)
}

/// An argument, or that the provider makes it up.
fn argument(name: &str, own: &Value, reference: &Reference, origin: Origin) -> Value {
    own.get(name).cloned().unwrap_or_else(|| {
        Value::unknown(Why::AfterApply(Reference { attribute: name.into(), ..reference.clone() }), origin)
    })
}

fn iam_arn(resource: &str, own: &Value, reference: &Reference, origin: Origin) -> Value {
    let mut parts = vec![
        known("arn:", origin),
        asked("aws_partition", "partition", origin),
        known(":iam::", origin),
        asked("aws_caller_identity", "account_id", origin),
        known(&format!(":{resource}"), origin),
    ];
    let path = own.get("path").cloned().unwrap_or_else(|| Value::text("/", origin));
    for value in [path, name(own, reference, origin)] {
        parts.extend(value.parts().into_iter().flat_map(std::borrow::Cow::into_owned));
    }
    text(parts, origin)
}

fn text(parts: Vec<Part>, origin: Origin) -> Value {
    Value::new(Kind::Template(parts.into()), origin)
}

fn known(text: &str, origin: Origin) -> Part {
    Part::Known(text.into(), origin)
}

/// What a data source would say of the account that the configuration is applied in.
fn asked(kind: &str, attribute: &str, origin: Origin) -> Part {
    let address: Text = format!("data.{kind}.current").into();
    let why = Why::Data(Reference { address, kind: kind.into(), data: true, attribute: attribute.into() });
    Part::Unknown(Arc::new(Unknown { why, origin, candidates: Vec::new() }))
}
