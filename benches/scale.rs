//! Time and memory of each stage at 1,000, 10,000 and 100,000 principals, with 200 conflicts and 50 permissions a
//! principal. `cargo bench --bench scale` runs each size in a process of its own, so that peak memory is that size's.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a benchmark's report")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use countersign::access::{Graph, Links, UnitFacts};
use countersign::duties::{Catalogue, Matcher, Matches};
use countersign::formats::Reader;
use countersign::gate::{Secrets, Task, policy_data, run};
use countersign::policy::Bundle;
use countersign::rules::{RuleFile, Rules};
use countersign::source::{Comparison, Content, FileKind, SourceFile, Tree};
use countersign::store::Digest;
use rayon::prelude::*;

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
const CONFLICTS: usize = 200;
const DUTIES: usize = 300;
const PERMISSIONS: usize = 3_000;
const AS_OF: i64 = 1_795_219_200;

/// A small generator with a fixed seed: the same population every time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        // Knuth's MMIX constants.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % limit as u64).unwrap()
    }
}

fn ruleset(random: &mut Random) -> String {
    let mut text = "apiVersion: countersign.dev/v1\nkind: Ruleset\nmetadata: {id: bench, version: '1', title: Bench}\nadd:\n  duties:\n".to_owned();
    for duty in 0..DUTIES {
        let permissions: Vec<String> = (0..3).map(|n| format!("perm-{}", (duty * 3 + n) % PERMISSIONS)).collect();
        let _ = writeln!(
            text,
            "    BENCH{duty}: {{title: do {duty}, process: B, scope: legal_entity, bindings: {{bench: {{origin: bench, any: [{}]}}}}}}",
            permissions.join(", ")
        );
    }
    text.push_str("  conflicts:\n");
    for conflict in 0..CONFLICTS {
        let (a, b) = (random.below(DUTIES), random.below(DUTIES - 1));
        let b = if b >= a { b + 1 } else { b };
        let _ = writeln!(
            text,
            "    BENCH-{conflict}: {{title: do {a} + do {b}, duties: [BENCH{a}, BENCH{b}], severity: high, scope: {{dimension: legal_entity}}, kind: static, risk: r, owner: o}}"
        );
    }
    text
}

fn file(path: String, text: String) -> SourceFile {
    let bytes: Arc<[u8]> = text.into_bytes().into();
    let digest = Digest::of(&bytes);
    SourceFile { path: path.into(), kind: FileKind::Regular, content: Content::Bytes { bytes, digest } }
}

/// People with five roles each of ten permissions; a role a tenth of the people.
fn tree(principals: usize) -> Tree {
    let mut random = Random(7);
    let roles = (principals / 10).max(50);
    let mut files = vec![file(".countersign/rulesets/bench.yaml".to_owned(), ruleset(&mut random))];
    files.push(file(
        "system.yaml".to_owned(),
        "apiVersion: countersign.dev/v1\nkind: System\nmetadata: {id: erp}\nspec: {type: bench}\n".to_owned(),
    ));
    let mut chunk = String::new();
    for role in 0..roles {
        let permissions: Vec<String> = (0..10).map(|_| format!("perm-{}", random.below(PERMISSIONS))).collect();
        let _ = writeln!(
            chunk,
            "---\napiVersion: countersign.dev/v1\nkind: Role\nmetadata: {{id: role-{role}}}\nspec: {{system: erp, permissions: [{}]}}",
            permissions.join(", ")
        );
        if role % 200 == 199 || role + 1 == roles {
            files.push(file(format!("roles/{role}.yaml"), std::mem::take(&mut chunk)));
        }
    }
    for person in 0..principals {
        let _ = writeln!(
            chunk,
            "---\napiVersion: countersign.dev/v1\nkind: Person\nmetadata: {{id: p{person}}}\nspec: {{}}"
        );
        let granted: Vec<String> = (0..5).map(|_| format!("role-{}", random.below(roles))).collect();
        let _ = writeln!(
            chunk,
            "---\napiVersion: countersign.dev/v1\nkind: Grant\nspec: {{system: erp, to: 'person:p{person}', roles: [{}], scope: {{legal_entity: E{}}}}}",
            granted.join(", "),
            random.below(20)
        );
        if person % 200 == 199 || person + 1 == principals {
            files.push(file(format!("people/{person}.yaml"), std::mem::take(&mut chunk)));
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Tree { files, commit: None, tree: None }
}

/// Peak resident memory in MB, as Linux counts it.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

fn timed<T>(stages: &mut Vec<(&'static str, f64, Option<f64>)>, name: &'static str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    stages.push((name, start.elapsed().as_secs_f64(), peak()));
    result
}

fn measure(principals: usize) {
    let mut stages = Vec::new();
    let head = timed(&mut stages, "generate", || tree(principals));
    let files: Vec<RuleFile> = countersign::gate::rule_files(&head);
    let rules = Rules::load(&files, None).unwrap();
    let bundle = Bundle::load(&[], policy_data(AS_OF)).unwrap();
    let reading = timed(&mut stages, "parse and lower", || Reader::default().read(&head, &rules));
    let units: Vec<UnitFacts> = reading.units.iter().map(Into::into).collect();
    let (links, _) = Links::of_tree(&units, &[]);
    let graph = timed(&mut stages, "join the graph", || Graph::build(units, &links, &rules.known_roles));
    let catalogue = Catalogue::new(&rules.definitions);
    let matches = timed(&mut stages, "match roles", || Matches::new(&graph, &catalogue));
    let found: (usize, usize) = timed(&mut stages, "reach, duties, conflicts", || {
        let matcher = Matcher { graph: &graph, catalogue: &catalogue, matches: &matches, as_of: AS_OF };
        graph
            .principals()
            .par_iter()
            .map(|(node, _)| {
                let holdings = matcher.principal(*node);
                (holdings.duties.len(), holdings.conflicts.len())
            })
            .reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
    });
    drop((reading, graph, matches));
    let comparison = Comparison::of(PathBuf::from("/"), head.clone(), Some(head));
    let judged = timed(&mut stages, "whole run, base and head", || {
        let secrets = Secrets::default();
        run(&Task::new(&comparison, &rules, &bundle, AS_OF, &secrets)).unwrap().judgement
    });
    println!(
        "\n{principals} principals, {} grants, {} duties held, {} conflicts met, {} findings ({} asked, {} reused)",
        judged.population.grants,
        found.0,
        found.1,
        judged.findings.len(),
        judged.asked,
        judged.reused
    );
    for (name, seconds, peak) in stages {
        let peak = peak.map_or_else(String::new, |peak| format!("{peak:>9.0} MB peak"));
        println!("  {name:<26} {:>10.1} ms {peak}", seconds * 1000.0);
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(size) = arguments.iter().skip_while(|argument| *argument != "--size").nth(1) {
        measure(size.parse().expect("a number of principals"));
        return;
    }
    let own = std::env::current_exe().unwrap();
    for size in SIZES {
        let status = std::process::Command::new(&own).args(["--size", &size.to_string()]).status().unwrap();
        assert!(status.success());
    }
}
