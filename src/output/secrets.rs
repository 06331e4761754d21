//! `countersign.dev/secrets/v1`: the secrets that stand in the files of a folder, as people and programs read it.
//!
//! No field holds a secret, a piece of one or the line that it stands in. Within v1 optional fields may be added, and
//! nothing else.

use std::fmt::Write as _;

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::check::{self, Tool};
use crate::secrets::{Refutation, Tier};

/// The name of this version of the format.
pub const SECRETS_SCHEMA: &str = "countersign.dev/secrets/v1";

/// The JSON Schema of the secrets of a folder.
#[must_use]
pub fn secrets_schema() -> Schema {
    check::schema_of::<SecretsReport>()
}

/// The secrets of a folder. A field that can be absent is absent when it has nothing to say; it is never `null`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "countersign.dev/secrets/v1")]
pub struct SecretsReport {
    /// `countersign.dev/secrets/v1`. A reader refuses what it does not know.
    #[schemars(extend("const" = SECRETS_SCHEMA))]
    pub schema: &'static str,
    /// What made the report.
    pub tool: Tool,
    /// The instant for which lifetimes were judged, RFC 3339, UTC.
    #[schemars(extend("format" = "date-time"))]
    pub as_of: String,
    /// How much there was.
    pub summary: SecretsSummary,
    /// The hits, by path and place.
    pub hits: Vec<HitReport>,
    /// What was not looked at, or not in full, by path.
    pub unread: Vec<UnreadReport>,
}

/// How much there was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SecretsSummary {
    /// Files that were looked at.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Hits that have to go.
    pub blocking: u64,
    /// Hits that somebody should look at.
    pub advisory: u64,
    /// Hits that are refuted.
    pub record: u64,
    /// Files that were not looked at, or not in full.
    pub unread: u64,
}

/// How sure a hit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VerdictReport {
    /// A checksum or its structure proves it.
    Proved,
    /// Its form is that of its kind.
    Shape,
    /// It is none.
    Refuted,
}

/// One hit.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HitReport {
    /// The id of its kind, or `own/` and the id of a rule of the user's.
    pub kind: String,
    /// Its kind's name.
    pub title: String,
    /// Who issues secrets of the kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// How sure it is.
    pub verdict: VerdictReport,
    /// Why it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refuted: Option<Refutation>,
    /// What follows from it.
    pub tier: Tier,
    /// How long it lives.
    pub lifetime: LifetimeReport,
    /// The file, from the folder that was named.
    pub path: String,
    /// Its line, from 1.
    pub line: u32,
    /// Its column, from 1, in Unicode code points.
    pub column: u32,
    /// Its first byte.
    pub start: u64,
    /// One past its last byte.
    pub end: u64,
    /// How many bytes it has.
    pub length: u32,
    /// Its keyed digest, in hexadecimal.
    pub digest: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoke: Option<String>,
}

/// How long a secret lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LifetimeReport {
    /// Which kind of lifetime.
    pub kind: LifetimeKind,
    /// When it ends, RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub until: Option<String>,
}

/// A kind of lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LifetimeKind {
    /// Minutes or hours.
    Temporary,
    /// Until an instant that it says.
    Bounded,
    /// Until somebody revokes it.
    Unbounded,
    /// Nothing says.
    Unknown,
}

/// A file that was not looked at, or not in full.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UnreadReport {
    /// The file.
    pub path: String,
    /// Why: `archive`, `binary`, `refused`, `shrank`, `too_many_hits`, `link`, `repository` or `name`.
    pub reason: String,
    /// Why, in words.
    pub detail: String,
    /// Whether it should have been read: the exit status says so.
    pub failure: bool,
}

/// What is shown to people: blocking hits first, each with what to do; files that were not read; the sum.
#[must_use]
pub fn secrets_human(report: &SecretsReport, colour: bool, unicode: bool) -> String {
    let paint =
        |code: &str, text: &str| if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() };
    let mut out = String::new();
    let tiers = [
        (Tier::Blocking, if unicode { "×" } else { "x" }, "31;1", "has to go"),
        (Tier::Advisory, if unicode { "⚠" } else { "!" }, "33", "worth a look"),
        (Tier::Record, if unicode { "·" } else { "-" }, "2", "looked like one and is none"),
    ];
    for (tier, sign, code, words) in tiers {
        let hits: Vec<&HitReport> = report.hits.iter().filter(|hit| hit.tier == tier).collect();
        if hits.is_empty() {
            continue;
        }
        let _ = writeln!(out, "{}", paint("1", &format!("{words} ({})", hits.len())));
        if tier == Tier::Record {
            for (line, count) in summed(&hits) {
                let _ = writeln!(out, "  {} {line}: {count}", paint(code, sign));
            }
            out.push('\n');
            continue;
        }
        for hit in hits {
            let _ = writeln!(
                out,
                "  {} {}  {}:{}:{}",
                paint(code, sign),
                paint(code, &hit.title),
                hit.path,
                hit.line,
                hit.column
            );
            let _ = writeln!(
                out,
                "      {}  {}, lives {}, {} bytes, {}",
                // As wide for every secret: not even its length shows.
                if unicode { "••••••••" } else { "********" },
                verdict(hit),
                lifetime(&hit.lifetime),
                hit.length,
                hit.digest.get(..16).unwrap_or_default(),
            );
            if let Some(revoke) = &hit.revoke {
                let _ = writeln!(out, "      {} {revoke}", paint("36", "help:"));
            }
        }
        out.push('\n');
    }
    let failures: Vec<&UnreadReport> = report.unread.iter().filter(|own| own.failure).collect();
    if !failures.is_empty() {
        let _ = writeln!(out, "{}", paint("1", &format!("could not be read ({})", failures.len())));
        for own in failures {
            let _ = writeln!(out, "  {} {}: {}", paint("31;1", if unicode { "×" } else { "x" }), own.path, own.detail);
        }
        out.push('\n');
    }
    let mut known = std::collections::BTreeMap::<&str, u64>::new();
    for own in report.unread.iter().filter(|own| !own.failure) {
        *known.entry(own.reason.as_str()).or_default() += 1;
    }
    let summary = &report.summary;
    let _ = writeln!(
        out,
        "{} files, {} MB: {} {} to go, {} worth a look, {} refuted",
        summary.files,
        summary.bytes.div_ceil(1_000_000),
        summary.blocking,
        if summary.blocking == 1 { "has" } else { "have" },
        summary.advisory,
        summary.record
    );
    if !known.is_empty() {
        let list: Vec<String> =
            known.iter().map(|(reason, count)| format!("{count} {}", plural(reason, *count))).collect();
        let _ = writeln!(out, "not opened: {}; --format json names them", list.join(", "));
    }
    out
}

fn plural(reason: &str, count: u64) -> &'static str {
    match (reason, count) {
        ("archive", 1) => "archive",
        ("archive", _) => "archives",
        ("binary", 1) => "binary file (looked through for keys and tokens with a prefix)",
        ("binary", _) => "binary files (looked through for keys and tokens with a prefix)",
        ("link", 1) => "link",
        ("link", _) => "links",
        (_, 1) => "repository of its own",
        _ => "repositories of their own",
    }
}

fn summed(hits: &[&HitReport]) -> std::collections::BTreeMap<String, u64> {
    let mut sums = std::collections::BTreeMap::new();
    for hit in hits {
        let why = hit.refuted.map_or("", Refutation::words);
        *sums.entry(format!("{}, {why}", hit.title)).or_default() += 1;
    }
    sums
}

fn verdict(hit: &HitReport) -> &'static str {
    match hit.verdict {
        VerdictReport::Proved => "proved",
        VerdictReport::Shape => "by its form",
        VerdictReport::Refuted => "refuted",
    }
}

fn lifetime(own: &LifetimeReport) -> String {
    match (own.kind, &own.until) {
        (LifetimeKind::Temporary, _) => "minutes or hours".to_owned(),
        (LifetimeKind::Bounded, Some(until)) => format!("until {until}"),
        (LifetimeKind::Unbounded, _) => "until it is revoked".to_owned(),
        _ => "as long as its issuer set".to_owned(),
    }
}
