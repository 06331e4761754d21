//! Any bytes as a list of signers, as a signature and as a commit: read or refused without a panic.

#![no_main]

use countersign::keys::{AllowedSigners, Signature, git_signature};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = Signature::parse(data);
    let _ = git_signature(data);
    if let Ok(signers) = AllowedSigners::parse(data) {
        let _ = signers.verify("a@example.com", "git", data, data, 0);
    }
});
