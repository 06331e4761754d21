//! Any text as a specification of Permifrost.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| countersign_fuzz::hold(&[("roles.yml", data)]));
