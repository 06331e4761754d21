//! Any text as a plan, by itself and beside the files that it may be made of: parsed, joined and lowered without a panic,
//! and the same both times.

#![no_main]

use std::sync::{Arc, LazyLock};

use countersign::formats::Reader;
use countersign::rules::Rules;
use countersign::source::{Content, FileKind, SourceFile, Tree};
use countersign::store::Digest;
use libfuzzer_sys::fuzz_target;

static RULES: LazyLock<Option<Rules>> = LazyLock::new(|| Rules::built_in().ok());

const MAIN: &[u8] = b"resource \"aws_iam_user\" \"a\" {\n  for_each = toset([\"x\"])\n  name = each.key\n}\nresource \
    \"aws_iam_role\" \"r\" {\n  assume_role_policy = jsonencode({})\n}\nresource \"aws_iam_user_policy_attachment\" \"p\" {\n  \
    user = aws_iam_user.a[\"x\"].name\n  policy_arn = var.p\n}\nvariable \"p\" {}\n";

fn file(path: &str, bytes: &[u8]) -> SourceFile {
    let content = Content::Bytes { digest: Digest::of(bytes), bytes: Arc::from(bytes) };
    SourceFile { path: path.into(), kind: FileKind::Regular, content }
}

fuzz_target!(|data: &[u8]| {
    let Some(rules) = &*RULES else { return };
    for files in [vec![file("plan.json", data)], vec![file("main.tf", MAIN), file("plan.json", data)]] {
        let tree = Tree { files, commit: None, tree: None };
        let first = Reader::default().read(&tree, rules);
        let second = Reader::default().read(&tree, rules);
        for (one, other) in first.units.iter().zip(&second.units) {
            assert_eq!(one.facts, other.facts);
            let members = one.files.len();
            assert!(one.facts.unresolved.iter().all(|found| (found.origin.file as usize) < members.max(1)));
        }
    }
});
