//! Groups of Cloud Identity and who belongs to them.

use super::super::arguments::{required, text};
use super::iam::cloud;
use crate::facts::{Gap, GroupFact, Holder, MembershipFact, Native, Validity};
use crate::formats::configuration::providers::Lowering;
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::Value;

/// The address of a group or member: `group_key { id = "…" }`.
fn key(resource: &Resource, block: &str) -> Option<String> {
    resource.blocks(block).first()?.get("id").and_then(text)
}

pub(super) fn group(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(name) = key(resource, "group_key") else {
        let reason = "a group is known by the address in its `group_key`; this one has none";
        return lowering.unresolved(Gap::Broken, resource.origin, reason, "this group is not evaluated");
    };
    let members_listed = lowering
        .configuration
        .of_kind("google_cloud_identity_group_membership")
        .filter_map(|own| lowering.resolve(own.get("group")?))
        .any(|(group, _)| group.name == resource.name);
    let cloud = cloud(lowering);
    let id = group_id(&cloud.system, &name);
    cloud.facts.groups.push(GroupFact { id, members_listed, origin: resource.origin });
}

fn group_id(system: &crate::facts::Text, address: &str) -> Native {
    match crate::formats::gcp::holder(system, &format!("group:{address}")).0 {
        Holder::Group(id) | Holder::Account(id) => id,
        Holder::Person(id) | Holder::Service(id) => Native::new(system.clone(), id),
    }
}

/// Somebody in a group. An address alone does not say whether it is a person's, a group's or a service account's: what
/// ends as service accounts' addresses do is one, what the configuration declares as a group is one.
pub(super) fn membership(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(group) = required(resource, "group", lowering) else { return };
    let declared = lowering.resolve(group).map(|(own, _)| own.clone());
    let address = declared.as_ref().and_then(|own| key(own, "group_key")).or_else(|| text(group));
    let block = if resource.blocks("preferred_member_key").is_empty() { "member_key" } else { "preferred_member_key" };
    let (Some(address), Some(member)) = (address, key(resource, block)) else {
        let reason = "this membership does not say who belongs to which group";
        return lowering.unresolved(Gap::Broken, resource.origin, reason, "this membership is not evaluated");
    };
    let is_group = lowering
        .configuration
        .of_kind("google_cloud_identity_group")
        .any(|own| key(own, "group_key").is_some_and(|own| own.eq_ignore_ascii_case(&member)));
    let identifier = match () {
        () if is_group => format!("group:{member}"),
        () if member.ends_with(".gserviceaccount.com") => format!("serviceAccount:{member}"),
        () => format!("user:{member}"),
    };
    let until = resource
        .blocks("roles")
        .iter()
        .filter(|role| role.get("name").and_then(Value::as_str) == Some("MEMBER"))
        .filter_map(|role| role.get("expiry_detail")?.one_or_many().first()?.get("expire_time")?.as_str())
        .find_map(|at| at.parse::<jiff::Timestamp>().ok())
        .map(jiff::Timestamp::as_second);
    let origin = resource.origin;
    let mut cloud = cloud(lowering);
    let group = group_id(&cloud.system, &address);
    let Some(member) = cloud.principal(&identifier, origin) else { return };
    let validity = Validity { from: None, until };
    cloud.facts.memberships.push(MembershipFact { member, group, validity, origin });
}
