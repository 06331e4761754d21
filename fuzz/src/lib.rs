//! What the fuzz targets share: making a tree, and what must hold of every tree however it is written.

use std::sync::{Arc, LazyLock};

use countersign::access::{Graph, Links, UnitFacts};
use countersign::facts::{Facts, Origin};
use countersign::formats::{Reader, Reading};
use countersign::rules::{BroughtAlong, Rules};
use countersign::source::{Content, FileKind, SourceFile, Tree};
use countersign::store::Digest;

static RULES: LazyLock<Option<Rules>> = LazyLock::new(|| Rules::built_in().ok());

/// Reads a tree of these files and holds it against what must hold of every tree:
///
/// - nothing panics, from the bytes to the principals of the graph;
/// - reading again comes to the same facts;
/// - every place lies in a file of its unit.
pub fn hold(files: &[(&str, &[u8])]) {
    let Some(rules) = &*RULES else { return };
    let tree = tree(files);
    let first = Reader::default().read(&tree, rules);
    let second = Reader::default().read(&tree, rules);
    assert_eq!(facts(&first), facts(&second), "two readings of one tree differ");
    for unit in &first.units {
        for origin in origins(&unit.facts) {
            let path = unit.files.get(origin.file as usize).expect("a place names a file of its unit");
            let length = tree.get(path).and_then(|file| file.bytes()).map_or(0, |bytes| bytes.len());
            let span = origin.span;
            assert!(span.start <= span.end, "a place ends before it starts: {span:?} of {path}");
            assert!(span.end as usize <= length, "a place ends after its file: {span:?} of {length} bytes of {path}");
        }
    }
    let units: Vec<UnitFacts> = first.units.iter().map(Into::into).collect();
    let (links, _) = Links::of_tree(&units, &[]);
    // Without the roles that providers predefine: they are the same each time.
    let _ = Graph::build(units, &links, &BroughtAlong::default()).principals();
}

/// A tree of these files.
pub fn tree(files: &[(&str, &[u8])]) -> Tree {
    let file = |(path, bytes): &(&str, &[u8])| SourceFile {
        path: (*path).into(),
        kind: FileKind::Regular,
        content: Content::Bytes { digest: Digest::of(bytes), bytes: Arc::from(*bytes) },
    };
    let mut files: Vec<SourceFile> = files.iter().map(file).collect();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Tree { files, commit: None, tree: None }
}

fn facts(reading: &Reading) -> Vec<Arc<Facts>> {
    reading.units.iter().map(|unit| unit.facts.clone()).collect()
}

fn origins(facts: &Facts) -> impl Iterator<Item = Origin> {
    let roles = facts.roles.iter().map(|role| role.origin);
    let grants = facts.grants.iter().map(|grant| grant.origin);
    roles.chain(grants).chain(facts.unresolved.iter().map(|found| found.origin))
}
