//! Any bytes as a file of each language, whole and page by page, and as a file of rules.

#![no_main]

use countersign::rules::RuleFile;
use countersign::secrets::{DigestKey, Scanner, Table, own};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let scanner = Scanner::new(Table::built_in(), DigestKey::new([0; 32]), 1_795_219_200, Vec::new());
    for path in ["a.txt", "a.tf", "a.yaml", "a.json", "package-lock.json"] {
        let scan = scanner.scan(path, data);
        for hit in &scan.hits {
            assert!(hit.place.start <= hit.place.end);
            assert_eq!(hit.place.end - hit.place.start, u64::from(hit.length));
        }
        assert!(scan.hits.is_sorted_by_key(|hit| hit.place.start));
    }
    let rules = own::read(&RuleFile::new("own.toml", data), &mut |_| None);
    if let Ok(rules) = rules {
        let _ = rules.rules.len();
    }
});
