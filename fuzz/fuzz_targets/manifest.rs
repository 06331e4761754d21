//! Any text as manifests of our own, and as what follows a good one.

#![no_main]

use libfuzzer_sys::fuzz_target;

const GOOD: &[u8] = b"apiVersion: countersign.dev/v1\nkind: System\nmetadata: {name: s}\nspec: {type: netsuite}\n---\n";

fuzz_target!(|data: &[u8]| {
    countersign_fuzz::hold(&[("access.yaml", data)]);
    countersign_fuzz::hold(&[("access.yaml", &[GOOD, data].concat())]);
});
