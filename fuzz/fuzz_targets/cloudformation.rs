//! Any text as a template, beside one that it may nest or import from: parsed, evaluated and lowered without a panic, and
//! the same both times.

#![no_main]

use std::sync::{Arc, LazyLock};

use countersign::formats::Reader;
use countersign::rules::Rules;
use countersign::source::{Content, FileKind, SourceFile, Tree};
use countersign::store::Digest;
use libfuzzer_sys::fuzz_target;

static RULES: LazyLock<Option<Rules>> = LazyLock::new(|| Rules::built_in().ok());

const OTHER: &[u8] = b"Parameters:\n  In: {Type: CommaDelimitedList}\nResources:\n  Fn::ForEach::U:\n    - N\n    - !Ref In\n    - \
    'U${N}': {Type: AWS::IAM::User, Properties: {UserName: !Ref N}}\n  Back: {Type: AWS::CloudFormation::Stack, Properties: \
    {TemplateURL: main.yaml}}\nOutputs:\n  Out: {Value: !Ref In, Export: {Name: out}}\n";

fn file(path: &str, bytes: &[u8]) -> SourceFile {
    let content = Content::Bytes { digest: Digest::of(bytes), bytes: Arc::from(bytes) };
    SourceFile { path: path.into(), kind: FileKind::Regular, content }
}

fuzz_target!(|data: &[u8]| {
    let Some(rules) = &*RULES else { return };
    let files = vec![file("main.yaml", data), file("other.yaml", OTHER)];
    let tree = Tree { files, commit: None, tree: None };
    let first = Reader::default().read(&tree, rules);
    let second = Reader::default().read(&tree, rules);
    let facts = |reading: &countersign::formats::Reading| {
        reading.units.iter().map(|unit| unit.facts.clone()).collect::<Vec<_>>()
    };
    assert_eq!(facts(&first), facts(&second));
});
