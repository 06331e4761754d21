//! What a file holds, by the language that its name tells.

use std::sync::Arc;

use super::files::ParsedBody;
use super::{FORMATS, terraform};
use crate::syntax::sql::Script;
use crate::syntax::{Node, SyntaxError, hcl, parse, sql};

/// For each document of a file, the place in the table of the format that claims it.
pub(super) type Claims = Arc<[Option<usize>]>;

/// The language of a file, told by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Language {
    /// JSON or YAML, told by the text.
    Data,
    /// HCL.
    Hcl,
    /// HCL in its JSON form.
    HclJson,
    /// SQL.
    Sql,
}

impl Language {
    pub(super) fn of(path: &str) -> Self {
        let ends = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
        if ends(&[".tf", ".tofu", ".tfvars", ".hcl"]) {
            Self::Hcl
        } else if ends(&[".tf.json", ".tofu.json"]) {
            Self::HclJson
        } else if ends(&[".sql"]) {
            Self::Sql
        } else {
            Self::Data
        }
    }
}

/// What a file holds.
#[derive(Debug)]
pub(super) enum Documents {
    Data(Result<Vec<Node>, SyntaxError>),
    Hcl(ParsedBody),
    Sql(Arc<Result<Script, SyntaxError>>),
}

impl Documents {
    pub(super) fn parse(language: Language, bytes: &[u8]) -> Self {
        match language {
            Language::Data => Self::Data(parse(bytes)),
            Language::Sql => {
                Self::Sql(Arc::new(if speaks_of_access(bytes) { sql::parse(bytes) } else { Ok(Script::default()) }))
            }
            Language::Hcl => Self::Hcl(Arc::new(hcl::parse(bytes))),
            Language::HclJson => Self::Hcl(Arc::new(parse(bytes).and_then(|documents| match &*documents {
                [root] => hcl::from_json(root, terraform::labels),
                _ => Ok(hcl::Body::default()),
            }))),
        }
    }

    pub(super) fn error(&self) -> Option<&SyntaxError> {
        match self {
            Self::Data(parsed) => parsed.as_ref().err(),
            Self::Hcl(parsed) => parsed.as_ref().as_ref().err(),
            Self::Sql(parsed) => parsed.as_ref().as_ref().err(),
        }
    }

    /// For each document the format that claims it, by its place in the table.
    pub(super) fn claims(&self, path: &str) -> Claims {
        match self {
            Self::Data(parsed) => parsed
                .iter()
                .flatten()
                .map(|document| FORMATS.iter().position(|format| format.recognise.data(path, document)))
                .collect(),
            Self::Hcl(parsed) => {
                parsed.iter().map(|body| FORMATS.iter().position(|format| format.recognise.hcl(path, body))).collect()
            }
            Self::Sql(parsed) => parsed
                .iter()
                .map(|script| FORMATS.iter().position(|format| format.recognise.sql(path, script)))
                .collect(),
        }
    }
}

/// Whether a script has a word without which none speaks of access. Most scripts have none, and some are long.
fn speaks_of_access(bytes: &[u8]) -> bool {
    let words: [&[u8]; 4] = [b"grant", b"revoke", b" role", b" user"];
    let lower = bytes.to_ascii_lowercase();
    words.iter().any(|word| memchr::memmem::find(&lower, word).is_some())
}
