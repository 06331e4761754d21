//! Whoever unlinks an account lets nothing pass: every case of `testdata/bypass` and `testdata/check` is judged again
//! without each of the links that its head declares.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::bypass_tests::{cases, judge, stops};
use super::tests::copy;
use super::*;
use crate::syntax::{Node, Span, parse};

/// The least number of links that are dropped.
const LINKS: usize = 100;

/// Whose an account is, as a manifest says it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Link {
    /// The person's or the service's id.
    of: String,
    /// Its kind.
    kind: String,
    system: String,
    name: String,
}

/// One link and the bytes that a file has without it.
struct Dropped {
    link: Link,
    file: PathBuf,
    without: Vec<u8>,
}

/// The lists of accounts in a file: where each of them stands, and what it says.
fn lists(bytes: &[u8]) -> Vec<(Span, Vec<Link>)> {
    let mut all = Vec::new();
    for document in parse(bytes).unwrap_or_default() {
        let kind = document.get("kind").and_then(Node::as_text).unwrap_or_default();
        let id = document.at(&["metadata", "id"]).and_then(Node::as_text).unwrap_or_default();
        let Some(accounts) = document.at(&["spec", "accounts"]) else { continue };
        let text = |item: &Node, key: &str| item.get(key).and_then(Node::as_text).unwrap_or_default().to_owned();
        let own = accounts.as_list().unwrap_or_default().iter().map(|item| Link {
            of: id.to_owned(),
            kind: kind.to_owned(),
            system: text(item, "system"),
            name: text(item, "name"),
        });
        if matches!(kind, "Person" | "ServiceIdentity") {
            all.push((accounts.span, own.collect()));
        }
    }
    all
}

/// Every file of manifests below a folder.
fn manifests(folder: &Path) -> Vec<PathBuf> {
    let files = glob::glob(&format!("{}/**/*", folder.display())).unwrap().map(Result::unwrap);
    let mut all: Vec<PathBuf> = files.filter(|path| path.is_file()).collect();
    all.sort();
    all
}

/// The file without one of its links: the list in flow style, which YAML and JSON both understand.
fn without(bytes: &[u8], span: Span, links: &[Link], dropped: usize) -> Vec<u8> {
    let kept = links.iter().enumerate().filter(|(place, _)| *place != dropped);
    let items: Vec<serde_json::Value> =
        kept.map(|(_, link)| serde_json::json!({"system": link.system, "name": link.name})).collect();
    let list = serde_json::to_string(&items).unwrap();
    let (start, end) = (usize::try_from(span.start).unwrap(), usize::try_from(span.end).unwrap());
    [&bytes[..start], list.as_bytes(), &bytes[end..]].concat()
}

/// Every link that a case's head declares, each with the file that lacks it.
fn dropped(folder: &Path) -> Vec<Dropped> {
    let mut all = Vec::new();
    for file in manifests(&folder.join("head")) {
        let bytes = std::fs::read(&file).unwrap();
        for (span, links) in lists(&bytes) {
            for (place, link) in links.iter().enumerate() {
                let without = without(&bytes, span, &links, place);
                // Nothing else may go with the link.
                let left: Vec<Link> = lists(&without).into_iter().flat_map(|(_, links)| links).collect();
                let before = lists(&bytes).into_iter().flat_map(|(_, links)| links).count();
                assert_eq!(left.len() + 1, before, "{}", file.display());
                all.push(Dropped { link: link.clone(), file: file.clone(), without });
            }
        }
    }
    all
}

/// Judges a case without each of its links in turn; how many those are.
fn hold(folder: &Path, before: &Judgement) -> usize {
    if before.verdict != Verdict::Blocked {
        return 0;
    }
    let case = folder.file_name().unwrap().display();
    // A link that only the change declares is no link yet: what it reveals goes with it.
    let known: Vec<Link> = manifests(&folder.join("base"))
        .iter()
        .flat_map(|file| lists(&std::fs::read(file).unwrap()))
        .flat_map(|(_, links)| links)
        .collect();
    let dropped = dropped(folder);
    let account = |link: &Link| (link.system.clone(), link.name.clone());
    let claims: Vec<_> = dropped.iter().map(|one| account(&one.link)).collect();
    let texts: Vec<(PathBuf, String)> = manifests(&folder.join("head"))
        .into_iter()
        .map(|file| (file.clone(), String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned()))
        .collect();
    // An account that nothing else speaks of holds nothing, with or without its link.
    let spoken_of = |one: &Dropped| {
        texts.iter().any(|(file, text)| text.contains(&one.link.name) && (*file != one.file || text.contains("Grant")))
    };
    let mut tried = 0;
    for Dropped { link, file, without } in dropped.into_iter().filter(|one| known.contains(&one.link) && spoken_of(one))
    {
        let elsewhere = tempfile::tempdir().unwrap();
        copy(folder, elsewhere.path());
        std::fs::write(elsewhere.path().join(file.strip_prefix(folder).unwrap()), without).unwrap();
        let after = judge(elsewhere.path());
        assert_eq!(after.verdict, Verdict::Blocked, "{case}: it passes without {link:?}");
        // Without one of two claims an account is the other's: it is stopped for that, and no more for the dispute.
        let disputed = claims.iter().filter(|own| **own == account(&link)).count() > 1;
        let left = stops(&after);
        for stop in stops(before).into_iter().filter(|_| !disputed) {
            assert!(left.contains(&stop), "{case}: without {link:?}, {stop} stops no more; it has {left:?}");
        }
        tried += 1;
    }
    tried
}

#[test]
fn unlinking_an_account_never_lets_a_blocked_change_pass() {
    let tried: usize = cases().par_iter().map(|(folder, before)| hold(folder, before)).sum();
    assert!(tried >= LINKS, "{tried}");
}
