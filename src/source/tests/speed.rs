use std::time::Instant;

use super::*;

/// Measures, and asserts only what no machine should miss. `cargo test --release -- --ignored --nocapture speed`
#[test]
#[ignore = "a measurement"]
fn two_thousand_files() {
    let repo = Repo::new();
    for n in 0..2000_u32 {
        let line = format!("key-{n}: {}\n", u64::from(n) * 7_919);
        repo.write(&format!("dir{}/file{n}.yaml", n % 97), &line.repeat(6000 / line.len()));
    }
    repo.git(&["add", "-A"]);
    let measure = |what: &str, head: Head<'_>, base: Option<&str>| {
        let env = repo.env();
        let request = Request { cwd: &repo.root, path: Path::new("."), base, head, read_limit: 1 << 20, env: &env };
        let mut best = std::time::Duration::MAX;
        for _ in 0..5 {
            let start = Instant::now();
            let comparison = open(&request).unwrap();
            best = best.min(start.elapsed());
            assert_eq!(comparison.head.files.len(), 2000);
        }
        println!("{what}: {best:?}");
        assert!(best.as_millis() < 1000, "{what}: {best:?}");
    };
    measure("index, unborn, loose objects", Head::Staged, None);
    repo.git(&["commit", "-qm", "one"]);
    repo.git(&["branch", "feature"]);
    measure("index, loose objects", Head::Staged, None);
    measure("work tree", Head::WorkTree, None);
    measure("work tree with base, loose", Head::WorkTree, Some("main"));
    repo.git(&["gc", "-q"]);
    measure("index, packed", Head::Staged, None);
    measure("revision, packed", Head::Revision("main"), None);
    measure("predicted merge, packed", Head::Revision("feature"), Some("main"));
}
