//! Escalations as rulesets write them: what somebody can make of permissions beyond what those say.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::record::OneOrMany;
use crate::facts::{AccountKind, Level};

/// A way by which an account comes to more than it is granted.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// What is done, as a verb phrase that is printed inside sentences: `give its own user any permission`.
    pub title: String,
    /// The type of system.
    pub system: String,
    /// Where this is described.
    pub origin: String,
    /// What the account must be that does it; any when absent.
    #[serde(default)]
    pub actor: Option<AccountKind>,
    /// What it takes: one account must hold all of these, on a scope that they share.
    pub needs: Vec<Need>,
    /// What comes of it.
    pub becomes: Becomes,
    /// Whom it may reach; needed where it becomes the target.
    #[serde(default)]
    pub target: Option<Target>,
    /// What it also depends on and no definition says, as a clause: `an earlier version of the policy permits more`. Such a
    /// way is unknown.
    #[serde(default)]
    pub perhaps: Option<String>,
}

/// A permission that an escalation takes.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Its name; of several, any will do.
    pub permission: OneOrMany,
    /// The least level that will do.
    #[serde(default)]
    pub level: Option<Level>,
    /// On what.
    #[serde(default)]
    pub on: On,
    /// The one thing that it is needed on, where it is the same for everybody: `cluster-admin`.
    #[serde(default)]
    pub resource: Option<String>,
    /// The values that condition keys have in this use, so that conditions on them are decided.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
}

/// On what a permission is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// On anything at all: whoever does it chooses.
    #[default]
    Anything,
    /// On the acting account itself.
    #[serde(rename = "self")]
    Itself,
    /// On a group that the acting account belongs to.
    OwnGroup,
    /// On a policy of the tree's own that the acting account holds, itself or by a group.
    OwnPolicy,
    /// On the target.
    Target,
    /// On a policy of the tree's own that the target holds.
    TargetPolicy,
    /// On one and the same thing as the escalation's other needs of this kind.
    Same,
}

/// What comes of an escalation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Becomes {
    /// Whoever does it can give itself everything in the system, on the scope of its needs, within its own limits.
    Administrator,
    /// Whoever does it can act as the target.
    Target,
}

/// Whom an escalation may reach.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The type of the system that it is of, where that is not the one of the permissions: identities of Azure are of Entra
    /// ID. Of several such systems the one of the same name is meant.
    #[serde(default)]
    pub system: Option<String>,
    /// What it is; any account when absent.
    #[serde(default)]
    pub kind: Option<TargetKind>,
    /// What it is called: each `{name}` stands for a part without `/`, `:` or `@`.
    #[serde(default)]
    pub name: Option<String>,
    /// Where it stands: by dimension, what the parts of its name make of it; `{system}` is its system. The needs must be held
    /// there.
    #[serde(default)]
    pub place: BTreeMap<String, String>,
    /// What a permission on it names, made of the parts of its name; the account's own name when absent.
    #[serde(default)]
    pub resource: Option<String>,
    /// The cloud services that must be able to act as it; any of several will do.
    #[serde(default)]
    pub trusts: Option<OneOrMany>,
    /// Everything that it could be. Whoever holds the needs on all of it may reach accounts that no definition names, so
    /// that such a way is unknown.
    #[serde(default)]
    pub others: Option<String>,
    /// What must run as it, with its article: `a Lambda function`. Whether something does is not declared, so that such a
    /// way is unknown.
    #[serde(default)]
    pub workload: Option<String>,
}

/// What a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// Somebody's login.
    User,
    /// A role that others act as.
    AssumedRole,
    /// A workload's account.
    ServiceAccount,
    /// A cloud service acting by itself.
    CloudService,
    /// A group: whoever reaches it belongs to it.
    Group,
}

impl Escalation {
    /// What is wrong with it by itself.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let on = |wanted: On| self.needs.iter().any(|need| need.on == wanted);
        let of_target = on(On::Target) || on(On::TargetPolicy);
        if self.needs.is_empty() || self.needs.iter().any(|need| need.permission.each().is_empty()) {
            return Some("takes no permission");
        }
        let choosing = |need: &Need| matches!(need.on, On::Anything | On::Same);
        if self.needs.iter().any(|need| need.resource.is_some() && !choosing(need)) {
            return Some("names a thing (`resource:`) that a permission is needed on, and says otherwise (`on:`)");
        }
        match (self.becomes, &self.target) {
            (Becomes::Target, None) => Some("becomes its target and describes none (`target:`)"),
            (Becomes::Administrator, Some(_)) => Some("describes a target that it does not become"),
            (Becomes::Administrator, None) if of_target => Some("needs a permission on a target and describes none"),
            _ => None,
        }
    }
}
