//! `secrets`: what stands in files, without ever being shown.

use countersign::cli::Exit;

use super::places::Folder;
use super::runner::countersign;

/// A DigitalOcean token that is put together here.
fn token() -> String {
    let body: String =
        (0..64).map(|at| char::from(b"0123456789abcdef"[(at * 7 + at / 5 * 3 + at * at) % 16])).collect();
    ["dop", "_v1_", &body].concat()
}

#[test]
fn a_secret_blocks_and_is_not_shown() {
    let place = Folder::with(&[("a.py", &format!("key = \"{}\"\n", token())), ("b.txt", "nothing\n")]);
    for format in ["human", "json"] {
        let ran = countersign(&format!("secrets --format {format}"), &place.path).run().exits(Exit::Blocked);
        assert!(!ran.stdout.contains(&token()[8..20]), "{}", ran.stdout);
        assert!(ran.stdout.contains("a.py"), "{}", ran.stdout);
    }
    let report = countersign("secrets --format json", &place.path).run().json();
    assert_eq!(report["schema"], "countersign.dev/secrets/v1");
    assert_eq!(report["summary"]["blocking"], 1);
    let hit = &report["hits"][0];
    assert_eq!((&hit["kind"], &hit["line"], &hit["column"]), (&"digitalocean_token".into(), &1.into(), &8.into()));
}

#[test]
fn nothing_there_is_clean() {
    let place = Folder::with(&[("a.py", "key = os.environ['KEY']\n")]);
    countersign("secrets", &place.path).run().exits(Exit::Clean).without_complaint();
}

#[test]
fn the_report_follows_its_schema() {
    let place = Folder::with(&[("a.py", &format!("key = \"{}\"\n", token())), ("b.zip", "PK\u{3}\u{4}\0")]);
    let schema = countersign("schema secrets", &place.path).run().exits(Exit::Clean).json();
    let report = countersign("secrets --format json", &place.path).run().json();
    assert!(jsonschema::is_valid(&schema, &report), "{report:#}");
    assert_eq!(report["unread"][0]["reason"], "archive");
}

#[test]
fn rules_of_ones_own_are_heeded_and_their_mistakes_shown() {
    let rule = |regex: &str| format!("[[rules]]\nid = 'acme'\nregex = '''{regex}'''\nkeywords = ['acme']\n");
    let place = Folder::with(&[
        ("a.txt", "acme-k3v9q2m1\n"),
        ("own.toml", &rule("acme-([a-z0-9]{8})")),
        ("wrong.toml", &rule("acme-(")),
    ]);
    let report = countersign("secrets --rules own.toml --format json", &place.path).run().exits(Exit::Blocked).json();
    assert_eq!(report["hits"][0]["kind"], "own/acme");
    let ran = countersign("secrets --rules wrong.toml", &place.path).run().exits(Exit::Usage);
    assert!(ran.stderr.contains("wrong.toml:3"), "{}", ran.stderr);
}
