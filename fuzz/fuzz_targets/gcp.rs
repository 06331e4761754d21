//! Any text as a policy, a role or Config Connector objects of Google Cloud, and as a policy that Terraform sets.

#![no_main]

use libfuzzer_sys::fuzz_target;

const MAIN: &[u8] = b"resource \"google_project_iam_policy\" \"p\" {\n  project     = \"p\"\n  policy_data = file(\"policy.txt\")\n}\n";

fuzz_target!(|data: &[u8]| {
    countersign_fuzz::hold(&[("iam.yaml", data)]);
    countersign_fuzz::hold(&[("main.tf", MAIN), ("policy.txt", data)]);
});
