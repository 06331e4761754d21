//! What the report of a quarter costs at 1,000, 10,000 and 100,000 evaluations, 20 for each landing of one branch: the
//! whole command, with every signature verified and every format written. `cargo bench --bench report` makes each size in
//! a temporary folder and measures in a process of its own, so that peak memory is that of the command. The bar: 100,000
//! evaluations and 5,000 landings, of one repository or of 200, in under 60 s and 1 GB on two cores, and no step worse than
//! n log n. `cargo bench --bench report repositories` measures the 200 alone.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a benchmark's report")]

mod ledgers;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use countersign::cli::{self, Env};
use countersign::evidence::log::{FolderStorage, Storage};
use countersign::evidence::{Ledger, Objects, Pieces, Recorder, Statement, TreeInfo, sha256};
use countersign::keys::EvidenceKey;
use countersign::store::Digest;
use serde_json::{Value, json};

use crate::ledgers::{Unsynced, pattern, peak};

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// So many repositories in one report, each with so many evaluations.
const REPOSITORIES: (usize, usize) = (200, 500);
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// Evaluations for each landing: proposals that were given up or mended, the one that landed, and the recorder's.
const EACH: usize = 20;
/// Of these, proposals that were stopped.
const STOPPED: usize = 3;
/// Findings that are there at any time: each landing brings one and takes the oldest away.
const THERE: usize = 100;
const ORIGIN: &str = "example.com/evidence";
/// 2026-10-01, and the first second after 2026-12-31.
const PERIOD: (i64, i64) = (1_790_812_800, 1_798_761_600);
const FINDINGS: &str = "countersign.dev/findings/v1";

fn git(place: &Path, words: &[&str], input: &str) -> String {
    let mut ran = Command::new("git")
        .args(words)
        .current_dir(place)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = ran.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || pipe.write_all(input.as_bytes()).unwrap());
    let output = ran.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "git {words:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A branch of so many commits, evenly over the quarter: the name and the tree of each, and its second.
fn branch(place: &Path, landings: usize) -> Vec<(String, String, i64)> {
    git(place, &["init", "--quiet", "--initial-branch=main"], "");
    let mut stream = String::new();
    for number in 0..landings {
        let at = second(number, landings);
        let text = format!("note {number}\n");
        let message = format!("Change {number}");
        let _ = write!(
            stream,
            "commit refs/heads/main\ncommitter Nora Lind <nora.lind@example.com> {at} +0000\ndata {}\n{message}\nM 100644 \
             inline notes/{}.md\ndata {}\n{text}\n",
            message.len(),
            number % 40,
            text.len(),
        );
    }
    git(place, &["fast-import", "--quiet"], &stream);
    let listed = git(place, &["log", "--first-parent", "--reverse", "--format=%H %T %ct", "main"], "");
    let one = |line: &str| {
        let mut words = line.split(' ').map(str::to_owned);
        (words.next().unwrap(), words.next().unwrap(), words.next().unwrap().parse().unwrap())
    };
    listed.lines().map(one).collect()
}

fn second(number: usize, landings: usize) -> i64 {
    let (from, to) = PERIOD;
    from + 3_600 + (to - from - 7_200) * number as i64 / landings as i64
}

/// A finding as evidence keeps it, with the paths that lead to it.
fn finding(number: usize, state: &str, blocks: bool) -> (String, Value) {
    let fingerprint = Digest::of(format!("finding {number}").as_bytes()).to_string();
    let subject = format!("person:p{number:05}");
    let steps = |role: &str| {
        json!([
            { "step": format!("{subject} uses account:erp-prod/P{number:05}"), "file": format!("people/p{number:05}.yaml") },
            { "step": format!("account:erp-prod/P{number:05} is granted {role} on legal_entity DE01"), "file": "erp/grants.yaml" },
        ])
    };
    let value = json!({
        "fingerprint": fingerprint,
        "policy": "CS-SOD-001",
        "severity": "high",
        "subject": { "kind": "person", "id": subject },
        "systems": ["erp-prod"],
        "state": state,
        "cause": "access",
        "conflict": "P2P-01",
        "duties": ["VBANK", "PAY"],
        "extent": [{ "scope": { "legal_entity": ["DE01"] }, "held": "certain" }],
        "legs": [
            { "duty": "VBANK", "system": "erp-prod", "steps": steps("ap-clerk") },
            { "duty": "PAY", "system": "erp-prod", "steps": steps("ap-payments") },
        ],
        "decision": { "enforcement": if blocks { "block" } else { "record" }, "blocks": blocks },
    });
    (fingerprint, value)
}

/// The findings of an evaluation at a landing; of one that was stopped with one more.
fn findings(landing: usize, more: Option<usize>, objects: &mut Objects) -> (Digest, usize) {
    let there = landing..landing + THERE;
    let newest = there.end - 1;
    let state = |number: usize| if number == newest && more.is_none() { "introduced" } else { "existing" };
    let mut entries: Vec<_> = there.map(|number| finding(number, state(number), false)).collect();
    entries.extend(more.map(|number| finding(number, "introduced", true)));
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    let count = entries.len();
    (objects.add_list(FINDINGS, entries, Pieces::LARGE_ENTRIES), count)
}

/// Makes a repository of a branch with its evidence.
fn make(pattern: &Path, place: &Path, key: &Path, evaluations: usize) {
    fs::create_dir_all(place).unwrap();
    let commits = branch(place, evaluations / EACH);
    let template = Ledger::new(FolderStorage::new(pattern));
    let statement: Statement = template.statement(template.records().unwrap()[0]).unwrap();
    let storage = Unsynced::new(&place.join(".git/countersign/evidence"));
    for name in template.storage.list("objects/").unwrap() {
        storage.create(&name, &template.storage.read(&name).unwrap().unwrap()).unwrap();
    }
    let key = EvidenceKey::read(key).unwrap();
    let at = |second: i64| jiff::Timestamp::from_second(second).unwrap().to_string();
    let (recorder, _) = Recorder::begin(&storage, ORIGIN, key, None, at(PERIOD.0)).unwrap();
    for start in (0..commits.len()).step_by(50) {
        let landings = start..(start + 50).min(commits.len());
        let all = landings.flat_map(|landing| {
            let (commit, tree, landed) = commits[landing].clone();
            let base = landing.checked_sub(1).map(|before| commits[before].clone());
            let statement = &statement;
            (0..EACH).map(move |number| {
                let lands = number + 2 >= EACH;
                let stopped = number < STOPPED;
                let mut objects = Objects::default();
                let (digest, count) = match (lands, stopped) {
                    (true, _) => findings(landing, None, &mut objects),
                    (_, true) => {
                        findings(landing.saturating_sub(1), Some(1_000_000 + landing * EACH + number), &mut objects)
                    }
                    _ => findings(landing.saturating_sub(1), None, &mut objects),
                };
                let mut own = statement.clone();
                let name = |what: &str| Digest::of(format!("{what} {landing} {number}").as_bytes()).to_string();
                let predicate = &mut own.predicate;
                let recorded = number + 1 == EACH;
                predicate.invocation.mode = if recorded { "record" } else { "gate" }.into();
                let seconds = landed - 600 + 30 * number as i64;
                predicate.invocation.started_on = at(seconds - 2);
                predicate.invocation.finished_on = at(seconds);
                predicate.head.git_commit =
                    Some(if recorded { commit.clone() } else { name("commit")[..40].to_owned() });
                predicate.head.git_tree = Some(if lands { tree.clone() } else { name("tree")[..40].to_owned() });
                predicate.base = base.as_ref().map(|(commit, tree, _)| TreeInfo {
                    label: "main".to_owned(),
                    git_commit: Some(commit.clone()),
                    git_tree: Some(tree.clone()),
                    manifest: predicate.head.manifest.clone(),
                });
                predicate.findings.digest = sha256(digest);
                let new = usize::from(lands || stopped);
                predicate.findings.counts = [("existing".into(), count - new), ("introduced".into(), new)].into();
                predicate.findings.blocking.clear();
                predicate.verdict = if stopped { "blocked" } else { "pass" }.into();
                predicate.outcome = if stopped { "blocked" } else { "clean" }.into();
                for rule in predicate.rules_evaluated.iter_mut().filter(|rule| rule.id == "CS-SOD-001") {
                    rule.result = "failed".into();
                }
                own.predicate.result_digest = sha256(own.predicate.digest_of_result());
                (own, objects)
            })
        });
        recorder.record_all(all).unwrap();
    }
    storage.finish();
}

const FORMATS: [&str; 4] = ["json=report.json", "html=report.html", "markdown=report.md", "csv=workpapers"];

/// Of one repository: how many evaluations it has.
fn measure(place: &Path, evaluations: usize) {
    let mut words = vec!["countersign", "report", "--period", "2026Q4", "--branch", "main"];
    words.extend(FORMATS.iter().flat_map(|format| ["--output", format]));
    let landings = evaluations / EACH;
    let says = format!(
        "{landings} landed in 2026Q4, 0 got past the gate; {THERE} findings at its beginning, {THERE} at its end"
    );
    run(place, &words, &says, &format!("{evaluations:>7} evaluations of {landings:>5} landings"));
}

/// Of many, as clones below a folder.
fn measure_repositories(place: &Path) {
    let (count, evaluations) = REPOSITORIES;
    let mut words = vec!["countersign", "report", "repositories", "clones", "--period", "2026Q4"];
    words.extend(["--output", "json=all.json", "--output", "html=all.html", "--output", "csv=workpapers"]);
    let landings = count * evaluations / EACH;
    let says = format!("{count} of {count} repositories complete; {landings} landed in 2026Q4, 0 got past the gate");
    let what = format!("{:>7} evaluations of {landings:>5} landings, {count} repositories", count * evaluations);
    run(place, &words, &says, &what);
}

fn run(place: &Path, words: &[&str], says: &str, what: &str) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let start = Instant::now();
    let status = cli::run(
        words.iter().map(Into::into),
        &mut Env {
            cwd: place.to_owned(),
            variables: std::env::vars_os().collect(),
            temp_dir: std::env::temp_dir(),
            version: "0.1.0",
            binary: None,
            now: &|| PERIOD.1 + 86_400,
            stdin: &mut std::io::empty(),
            stdout: &mut stdout,
            stderr: &mut stderr,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            width: None,
        },
    );
    let seconds = start.elapsed().as_secs_f64();
    let text = String::from_utf8_lossy(&stdout);
    assert!(status.code() == 0 && text.contains(says), "{text}{}", String::from_utf8_lossy(&stderr));
    println!("{what}  {seconds:>7.2} s  peak {:>6.0} MB", peak());
    fs::write(place.join("seconds"), seconds.to_string()).unwrap();
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().skip(1).map(String::as_str).filter(|word| *word != "--bench").collect();
    match words.as_slice() {
        ["measure", place] => return measure_repositories(Path::new(place)),
        ["measure", place, evaluations] => return measure(Path::new(place), evaluations.parse().unwrap()),
        ["repositories"] => return repositories(),
        // For a profiler: makes one repository in WORK and leaves it.
        ["make", work, evaluations] => {
            made(Path::new(work), evaluations.parse().unwrap());
            return;
        }
        _ => {}
    }
    repositories();
    let mut before: Option<f64> = None;
    for evaluations in SIZES {
        let work = tempfile::tempdir().unwrap();
        let start = Instant::now();
        let place = made(work.path(), evaluations);
        println!("{evaluations:>7} evaluations  made in {:.0} s", start.elapsed().as_secs_f64());
        let own = Command::new(std::env::current_exe().unwrap())
            .arg("measure")
            .arg(&place)
            .arg(evaluations.to_string())
            .status()
            .unwrap();
        assert!(own.success());
        let seconds: f64 = fs::read_to_string(place.join("seconds")).unwrap().parse().unwrap();
        if let Some(before) = before {
            println!("{:>7}×  the time of a tenth of it", format!("{:.1}", seconds / before));
        }
        before = Some(seconds);
    }
}

/// One report of many repositories: copies of one.
fn repositories() {
    let work = tempfile::tempdir().unwrap();
    let (count, evaluations) = REPOSITORIES;
    let first = made(work.path(), evaluations);
    let clones = work.path().join("clones");
    fs::create_dir(&clones).unwrap();
    for number in 0..count {
        let clone = clones.join(format!("access-{number:03}"));
        assert!(Command::new("cp").arg("-r").arg(&first).arg(&clone).status().unwrap().success());
    }
    let own = Command::new(std::env::current_exe().unwrap()).arg("measure").arg(work.path()).status().unwrap();
    assert!(own.success());
}

fn made(work: &Path, evaluations: usize) -> PathBuf {
    let key = work.join("key.pem");
    let keygen = Command::new(env!("CARGO_BIN_EXE_countersign")).args(["evidence", "keygen"]).arg(&key).output();
    assert!(keygen.unwrap().status.success());
    let pattern = pattern(work);
    let place = work.join("repository");
    make(&pattern, &place, &key, evaluations);
    place
}
