//! Any text as scripts of a sequence: read without a panic, the same both times, and with places that are in the text.

#![no_main]

use std::sync::{Arc, LazyLock};

use countersign::formats::Reader;
use countersign::rules::Rules;
use countersign::source::{Content, FileKind, SourceFile, Tree};
use countersign::store::Digest;
use countersign::syntax::sql;
use libfuzzer_sys::fuzz_target;

static RULES: LazyLock<Option<Rules>> = LazyLock::new(|| Rules::built_in().ok());

fn file(path: &str, bytes: &[u8]) -> SourceFile {
    let content = Content::Bytes { digest: Digest::of(bytes), bytes: Arc::from(bytes) };
    SourceFile { path: path.into(), kind: FileKind::Regular, content }
}

fuzz_target!(|data: &[u8]| {
    let Some(rules) = &*RULES else { return };
    if let (Ok(script), Ok(text)) = (sql::parse(data), std::str::from_utf8(data)) {
        for statement in &script.statements {
            assert!(text.get(statement.span.start as usize..statement.span.end as usize).is_some());
        }
    }
    let first = file("db/V1__a.sql", b"CREATE ROLE a LOGIN;\nGRANT SELECT ON ALL TABLES IN SCHEMA s TO a, b;\nGRANT a TO b;\n");
    let tree = Tree { files: vec![first, file("db/V2__b.sql", data)], commit: None, tree: None };
    let one = Reader::default().read(&tree, rules);
    let other = Reader::default().read(&tree, rules);
    for (one, other) in one.units.iter().zip(&other.units) {
        assert_eq!(one.facts, other.facts);
        assert!(one.facts.unresolved.iter().all(|found| (found.origin.file as usize) < one.files.len()));
    }
});
