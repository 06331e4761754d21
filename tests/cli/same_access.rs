//! The same access, however it is written, has the same findings.

use std::collections::BTreeSet;

use super::places::scratch;
use super::runner::check;

/// One folder of `testdata/same-access/` has one shape of access in four languages.
#[test]
fn the_same_access_in_four_languages_has_the_same_fingerprints() {
    let (mut shapes, mut with_findings) = (0, 0);
    insta::glob!("../../testdata/same-access", "*/main.tf", |main| {
        let folder = main.parent().unwrap();
        let fingerprints = |name: &str| -> BTreeSet<String> {
            let place = scratch();
            let config = "version: 1\nsystems:\n  - paths: [\"**\"]\n    id: aws:111122223333\n";
            std::fs::write(place.path().join("countersign.yaml"), config).unwrap();
            std::fs::copy(folder.join(name), place.path().join(name)).unwrap();
            let report = check(". --no-record --output json", place.path()).json();
            let findings = report["findings"].as_array().unwrap();
            let of = |finding: &serde_json::Value| {
                let text = |key: &str| finding[key].as_str().unwrap().to_owned();
                format!("{} {}", text("policy"), text("fingerprint"))
            };
            findings.iter().map(of).collect()
        };
        let files = fingerprints("main.tf");
        for other in ["plan.json", "stack.yaml", "account.json"] {
            assert_eq!(fingerprints(other), files, "{}: {other} (left) and main.tf", folder.display());
        }
        shapes += 1;
        with_findings += usize::from(!files.is_empty());
    });
    assert!(shapes >= 12 && with_findings >= 6, "{shapes} shapes, {with_findings} with findings");
}
