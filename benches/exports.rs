//! Time and memory of reading an SAP export of authorizations, at 100,000, 1,000,000 and 10,000,000 rows.
//! `cargo bench --bench exports` runs each size in a process of its own, so that peak memory is that size's; it counts
//! the export itself, which stands in memory as a file of a tree does.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a benchmark's report")]

use std::fmt::Write as _;
use std::time::Instant;

use countersign::formats::tables::{TABLES, TableFile, TableUnit, recognise};
use countersign::syntax::table::Dialect;

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [usize; 3] = [100_000, 1_000_000, 10_000_000];

/// Rows of derived roles: each role has 40 authorizations of three rows, one of them its company code.
fn export(rows: usize) -> String {
    // All at once, as a file is read: a text that grows would be there twice.
    let mut text = String::with_capacity(100 + rows * 72);
    text.push_str("MANDT;AGR_NAME;COUNTER;OBJECT;AUTH;FIELD;LOW;HIGH;DELETED\n");
    for row in 0..rows {
        let (role, inside) = (row / 120, row % 120);
        let (authorization, field) = (inside / 3, inside % 3);
        let role_name = format_args!("Z_FI_DERIVED_{role:06}").to_string();
        let (object, field, low) = match (authorization, field) {
            (0, _) => ("S_TCODE".to_owned(), "TCD", format!("FB{:02}", inside % 100)),
            (_, 0) => (format!("F_OBJ_{authorization:03}"), "ACTVT", "01".to_owned()),
            (_, 1) => (format!("F_OBJ_{authorization:03}"), "BUKRS", format!("{:04}", role % 200)),
            _ => (format!("F_OBJ_{authorization:03}"), "KOART", "K".to_owned()),
        };
        let _ = writeln!(text, "100;{role_name};{inside:06};{object};T-FI{role:06}{authorization:02};{field};{low};;");
    }
    text
}

fn measure(rows: usize) {
    let text = export(rows);
    let started = Instant::now();
    let dialect = Dialect::default();
    let claim = recognise(text.as_bytes(), dialect, None).expect("a table of SAP's");
    let format = &TABLES[claim.format];
    let (bytes, kind) = (text.as_bytes(), claim.kind);
    let file = TableFile { path: "agr_1251.csv", bytes, kind, dialect, system: None, expected: None };
    let facts = (format.lower)(&TableUnit { format, files: vec![file] });
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(facts.tally.get("AGR_1251"), Some(&(rows as u64)));
    println!(
        "{rows:>10} rows, {:>4} MB: {seconds:>6.2} s, {} roles, peak {} MB",
        text.len() / 1_000_000,
        facts.roles.len(),
        peak() / 1_000
    );
}

/// Peak memory in kB; 0 where the system does not say.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default()
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(size) = arguments.iter().skip_while(|argument| *argument != "--size").nth(1) {
        measure(size.parse().expect("a number of rows"));
        return;
    }
    let own = std::env::current_exe().unwrap();
    for size in SIZES {
        let status = std::process::Command::new(&own).args(["--size", &size.to_string()]).status().unwrap();
        assert!(status.success());
    }
}
