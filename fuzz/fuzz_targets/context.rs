//! Any text as a graph of another repository: read or refused, and what was read is written as something that reads the
//! same.

#![no_main]

use std::sync::Arc;

use countersign::access::{Graph, Links, UnitFacts};
use countersign::formats::LoweredUnit;
use countersign::formats::context::{About, read, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(graph) = read(data) else { return };
    let unit = |facts| LoweredUnit { format: "context", files: Arc::from(["g.json".into()]), facts: Arc::new(facts) };
    let written = |unit: &LoweredUnit, about: &About| write(std::slice::from_ref(unit), about, &|_, _| "f:1".to_owned());
    let first = unit(graph.facts);
    let text = written(&first, &graph.about);
    let again = read(text.as_bytes()).expect("what was written can be read");
    assert_eq!(again.about, graph.about);
    assert_eq!(written(&unit(again.facts), &again.about), text, "what is written changes as it is read");
    let units: Vec<UnitFacts> = vec![(&first).into()];
    let (links, _) = Links::of_tree(&units, &[]);
    let _ = Graph::build(units, &links, &countersign::rules::BroughtAlong::default()).principals();
});
