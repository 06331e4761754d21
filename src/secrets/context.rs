//! What the parsed file says of a hit: a literal or a reference, sealed for somebody else, a digest of a lock file; and
//! whether a password stands at an attribute that is known to hold one.

use super::engine::{Candidate, Page, Rank};
use super::table::Table;
use super::{Refutation, Tier, Verdict, checks, generic, url, value};
use crate::facts::Lifetime;
use crate::syntax::hcl::{self, Body, Expression, ExpressionKind};
use crate::syntax::{self, Entry, Node, Value};

/// Largest document that is parsed for its hits, in bytes. A tree of one takes some fifty times as much memory, on each
/// thread.
const MOST: usize = 64 * 1024;

/// What the versions of our own documents begin with.
const OURS: &str = "countersign.dev/";

/// Largest one that is parsed where what it declares says that it holds secrets, Terraform and Secrets of Kubernetes, and
/// where it is ours.
const MOST_DECLARED: usize = 1024 * 1024;

/// Files in which other programs write digests of what they fetched.
const LOCKS: &[&str] = &[
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "cargo.lock",
    "go.sum",
    "composer.lock",
    "poetry.lock",
    "pipfile.lock",
    "uv.lock",
    "pdm.lock",
    "gemfile.lock",
    "mix.lock",
    "flake.lock",
    "podfile.lock",
    "packages.lock.json",
    ".terraform.lock.hcl",
    "gradle.lockfile",
    "pubspec.lock",
    "deno.lock",
    "module.bazel.lock",
    "chart.lock",
];

/// Whether a file is written by a program that locks versions.
fn is_lock(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    LOCKS.contains(&name.as_str())
}

/// A scalar of a document.
#[derive(Debug)]
struct Leaf<'n> {
    start: usize,
    end: usize,
    key: &'n str,
    parent: &'n str,
    text: &'n str,
    document: Document,
}

/// What kind of document a scalar stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Document {
    /// One that seals what it holds.
    Sealed,
    /// One that says where secrets are kept.
    Referring,
    /// A Kubernetes Secret in clear.
    Secret,
    /// One of ours: what has 64 hexadecimal digits there is a digest of something.
    Ours,
    /// Any other.
    Other,
}

/// An attribute of a block.
#[derive(Debug)]
struct Attribute<'n> {
    start: usize,
    end: usize,
    name: &'n str,
    /// The text, where it is a literal.
    literal: Option<&'n str>,
}

/// Judges what was found on the only page of a file, and adds what only the parsed file shows.
pub(super) fn judge(table: &Table, page: &Page<'_>, kinds: (usize, usize), found: &mut Vec<Candidate>) {
    if is_lock(page.path) {
        for own in found.iter_mut().filter(|own| own.rank > Rank::Distinctive) {
            refute(own, Refutation::Identifier);
        }
        return;
    }
    let ending = page.path.rsplit('.').next().unwrap_or_default();
    match ending {
        "tf" | "tfvars" | "hcl"
            if page.bytes.len() <= MOST_DECLARED && (!found.is_empty() || names_a_secret(page.bytes)) =>
        {
            if let Ok(body) = hcl::parse(page.bytes) {
                of_hcl(table, page, kinds, &body, found);
            }
        }
        "json" => of_documents(page, kinds, [page.bytes.len()].into_iter(), found),
        // One after the other, since files that programs write hold hundreds.
        "yaml" | "yml" => {
            let marker = |at: &usize| page.bytes.get(at + 4).is_none_or(u8::is_ascii_whitespace);
            let borders = memchr::memmem::find_iter(page.bytes, b"\n---").filter(marker).map(|at| at + 1);
            of_documents(page, kinds, borders.chain([page.bytes.len()]), found);
        }
        _ => {}
    }
}

fn refute(own: &mut Candidate, why: Refutation) {
    if !matches!(own.verdict, Verdict::Refuted(_)) {
        own.verdict = Verdict::Refuted(why);
        own.tier = Tier::Record;
    }
}

fn names_a_secret(bytes: &[u8]) -> bool {
    [&b"password"[..], b"secret", b"token", b"_key"].iter().any(|own| checks::find(bytes, own))
}

fn is_secret_manifest(bytes: &[u8]) -> bool {
    checks::find(bytes, b"kind: Secret") || checks::find(bytes, b"\"Secret\"")
}

/// Judges what stands in the documents that end at `borders`.
fn of_documents(
    page: &Page<'_>,
    kinds: (usize, usize),
    borders: impl Iterator<Item = usize>,
    found: &mut Vec<Candidate>,
) {
    let mut starts: Vec<usize> = found.iter().map(|own| own.start).collect();
    starts.sort_unstable();
    let mut from = 0;
    for to in borders {
        let place = std::mem::replace(&mut from, to)..to;
        let Some(bytes) = page.bytes.get(place.clone()) else { continue };
        let holds = starts.get(starts.partition_point(|own| *own < place.start)).is_some_and(|own| *own < place.end);
        let declares = is_secret_manifest(bytes) || checks::find(bytes, OURS.as_bytes());
        if !(holds || declares) || bytes.len() > if declares { MOST_DECLARED } else { MOST } {
            continue;
        }
        let Ok(nodes) = syntax::parse(bytes) else { continue };
        let mut leaves = Vec::new();
        for node in &nodes {
            collect(node, "", "", document(node), place.start, &mut leaves);
        }
        of_leaves(page, kinds, &place, leaves, found);
    }
}

fn of_leaves(
    page: &Page<'_>,
    kinds: (usize, usize),
    place: &std::ops::Range<usize>,
    mut leaves: Vec<Leaf<'_>>,
    found: &mut Vec<Candidate>,
) {
    leaves.sort_by_key(|leaf| leaf.start);
    for own in found.iter_mut().filter(|own| place.contains(&own.start)) {
        let at = leaves.partition_point(|leaf| leaf.start <= own.start);
        let Some(leaf) = at.checked_sub(1).and_then(|at| leaves.get(at)).filter(|leaf| own.start < leaf.end) else {
            continue;
        };
        let generic = own.rank > Rank::Distinctive;
        match leaf.document {
            Document::Sealed => refute(own, Refutation::Ciphertext),
            Document::Referring if generic => refute(own, Refutation::Reference),
            Document::Ours if generic && is_digest(leaf.text) => refute(own, Refutation::Identifier),
            Document::Secret if generic && matches!(leaf.parent, "data" | "stringData") => {
                own.tier = own.tier.min(Tier::Advisory)
            }
            _ if generic && (generic::names_no_secret(leaf.key.as_bytes()) || points(leaf)) => {
                refute(own, Refutation::Reference);
            }
            _ => {}
        }
    }
    for leaf in leaves.iter().filter(|leaf| leaf.document == Document::Secret) {
        found.extend(of_a_secret(page, kinds, leaf));
    }
}

/// Whether a text is a SHA-256, as a register lists hundreds of.
fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a scalar names a secret that stands elsewhere.
fn points(leaf: &Leaf<'_>) -> bool {
    matches!(leaf.key, "secretName" | "integrity" | "resolved" | "checksum" | "shasum")
        || matches!(leaf.parent, "secretKeyRef" | "secretRef" | "remoteRef" | "configMapKeyRef" | "imagePullSecrets")
}

/// The value of a Kubernetes Secret: what stands there is a secret, whatever it looks like.
fn of_a_secret(page: &Page<'_>, (password, secret): (usize, usize), leaf: &Leaf<'_>) -> Option<Candidate> {
    let text = match leaf.parent {
        "stringData" => leaf.text.as_bytes().to_vec(),
        "data" => checks::decoded(leaf.text.as_bytes())?,
        _ => return None,
    };
    let single = !text.trim_ascii().contains(&b'\n') && text.len() >= 6 && text.len() <= 512;
    let key = leaf.key.to_ascii_lowercase();
    // User names, hosts and certificates stand there too.
    let named = ["pass", "secret", "token", "key", "credential", "pwd"].iter().any(|own| key.contains(own));
    if !single
        || !named
        || generic::names_no_secret(key.as_bytes())
        || !text.iter().all(|byte| matches!(byte, 0x20..=0x7e))
    {
        return None;
    }
    let (mut start, mut end) = (leaf.start, leaf.end);
    let written = page.bytes.get(start..end)?;
    if written.len() >= 2 && matches!(written.first(), Some(b'"' | b'\'')) {
        (start, end) = (start + 1, end - 1);
    }
    let kind = if key.contains("pass") || key.contains("pwd") { password } else { secret };
    Some(attribute_hit(kind, start, end, &text))
}

/// What stands as a literal at an attribute that holds a credential.
fn attribute_hit(kind: usize, start: usize, end: usize, text: &[u8]) -> Candidate {
    let verdict = if value::reference(text).is_some() {
        Verdict::Refuted(Refutation::Reference)
    } else if url::is_common(text) || value::filler(text, 62) == value::Filler::Sure {
        Verdict::Refuted(Refutation::Placeholder)
    } else {
        Verdict::Shape
    };
    let tier = if verdict == Verdict::Shape { Tier::Blocking } else { Tier::Record };
    Candidate { kind, start, end, verdict, tier, lifetime: Lifetime::Unbounded, rank: Rank::Generic }
}

fn document(node: &Node) -> Document {
    let text = |key: &str| node.get(key).and_then(Node::as_str).unwrap_or_default();
    match text("kind") {
        "SealedSecret" | "SopsSecret" => Document::Sealed,
        "ExternalSecret"
        | "ClusterExternalSecret"
        | "SecretStore"
        | "ClusterSecretStore"
        | "SecretProviderClass"
        | "VaultStaticSecret"
        | "VaultDynamicSecret"
        | "PushSecret"
        | "OnePasswordItem" => Document::Referring,
        _ if node.get("sops").is_some() => Document::Sealed,
        "Secret" if !text("apiVersion").is_empty() => Document::Secret,
        _ if text("apiVersion").starts_with(OURS) => Document::Ours,
        _ => Document::Other,
    }
}

fn collect<'n>(
    node: &'n Node,
    key: &'n str,
    parent: &'n str,
    document: Document,
    offset: usize,
    leaves: &mut Vec<Leaf<'n>>,
) {
    match &node.value {
        Value::Map(entries) => {
            for Entry { key: own, value, .. } in entries {
                collect(value, own, key, document, offset, leaves);
            }
        }
        Value::List(items) => items.iter().for_each(|item| collect(item, key, parent, document, offset, leaves)),
        _ => leaves.push(Leaf {
            start: offset + node.span.start as usize,
            end: offset + node.span.end as usize,
            key,
            parent,
            text: node.as_str().unwrap_or_default(),
            document,
        }),
    }
}

fn of_hcl(table: &Table, page: &Page<'_>, kinds: (usize, usize), body: &Body, found: &mut Vec<Candidate>) {
    let mut attributes = Vec::new();
    of_body(body, &mut attributes);
    attributes.sort_by_key(|own| own.start);
    for own in found.iter_mut().filter(|own| own.rank > Rank::Distinctive) {
        let at = attributes.partition_point(|one| one.start <= own.start);
        let within = at.checked_sub(1).and_then(|at| attributes.get(at)).filter(|one| own.start < one.end);
        let Some(one) = within else { continue };
        if generic::names_no_secret(one.name.as_bytes()) || one.name.ends_with("_arn") {
            refute(own, Refutation::Reference);
        }
    }
    for one in attributes.iter().filter(|one| table.is_credential(one.name)) {
        let Some(text) = one.literal.filter(|text| text.len() >= 4) else { continue };
        // Inside of its quotes.
        let (start, end) = (one.start + 1, one.end.saturating_sub(1));
        if page.bytes.get(start..end).is_none_or(|written| written != text.as_bytes()) {
            continue;
        }
        let (password, secret) = kinds;
        let kind = if one.name.contains("pass") { password } else { secret };
        let hit = attribute_hit(kind, start, end, text.as_bytes());
        // Something better known may stand there already.
        found.retain(|own| own.rank != Rank::Generic || own.start != start);
        found.push(hit);
    }
}

fn of_body<'n>(body: &'n Body, into: &mut Vec<Attribute<'n>>) {
    for own in &body.attributes {
        of_expression(&own.name, &own.value, into);
    }
    for block in &body.blocks {
        of_body(&block.body, into);
    }
}

fn of_expression<'n>(name: &'n str, own: &'n Expression, into: &mut Vec<Attribute<'n>>) {
    let literal = match &own.kind {
        ExpressionKind::Text(text) => Some(&**text),
        ExpressionKind::Object(entries) => {
            for (key, value) in entries {
                if let ExpressionKind::Text(key) | ExpressionKind::Variable(key) = &key.kind {
                    of_expression(key, value, into);
                }
            }
            return;
        }
        _ => None,
    };
    into.push(Attribute { start: own.span.start as usize, end: own.span.end as usize, name, literal });
}
