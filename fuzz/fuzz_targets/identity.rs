//! Any text as a realm of Keycloak or as an answer of Okta's API, under names that say whose it is: lowered and joined
//! without a panic, and the same both times.

#![no_main]

use std::sync::{Arc, LazyLock};

use countersign::access::{Graph, Links, UnitFacts};
use countersign::formats::Reader;
use countersign::rules::Rules;
use countersign::source::{Content, FileKind, SourceFile, Tree};
use countersign::store::Digest;
use libfuzzer_sys::fuzz_target;

static RULES: LazyLock<Option<Rules>> = LazyLock::new(|| Rules::built_in().ok());

fn file(path: &str, bytes: &[u8]) -> SourceFile {
    let content = Content::Bytes { digest: Digest::of(bytes), bytes: Arc::from(bytes) };
    SourceFile { path: path.into(), kind: FileKind::Regular, content }
}

fuzz_target!(|data: &[u8]| {
    let Some(rules) = &*RULES else { return };
    let paths = ["apps/0oa1/groups.json", "groups/00g1/roles.json", "groups/00g1/users.json", "realm.json", "users/00u1/roles.json"];
    let files = paths.iter().map(|path| file(path, data)).collect();
    let tree = Tree { files, commit: None, tree: None };
    let one = Reader::default().read(&tree, rules);
    let other = Reader::default().read(&tree, rules);
    for (one, other) in one.units.iter().zip(&other.units) {
        assert_eq!(one.facts, other.facts);
    }
    let units: Vec<UnitFacts> = one.units.iter().map(Into::into).collect();
    let (links, _) = Links::of_tree(&units, &[]);
    let _ = Graph::build(units, &links, &rules.known_roles).principals();
});
