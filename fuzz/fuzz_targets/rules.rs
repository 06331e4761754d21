//! Any bytes as configuration, ruleset and approval: an error or rules, never a panic.

#![no_main]

use countersign::rules::{RuleFile, Rules};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for path in ["countersign.yaml", ".countersign/rulesets/a.yaml", ".countersign/approvals/a.yaml"] {
        let _ = Rules::load(&[RuleFile::new(path, data)], None);
    }
});
