//! What a permission statement says: actions on resources, given or taken, how much and when.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::scope::Scope;
use super::{Fields, Origin, Patterns, Text};

/// How much of an ERP permission is given; each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Read only; never confers a duty of maintaining.
    View,
    /// Create new records.
    Create,
    /// Change records.
    Edit,
    /// Everything, deletion too.
    Full,
}

/// Whether a statement gives or takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Gives.
    Allow,
    /// Takes, whatever else gives.
    Deny,
}

/// Whether a condition really narrows who or what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Constrains {
    /// It narrows: the permission is conditional.
    Yes,
    /// It does not (transport security, a date in the past): the permission is as good as certain.
    No,
    /// It cannot be told.
    Unknown,
}

/// A condition on a permission or a grant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Condition {
    /// The key it tests, such as `aws:MultiFactorAuthPresent`.
    pub key: Text,
    /// Operator and values in one line, for people.
    pub text: Text,
    /// Whether it narrows.
    pub constrains: Constrains,
    /// The values of the key under which it holds, where that can be said.
    pub admits: Option<Arc<Admits>>,
}

impl Condition {
    /// A condition of which no more is known than what it tests and whether it narrows.
    pub fn new(key: impl Into<Text>, text: impl Into<Text>, constrains: Constrains) -> Self {
        Self { key: key.into(), text: text.into(), constrains, admits: None }
    }
}

/// The values of a key under which a condition holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admits {
    /// The values, any of which will do, or none of which may be.
    pub values: Vec<Text>,
    /// Whether `*` and `?` in them stand for other characters.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wildcards: bool,
    /// Whether they are compared without regard to case.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub folds: bool,
    /// Whether it holds for all values but these.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub negated: bool,
    /// Whether it holds where the key has no value at all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub absent: bool,
}

/// One permission statement: actions on resources.
///
/// Action names by system: an ERP's own permission or transaction name; AWS `iam:CreateUser`; Kubernetes
/// `VERB:GROUP/RESOURCE` with `core` for the empty group; GitHub `repo:write`, `org:owner` and the like.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Statement {
    /// Gives or takes.
    pub effect: Effect,
    /// The actions, compared without regard to case.
    pub actions: Patterns,
    /// The resources, compared with regard to case; `*` where the system has none.
    pub resources: Patterns,
    /// How much, where the system grades permissions. None counts as full.
    pub level: Option<Level>,
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// What the statement itself says of dimensions, such as the repository of a GitHub permission.
    pub scope: Scope,
    /// The fields that its system narrows it by (an SAP authorization); `None` where nothing is said of fields, which
    /// counts as every value of each.
    pub fields: Option<Arc<Fields>>,
    /// Where it is written.
    pub origin: Origin,
}

impl Statement {
    /// Gives actions on resources, wholly: no grade, condition, dimension or field. What a system says beyond that is set
    /// on the result.
    pub fn allow(actions: Patterns, resources: Patterns, origin: Origin) -> Self {
        let (effect, conditions, scope) = (Effect::Allow, Vec::new(), Scope::unknown());
        Self { effect, actions, resources, level: None, conditions, scope, fields: None, origin }
    }
}
