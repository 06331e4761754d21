//! How fast literal secrets are looked for. `cargo bench --bench secrets -- FOLDER` reads every file of a folder of text (300 MB
//! and more say something), interleaved and five times each: a plain read on two threads, the scan, and `rg` for one
//! literal where it is installed. It prints medians and ratios, and the peak memory of the scan.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a benchmark's report")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use countersign::secrets::{Buffer, DigestKey, Scanner, Table};
use countersign::source::{GitEnv, files_below};
use rayon::prelude::*;

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 5;

fn files(folder: &Path) -> Vec<PathBuf> {
    let env = GitEnv::new(std::env::vars_os(), std::env::temp_dir());
    let listing = files_below(folder, folder, &env).unwrap();
    listing.files.iter().filter_map(|own| listing.place(own)).collect()
}

/// Reads everything and looks at nothing.
fn read(folder: &Path) -> (u64, usize) {
    let bytes = files(folder)
        .par_iter()
        .map_init(Vec::new, |buffer, path| {
            buffer.clear();
            std::fs::File::open(path).and_then(|mut file| std::io::Read::read_to_end(&mut file, buffer)).unwrap_or(0)
                as u64
        })
        .sum();
    (bytes, 0)
}

fn scan(folder: &Path) -> (u64, usize) {
    let scanner = Scanner::new(Table::built_in(), DigestKey::new([0; 32]), 1_795_219_200, Vec::new());
    files(folder)
        .par_iter()
        .map_init(Buffer::default, |buffer, path| {
            let (scan, bytes) = scanner.scan_file(&path.to_string_lossy(), path, buffer);
            (bytes, scan.hits.len())
        })
        .reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
}

/// Whether `rg` is there; it looks for one text that nowhere stands.
fn search(folder: &Path) -> bool {
    let mut rg = Command::new("rg");
    rg.args(["-uu", "-j2", "-c", "qzxjkvw_none"]).arg(folder).stdout(Stdio::null()).stderr(Stdio::null());
    rg.status().is_ok()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let folder = std::env::args().skip(1).find(|own| !own.starts_with("--")).map(PathBuf::from);
    let Some(folder) = folder else {
        println!("name a folder: cargo bench --bench secrets -- FOLDER");
        return;
    };
    let folder = std::fs::canonicalize(folder).unwrap();
    rayon::ThreadPoolBuilder::new().num_threads(2).build_global().unwrap();
    let (bytes, _) = read(&folder);
    let (mut reads, mut scans, mut searches, mut hits) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        read(&folder);
        reads.push(started.elapsed().as_secs_f64());
        let started = Instant::now();
        hits = scan(&folder).1;
        scans.push(started.elapsed().as_secs_f64());
        let started = Instant::now();
        if search(&folder) {
            searches.push(started.elapsed().as_secs_f64());
        }
    }
    #[allow(clippy::cast_precision_loss, reason = "megabytes for a person")]
    let megabytes = bytes as f64 / 1e6;
    let scanned = median(scans);
    let shown = |name: &str, seconds: f64| {
        println!(
            "{name:<12} {seconds:>7.2} s {:>7.0} MB/s  {:>5.2} of the scan",
            megabytes / seconds,
            seconds / scanned
        );
    };
    println!("{megabytes:.0} MB, {hits} hits, peak {} MB", peak() / 1000);
    shown("read", median(reads));
    shown("scan", scanned);
    if !searches.is_empty() {
        shown("rg", median(searches));
    }
}

/// Peak memory in kB; 0 where the system does not say.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default()
}
