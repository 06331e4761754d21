//! Any bytes under any data name: parsed, recognised, lowered and joined without a panic.

#![no_main]

use std::sync::{Arc, LazyLock};

use countersign::access::{Graph, Links, UnitFacts};
use countersign::formats::Reader;
use countersign::rules::Rules;
use countersign::source::{Content, FileKind, SourceFile, Tree};
use countersign::store::Digest;
use libfuzzer_sys::fuzz_target;

static RULES: LazyLock<Option<Rules>> = LazyLock::new(|| Rules::built_in().ok());

fuzz_target!(|data: &[u8]| {
    let bytes: Arc<[u8]> = data.into();
    let file = SourceFile {
        path: "config/org/org.yaml".into(),
        kind: FileKind::Regular,
        content: Content::Bytes { digest: Digest::of(&bytes), bytes },
    };
    let Some(rules) = &*RULES else { return };
    let reading = Reader::default().read(&Tree { files: vec![file], commit: None, tree: None }, rules);
    let units: Vec<UnitFacts> =
        reading.units.iter().map(Into::into).collect();
    let (links, _) = Links::of_tree(&units, &[]);
    let _ = Graph::build(units, &links, &rules.known_roles).principals();
});
