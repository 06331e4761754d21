//! Access that stands in a resource of its own form: BigQuery datasets and the lists of Cloud Storage buckets.

use super::super::arguments::{is_open, required, text};
use super::computed;
use super::iam::cloud;
use crate::facts::{Gap, Origin};
use crate::formats::configuration::providers::Lowering;
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::Value;
use crate::formats::gcp::conditions::{Limits, limits};
use crate::formats::gcp::{Bound, On};

/// The entries of a dataset that stand in its own block.
pub(super) fn dataset(resource: &Resource, lowering: &mut Lowering<'_>) {
    let on = dataset_of(resource, lowering);
    for entry in resource.blocks("access") {
        dataset_entry(entry, &on, lowering);
    }
}

pub(super) fn dataset_access(resource: &Resource, lowering: &mut Lowering<'_>) {
    let on = dataset_of(resource, lowering);
    dataset_entry(&resource.attributes.clone(), &on, lowering);
}

fn dataset_of(resource: &Resource, lowering: &mut Lowering<'_>) -> On {
    let project = known(&computed::project(&resource.attributes, resource.origin), lowering);
    let name = resource.get("dataset_id").and_then(|id| known(id, lowering));
    On::Resource { name: name.map(|name| format!("bigquery_dataset/{name}").into()), project: project.map(Into::into) }
}

/// A name of which something is known.
fn known(value: &Value, lowering: &Lowering<'_>) -> Option<String> {
    if is_open(value, lowering) { None } else { text(value) }
}

/// One entry of a dataset's access. The three old names are roles like any other (BigQuery documentation, "IAM roles and
/// permissions", basic roles and datasets). What lets views, routines and other datasets in names no principal.
fn dataset_entry(entry: &Value, on: &On, lowering: &mut Lowering<'_>) {
    let named = [("user_by_email", "user:"), ("group_by_email", "group:"), ("domain", "domain:"), ("iam_member", "")];
    let member = named.into_iter().find_map(|(argument, kind)| {
        let value = entry.get(argument)?;
        let name = text(value)?;
        let kind = if name.ends_with(".gserviceaccount.com") && kind == "user:" { "serviceAccount:" } else { kind };
        Some((format!("{kind}{name}"), value))
    });
    let special = || {
        let value = entry.get("special_group")?;
        let project = match on {
            On::Resource { project, .. } => project.as_deref().unwrap_or("${project}"),
            _ => "${project}",
        };
        let name = match value.as_str()? {
            "projectOwners" => format!("projectOwner:{project}"),
            "projectWriters" => format!("projectEditor:{project}"),
            "projectReaders" => format!("projectViewer:{project}"),
            other => other.to_owned(),
        };
        Some((name, value))
    };
    let Some((member, who)) = member.or_else(special) else {
        let other = ["view", "routine", "dataset"].iter().any(|name| entry.get(name).is_some());
        if let Some(unknown) = entry.first_unknown().filter(|_| !other).cloned() {
            lowering.unknown(&unknown, entry.origin, "whom this entry gives what is not known");
        }
        return;
    };
    let Some(role) = entry.get("role").and_then(text) else { return };
    let role = match role.as_str() {
        "OWNER" => "roles/bigquery.dataOwner",
        "WRITER" => "roles/bigquery.dataEditor",
        "READER" => "roles/bigquery.dataViewer",
        other => other,
    };
    if is_open(who, lowering)
        && let Some(unknown) = who.as_unknown().cloned()
    {
        lowering.unknown(&unknown, who.origin, "who gets this is not known; it is granted to whoever that is");
    }
    let condition = entry.get("condition").map(Value::one_or_many).unwrap_or_default().first();
    let limits = condition.and_then(|own| own.get("expression")).and_then(text).map(|own| limits(&own));
    let origin = who.telling_origin();
    cloud(lowering).bind(&Bound { member: &member, role, on, limits: &limits.unwrap_or_default(), origin });
}

pub(super) fn bucket_entity(resource: &Resource, lowering: &mut Lowering<'_>) {
    let (Some(entity), Some(role)) = (required(resource, "entity", lowering), resource.get("role")) else { return };
    if let (Some(name), Some(role)) = (text(entity), text(role)) {
        bucket_entry(resource, &name, &role, entity.origin, lowering);
    }
}

/// A list of `ROLE:entity`, or one of the lists that the service knows by name.
pub(super) fn bucket_acl(resource: &Resource, lowering: &mut Lowering<'_>) {
    for entry in resource.get("role_entity").map(Value::one_or_many).unwrap_or_default() {
        let Some(text) = text(entry) else { continue };
        match text.split_once(':') {
            Some((role, entity)) => bucket_entry(resource, entity, role, entry.origin, lowering),
            None => {
                let reason = format!("`{text}` is no entry of the form `ROLE:entity`");
                lowering.unresolved(Gap::Broken, entry.origin, reason, "this entry is not evaluated");
            }
        }
    }
    let Some(list) = resource.get("predefined_acl") else { return };
    // Cloud Storage documentation, "Access control lists", predefined ACLs.
    let entries: &[(&str, &str)] = match list.as_str().map(str::to_ascii_lowercase).as_deref() {
        Some("publicread") => &[("READER", "allUsers")],
        Some("publicreadwrite") => &[("READER", "allUsers"), ("WRITER", "allUsers")],
        Some("authenticatedread") => &[("READER", "allAuthenticatedUsers")],
        _ => &[],
    };
    for (role, entity) in entries {
        bucket_entry(resource, entity, role, list.origin, lowering);
    }
}

/// An entry of a bucket's list. Its three words are roles (Cloud Storage documentation, "IAM roles", legacy roles).
fn bucket_entry(resource: &Resource, entity: &str, role: &str, origin: Origin, lowering: &mut Lowering<'_>) {
    let member = match entity.split_once('-') {
        Some(("user", address)) if address.ends_with(".gserviceaccount.com") => format!("serviceAccount:{address}"),
        Some((kind @ ("user" | "group" | "domain"), name)) => format!("{kind}:{name}"),
        Some(("project", rest)) => match rest.split_once('-') {
            Some(("owners", project)) => format!("projectOwner:{project}"),
            Some(("editors", project)) => format!("projectEditor:{project}"),
            Some(("viewers", project)) => format!("projectViewer:{project}"),
            _ => entity.to_owned(),
        },
        _ => entity.to_owned(),
    };
    let role = match role {
        "OWNER" => "roles/storage.legacyBucketOwner",
        "WRITER" => "roles/storage.legacyBucketWriter",
        "READER" => "roles/storage.legacyBucketReader",
        other => other,
    };
    let bucket = resource.get("bucket");
    let name = bucket.and_then(|own| known(own, lowering)).map(|name| format!("storage_bucket/{name}").into());
    let declared = bucket.and_then(|own| lowering.resolve(own)).and_then(|(own, _)| own.get("project"));
    let project = declared.and_then(|own| known(own, lowering)).map(Into::into);
    let on = On::Resource { name, project };
    cloud(lowering).bind(&Bound { member: &member, role, on: &on, limits: &Limits::default(), origin });
}
