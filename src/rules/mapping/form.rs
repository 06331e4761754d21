//! The form of a mapping, from which its JSON Schema is made.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::rules::ruleset::ApiVersion;
use crate::rules::table::TableConfig;
use crate::syntax::Spanned;
use crate::syntax::table::TextEncoding;

/// A mapping: how files of a form of your own say who may do what.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingFile {
    /// The version of the form: `countersign.dev/v1`.
    #[serde(rename = "apiVersion")]
    pub api_version: ApiVersion,
    /// What this document is.
    pub kind: MappingKind,
    /// What it is called.
    pub metadata: MappingMetadata,
    /// What it says.
    pub spec: MappingSpec,
}

/// `kind: Mapping`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum MappingKind {
    /// The only value.
    Mapping,
}

/// How a mapping is called.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingMetadata {
    /// The id by which it is told from other mappings.
    pub id: Spanned<String>,
    /// A name for people.
    #[serde(default)]
    pub name: Option<String>,
}

/// The language of a house file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HouseFormat {
    /// YAML; each document of a file is read by itself.
    Yaml,
    /// JSON.
    Json,
    /// TOML.
    Toml,
    /// A table with a header row: a list of maps, by the titles of its columns.
    Csv,
}

impl HouseFormat {
    /// The language of a file by the ending of its name.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        match path.rsplit_once('.')?.1 {
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            "toml" => Some(Self::Toml),
            "csv" | "tsv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// What a mapping says.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingSpec {
    /// Globs of the files that it reads, from the root of the repository.
    pub files: Vec<Spanned<String>>,
    /// The language of the files. Left out: by the ending of each name.
    #[serde(default)]
    pub format: Option<HouseFormat>,
    /// How tables are written, as far as they do not tell themselves.
    #[serde(default)]
    pub table: Option<HouseTable>,
    /// The rows of a file, and what each of them means. The name `file` is bound to the whole file.
    pub each: Vec<EachSpec>,
}

/// How a table is written.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HouseTable {
    /// What parts values: one character of ASCII.
    #[serde(default)]
    pub delimiter: Option<Spanned<String>>,
    /// What quotes values: one character of ASCII. Default `"`.
    #[serde(default)]
    pub quote: Option<Spanned<String>>,
    /// How the bytes are to be read. Default UTF-8.
    #[serde(default)]
    pub encoding: Option<Spanned<TextEncoding>>,
    /// The line of the header, from 1.
    #[serde(default)]
    pub header_row: Option<Spanned<u32>>,
}

impl HouseTable {
    pub(super) fn config(&self) -> TableConfig {
        TableConfig {
            format: None,
            delimiter: self.delimiter.clone(),
            quote: self.quote.clone(),
            encoding: self.encoding.clone(),
            header_row: self.header_row.clone(),
        }
    }
}

/// Rows, and what each of them means.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EachSpec {
    /// Where the rows are: a bound name, then keys: `file.teams`. `.*` is every value of a map, `[]` every item of a list.
    pub r#in: Spanned<String>,
    /// The name that a row is bound to.
    #[serde(default)]
    pub r#as: Option<Spanned<String>>,
    /// The name that the key of the last `.*` is bound to.
    #[serde(default)]
    pub key: Option<Spanned<String>>,
    /// What parts one text into several rows, such as `,`. Spaces around each are left out.
    #[serde(default)]
    pub split: Option<Spanned<String>>,
    /// Which rows count: all of these hold.
    #[serde(default)]
    pub r#where: Vec<ConditionSpec>,
    /// The manifests that each row means, without `apiVersion`. `{PATH}` in a text stands for what is there; of a text
    /// that is `{PATH}` alone, also a list or a map. Where nothing is there, `{PATH?}` leaves the field out,
    /// and `{PATH??}` the map that the field stands in.
    #[serde(default)]
    pub emit: Vec<EmissionSpec>,
    /// Rows within each row.
    #[serde(default)]
    pub each: Vec<EachSpec>,
}

/// What holds of a row. Texts are compared as they are written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionSpec {
    /// The place: a bound name, then keys.
    pub value: Spanned<String>,
    /// It is one of these.
    #[serde(default)]
    pub is: Option<Vec<String>>,
    /// It is none of these, or nothing is there.
    #[serde(default)]
    pub is_not: Option<Vec<String>>,
    /// Whether something is there.
    #[serde(default)]
    pub present: Option<bool>,
}

/// One manifest.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmissionSpec {
    /// Which kind.
    pub kind: EmittedKind,
    /// How it is called, as in manifests.
    #[serde(default)]
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub metadata: Option<serde_json::Value>,
    /// What it says, as in manifests.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub spec: serde_json::Value,
}

/// A kind of manifest that describes access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the kinds of manifests")]
pub enum EmittedKind {
    System,
    Person,
    ServiceIdentity,
    Group,
    Role,
    Grant,
}

impl EmittedKind {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Person => "Person",
            Self::ServiceIdentity => "ServiceIdentity",
            Self::Group => "Group",
            Self::Role => "Role",
            Self::Grant => "Grant",
        }
    }
}
