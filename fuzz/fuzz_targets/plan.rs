//! Any text as a plan, by itself and beside the files that it may be made of.

#![no_main]

use libfuzzer_sys::fuzz_target;

const MAIN: &[u8] = b"resource \"aws_iam_user\" \"a\" {\n  for_each = toset([\"x\"])\n  name = each.key\n}\nresource \
    \"aws_iam_role\" \"r\" {\n  assume_role_policy = jsonencode({})\n}\nresource \"aws_iam_user_policy_attachment\" \"p\" {\n  \
    user = aws_iam_user.a[\"x\"].name\n  policy_arn = var.p\n}\nvariable \"p\" {}\n";

fuzz_target!(|data: &[u8]| {
    countersign_fuzz::hold(&[("plan.json", data)]);
    countersign_fuzz::hold(&[("main.tf", MAIN), ("plan.json", data)]);
});
