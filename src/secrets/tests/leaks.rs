//! Nothing that is written of a hit holds a piece of a secret.

use std::ffi::OsString;
use std::io::Cursor;

use super::tokens::{Chance, placed, valid};
use super::*;
use crate::cli::{self, Env};

/// Whether a text holds eight signs of the secret in a row.
fn leaks(text: &str, secret: &[u8]) -> bool {
    secret.windows(8).any(|part| memchr::memmem::find(text.as_bytes(), part).is_some())
}

#[test]
fn no_output_holds_a_piece_of_any_secret() {
    let table = table();
    let scanner = scanner(table);
    let folder = tempfile::tempdir().unwrap();
    let mut chance = Chance::new(9);
    let mut secrets: Vec<(String, Vec<u8>)> = Vec::new();
    for kind in table.kinds() {
        for (at, shape) in kind.shapes.iter().enumerate() {
            let token = valid(kind, shape, &mut chance);
            let (text, _) = placed(kind, &token);
            let name = format!("{}_{at}.txt", kind.id);
            let scan = scanner.scan(&name, &text);
            let body = shape.body(&token);
            assert!(!leaks(&format!("{scan:?} {scan:#?}"), &body), "{name}");
            std::fs::write(folder.path().join(&name), &text).unwrap();
            secrets.push((name, body));
        }
    }
    assert!(!format!("{scanner:?}").contains("7, 7, 7"), "the key shows");
    for format in ["json", "human"] {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let now = || NOW;
        let mut env = Env {
            cwd: folder.path().to_owned(),
            variables: Vec::new(),
            temp_dir: std::env::temp_dir(),
            version: "0",
            binary: None,
            now: &now,
            stdin: &mut Cursor::new(Vec::new()),
            stdout: &mut out,
            stderr: &mut err,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            width: None,
        };
        let arguments = ["countersign", "secrets", "--format", format].map(OsString::from);
        let exit = cli::run(arguments, &mut env);
        assert_eq!(exit, cli::Exit::Blocked);
        let text = String::from_utf8([out, err].concat()).unwrap();
        assert!(text.len() > 1000, "{text}");
        for (name, body) in &secrets {
            assert!(!leaks(&text, body), "{format} shows a piece of {name}");
        }
    }
}
