//! On what a policy is set, told by the arguments that are not about the policy itself.

use super::super::arguments::{is_open, text};
use crate::facts::Text;
use crate::formats::configuration::providers::Lowering;
use crate::formats::configuration::resource::{Mode, Resource};
use crate::formats::configuration::value::{Unknown, Value};
use crate::formats::gcp::{On, last_part, project_of, project_of_account};

/// Arguments of the policy types that do not say on what the policy is.
const OF_THE_POLICY: [&str; 8] =
    ["role", "member", "members", "policy_data", "condition", "etag", "timeouts", "deletion_policy"];

/// Arguments that only say where the resource is.
const PLACES: [&str; 5] = ["project", "location", "region", "zone", "parent"];

/// What a policy is set on, and what of that is not known.
pub(super) struct Target {
    pub(super) on: On,
    /// Why a part is not known, with what that means.
    pub(super) open: Option<(std::sync::Arc<Unknown>, &'static str)>,
}

/// The resource kind in the name of a policy type: `storage_bucket` of `google_storage_bucket_iam_member`.
pub(super) fn kind_of(policy_type: &str) -> &str {
    let kind = policy_type.strip_prefix("google_").unwrap_or(policy_type);
    ["_iam_policy", "_iam_binding", "_iam_member"].iter().find_map(|suffix| kind.strip_suffix(suffix)).unwrap_or(kind)
}

/// What the policy of a resource is set on.
pub(super) fn target(resource: &Resource, lowering: &Lowering<'_>) -> Target {
    let mut names = Names { lowering, open: None };
    let on = match kind_of(resource.kind()) {
        "organization" => On::Organization(names.last(resource.get("org_id"), "it counts as every organization")),
        "folder" => On::Folder(names.last(resource.get("folder"), "it counts as every folder")),
        "project" => On::Project(names.project(resource.get("project"))),
        "service_account" => {
            let name = names.text(resource.get("service_account_id"), "it counts as every service account");
            let email = name.as_deref().map(|name| Text::from(last_part(name)));
            let project =
                name.as_deref().and_then(project_of).or_else(|| email.as_deref().and_then(project_of_account));
            On::ServiceAccount { project: project.map(Text::from), email }
        }
        kind => names.resource(kind, resource),
    };
    Target { on, open: names.open }
}

/// Reads names and notes what of them is not known.
struct Names<'l> {
    lowering: &'l Lowering<'l>,
    open: Option<(std::sync::Arc<Unknown>, &'static str)>,
}

impl Names<'_> {
    /// A name. One of which nothing is known but the resource that is made is known by that; what a data source finds may
    /// be anything.
    fn text(&mut self, value: Option<&Value>, consequence: &'static str) -> Option<Text> {
        let value = value?;
        let found = self.lowering.resolve(value).is_some_and(|(own, _)| own.address.mode == Mode::Data);
        if is_open(value, self.lowering) || value.as_unknown().is_some() && found {
            self.open = value.as_unknown().cloned().map(|unknown| (unknown, consequence));
            return None;
        }
        text(value).map(Text::from)
    }

    /// The last part of a name, such as the number of a folder.
    fn last(&mut self, value: Option<&Value>, consequence: &'static str) -> Option<Text> {
        self.text(value, consequence).map(|name| if name.contains("${") { name } else { last_part(&name).into() })
    }

    fn project(&mut self, value: Option<&Value>) -> Option<Text> {
        self.last(value, "it counts as every project")
    }

    /// Another resource: its name is that of all arguments that name something, in their order.
    fn resource(&mut self, kind: &str, resource: &Resource) -> On {
        let mut parts = Vec::new();
        let mut known = true;
        let arguments = resource.attributes.as_map();
        for (name, member) in arguments.iter().flat_map(|members| members.known.iter()) {
            if OF_THE_POLICY.contains(&&**name) || PLACES.contains(&&**name) || member.value.is_null() {
                continue;
            }
            match self.text(Some(&member.value), "it counts as every resource of its kind") {
                Some(part) => parts.push(part),
                None => known = false,
            }
        }
        let full = parts.join("/");
        // A resource that the block refers to says its project where the policy does not.
        let declared = arguments.iter().flat_map(|members| members.known.values()).find_map(|member| {
            let (own, _) = self.lowering.resolve(&member.value)?;
            own.get("project")
        });
        let project = match project_of(&full) {
            Some(project) => Some(project.into()),
            None => self.project(resource.get("project").or(declared)),
        };
        let name = (known && !full.is_empty()).then(|| format!("{kind}/{}", short(&full)).into());
        On::Resource { name, project }
    }
}

/// A full name without its project and place: `ring/key` of `projects/p/locations/l/keyRings/ring/cryptoKeys/key`.
fn short(name: &str) -> String {
    let Some(rest) = name.strip_prefix("projects/") else { return name.to_owned() };
    let parts: Vec<&str> = rest.split('/').skip(1).collect();
    let (pairs, odd) = parts.split_at(parts.len() & !1);
    let named = pairs.chunks(2).filter_map(|pair| match pair {
        ["locations" | "zones" | "regions", _] => None,
        [_, name] => Some(*name),
        _ => None,
    });
    let named: Vec<&str> = named.chain(odd.iter().copied()).collect();
    named.join("/")
}
