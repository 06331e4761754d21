//! The guides for people: every block of commands on them is run by bash, as its reader would.

use std::path::Path;
use std::process::Command;

use super::places::Folder;
use super::runner::binary;

const QUICK_START: &str = include_str!("../../docs/quick-start.md");
const CONCEPTS: &str = include_str!("../../docs/concepts.md");
const APPROVING: &str = include_str!("../../docs/approving.md");
const ROLLOUT: &str = include_str!("../../docs/rollout.md");

/// The blocks of a page that a reader runs.
fn blocks(page: &str) -> Vec<&str> {
    page.split("\n```sh\n").skip(1).map(|rest| rest.split_once("\n```").unwrap().0).collect()
}

/// A block as a script that ends at the first command which does not do what the page says.
fn script(block: &str) -> String {
    let line = |line: &str| match line.split_once("   # ") {
        Some((command, "blocked")) => format!(
            "if {command} >blocked 2>&1; then echo 'it was not blocked'; exit 97; fi\n\
             cat blocked; grep -q ' blocked: ' blocked; rm blocked"
        ),
        Some((command, "fails")) => format!("if {command}; then echo 'it did not fail'; exit 97; fi"),
        _ => line.to_owned(),
    };
    block.lines().map(|own| line(own) + "\n").collect()
}

/// Runs scripts one after the other in one shell, and returns what it printed.
fn run(scripts: &[String], folder: &Path) -> String {
    let tools = Folder::new();
    std::os::unix::fs::symlink(binary(), tools.path.join("countersign")).unwrap();
    let path = std::env::var("PATH").unwrap();
    let program = format!("set -eu\n{}", scripts.concat());
    let ran = Command::new("bash")
        .args(["--norc", "--noprofile", "-c", &program])
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}:{path}", tools.path.display()))
        .envs([("HOME", folder), ("TMPDIR", folder)])
        .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("NO_COLOR", "1"), ("LC_ALL", "C.UTF-8")])
        .output()
        .unwrap();
    let said = [String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr)].concat();
    assert!(ran.status.success(), "{}\n{said}", ran.status);
    said
}

fn scripts(page: &str) -> Vec<String> {
    let all: Vec<String> = blocks(page).into_iter().map(script).collect();
    assert!(!all.is_empty());
    all
}

#[cfg(unix)]
#[test]
fn the_quick_start_goes_as_it_says() {
    let place = Folder::new();
    let said = run(&scripts(QUICK_START), &place.path);
    for words in [
        "CS-GRANT-001 critical  kim.alvarez would be able to administer a whole system",
        "not person:nora.lind, who is making this change",
        "It leaves alone",
        "it verifies",
        "person:omar.haddad approved it until",
    ] {
        assert!(said.contains(words), "`{words}` is not in:\n{said}");
    }
    assert_eq!(said.matches(" blocked: 1 finding must be cleared").count(), 2, "{said}");
}

#[cfg(unix)]
#[test]
fn every_command_of_the_other_guides_runs_in_the_repository_of_the_quick_start() {
    for page in [CONCEPTS, APPROVING, ROLLOUT] {
        let place = Folder::new();
        let mut all = scripts(QUICK_START);
        all.extend(scripts(page));
        run(&all, &place.path);
    }
}
