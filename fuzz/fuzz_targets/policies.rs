//! Any text as a policy: refused at its place or loaded, never a panic or an endless parse.

#![no_main]

use countersign::gate::policy_data;
use countersign::policy::Bundle;
use countersign::rules::RuleFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let head = b"# METADATA\n# title: t\n# custom:\n#   id: F-1\n#   severity: low\n#   scope: principal\n#   input: principal/v1\npackage fuzz.x\n";
    let text = [head.as_slice(), data].concat();
    let _ = Bundle::load(&[RuleFile::new("f.rego", text)], policy_data(0));
});
