//! Any text under a name that several formats look at: the first that claims it reads it.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| countersign_fuzz::hold(&[("config/org/org.yaml", data)]));
