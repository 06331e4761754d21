//! Which control of which framework a policy serves: knowledge, as YAML.

use schemars::JsonSchema;
use serde::Deserialize;

use super::ruleset::ApiVersion;
use crate::syntax::Spanned;

/// `kind: Framework`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum FrameworkKind {
    /// The only value.
    Framework,
}

/// A framework's controls and the policies that serve them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// The version of this format.
    #[serde(rename = "apiVersion")]
    pub api_version: ApiVersion,
    /// What the file is.
    pub kind: FrameworkKind,
    /// Which framework.
    pub metadata: FrameworkMetadata,
    /// Its controls.
    pub controls: Vec<Control>,
}

/// Which framework.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FrameworkMetadata {
    /// A short id, such as `nist-800-53r5`.
    pub id: Spanned<String>,
    /// Its name.
    pub title: String,
    /// Its version.
    pub version: String,
    /// Where it is published.
    pub source: String,
}

/// One control.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Its id in the framework.
    pub id: String,
    /// Its name.
    pub title: String,
    /// The policies that serve it.
    pub policies: Vec<String>,
}
