//! Any text as a template of Azure Resource Manager, or as lists of roles and assignments.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| countersign_fuzz::hold(&[("azure.json", data)]));
