//! Countersign's own manifests: systems, people, service identities, groups, roles and grants, for whatever has no
//! format of its own (ERP and SaaS roles above all).
//!
//! A file holds any number of documents in YAML, or one in JSON. A document that is broken is reported where it is
//! broken; the others still count. Accounts are never defined here, only named: a name that a manifest links or
//! grants to exists as much as the manifest says.

mod lifecycle;
mod lower;
#[cfg(test)]
pub(super) mod render;
mod schema;
mod values;

pub(super) use lower::document as lower_document;
pub use schema::{manifest_schema, schema};

use crate::facts::{Facts, Gap};
use crate::formats::{Format, Grouping, Lowering, Recognise, SystemHint, Unit, UnitFile};
use crate::syntax::{DecodeError, Node, Span, SyntaxError, nearest};

/// The version that this code reads.
pub const API_VERSION: &str = "countersign.dev/v1";

/// The kinds that describe access.
pub const KINDS: &[&str] = &["System", "Person", "ServiceIdentity", "Group", "Role", "Grant"];

/// Kinds under the same `apiVersion` that are rules or records, and read elsewhere.
const OTHER_KINDS: &[&str] = &[
    "Ruleset",
    "KnownRoles",
    "Framework",
    "Approval",
    "Exception",
    "Emergency",
    "ReviewDecision",
    "AccessReview",
    "AccessReviewDecisions",
    "AccessReviewClosing",
    "Register",
    "Config",
    "Mapping",
];

/// The row of the format table.
pub const FORMAT: Format =
    Format { name: "manifest", recognise: Recognise::Data(recognise), suspect, unit: Grouping::Alone, lower };

/// Claims a misspelt version or kind too, so that it is reported instead of being passed over.
fn recognise(_path: &str, document: &Node) -> bool {
    let version = document.get("apiVersion").and_then(Node::as_text).is_some_and(is_ours);
    version && !document.get("kind").and_then(Node::as_text).is_some_and(|kind| OTHER_KINDS.contains(&kind))
}

/// Whether an `apiVersion` means a manifest. What Countersign writes (`countersign.dev/check/v1`) has a further part.
fn is_ours(version: &str) -> bool {
    let version = version.to_ascii_lowercase();
    match version.strip_prefix("countersign.dev").or_else(|| version.strip_prefix("countersign")) {
        Some("") => true,
        Some(rest) => rest.strip_prefix('/').is_some_and(|rest| !rest.contains('/')),
        None => false,
    }
}

/// A text that does not parse and speaks of our `apiVersion`, unless every kind it names is read elsewhere.
fn suspect(path: &str, text: &str, _error: &SyntaxError) -> Option<Gap> {
    let name = path.rsplit('/').next().unwrap_or(path);
    // A manual may quote a manifest.
    if !matches!(name.rsplit_once('.').map(|(_, extension)| extension), Some("yaml" | "yml" | "json") | None) {
        return None;
    }
    let value_of = |line: &str, key: &str| {
        let rest = line.trim_start().trim_start_matches(['{', '-', ' ', '"', '\'']).strip_prefix(key)?;
        let rest = rest.trim_start_matches(['"', '\'']).trim_start().strip_prefix(':')?;
        Some(rest.trim().trim_matches([',', '"', '\'', ' ', '}']).to_owned())
    };
    // One line may hold several keys in JSON and in flow mappings.
    let pieces = || text.split(['\n', ',']);
    let ours = pieces().any(|line| value_of(line, "apiVersion").is_some_and(|value| is_ours(&value)));
    let mut kinds = pieces().filter_map(|line| value_of(line, "kind")).peekable();
    let elsewhere = kinds.peek().is_some() && kinds.all(|kind| OTHER_KINDS.contains(&kind.as_str()));
    (ours && !elsewhere).then_some(Gap::Broken)
}

fn lower(unit: &Unit<'_>) -> Facts {
    let mut facts = Facts::default();
    for (file, member) in (0..).zip(&unit.files) {
        lower_file(&mut Lowering { facts: &mut facts, file }, member);
    }
    facts
}

fn lower_file(lowering: &mut Lowering<'_>, file: &UnitFile<'_>) {
    for document in &file.documents {
        let kind = match version(document).and_then(|()| kind(document)) {
            Ok(kind) => kind,
            Err(error) => {
                refuse(lowering, document, &error, "document");
                continue;
            }
        };
        let hint: Option<&SystemHint> = file.system.as_ref();
        match lower::document(lowering, kind, document, hint) {
            Ok(()) => lowering.count(kind),
            Err(error) => refuse(lowering, document, &error, kind),
        }
    }
}

fn refuse(lowering: &mut Lowering<'_>, document: &Node, error: &DecodeError, what: &str) {
    let span = error.span.unwrap_or(document.span);
    lowering.unresolved(Gap::Broken, span, error.told(), format!("this {what} is not evaluated"));
}

fn version(document: &Node) -> Result<(), DecodeError> {
    let (written, span) = word(document, "apiVersion");
    if written == API_VERSION {
        return Ok(());
    }
    let newer = written.strip_prefix("countersign.dev/v").and_then(|n| n.parse::<u32>().ok()).is_some_and(|n| n > 1);
    Err(if newer {
        DecodeError::at(span, format!("`{written}` is newer than this version of countersign reads"))
            .with_help("update countersign")
    } else {
        DecodeError::at(span, format!("unknown apiVersion `{written}`")).with_help(format!("write `{API_VERSION}`"))
    })
}

fn kind(document: &Node) -> Result<&'static str, DecodeError> {
    let (written, span) = word(document, "kind");
    if let Some(kind) = KINDS.iter().find(|kind| **kind == written) {
        return Ok(kind);
    }
    let all = || KINDS.iter().chain(OTHER_KINDS).copied();
    let help = match nearest(written, all()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("one of: {}", KINDS.join(", ")),
    };
    Err(match document.entry("kind") {
        Some(_) => DecodeError::at(span, format!("unknown kind `{written}`")).with_help(help),
        None => DecodeError::at(span, "the key `kind` is missing").with_help(help),
    })
}

fn word<'n>(document: &'n Node, key: &str) -> (&'n str, Span) {
    match document.get(key) {
        Some(node) => (node.as_text().unwrap_or_default(), node.span),
        None => ("", document.head()),
    }
}

#[cfg(test)]
mod tests;
