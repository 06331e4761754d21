//! The shape of every kind of manifest, and the JSON Schemas made from it.
//!
//! The comments on the fields become the descriptions that an editor shows, so they speak to whoever fills the form.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Value, json};

use super::lifecycle::{ApprovedSpec, ControlSpec, ExcludedSpec, ProcessSpec, ReviewedSpec};
use super::values::{
    Date, DimensionName, Expiry, FixedDimensions, Many, Name, PersonRef, PrincipalId, Reference, ScopeMap, ScopeValue,
    ShortOrFull, SystemId,
};
use crate::facts::{CredentialKind, Effect, Level, PersonStatus, ServiceKind, Stage, Tag};
use crate::syntax::Spanned;

/// One manifest: a document of one kind.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Document<M, S> {
    /// The version of the form: `countersign.dev/v1`.
    #[serde(rename = "apiVersion")]
    #[expect(dead_code, reason = "read before the rest of the document, to choose its reader")]
    api_version: String,
    /// What this document describes.
    #[expect(dead_code, reason = "read before the rest of the document, to choose its reader")]
    kind: String,
    /// What it is called.
    pub(super) metadata: M,
    /// What it says.
    pub(super) spec: S,
}

/// How a manifest is called.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(bound = "I: JsonSchema", rename = "Metadata_{I}")]
pub(super) struct Metadata<I> {
    /// The id by which other manifests refer to it. It never changes, even when the name does.
    pub(super) id: Spanned<I>,
    /// A name for people.
    #[serde(default)]
    pub(super) name: Option<String>,
}

/// How a grant is called; both keys may be left out.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantMetadata {
    /// An id for people to speak of it. Nothing refers to it.
    #[serde(default)]
    #[expect(dead_code, reason = "for the reader of the file; a grant is known by what it gives")]
    id: Option<String>,
    /// A name for people.
    #[serde(default)]
    #[expect(dead_code, reason = "for the reader of the file; a grant is known by what it gives")]
    name: Option<String>,
}

/// A grant's document, whose metadata may be left out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantDocument {
    /// The version of the form: `countersign.dev/v1`.
    #[serde(rename = "apiVersion")]
    #[expect(dead_code, reason = "read before the rest of the document, to choose its reader")]
    api_version: String,
    /// What this document describes.
    #[expect(dead_code, reason = "read before the rest of the document, to choose its reader")]
    kind: String,
    /// What it is called.
    #[serde(default)]
    #[expect(dead_code, reason = "for the reader of the file; a grant is known by what it gives")]
    metadata: GrantMetadata,
    /// What it gives, and to whom.
    pub(super) spec: GrantSpec,
}

/// One instance of an application or platform, such as the production NetSuite.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SystemSpec {
    /// What it is an instance of: `netsuite`, `sap`, `aws`, `kubernetes`, `github`, `workday` and so on. It chooses
    /// which permission names confer which duty.
    pub(super) r#type: Name,
    /// Who answers for it.
    #[serde(default)]
    pub(super) owner: Option<PersonRef>,
    /// What holds for every permission in this system, such as `legal_entity: DE01` for an instance that serves one
    /// company only.
    #[serde(default)]
    pub(super) dimensions: FixedDimensions,
    /// How the system's own names for companies, plants and so on join those that all systems share.
    #[serde(default)]
    pub(super) maps: Many<MapSpec>,
    /// The processes of financial reporting that it carries.
    #[serde(default)]
    pub(super) processes: Many<ProcessSpec>,
    /// Why it carries none, and is left out.
    #[serde(default)]
    pub(super) excluded: Option<ExcludedSpec>,
    /// What is special about it: `third_party`, `acquired`, `no_log`. Each asks for a control that makes up for it.
    #[serde(default)]
    pub(super) tags: Vec<Tag>,
    /// The control that makes up for what its tags say.
    #[serde(default)]
    pub(super) compensating_control: Option<ControlSpec>,
}

/// One dimension of a system, and the shared dimension it stands for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MapSpec {
    /// The system's own name for it, such as `subsidiary` or `company_code`.
    pub(super) native: DimensionName,
    /// The shared name, such as `legal_entity`.
    pub(super) shared: DimensionName,
    /// The system's value and the shared values it stands for. A value that is not listed stands for itself.
    #[serde(default)]
    pub(super) values: BTreeMap<String, Many<ScopeValue>>,
}

/// A person who works or worked for the company.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonSpec {
    /// `active`, `leave` (away, still employed) or `departed`. Left out: `active`.
    #[serde(default)]
    pub(super) status: Option<PersonStatus>,
    /// The manager.
    #[serde(default)]
    pub(super) manager: Option<PersonRef>,
    /// First day.
    #[serde(default)]
    pub(super) start: Option<Date>,
    /// Last day.
    #[serde(default)]
    pub(super) end: Option<Spanned<Date>>,
    /// E-mail addresses, used only to recognise who wrote a change.
    #[serde(default)]
    pub(super) emails: Many<Name>,
    /// The accounts that are this person's. Access of all of them counts together.
    #[serde(default)]
    pub(super) accounts: Many<AccountSpec>,
}

/// An account in a system.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountSpec {
    /// The system.
    pub(super) system: SystemId,
    /// The account's name there, as the system writes it.
    pub(super) name: Spanned<Name>,
}

/// An identity that no person logs in with: a bot, an integration, an AI agent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceIdentitySpec {
    /// What it is: `bot`, `integration` or `ai_agent`. Of an AI agent it is asked who approves what it does.
    #[serde(default)]
    pub(super) r#type: Option<ServiceKind>,
    /// Who answers for it.
    #[serde(default)]
    pub(super) owner: Option<Spanned<PersonRef>>,
    /// Who may change what it does: its instructions, tools and credentials. Left out: the owner.
    #[serde(default)]
    pub(super) operator: Many<PersonRef>,
    /// Who approves what it does. Nobody who operates it.
    #[serde(default)]
    pub(super) approver: Many<PersonRef>,
    /// What it is for.
    #[serde(default)]
    pub(super) purpose: Option<String>,
    /// The duties that it may hold, or permissions as their systems write them; an empty list means no duty. Where
    /// permissions are named, it may hold no others. Left out: nothing is said.
    #[serde(default)]
    pub(super) may_hold: Option<Many<Name>>,
    /// Its accounts.
    #[serde(default)]
    pub(super) accounts: Many<AccountSpec>,
    /// What it authenticates with. Never the secret itself.
    #[serde(default)]
    pub(super) credentials: Many<CredentialSpec>,
    /// Who approved that it exists, and when.
    #[serde(default)]
    pub(super) approved: Option<ApprovedSpec>,
    /// What it was made for: `test`, which has an end, or `production`.
    #[serde(default)]
    pub(super) stage: Option<Stage>,
    /// The last day on which it is needed.
    #[serde(default)]
    pub(super) until: Option<Date>,
    /// The day on which it was retired. From then on it has no account, no credential and no access.
    #[serde(default)]
    pub(super) retired: Option<Date>,
    /// Who looked at it last, and when.
    #[serde(default)]
    pub(super) reviewed: Option<ReviewedSpec>,
    /// The last day by which somebody looks at it again.
    #[serde(default)]
    pub(super) review_by: Option<Date>,
    /// What is special about it: `third_party`, `acquired`, `no_log`. Each asks for a control that makes up for it.
    #[serde(default)]
    pub(super) tags: Vec<Tag>,
    /// The control that makes up for what its tags say.
    #[serde(default)]
    pub(super) compensating_control: Option<ControlSpec>,
}

/// A credential, without its secret.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CredentialSpec {
    /// A name for it, such as the key's public id.
    pub(super) id: Spanned<Name>,
    /// What it is.
    pub(super) kind: CredentialKind,
    /// When it was made.
    #[serde(default)]
    pub(super) created: Option<Date>,
    /// The last day on which it works, or `never`. Left out: keys and tokens count as never ending, passwords and
    /// certificates as unknown.
    #[serde(default)]
    pub(super) expires: Option<Expiry>,
    /// When it was last replaced. Left out: never since it was made.
    #[serde(default)]
    pub(super) rotated: Option<Date>,
    /// The system that takes it, where that is known.
    #[serde(default)]
    pub(super) system: Option<SystemId>,
    /// The workloads that use it, by whatever they are called. Left out: nothing is said.
    #[serde(default)]
    pub(super) used_by: Many<Name>,
}

/// A group of accounts or people in a system.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupSpec {
    /// The system it belongs to. Left out: the system that the configuration names for this file.
    #[serde(default)]
    pub(super) system: Option<SystemId>,
    /// Who is in it.
    #[serde(default)]
    pub(super) members: Many<ShortOrFull<Reference, MemberSpec>>,
    /// Whether the list is complete. `false` says that the members are kept elsewhere; the group itself is judged then.
    #[serde(default)]
    pub(super) members_listed: Option<bool>,
}

/// A member for a time.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MemberSpec {
    /// Who.
    pub(super) member: Spanned<Reference>,
    /// First day.
    #[serde(default)]
    pub(super) from: Option<Date>,
    /// Last day.
    #[serde(default)]
    pub(super) until: Option<Spanned<Date>>,
}

/// A named set of permissions in a system.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleSpec {
    /// The system it belongs to. Left out: the system that the configuration names for this file.
    #[serde(default)]
    pub(super) system: Option<SystemId>,
    /// What it permits.
    #[serde(default)]
    pub(super) permissions: Many<ShortOrFull<Name, PermissionSpec>>,
    /// Other roles of the same system whose permissions it also has, by their ids.
    #[serde(default)]
    pub(super) includes: Many<Name>,
}

/// One permission, with more than its name.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PermissionSpec {
    /// Its name, as the system writes it; `*` and `?` match.
    pub(super) permission: Spanned<Name>,
    /// How much: `view`, `create`, `edit` or `full`. Left out: `full`.
    #[serde(default)]
    pub(super) level: Option<Level>,
    /// `allow`, or `deny`, which wins over every `allow`. Left out: `allow`.
    #[serde(default)]
    pub(super) effect: Option<Effect>,
    /// The object it works on, where the system has such; `*` and `?` match. Left out: every object.
    #[serde(default)]
    pub(super) resource: Option<Name>,
    /// Where it works, such as `legal_entity: DE01`.
    #[serde(default)]
    pub(super) scope: ScopeMap,
}

/// Roles or permissions given to somebody. Give at least one of `role`, `roles` and `permissions`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [{"required": ["role"]}, {"required": ["roles"]}, {"required": ["permissions"]}]))]
pub(super) struct GrantSpec {
    /// The system it works in. Left out: the system that the configuration names for this file.
    #[serde(default)]
    pub(super) system: Option<SystemId>,
    /// Who receives it.
    pub(super) to: Many<Reference>,
    /// The role's id.
    #[serde(default)]
    pub(super) role: Option<Spanned<Name>>,
    /// The ids of several roles.
    #[serde(default)]
    pub(super) roles: Many<Name>,
    /// Permissions without a role.
    #[serde(default)]
    pub(super) permissions: Many<ShortOrFull<Name, PermissionSpec>>,
    /// Where it works, such as `legal_entity: [DE01]`; `"*"` is everywhere. A dimension that is left out counts as
    /// everywhere too, and every finding says so.
    #[serde(default)]
    pub(super) scope: ScopeMap,
    /// First day.
    #[serde(default)]
    pub(super) from: Option<Date>,
    /// Last day.
    #[serde(default)]
    pub(super) until: Option<Spanned<Date>>,
    /// Why.
    #[serde(default)]
    pub(super) justification: Option<String>,
    /// The ticket in which it was asked for.
    #[serde(default)]
    pub(super) ticket: Option<String>,
}

pub(super) type SystemDocument = Document<Metadata<SystemId>, SystemSpec>;
pub(super) type PersonDocument = Document<Metadata<PrincipalId>, PersonSpec>;
pub(super) type ServiceIdentityDocument = Document<Metadata<PrincipalId>, ServiceIdentitySpec>;
pub(super) type GroupDocument = Document<Metadata<Name>, GroupSpec>;
pub(super) type RoleDocument = Document<Metadata<Name>, RoleSpec>;

/// The JSON Schema of one kind of manifest, or none for a word that is not such a kind.
#[must_use]
pub fn schema(kind: &str) -> Option<Value> {
    let mut generator = SchemaGenerator::default();
    let body = body(kind, &mut generator)?;
    Some(finish(body, &format!("Countersign {kind}"), &mut generator))
}

/// The JSON Schema of any manifest, for an editor: one alternative a kind.
#[must_use]
pub fn manifest_schema() -> Value {
    let mut generator = SchemaGenerator::default();
    let kinds: Vec<Value> = super::KINDS.iter().filter_map(|kind| body(kind, &mut generator)).collect();
    finish(json!({"oneOf": kinds}), "Countersign manifest", &mut generator)
}

/// The schema of one kind's documents; what it shares with others goes into the generator's definitions.
fn body(kind: &str, generator: &mut SchemaGenerator) -> Option<Value> {
    let schema: Schema = match kind {
        "System" => SystemDocument::json_schema(generator),
        "Person" => PersonDocument::json_schema(generator),
        "ServiceIdentity" => ServiceIdentityDocument::json_schema(generator),
        "Group" => GroupDocument::json_schema(generator),
        "Role" => RoleDocument::json_schema(generator),
        "Grant" => GrantDocument::json_schema(generator),
        _ => return None,
    };
    let mut body = schema.to_value();
    if let Some(properties) = body.get_mut("properties").and_then(Value::as_object_mut) {
        // The two keys are what tells the kinds apart.
        for (key, word) in [("apiVersion", super::API_VERSION), ("kind", kind)] {
            if let Some(property) = properties.get_mut(key).and_then(Value::as_object_mut) {
                property.insert("const".to_owned(), json!(word));
            }
        }
    }
    Some(body)
}

fn finish(mut body: Value, title: &str, generator: &mut SchemaGenerator) -> Value {
    if let Some(map) = body.as_object_mut() {
        map.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        map.insert("title".to_owned(), json!(title));
        map.insert("$defs".to_owned(), Value::Object(generator.take_definitions(true)));
    }
    body
}
