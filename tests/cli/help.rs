//! Help, word for word.

use countersign::cli::Exit;

use super::places::Folder;
use super::runner::countersign;

/// Every command there is.
const COMMANDS: [&str; 106] = [
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
    "explain",
    "completions",
    "man",
    "approval",
    "approval new",
    "approval sign",
    "approval list",
    "approval verify",
    "exception",
    "exception new",
    "exception sign",
    "exception list",
    "exception verify",
    "exception renew",
    "exception expire",
    "emergency",
    "emergency new",
    "emergency sign",
    "emergency list",
    "emergency verify",
    "emergency review",
    "emergency reconcile",
    "adopt",
    "adopt sign",
    "adopt verify",
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
    "policy fmt",
    "policy eval",
    "policy doc",
    "test",
    "ruleset",
    "ruleset list",
    "ruleset show",
    "ruleset import",
    "ruleset tune",
    "schema",
    "record",
    "fleet",
    "sample",
    "report",
    "report verify",
    "report repositories",
    "review",
    "review open",
    "review status",
    "review sign",
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
    "evidence trust show",
];

#[test]
fn help_of_every_command() {
    let place = Folder::new();
    for command in COMMANDS {
        let ran = countersign(&format!("{command} --help"), &place.path).run().exits(Exit::Clean).without_complaint();
        // What has to be typed in one line stands in one line.
        let wraps = |line: &&str| line.chars().count() > 100 && !line.starts_with("Usage: ");
        let long: Vec<&str> = ran.stdout.lines().filter(wraps).collect();
        assert!(long.is_empty(), "{long:#?}");
        assert!(ran.stdout.contains("\nExamples:\n  "), "{command} has no examples");
        let name = format!("help {command}").trim_end().replace(' ', "_");
        insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, ran.stdout);
        });
        // Both ways of asking, and both lengths, say the same.
        assert_eq!(countersign(&format!("{command} -h"), &place.path).run().stdout, ran.stdout, "{command} -h");
    }
}

/// The commands under one, as its help lists them.
fn below(command: &str, place: &Folder) -> Vec<String> {
    let help = countersign(&format!("{command} --help"), &place.path).run().stdout;
    let Some((_, listed)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let names = listed.lines().take_while(|line| !line.is_empty());
    let names = names
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next().filter(|_| !line.starts_with("   ")));
    names.filter(|name| *name != "help").map(|name| format!("{command} {name}").trim().to_owned()).collect()
}

#[test]
fn every_command_that_help_lists_is_looked_at() {
    let place = Folder::new();
    let mut open = vec![String::new()];
    let mut found = Vec::new();
    while let Some(command) = open.pop() {
        open.extend(below(&command, &place));
        found.push(command);
    }
    found.sort();
    let mut known: Vec<&str> = COMMANDS.to_vec();
    known.sort_unstable();
    assert_eq!(found, known);
}

#[test]
fn help_fits_the_terminal() {
    let place = Folder::new();
    for command in COMMANDS {
        let ran = countersign(&format!("{command} --help"), &place.path).on_a_terminal(60).var("NO_COLOR", "1").run();
        // What has to be typed in one line stands in one line.
        let wraps =
            |line: &&str| line.chars().count() > 60 && !line.starts_with("Usage: ") && line.trim().contains(' ');
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
