//! Any text as a policy document or an export of an account, and as a policy that Terraform attaches.

#![no_main]

use libfuzzer_sys::fuzz_target;

const MAIN: &[u8] = b"data \"aws_iam_policy_document\" \"d\" {\n  source_policy_documents = [file(\"policy.txt\")]\n}\nresource \
    \"aws_iam_role\" \"r\" {\n  name               = \"r\"\n  assume_role_policy = file(\"policy.txt\")\n}\nresource \
    \"aws_iam_role_policy\" \"p\" {\n  role   = aws_iam_role.r.id\n  policy = data.aws_iam_policy_document.d.json\n}\n";

fuzz_target!(|data: &[u8]| {
    countersign_fuzz::hold(&[("policy.json", data)]);
    countersign_fuzz::hold(&[("main.tf", MAIN), ("policy.txt", data)]);
});
