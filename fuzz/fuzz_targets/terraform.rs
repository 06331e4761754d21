//! Any text as a root module, beside a module that it may call and a file that it may read: parsed, evaluated and lowered
//! without a panic, and the same both times.

#![no_main]

use std::sync::{Arc, LazyLock};

use countersign::formats::Reader;
use countersign::rules::Rules;
use countersign::source::{Content, FileKind, SourceFile, Tree};
use countersign::store::Digest;
use libfuzzer_sys::fuzz_target;

static RULES: LazyLock<Option<Rules>> = LazyLock::new(|| Rules::built_in().ok());

const MODULE: &[u8] = b"variable \"in\" {}\noutput \"out\" {\n  value = var.in\n}\n\
    resource \"aws_iam_user\" \"own\" {\n  for_each = toset(var.in)\n  name     = each.key\n}\n";

fn file(path: &str, bytes: &[u8]) -> SourceFile {
    let content = Content::Bytes { digest: Digest::of(bytes), bytes: Arc::from(bytes) };
    SourceFile { path: path.into(), kind: FileKind::Regular, content }
}

fuzz_target!(|data: &[u8]| {
    let Some(rules) = &*RULES else { return };
    let files = vec![
        file("main.tf", data),
        file("module/main.tf", MODULE),
        file("policy.json", b"{\"Statement\": []}"),
        file("terraform.tfvars", data),
    ];
    let tree = Tree { files, commit: None, tree: None };
    let first = Reader::default().read(&tree, rules);
    let second = Reader::default().read(&tree, rules);
    let facts = |reading: &countersign::formats::Reading| {
        reading.units.iter().map(|unit| unit.facts.clone()).collect::<Vec<_>>()
    };
    assert_eq!(facts(&first), facts(&second));
});
