//! Names that follow from a resource's arguments (provider documentation, "Attributes Reference" of each type).
//!
//! The project that the provider is configured for stays an unknown part, always the same one.

use std::sync::Arc;

use super::super::Compute;
use super::super::arguments::of_parts;
use crate::facts::{Origin, Text};
use crate::formats::configuration::value::{Part, Reference, Unknown, Value, Why};

/// The rows of the table of computed attributes.
pub(super) const ROWS: &[(&str, Compute)] = &[
    ("google_service_account", account),
    ("data.google_service_account", account),
    ("google_project_iam_custom_role", |own, reference, origin| {
        let project = project(own, origin);
        custom_role(&[Piece::Text("projects/"), Piece::Value(&project)], own, reference, origin)
    }),
    ("google_organization_iam_custom_role", |own, reference, origin| {
        let organization = argument("org_id", own, reference, origin);
        custom_role(&[Piece::Text("organizations/"), Piece::Value(&organization)], own, reference, origin)
    }),
    ("google_project", |own, reference, origin| {
        let id = argument("project_id", own, reference, origin);
        vec![("id", joined(&[Piece::Text("projects/"), Piece::Value(&id)], origin))]
    }),
    ("data.google_organization", organization),
];

enum Piece<'v> {
    Text(&'v str),
    Value(&'v Value),
}

/// A service account: its address is its id in its project. A data source may name it by its address or its full name.
fn account(own: &Value, reference: &Reference, origin: Origin) -> Vec<(&'static str, Value)> {
    let id = argument("account_id", own, reference, origin);
    let project = project(own, origin);
    let email = match id.as_str() {
        Some(text) if text.contains('@') => Value::text(crate::formats::gcp::last_part(text), id.origin),
        _ => {
            let domain = Piece::Text(".iam.gserviceaccount.com");
            joined(&[Piece::Value(&id), Piece::Text("@"), Piece::Value(&project), domain], origin)
        }
    };
    let name = joined(
        &[Piece::Text("projects/"), Piece::Value(&project), Piece::Text("/serviceAccounts/"), Piece::Value(&email)],
        origin,
    );
    let member = joined(&[Piece::Text("serviceAccount:"), Piece::Value(&email)], origin);
    vec![("email", email), ("id", name.clone()), ("name", name), ("member", member), ("project", project)]
}

fn custom_role(parent: &[Piece<'_>], own: &Value, reference: &Reference, origin: Origin) -> Vec<(&'static str, Value)> {
    let role = argument("role_id", own, reference, origin);
    let pieces = parent.iter().map(|piece| match piece {
        Piece::Text(text) => Piece::Text(text),
        Piece::Value(value) => Piece::Value(value),
    });
    let pieces: Vec<Piece<'_>> = pieces.chain([Piece::Text("/roles/"), Piece::Value(&role)]).collect();
    let name = joined(&pieces, origin);
    vec![("id", name.clone()), ("name", name)]
}

/// A data source that is asked for an organization by its number knows it.
fn organization(own: &Value, _: &Reference, origin: Origin) -> Vec<(&'static str, Value)> {
    let Some(number) = own.get("organization") else { return Vec::new() };
    let name = joined(&[Piece::Text("organizations/"), Piece::Value(number)], origin);
    vec![("org_id", number.clone()), ("id", name.clone()), ("name", name)]
}

/// An argument, or that the provider makes it up.
fn argument(name: &str, own: &Value, reference: &Reference, origin: Origin) -> Value {
    own.get(name).cloned().unwrap_or_else(|| {
        let reference = Reference { attribute: name.into(), ..reference.clone() };
        Value::unknown(if reference.data { Why::Data(reference) } else { Why::AfterApply(reference) }, origin)
    })
}

/// The argument `project`, or the project that the provider is configured for.
pub(super) fn project(own: &Value, origin: Origin) -> Value {
    own.get("project").cloned().unwrap_or_else(|| {
        let address: Text = "data.google_client_config.current".into();
        let asked =
            Reference { address, kind: "google_client_config".into(), data: true, attribute: Text::from("project") };
        Value::unknown(Why::Data(asked), origin)
    })
}

fn joined(pieces: &[Piece<'_>], origin: Origin) -> Value {
    let mut parts = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => parts.push(Part::Known(Text::from(*text), origin)),
            Piece::Value(value) => match value.parts() {
                Some(own) => parts.extend(own.into_owned()),
                None => parts.push(Part::Unknown(Arc::new(Unknown {
                    why: Why::Fails { reason: format!("this is {}, not text", value.kind_name()).into() },
                    origin: value.origin,
                    candidates: Vec::new(),
                }))),
            },
        }
    }
    of_parts(parts, origin)
}
