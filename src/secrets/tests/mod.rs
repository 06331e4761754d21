//! What is held of all kinds, over tokens that are made out of the table.

mod documentation;
mod files;
mod leaks;
mod places;
pub(crate) mod tokens;

use proptest::prelude::*;

use self::tokens::{Chance, broken, placed, valid};
use super::engine::{Candidate, Page};
use super::table::{Check, Kind};
use super::*;

/// 2026-11-21T00:00:00Z.
pub(crate) const NOW: i64 = 1_795_219_200;

fn table() -> &'static Table {
    static TABLE: std::sync::LazyLock<Table> = std::sync::LazyLock::new(|| {
        Table::read(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/secrets/tokens.yaml"))).unwrap()
    });
    &TABLE
}

pub(crate) fn scanner(table: &Table) -> Scanner<'_> {
    Scanner::new(table, DigestKey::new([7; 32]), NOW, Vec::new())
}

/// The candidates of a text before the more distinctive ones win.
fn candidates(scanner: &Scanner<'_>, text: &[u8]) -> Vec<Candidate> {
    let page = Page {
        path: "a.txt",
        bytes: text,
        offset: 0,
        is_whole: true,
        is_text: true,
        is_configuration: true,
        as_of: NOW,
    };
    let (mut found, mut marks) = (Vec::new(), Vec::new());
    scanner.engine.candidates(scanner.table, &page, &mut found, &mut marks);
    found.sort_by_key(|own| (own.start, own.end, own.kind));
    found.dedup();
    found
}

fn of_kind(scanner: &Scanner<'_>, kind: &Kind, text: &[u8]) -> Vec<Candidate> {
    let mut found = candidates(scanner, text);
    found.retain(|own| scanner.table.kinds()[own.kind].id == kind.id);
    found
}

#[test]
fn the_table_is_read_and_names_each_kind_once() {
    let table = table();
    let mut ids: Vec<&str> = table.kinds().iter().map(|kind| &*kind.id).collect();
    let count = ids.len();
    assert!(count > 300, "{count}");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    for kind in table.kinds() {
        assert!(
            kind.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
            "{}",
            kind.id
        );
        assert!(kind.source.starts_with("https://"), "{}", kind.id);
        assert!(!kind.revoke.is_empty() && !kind.revoke.ends_with('.'), "{}", kind.id);
        assert!(kind.near.iter().all(|word| *word == word.to_ascii_lowercase()), "{}", kind.id);
    }
}

#[test]
fn mechanisms_have_their_kinds_and_kinds_their_mechanisms() {
    let table = table();
    let named: Vec<&str> =
        table.kinds().iter().filter(|kind| kind.recogniser.is_some()).map(|kind| &*kind.id).collect();
    assert_eq!(
        named,
        [
            "gcp_service_account_key",
            "private_key",
            "encrypted_private_key",
            "putty_private_key",
            "jwt",
            "kubernetes_service_account_token",
            "url_password",
            "basic_authorization",
            "password",
            "secret",
        ]
    );
}

/// Every shape of every kind fires on a token that is made for it.
#[test]
fn every_kind_fires() {
    let table = table();
    let scanner = scanner(table);
    let mut chance = Chance::new(1);
    for kind in table.kinds() {
        for shape in &kind.shapes {
            let token = valid(kind, shape, &mut chance);
            let (text, at) = placed(kind, &token);
            let shown = String::from_utf8_lossy(&text);
            let found = of_kind(&scanner, kind, &text);
            let own = found.iter().find(|own| own.start == at && own.end == at + token.len());
            let own = own.unwrap_or_else(|| panic!("{} does not fire on {shown}: {found:?}", kind.id));
            assert_ne!(own.tier, Tier::Record, "{} on {shown}: {:?}", kind.id, own.verdict);
            let proves = kind.check.is_some_and(|check| !matches!(check, Check::Sas));
            assert_eq!(own.verdict == Verdict::Proved, proves, "{} on {shown}", kind.id);
            let hits = scanner.scan("a.txt", &text).hits;
            assert!(
                hits.iter()
                    .any(|hit| hit.tier != Tier::Record && hit.place.start <= at as u64 && hit.place.end > at as u64),
                "{} on {shown}: {hits:?}",
                kind.id
            );
        }
    }
}

/// Every shape of every kind is silent on a token with a sign that does not belong there.
#[test]
fn every_kind_is_silent_on_what_is_almost_one() {
    let table = table();
    let scanner = scanner(table);
    let mut chance = Chance::new(2);
    for kind in table.kinds() {
        for shape in &kind.shapes {
            let token = valid(kind, shape, &mut chance);
            let (text, at) = placed(kind, &broken(shape, &token));
            let found = of_kind(&scanner, kind, &text);
            let whole = found.iter().find(|own| own.start <= at && own.tier != Tier::Record);
            assert!(whole.is_none(), "{} fires on {}: {found:?}", kind.id, String::from_utf8_lossy(&text));
        }
    }
}

/// Where a checksum is wrong, the token is kept as refuted.
#[test]
fn a_wrong_checksum_refutes() {
    let table = table();
    let scanner = scanner(table);
    let mut chance = Chance::new(3);
    for kind in table.kinds() {
        let checks = [Check::Crc32Base62, Check::GitlabRoutable, Check::Bech32];
        if !kind.check.is_some_and(|check| checks.contains(&check)) {
            continue;
        }
        for shape in &kind.shapes {
            let mut token = valid(kind, shape, &mut chance);
            let at = token.len() - 9;
            token[at] = if token[at] == b'7' { b'5' } else { b'7' };
            let (text, _) = placed(kind, &token);
            let found = of_kind(&scanner, kind, &text);
            assert!(
                found
                    .iter()
                    .any(|own| own.verdict == Verdict::Refuted(Refutation::Checksum) && own.tier == Tier::Record),
                "{}: {found:?}",
                kind.id
            );
        }
    }
}

/// A token whose drawn part is filler is a placeholder, whatever its kind.
#[test]
fn filler_refutes() {
    let table = table();
    let scanner = scanner(table);
    let mut chance = Chance::new(4);
    for kind in table.kinds() {
        for shape in &kind.shapes {
            let token = valid(kind, shape, &mut chance);
            let front = match shape.segments.first() {
                Some(super::shape::Segment::Fixed(text)) => text.len(),
                _ => 0,
            };
            let mut filled: Vec<u8> = token.clone();
            let body = shape.body(&token);
            for sign in filled.iter_mut().skip(front).filter(|sign| sign.is_ascii_alphanumeric()) {
                *sign = b'1';
            }
            assert!(!body.is_empty());
            let (text, at) = placed(kind, &filled);
            let found = of_kind(&scanner, kind, &text);
            assert!(
                found.iter().filter(|own| own.start == at).all(|own| own.tier == Tier::Record),
                "{}: {} {found:?}",
                kind.id,
                String::from_utf8_lossy(&text)
            );
        }
    }
}

#[test]
fn lifetimes_decide_what_blocks() {
    let table = table();
    let tier = |id: &str| table.kind(id).unwrap().tier();
    assert_eq!(tier("aws_access_key"), Tier::Blocking);
    assert_eq!(tier("aws_session_key"), Tier::Advisory);
    assert_eq!(tier("github_app_token"), Tier::Advisory);
    assert_eq!(tier("password"), Tier::Advisory);
}

fn jwt_of(claims: &str) -> String {
    use base64ct::{Base64UrlUnpadded, Encoding as _};
    let part = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
    let signature = &"kq3Zr8Lw1-Tb5Vx9Yc2Nd7".repeat(2)[..43];
    format!("{}.{}.{signature}", part("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"), part(claims))
}

#[test]
fn a_jwt_says_how_long_it_lives() {
    let table = table();
    let scanner = scanner(table);
    let only = |claims: &str| {
        let hits = scanner.scan("a.txt", format!("x = {}\n", jwt_of(claims)).as_bytes()).hits;
        assert_eq!(hits.len(), 1, "{claims}");
        (hits[0].kind.to_string(), hits[0].verdict, hits[0].tier, hits[0].lifetime)
    };
    let jwt = "jwt".to_owned();
    assert_eq!(only("{\"sub\":\"a\"}"), (jwt.clone(), Verdict::Proved, Tier::Blocking, Lifetime::Unbounded));
    let soon = NOW + 3600;
    assert_eq!(
        only(&format!("{{\"sub\":\"a\",\"exp\":{soon}}}")),
        (jwt.clone(), Verdict::Proved, Tier::Advisory, Lifetime::Until(soon))
    );
    let late = NOW + 400 * 86_400;
    assert_eq!(only(&format!("{{\"exp\":{late}}}")).2, Tier::Blocking);
    assert_eq!(only("{\"sub\":\"1234567890\",\"name\":\"John Doe\"}").1, Verdict::Refuted(Refutation::Placeholder));
    assert_eq!(only("{\"iss\":\"kubernetes/serviceaccount\"}").0, "kubernetes_service_account_token");
    assert_eq!(only("not json").1, Verdict::Shape);
    // A signature that is not as long as its algorithm gives was cut off: it opens nothing.
    let cut = jwt_of("{\"sub\":\"a\"}");
    let hits = scanner.scan("a.txt", format!("x = {}\n", &cut[..cut.len() - 1]).as_bytes()).hits;
    assert_eq!((hits[0].tier, hits[0].verdict), (Tier::Advisory, Verdict::Proved));
}

#[test]
fn passwords_in_urls() {
    let table = table();
    let scanner = scanner(table);
    let only = |text: &str| scanner.scan("a.txt", text.as_bytes()).hits.first().map(|hit| (hit.tier, hit.length));
    let secret = ["k9Vz", "Qm3", "tR7x"].concat();
    assert_eq!(only(&format!("postgres://app:{secret}@db.acme.io:5432/x ")), Some((Tier::Blocking, 11)));
    assert_eq!(only(&format!("postgres://app:{secret}@localhost/x ")), Some((Tier::Advisory, 11)));
    assert_eq!(only("postgres://app:password@localhost/x "), Some((Tier::Record, 8)));
    assert_eq!(only("postgres://app:${DB_PASS}@db.acme.io/x ").map(|own| own.0), Some(Tier::Record));
    assert_eq!(only("https://example.com/a:b@c "), None);
}

#[test]
fn a_digest_is_of_kind_and_secret_alone() {
    let table = table();
    let scanner = scanner(table);
    let kind = table.kind("digitalocean_token").unwrap();
    let token = valid(kind, &kind.shapes[0], &mut Chance::new(5));
    let (text, _) = placed(kind, &token);
    let one = scanner.scan("a.txt", &text).hits[0].digest;
    let moved = scanner.scan("b/c.py", &[b"\n\n\n  ".to_vec(), text.clone()].concat()).hits[0].digest;
    assert_eq!(one, moved);
    // HMAC-SHA256 as RFC 2104 says it, by hand.
    use sha2::{Digest as _, Sha256};
    let pad = |with: u8| -> Vec<u8> { (0..64).map(|at| if at < 32 { 7 ^ with } else { with }).collect() };
    let inner = Sha256::digest([pad(0x36), b"digitalocean_token\0".to_vec(), token].concat());
    let outer = Sha256::digest([pad(0x5c), inner.to_vec()].concat());
    assert_eq!(one.0, <[u8; 32]>::from(outer));
    let other = Scanner::new(table, DigestKey::new([8; 32]), NOW, Vec::new());
    assert_ne!(other.scan("a.txt", &text).hits[0].digest, one);
}

/// Pieces of which texts are made: tokens, whole and cut, and what stands between them.
fn pieces() -> &'static [Vec<u8>] {
    static PIECES: std::sync::LazyLock<Vec<Vec<u8>>> = std::sync::LazyLock::new(made);
    &PIECES
}

fn made() -> Vec<Vec<u8>> {
    let table = table();
    let mut chance = Chance::new(6);
    let mut all: Vec<Vec<u8>> =
        [" ", "\n", "=", "\"", "x", "-", "_", "\\n", "%3D", "password: ", "token = '", "://a:", "é"]
            .iter()
            .map(|text| text.as_bytes().to_vec())
            .collect();
    for kind in table.kinds() {
        for shape in kind.shapes.iter().take(2) {
            let token = valid(kind, shape, &mut chance);
            if token.len() < 200 {
                all.push(token[..token.len() / 2].to_vec());
                all.push(placed(kind, &token).0);
                all.push(token);
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    /// The automaton finds what trying every shape at every byte finds.
    #[test]
    fn nothing_is_missed_that_trying_everywhere_finds(picks in proptest::collection::vec(0_usize..10_000, 1..12)) {
        let text: Vec<u8> = picks.iter().flat_map(|pick| pieces()[pick % pieces().len()].clone()).collect();
        let table = self::table();
        let scanner = scanner(self::table());
        let found = candidates(&scanner, &text);
        for (index, kind) in table.kinds().iter().enumerate().filter(|(_, kind)| !kind.shapes.is_empty() && kind.near.is_empty() && kind.beside.is_empty() && kind.random.is_none()) {
            let mut slow: Vec<(usize, usize)> = Vec::new();
            for shape in &kind.shapes {
                let searched = shape.searched().unwrap();
                for (at, window) in text.windows(searched.len()).enumerate() {
                    if window == searched {
                        slow.extend(shape.around(&text, at));
                    }
                }
            }
            slow.sort_unstable();
            slow.dedup();
            let fast: Vec<(usize, usize)> = found.iter().filter(|own| own.kind == index).map(|own| (own.start, own.end)).collect();
            let mut fast = fast;
            fast.dedup();
            prop_assert_eq!(fast, slow, "{}", &kind.id);
        }
    }

    /// Where pages end does not matter.
    #[test]
    fn page_borders_change_nothing(picks in proptest::collection::vec(0_usize..10_000, 1..40), body in 64_usize..3000) {
        let text: Vec<u8> = picks.iter().flat_map(|pick| pieces()[pick % pieces().len()].clone()).collect();
        let whole = scanner(self::table()).scan("a.md", &text);
        let mut small = scanner(self::table());
        small.cut.body = body;
        small.cut.ahead = 9 * 1024;
        prop_assert_eq!(small.scan("a.md", &text), whole);
    }
}
