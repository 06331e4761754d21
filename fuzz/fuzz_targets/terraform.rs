//! Any text as a root module and as its variables, beside a module that it may call and a file that it may read.

#![no_main]

use libfuzzer_sys::fuzz_target;

const MODULE: &[u8] = b"variable \"in\" {}\noutput \"out\" {\n  value = var.in\n}\n\
    resource \"aws_iam_user\" \"own\" {\n  for_each = toset(var.in)\n  name     = each.key\n}\n";

fuzz_target!(|data: &[u8]| {
    countersign_fuzz::hold(&[
        ("main.tf", data),
        ("module/main.tf", MODULE),
        ("policy.json", b"{\"Statement\": []}"),
        ("terraform.tfvars", data),
    ]);
});
