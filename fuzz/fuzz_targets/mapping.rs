//! Any bytes as a mapping and as a file that it reads, in each language: an error of the rules, or facts that are the same
//! both times and whose places are in the file.

#![no_main]

use countersign::formats::{Reader, mapping};
use countersign::rules::{RuleFile, Rules};
use countersign_fuzz::tree;
use libfuzzer_sys::fuzz_target;

/// A mapping that reads most of what rows may hold.
const MAPPING: &str = "apiVersion: countersign.dev/v1\nkind: Mapping\nmetadata: {id: m}\nspec:\n  files: ['house.*']\n  each:\n    - \
    in: file.a.*\n      key: k\n      as: row\n      where: [{value: row.x, is_not: [no]}]\n      emit:\n        - {kind: Person, \
    metadata: {id: '{k}', name: '{row.name?}'}, spec: {emails: '{row.mail?}', accounts: [{system: s, name: '{row.login??}'}]}}\n      \
    each:\n        - in: row.roles[]\n          as: role\n          split: ','\n          emit: [{kind: Grant, spec: {system: s, to: \
    'person:{k}', role: '{role}'}}]\n    - in: file[]\n      as: line\n      emit: [{kind: Role, metadata: {id: '{line.a}'}, spec: \
    {system: s, permissions: '{line.b}'}}]\n";

fuzz_target!(|data: &[u8]| {
    // A zero byte parts a mapping from its file; without one the file is read by the mapping above.
    let (mapping, text) = match data.iter().position(|byte| *byte == 0) {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (MAPPING.as_bytes(), data),
    };
    let Ok(rules) = Rules::load(&[RuleFile::new(".countersign/mappings/m.yaml", mapping)], None) else { return };
    for path in ["house.yaml", "house.json", "house.toml", "house.csv"] {
        let tree = tree(&[(path, text)]);
        let first = Reader::default().read(&tree, &rules);
        let second = Reader::default().read(&tree, &rules);
        assert_eq!(first.units.len(), second.units.len());
        for (one, other) in first.units.iter().zip(&second.units) {
            assert_eq!(one.facts, other.facts);
            let places = one.facts.grants.iter().map(|own| own.origin).chain(one.facts.unresolved.iter().map(|own| own.origin));
            assert!(places.into_iter().all(|at| at.span.end as usize <= text.len()));
        }
        let _ = mapping::misfits(&rules, &[&first], &tree, &tree);
    }
});
