//! Any text as a policy of Vault in its own file, and as one that Terraform writes.

#![no_main]

use libfuzzer_sys::fuzz_target;

const MAIN: &[u8] = b"resource \"vault_policy\" \"p\" {\n  name   = \"p\"\n  policy = file(\"${path.module}/policy.txt\")\n}\n\
    resource \"vault_token\" \"t\" {\n  policies = [vault_policy.p.name]\n}\n";

fuzz_target!(|data: &[u8]| {
    countersign_fuzz::hold(&[("policy.hcl", data)]);
    countersign_fuzz::hold(&[("main.tf", MAIN), ("policy.txt", data)]);
});
