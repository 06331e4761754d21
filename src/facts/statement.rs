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
