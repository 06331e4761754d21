//! What a ledger costs at 1,000, 10,000 and 100,000 signed records: verifying all of it, and one proof. `cargo bench
//! --bench ledger` makes each size in a temporary folder and measures in a process of its own, so that peak memory is
//! that of the measured command. The bars: all of 100,000 records in under 60 s on two cores, one proof in under 10 ms.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a benchmark's report")]

mod ledgers;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use countersign::evidence::log::{FolderStorage, LogReader, NoteKey, Storage};
use countersign::evidence::{Ledger, Objects, Recorder, Statement, Verifying, verify};
use countersign::keys::EvidenceKey;

use crate::ledgers::{Unsynced, pattern, peak};

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [i64; 3] = [1_000, 10_000, 100_000];
const ORIGIN: &str = "example.com/evidence";
/// How many records are logged together.
const TOGETHER: i64 = 1_000;
/// How many proofs are taken, spread over the log.
const PROOFS: u64 = 1_000;

fn make(pattern: &Path, root: &Path, key: &Path, records: i64) {
    let template = Ledger::new(FolderStorage::new(pattern));
    let statement: Statement = template.statement(template.records().unwrap()[0]).unwrap();
    let storage = Unsynced::new(root);
    for name in template.storage.list("objects/").unwrap() {
        storage.create(&name, &template.storage.read(&name).unwrap().unwrap()).unwrap();
    }
    let key = EvidenceKey::read(key).unwrap();
    let begun = "2026-11-21T00:00:00Z".to_owned();
    let (recorder, _) = Recorder::begin(&storage, ORIGIN, key, None, begun).unwrap();
    let first: i64 = 1_795_219_200;
    for start in (0..records).step_by(usize::try_from(TOGETHER).unwrap()) {
        let evaluations = (start..(start + TOGETHER).min(records)).map(|number| {
            let mut statement = statement.clone();
            let at = jiff::Timestamp::from_second(first + number).unwrap().to_string();
            statement.predicate.invocation.started_on.clone_from(&at);
            statement.predicate.invocation.finished_on = at;
            (statement, Objects::default())
        });
        recorder.record_all(evaluations).unwrap();
    }
    storage.finish();
}

fn measure_verify(root: &Path, records: u64) {
    let storage = FolderStorage::new(root);
    let start = Instant::now();
    let found = verify(&storage, &Verifying::default()).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!((found.problems.len(), found.signed), (0, records));
    println!("{records:>7} records  verify --all {seconds:>7.2} s  peak {:>6.0} MB", peak());
}

fn measure_proofs(root: &Path, key: &Path, records: u64) {
    let storage = FolderStorage::new(root);
    let log = NoteKey::of_log(ORIGIN, EvidenceKey::read(key).unwrap().public_key()).unwrap();
    let mut times = Vec::new();
    for number in 0..PROOFS {
        let start = Instant::now();
        let reader = LogReader::open(&storage, std::slice::from_ref(&log), &[]).unwrap();
        reader.proof(number * 7_919 % (records + 1)).unwrap();
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_unstable_by(f64::total_cmp);
    let (median, most) = (times[times.len() / 2], times[times.len() - 1]);
    println!("{records:>7} records  opening the log and one proof: median {median:.2} ms, most {most:.2} ms");
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().skip(1).map(String::as_str).filter(|word| *word != "--bench").collect();
    match words.as_slice() {
        ["verify", root, records] => return measure_verify(Path::new(root), records.parse().unwrap()),
        ["proofs", root, key, records] => {
            return measure_proofs(Path::new(root), Path::new(key), records.parse().unwrap());
        }
        // For a profiler: makes one ledger and leaves it.
        ["make", pattern, root, key, records] => {
            return make(Path::new(pattern), Path::new(root), Path::new(key), records.parse().unwrap());
        }
        _ => {}
    }
    let work = tempfile::tempdir().unwrap();
    let key = work.path().join("key.pem");
    let made = Command::new(env!("CARGO_BIN_EXE_countersign")).args(["evidence", "keygen"]).arg(&key).output().unwrap();
    assert!(made.status.success());
    let pattern = pattern(work.path());
    for records in SIZES {
        let root = work.path().join(records.to_string());
        let start = Instant::now();
        make(&pattern, &root, &key, records);
        println!("{records:>7} records  made in {:.0} s", start.elapsed().as_secs_f64());
        let own = || Command::new(std::env::current_exe().unwrap());
        let (records, key) = (records.to_string(), key.as_os_str());
        assert!(own().arg("verify").arg(&root).arg(&records).status().unwrap().success());
        assert!(own().arg("proofs").arg(&root).arg(key).arg(&records).status().unwrap().success());
        fs::remove_dir_all(root).unwrap();
    }
}
