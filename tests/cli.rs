//! The command line from end to end: arguments, files and git in; exit status, text and evidence out.
//!
//! Each test is named for the rule that it holds. [`cli::runner`] runs an invocation in this process with surroundings
//! that are made up, [`cli::places`] makes folders and repositories, [`cli::world`] has the texts that stand in them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod cli {
    mod places;
    mod runner;
    mod world;

    mod access_reviews;
    mod acme_history;
    mod approvals;
    mod auditor;
    mod authority;
    mod authorship;
    mod backtest;
    mod bundles;
    mod bypass_git;
    mod bypass_history;
    mod bypass_rules;
    mod canaries;
    mod conftest;
    mod context;
    mod diff;
    mod docs;
    mod drift;
    mod escalations;
    mod evidence;
    mod explain;
    mod export;
    mod extends;
    mod fleet;
    mod graph;
    mod guides;
    mod help;
    mod hook;
    mod imports;
    mod init;
    mod ledger;
    mod lsp;
    mod mappings;
    mod outputs;
    mod people;
    mod plans;
    mod policies;
    mod policy_tests;
    mod population;
    mod questions;
    mod readme;
    mod records;
    mod reperform;
    mod report;
    mod retention;
    mod reviews;
    mod rules;
    mod rules_change;
    mod ruleset_import;
    mod ruleset_tune;
    mod same_access;
    mod sample;
    mod secrets;
    mod secrets_gate;
    mod shells;
    mod simulate;
    mod ssh_keys;
    mod statuses;
    mod stores;
    mod testing_controls;
    mod timeline;
    mod trees;
    mod untouched;
    mod untrusted;
    mod witness;
    mod writing_policies;
}
