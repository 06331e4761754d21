//! Help, word for word.

use countersign::cli::Exit;

use super::places::Folder;
use super::runner::countersign;

/// Every command there is.
const COMMANDS: [&str; 75] = [
    "",
    "init",
    "backtest",
    "timeline",
    "check",
    "diff",
    "hook",
    "hook install",
    "hook uninstall",
    "hook status",
    "lsp",
    "access",
    "access export",
    "who-can",
    "graph",
    "scope",
    "services",
    "simulate",
    "drift",
    "test-of-one",
    "benchmark",
    "benchmark check",
    "secrets",
    "population",
    "population verify",
    "population repositories",
    "population merges",
    "population evaluations",
    "policy",
    "policy list",
    "policy show",
    "policy new",
    "policy lint",
    "policy eval",
    "policy doc",
    "test",
    "ruleset",
    "ruleset list",
    "ruleset show",
    "record",
    "fleet",
    "sample",
    "report",
    "report verify",
    "report repositories",
    "review",
    "review open",
    "review status",
    "review close",
    "evidence",
    "evidence verify",
    "evidence reperform",
    "evidence export",
    "evidence list",
    "evidence show",
    "evidence pack",
    "evidence attach",
    "evidence sign",
    "evidence hold",
    "evidence hold place",
    "evidence hold lift",
    "evidence hold list",
    "evidence purge",
    "evidence erase",
    "evidence pseudonyms",
    "evidence pseudonyms new",
    "evidence pseudonyms forget",
    "evidence keygen",
    "evidence checkpoint",
    "evidence witness",
    "evidence tidy",
    "evidence trust",
    "evidence trust init",
    "evidence trust add",
    "evidence trust revoke",
];

#[test]
fn help_of_every_command() {
    let place = Folder::new();
    for command in COMMANDS.into_iter().chain(["schema"]) {
        let ran = countersign(&format!("{command} --help"), &place.path).run().exits(Exit::Clean).without_complaint();
        let long: Vec<&str> = ran.stdout.lines().filter(|line| line.chars().count() > 100).collect();
        assert!(long.is_empty(), "{long:#?}");
        let name = format!("help {command}").trim_end().replace(' ', "_");
        insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, ran.stdout);
        });
        // Both ways of asking, and both lengths, say the same.
        assert_eq!(countersign(&format!("{command} -h"), &place.path).run().stdout, ran.stdout, "{command} -h");
    }
}

#[test]
fn help_fits_the_terminal() {
    let place = Folder::new();
    for command in COMMANDS {
        let ran = countersign(&format!("{command} --help"), &place.path).on_a_terminal(60).var("NO_COLOR", "1").run();
        // What has to be typed in one line stands in one line.
        let wraps = |line: &&str| line.chars().count() > 60 && !line.starts_with("Usage: ");
        let long: Vec<&str> = ran.stdout.lines().filter(wraps).collect();
        assert!(long.is_empty(), "{long:#?}");
    }
}

#[test]
fn help_of_check_names_every_exit_status_that_it_has() {
    let ran = countersign("check --help", &Folder::new().path).run();
    let (_, text) = ran.stdout.split_once("Exit status:").unwrap();
    for exit in Exit::ALL.into_iter().filter(|exit| *exit != Exit::EvidenceInvalid) {
        assert!(text.contains(&format!("{} ", exit.code())), "{text}");
    }
}
